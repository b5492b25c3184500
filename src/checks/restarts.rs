//! Judges of `restarts`; the rules are in `checks/restarts/`.

use crate::{
    evidence::{Asks, ComposeAsk, ComposeFacts, seen},
    finding::{Cause, CauseKind, args},
    knowledge::Knowledge,
    site::Site,
};

use super::{Check, Consideration, Context, Graded, Judgement, Question, settle::Document};

/// The consideration and its rows.
pub(super) const CONSIDERATION: Consideration = Consideration {
    id: "restarts",
    definition: include_str!("../../checks/restarts/checks.yaml"),
    texts: include_str!("../../checks/restarts/en.ftl"),
    guide: include_str!("../../checks/restarts/README.md"),
    checks: &[Check {
        id: "restarts.restart-policy",
        params: &[],
        messages: &["pass", "on-failure", "stays-down"],
        needs: |site, _: &Knowledge, asks| ask_compose(site, asks),
        evaluate: restart_policy,
    }],
};

/// The compose files of the description, as one ask.
pub(super) fn compose_ask(site: &Site) -> Option<ComposeAsk> {
    let files = &site.said.files;
    (!files.compose.is_empty()).then(|| ComposeAsk { paths: files.compose.clone(), env: files.env.clone() })
}

/// Asks for the compose files, where the description names any.
pub(super) fn ask_compose(site: &Site, asks: &mut Asks) {
    asks.compose.extend(compose_ask(site));
}

fn restart_policy(cx: &Context<'_>) -> Vec<Judgement> {
    let (claim, path) = cx.said(None);
    let ask = compose_ask(cx.site);
    let read = ask.map(|ask| seen(&cx.evidence.compose, &ask.key()));
    let (document, cause) = match read {
        None => (None, Cause::new(CauseKind::NotCollected, "")),
        Some(Err(cause)) => (None, cause),
        Some(Ok(seen)) => match grade_restart(seen.facts) {
            Ok(graded) => (Some(Document { graded, at: seen.at }), Cause::new(CauseKind::NotCollected, "")),
            Err(cause) => (None, cause),
        },
    };
    let path = if document.is_some() && matches!(claim, Ok(None)) { "files.compose".to_owned() } else { path };
    vec![cx.settle(Question { subject: String::new(), path, best: None, claim, document, measurement: Err(cause) })]
}

/// Services that run once and end (certbot) are not meant to come back.
fn runs_once(name: &str, image: Option<&str>) -> bool {
    name == "certbot" || image.is_some_and(|image| image.contains("certbot/"))
}

fn grade_restart(facts: &ComposeFacts) -> Result<Graded, Cause> {
    let services = || facts.services.iter().filter(|(name, service)| service.profiles.is_empty() && !runs_once(name, service.image.as_deref()));
    let named = |wanted: fn(&str) -> bool| -> Vec<String> {
        services().filter(|(_, service)| wanted(service.restart.as_deref().unwrap_or("no"))).map(|(name, _)| name.clone()).collect()
    };
    let stays_down = named(|policy| !matches!(policy, "always" | "unless-stopped") && !policy.starts_with("on-failure"));
    let on_failure = named(|policy| policy.starts_with("on-failure"));
    let back = named(|policy| matches!(policy, "always" | "unless-stopped"));
    if !stays_down.is_empty() {
        return Ok(Graded::bad("stays-down", args([("services", stays_down.into())])));
    }
    if !on_failure.is_empty() {
        return Ok(Graded::middling("on-failure", args([("services", on_failure.into())])));
    }
    // What could not be followed may hold the one service that stays down.
    if let Some(first) = facts.not_followed.first() {
        return Err(Cause::new(CauseKind::File, first.clone()));
    }
    if back.is_empty() {
        return Err(Cause::new(CauseKind::File, "no service is defined"));
    }
    Ok(Graded::good("pass", args([("count", back.len().into()), ("services", back.into())])))
}
