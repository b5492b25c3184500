//! The disk, and the secrets in the environment file, the compose files and the Helm values.

use std::collections::{BTreeMap, BTreeSet};

use crate::{
    checks::{
        Context, Graded, Judgement, Question, Rating,
        asks::{compose, env, helm},
        claim::Own,
        kubernetes,
        settle::Document,
    },
    evidence::{
        ComposeFacts, HelmFacts,
        files::{SecretFacts, SecretLength, SetSecret},
    },
    finding::{Args, Cause, CauseKind, args},
    site::{Unlock, scalar::Reply},
};

use super::only_said;

// security.disk-encryption ---------------------------------------------------------------------------------------------

/// Judged together with `restarts.unlock`: what is unlocked at boot is encrypted, and what needs no unlocking is not.
///
/// Where the answer and that key disagree, neither is believed over the other.
pub(super) fn disk_encryption(cx: &Context<'_>) -> Vec<Judgement> {
    let own =
        |grade: fn(&'static str, Args) -> Graded, message, unlock: &str| Own::undated(grade(message, args([("unlock", unlock.into())])), "restarts.unlock");
    let unlock = cx.site.said.restarts.unlock;
    let answer = cx.site.said.answers.get(&cx.definition.id);
    let declared = match unlock {
        None => None,
        Some(Unlock::Tpm) => Some(own(Graded::good, "declared", "tpm")),
        Some(Unlock::Tang) => Some(own(Graded::good, "declared", "tang")),
        Some(Unlock::Person) => Some(own(Graded::good, "by-person", "person")),
        Some(Unlock::None) => Some(own(Graded::bad, "unencrypted", "none")),
    };
    cx.answered(match (answer.map(|answer| answer.answer), unlock) {
        (Some(Reply::Yes | Reply::Partly), Some(Unlock::None)) => {
            // As young as the answer, so that it is told whichever was written last.
            declared.map(|own| Own { graded: Graded::middling("differs", own.graded.args.clone()), date: answer.and_then(|answer| answer.date), ..own })
        }
        // A no stands, and so does a partly: that something is unlocked does not say that all of it is encrypted.
        (Some(Reply::No | Reply::Partly), _) => None,
        (Some(Reply::Yes) | None, _) => declared,
    })
}

// security.default-credentials -----------------------------------------------------------------------------------------

pub(super) fn default_credentials(cx: &Context<'_>) -> Vec<Judgement> {
    from_files(cx, is_password, grade_passwords)
}

pub(super) fn secret_quality(cx: &Context<'_>) -> Vec<Judgement> {
    from_files(cx, |name| !is_password(name), grade_secrets)
}

/// The secrets that one file holds.
struct Secrets<'a> {
    file: &'a str,
    by_name: &'a BTreeMap<String, SecretFacts>,
    /// The password of the database's administrator: the one that opens everything.
    admin_password: &'static str,
    /// The key that sessions are signed with.
    secret: &'static str,
    /// What phones know the server's databases by.
    uuid: &'static str,
    /// Those that another program puts there.
    elsewhere: &'a [String],
    /// Those that the compose files set, whatever stands in this file.
    set_by_compose: &'a BTreeSet<&'a str>,
    /// What is not set in this file must be set in another: Helm does not start without. Else the installer makes it up.
    set_somewhere: bool,
}

