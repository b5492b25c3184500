//! What a command does for backups and renewals: told by its program and arguments.

use crate::evidence::files::JobKind;

use super::{cut, shell::base, variables::names_secret};

/// Kept of one job.
const SOURCES: usize = 20;
/// Kept of one path, in characters.
const PATH_CHARACTERS: usize = 200;

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
    backup("borgmatic", &[], &["list", "info", "check", "prune", "compact", "init", "extract", "restore", "mount", "config", "--dry-run"], Target::NoSources),
    backup("restic", &["backup", "copy"], &["--dry-run"], Target::Elsewhere),
    backup("rustic", &["backup"], &["--dry-run"], Target::Elsewhere),
    backup("autorestic", &["backup"], &[], Target::NoSources),
    backup("resticprofile", &["backup"], &[], Target::NoSources),
    backup("kopia", &["create"], &["repository", "policy"], Target::Elsewhere),
    backup("rclone", &["sync", "copy", "copyto", "move"], &["--dry-run"], Target::Last),
    backup("rsync", &[], &["--dry-run", "--list-only"], Target::Last),
    backup(
        "duplicity",
        &[],
        &["collection-status", "verify", "restore", "list-current-files", "remove-older-than", "remove-all-but-n-full", "cleanup", "--dry-run"],
        Target::Last,
    ),
    backup("rsnapshot", &[], &["configtest", "du", "diff", "-t"], Target::NoSources),
    backup("rdiff-backup", &[], &["restore", "verify", "list", "remove", "--list-increments", "--remove-older-than"], Target::Last),
    backup("tar", &[], &[], Target::Elsewhere),
    backup("cp", &[], &[], Target::Last),
    backup("couchbackup", &[], &[], Target::NoSources),
    backup("velero", &["create"], &["restore", "schedule"], Target::NoSources),
    backup("aws", &["sync", "cp", "mv", "create-snapshot", "create-snapshots", "start-backup-job"], &["--dryrun", "--dry-run"], Target::Last),
    backup("gsutil", &["rsync", "cp"], &[], Target::Last),
    backup("azcopy", &["sync", "copy"], &[], Target::Last),
    backup("s3cmd", &["sync", "put"], &["--dry-run"], Target::Last),
    backup("mc", &["mirror", "cp"], &[], Target::Last),
    backup("zfs", &["snapshot", "send"], &[], Target::NoSources),
    backup("btrfs", &["snapshot", "send"], &[], Target::NoSources),
    backup("sanoid", &[], &["--monitor-health", "--monitor-snapshots"], Target::NoSources),
    backup("syncoid", &[], &[], Target::NoSources),
    backup("lvcreate", &["-s", "--snapshot"], &[], Target::NoSources),
    backup("proxmox-backup-client", &["backup"], &[], Target::NoSources),
    renewal("certbot", &["renew", "certonly", "run"], &["--dry-run"]),
    renewal("acme.sh", &["--cron", "--renew", "--renew-all", "--issue", "-r"], &[]),
    renewal("lego", &["renew", "run"], &[]),
    renewal("dehydrated", &["-c", "--cron"], &[]),
    renewal("getssl", &[], &[]),
    renewal("uacme", &["issue"], &[]),
    renewal("caddy", &["reload"], &[]),
    renewal("nginx", &["reload"], &[]),
];

/// Options of the tools above, of docker and of wrappers that take the next word as their value.
const VALUED: [&str; 52] = [
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
];

/// What one command tells.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Told {
    /// What it is for, and the program that tells.
    pub(super) job: Option<(JobKind, String)>,
    /// What a backup reads.
    pub(super) sources: Vec<String>,
    /// It needs a terminal, which cron has not.
    pub(super) wants_terminal: bool,
    /// The container that it runs in or acts on.
    pub(super) container: Option<String>,
    /// It reloads or restarts nginx.
    pub(super) reloads_nginx: bool,
}

/// What a command tells that runs in `folder`, where a `cd` before it says so.
pub(super) fn tell(words: &[String], folder: &str) -> Told {
    let Some((name, args)) = program(words) else { return Told::default() };
    let name = base(name);
    let has = |wanted: &[&str]| args.iter().any(|arg| wanted.contains(&arg.as_str()));
    match name {
        "docker" | "podman" => docker(args, folder, false),
        "docker-compose" | "podman-compose" => docker(args, folder, true),
        "systemctl" | "service" | "rc-service" => {
            let reloads_nginx = has(&["nginx", "nginx.service"]) && has(&["reload", "restart", "reload-or-restart", "try-reload-or-restart", "try-restart"]);
            Told { job: reloads_nginx.then(|| (JobKind::Renewal, "nginx".to_owned())), reloads_nginx, ..Told::default() }
        }
        _ => match TOOLS.iter().find(|tool| tool.name == name) {
            Some(tool) => tool_tells(tool, args, folder),
            None if is_backup_script(name) => Told { job: Some((JobKind::Backup, cut(name, 60))), ..Told::default() },
            None => Told::default(),
        },
    }
}

