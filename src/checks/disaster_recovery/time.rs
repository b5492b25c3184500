//! Judges of how much may be lost and how soon the CHT is back.

use crate::{
    checks::{
        Context, Graded, Judgement, Rating, asks,
        backups::{
            copies,
            schedule::{self, Jobs},
        },
        claim::Own,
    },
    evidence::cht::Monitoring,
    finding::{Arg, Args, Cause, CauseKind, args},
    site::scalar::Day,
};

/// `disaster-recovery.objectives`
pub(super) fn objectives(cx: &Context<'_>) -> Vec<Judgement> {
    let said = &cx.site.said.disaster_recovery;
    let (may_lose, back_within) = (said.may_lose.map(|span| span.0), said.back_within.map(|span| span.0));
    let (jobs, cause) = match schedule::jobs(cx) {
        Ok(jobs) => (jobs, None),
        Err(cause) => (None, Some(cause)),
    };
    let graded = match (may_lose, back_within) {
        (None, None) => None,
        (Some(_), None) => Some(Graded::middling("half", args([("missing", "disaster_recovery.back_within".into())]))),
        (None, Some(_)) => Some(Graded::middling("half", args([("missing", "disaster_recovery.may_lose".into())]))),
        (Some(may_lose), Some(back_within)) => Some(grade_objectives(cx, may_lose, back_within, jobs.as_ref())),
    };
    let own = graded.map(|graded| Own::undated(graded, "disaster_recovery"));
    let missing = "disaster_recovery.may_lose, disaster_recovery.back_within";
    vec![copies::decide(cx, own, cause.map_or(Ok(None), Err), missing)]
}

/// Whether the copies are made as often as may be lost, and whether the last restore that was timed was quick enough.
fn grade_objectives(cx: &Context<'_>, may_lose: i64, back_within: i64, jobs: Option<&Jobs<'_>>) -> Graded {
    let every = copies::standing(cx, copies::counting(cx.site)).into_iter().filter_map(|copy| schedule::interval(copy, jobs)).min();
    let took = drill(cx);
    let mut told = args([("may-lose", Arg::Duration(may_lose)), ("back-within", Arg::Duration(back_within))]);
    let (Some(every), Some(took)) = (every, took) else { return Graded::middling("unproved", told) };
    told.extend(args([("every", Arg::Duration(every)), ("took", Arg::Duration(took))]));
    if every <= may_lose && took <= back_within { Graded::good("met", told) } else { Graded::middling("unmet", told) }
}

/// Seconds that the last restore took, where it was timed and its day is known and not too long ago for this check.
fn drill(cx: &Context<'_>) -> Option<i64> {
    let restore = cx.site.said.backups.last_restore.as_ref()?;
    let Day(date) = restore.date?;
    let age = cx.now.as_of.duration_since(cx.now.start(date)).as_secs();
    let fits = age >= 0 && cx.definition.answer_max_age.is_none_or(|max_age| age <= max_age);
    restore.minutes.filter(|_| fits).map(|minutes| i64::from(minutes) * 60)
}

/// `disaster-recovery.rto-feasible`: the line and the limit are said, so that the sum is never more than said.
pub(super) fn rto_feasible(cx: &Context<'_>) -> Vec<Judgement> {
    let own = estimate(cx);
    let (own, cause) = match own {
        Ok(own) => (Some(own), None),
        Err(cause) => (None, Some(cause)),
    };
    copies::only_with_a_copy(cx, vec![copies::decide(cx, own, cause.map_or(Ok(None), Err), "disaster_recovery")])
}

