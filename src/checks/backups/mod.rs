//! Judges of `backups`; the rules are in `checks/backups/`.

pub(super) mod copies;
pub(super) mod schedule;

mod contents;
mod excluded;
mod places;

use std::collections::BTreeSet;

use crate::{
    finding::{Verdict, args},
    knowledge::Knowledge,
    site::{BackupCopy, Locality},
};

use super::{
    Check, Consideration, Context, Graded, Judgement, Rating,
    asks::{ask_crontab, ask_env, ask_helm},
    claim::{Occasion, Own},
    kubernetes, needs_nothing,
    settle::Document,
};

/// The consideration and its rows.
pub(super) const CONSIDERATION: Consideration = Consideration {
    id: "backups",
    definition: include_str!("../../../checks/backups/checks.yaml"),
    texts: include_str!("../../../checks/backups/en.ftl"),
    guide: include_str!("../../../checks/backups/README.md"),
    checks: &[
        Check {
            id: "backups.automated",
            params: &[],
            messages: &["scheduled", "slower", "odd-time", "cannot-run", "declared", "by-hand"],
            needs: |site, _: &Knowledge, asks| ask_crontab(site, asks),
            evaluate: schedule::automated,
        },
        Check {
            id: "backups.age",
            params: &["pass", "warn-factor"],
            messages: &["often", "rare", "too-rare", "recent", "ageing", "too-old", "unkept", "cron-rare", "cron-too-rare", "no-copy"],
            needs: |site, _: &Knowledge, asks| ask_crontab(site, asks),
            evaluate: schedule::age,
        },
        Check {
            id: "backups.covers-couchdb",
            params: &[],
            messages: &["covered", "some-nodes", "not-covered", "excluded", "declared", "left-out"],
            needs: |site, knowledge, asks| {
                ask_crontab(site, asks);
                ask_env(site, knowledge, asks);
            },
            evaluate: contents::covers_couchdb,
        },
        Check {
            id: "backups.covers-env",
            params: &[],
            messages: &["covered", "empty-secret", "declared", "no-secret", "left-out"],
            needs: |site, knowledge, asks| {
                ask_crontab(site, asks);
                ask_env(site, knowledge, asks);
            },
            evaluate: contents::covers_env,
        },
        Check {
            id: "backups.copies-3",
            params: &["pass", "warn"],
            messages: &["enough", "few", "no-copy"],
            needs: needs_nothing,
            evaluate: places::three_copies,
        },
        Check { id: "backups.media-2", params: &["pass"], messages: &["several", "one"], needs: needs_nothing, evaluate: places::two_media },
        Check {
            id: "backups.offsite-1",
            params: &[],
            messages: &["away", "campus", "on-site", "no-copy"],
            needs: needs_nothing,
            evaluate: places::one_offsite,
        },
        Check { id: "backups.encrypted", params: &[], messages: &["by-tool", "declared", "plain"], needs: needs_nothing, evaluate: contents::encrypted },
        Check { id: "backups.immutable", params: &[], messages: &["offline"], needs: needs_nothing, evaluate: immutable },
        Check {
            id: "backups.key-escrow",
            params: &["pass"],
            messages: &["held", "one-holder", "in-crontab"],
            needs: |site, _: &Knowledge, asks| ask_crontab(site, asks),
            evaluate: key_escrow,
        },
        Check { id: "backups.retention", params: &[], messages: &[], needs: needs_nothing, evaluate: retention },
        Check {
            id: "backups.restore-tested",
            params: &["pass", "warn"],
            messages: &["recent", "ageing", "too-old"],
            needs: needs_nothing,
            evaluate: restore_tested,
        },
        Check {
            id: "backups.alert-on-failure",
            params: &[],
            messages: &["heartbeat", "mail"],
            needs: |site, _: &Knowledge, asks| ask_crontab(site, asks),
            evaluate: alert_on_failure,
        },
        Check { id: "backups.vm-or-pv-policy", params: &[], messages: &["retained"], needs: ask_helm, evaluate: kubernetes::volume_policy },
    ],
};

