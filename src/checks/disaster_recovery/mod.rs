//! Judges of `disaster-recovery`; the rules are in `checks/disaster-recovery/`.

mod time;
mod way;

use crate::{
    evidence::HelmFacts,
    finding::{Arg, args},
    knowledge::Knowledge,
    site::{Included, Locality},
};

use super::{
    Check, Consideration, Context, Graded, Judgement, Rating,
    asks::{ask_crontab, ask_dns, ask_helm, ask_monitoring, helm},
    backups::copies,
    claim::{Occasion, Own},
    needs_nothing,
    settle::Document,
};

/// The consideration and its rows.
pub(super) const CONSIDERATION: Consideration = Consideration {
    id: "disaster-recovery",
    definition: include_str!("../../../checks/disaster-recovery/checks.yaml"),
    texts: include_str!("../../../checks/disaster-recovery/en.ftl"),
    guide: include_str!("../../../checks/disaster-recovery/README.md"),
    checks: &[
        Check {
            id: "disaster-recovery.plan",
            params: &["pass", "warn"],
            messages: &["recent", "near", "ageing", "too-old"],
            needs: needs_nothing,
            evaluate: plan,
        },
        Check {
            id: "disaster-recovery.objectives",
            params: &[],
            messages: &["met", "unmet", "unproved", "half"],
            needs: |site, _: &Knowledge, asks| ask_crontab(site, asks),
            evaluate: time::objectives,
        },
        Check {
            id: "disaster-recovery.rto-feasible",
            params: &["detection", "rebuild", "unseen-ttl", "warn-factor"],
            messages: &["in-time", "late", "too-late"],
            needs: |site, _: &Knowledge, asks| {
                ask_monitoring(site, asks);
                ask_dns(site.host(), asks);
                ask_crontab(site, asks);
            },
            evaluate: time::rto_feasible,
        },
        Check {
            id: "disaster-recovery.site-separation",
            params: &["pass", "warn"],
            messages: &["far", "not-full", "no-distance", "close", "near", "no-data", "no-copy"],
            needs: needs_nothing,
            evaluate: site_separation,
        },
        Check {
            id: "disaster-recovery.alternate-host",
            params: &[],
            messages: &["in-time", "late", "no-time"],
            needs: needs_nothing,
            evaluate: time::alternate_host,
        },
        Check {
            id: "disaster-recovery.rebuild-from-scratch",
            params: &[],
            messages: &["kept", "no-version", "part", "left-out", "development"],
            needs: ask_helm,
            evaluate: rebuild,
        },
        Check {
            id: "disaster-recovery.version-pinned",
            params: &[],
            messages: &["same", "patch", "differs", "values-same", "values-differ", "declared", "undeclared"],
            needs: |site, knowledge: &Knowledge, asks| {
                ask_monitoring(site, asks);
                ask_helm(site, knowledge, asks);
            },
            evaluate: way::version_pinned,
        },
        Check { id: "disaster-recovery.secrets-offsite", params: &[], messages: &[], needs: needs_nothing, evaluate: |cx| cx.answered(None) },
        Check {
            id: "disaster-recovery.exercise",
            params: &["pass", "warn"],
            messages: &["recent", "ageing", "too-old"],
            needs: needs_nothing,
            evaluate: |cx| cx.dated(None),
        },
        Check { id: "disaster-recovery.cluster-misbelief", params: &[], messages: &["clear", "counted"], needs: needs_nothing, evaluate: cluster_misbelief },
        Check {
            id: "disaster-recovery.dns-ttl",
            params: &["pass", "warn"],
            messages: &["short", "long", "too-long", "remaining-long", "remaining-too-long", "no-name"],
            needs: |site, _: &Knowledge, asks| ask_dns(site.host(), asks),
            evaluate: way::dns_ttl,
        },
    ],
};

/// Out of reach of what strikes the server's site.
fn off_site(place: Locality) -> bool {
    matches!(place, Locality::OtherTown | Locality::OtherRegion | Locality::Elsewhere)
}

fn plan(cx: &Context<'_>) -> Vec<Judgement> {
    let own = cx.site.said.disaster_recovery.plan.as_ref().map(|plan| Occasion {
        // A plan that drowns with the server is half a plan.
        partly: (!plan.stored.is_some_and(off_site)).then_some("near"),
        date: plan.date,
        by: plan.by.clone(),
        record: plan.record.clone(),
        path: "disaster_recovery.plan",
    });
    cx.dated(own)
}

