//! Commands that look like a backup and leave no copy: dry runs, archives to nowhere, and copies that are brought back.

use super::job::is_cluster;

/// Where what is written is gone.
pub(super) const NOWHERE: &str = "/dev/null";

/// Whether a tool is told to do nothing, or to write its archive to nowhere.
pub(super) fn is_rehearsal(tool: &str, args: &[String]) -> bool {
    let short = tool != "gsutil" || args.iter().any(|arg| arg == "rsync"); // its `cp -n` replaces nothing
    args.iter().any(|arg| says_dry_run(arg) || (short && shortly_dry(tool, arg))) || (tool == "tar" && tar_archive(args).any(|archive| archive == NOWHERE))
}

/// Whether a tool hands its copy to standard output.
pub(super) fn writes_to_stdout(tool: &str, args: &[String]) -> bool {
    match tool {
        "tar" => tar_archive(args).all(|archive| archive == "-"),
        "zfs" | "btrfs" => args.iter().any(|arg| arg == "send") && !args.iter().any(|arg| arg == "-f"),
        "couchbackup" => !args.iter().any(|arg| matches!(arg.split('=').next(), Some("--output" | "-o"))),
        _ => false,
    }
}

/// `--dry-run` in the spellings of the tools.
fn says_dry_run(arg: &str) -> bool {
    let (name, value) = arg.split_once('=').unwrap_or((arg, ""));
    matches!(name, "--dry-run" | "--dryrun" | "--dry_run") && value != "false"
}

/// `-n` alone or among other letters, where that is a dry run. For others it is not: certbot then asks nothing, `cp` then
/// replaces nothing.
fn shortly_dry(tool: &str, arg: &str) -> bool {
    // Behind these letters stands their value.
    let valued: &[char] = match tool {
        "borg" => &['C', 'e'],
        "borgmatic" => &['c', 'v'],
        "restic" | "rustic" => &['r', 'p', 'o', 'e', 'H', 'f', 'P'],
        "rsync" => &['e', 'f', 'T', 'B', 'M'],
        "rclone" => &['f', 'j'],
        "s3cmd" => &['c'],
        "gsutil" => &['x', 'y', 'j'],
        "zfs" => &['i', 'I', 'X', 't'],
        _ => return false,
    };
    is_cluster(arg) && arg.chars().skip(1).take_while(|letter| !valued.contains(letter)).any(|letter| letter == 'n')
}

/// What tar writes to, where its options say.
fn tar_archive(args: &[String]) -> impl Iterator<Item = &str> {
    args.iter().enumerate().filter_map(|(at, word)| {
        let next = args.get(at + 1).map(String::as_str);
        match word.strip_prefix("--") {
            Some("file") => next,
            Some(long) => long.strip_prefix("file="),
            None if at == 0 || is_cluster(word) => match word.split_once('f')?.1 {
                attached if is_cluster(word) && !attached.is_empty() => Some(attached),
                _ => next,
            },
            None => None,
        }
    })
}

/// Whether a command copies to nowhere, or from where copies are kept to where the data lives. A place is told by its
/// name alone: what is taken for a copy brought back and is none stays unknown.
pub(super) fn brings_back<'a>(target: &str, mut sources: impl Iterator<Item = &'a str>) -> bool {
    if target == NOWHERE {
        return true;
    }
    if is_remote(target) || !target.starts_with(['/', '~', '.']) || holds_copies(target) || is_mounted(target) {
        return false;
    }
    let live = parts(target).any(|part| part.starts_with("couch"));
    sources.all(|source| holds_copies(source) || (live && (is_remote(source) || is_mounted(source))))
}

/// `host:path`, `remote:path`, `s3://bucket`.
fn is_remote(path: &str) -> bool {
    path.split('/').next().is_some_and(|first| first.contains(':'))
}

/// A path whose name says that copies are kept there.
fn holds_copies(path: &str) -> bool {
    let named = ["bak", "copy", "copies", "archive", "archives", "snapshots", "offsite", "mirror"];
    parts(path).any(|part| part.contains("backup") || named.contains(&part.as_str()))
}

/// A path where another disk is attached.
fn is_mounted(path: &str) -> bool {
    parts(path).any(|part| matches!(part.as_str(), "mnt" | "media" | "nas" | "usb"))
}

/// The words of a path.
fn parts(path: &str) -> impl Iterator<Item = String> {
    path.split(|c: char| !c.is_alphanumeric()).map(str::to_ascii_lowercase)
}