/// The estimate of reference 5.5, graded.
fn estimate(cx: &Context<'_>) -> Result<Own, Cause> {
    let said = &cx.site.said.disaster_recovery;
    let mbps = said.link_mbps.filter(|mbps| *mbps > 0);
    let (Some(mbps), Some(within)) = (mbps, said.back_within.map(|span| span.0)) else {
        let missing = [("link_mbps", mbps.is_none()), ("back_within", said.back_within.is_none())];
        let keys: Vec<String> = missing.iter().filter(|(_, missing)| *missing).map(|(key, _)| format!("disaster_recovery.{key}")).collect();
        return Err(Cause::new(CauseKind::NotSaid, keys.join(", ")));
    };
    let bytes = data_bytes(cx)?;
    let transfer = i64::try_from(bytes.saturating_mul(8) / (u64::from(mbps) * 1_000_000)).unwrap_or(i64::MAX);
    // A restore that was timed and took longer than the sum knows better.
    let restore = transfer.saturating_add(cx.limit("rebuild")).max(drill(cx).unwrap_or(0));
    let ready = said.alternate.as_ref().and_then(|alternate| alternate.ready).map(|ready| ready.0);
    let parts = [cx.limit("detection"), ready.unwrap_or(0), restore, ttl(cx)];
    let whole = parts.into_iter().fold(0, i64::saturating_add);
    let told: Args = args([
        ("estimate", Arg::Duration(whole)),
        ("within", Arg::Duration(within)),
        ("bytes", Arg::Bytes(bytes)),
        ("mbps", Arg::Count(i64::from(mbps))),
        ("transfer", Arg::Duration(transfer)),
    ]);
    let rating = if whole <= within {
        Rating::Good
    } else if whole <= within.saturating_mul(cx.limit("warn-factor")) {
        Rating::Middling
    } else {
        Rating::Bad
    };
    match (rating, ready) {
        // Too long without it is too long with it; quick enough without it says nothing yet.
        (Rating::Good | Rating::Middling, None) => Err(Cause::new(CauseKind::NotSaid, "disaster_recovery.alternate.ready")),
        (Rating::Good, Some(_)) => Ok(Own::undated(Graded::good("in-time", told), "disaster_recovery")),
        (Rating::Middling, Some(_)) => Ok(Own::undated(Graded::middling("late", told), "disaster_recovery")),
        (Rating::Bad, _) => Ok(Own::undated(Graded::bad("too-late", told), "disaster_recovery")),
    }
}

/// The size of the data: what the CHT tells, else what the description says.
fn data_bytes(cx: &Context<'_>) -> Result<u64, Cause> {
    let measured = asks::monitoring(cx).and_then(|seen| file_bytes(seen.facts).ok_or_else(|| Cause::new(CauseKind::NotUnderstood, "couchdb.*.sizes.file")));
    let said = cx.site.said.scale.data_gb.filter(|gb| *gb > 0).map(|gb| u64::from(gb) * 1_000_000_000);
    measured.or_else(|cause| match (said, cause.kind) {
        (Some(said), _) => Ok(said),
        (None, CauseKind::NotCollected) => Err(Cause::new(CauseKind::NotSaid, "scale.data_gb")),
        (None, _) => Err(cause),
    })
}

/// The files of all databases; none where one is not known. Indexes can be built again: the sum has a time for that.
fn file_bytes(monitoring: &Monitoring) -> Option<u64> {
    monitoring.databases.get("medic")?;
    let sum = monitoring.databases.values().try_fold(0_u64, |sum, database| Some(sum.saturating_add(database.file_bytes?)));
    sum.filter(|bytes| *bytes > 0)
}

/// How long phones go on asking the lost server, in seconds.
fn ttl(cx: &Context<'_>) -> i64 {
    let seen = asks::dns(cx, cx.site.host()).and_then(Result::ok).and_then(|seen| seen.facts.ttl.facts().ok());
    seen.map_or(cx.limit("unseen-ttl"), |ttl| i64::from(*ttl))
}

/// `disaster-recovery.alternate-host`
pub(super) fn alternate_host(cx: &Context<'_>) -> Vec<Judgement> {
    let said = &cx.site.said.disaster_recovery;
    let own = said.alternate.as_ref().map(|alternate| {
        let (ready, within) = (alternate.ready.map(|span| span.0), said.back_within.map(|span| span.0));
        let graded = match (ready, within) {
            (Some(ready), Some(within)) => {
                let told = args([("ready", Arg::Duration(ready)), ("within", Arg::Duration(within))]);
                if ready <= within { Graded::good("in-time", told) } else { Graded::middling("late", told) }
            }
            (None, _) => Graded::middling("no-time", args([("missing", "disaster_recovery.alternate.ready".into())])),
            (Some(_), None) => Graded::middling("no-time", args([("missing", "disaster_recovery.back_within".into())])),
        };
        let (by, record) = (alternate.by.clone(), alternate.record.clone());
        Own { graded, date: alternate.date, by, record, ageless: false, path: "disaster_recovery.alternate" }
    });
    vec![copies::decide(cx, own, Ok(None), "disaster_recovery.alternate")]
}
