//! `check` and `collect`: from a description to evidence, and on to a report and an exit code.

use std::{
    collections::BTreeMap,
    fmt::Write as _,
    net::IpAddr,
    path::{Path, PathBuf},
    sync::Arc,
};

use jiff::{Timestamp, civil::Date, tz::TimeZone};
use rustls::RootCertStore;
use tokio::task::JoinHandle;

use crate::{
    catalogue::{Catalogue, OwnLimit},
    checks::{self, Check, Now},
    diff, embedded,
    evidence::{Asks, Entries, Evidence, Outcome as Seen, Vantage},
    finding::{Cause, CauseKind, Tier, Waiver, WaiverState},
    knowledge::Knowledge,
    plan,
    probe::{self, Reach},
    render,
    report::{self, Frame, Limit, Mode, Report, Run, SiteStamp},
    site::{self, KnownChecks, Loaded, Options, Site},
    span::Span,
};

use super::{
    Outcome, World,
    args::{CheckArgs, CollectArgs, NetworkArgs, SelectArgs, SiteArgs},
    exit,
    files::{clash, read_baseline, read_evidence, read_roots, read_text, write_outputs, write_whole},
    gate,
    progress::Progress,
    records, unwritten,
};

/// The program as it names itself in what it writes.
pub(super) const TOOL: &str = concat!("cht-audit ", env!("CARGO_PKG_VERSION"));

/// Everything that is settled before the first look.
struct Prepared {
    loaded: Loaded,
    catalogue: Catalogue,
    own_limits: Vec<OwnLimit>,
    knowledge: Knowledge,
    selected: Vec<&'static Check>,
    tiers: Vec<Tier>,
    /// Considerations that do not run in full.
    cut: Vec<String>,
    asks: Asks,
    /// Warnings about the description.
    told: String,
}

/// Reads the description; warnings come back as text.
pub(super) fn load(args: &SiteArgs, catalogue: &Catalogue, now: Timestamp, color: bool) -> Result<(Loaded, String), String> {
    let known = KnownChecks(
        catalogue
            .considerations
            .iter()
            .flat_map(|it| &it.checks)
            .map(|check| (check.id.clone(), check.thresholds.iter().map(|(name, threshold)| (name.clone(), threshold.unit)).collect::<BTreeMap<_, _>>()))
            .collect(),
    );
    let options = Options { roots: args.roots.clone(), allow_env: args.allow_env.clone(), as_of: now };
    let drawn = |problems: &[site::Problem]| problems.iter().map(|problem| problem.render(color) + "\n").collect::<String>();
    match site::load(&args.site, &options, &known) {
        Ok(loaded) => {
            let warnings = drawn(&loaded.warnings);
            Ok((loaded, warnings))
        }
        Err(refused) => Err(format!("{}{} cannot be used as it is; nothing was looked at.\n", drawn(&refused.problems), args.site.display())),
    }
}

fn prepare(site: &SiteArgs, select: &SelectArgs, network: &NetworkArgs, knowledge: Option<&Path>, now: Timestamp, color: bool) -> Result<Prepared, Outcome> {
    let bug = |error: &dyn std::fmt::Display| Outcome::refused(exit::BUG, error);
    let catalogue = embedded::catalogue().map_err(|error| bug(&error))?;
    let (loaded, told) = load(site, &catalogue, now, color).map_err(|told| Outcome { stderr: told, code: exit::INPUT, ..Outcome::default() })?;
    let (catalogue, own_limits) = catalogue.with_limits(&loaded.site.limits()).map_err(|error| bug(&error))?;
    let mut known = Knowledge::embedded().map_err(|error| bug(&error))?;
    if let Some(path) = knowledge {
        let told = |why: String| Outcome::refused(exit::INPUT, format!("--knowledge {}: {why}", path.display()));
        let text = read_text(path).map_err(told)?;
        known = known.newer(&text).map_err(|error| told(error.to_string()))?;
    }
    let (selected, cut) = select_checks(select, &catalogue)?;
    let mut asks = plan::plan(&loaded.site, &selected, &known, &select.tier);
    if network.offline {
        asks = plan::without_network(asks);
    }
    if network.no_phone_out {
        asks.registration.clear();
    }
    Ok(Prepared { loaded, catalogue, own_limits, knowledge: known, selected, tiers: select.tier.clone(), cut, asks, told })
}

