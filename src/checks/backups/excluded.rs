//! Whether what a backup leaves out takes something with it that must be copied.
//!
//! Each tool reads patterns in its own way. What a pattern cannot hit in any of these ways is copied; what it surely hits
//! is not; between the two it is not known.

use crate::evidence::files::CronJob;

/// What becomes of something that a backup reaches. Ordered from worst to best.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Fate {
    /// It is left out.
    Out,
    /// The line does not tell.
    Untold,
    /// It is copied.
    In,
}

/// Files of a database folder without which it is not the whole database: what lies beside them can be built again.
const DATABASE: [&str; 3] = ["_dbs.couch", "_nodes.couch", "shards/00000000-15555554/medic.1700000000.couch"];

/// What becomes of a database folder, or of a file, that lies in `source`, which the job reads.
pub(super) fn fate(job: &CronJob, source: &str, wanted: &str, is_database: bool) -> Fate {
    let Some(patterns) = &job.excludes else { return Fate::Untold };
    let wanted = wanted.trim_end_matches('/');
    let mut paths = vec![wanted.to_owned()];
    if is_database {
        paths.extend(DATABASE.iter().map(|file| format!("{wanted}/{file}")));
    }
    patterns.iter().map(|pattern| under(&job.tool, source, pattern, &paths)).min().unwrap_or(Fate::In)
}

fn under(tool: &str, source: &str, pattern: &str, paths: &[String]) -> Fate {
    let (pattern, plain) = match pattern.split_once(':') {
        Some(("fm" | "sh" | "pp", pattern)) if tool == "borg" => (pattern, false),
        Some((style, _)) if tool == "borg" && style.len() == 2 => return Fate::Untold,
        _ => (pattern, true),
    };
    if pattern.contains(['[', ']', '{', '}', '!', '\\']) || pattern.starts_with(['+', '-']) {
        return Fate::Untold;
    }
    let inner = ["/**", "/*", "/"].into_iter().find_map(|end| pattern.strip_suffix(end)).unwrap_or(pattern);
    // Leaving out a folder on the way leaves out what lies in it.
    let ways = paths.iter().flat_map(|path| (0..=path.len()).filter(|&end| path[end..].starts_with('/') || end == path.len()).map(|end| &path[..end]));
    let ways: Vec<&str> = ways.filter(|way| !way.is_empty()).collect();
    let anywhere = format!("*/{}", ["**/", "*/", "./", "/"].into_iter().find_map(|start| inner.strip_prefix(start)).unwrap_or(inner)).to_lowercase();
    if !ways.iter().any(|way| matches(anywhere.as_bytes(), format!("/{way}").to_lowercase().as_bytes())) {
        return Fate::In;
    }
    let below = source.trim_end_matches('/');
    let surely = |way: &str| match inner.strip_prefix('/') {
        Some(_) if inner.contains(['*', '?']) => false,
        Some(rest) if tool == "rsync" => {
            let root = if source.ends_with('/') { below } else { below.rsplit_once('/').map_or("", |(parent, _)| parent) };
            way == format!("{root}/{rest}")
        }
        Some(_) => matches!(tool, "borg" | "restic" | "rustic" | "tar") && way == inner,
        // A name, wherever it stands below what is read. To borg it is a whole path, unless a star stands before it.
        None if inner.contains('/') || !plain => false,
        None => {
            let by_name = matches!(tool, "restic" | "rustic" | "rsync" | "tar") || (tool == "borg" && inner.starts_with('*'));
            let name = way.strip_prefix(below).and_then(|rest| rest.strip_prefix('/')).and_then(|rest| rest.rsplit('/').next());
            by_name && name.is_some_and(|name| matches(inner.as_bytes(), name.as_bytes()))
        }
    };
    if ways.iter().any(|way| surely(way)) { Fate::Out } else { Fate::Untold }
}

