//! Judges of `privacy`; the rules are in `checks/privacy/`.

use std::cmp::Ordering;

use jiff::Timestamp;

use crate::{
    evidence::{
        ChtFacts, ChtPart, PortsAsk, PortsFacts, Seen, Vantage,
        cht::{DeployInfo, ExpressMetrics, LoginPage, PrivacyPolicy},
        files::{SecretFacts, SecretLength},
        seen,
    },
    finding::{Arg, Cause, CauseKind, Tier, Verdict, args},
    knowledge::Knowledge,
    site::{Host, Role, Site},
    version::Version,
};

use super::{
    Check, Consideration, Context, Graded, Judgement, Measurement, Question, Rating,
    asks::{ask_cht, ask_compose, ask_env, ask_helm, ask_monitoring, ask_ports, cht, cht_ask, compose, env, helm, monitoring, other_part},
    claim::{Own, who_and_when},
    needs_nothing, running,
    settle::Document,
};

/// The consideration and its rows.
pub(super) const CONSIDERATION: Consideration = Consideration {
    id: "privacy",
    definition: include_str!("../../checks/privacy/checks.yaml"),
    texts: include_str!("../../checks/privacy/en.ftl"),
    guide: include_str!("../../checks/privacy/README.md"),
    checks: &[
        Check {
            id: "privacy.policy-published",
            params: &["text"],
            messages: &["published", "short", "filler", "not-linked", "absent"],
            needs: |site, _: &Knowledge, asks| {
                ask_cht(site, asks, ChtPart::PrivacyPolicy);
                ask_cht(site, asks, ChtPart::LoginPage);
            },
            evaluate: policy_published,
        },
        said_only("privacy.least-privilege"),
        said_only("privacy.purging"),
        Check { id: "privacy.retention", params: &[], messages: &["declared", "no-years"], needs: needs_nothing, evaluate: retention },
        said_only("privacy.transit-integrations"),
        Check {
            id: "privacy.log-phi",
            params: &[],
            messages: &["left-out", "verbose", "bodies-logged"],
            needs: |site, knowledge, asks| {
                ask_monitoring(site, asks);
                ask_env(site, knowledge, asks);
                ask_helm(site, knowledge, asks);
            },
            evaluate: log_phi,
        },
        Check {
            id: "privacy.username-leak",
            params: &[],
            messages: &["clean", "closed", "deployer", "names"],
            needs: |site, _: &Knowledge, asks| {
                ask_cht(site, asks, ChtPart::ExpressMetrics);
                ask_cht(site, asks, ChtPart::DeployInfo);
                ask_cht(site, asks, ChtPart::LoginPage);
            },
            evaluate: username_leak,
        },
        Check {
            id: "privacy.audit-trail",
            params: &[],
            messages: &["recorded", "no-trail"],
            needs: |site, _: &Knowledge, asks| ask_monitoring(site, asks),
            evaluate: audit_trail,
        },
        Check {
            id: "privacy.analytics-db",
            params: &[],
            messages: &["closed", "open", "open-here", "own-password", "short-password", "published-password", "no-password"],
            needs: |site, knowledge, asks| {
                ask_ports(site, knowledge, asks);
                ask_compose(site, knowledge, asks);
                ask_env(site, knowledge, asks);
            },
            evaluate: analytics_db,
        },
        Check { id: "privacy.legal-basis", params: &[], messages: &["controller-only"], needs: needs_nothing, evaluate: legal_basis },
        Check {
            id: "privacy.breach-plan",
            params: &["pass", "warn"],
            messages: &["recent", "ageing", "too-old"],
            needs: needs_nothing,
            evaluate: |cx| cx.dated(None),
        },
    ],
};

/// A check that nothing but its answer decides, as long as the program has no login of its own.
const fn said_only(id: &'static str) -> Check {
    Check { id, params: &[], messages: &[], needs: needs_nothing, evaluate: |cx| cx.answered(None) }
}

/// One part of the CHT, as the facts of its own kind.
fn part<'a, T>(cx: &Context<'a>, part: ChtPart, pick: fn(&'a ChtFacts) -> Option<&'a T>) -> Result<Seen<'a, T>, Cause> {
    let Seen { at, facts } = cht(cx, part)?;
    pick(facts).map(|facts| Seen { at, facts }).ok_or_else(|| other_part(cx))
}

