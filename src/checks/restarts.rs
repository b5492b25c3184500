//! Judges of `restarts`; the rules are in `checks/restarts/`.

use crate::{
    evidence::ComposeFacts,
    finding::{Arg, Args, Cause, CauseKind, Tier, args},
    knowledge::Knowledge,
    site::{PowerCut, Unlock, Ups, scalar::Reply, scalar::YesNo},
    span::Span,
    version::Version,
};

use super::{
    Check, Consideration, Context, Graded, Judgement, Measurement, Question, Rating,
    asks::{ask_compose, ask_env, ask_helm, ask_monitoring, compose, monitoring},
    claim::{Occasion, Own, who_and_when},
    kubernetes, needs_nothing, running,
    settle::{self, Claim, Document},
};

/// The consideration and its rows.
pub(super) const CONSIDERATION: Consideration = Consideration {
    id: "restarts",
    definition: include_str!("../../checks/restarts/checks.yaml"),
    texts: include_str!("../../checks/restarts/en.ftl"),
    guide: include_str!("../../checks/restarts/README.md"),
    checks: &[
        Check { id: "restarts.restart-policy", params: &[], messages: &["pass", "on-failure", "stays-down"], needs: ask_compose, evaluate: restart_policy },
        Check { id: "restarts.docker-enabled", params: &[], messages: &[], needs: needs_nothing, evaluate: |cx| cx.answered(None) },
        Check {
            id: "restarts.boot-to-service",
            params: &["pass", "warn"],
            messages: &["quick", "slow", "stuck"],
            needs: needs_nothing,
            evaluate: boot_to_service,
        },
        Check {
            id: "restarts.reboot-drill",
            params: &["pass", "warn", "minutes"],
            messages: &["recent", "ageing", "too-old", "slow", "untimed"],
            needs: needs_nothing,
            evaluate: reboot_drill,
        },
        Check {
            id: "restarts.version-restart-bug",
            params: &[],
            messages: &["pass", "affected", "cluster"],
            needs: |site, knowledge: &Knowledge, asks| {
                ask_monitoring(site, asks);
                ask_compose(site, knowledge, asks);
                ask_env(site, knowledge, asks);
            },
            evaluate: |cx| running::judged(cx, |version| grade_restart_bug(version, running::is_cluster(cx))),
        },
        Check {
            id: "restarts.ups",
            params: &["minutes", "battery"],
            messages: &["declared", "no-signal", "short", "old-battery", "unsaid"],
            needs: needs_nothing,
            evaluate: ups,
        },
        Check { id: "restarts.bios-ac-restore", params: &[], messages: &[], needs: needs_nothing, evaluate: |cx| cx.answered(None) },
        Check { id: "restarts.journaling-fs", params: &[], messages: &[], needs: needs_nothing, evaluate: |cx| cx.answered(None) },
        Check { id: "restarts.delayed-start", params: &[], messages: &[], needs: needs_nothing, evaluate: |cx| cx.answered(None) },
        Check {
            id: "restarts.unattended-unlock",
            params: &[],
            messages: &["by-machine", "by-person", "by-nothing", "not-encrypted", "nothing-encrypted"],
            needs: needs_nothing,
            evaluate: unattended_unlock,
        },
        Check {
            id: "restarts.time-sync",
            params: &["pass", "warn"],
            messages: &["right", "off", "wrong"],
            needs: |site, _: &Knowledge, asks| ask_monitoring(site, asks),
            evaluate: time_sync,
        },
        Check {
            id: "restarts.unexpected-restarts",
            params: &["window"],
            messages: &["none"],
            needs: |site, _: &Knowledge, asks| ask_monitoring(site, asks),
            evaluate: unexpected_restarts,
        },
        Check { id: "restarts.k8s-safety", params: &[], messages: &["tied"], needs: ask_helm, evaluate: kubernetes::node_loss },
    ],
};

/// One probe's word on the whole site, beside the answer.
fn probed(cx: &Context<'_>, measurement: Result<Measurement, Cause>) -> Vec<Judgement> {
    let (claim, path) = cx.said(None);
    vec![cx.settle(Question { subject: String::new(), path, best: None, claim, document: None, measurement })]
}