/// The checks that run, and the considerations that thereby do not run in full.
fn select_checks(select: &SelectArgs, catalogue: &Catalogue) -> Result<(Vec<&'static Check>, Vec<String>), Outcome> {
    let ids: Vec<&str> =
        catalogue.considerations.iter().flat_map(|it| std::iter::once(it.id.as_str()).chain(it.checks.iter().map(|check| check.id.as_str()))).collect();
    for wanted in select.only.iter().chain(&select.skip) {
        if !ids.contains(&wanted.as_str()) {
            let near = ids.iter().min_by_key(|id| strsim::damerau_levenshtein(id, wanted)).copied().unwrap_or_default();
            return Err(Outcome::refused(exit::USAGE, format!("There is no check or consideration {wanted}; did you mean {near}?")));
        }
    }
    let names = |list: &[String], check: &Check| list.iter().any(|id| id == check.id || check.id.starts_with(&format!("{id}.")));
    let listed = |check: &Check| catalogue.check(check.id).is_some_and(|definition| select.tier.is_empty() || checks::has_tier(definition, &select.tier));
    let runs = |check: &Check| (select.only.is_empty() || names(&select.only, check)) && !names(&select.skip, check) && listed(check);
    let lost_tier = |check: &Check| {
        !select.tier.is_empty() && catalogue.check(check.id).is_some_and(|definition| definition.tiers.iter().any(|tier| !select.tier.contains(tier)))
    };
    let selected: Vec<&'static Check> = checks::all().filter(|check| runs(check)).collect();
    if selected.is_empty() {
        return Err(Outcome::refused(exit::INPUT, "Nothing is left to check: --only, --skip and --tier together select no check."));
    }
    let cut = checks::CONSIDERATIONS.iter().filter(|it| it.checks.iter().any(|check| !runs(check) || lost_tier(check))).map(|it| it.id.to_owned()).collect();
    Ok((selected, cut))
}

