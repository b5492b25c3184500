//! The disk, and the secrets in the environment file.

use crate::{
    checks::{Context, Graded, Judgement, Question, asks::env, claim::Own, settle::Document},
    evidence::{
        EnvFacts,
        files::{SecretFacts, SecretLength},
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

/// The password of the database's administrator: the one that opens everything.
const ADMIN_PASSWORD: &str = "COUCHDB_PASSWORD";

/// The key that sessions are signed with.
const SECRET: &str = "COUCHDB_SECRET";

/// What phones know the server's databases by.
const UUID: &str = "COUCHDB_UUID";

pub(super) fn default_credentials(cx: &Context<'_>) -> Vec<Judgement> {
    from_env(cx, grade_passwords)
}

pub(super) fn secret_quality(cx: &Context<'_>) -> Vec<Judgement> {
    from_env(cx, grade_secrets)
}

/// What the environment file says is documented: another value may run.
fn from_env(cx: &Context<'_>, grade: fn(&EnvFacts) -> Result<Graded, Cause>) -> Vec<Judgement> {
    let question = only_said(cx.said(None));
    let read = env(cx).unwrap_or_else(|| Err(Cause::new(CauseKind::NotCollected, "")));
    let document = read.and_then(|seen| Ok(Document { graded: grade(seen.facts)?, at: seen.at }));
    vec![cx.settle(match document {
        Ok(document) => {
            let path = if matches!(question.claim, Ok(None)) { "files.env".to_owned() } else { question.path };
            Question { path, document: Some(document), ..question }
        }
        Err(cause) => Question { measurement: Err(cause), ..question },
    })]
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

fn grade_passwords(facts: &EnvFacts) -> Result<Graded, Cause> {
    let passwords = || facts.secrets.iter().filter(|(name, _)| name.contains("PASSWORD"));
    let published = named(passwords(), |secret| secret.published_default);
    if !published.is_empty() {
        return Ok(Graded::bad("published", args([("variables", published.into())])));
    }
    let empty = named(passwords(), |secret| secret.length == SecretLength::Empty);
    if !empty.is_empty() {
        return Ok(Graded::bad("empty", args([("variables", empty.into())])));
    }
    if facts.secrets.get(ADMIN_PASSWORD).copied().is_none_or(is_unset) {
        return Err(Cause::new(CauseKind::File, ADMIN_PASSWORD));
    }
    let short = named(passwords(), is_short);
    if !short.is_empty() {
        return Ok(Graded::middling("short", args([("variables", short.into())])));
    }
    Ok(Graded::good("pass", args([("variables", named(passwords(), |secret| !is_unset(secret)).into())])))
}

// security.secret-quality ----------------------------------------------------------------------------------------------

fn grade_secrets(facts: &EnvFacts) -> Result<Graded, Cause> {
    let secrets = || facts.secrets.iter().filter(|(name, _)| !name.contains("PASSWORD"));
    let published = named(secrets(), |secret| secret.published_default);
    if !published.is_empty() {
        return Ok(Graded::bad("published", args([("variables", published.into())])));
    }
    let asked = |name: &str| facts.secrets.get(name).copied().ok_or_else(|| Cause::new(CauseKind::File, name));
    let (secret, _) = (asked(SECRET)?, asked(UUID)?);
    // The installer then makes them up, and keeps them in a volume that is easily lost.
    let unset = named(secrets(), is_unset);
    if !unset.is_empty() {
        return Ok(Graded::middling("unset", args([("variables", unset.into())])));
    }
    if is_short(secret) {
        return Ok(Graded::middling("short", args([("variable", SECRET.into())])));
    }
    Ok(Graded::good("pass", args([("variables", named(secrets(), |_| true).into())])))
}
