//! What `docker` and `docker compose` commands do for backups and renewals.

use crate::evidence::files::JobKind;

use super::{
    cut,
    job::{self, PATH_CHARACTERS, Told, VALUED, program, tell_program},
    shell::base,
};

/// What a `docker` or `docker compose` command tells: of itself, and of the command that it runs in a container.
pub(super) fn docker(args: &[String], folder: &str, v1: bool) -> Told {
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
            let (mut told, mut is_tool) = (Told::default(), false);
            if command == "run" {
                // The image's, or the service's, own program: `docker run certbot/certbot renew`.
                let image = base(name).split([':', '@']).next().unwrap_or(name);
                told = tell_program(image, inner, "");
                is_tool = job::is_tool(image);
                if told.job.is_none() && compose && inner.is_empty() {
                    told.job = names_certbot(&args[..=(at + flags.length)], folder);
                }
            }
            // The words behind a tool's own image are its arguments: `restic/restic backup` runs no program `backup`.
            if told.job.is_none()
                && !is_tool
                && let Some((program, args)) = program(inner)
            {
                told = tell_program(base(program), args, "");
            }
            for path in told.sources.iter_mut().chain(told.excludes.iter_mut().flatten()) {
                *path = flags.on_the_host(path);
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
            Told { job, container, reloads_nginx, ..Told::default() }
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
#[expect(clippy::struct_excessive_bools, reason = "independent flags, not a state")]
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