fn tool_tells(tool: &Tool, args: &[String], folder: &str) -> Told {
    let has = |wanted: &[&str]| args.iter().any(|arg| wanted.contains(&arg.as_str()));
    let sources = if tool.target == Target::NoSources { Vec::new() } else { sources(tool, args, folder) };
    let is_job = (tool.any.is_empty() || has(tool.any))
        && !has(tool.never)
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
    Told { job: Some((tool.kind, tool.name.to_owned())), sources, reloads_nginx: tool.name == "nginx", ..Told::default() }
}

/// The program of a command and its arguments, past keywords, assignments and programs that run another one.
fn program(words: &[String]) -> Option<(&str, &[String])> {
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
fn is_cluster(word: &str) -> bool {
    word.len() > 1 && word.starts_with('-') && !word.starts_with("--")
}

fn tar_creates(args: &[String]) -> bool {
    let bundle = args.first().map(|word| word.trim_start_matches('-')).filter(|_| !args[0].starts_with("--")).unwrap_or_default();
    let creates = |letters: &str| letters.contains('c') && !letters.contains(['x', 't']);
    creates(bundle) || args.iter().any(|arg| arg == "--create" || (is_cluster(arg) && creates(&arg[1..])))
}

/// What a backup tool reads: its plain arguments, without its own words and without what it writes to.
fn sources(tool: &Tool, args: &[String], folder: &str) -> Vec<String> {
    let (mut plain, mut base_folder, mut rest) = (Vec::new(), folder.to_owned(), args.iter().peekable());
    let mut first = true;
    while let Some(word) = rest.next() {
        let bundle = tool.name == "tar" && std::mem::take(&mut first) && !word.starts_with("--");
        if bundle || (tool.name == "tar" && is_cluster(word)) {
            if word.ends_with('f') {
                rest.next(); // the archive
            } else if word.ends_with('C') {
                base_folder = rest.next().map_or(base_folder, |folder| joined(folder, "", folder));
            }
        } else if word == "--directory" {
            base_folder = rest.next().map_or(base_folder, |folder| joined(folder, "", folder));
        } else if word.starts_with('-') {
            if !word.contains('=') && (takes_value(tool.name, word) || names_secret(word)) {
                rest.next();
            }
        } else if !tool.any.contains(&word.as_str()) && !matches!(word.as_str(), "s3" | "snapshot" | "full" | "incr" | "incremental" | "backup") {
            plain.push((word.as_str(), base_folder.clone()));
        }
    }
    match tool.target {
        Target::First if !plain.is_empty() => drop(plain.remove(0)),
        Target::Last => drop(plain.pop()),
        _ => {}
    }
    plain
        .into_iter()
        .filter_map(|(word, folder)| source(word, &folder, matches!(tool.name, "tar" | "cp" | "rsync" | "borg" | "restic")))
        .take(SOURCES)
        .collect()
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
    looks_like_path.then(|| joined(folder, path, path))
}

/// `path` in `folder`, where it is relative and the folder is known.
fn joined(folder: &str, path: &str, otherwise: &str) -> String {
    let relative = !path.starts_with(['/', '~']) && folder.starts_with('/') && !path.is_empty();
    let whole = if relative { format!("{}/{}", folder.trim_end_matches('/'), path.trim_start_matches("./")) } else { otherwise.to_owned() };
    cut(&whole, PATH_CHARACTERS)
}

/// What a `docker` or `docker compose` command tells: of itself, and of the command that it runs in a container.
fn docker(args: &[String], folder: &str, v1: bool) -> Told {
    let (mut compose, mut at) = (v1, 0);
    let command = loop {
        let Some(word) = args.get(at) else { return Told::default() };
        at += 1;
        match word.as_str() {
            "compose" => compose = true,
            "container" => {}
            option if option.starts_with('-') => at += usize::from(!option.contains('=') && VALUED.contains(&option)),
            command => break command,
        }
    };
    let rest = &args[at..];
    let nginx = rest.iter().find(|word| !word.starts_with('-') && word.contains("nginx"));
    match command {
        "exec" | "run" => {
            let flags = container_flags(rest);
            let (Some(name), inner) = (rest.get(flags.length), rest.get(flags.length + 1..).unwrap_or_default()) else { return Told::default() };
            let mut told = tell(inner, "");
            told.sources.iter_mut().for_each(|source| *source = flags.on_the_host(source));
            if command == "run" && told.job.is_none() {
                // The image's, or the service's, own program: `docker run certbot/certbot renew`.
                let image = base(name).split([':', '@']).next().unwrap_or(name).to_owned();
                let whole: Vec<String> = [image].into_iter().chain(inner.iter().cloned()).collect();
                told = tell(&whole, "");
                told.sources.iter_mut().for_each(|source| *source = flags.on_the_host(source));
                if told.job.is_none() && compose && inner.is_empty() {
                    told.job = names_certbot(&args[..at + flags.length + 1], folder);
                }
            }
            // Docker asks for a terminal when it is to attach one and hand it input; Compose v1 unless told not to. Compose
            // v2 looks whether there is one.
            told.wants_terminal = !flags.detached && if compose { v1 && !flags.no_terminal } else { flags.terminal && flags.interactive };
            told.container = Some(name).filter(|_| command == "exec" && !compose && is_container_name(name)).cloned();
            told
        }
        "restart" | "kill" | "up" | "start" => {
            let reloads_nginx = nginx.is_some() && command != "start" && command != "up";
            let job = if reloads_nginx { Some((JobKind::Renewal, "nginx".to_owned())) } else { names_certbot(args, folder).filter(|_| command != "kill") };
            let container = nginx.filter(|name| reloads_nginx && !compose && is_container_name(name)).cloned();
            Told { job, reloads_nginx, container, ..Told::default() }
        }
        _ => Told::default(),
    }
}

/// The CHT's documentation has certbot as a compose project of its own, started in its folder.
fn names_certbot(args: &[String], folder: &str) -> Option<(JobKind, String)> {
    let named = folder.contains("certbot") || args.iter().any(|arg| arg.contains("certbot"));
    named.then(|| (JobKind::Renewal, "certbot".to_owned()))
}

fn is_container_name(name: &str) -> bool {
    name.len() <= 128
        && name.starts_with(|c: char| c.is_ascii_alphanumeric())
        && name.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '.' | '-'))
}