// restarts.restart-policy ----------------------------------------------------------------------------------------------

fn restart_policy(cx: &Context<'_>) -> Vec<Judgement> {
    let (claim, path) = cx.said(None);
    let (document, cause) = match compose(cx) {
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
    // Files that leave out the API or its database are not all that runs.
    for part in ["api", "couchdb"] {
        let is_part = |name: &str, image: Option<&str>| name.starts_with(part) || image.is_some_and(|image| image.contains(&format!("/cht-{part}:")));
        if !services().any(|(name, service)| is_part(name, service.image.as_deref())) {
            return Err(Cause::new(CauseKind::File, format!("no service {part}")));
        }
    }
    Ok(Graded::good("pass", args([("count", back.len().into()), ("services", back.into())])))
}

// Power cuts -----------------------------------------------------------------------------------------------------------

const LAST_POWER_CUT: &str = "restarts.last_power_cut";

/// `by`, `date` and the minutes until the login page answered.
fn told_cut(cut: &PowerCut, minutes: Option<u32>) -> Args {
    // The day of the review is no day of a power cut.
    let mut told = who_and_when(cut.by.as_deref(), cut.date.map(|day| day.0));
    told.extend(minutes.map(|minutes| ("minutes".to_owned(), Arg::Count(minutes.into()))));
    told
}

/// How long it took, where somebody took the time. No server starts within 0 minutes: one that never stopped was not
/// restarted.
fn timed_minutes(cut: &PowerCut) -> Option<u32> {
    cut.minutes_to_service.filter(|minutes| *minutes > 0)
}

fn boot_to_service(cx: &Context<'_>) -> Vec<Judgement> {
    let cut = cx.site.said.restarts.last_power_cut.as_ref();
    let own = cut.filter(|cut| cut.date.is_some()).and_then(|cut| {
        let minutes = timed_minutes(cut)?;
        let told = told_cut(cut, Some(minutes));
        let graded = match i64::from(minutes) * 60 {
            took if took <= cx.limit("pass") => Graded::good("quick", told),
            took if took <= cx.limit("warn") => Graded::middling("slow", told),
            _ => Graded::bad("stuck", told),
        };
        Some(Own { graded, date: cut.date, by: cut.by.clone(), record: cut.record.clone(), ageless: false, path: LAST_POWER_CUT })
    });
    let (claim, path) = match cx.said(own) {
        // How long ago a power cut without a day was, the day of the review does not tell.
        (Ok(None), _) if cx.answers && cut.is_some_and(|cut| cut.date.is_none() && timed_minutes(cut).is_some()) => {
            (Err(Cause::new(CauseKind::Undated, LAST_POWER_CUT)), LAST_POWER_CUT.to_owned())
        }
        said => said,
    };
    let measurement = Err(Cause::new(CauseKind::NotCollected, ""));
    vec![cx.settle(Question { subject: String::new(), path, best: None, claim, document: None, measurement })]
}

fn reboot_drill(cx: &Context<'_>) -> Vec<Judgement> {
    // The day is what is graded: a power cut without one is no rehearsal that anybody can date.
    let cut = cx.site.said.restarts.last_power_cut.as_ref().filter(|cut| cut.date.is_some());
    let own = cut.map(|cut| Occasion { partly: None, date: cut.date, by: cut.by.clone(), record: cut.record.clone(), path: LAST_POWER_CUT });
    let (claim, path) = cx.on_day(own);
    let claim = match (claim, cut) {
        (Ok(Some(claim)), Some(cut)) if path == LAST_POWER_CUT => Ok(Some(timed(cx, claim, cut))),
        (claim, _) => claim,
    };
    let measurement = Err(Cause::new(CauseKind::NotCollected, ""));
    vec![cx.settle(Question { subject: String::new(), path, best: None, claim, document: None, measurement })]
}

/// A recent power cut is a rehearsal only in part where nobody timed it, or where it took long.
fn timed(cx: &Context<'_>, claim: Claim, cut: &PowerCut) -> Claim {
    let minutes = timed_minutes(cut);
    let message = match minutes {
        _ if claim.graded.rating < Rating::Good => return claim,
        Some(minutes) if i64::from(minutes) * 60 <= cx.limit("minutes") => return claim,
        Some(_) => "slow",
        None => "untimed",
    };
    Claim { graded: Graded::middling(message, told_cut(cut, minutes)), ..claim }
}

// restarts.version-restart-bug -----------------------------------------------------------------------------------------

/// The first line without the defect: the last affected release is 4.9.0 (cht-core issue 9284, reference 4.2).
const MENDED: (u32, u32) = (4, 10);

fn grade_restart_bug(version: &Version, cluster: bool) -> Result<Graded, Cause> {
    // A beta or a branch on the way to the first mended release may or may not hold the mend.
    if version.line() == MENDED && version.is_before(0) == Some(true) {
        return Err(Cause::new(CauseKind::Knowledge, version.to_string()));
    }
    let told = args([("version", version.to_string().into())]);
    Ok(match (version.line() >= MENDED, cluster) {
        (true, _) => Graded::good("pass", told),
        (false, true) => Graded::middling("cluster", told),
        (false, false) => Graded::bad("affected", told),
    })
}

// restarts.ups ---------------------------------------------------------------------------------------------------------

fn ups(cx: &Context<'_>) -> Vec<Judgement> {
    cx.answered(cx.site.said.restarts.ups.as_ref().map(|ups| Own {
        graded: grade_ups(cx, ups),
        date: ups.date,
        by: ups.by.clone(),
        record: ups.record.clone(),
        ageless: false,
        path: "restarts.ups",
    }))
}

/// A battery that is there is something, whatever is wrong with it or not said; one that carries nothing is not.
fn grade_ups(cx: &Context<'_>, ups: &Ups) -> Graded {
    let date = ups.date.or(cx.site.said.reviewed.as_ref().map(|reviewed| reviewed.date));
    let told = |extra: Args| {
        let mut told = who_and_when(ups.by.as_deref(), date.map(|day| day.0));
        told.extend(extra);
        told
    };
    // How old the battery is on the day that is judged for. One that is put in later is not there yet.
    let battery = ups.battery.map(|day| cx.now.as_of.duration_since(cx.now.start(day.0)).as_secs()).filter(|age| *age >= 0);
    if let Some(minutes) = ups.minutes.map(i64::from).filter(|minutes| minutes * 60 < cx.limit("minutes")) {
        let told = told(args([("minutes", minutes.into())]));
        return if minutes == 0 { Graded::bad("short", told) } else { Graded::middling("short", told) };
    }
    if let Some(age) = battery.filter(|age| *age > cx.limit("battery")) {
        return Graded::middling("old-battery", told(args([("days", Arg::Count(age / Span::DAY))])));
    }
    if ups.signals_shutdown == Some(YesNo(false)) {
        return Graded::middling("no-signal", told(Args::new()));
    }
    match (ups.minutes, battery, ups.signals_shutdown) {
        (Some(minutes), Some(age), Some(YesNo(true))) => {
            Graded::good("declared", told(args([("minutes", i64::from(minutes).into()), ("days", Arg::Count(age / Span::DAY))])))
        }
        (minutes, battery, signals) => {
            let missing = [("minutes", minutes.is_none()), ("battery", battery.is_none()), ("signals_shutdown", signals.is_none())];
            let keys: Vec<String> = missing.into_iter().filter(|(_, missing)| *missing).map(|(key, _)| key.to_owned()).collect();
            Graded::middling("unsaid", told(args([("keys", keys.into())])))
        }
    }
}

// restarts.unattended-unlock -------------------------------------------------------------------------------------------

/// How the description answers whether the disk is encrypted, where that answer counts.
fn said_encrypted(cx: &Context<'_>) -> Option<(Reply, Args)> {
    let answer = cx.site.said.answers.get("security.disk-encryption").filter(|_| cx.answers)?;
    let date = answer.date.or(cx.site.said.reviewed.as_ref().map(|reviewed| reviewed.date)).map(|day| day.0);
    let counts = date.is_none_or(|date| date <= cx.now.today()) && cx.backed(answer.record.as_deref()).is_ok();
    counts.then(|| (answer.answer, who_and_when(answer.by.as_deref(), date)))
}

/// Judged with what is said of `security.disk-encryption`: what is not encrypted need not be unlocked, and fails there.
fn unattended_unlock(cx: &Context<'_>) -> Vec<Judgement> {
    let unlock = cx.site.said.restarts.unlock.filter(|_| cx.answers);
    let own = match (said_encrypted(cx), unlock) {
        (Some((Reply::No, told)), _) => return vec![settle::not_applicable(cx.definition, "not-encrypted", told)],
        (None, Some(Unlock::None)) => {
            return vec![settle::not_applicable(cx.definition, "nothing-encrypted", args([("key", "restarts.unlock".into())]))];
        }
        // Encrypted, and nothing unlocks it: one of the two words is wrong, and no word says that the server comes back.
        (Some((Reply::Yes | Reply::Partly, told)), Some(Unlock::None)) => Some(Graded::bad("by-nothing", told)),
        (_, Some(Unlock::Tpm)) => Some(Graded::good("by-machine", args([("how", "TPM".into())]))),
        (_, Some(Unlock::Tang)) => Some(Graded::good("by-machine", args([("how", "Tang".into())]))),
        (_, Some(Unlock::Person)) => Some(Graded::middling("by-person", args([("key", "restarts.unlock".into())]))),
        (_, None) => None,
    };
    cx.answered(own.map(|graded| Own::undated(graded, "restarts.unlock")))
}

// restarts.time-sync ---------------------------------------------------------------------------------------------------

fn time_sync(cx: &Context<'_>) -> Vec<Judgement> {
    let measurement = monitoring(cx).and_then(|seen| {
        let skew = seen.facts.clock_skew_ms.ok_or_else(|| Cause::new(CauseKind::NotUnderstood, "date.current"))?;
        let graded = grade_skew(cx, skew, seen.facts.clock_doubt_ms)?;
        Ok(Measurement { graded, at: seen.at, tier: Tier::Network })
    });
    probed(cx, measurement)
}

/// The server's clock is wrong by `skew` milliseconds, give or take `doubt`. Neither a pass nor a fault is read out of the
/// doubt.
fn grade_skew(cx: &Context<'_>, skew: i64, doubt: u64) -> Result<Graded, Cause> {
    let limit = |name| cx.limit(name).unsigned_abs().saturating_mul(1000);
    let (least, most) = (skew.unsigned_abs().saturating_sub(doubt), skew.unsigned_abs().saturating_add(doubt));
    let seconds = |milliseconds: u64| Arg::Duration(i64::try_from(milliseconds / 1000).unwrap_or(i64::MAX));
    let told = args([("skew", seconds(skew.unsigned_abs())), ("direction", if skew < 0 { "behind" } else { "ahead of" }.into())]);
    if least >= limit("warn") {
        Ok(Graded::bad("wrong", told))
    } else if least >= limit("pass") {
        Ok(Graded::middling("off", told))
    } else if most < limit("pass") {
        Ok(Graded::good("right", args([("within", seconds(most.saturating_add(999)))])))
    } else {
        Err(Cause::new(CauseKind::Vantage, format!("{skew} ms ± {doubt} ms")))
    }
}

// restarts.unexpected-restarts -----------------------------------------------------------------------------------------

/// An API process older than the window was not restarted within it. A younger one was, at least once: one look cannot
/// count how often.
fn unexpected_restarts(cx: &Context<'_>) -> Vec<Judgement> {
    let measurement = monitoring(cx).and_then(|seen| {
        let uptime = seen.facts.uptime_seconds.ok_or_else(|| Cause::new(CauseKind::NotUnderstood, "date.uptime"))?;
        if uptime < cx.limit("window").unsigned_abs() {
            return Err(Cause::new(CauseKind::Vantage, format!("date.uptime: {uptime} s")));
        }
        let uptime = i64::try_from(uptime).map_err(|_| Cause::new(CauseKind::NotUnderstood, "date.uptime"))?;
        Ok(Measurement { graded: Graded::good("none", args([("uptime", Arg::Duration(uptime))])), at: seen.at, tier: Tier::Network })
    });
    probed(cx, measurement)
}