/// `cht-audit check`.
pub(super) async fn check(args: CheckArgs, world: World) -> Outcome {
    let evidence = &args.evidence;
    let inputs = [Some(&args.site.site), evidence.knowledge.as_ref(), args.gate.baseline.as_ref(), args.network.ca_file.as_ref()];
    let mut inputs: Vec<&Path> = inputs.into_iter().flatten().map(PathBuf::as_path).collect();
    // Evidence may be brought up to date in its own file; a report may not take its place.
    let recorded = clash(&[], evidence.record.as_deref(), &inputs);
    inputs.extend(evidence.evidence.iter().map(PathBuf::as_path));
    let written = clash(&args.output.output, None, &inputs).or_else(|| clash(&args.output.output, evidence.record.as_deref(), &[]));
    if let Some(told) = recorded.or(written) {
        return Outcome::refused(exit::USAGE, told);
    }
    let started = (world.now)();
    let roots = roots(&args.network);
    let prepared = match prepare(&args.site, &args.select, &args.network, args.evidence.knowledge.as_deref(), started, world.color_err) {
        Ok(prepared) => prepared,
        Err(outcome) => return outcome,
    };
    if !prepared.cut.is_empty() && (args.gate.min_score.is_some() || args.gate.min_coverage.is_some()) {
        return Outcome::refused(exit::USAGE, "--min-score and --min-coverage need a whole run: leave out --only, --skip and --tier.");
    }
    if args.network.dry_run {
        let recorded = !args.evidence.evidence.is_empty() && !args.evidence.live;
        return dry_run(&if recorded { Asks::default() } else { prepared.asks }, !args.network.no_phone_out, &prepared.told);
    }
    let zone = prepared.loaded.site.zone.clone();
    let as_of = match args.evidence.as_of.as_deref().map(|text| moment(text, started, &zone)).transpose() {
        Ok(as_of) => as_of,
        Err(told) => return Outcome::refused(exit::USAGE, told),
    };
    if as_of.is_some_and(|as_of| as_of < started) && args.evidence.evidence.is_empty() {
        return Outcome::refused(exit::USAGE, "--as-of names a past moment: what was so then can only be judged from evidence of then, given by --evidence.");
    }
    let baseline = match args.gate.baseline.as_deref().map(|path| read_baseline(path, &prepared.loaded.site.said.url)).transpose() {
        Ok(baseline) => baseline,
        Err(told) => return Outcome::refused(exit::INPUT, told),
    };

    let mut bundles = Vec::new();
    for path in &args.evidence.evidence {
        match read_evidence(path) {
            Ok(bundle) => bundles.push(bundle),
            Err(told) => return Outcome::refused(exit::INPUT, told),
        }
    }
    let live = bundles.is_empty() || args.evidence.live;
    let mut interrupted = false;
    if live {
        let progress = Progress::new(world.watcher, world.now, args.network.deadline.as_secs());
        match look(&prepared, &args.network, &mut interrupted, world.interrupted, progress, roots).await {
            Ok(bundle) => bundles.push(bundle),
            Err(outcome) => return outcome,
        }
    }
    let ended = (world.now)();
    let as_of = as_of.unwrap_or(ended);
    let empty = Evidence::empty(TOOL, Timestamp::MIN, Vantage::Inside);
    // What was seen, whatever was missed since.
    let last_seen = (bundles.len() > 1).then(|| bundles.iter().fold(empty.clone(), |all, bundle| all.merged(bundle.clone().without_missed(), as_of)));
    let evidence = bundles.into_iter().fold(empty, |all, bundle| all.merged(bundle, as_of));
    let tiers = prepared.tiers.clone();
    let silent = args.network.offline || !tiers.is_empty() && !tiers.contains(&Tier::Network);
    let mode = match (live, silent) {
        (false, _) => Mode::Recorded,
        (true, true) if !args.evidence.evidence.is_empty() => Mode::Recorded,
        (true, true) => Mode::Offline,
        (true, false) => Mode::Live,
    };
    let run = Run { started, ended, as_of, mode, vantage: evidence.vantage.word().to_owned(), partial: !prepared.cut.is_empty(), tiers, interrupted };
    let world = World { interrupted: Box::pin(std::future::pending()), ..world };
    conclude(&args, &prepared, (evidence, last_seen), run, baseline.as_ref(), &world)
}