fn site_separation(cx: &Context<'_>) -> Vec<Judgement> {
    let words = copies::counting(cx.site).into_iter().filter_map(|copy| {
        let place = copy.place?;
        let km = copy.km.map(i64::from);
        let told = args([("copy", copy.id.as_str().into()), ("place", copies::place(place))]);
        let by_distance = |km: i64| {
            let told = args([("copy", copy.id.as_str().into()), ("km", Arg::Count(km))]);
            match km {
                km if km >= cx.limit("pass") => None,
                km if km >= cx.limit("warn") => Some(Graded::middling("close", told)),
                _ => Some(Graded::bad("close", told)),
            }
        };
        let short = match (place, km) {
            (Locality::SameServer | Locality::SameRoom | Locality::SameBuilding | Locality::SameCampus, _) => Some(Graded::bad("near", told.clone())),
            (Locality::OtherTown, None) => Some(Graded::middling("no-distance", told.clone())),
            (Locality::OtherTown | Locality::Elsewhere, Some(km)) => by_distance(km),
            // Another region may begin next door, but not at no distance.
            (Locality::OtherRegion, Some(0)) => by_distance(0),
            (Locality::OtherRegion, _) | (Locality::Elsewhere, None) => None,
        };
        let holds = |part| copy.includes.contains(&part);
        let graded = match short {
            _ if !copy.includes.is_empty() && !holds(Included::Couchdb) => Graded::bad("no-data", told),
            Some(short) => short,
            None if holds(Included::Couchdb) && holds(Included::Env) => Graded::good("far", told),
            None => Graded::middling("not-full", told),
        };
        Some(copies::word(copy, graded))
    });
    let own = copies::best(cx, words.collect()).or_else(|| copies::none_counts(cx, "no-copy"));
    copies::only_with_a_copy(cx, vec![copies::decide(cx, own, Ok(None), "backups.copies[].place")])
}

fn rebuild(cx: &Context<'_>) -> Vec<Judgement> {
    let standing = copies::standing(cx, copies::counting(cx.site));
    let holding = |part: Included| standing.iter().copied().filter(move |copy| copy.includes.contains(&part));
    // The first that holds each: those are the members of the answer.
    let (compose, config) = (holding(Included::Compose).next(), holding(Included::Config).next());
    let said = standing.iter().any(|copy| !copy.includes.is_empty());
    let own = match (compose, config) {
        (None, None) => said.then(|| copies::set_word(cx, Graded::bad("left-out", args([("copies", copies::ids(&standing))])), &standing)),
        (Some(one), None) | (None, Some(one)) => {
            let missing = if compose.is_none() { "compose" } else { "config" };
            Some(copies::content_word(one, Graded::middling("part", args([("copy", one.id.as_str().into()), ("missing", missing.into())]))))
        }
        (Some(compose), Some(config)) => {
            let members = if compose.id == config.id { vec![compose] } else { vec![compose, config] };
            let mut told = args([("copies", copies::ids(&members))]);
            let graded = match &cx.site.said.cht.version {
                Some(version) => {
                    told.insert("version".to_owned(), version.as_str().into());
                    Graded::good("kept", told)
                }
                None => Graded::middling("no-version", told),
            };
            // A record shows that a copy was seen, not what it holds.
            Some(Own { record: None, ..copies::set_word(cx, graded, &members) })
        }
    };
    // Whoever says that the CHT can be built anew is told what the values file would build instead.
    let promised = matches!(cx.said(own.clone()).0, Ok(Some(claim)) if claim.graded.rating == Rating::Good);
    let document = helm(cx).and_then(Result::ok).filter(|seen| promised && !development(seen.facts).is_empty()).map(|seen| {
        let file = cx.site.said.files.helm_values.as_deref().unwrap_or_default();
        let told = args([("file", file.into()), ("keys", development(seen.facts).into())]);
        Document { graded: Graded::middling("development", told), at: seen.at }
    });
    vec![copies::decide(cx, own, Ok(document), "backups.copies[].includes")]
}

/// The keys of the values file that still point at the cloud of those who develop the CHT, and that this kind of cluster
/// reads.
fn development(facts: &HelmFacts) -> Vec<String> {
    let on_aws = facts.cluster_type.as_deref().is_none_or(|cluster| cluster == "eks");
    let is_read = |key: &str| match key {
        "ingress.host" | "couchdb.couchdb_node_storage_size" => true,
        // A placeholder, unless the volumes are meant to be there already.
        key if key.starts_with("ebs.") => on_aws && facts.pre_existing == Some(true),
        _ => on_aws,
    };
    facts.development.iter().filter(|key| is_read(key)).cloned().collect()
}

fn cluster_misbelief(cx: &Context<'_>) -> Vec<Judgement> {
    let named = &cx.site.said.backups.copies;
    let mistaken: Vec<String> = named.iter().filter(|copy| !copy.kind.counts()).map(|copy| copy.id.clone()).collect();
    let graded = if mistaken.is_empty() {
        Graded::good("clear", args([("count", named.len().into())]))
    } else {
        Graded::bad("counted", args([("copies", mistaken.into())]))
    };
    let own = (!named.is_empty()).then(|| Own::undated(graded, copies::PATH));
    vec![copies::decide(cx, own, Ok(None), copies::PATH)]
}
