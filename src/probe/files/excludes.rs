//! What the command of a backup leaves out.

use super::job::PATH_CHARACTERS;

/// Kept of one command.
const PATTERNS: usize = 20;

/// Options that leave out what no database is made of.
const HARMLESS: [&str; 5] = ["--exclude-caches", "--exclude-caches-all", "--exclude-caches-under", "--exclude-vcs", "--exclude-backups"];

/// How options begin that choose what is copied by a list, a size, an age, a disk or an order of rules.
const UNTOLD: [&str; 19] = [
    "--exclude",
    "--iexclude",
    "--rexclude",
    "--include",
    "--filter",
    "--pattern",
    "--glob",
    "--iglob",
    "--files-from",
    "--cvs-exclude",
    "--one-file-system",
    "--newer",
    "--after-date",
    "--older-than",
    "--max-size",
    "--min-size",
    "--max-age",
    "--min-age",
    "--max-depth",
];

/// The patterns that a backup's command leaves out, as written; `None` where its options do not tell.
pub(super) fn excludes(tool: &str, args: &[String]) -> Option<Vec<String>> {
    let (mut patterns, mut words) = (Vec::new(), args.iter());
    let mut bundle = tool == "tar"; // its first word may be letters without a dash
    while let Some(word) = words.next() {
        let bare = std::mem::take(&mut bundle) && !word.starts_with('-');
        let letters = if bare { Some(word.as_str()) } else { word.strip_prefix('-').filter(|rest| !rest.starts_with('-')) };
        let (name, attached) = word.split_once('=').map_or((word.as_str(), None), |(name, value)| (name, Some(value)));
        let pattern = match (name, letters) {
            ("--", _) => break,
            ("--exclude" | "--iexclude", _) => attached.or_else(|| words.next().map(String::as_str))?,
            (_, Some(letters)) => match letters.strip_prefix('e').filter(|_| matches!(tool, "borg" | "restic" | "rustic")) {
                Some("") => words.next()?,
                Some(attached) => attached.trim_start_matches('='),
                None if chooses(tool, letters) => return None,
                None => continue,
            },
            (name, None) if !HARMLESS.contains(&name) && UNTOLD.iter().any(|option| name.starts_with(option)) => return None,
            (_, None) => continue,
        };
        // What the shell fills in, or what is too much to keep whole, says nothing.
        if pattern.contains(['$', '`']) || pattern.chars().count() > PATH_CHARACTERS || patterns.len() == PATTERNS {
            return None;
        }
        patterns.push(pattern.to_owned());
    }
    Some(patterns)
}

/// Whether short options choose what is copied: rules, lists of files, one disk alone.
fn chooses(tool: &str, letters: &str) -> bool {
    let chosen: &[char] = match tool {
        "rsync" => &['x', 'C', 'F', 'f'],
        "rclone" => &['x', 'f'],
        "tar" => &['X', 'N'],
        _ => &['x'],
    };
    // `-Izstd -T0`: no letters of options.
    letters.chars().all(|c| c.is_ascii_alphabetic()) && letters.contains(chosen)
}

#[cfg(test)]
mod tests {
    use super::excludes;

    fn told(line: &str) -> Option<Vec<String>> {
        let mut words = line.split_whitespace().map(str::to_owned);
        let tool = words.next().expect("a tool");
        excludes(&tool, &words.collect::<Vec<_>>())
    }

    #[test]
    fn patterns_are_told_in_every_spelling() {
        for (line, patterns) in [
            ("borg create -e /srv/a --exclude=*.tmp --exclude b r::x /srv", &["/srv/a", "*.tmp", "b"][..]),
            ("restic -r r backup -e/srv/a --iexclude *.TMP --exclude-caches /srv", &["/srv/a", "*.TMP"]),
            ("rsync -aHAX --exclude couchdb -e ssh /srv/ b:/x", &["couchdb"]),
            ("tar -czf x.tar.gz --exclude=couchdb --exclude-vcs /srv", &["couchdb"]),
            ("tar czf x.tar.gz /srv", &[]),
            ("rclone sync /srv b:x --exclude /couchdb/**", &["/couchdb/**"]),
            ("borg create r::x /srv -- --exclude", &[]),
            ("cp -a /srv /mnt", &[]),
        ] {
            assert_eq!(told(line), Some(patterns.iter().map(|&pattern| pattern.to_owned()).collect()), "{line}");
        }
    }

    #[test]
    fn lists_rules_disks_and_the_shell_leave_it_open() {
        for line in [
            "borg create --exclude-from f r::x /srv",
            "borg create --patterns-from f r::x /srv",
            "borg create --pattern=-/srv r::x /",
            "borg create -x r::x /",
            "restic backup --exclude-file=f /srv",
            "restic backup --exclude-larger-than 1G /srv",
            "restic backup --exclude-if-present .nobackup /srv",
            "restic backup --one-file-system /",
            "restic backup --exclude",
            "rsync -ax / b:/x",
            "rsync -aF / b:/x",
            "rsync -a --filter=-_x / b:/x",
            "rsync -a --max-size=1m / b:/x",
            "rsync -a --exclude $SKIP / b:/x",
            "rsync -a --include a --exclude * /srv b:/x",
            "tar cXf list x.tar /srv",
            "tar -c -X list -f x.tar /srv",
            "tar --newer-mtime=yesterday -cf x.tar /srv",
            "rclone sync -f list /srv b:x",
            "cp -ax / /mnt",
        ] {
            assert_eq!(told(line), None, "{line}");
        }
        assert_eq!(told(&format!("borg create {} r::x /srv", "-e a ".repeat(21))), None);
        assert_eq!(told(&format!("borg create -e {} r::x /srv", "a".repeat(201))), None);
    }
}