/// From evidence to the report, the outputs and the exit code.
///
/// Evidence of several looks comes twice: the newest of each entry, and the newest that was seen. A look that failed must not
/// make a fail forgotten that an earlier one saw.
fn conclude(
    args: &CheckArgs,
    prepared: &Prepared,
    (evidence, last_seen): (Evidence, Option<Evidence>),
    run: Run,
    baseline: Option<&Report>,
    world: &World,
) -> Outcome {
    let texts = match embedded::texts() {
        Ok(texts) => texts,
        Err(error) => return Outcome::refused(exit::BUG, error),
    };
    let site = &prepared.loaded.site;
    let now = Now { as_of: run.as_of, zone: site.zone.clone() };
    let limited = |evidence: Evidence| if prepared.tiers.is_empty() { evidence } else { evidence.only(&prepared.tiers) };
    let (evidence, last_seen) = (limited(evidence), last_seen.map(limited));
    let answers = prepared.tiers.is_empty() || prepared.tiers.contains(&Tier::Answer);
    let by = |evidence, now: &Now| checks::evaluate(&prepared.selected, site, evidence, &prepared.catalogue, &prepared.knowledge, now, answers);
    let judged = |now: &Now| {
        let (findings, broke) = by(&evidence, now);
        match &last_seen {
            Some(last_seen) => (checks::outlast(findings, by(last_seen, now).0), broke),
            None => (findings, broke),
        }
    };
    let (findings, broke) = judged(&now);
    let frame = Frame {
        version: env!("CARGO_PKG_VERSION"),
        catalogue: &prepared.catalogue,
        gathered: prepared.knowledge.gathered(),
        site: stamp(site),
        limits: limits(site, &evidence, run.mode, run.as_of),
        run,
        waivers: waivers(site, now.today()),
        own_limits: &prepared.own_limits,
        cut: &prepared.cut,
    };
    let mut report: Report = report::report(findings, frame, &texts);
    if answers {
        report.answered = site.said.answers.keys().cloned().collect();
    }
    report.baseline = baseline.map(|old| {
        // What is as good as it was for the moment of the baseline has been made worse by time alone.
        let (then, _) = judged(&Now { as_of: old.run.as_of, ..now });
        diff::diff(old, &report, Some(&then))
    });
    report.gate = gate::decide(&report, &args.gate, broke);

    let told = prepared.told.clone() + &records::told(site, &evidence).concat();
    let mut outcome = Outcome { stderr: told, code: report.gate.exit, ..Outcome::default() };
    if let Some(path) = &args.evidence.record {
        record(path, &evidence, &mut outcome);
    }
    write_outputs(&args.output.output, &report, &texts, world, &mut outcome);
    let _ = writeln!(outcome.stderr, "cht-audit: {}", report.gate.message);
    outcome
}

/// `cht-audit collect`.
pub(super) async fn collect(args: CollectArgs, world: World) -> Outcome {
    let inputs = [Some(&args.site.site), args.knowledge.as_ref(), args.network.ca_file.as_ref()];
    let inputs: Vec<&Path> = inputs.into_iter().flatten().map(PathBuf::as_path).collect();
    if let Some(told) = clash(&[], args.record.as_deref(), &inputs) {
        return Outcome::refused(exit::USAGE, told);
    }
    let roots = roots(&args.network);
    let prepared = match prepare(&args.site, &args.select, &args.network, args.knowledge.as_deref(), (world.now)(), world.color_err) {
        Ok(prepared) => prepared,
        Err(outcome) => return outcome,
    };
    if args.network.dry_run {
        return dry_run(&prepared.asks, !args.network.no_phone_out, &prepared.told);
    }
    let mut interrupted = false;
    let progress = Progress::new(world.watcher, world.now, args.network.deadline.as_secs());
    let evidence = match look(&prepared, &args.network, &mut interrupted, world.interrupted, progress, roots).await {
        Ok(evidence) => evidence,
        Err(outcome) => return outcome,
    };
    let mut outcome = Outcome { stderr: prepared.told.clone(), ..Outcome::default() };
    match &args.record {
        Some(path) => record(path, &evidence, &mut outcome),
        None => outcome.stdout = bundle_bytes(&evidence),
    }
    if interrupted {
        outcome.code = exit::INTERRUPTED;
    }
    outcome
}

fn dry_run(asks: &Asks, phone_out: bool, told: &str) -> Outcome {
    let mut text = String::new();
    for line in plan::requests(asks, phone_out) {
        let _ = writeln!(text, "{line}");
    }
    if text.is_empty() {
        text.push_str("Nothing would be looked at.\n");
    }
    if let Some((what, trips)) = plan::longest_chain(asks, phone_out) {
        let _ = writeln!(text, "\nLongest chain: {trips} round trips one after the other ({what}).");
    }
    Outcome { stdout: text.into_bytes(), stderr: told.to_owned(), code: exit::OK }
}