fn policy_page<'a>(cx: &Context<'a>) -> Result<Seen<'a, PrivacyPolicy>, Cause> {
    part(cx, ChtPart::PrivacyPolicy, |facts| if let ChtFacts::PrivacyPolicy(page) = facts { Some(page) } else { None })
}

fn login_page<'a>(cx: &Context<'a>) -> Result<Seen<'a, LoginPage>, Cause> {
    part(cx, ChtPart::LoginPage, |facts| if let ChtFacts::LoginPage(page) = facts { Some(page) } else { None })
}

fn measured(graded: Graded, at: Timestamp) -> Measurement {
    Measurement { graded, at, tier: Tier::Network }
}

/// Nobody looked, and nothing tells more than that.
fn not_looked() -> Cause {
    Cause::new(CauseKind::NotCollected, "")
}

/// One judgement on the whole site, of its answer and one probe.
fn settle_site(cx: &Context<'_>, measurement: Result<Measurement, Cause>, document: Option<Document>) -> Judgement {
    let (claim, path) = cx.said(None);
    cx.settle(Question { subject: String::new(), path, best: None, claim, document, measurement })
}

fn policy_published(cx: &Context<'_>) -> Vec<Judgement> {
    vec![settle_site(cx, grade_policy(cx), None)]
}

fn grade_policy(cx: &Context<'_>) -> Result<Measurement, Cause> {
    let Seen { at, facts: policy } = policy_page(cx)?;
    let characters = i64::try_from(policy.text_chars).unwrap_or(i64::MAX);
    let told = || args([("characters", Arg::Count(characters)), ("address", policy_address(cx.site).into())]);
    if !policy.published {
        return Ok(measured(Graded::bad("absent", args([("address", policy_address(cx.site).into())])), at));
    }
    if policy.filler {
        return Ok(measured(Graded::middling("filler", told()), at));
    }
    if characters <= cx.limit("text") {
        return Ok(measured(Graded::middling("short", told()), at));
    }
    let login = login_page(cx)?;
    let graded = if login.facts.links_privacy_policy { Graded::good("published", told()) } else { Graded::middling("not-linked", told()) };
    Ok(measured(graded, at.min(login.at)))
}

fn policy_address(site: &Site) -> String {
    format!("{}/medic/privacy-policy", site.said.url.trim_end_matches('/'))
}

fn retention(cx: &Context<'_>) -> Vec<Judgement> {
    let own = cx.site.said.privacy.retention.as_ref().map(|retention| {
        let date = retention.date.or(cx.site.said.reviewed.as_ref().map(|reviewed| reviewed.date));
        let mut told = who_and_when(retention.by.as_deref(), date.map(|day| day.0));
        let graded = match retention.years {
            Some(years) if years > 0 => {
                told.insert("years".to_owned(), Arg::Count(years.into()));
                Graded::good("declared", told)
            }
            Some(_) | None => Graded::middling("no-years", told),
        };
        Own { graded, date: retention.date, by: retention.by.clone(), record: retention.record.clone(), ageless: false, path: "privacy.retention" }
    });
    cx.answered(own)
}

/// The version that runs, and whether a release that brought something is in it.
struct Running {
    version: Version,
    since: bool,
    at: Timestamp,
}

/// What the monitoring API says of the version, held against the minor release `since`.
fn running(cx: &Context<'_>, since: (u32, u32)) -> Result<Running, Cause> {
    let Seen { at, facts } = monitoring(cx)?;
    let version = running::running(cx, facts)?;
    let since = is_since(&version, since).ok_or_else(|| Cause::new(CauseKind::NotUnderstood, version.to_string()))?;
    Ok(Running { version, since, at })
}

/// Whether a version is of this minor release or a later one. None where that cannot be told: a build from before the
/// release itself, such as `4.20.0-beta.1`.
fn is_since(version: &Version, release: (u32, u32)) -> Option<bool> {
    match version.line().cmp(&release) {
        Ordering::Less => Some(false),
        Ordering::Equal if version.is_before(0) == Some(true) => None,
        Ordering::Equal | Ordering::Greater => Some(true),
    }
}

