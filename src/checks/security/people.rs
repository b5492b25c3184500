//! Passwords, and how people come by them.

use crate::{
    checks::{Context, Graded, Judgement, claim::Own, running},
    finding::{Cause, CauseKind, args},
    site::ChwLogin,
    version::Version,
};

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
    running::judged(cx, grade_version)
}

fn grade_version(version: &Version) -> Result<Graded, Cause> {
    let told = args([("version", version.to_string().into())]);
    let release = version.line();
    // A beta or a branch on the way to a release may or may not hold what came with it.
    if [FORCED_CHANGE, RATE_LIMIT].contains(&release) && version.is_before(0) == Some(true) {
        return Err(Cause::new(CauseKind::NotUnderstood, version.to_string()));
    }
    Ok(match release {
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