fn bundle_bytes(evidence: &Evidence) -> Vec<u8> {
    render::pretty(evidence).unwrap_or_default().into_bytes()
}

fn record(path: &Path, evidence: &Evidence, outcome: &mut Outcome) {
    if let Err(error) = write_whole(path, &bundle_bytes(evidence)) {
        let _ = writeln!(outcome.stderr, "The evidence could not be written to {}: {error}.", path.display());
        outcome.code = unwritten(outcome.code);
    }
}

/// Reads the authorities that count as public beside everything else: a hundred and more certificates take their time.
fn roots(network: &NetworkArgs) -> JoinHandle<Result<RootCertStore, String>> {
    let ca_file = network.ca_file.clone();
    tokio::task::spawn_blocking(move || read_roots(ca_file.as_deref()))
}

/// Looks at everything that was asked.
async fn look(
    prepared: &Prepared,
    network: &NetworkArgs,
    interrupted: &mut bool,
    signal: std::pin::Pin<Box<dyn Future<Output = ()> + Send>>,
    mut progress: Progress,
    roots: JoinHandle<Result<RootCertStore, String>>,
) -> Result<Evidence, Outcome> {
    let roots = roots.await.unwrap_or_else(|_| Err("the authorities of this system could not be read".to_owned()));
    let roots = roots.map_err(|told| Outcome::refused(exit::INPUT, told))?;
    let mut reach = Reach::new(prepared.loaded.base.clone(), Arc::new(roots));
    if let Some(timeout) = network.timeout {
        reach.timeout = timeout;
        reach.monitoring_timeout = timeout;
    }
    reach.overrides.clone_from(&network.resolve);
    reach.resolver = network.resolver;
    reach.phone_out = !network.no_phone_out;
    reach.file_roots.clone_from(&prepared.loaded.file_roots);
    let hosts: Vec<IpAddr> = prepared.loaded.site.said.hosts.iter().filter_map(|host| host.address.as_deref()?.parse().ok()).collect();
    // Where nothing is asked over the network, not even the system is asked for its interfaces.
    let silent = plan::without_network(prepared.asks.clone()) == prepared.asks;
    reach.vantage = network.vantage.unwrap_or_else(|| if silent { Vantage::Inside } else { probe::vantage::seen_from(&hosts) });
    let signalled = async {
        signal.await;
        *interrupted = true;
    };
    let waiting = |waiting: &[probe::Waiting]| progress.draw(waiting);
    let evidence = probe::collect(&prepared.asks, Arc::new(reach), network.jobs, network.deadline, TOOL, signalled, waiting).await;
    progress.erase();
    Ok(evidence)
}

/// `2026-12-01` (its end in the site's zone), an RFC 3339 instant, `+90d`.
fn moment(text: &str, now: Timestamp, zone: &TimeZone) -> Result<Timestamp, String> {
    let wrong = || format!("--as-of {text}: write a date such as 2026-12-01, an instant such as 2026-12-01T08:00:00Z, or +90d.");
    if let Some(span) = text.strip_prefix('+') {
        let seconds = span.parse::<Span>().map_err(|_| wrong())?.0;
        return now.checked_add(jiff::SignedDuration::from_secs(seconds)).map_err(|_| wrong());
    }
    if let Ok(date) = text.parse::<Date>()
        && text.len() == 10
    {
        let next = date.tomorrow().and_then(|next| next.to_zoned(zone.clone())).map_err(|_| wrong())?;
        return next.timestamp().checked_sub(jiff::SignedDuration::from_secs(1)).map_err(|_| wrong());
    }
    text.parse::<Timestamp>().map_err(|_| wrong())
}

fn stamp(site: &Site) -> SiteStamp {
    SiteStamp {
        name: site.said.name.clone(),
        url: site.said.url.clone(),
        kind: site.said.kind.map(|kind| format!("{kind:?}").to_lowercase()),
        timezone: site.said.timezone.clone().unwrap_or_else(|| "UTC".to_owned()),
    }
}