/// Since 4.20.0 its proxy no longer logs the bodies of requests, and changes of documents are kept in `medic-audit`.
const BODIES_LEFT_OUT: (u32, u32) = (4, 20);
const AUDIT_TRAIL: (u32, u32) = (4, 20);
/// Since 5.1.0 `LOG_LEVEL` says how much the API and Sentinel log.
const LOG_LEVEL: (u32, u32) = (5, 1);
/// The levels that log no more than the shipped one; empty leaves it as shipped.
const USUAL_LEVELS: &[&str] = &["", "error", "warn", "info"];

fn log_phi(cx: &Context<'_>) -> Vec<Judgement> {
    let told = |version: &Version| args([("version", version.to_string().into())]);
    let judgement = match running(cx, BODIES_LEFT_OUT) {
        Err(cause) => settle_site(cx, Err(cause), None),
        Ok(Running { version, at, since: false }) => settle_site(cx, Ok(measured(Graded::bad("bodies-logged", told(&version)), at)), None),
        Ok(Running { version, at, since: true }) => match verbose_level(cx, &version) {
            Err(cause) => settle_site(cx, Err(cause), None),
            Ok(Some(document)) => settle_site(cx, Err(not_looked()), Some(document)),
            Ok(None) => settle_site(cx, Ok(measured(Graded::good("left-out", told(&version)), at)), None),
        },
    };
    vec![judgement]
}

/// A log level in the files that makes this version log more than it is shipped to.
///
/// # Errors
/// Why a file that is named could not be read: it may hold one.
fn verbose_level(cx: &Context<'_>, version: &Version) -> Result<Option<Document>, Cause> {
    // None: a build on the way to that release may heed the level or not.
    if is_since(version, LOG_LEVEL) == Some(false) {
        return Ok(None);
    }
    let in_env = env(cx).transpose()?.and_then(|Seen { at, facts }| Some((facts.values.get("LOG_LEVEL")?, at)));
    let in_values = helm(cx).transpose()?.into_iter().flat_map(|Seen { at, facts }| facts.log_levels.values().map(move |level| (level, at)));
    let is_usual = |level: &str| USUAL_LEVELS.contains(&level.trim().to_lowercase().as_str());
    let verbose = in_env.into_iter().chain(in_values).find(|(level, _)| !is_usual(level));
    let told = |level: &str| args([("version", version.to_string().into()), ("level", level.into())]);
    Ok(verbose.map(|(level, at)| Document { graded: Graded::middling("verbose", told(level)), at }))
}

/// What a stranger reads at a path: the facts, or nothing because he is refused.
struct Stranger<'a, T> {
    at: Timestamp,
    facts: Option<&'a T>,
}

/// A part as strangers get it.
///
/// # Errors
/// Why it is not known what they get.
fn to_strangers<'a, T>(cx: &Context<'a>, wanted: ChtPart, pick: fn(&'a ChtFacts) -> Option<&'a T>) -> Result<Stranger<'a, T>, Cause> {
    match part(cx, wanted, pick) {
        Ok(Seen { at, facts }) => Ok(Stranger { at, facts: Some(facts) }),
        Err(cause) => match cx.evidence.cht.get(&cht_ask(cx.site, wanted).key()) {
            Some(entry) if is_refusal(&cause) => Ok(Stranger { at: entry.at, facts: None }),
            _ => Err(cause),
        },
    }
}

/// A status by which a server keeps a path from somebody without a login.
fn is_refusal(cause: &Cause) -> bool {
    cause.kind == CauseKind::Status && ["401", "403", "404"].contains(&cause.detail.as_str())
}

const METRICS_PATH: &str = "/api/v1/express-metrics";
const DEPLOY_INFO_PATH: &str = "/deploy-info.json";

fn username_leak(cx: &Context<'_>) -> Vec<Judgement> {
    vec![settle_site(cx, grade_leak(cx), None)]
}