/// What the files say is documented: another value may run. Where several are named, the one that says worst counts.
fn from_files(cx: &Context<'_>, is_meant: fn(&str) -> bool, grade: fn(&Secrets<'_>) -> Result<Graded, Cause>) -> Vec<Judgement> {
    let question = only_said(cx.said(None));
    let files = &cx.site.said.files;
    let read_compose = compose(cx);
    let set = match &read_compose {
        Some(Ok(seen)) => set_in(seen.facts, is_meant),
        Some(Err(_)) | None => Vec::new(),
    };
    let set_by_compose: BTreeSet<&str> = set.iter().map(|set| set.variable).collect();
    let alone = files.env.is_none() && files.helm_values.is_none();
    let in_compose = read_compose.and_then(|read| match read {
        Err(cause) => Some(Err(cause)),
        Ok(seen) => Some(grade_set(&set, alone)?.map(|graded| ("files.compose", Document { graded, at: seen.at }))),
    });
    let name = |file: &'_ Option<String>| file.clone().unwrap_or_default();
    let (env_file, values_file) = (name(&files.env), name(&files.helm_values));
    let in_env = env(cx).map(|read| {
        let seen = read?;
        let by_name = &seen.facts.secrets;
        let secrets = Secrets {
            file: &env_file,
            by_name,
            admin_password: "COUCHDB_PASSWORD",
            secret: "COUCHDB_SECRET",
            uuid: "COUCHDB_UUID",
            elsewhere: &[],
            set_by_compose: &set_by_compose,
            set_somewhere: false,
        };
        Ok(("files.env", Document { graded: grade(&secrets)?, at: seen.at }))
    });
    let in_values = helm(cx).map(|read| {
        let HelmFacts { secrets: by_name, elsewhere, .. } = read.as_ref().map_err(Clone::clone)?.facts;
        let secrets = Secrets {
            file: &values_file,
            by_name,
            admin_password: "couchdb.password",
            secret: "couchdb.secret",
            uuid: "couchdb.uuid",
            elsewhere,
            set_by_compose: &BTreeSet::new(),
            set_somewhere: true,
        };
        Ok((kubernetes::PATH, Document { graded: grade(&secrets)?, at: read?.at }))
    });
    // Bad, not known, middling, good.
    let worth = |read: &Result<(&str, Document), Cause>| match read {
        Ok((_, document)) if document.graded.rating == Rating::Bad => 0,
        Err(_) => 1,
        Ok((_, document)) if document.graded.rating == Rating::Middling => 2,
        Ok(_) => 3,
    };
    let read = in_compose.into_iter().chain(in_env).chain(in_values).min_by_key(worth).unwrap_or_else(|| Err(Cause::new(CauseKind::NotCollected, "")));
    vec![cx.settle(match read {
        Ok((place, document)) => {
            let path = if matches!(question.claim, Ok(None)) { place.to_owned() } else { question.path };
            Question { path, document: Some(document), ..question }
        }
        Err(cause) => Question { measurement: Err(cause), ..question },
    })]
}

/// A secret that the compose files set for a service.
struct SetFor<'a> {
    service: &'a str,
    variable: &'a str,
    secret: &'a SetSecret,
}

/// The secrets that the compose files set, of those that `is_meant` holds for.
fn set_in(facts: &ComposeFacts, is_meant: fn(&str) -> bool) -> Vec<SetFor<'_>> {
    let all = facts.services.iter().flat_map(|(service, facts)| {
        facts.secrets.iter().map(move |(variable, secret)| SetFor { service: service.as_str(), variable: variable.as_str(), secret })
    });
    all.filter(|set| is_meant(set.variable)).collect()
}

/// What the compose files themselves set, by the worst of it; none where they leave all to the environment.
///
/// # Errors
/// What matters most is in none of the files that are named: where the compose files stand `alone`.
fn grade_set(set: &[SetFor<'_>], alone: bool) -> Option<Result<Graded, Cause>> {
    let first = set.first()?;
    let told = |wanted: &dyn Fn(&SetFor<'_>) -> bool| {
        let file = set.iter().find(|one| wanted(one))?.secret.file.as_str();
        let names: Vec<String> =
            set.iter().filter(|one| wanted(one) && one.secret.file == file).map(|one| format!("{}.{}", one.service, one.variable)).collect();
        Some(args([("file", file.into()), ("variables", names.into())]))
    };
    if let Some(told) = told(&|one| one.secret.class.published_default) {
        return Some(Ok(Graded::bad("published", told)));
    }
    if let Some(told) = told(&|one| one.secret.class.length == SecretLength::Empty && is_password(one.variable)) {
        return Some(Ok(Graded::bad("empty", told)));
    }
    let needed: &[&str] = if is_password(first.variable) { &["COUCHDB_PASSWORD"] } else { &["COUCHDB_SECRET", "COUCHDB_UUID"] };
    if let Some(missing) = needed.iter().find(|name| alone && !set.iter().any(|one| one.variable == **name)) {
        return Some(Err(Cause::new(CauseKind::File, format!("{}: {missing}", first.secret.file))));
    }
    if let Some(told) = told(&|one| one.secret.class.length == SecretLength::Empty) {
        return Some(Ok(Graded::middling("unset", told)));
    }
    // What phones know the databases by is no secret.
    let is_secret = |one: &SetFor<'_>| one.variable != "COUCHDB_UUID";
    if let Some(told) = told(&|one| one.secret.written_out && is_secret(one)) {
        return Some(Ok(Graded::middling("written-out", told)));
    }
    if let Some(told) = told(&|one| is_short(one.secret.class) && is_secret(one)) {
        return Some(Ok(Graded::middling("short", told)));
    }
    Some(Ok(Graded::good("pass", told(&|_| true)?)))
}

/// The names of those of which `wanted` holds.
fn named<'a>(secrets: impl Iterator<Item = (&'a String, &'a SecretFacts)>, wanted: impl Fn(SecretFacts) -> bool) -> Vec<String> {
    secrets.filter(|(_, secret)| wanted(**secret)).map(|(name, _)| name.clone()).collect()
}

