//! What a command does for backups and renewals: told by its program and arguments.

use crate::evidence::files::JobKind;

use super::{container, cut, excludes::excludes, rehearsal, shell::base, variables::names_secret};

/// Kept of one job.
const SOURCES: usize = 20;
/// Kept of one path, in characters.
pub(super) const PATH_CHARACTERS: usize = 200;

/// Programs that run another program, each with its options that take a value.
const WRAPPERS: [(&str, &str); 24] = [
    ("sudo", "ughpCDRT"),
    ("doas", "u"),
    ("nice", "n"),
    ("ionice", "cnp"),
    ("timeout", "ks"),
    ("time", "fo"),
    ("env", "uC"),
    ("nohup", ""),
    ("exec", "a"),
    ("command", ""),
    ("flock", "wE"),
    ("chronic", ""),
    ("cronic", ""),
    ("setsid", ""),
    ("systemd-run", "upM"),
    ("systemd-cat", "tp"),
    ("run-one", ""),
    ("stdbuf", "ioe"),
    ("chrt", ""),
    ("sh", "o"),
    ("bash", "o"),
    ("dash", "o"),
    ("python3", ""),
    (".", ""),
];
/// Words of the shell that a command may follow.
const KEYWORDS: [&str; 9] = ["if", "then", "else", "elif", "do", "while", "until", "!", "{"];

/// A program, the words that make it a job (any one of them, or none needed), and those that make it none.
struct Tool {
    name: &'static str,
    kind: JobKind,
    any: &'static [&'static str],
    never: &'static [&'static str],
    /// Which of its plain arguments are no source.
    target: Target,
}

/// Where a backup tool's command names what it writes to.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Target {
    /// In an option, a configuration file or the environment.
    Elsewhere,
    /// First, after its own words.
    First,
    /// Last.
    Last,
    /// It names no sources.
    NoSources,
}