fn grade_leak(cx: &Context<'_>) -> Result<Measurement, Cause> {
    let metrics: Result<Stranger<'_, ExpressMetrics>, Cause> =
        to_strangers(cx, ChtPart::ExpressMetrics, |facts| if let ChtFacts::ExpressMetrics(metrics) = facts { Some(metrics) } else { None });
    let deploy: Result<Stranger<'_, DeployInfo>, Cause> =
        to_strangers(cx, ChtPart::DeployInfo, |facts| if let ChtFacts::DeployInfo(deploy) = facts { Some(deploy) } else { None });
    // One name in the metrics is the first of many: each health worker who syncs adds hers.
    if let Ok(Stranger { at, facts: Some(metrics) }) = &metrics
        && metrics.user_names > 0
    {
        let count = i64::try_from(metrics.user_names).unwrap_or(i64::MAX);
        return Ok(measured(Graded::bad("names", args([("count", Arg::Count(count)), ("path", METRICS_PATH.into())])), *at));
    }
    let (metrics, deploy) = (metrics?, deploy?);
    let at = metrics.at.min(deploy.at);
    if deploy.facts.is_some_and(|deploy| deploy.names_user) {
        return Ok(measured(Graded::middling("deployer", args([("path", DEPLOY_INFO_PATH.into())])), deploy.at));
    }
    // A name comes in with the first sync of its owner: before any, the metrics are clean on every server.
    if metrics.facts.is_some_and(|metrics| metrics.syncs == 0) {
        return Err(Cause::new(CauseKind::Vantage, format!("{METRICS_PATH}: no sync yet")));
    }
    let refused: Vec<String> = [(METRICS_PATH, metrics.facts.is_none()), (DEPLOY_INFO_PATH, deploy.facts.is_none())]
        .into_iter()
        .filter(|(_, refused)| *refused)
        .map(|(path, _)| path.to_owned())
        .collect();
    if refused.is_empty() {
        let paths = vec![METRICS_PATH.to_owned(), DEPLOY_INFO_PATH.to_owned()];
        return Ok(measured(Graded::good("clean", args([("paths", paths.into())])), at));
    }
    // A server that refuses everything may be no CHT at all.
    if metrics.facts.is_none() && deploy.facts.is_none() {
        login_page(cx)?;
    }
    Ok(measured(Graded::good("closed", args([("paths", refused.into())])), at))
}

/// That changes are recorded is measured; that somebody goes through them is said. A yes that stands is both.
fn audit_trail(cx: &Context<'_>) -> Vec<Judgement> {
    let measurement = running(cx, AUDIT_TRAIL).map(|Running { version, since, at }| {
        let told = args([("version", version.to_string().into())]);
        measured(if since { Graded::middling("recorded", told) } else { Graded::bad("no-trail", told) }, at)
    });
    if measurement.as_ref().is_ok_and(|measurement| measurement.graded.rating == Rating::Middling) {
        let reviewed = settle_site(cx, Err(not_looked()), None);
        if reviewed.verdict == Verdict::Pass {
            return vec![reviewed];
        }
    }
    vec![settle_site(cx, measurement, None)]
}

/// Where `PostgreSQL` listens.
const POSTGRES: u16 = 5432;

/// One judgement a host that may hold the analytics database, and one on its password: each must hold.
fn analytics_db(cx: &Context<'_>) -> Vec<Judgement> {
    let (claim, path) = cx.said(None);
    let question = |subject: &str, document, measurement| Question {
        subject: subject.to_owned(),
        path: path.clone(),
        best: None,
        claim: claim.clone(),
        document,
        measurement,
    };
    let hosts = cx.site.said.hosts.iter().filter(|host| matches!(host.role, None | Some(Role::Cht | Role::Analytics)));
    let mut judgements: Vec<Judgement> = hosts.map(|host| cx.settle(question(&host.id, None, grade_port(cx, host)))).collect();
    let (document, missed) = match grade_password(cx) {
        Ok(document) => (Some(document), not_looked()),
        Err(cause) => (None, cause),
    };
    // A good password says nothing of the door: without a host nobody can have looked at it.
    if judgements.is_empty() && document.as_ref().is_some_and(|document| document.graded.rating == Rating::Good) {
        judgements.push(cx.settle(question(&format!("port {POSTGRES}"), None, Err(Cause::new(CauseKind::NotSaid, "hosts")))));
    }
    judgements.push(cx.settle(question("", document, Err(missed))));
    judgements
}