/// Shorter than 12 characters (reference 10.8).
fn is_short(secret: SecretFacts) -> bool {
    matches!(secret.length, SecretLength::Under8 | SecretLength::Under12)
}

fn is_unset(secret: SecretFacts) -> bool {
    matches!(secret.length, SecretLength::Absent | SecretLength::Empty)
}

/// Why a secret that has to be set is not known.
fn not_there(secrets: &Secrets<'_>, name: &str) -> Cause {
    let kind = if secrets.elsewhere.iter().any(|key| key == name) { CauseKind::Vantage } else { CauseKind::File };
    Cause::new(kind, format!("{}: {name}", secrets.file))
}

fn is_password(name: &str) -> bool {
    name.to_ascii_lowercase().contains("password")
}

fn grade_passwords(file: &Secrets<'_>) -> Result<Graded, Cause> {
    let passwords = || file.by_name.iter().filter(|(name, _)| is_password(name));
    let told = |names: Vec<String>| args([("file", file.file.into()), ("variables", names.into())]);
    let published = named(passwords(), |secret| secret.published_default);
    if !published.is_empty() {
        return Ok(Graded::bad("published", told(published)));
    }
    let empty = named(passwords(), |secret| secret.length == SecretLength::Empty);
    if !empty.is_empty() && !file.set_somewhere {
        return Ok(Graded::bad("empty", told(empty)));
    }
    if file.by_name.get(file.admin_password).copied().is_none_or(is_unset) && !file.set_by_compose.contains(file.admin_password) {
        return Err(not_there(file, file.admin_password));
    }
    let short = named(passwords(), is_short);
    if !short.is_empty() {
        return Ok(Graded::middling("short", told(short)));
    }
    Ok(Graded::good("pass", told(named(passwords(), |secret| !is_unset(secret)))))
}

// security.secret-quality ----------------------------------------------------------------------------------------------

fn grade_secrets(file: &Secrets<'_>) -> Result<Graded, Cause> {
    let secrets = || file.by_name.iter().filter(|(name, _)| !is_password(name));
    let told = |names: Vec<String>| args([("file", file.file.into()), ("variables", names.into())]);
    let published = named(secrets(), |secret| secret.published_default);
    if !published.is_empty() {
        return Ok(Graded::bad("published", told(published)));
    }
    let asked = |name: &str| file.by_name.get(name).copied().ok_or_else(|| not_there(file, name));
    let (secret, _) = (asked(file.secret)?, asked(file.uuid)?);
    let unset: Vec<String> = named(secrets(), is_unset).into_iter().filter(|name| !file.set_by_compose.contains(name.as_str())).collect();
    match unset.first() {
        Some(first) if file.set_somewhere => return Err(not_there(file, first)),
        // The installer then makes them up, and keeps them in a volume that is easily lost.
        Some(_) => return Ok(Graded::middling("unset", told(unset))),
        None => {}
    }
    if is_short(secret) {
        return Ok(Graded::middling("short", told(vec![file.secret.to_owned()])));
    }
    Ok(Graded::good("pass", told(named(secrets(), |_| true))))
}
