//! A crontab: the jobs that back something up or renew a certificate.

use std::collections::BTreeMap;

use crate::{
    evidence::{
        CrontabFacts, FileAsk,
        files::{CronJob, JobKind},
    },
    finding::{Cause, CauseKind},
};

use super::{
    Reach, cut,
    job::{Told, holds_secret, tell},
    of_lines, schedule,
    shell::{After, Command, base, commands},
    text,
    variables::names_secret,
};

/// Most jobs that are kept of one crontab.
const JOBS: usize = 500;

/// Logins that a crontab of the system names before its commands; none of them is a command.
const LOGINS: [&str; 9] = ["root", "ubuntu", "debian", "admin", "ec2-user", "cht", "medic", "couchdb", "www-data"];

/// The backup and renewal jobs of a crontab, of a user's (`crontab -l`) or of the system's, which names a user in each
/// line. It is taken for one of the system's where it lies in a folder `cron.d`, or a line names a well-known login.
///
/// # Errors
/// `File`, `Permission`, `TooLarge` (1 MiB, or 500 jobs), `Forbidden` outside the folders that may be read;
/// `File` also for what is no text; `Encoding` for UTF-16 and the line ends of an old Mac.
pub fn crontab(ask: &FileAsk, reach: &Reach) -> Result<CrontabFacts, Cause> {
    let text = of_lines(&ask.path, text(&ask.path, reach)?)?;
    let lines = || text.lines().map(str::trim).enumerate().filter(|(_, line)| !line.is_empty() && !line.starts_with('#'));
    let system = ask.path.split('/').any(|part| part == "cron.d")
        || lines()
            .filter_map(|(_, line)| schedule::split(line))
            .any(|(_, command)| command.split_once([' ', '\t']).is_some_and(|(user, _)| LOGINS.contains(&user)));

    let mut facts = CrontabFacts::default();
    let mut secret_above = false;
    for (at, line) in lines() {
        if let Some((name, value)) = variable(line) {
            secret_above |= names_secret(name) && !value.is_empty();
            if name == "MAILTO" {
                facts.mails = !value.is_empty();
            }
            continue;
        }
        let Some((schedule, command)) = schedule::split(line) else { continue };
        let command = if system { command.trim_start().split_once([' ', '\t']).map_or("", |(_, command)| command) } else { command };
        let line = u32::try_from(at + 1).unwrap_or(u32::MAX);
        for job in jobs(line, &schedule, command, secret_above) {
            if facts.jobs.len() == JOBS {
                return Err(Cause::new(CauseKind::TooLarge, &ask.path));
            }
            facts.jobs.push(job);
        }
    }
    Ok(facts)
}

/// `NAME = value`, quotes taken off; `None` for a line that is none.
fn variable(line: &str) -> Option<(&str, &str)> {
    let (name, value) = line.split_once('=')?;
    let (name, value) = (name.trim(), value.trim());
    let name = name.trim_matches(['"', '\'']);
    let is_name = name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_') && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
    let quote = value.chars().next().filter(|c| matches!(c, '"' | '\''));
    let value = quote.and_then(|quote| value.strip_prefix(quote)?.strip_suffix(quote)).unwrap_or(value);
    is_name.then_some((name, value))
}

/// The jobs of one line: at most one of each kind.
fn jobs(line: u32, schedule: &str, command: &str, secret_above: bool) -> Vec<CronJob> {
    let (command, cut_at_percent) = without_percent(command);
    let commands = commands(&command);
    let mut folder = String::new();
    let mut told = Vec::with_capacity(commands.len());
    for Command { words, on_failure, discards, .. } in &commands {
        if let [cd, place] = &words[..]
            && cd == "cd"
        {
            folder.clone_from(place);
        }
        let mut one = tell(words, &folder);
        // What is written to nowhere is no copy, and what is loaded only where the renewal failed is no renewed certificate.
        if one.to_stdout && *discards {
            one = Told::default();
        }
        one.reloads_nginx &= !on_failure;
        told.push(one);
    }
    let mut by_kind: BTreeMap<JobKind, (usize, String)> = BTreeMap::new();
    for (at, Told { job, .. }) in told.iter().enumerate() {
        if let Some((kind, tool)) = job {
            by_kind.entry(*kind).or_insert_with(|| (at, tool.clone()));
        }
    }
    let secret = secret_above || commands.iter().any(|command| holds_secret(&command.words));
    let reloads = || told.iter().filter(|told| told.reloads_nginx);
    let job = |(kind, (at, tool)): (JobKind, (usize, String))| CronJob {
        line,
        schedule: cut(schedule, 100),
        every: schedule::longest_gap(schedule),
        kind,
        tool,
        wants_terminal: told.iter().any(|told| told.wants_terminal),
        cut_at_percent,
        container: told.iter().find_map(|told| told.container.clone()),
        reloads_nginx: reloads().next().is_some(),
        reloads_host: reloads().next().is_some() && reloads().all(|told| told.on_host) && told.iter().all(|told| told.container.is_none()),
        secret_in_line: secret,
        paths: match kind {
            JobKind::Backup => {
                let mut paths: Vec<String> = told.iter().flat_map(|told| told.sources.iter().cloned()).collect();
                paths.truncate(20);
                paths
            }
            JobKind::Renewal => Vec::new(),
        },
        excludes: match kind {
            JobKind::Backup => left_out(&told),
            JobKind::Renewal => Some(Vec::new()),
        },
        heartbeat: commands.iter().skip(at + 1).any(is_heartbeat),
    };
    by_kind.into_iter().map(job).collect()
}

/// What the backup of a line leaves out. Of several backups on a line it is not told which leaves out what.
fn left_out(told: &[Told]) -> Option<Vec<String>> {
    let mut each = told.iter().filter(|told| matches!(told.job, Some((JobKind::Backup, _)))).map(|told| &told.excludes);
    let first = each.next()?.clone()?;
    each.all(|other| first.is_empty() && other.as_ref().is_some_and(Vec::is_empty)).then_some(first)
}

/// The command with `\%` as `%`, and whether a bare `%` ends it before. What was meant is told all the same.
fn without_percent(command: &str) -> (String, bool) {
    let bare = command.char_indices().any(|(at, c)| c == '%' && !command[..at].ends_with('\\'));
    (command.replace("\\%", "%"), bare)
}

/// `curl` or `wget` of an address after success; one that carries the exit status may follow anything.
fn is_heartbeat(command: &Command) -> bool {
    let calls = command.words.iter().any(|word| matches!(base(word), "curl" | "wget"));
    let mut addresses = command.words.iter().filter(|word| word.starts_with("https://") || word.starts_with("http://"));
    calls && addresses.any(|address| command.after == After::Success || address.ends_with("$?"))
}
