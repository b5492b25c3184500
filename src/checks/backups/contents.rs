//! Judges of what the copies hold, and whether a stranger could read them.

use std::collections::BTreeSet;

use crate::{
    checks::{Context, Graded, Judgement, Question, Rating, asks, settle::Document},
    evidence::{EnvFacts, files::SecretLength},
    finding::{Cause, CauseKind, args},
    site::{BackupCopy, CopyKind, Included},
};

use super::{
    copies::{self, PATH},
    excluded::{self, Fate},
    schedule::{Jobs, cannot_run, jobs},
};

/// The copies that say what they hold.
fn that_say<'a>(cx: &Context<'a>) -> Vec<&'a BackupCopy> {
    copies::counting(cx.site).into_iter().filter(|copy| !copy.includes.is_empty()).collect()
}

/// `backups.covers-couchdb`
pub(super) fn covers_couchdb(cx: &Context<'_>) -> Vec<Judgement> {
    let said = that_say(cx);
    let words = said.iter().map(|copy| {
        let told = args([("copy", copy.id.as_str().into())]);
        let holds = copy.includes.contains(&Included::Couchdb);
        copies::content_word(copy, if holds { Graded::good("declared", told) } else { Graded::bad("left-out", told) })
    });
    let own = copies::best(cx, words.collect());
    let document = folders(cx).map(|found| {
        let (folders, jobs) = found?;
        let graded = grade_folders(&folders, &jobs)?;
        let elsewhere = said.iter().any(|copy| copy.includes.contains(&Included::Couchdb) && !jobs.names(copy.kind) && copies::stands(cx, copy));
        (graded.rating == Rating::Good || !elsewhere).then_some(Document { graded, at: jobs.at })
    });
    copies::only_with_a_copy(cx, vec![copies::decide(cx, own, document, "backups.copies[].includes")])
}

/// The data folders that the environment file names, one a node, and the jobs that should read them, as of the older file.
fn folders<'a>(cx: &Context<'a>) -> Result<Option<(Vec<&'a str>, Jobs<'a>)>, Cause> {
    let (Some(mut jobs), Some(env)) = (jobs(cx)?, asks::env(cx).transpose()?) else { return Ok(None) };
    let value = |name: &str| env.facts.values.get(name).map(String::as_str);
    let nodes: Vec<&str> = ["DB1_DATA", "DB2_DATA", "DB3_DATA"].into_iter().filter_map(value).collect();
    let folders = if nodes.is_empty() { value("COUCHDB_DATA").into_iter().collect() } else { nodes };
    jobs.at = jobs.at.min(env.at);
    Ok((!folders.is_empty()).then_some((folders, jobs)))
}

/// Whether the jobs copy the folders; nothing where that cannot be told from their lines.
fn grade_folders(folders: &[&str], jobs: &Jobs<'_>) -> Option<Graded> {
    let below = |inner: &str, outer: &str| inner.strip_prefix(outer).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'));
    let reads = |path: &String, folder: &str| below(folder, path.trim_end_matches('/'));
    // What only a line that cannot run would read is not read; that it cannot is the matter of backups.automated.
    let fate = |folder: &str| {
        let fates = jobs.lines.iter().flat_map(|job| {
            let read = job.paths.iter().filter(move |path| reads(path, folder));
            read.map(|path| if cannot_run(job) { Fate::Untold } else { excluded::fate(job, path, folder, true) })
        });
        fates.max()
    };
    let fates: Vec<(&str, Option<Fate>)> = folders.iter().map(|folder| folder.trim_end_matches('/')).map(|folder| (folder, fate(folder))).collect();
    if fates.iter().any(|(_, fate)| *fate == Some(Fate::Untold)) {
        return None;
    }
    let (covered, missing): (Vec<_>, Vec<_>) = fates.into_iter().partition(|(_, fate)| *fate == Some(Fate::In));
    let list = |folders: &[(&str, Option<Fate>)]| folders.iter().map(|(folder, _)| (*folder).to_owned()).collect::<Vec<_>>().into();
    if missing.is_empty() {
        return Some(Graded::good("covered", args([("file", jobs.file.into()), ("folders", list(&covered))])));
    }
    // A script, a relative path or a part of a folder may mean the missing one.
    let plain = |path: &str| path.starts_with('/') && !path.contains(['*', '$']);
    let read = || jobs.lines.iter().flat_map(|job| &job.paths).map(|path| path.trim_end_matches('/'));
    let told = !jobs.lines.is_empty() && jobs.lines.iter().all(|job| !job.paths.is_empty());
    let partly_read = |folder: &str| read().any(|path| path != folder && below(path, folder));
    let clear =
        told && read().all(|path| plain(if path.is_empty() { "/" } else { path })) && missing.iter().all(|(folder, _)| plain(folder) && !partly_read(folder));
    if !clear {
        return None;
    }
    let mut told = args([("file", jobs.file.into()), ("missing", list(&missing))]);
    if !covered.is_empty() {
        return Some(Graded::middling("some-nodes", told));
    }
    if missing.iter().all(|(_, fate)| fate.is_none()) {
        return Some(Graded::bad("not-covered", told));
    }
    let patterns: BTreeSet<&String> = jobs.lines.iter().filter_map(|job| job.excludes.as_ref()).flatten().collect();
    told.insert("patterns".to_owned(), patterns.into_iter().cloned().collect::<Vec<_>>().into());
    Some(Graded::bad("excluded", told))
}