/// A star is any text, a question mark any one byte.
fn matches(pattern: &[u8], text: &[u8]) -> bool {
    let (mut p, mut t, mut star) = (0, 0, None);
    while t < text.len() {
        match pattern.get(p) {
            Some(b'*') => {
                star = Some((p, t));
                p += 1;
            }
            Some(&c) if c == text[t] || c == b'?' => {
                p += 1;
                t += 1;
            }
            _ => {
                let Some((after, from)) = star else { return false };
                star = Some((after, from + 1));
                (p, t) = (after + 1, from + 1);
            }
        }
    }
    pattern[p..].iter().all(|&c| c == b'*')
}

#[cfg(test)]
mod tests {
    use super::*;

    const FOLDER: &str = "/home/ubuntu/cht/couchdb";

    fn of(tool: &str, source: &str, pattern: &str) -> Fate {
        let paths: Vec<String> = [FOLDER.to_owned()].into_iter().chain(DATABASE.iter().map(|file| format!("{FOLDER}/{file}"))).collect();
        under(tool, source, pattern, &paths)
    }

    #[test]
    fn what_no_tool_could_take_for_the_database_is_copied() {
        for tool in ["borg", "restic", "rsync", "tar", "rclone", "duplicity", "aws"] {
            for pattern in [
                "*.tmp",
                "/proc",
                "/var/cache/*",
                "node_modules",
                "**/.cache",
                "/home/*/.cache",
                ".shards",
                "couchdb/.shards/",
                "/home/ubuntu/cht/couch",
                "nouveau",
            ] {
                assert_eq!(of(tool, "/home", pattern), Fate::In, "{tool} {pattern}");
            }
        }
    }

    #[test]
    fn what_takes_it_for_sure_is_left_out() {
        for (tool, source, pattern) in [
            ("borg", "/home", "/home/ubuntu/cht/couchdb"),
            ("borg", "/home", "/home/ubuntu/cht/couchdb/*"),
            ("borg", "/home", "fm:/home/ubuntu/cht/"),
            ("borg", "/home", "*.couch"),
            ("restic", "/", "/home"),
            ("restic", "/home", "couchdb"),
            ("restic", "/home", "couch*"),
            ("restic", "/home/ubuntu/cht/couchdb", "shards"),
            ("rustic", "/home", "/home/ubuntu/cht/couchdb/_dbs.couch"),
            ("rsync", "/home/", "cht/"),
            ("rsync", "/home/ubuntu/cht/", "/couchdb"),
            ("rsync", "/home/ubuntu/cht", "/cht/couchdb/**"),
            ("tar", "/home", "couchdb"),
            ("tar", "/home/ubuntu/cht", "/home/ubuntu/cht/couchdb"),
        ] {
            assert_eq!(of(tool, source, pattern), Fate::Out, "{tool} {source} {pattern}");
        }
    }

    #[test]
    fn between_the_two_it_is_not_known() {
        for (tool, source, pattern) in [
            ("borg", "/home", "couchdb"),
            ("borg", "/home", "re:couch"),
            ("borg", "/home", "pf:/x"),
            ("borg", "/home", "sh:**/couchdb"),
            ("restic", "/home", "cht/couchdb"),
            ("restic", "/home", "COUCHDB"),
            ("restic", "/home", "*.[ct]ouch"),
            ("restic", "/home", "!/home"),
            ("restic", "/home", "/home/*/cht"),
            ("rsync", "/home/ubuntu/cht/couchdb", "couchdb"),
            ("rsync", "/home/ubuntu", "/couchdb"),
            ("rsync", "/home/ubuntu", "- couchdb"),
            ("rclone", "/home", "couchdb/**"),
            ("aws", "/home", "*"),
            ("duplicity", "/home", "**"),
        ] {
            assert_eq!(of(tool, source, pattern), Fate::Untold, "{tool} {source} {pattern}");
        }
    }

    #[test]
    fn a_star_is_any_text() {
        for (pattern, text, expected) in
            [("*", "", true), ("a*c", "abbc", true), ("a*c", "abcd", false), ("*ab*", "aab", true), ("a?", "a", false), ("", "a", false)]
        {
            assert_eq!(matches(pattern.as_bytes(), text.as_bytes()), expected, "{pattern} {text}");
        }
    }
}
