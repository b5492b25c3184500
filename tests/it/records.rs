//! Which records a run reads: those that may change what the selected checks come to, and no others.

use std::{collections::BTreeSet, path::Path};

use cht_audit::{
    checks::{self, Check, Now},
    embedded,
    evidence::{Entry, Evidence, Outcome, RecordFacts, Vantage},
    finding::{Cause, CauseKind, Finding},
    knowledge::Knowledge,
    plan,
    site::Site,
};
use jiff::{Timestamp, tz::TimeZone};

const AS_OF: &str = "2026-11-22T12:00:00Z";

/// The full example, in which each key with a record names one of its own; with its answers and without them, because an
/// answer may win over keys.
fn sites() -> Vec<Site> {
    let text = std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/full.yaml")).expect("the example");
    let site = Site::from_text(&text).expect("it is sound");
    let mut bare = site.clone();
    bare.said.answers.clear();
    let mut sites = vec![site, bare.clone()];
    // Words of one kind may differ in what they come to: one copy alone, and one host alone.
    for at in 0..bare.said.backups.copies.len() {
        let mut one = bare.clone();
        one.said.backups.copies = vec![bare.said.backups.copies[at].clone()];
        sites.push(one);
    }
    for at in 0..bare.said.hosts.len() {
        let mut one = bare.clone();
        one.said.hosts = vec![bare.said.hosts[at].clone()];
        one.said.hosts[0].role = None;
        sites.push(one);
    }
    for site in &mut sites {
        number_records(site);
    }
    sites
}

/// Gives every word that may have a record one of its own.
fn number_records(site: &mut Site) {
    let mut count = 0;
    let mut next = |record: &mut Option<String>| {
        count += 1;
        *record = Some(format!("record{count}"));
    };
    let said = &mut site.said;
    said.alerting.last_test.iter_mut().for_each(|it| next(&mut it.record));
    said.restarts.ups.iter_mut().for_each(|it| next(&mut it.record));
    said.restarts.last_power_cut.iter_mut().for_each(|it| next(&mut it.record));
    said.backups.last_restore.iter_mut().for_each(|it| next(&mut it.record));
    said.backups.copies.iter_mut().filter_map(|it| it.last.as_mut()).for_each(|it| next(&mut it.record));
    said.disaster_recovery.alternate.iter_mut().for_each(|it| next(&mut it.record));
    said.disaster_recovery.plan.iter_mut().for_each(|it| next(&mut it.record));
    said.renewals.domain.iter_mut().for_each(|it| next(&mut it.record));
    said.renewals.tls.iter_mut().for_each(|it| next(&mut it.record));
    said.privacy.retention.iter_mut().for_each(|it| next(&mut it.record));
    said.hosts.iter_mut().for_each(|it| next(&mut it.record));
    said.answers.values_mut().for_each(|it| next(&mut it.record));
}

/// What a check comes to where the records at `lost` are missing and all others there.
fn judged(site: &Site, check: &Check, lost: &BTreeSet<String>, knowledge: &Knowledge) -> Vec<Finding> {
    let as_of: Timestamp = AS_OF.parse().expect("an instant");
    let mut evidence = Evidence::empty("test", as_of, Vantage::Inside);
    for (_, path) in site.said.records() {
        let result = if lost.contains(path) {
            Outcome::Missed(Cause::new(CauseKind::Record, path))
        } else {
            Outcome::Seen(RecordFacts { bytes: 1, sha256: path.to_owned() })
        };
        evidence.records.insert(path.to_owned(), Entry { at: as_of, took_ms: 0, result });
    }
    let catalogue = embedded::catalogue().expect("a sound catalogue");
    checks::evaluate(&[check], site, &evidence, &catalogue, knowledge, &Now { as_of, zone: TimeZone::UTC }, true).0
}

#[test]
fn a_check_reads_every_record_that_may_change_it_and_no_other_check_s() {
    let knowledge = Knowledge::embedded().expect("sound knowledge");
    let mut moved: BTreeSet<String> = BTreeSet::new();
    let mut asked_for: BTreeSet<String> = BTreeSet::new();
    for site in sites() {
        let whole: Vec<&Check> = checks::all().collect();
        assert_eq!(plan::plan(&site, &whole, &knowledge, &[]).records.len(), site.said.records().len(), "a whole run reads them all");
        for check in checks::all() {
            let asked: BTreeSet<String> = plan::plan(&site, &[check], &knowledge, &[]).records.into_iter().map(|ask| ask.path).collect();
            let sound = judged(&site, check, &BTreeSet::new(), &knowledge);
            for (key, path) in site.said.records() {
                let kind = key.split(['[', ']']).next().unwrap_or(&key).trim_end_matches(".record").to_owned();
                let changes = judged(&site, check, &BTreeSet::from([path.to_owned()]), &knowledge) != sound;
                assert!(!changes || asked.contains(path), "{} does not read the record of {key}", check.id);
                if changes {
                    moved.insert(kind.clone());
                }
                if asked.contains(path) {
                    asked_for.insert(kind);
                }
            }
        }
    }
    assert_eq!(moved, asked_for, "what is read matters to somebody");
}

#[test]
fn a_run_of_one_check_reads_its_records_alone() {
    let [site, ..] = &sites()[..] else { panic!("a site") };
    let knowledge = Knowledge::embedded().expect("sound knowledge");
    let read = |id: &str| {
        let check = checks::all().find(|check| check.id == id).expect("a check");
        plan::plan(site, &[check], &knowledge, &[]).records.len()
    };
    assert!(site.said.records().len() > 10);
    assert_eq!((read("alerting.delivery-proof"), read("alerting.on-call"), read("disaster-recovery.plan")), (1, 0, 1));
}
