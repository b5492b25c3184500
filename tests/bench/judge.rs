//! What one run is made of, without a network: `cargo bench --bench judge`. Reading, judging and drawing of
//! `examples/facility`, each by itself.
#![expect(clippy::unwrap_used, reason = "a benchmark that cannot be set up has nothing to tell")]

use std::{collections::BTreeMap, path::Path};

use cht_audit::{
    catalogue::Catalogue,
    checks::{self, Check, Now},
    embedded,
    evidence::Evidence,
    knowledge::Knowledge,
    render::{self, Style},
    report::{Frame, Mode, Report, Run, SiteStamp, report},
    site::{self, KnownChecks, Loaded, Options},
};
use divan::{Bencher, black_box};
use jiff::Timestamp;

const AS_OF: &str = "2026-11-22T20:59:59Z";

fn main() {
    divan::main();
}

fn moment() -> Timestamp {
    AS_OF.parse().unwrap()
}

fn facility(file: &str) -> std::path::PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/facility").join(file)
}

fn description(catalogue: &Catalogue) -> Loaded {
    let limits = |check: &cht_audit::catalogue::CheckDef| check.thresholds.iter().map(|(name, threshold)| (name.clone(), threshold.unit)).collect();
    let known: BTreeMap<_, _> = catalogue.considerations.iter().flat_map(|it| &it.checks).map(|check| (check.id.clone(), limits(check))).collect();
    let options = Options { roots: Vec::new(), allow_env: Vec::new(), as_of: moment() };
    site::load(&facility("site.yaml"), &options, &KnownChecks(known)).unwrap()
}

fn evidence() -> Evidence {
    serde_json::from_slice(&std::fs::read(facility("evidence.json")).unwrap()).unwrap()
}

/// All that judging needs.
struct Desk {
    catalogue: Catalogue,
    knowledge: Knowledge,
    loaded: Loaded,
    evidence: Evidence,
    now: Now,
}

impl Desk {
    fn new() -> Self {
        let catalogue = embedded::catalogue().unwrap();
        let loaded = description(&catalogue);
        let now = Now { as_of: moment(), zone: loaded.site.zone.clone() };
        Self { catalogue, knowledge: Knowledge::embedded().unwrap(), loaded, evidence: evidence(), now }
    }

    fn judged(&self) -> Vec<cht_audit::finding::Finding> {
        let all: Vec<&Check> = checks::all().collect();
        checks::evaluate(&all, &self.loaded.site, &self.evidence, &self.catalogue, &self.knowledge, &self.now, true).0
    }

    fn reported(&self, findings: Vec<cht_audit::finding::Finding>) -> Report {
        let said = &self.loaded.site.said;
        let (site, as_of) = (SiteStamp { name: said.name.clone(), url: said.url.clone(), kind: None, timezone: "Africa/Nairobi".to_owned() }, moment());
        let run = Run {
            started: as_of,
            ended: as_of,
            as_of,
            mode: Mode::Recorded,
            vantage: "outside".to_owned(),
            partial: false,
            tiers: Vec::new(),
            interrupted: false,
        };
        let frame = Frame {
            version: "0.1.0",
            catalogue: &self.catalogue,
            gathered: self.knowledge.gathered(),
            site,
            run,
            waivers: Vec::new(),
            own_limits: &[],
            limits: Vec::new(),
            cut: &[],
        };
        report(findings, frame, &embedded::texts().unwrap())
    }
}

#[divan::bench]
fn read_the_catalogue() -> Catalogue {
    embedded::catalogue().unwrap()
}

#[divan::bench]
fn read_the_texts(bencher: Bencher<'_, '_>) {
    bencher.bench_local(|| black_box(embedded::texts().is_ok()));
}

#[divan::bench]
fn read_the_knowledge() -> Knowledge {
    Knowledge::embedded().unwrap()
}

#[divan::bench]
fn read_the_description(bencher: Bencher<'_, '_>) {
    let catalogue = embedded::catalogue().unwrap();
    bencher.bench_local(|| description(black_box(&catalogue)));
}

#[divan::bench]
fn read_the_evidence() -> Evidence {
    evidence()
}

#[divan::bench]
fn judge_every_check(bencher: Bencher<'_, '_>) {
    let desk = Desk::new();
    bencher.bench_local(|| desk.judged());
}

#[divan::bench]
fn score_and_report(bencher: Bencher<'_, '_>) {
    let desk = Desk::new();
    bencher.with_inputs(|| desk.judged()).bench_local_values(|findings| desk.reported(findings));
}

#[divan::bench(args = ["table", "json", "markdown", "csv"])]
fn draw(bencher: Bencher<'_, '_>, format: &str) {
    let desk = Desk::new();
    let (report, texts) = (desk.reported(desk.judged()), embedded::texts().unwrap());
    let format = render::format(format).unwrap();
    bencher.bench_local(|| {
        let mut bytes = Vec::new();
        (format.write)(&report, &texts, Style { width: 80, color: false, links: false }, &mut bytes).unwrap();
        bytes
    });
}
