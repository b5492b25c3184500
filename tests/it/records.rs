//! Which records a run reads: those that may change what the selected checks come to, and no others.

use std::{
    collections::{BTreeMap, BTreeSet},
    path::Path,
};

use cht_audit::{
    catalogue::Catalogue,
    checks::{self, Check, Now},
    embedded,
    evidence::{Entry, Evidence, Outcome, RecordFacts, Vantage},
    finding::{Cause, CauseKind, Finding},
    knowledge::Knowledge,
    plan,
    site::Site,
};
use jiff::tz::TimeZone;

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

/// What judging needs besides.
struct Desk {
    catalogue: Catalogue,
    knowledge: Knowledge,
    now: Now,
}

impl Desk {
    fn new() -> Self {
        let now = Now { as_of: "2026-11-22T12:00:00Z".parse().expect("an instant"), zone: TimeZone::UTC };
        Self { catalogue: embedded::catalogue().expect("a sound catalogue"), knowledge: Knowledge::embedded().expect("sound knowledge"), now }
    }

    /// What a run of one check reads.
    fn asked(&self, site: &Site, check: &Check) -> BTreeSet<String> {
        plan::plan(site, &[check], &self.knowledge, &[]).records.into_iter().map(|ask| ask.path).collect()
    }

    /// What a check comes to where some records are missing and all others there.
    fn judged(&self, site: &Site, check: &Check, lost: impl Fn(&str) -> bool) -> Vec<Finding> {
        let mut evidence = Evidence::empty("test", self.now.as_of, Vantage::Inside);
        for (_, path) in site.said.records() {
            let seen = Outcome::Seen(RecordFacts { bytes: 1, sha256: path.to_owned() });
            let result = if lost(path) { Outcome::Missed(Cause::new(CauseKind::Record, path)) } else { seen };
            evidence.records.insert(path.to_owned(), Entry { at: self.now.as_of, took_ms: 0, result });
        }
        checks::evaluate(&[check], site, &evidence, &self.catalogue, &self.knowledge, &self.now, true).0
    }
}

#[test]
fn a_check_reads_every_record_that_may_change_it_and_no_other_check_s() {
    let desk = Desk::new();
    let (mut moved, mut asked_for) = (BTreeSet::new(), BTreeSet::new());
    for site in sites() {
        let whole: Vec<&Check> = checks::all().collect();
        assert_eq!(plan::plan(&site, &whole, &desk.knowledge, &[]).records.len(), site.said.records().len(), "a whole run reads them all");
        let keys: BTreeMap<String, String> = site.said.records().into_iter().map(|(key, path)| (path.to_owned(), key)).collect();
        for check in checks::all() {
            let asked = desk.asked(&site, check);
            let sound = desk.judged(&site, check, |_| false);
            let blind = desk.judged(&site, check, |path| !asked.contains(path));
            assert_eq!(sound, blind, "{} does not read a record that changes it", check.id);
            for path in asked {
                let kind = format!("{} for {}", keys[&path].split(['[', ']']).next().unwrap_or_default(), check.id.split('.').next().unwrap_or_default());
                if desk.judged(&site, check, |lost| lost == path) != sound {
                    moved.insert(kind.clone());
                }
                asked_for.insert(kind);
            }
        }
    }
    assert_eq!(moved, asked_for, "what is read matters to somebody");
}

#[test]
fn a_run_of_one_check_reads_its_records_alone() {
    let (desk, sites) = (Desk::new(), sites());
    let site = &sites[0];
    let read = |id: &str| desk.asked(site, checks::all().find(|check| check.id == id).expect("a check")).len();
    assert!(site.said.records().len() > 10);
    // The last test alert; nothing; the restore that was tried, and the copy that any check of backups may rest on.
    assert_eq!((read("alerting.delivery-proof"), read("alerting.on-call"), read("backups.restore-tested")), (1, 0, 2));
}