/// A copy that a person carries away is out of the server's reach; any other protection has to be answered.
fn immutable(cx: &Context<'_>) -> Vec<Judgement> {
    let is_carried = |copy: &&BackupCopy| copy.carried_by.as_deref().is_some_and(|carrier| !carrier.trim().is_empty());
    let words = copies::counting(cx.site).into_iter().filter(is_carried).filter_map(|copy| {
        let (carrier, place) = (copy.carried_by.as_deref()?, copy.place?);
        let told = args([("copy", copy.id.as_str().into()), ("carrier", cx.site.person(carrier).into()), ("place", copies::place(place))]);
        (place != Locality::SameServer).then(|| copies::content_word(copy, Graded::good("offline", told)))
    });
    let own = copies::best(cx, words.collect());
    copies::only_with_a_copy(cx, vec![copies::decide(cx, own, Ok(None), "answers.backups.immutable")])
}

fn key_escrow(cx: &Context<'_>) -> Vec<Judgement> {
    let holders: BTreeSet<&str> = cx.site.said.backups.keys_held_by.iter().map(|role| cx.site.person(role)).collect();
    let list: Vec<String> = holders.iter().map(|&holder| holder.to_owned()).collect();
    let told = args([("count", list.len().into()), ("holders", list.into())]);
    let enough = usize::try_from(cx.limit("pass")).is_ok_and(|wanted| holders.iter().filter(|holder| !holder.trim().is_empty()).count() >= wanted);
    let graded = if enough { Graded::good("held", told) } else { Graded::middling("one-holder", told) };
    let own = (!holders.is_empty()).then(|| Own::undated(graded, "backups.keys_held_by"));
    // A key in the crontab does not show that nobody else has it: it is told of those who say that somebody has.
    let somebody = matches!(cx.said(own.clone()).0, Ok(Some(claim)) if claim.graded.rating > Rating::Bad);
    let document = schedule::jobs(cx).map(|jobs| {
        let jobs = jobs.filter(|_| somebody)?;
        let job = jobs.lines.iter().find(|job| job.secret_in_line)?;
        Some(Document { graded: Graded::middling("in-crontab", jobs.told(job)), at: jobs.at })
    });
    copies::only_with_a_copy(cx, vec![copies::decide(cx, own, document, "backups.keys_held_by")])
}

fn retention(cx: &Context<'_>) -> Vec<Judgement> {
    copies::only_with_a_copy(cx, cx.answered(None))
}

fn restore_tested(cx: &Context<'_>) -> Vec<Judgement> {
    let own = cx.site.said.backups.last_restore.as_ref().map(|restore| Occasion {
        partly: None,
        date: restore.date,
        by: restore.by.clone(),
        record: restore.record.clone(),
        path: "backups.last_restore",
    });
    copies::only_with_a_copy(cx, cx.dated(own))
}

fn alert_on_failure(cx: &Context<'_>) -> Vec<Judgement> {
    let document = schedule::jobs(cx).map(|jobs| {
        let jobs = jobs?;
        let graded = match jobs.lines.iter().find(|job| job.heartbeat && !schedule::cannot_run(job)) {
            Some(job) => Graded::good("heartbeat", jobs.told(job)),
            None if jobs.mails => Graded::middling("mail", jobs.told(jobs.lines.first()?)),
            // Something else may watch: a rule on the age of the newest copy.
            None => return None,
        };
        Some(Document { graded, at: jobs.at })
    });
    let missing = "answers.backups.alert-on-failure";
    let said = copies::decide(cx, None, document.as_ref().map(|_| None).map_err(Clone::clone), missing);
    // Mail from cron, beside a better alarm, costs nothing.
    let both = copies::decide(cx, None, document, missing);
    let chosen = if said.verdict == Verdict::Fail { both } else { copies::better(said, both) };
    copies::only_with_a_copy(cx, vec![chosen])
}