/// `backups.covers-env`
pub(super) fn covers_env(cx: &Context<'_>) -> Vec<Judgement> {
    let env = asks::env(cx).transpose();
    let complete = env.as_ref().ok().and_then(|env| env.as_ref()).map(|env| (holds_secrets(env.facts), env.at));
    let said = that_say(cx);
    let words = said.iter().map(|copy| {
        let told = args([("copy", copy.id.as_str().into())]);
        let has = |part| copy.includes.contains(&part);
        let graded = match (has(Included::Env), has(Included::Credentials), complete) {
            (false, _, _) => Graded::bad("left-out", told),
            (true, false, Some((Some(false), _))) => Graded::middling("no-secret", told),
            (true, true, _) | (true, false, None | Some((Some(true) | None, _))) => Graded::good("declared", told),
        };
        copies::content_word(copy, graded)
    });
    let own = copies::best(cx, words.collect());
    let document = env.and_then(|_| jobs(cx)).map(|jobs| {
        let (jobs, (holds, at)) = (jobs?, complete?);
        let reads = |name: &str| {
            let runs = jobs.lines.iter().filter(|job| !cannot_run(job));
            let mut named = runs
                .flat_map(|job| job.paths.iter().map(move |path| (job, path)))
                .filter(|(_, path)| path.trim_end_matches('/').rsplit('/').next() == Some(name));
            named.any(|(job, path)| excluded::fate(job, path, path, false) == Fate::In)
        };
        // Where the file lies on the server is not known: a folder that is read may hold it.
        let told = args([("file", jobs.file.into())]);
        let graded = match (reads(".env"), holds?, reads("cht-credentials")) {
            (true, true, _) | (true, false, true) => Graded::good("covered", told),
            (true, false, false) => Graded::middling("empty-secret", told),
            (false, _, _) => return None,
        };
        let elsewhere = said.iter().any(|copy| copy.includes.contains(&Included::Env) && !jobs.names(copy.kind) && copies::stands(cx, copy));
        (graded.rating == Rating::Good || !elsewhere).then_some(Document { graded, at: jobs.at.min(at) })
    });
    copies::only_with_a_copy(cx, vec![copies::decide(cx, own, document, "backups.copies[].includes")])
}

/// Whether the environment file holds the secret and the id of the database; none where it was not asked for them.
fn holds_secrets(env: &EnvFacts) -> Option<bool> {
    let set = |name: &str| env.secrets.get(name).map(|secret| !matches!(secret.length, SecretLength::Absent | SecretLength::Empty));
    Some(set("COUCHDB_SECRET")? && set("COUCHDB_UUID")?)
}

/// `backups.encrypted`: one judgement a copy, for one that anybody can read gives away all that the others hide.
pub(super) fn encrypted(cx: &Context<'_>) -> Vec<Judgement> {
    let copies = cx.site.said.backups.copies.iter().enumerate().filter(|(_, copy)| copy.kind.counts());
    let judgements: Vec<Judgement> = copies.map(|(at, copy)| encrypted_copy(cx, at, copy)).collect();
    if judgements.is_empty() { copies::only_with_a_copy(cx, vec![copies::decide(cx, None, Ok(None), PATH)]) } else { judgements }
}

fn encrypted_copy(cx: &Context<'_>, at: usize, copy: &BackupCopy) -> Judgement {
    let told = args([("copy", copy.id.as_str().into())]);
    let own = match (copy.kind, copy.encrypted) {
        // They know no other way.
        (CopyKind::Restic | CopyKind::Kopia, _) => Some(Graded::good("by-tool", told)),
        (_, Some(said)) if said.0 => Some(Graded::good("declared", told)),
        (_, Some(_)) => Some(Graded::bad("plain", told)),
        (_, None) => None,
    };
    let (claim, path) = cx.said(own.map(|graded| copies::content_word(copy, graded)));
    let place = format!("{PATH}[{at}]");
    let cause = if matches!(claim, Ok(None)) { Cause::new(CauseKind::NotSaid, format!("{place}.encrypted")) } else { Cause::new(CauseKind::NotCollected, "") };
    let path = if path == PATH { place } else { path };
    cx.settle(Question { subject: copy.id.clone(), path, best: None, claim, document: None, measurement: Err(cause) })
}