const fn backup(name: &'static str, any: &'static [&'static str], never: &'static [&'static str], target: Target) -> Tool {
    Tool { name, kind: JobKind::Backup, any, never, target }
}

const fn renewal(name: &'static str, any: &'static [&'static str], never: &'static [&'static str]) -> Tool {
    Tool { name, kind: JobKind::Renewal, any, never, target: Target::NoSources }
}

const TOOLS: &[Tool] = &[
    backup("borg", &["create"], &[], Target::First),
    backup("borgmatic", &[], &["list", "info", "check", "prune", "compact", "init", "extract", "restore", "mount", "config"], Target::NoSources),
    backup("restic", &["backup", "copy"], &[], Target::Elsewhere),
    backup("rustic", &["backup"], &[], Target::Elsewhere),
    backup("autorestic", &["backup"], &[], Target::NoSources),
    backup("resticprofile", &["backup"], &[], Target::NoSources),
    backup("kopia", &["create"], &["repository", "policy"], Target::Elsewhere),
    backup("rclone", &["sync", "copy", "copyto", "move"], &[], Target::Last),
    backup("rsync", &[], &["--list-only"], Target::Last),
    backup(
        "duplicity",
        &[],
        &["collection-status", "verify", "restore", "list-current-files", "remove-older-than", "remove-all-but-n-full", "cleanup"],
        Target::Last,
    ),
    backup("rsnapshot", &[], &["configtest", "du", "diff", "-t"], Target::NoSources),
    backup("rdiff-backup", &[], &["restore", "verify", "list", "remove", "--list-increments", "--remove-older-than"], Target::Last),
    backup("tar", &[], &[], Target::Elsewhere),
    backup("cp", &[], &[], Target::Last),
    backup("couchbackup", &[], &[], Target::NoSources),
    backup("velero", &["create"], &["restore", "schedule"], Target::NoSources),
    backup("aws", &["sync", "cp", "mv", "create-snapshot", "create-snapshots", "start-backup-job"], &[], Target::Last),
    backup("gsutil", &["rsync", "cp"], &[], Target::Last),
    backup("azcopy", &["sync", "copy"], &[], Target::Last),
    backup("s3cmd", &["sync", "put"], &[], Target::Last),
    backup("mc", &["mirror", "cp"], &[], Target::Last),
    backup("zfs", &["snapshot", "send"], &[], Target::NoSources),
    backup("btrfs", &["snapshot", "send"], &[], Target::NoSources),
    backup("sanoid", &[], &["--monitor-health", "--monitor-snapshots"], Target::NoSources),
    backup("syncoid", &[], &[], Target::NoSources),
    backup("lvcreate", &["-s", "--snapshot"], &[], Target::NoSources),
    backup("proxmox-backup-client", &["backup"], &[], Target::NoSources),
    renewal("certbot", &["renew", "certonly", "run"], &[]),
    renewal("acme.sh", &["--cron", "--renew", "--renew-all", "--issue", "-r"], &[]),
    renewal("lego", &["renew", "run"], &[]),
    renewal("dehydrated", &["-c", "--cron"], &[]),
    renewal("getssl", &[], &[]),
    renewal("uacme", &["issue"], &[]),
    renewal("caddy", &["reload"], &[]),
    renewal("nginx", &["reload"], &[]),
];

/// Options of the tools above, of docker and of wrappers that take the next word as their value.
pub(super) const VALUED: [&str; 60] = [
    "-r",
    "--repo",
    "--repository",
    "-e",
    "--exclude",
    "--exclude-from",
    "--exclude-file",
    "--exclude-if-present",
    "-f",
    "--file",
    "-p",
    "--files-from",
    "--files-from-raw",
    "-o",
    "--log-file",
    "--config",
    "--config-file",
    "-c",
    "--rsh",
    "--tag",
    "--host",
    "--cache-dir",
    "--compression",
    "-C",
    "--directory",
    "--filter",
    "--bwlimit",
    "--include",
    "-i",
    "--iexclude",
    "-X",
    "-T",
    "--temp-dir",
    "--backup-dir",
    "--link-dest",
    "--compare-dest",
    "--project-name",
    "--env-file",
    "--profile",
    "--project-directory",
    "--context",
    "-H",
    "--log-level",
    "-u",
    "-n",
    "--user",
    "--comment",
    "--checkpoint-interval",
    "--pattern",
    "--patterns-from",
    "--password-command",
    "--key-hint",
    "--iexclude-file",
    "--exclude-larger-than",
    "--rexclude",
    "--glob",
    "--iglob",
    "--filter-from",
    "--include-from",
    "--exclude-path",
];

/// What one command tells.
#[expect(clippy::struct_excessive_bools, reason = "independent facts, not a state")]
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Told {
    /// What it is for, and the program that tells.
    pub(super) job: Option<(JobKind, String)>,
    /// What a backup reads.
    pub(super) sources: Vec<String>,
    /// Patterns that it leaves out; `None` where its options do not tell.
    pub(super) excludes: Option<Vec<String>>,
    /// It needs a terminal, which cron has not.
    pub(super) wants_terminal: bool,
    /// The container that it runs in or acts on.
    pub(super) container: Option<String>,
    /// It reloads or restarts nginx.
    pub(super) reloads_nginx: bool,
    /// That nginx is the host's own, in no container.
    pub(super) on_host: bool,
    /// A backup that goes to standard output.
    pub(super) to_stdout: bool,
}

/// What a command tells that runs in `folder`, where a `cd` before it says so.
pub(super) fn tell(words: &[String], folder: &str) -> Told {
    let Some((name, args)) = program(words) else { return Told::default() };
    match base(name) {
        "docker" | "podman" => container::docker(args, folder, false),
        "docker-compose" | "podman-compose" => container::docker(args, folder, true),
        name => {
            let told = tell_program(name, args, folder);
            Told { on_host: told.reloads_nginx, ..told }
        }
    }
}

/// What a program tells that starts no container.
pub(super) fn tell_program(name: &str, args: &[String], folder: &str) -> Told {
    let has = |wanted: &[&str]| args.iter().any(|arg| wanted.contains(&arg.as_str()));
    if let Some(tool) = TOOLS.iter().find(|tool| tool.name == name) {
        tool_tells(tool, args, folder)
    } else if is_backup_script(name) {
        Told { job: Some((JobKind::Backup, cut(name, 60))), ..Told::default() }
    } else if matches!(name, "systemctl" | "service" | "rc-service")
        && has(&["nginx", "nginx.service"])
        && has(&["reload", "restart", "reload-or-restart", "try-reload-or-restart", "try-restart"])
    {
        Told { job: Some((JobKind::Renewal, "nginx".to_owned())), reloads_nginx: true, ..Told::default() }
    } else {
        Told::default()
    }
}

/// Whether a program is one of the tools that are known here.
pub(super) fn is_tool(name: &str) -> bool {
    TOOLS.iter().any(|tool| tool.name == name)
}

fn tool_tells(tool: &Tool, args: &[String], folder: &str) -> Told {
    let has = |wanted: &[&str]| args.iter().any(|arg| wanted.contains(&arg.as_str()));
    let (sources, restores) = if tool.target == Target::NoSources { (Vec::new(), false) } else { sources(tool, args, folder) };
    let is_job = (tool.any.is_empty() || has(tool.any))
        && !has(tool.never)
        && !restores
        && !rehearsal::is_rehearsal(tool.name, args)
        && match tool.name {
            "tar" => tar_creates(args) && !sources.is_empty(),
            // Copies are made for many reasons; one of the database or its secrets is a backup.
            "cp" => {
                args.iter().any(|arg| *arg == "--archive" || *arg == "--recursive" || (is_cluster(arg) && arg.contains(['a', 'r', 'R'])))
                    && sources.iter().any(|source| source.contains("couch") || base(source) == ".env")
            }
            _ => true,
        };
    if !is_job {
        return Told::default();
    }
    let excludes = excludes(tool.name, args);
    let to_stdout = rehearsal::writes_to_stdout(tool.name, args);
    Told { job: Some((tool.kind, tool.name.to_owned())), sources, excludes, reloads_nginx: tool.name == "nginx", to_stdout, ..Told::default() }
}

/// The program of a command and its arguments, past keywords, assignments and programs that run another one.
pub(super) fn program(words: &[String]) -> Option<(&str, &[String])> {
    let mut at = words.iter().position(|word| !KEYWORDS.contains(&word.as_str()) && assignment(word).is_none())?;
    while let Some((wrapper, valued)) = WRAPPERS.iter().find(|(name, _)| *name == base(&words[at])) {
        let mut lock = *wrapper == "flock"; // its first plain word is the lock's file
        loop {
            at += 1;
            let word = words.get(at)?;
            if let Some(letters) = word.strip_prefix('-') {
                at += usize::from(letters.len() == 1 && valued.contains(letters));
            } else if lock {
                lock = false;
            } else if assignment(word).is_none() && !word.starts_with(|c: char| c.is_ascii_digit()) {
                break;
            }
        }
    }
    Some((&words[at], &words[at + 1..]))
}

/// A script that somebody named after what it does.
fn is_backup_script(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    name.contains("backup")
        && name.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-'))
        && !["check", "verify", "clean", "prune", "restore", "list", "test", "monitor", "rotate", "delete", "report"].iter().any(|word| name.contains(word))
}

/// `NAME=value`: both.
pub(super) fn assignment(word: &str) -> Option<(&str, &str)> {
    let (name, value) = word.split_once('=')?;
    let is_name = name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_') && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
    is_name.then_some((name, value))
}

/// Whether a password or passphrase stands in these words: not one that is read from a file, a command or a variable.
pub(super) fn holds_secret(words: &[String]) -> bool {
    let literal = |value: &str| !value.is_empty() && !value.starts_with(['$', '`', '-']);
    let curl = words.iter().any(|word| base(word) == "curl");
    words.iter().enumerate().any(|(at, word)| {
        let next = words.get(at + 1).map(String::as_str).unwrap_or_default();
        let in_address = word.split_once("://").and_then(|(_, rest)| rest.split('/').next()?.rsplit_once('@')?.0.split_once(':'));
        let given = match word.as_str() {
            "--password" | "--passphrase" => literal(next),
            "-u" | "--user" if curl => next.split_once(':').is_some_and(|(_, password)| literal(password)),
            _ => false,
        };
        given
            || assignment(word.trim_start_matches('-')).is_some_and(|(name, value)| names_secret(name) && literal(value))
            || in_address.is_some_and(|(_, password)| literal(password))
    })
}

/// `-dit`: letters of several short options.
pub(super) fn is_cluster(word: &str) -> bool {
    word.len() > 1 && word.starts_with('-') && !word.starts_with("--")
}

fn tar_creates(args: &[String]) -> bool {
    let bundle = args.first().map(|word| word.trim_start_matches('-')).filter(|_| !args[0].starts_with("--")).unwrap_or_default();
    let creates = |letters: &str| letters.contains('c') && !letters.contains(['x', 't']);
    creates(bundle) || args.iter().any(|arg| arg == "--create" || (is_cluster(arg) && creates(&arg[1..])))
}

/// What a backup tool reads: its plain arguments, without its own words and without what it writes to; and whether it
/// brings a copy back, or writes to nowhere.
fn sources(tool: &Tool, args: &[String], folder: &str) -> (Vec<String>, bool) {
    let (mut plain, mut base_folder, mut rest) = (Vec::new(), folder, args.iter());
    let mut first = true;
    while let Some(word) = rest.next() {
        let bundle = tool.name == "tar" && std::mem::take(&mut first) && !word.starts_with("--");
        if bundle || (tool.name == "tar" && is_cluster(word)) {
            if word.ends_with('f') {
                rest.next(); // the archive
            } else if word.ends_with('C') {
                base_folder = rest.next().map_or(base_folder, String::as_str);
            }
        } else if word == "--directory" {
            base_folder = rest.next().map_or(base_folder, String::as_str);
        } else if word.starts_with('-') {
            if !word.contains('=') && (takes_value(tool.name, word) || names_secret(word)) {
                rest.next();
            }
        } else if !tool.any.contains(&word.as_str()) && !matches!(word.as_str(), "s3" | "snapshot" | "full" | "incr" | "incremental" | "backup") {
            plain.push((word.as_str(), base_folder));
        }
    }
    let mut restores = false;
    match tool.target {
        Target::First if !plain.is_empty() => drop(plain.remove(0)),
        Target::Last => {
            let target = plain.pop().map_or("", |(word, _)| word);
            restores = rehearsal::brings_back(target, plain.iter().map(|(word, _)| *word));
        }
        _ => {}
    }
    let sources = plain
        .into_iter()
        .filter_map(|(word, folder)| source(word, folder, matches!(tool.name, "tar" | "cp" | "rsync" | "borg" | "restic")))
        .take(SOURCES)
        .collect();
    (sources, restores)
}

/// Whether the word after an option is its value. Single letters mean different things to different tools.
fn takes_value(tool: &str, option: &str) -> bool {
    match tool {
        "cp" => matches!(option, "-t" | "-S"),
        "rsync" => option.starts_with("--") && VALUED.contains(&option) && option != "--include" || matches!(option, "-e" | "-f" | "-T" | "-B"),
        _ => VALUED.contains(&option),
    }
}

/// A path that a backup reads; `None` for addresses, remote modules and what only a shell could tell.
fn source(word: &str, folder: &str, bare: bool) -> Option<String> {
    if word.contains(['$', '`']) || word.contains("::") || word.contains("://") || word == "-" {
        return None;
    }
    let path = match word.split_once(':') {
        Some((host, path)) if !host.contains('/') => Some(path).filter(|path| path.starts_with('/'))?,
        _ => word,
    };
    let looks_like_path = path.contains('/') || path.starts_with(['.', '~']) || (bare && folder.starts_with('/'));
    looks_like_path.then(|| joined(folder, path))
}

/// `path` in `folder`, where it is relative and the folder is known.
fn joined(folder: &str, path: &str) -> String {
    if path.starts_with(['/', '~']) || !folder.starts_with('/') {
        return cut(path, PATH_CHARACTERS);
    }
    cut(&format!("{}/{}", folder.trim_end_matches('/'), path.trim_start_matches("./")), PATH_CHARACTERS)
}