fn waivers(site: &Site, today: Date) -> Vec<Waiver> {
    let waiver = |entry: &site::WaiverEntry| Waiver {
        check: entry.check.clone(),
        reason: entry.reason.clone(),
        owner: entry.owner.clone(),
        until: entry.until.0,
        state: WaiverState::Unused,
    };
    // One that begins after today counts for nothing yet, as the description's reader has warned.
    site.said.waivers.iter().filter(|entry| entry.date.is_none_or(|date| date.0 <= today)).map(waiver).collect()
}

/// What could not be looked at, and what the description leaves undecided.
fn limits(site: &Site, evidence: &Evidence, mode: Mode, as_of: Timestamp) -> Vec<Limit> {
    let plain = |what: &str| Limit { what: what.to_owned(), message: String::new(), cause: None };
    let mut limits = Vec::new();
    if mode == Mode::Offline {
        limits.push(plain("network"));
    }
    if site.said.kind.is_none() {
        limits.push(plain("kind"));
    }
    if checks::platform(site).is_none() {
        limits.push(plain("platform"));
    }
    if site.said.cht.credentials.is_some() {
        limits.push(plain("login"));
    }
    if site.said.alerting.monitors.iter().any(|monitor| monitor.token.is_some() || monitor.grafana.is_some()) {
        limits.push(plain("grafana"));
    }
    if site.said.privacy.residency.is_some() {
        limits.push(plain("residency"));
    }
    limits.extend(revocations(evidence, as_of).into_iter().map(|cause| Limit { cause: Some(cause), ..plain("revocation") }));
    if !evidence.ports.is_empty() && evidence.vantage != Vantage::Outside {
        limits.push(plain("vantage"));
    }
    missed(&mut limits, "cht", &evidence.cht);
    missed(&mut limits, "tls", &evidence.tls);
    missed(&mut limits, "dns", &evidence.dns);
    missed(&mut limits, "registration", &evidence.registration);
    missed(&mut limits, "ports", &evidence.ports);
    missed(&mut limits, "compose", &evidence.compose);
    missed(&mut limits, "env", &evidence.env);
    missed(&mut limits, "helm values", &evidence.helm_values);
    missed(&mut limits, "crontab", &evidence.crontab);
    missed(&mut limits, "watchdog instances", &evidence.watchdog_instances);
    missed(&mut limits, "record", &evidence.records);
    let shared = checks::claim::record_uses(site).into_iter().filter(|(_, uses)| *uses > checks::claim::MOST_RECORD_USES);
    limits.extend(shared.map(|(path, _)| Limit {
        what: format!("record {path}"),
        message: String::new(),
        cause: Some(Cause::new(CauseKind::SharedRecord, path)),
    }));
    limits
}

/// Why it is not known whether a certificate was revoked, each cause once: the addresses of a name show one certificate.
fn revocations(evidence: &Evidence, as_of: Timestamp) -> Vec<Cause> {
    let looks = evidence.tls.values().filter_map(|entry| entry.result.facts().ok()).flat_map(|facts| facts.addresses.values());
    let current = looks.filter_map(|look| look.facts().ok()).filter(|shown| shown.is_current(as_of));
    let mut causes = Vec::new();
    for cause in current.filter_map(|shown| shown.revocation(as_of).err()) {
        if !causes.contains(&cause) {
            causes.push(cause);
        }
    }
    causes
}

fn missed<T>(limits: &mut Vec<Limit>, kind: &str, entries: &Entries<T>) {
    for (key, entry) in entries {
        if let Seen::Missed(cause) = &entry.result {
            let cause = if cause.detail.is_empty() { Cause::new(cause.kind, key.clone()) } else { cause.clone() };
            limits.push(Limit { what: format!("{kind} {key}"), message: String::new(), cause: Some(cause) });
        }
    }
}