/// The database's port on one host. Open to the outside is open to strangers; only a look from outside shows it closed.
fn grade_port(cx: &Context<'_>, host: &Host) -> Result<Measurement, Cause> {
    let address = host.address.as_deref().ok_or_else(|| Cause::new(CauseKind::NotCollected, format!("{}: no address", host.id)))?;
    let told = || args([("host", host.id.as_str().into()), ("address", address.into())]);
    let outside = ports(cx, host, address, Vantage::Outside);
    if let Ok(Seen { at, facts }) = &outside
        && facts.open.contains(&POSTGRES)
    {
        return Ok(measured(Graded::bad("open", told()), *at));
    }
    let nearer: Vec<Seen<'_, PortsFacts>> = [Vantage::Inside, Vantage::Host].into_iter().filter_map(|vantage| ports(cx, host, address, vantage).ok()).collect();
    if let Some(Seen { at, .. }) = nearer.iter().find(|seen| seen.facts.open.contains(&POSTGRES)) {
        return Ok(measured(Graded::middling("open-here", told()), *at));
    }
    match outside {
        // A firewall that says nothing keeps strangers out as well, where something else on the host answered.
        Ok(Seen { at, facts })
            if facts.closed.contains(&POSTGRES) || (facts.silent.contains(&POSTGRES) && !(facts.open.is_empty() && facts.closed.is_empty())) =>
        {
            Ok(measured(Graded::good("closed", told()), at))
        }
        Ok(_) => Err(Cause::new(CauseKind::Timeout, address)),
        Err(_) if !nearer.is_empty() => Err(Cause::new(CauseKind::Vantage, format!("{} port {POSTGRES}", host.id))),
        Err(cause) => Err(cause),
    }
}

/// What was seen of a host's ports from a vantage, at the address that it has now.
fn ports<'a>(cx: &Context<'a>, host: &Host, address: &str, vantage: Vantage) -> Result<Seen<'a, PortsFacts>, Cause> {
    let key = PortsAsk { host: host.id.clone(), address: address.to_owned(), ports: Vec::new() }.key(vantage);
    let seen = seen(&cx.evidence.ports, &key)?;
    if seen.facts.address == address { Ok(seen) } else { Err(Cause::new(CauseKind::NotCollected, key)) }
}

/// What the compose files set is what runs, whatever the environment file says.
fn grade_password(cx: &Context<'_>) -> Result<Document, Cause> {
    const VARIABLE: &str = "POSTGRES_PASSWORD";
    let not_set = || Cause::new(CauseKind::NotCollected, VARIABLE);
    let compose = compose(cx).transpose()?;
    let set = compose.as_ref().and_then(|seen| {
        let all = seen.facts.services.values().filter_map(|service| service.secrets.get(VARIABLE));
        Some((all.min_by_key(|set| (!set.class.published_default, set.class.length))?, seen.at))
    });
    let (SecretFacts { length, published_default }, file, at) = if let Some((set, at)) = set {
        (set.class, set.file.as_str(), at)
    } else {
        let Seen { at, facts } = env(cx).unwrap_or_else(|| Err(not_looked()))?;
        (facts.secrets.get(VARIABLE).copied().ok_or_else(not_set)?, cx.site.said.files.env.as_deref().unwrap_or_default(), at)
    };
    let told = args([("file", file.into()), ("variable", VARIABLE.into())]);
    let graded = match length {
        SecretLength::Absent => return Err(not_set()),
        SecretLength::Empty => Graded::bad("no-password", told),
        _ if published_default => Graded::bad("published-password", told),
        SecretLength::Under8 | SecretLength::Under12 => Graded::middling("short-password", told),
        SecretLength::Under15 | SecretLength::Long => Graded::good("own-password", told),
    };
    Ok(Document { graded, at })
}

/// That somebody answers for the data is a part of it. The key has no day of its own, so any answer says more.
fn legal_basis(cx: &Context<'_>) -> Vec<Judgement> {
    let controller = cx.site.said.privacy.controller.as_deref().filter(|controller| !controller.trim().is_empty());
    let answered = cx.site.said.answers.contains_key(&cx.definition.id);
    let own = controller.filter(|_| !answered).map(|controller| {
        let graded = Graded::middling("controller-only", args([("controller", controller.into())]));
        Own::undated(graded, "privacy.controller")
    });
    cx.answered(own)
}