/// The options between `docker exec` (or `run`) and the container.
#[derive(Default)]
struct ContainerFlags {
    terminal: bool,
    interactive: bool,
    detached: bool,
    no_terminal: bool,
    /// How many words they are.
    length: usize,
    /// Folders of the host, and where the container sees them.
    volumes: Vec<(String, String)>,
}

impl ContainerFlags {
    /// The host's name of a path in the container.
    fn on_the_host(&self, path: &str) -> String {
        let found = self.volumes.iter().find_map(|(host, inside)| path.strip_prefix(inside.trim_end_matches('/')).map(|rest| (host, rest)));
        match found {
            Some((host, rest)) if rest.is_empty() || rest.starts_with('/') => cut(&format!("{}{rest}", host.trim_end_matches('/')), PATH_CHARACTERS),
            _ => path.to_owned(),
        }
    }
}

fn container_flags(words: &[String]) -> ContainerFlags {
    let mut flags = ContainerFlags::default();
    while let Some(word) = words.get(flags.length).filter(|word| word.starts_with('-')) {
        flags.length += 1;
        if matches!(word.as_str(), "-v" | "--volume") {
            let volume = words.get(flags.length).and_then(|value| value.split_once(':'));
            flags.volumes.extend(volume.map(|(host, inside)| (host.to_owned(), inside.split(':').next().unwrap_or(inside).to_owned())));
        }
        if let Some(long) = word.strip_prefix("--") {
            let (name, value) = long.split_once('=').map_or((long, None), |(name, value)| (name, Some(value)));
            let on = value != Some("false");
            match name {
                "tty" => flags.terminal = on,
                "interactive" => flags.interactive = on,
                "detach" => flags.detached = on,
                "no-TTY" | "no-tty" => flags.no_terminal = on,
                "rm" | "privileged" | "init" | "read-only" | "no-deps" | "service-ports" | "use-aliases" | "quiet-pull" | "build" | "publish-all"
                | "no-healthcheck" | "sig-proxy" | "remove-orphans" | "quiet" => {}
                _ => flags.length += usize::from(value.is_none()),
            }
            continue;
        }
        for (at, letter) in word.char_indices().skip(1) {
            match letter {
                't' => flags.terminal = true,
                'i' => flags.interactive = true,
                'd' => flags.detached = true,
                'T' => flags.no_terminal = true,
                'P' | 'q' => {}
                _ => {
                    flags.length += usize::from(at + letter.len_utf8() == word.len()); // its value is the next word
                    break;
                }
            }
        }
    }
    flags
}
