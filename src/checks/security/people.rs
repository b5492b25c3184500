//! Passwords, and how people come by them.

use jiff::Timestamp;

use crate::{
    checks::{Context, Graded, Judgement, Measurement, Question, asks::monitoring, claim::Own, running, settle::Document},
    finding::{Cause, CauseKind, Tier, args},
    site::ChwLogin,
    version::Version,
};

use super::only_said;

/// A check that only an answer decides today.
pub(super) fn answered(cx: &Context<'_>) -> Vec<Judgement> {
    cx.answered(None)
}

// security.password-version --------------------------------------------------------------------------------------------

/// 4.17.0: a password that somebody was given must be changed at the first login (reference 4.2).
const FORCED_CHANGE: (u32, u32) = (4, 17);

/// 4.6.0: failed logins are slowed down (reference 4.2).
const RATE_LIMIT: (u32, u32) = (4, 6);

pub(super) fn password_version(cx: &Context<'_>) -> Vec<Judgement> {
    let declared = cx.site.said.cht.version.as_deref().and_then(grade_version).map(|graded| Own::undated(graded, "cht.version"));
    let document = image_version(cx).and_then(|(version, at)| Some(Document { graded: grade_version(version)?, at }));
    let measurement = monitoring(cx).and_then(|seen| {
        let version = seen.facts.app.as_deref().ok_or_else(|| Cause::new(CauseKind::NotUnderstood, "version.app"))?;
        let graded = grade_version(version).ok_or_else(|| Cause::new(CauseKind::NotUnderstood, version))?;
        Ok(Measurement { graded, at: seen.at, tier: Tier::Network })
    });
    vec![cx.settle(Question { document, measurement, ..only_said(cx.said(declared)) })]
}

/// The tag of the API's image, in the Helm values or the compose files, and when they were read.
fn image_version<'a>(cx: &Context<'a>) -> Option<(&'a str, Timestamp)> {
    let read = running::images(cx)?.ok()?;
    Some((read.facts.iter().find(|image| image.name == "cht-api")?.tag?, read.at))
}

/// None for what is no release: the name of a branch, a build.
fn grade_version(version: &str) -> Option<Graded> {
    let known: Version = version.parse().ok()?;
    let told = args([("version", version.into())]);
    let release = known.line();
    // A beta or a branch on the way to a release may or may not hold what came with it.
    if [FORCED_CHANGE, RATE_LIMIT].contains(&release) && known.is_before(0) == Some(true) {
        return None;
    }
    Some(match release {
        release if release >= FORCED_CHANGE => Graded::good("enforced", told),
        release if release >= RATE_LIMIT => Graded::middling("limits-only", told),
        _ => Graded::bad("neither", told),
    })
}

// security.password-policy, security.token-login -----------------------------------------------------------------------

/// As `site.yaml` spells it.
fn word(login: ChwLogin) -> &'static str {
    match login {
        ChwLogin::MagicLink => "magic-link",
        ChwLogin::Password => "password",
        ChwLogin::Sso => "sso",
    }
}

fn declared(login: ChwLogin, grade: fn(&'static str, crate::finding::Args) -> Graded, message: &'static str) -> Own {
    Own::undated(grade(message, args([("login", word(login).into())])), "security.chw_login")
}

/// Who logs in by a link or elsewhere is handed no password.
pub(super) fn password_policy(cx: &Context<'_>) -> Vec<Judgement> {
    let own = cx.site.said.security.chw_login.and_then(|login| match login {
        ChwLogin::MagicLink | ChwLogin::Sso => Some(declared(login, Graded::good, "no-passwords")),
        ChwLogin::Password => None,
    });
    cx.answered(own)
}

/// A way that is named is a way that was chosen; passwords are also what is there when nobody chose.
pub(super) fn token_login(cx: &Context<'_>) -> Vec<Judgement> {
    let answered = cx.site.said.answers.contains_key(&cx.definition.id);
    let own = cx.site.said.security.chw_login.and_then(|login| match login {
        ChwLogin::MagicLink | ChwLogin::Sso => Some(declared(login, Graded::good, "declared")),
        ChwLogin::Password => (!answered).then(|| declared(login, Graded::middling, "passwords")),
    });
    cx.answered(own)
}
