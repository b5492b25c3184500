//! What renews the certificate, and whether that can work.

use std::collections::BTreeMap;

use jiff::Timestamp;

use crate::{
    checks::{
        Context, Graded, Judgement, Measurement, Question, Rating,
        asks::{cht, compose, env, helm, other_part},
        claim::{Own, who_and_when},
        settle::{self, Document},
    },
    evidence::{
        ChtFacts, ChtPart, Outcome, Seen,
        cht::AcmePath,
        files::{CronJob, CrontabFacts, JobKind, Service},
        helm::IngressCertificate,
        seen,
        tls::Handshake,
    },
    finding::{Arg, Args, Cause, CauseKind, Tier, args},
    site::{TlsMode, TlsRenewal},
    span::Span,
};

use super::{
    certificate::{Maker, issuer, leaf, maker},
    crontab_ask, each_address, handshakes, of_the_site, only_said,
};

// Words of the description ---------------------------------------------------------------------------------------------

/// As `site.yaml` and `CERTIFICATE_MODE` spell it.
fn word(mode: TlsMode) -> &'static str {
    match mode {
        TlsMode::SelfSigned => "SELF_SIGNED",
        TlsMode::OwnCert => "OWN_CERT",
        TlsMode::AutoGenerate => "AUTO_GENERATE",
        TlsMode::Ingress => "ingress",
        TlsMode::CertManager => "cert-manager",
        TlsMode::Acm => "acm",
        TlsMode::Other => "other",
    }
}

/// A mode of the CHT's own nginx.
fn nginx_mode(word: &str) -> Option<TlsMode> {
    match word {
        "SELF_SIGNED" => Some(TlsMode::SelfSigned),
        "OWN_CERT" => Some(TlsMode::OwnCert),
        "AUTO_GENERATE" => Some(TlsMode::AutoGenerate),
        _ => None,
    }
}

/// What `renewals.tls` says, graded; its arguments are those of an answer, and the mode.
fn own(cx: &Context<'_>, tls: &TlsRenewal, mode: TlsMode, grade: fn(&'static str, Args) -> Graded, message: &'static str) -> Own {
    let date = tls.date.or(cx.site.said.reviewed.as_ref().map(|reviewed| reviewed.date));
    let mut told = who_and_when(tls.by.as_deref(), date.map(|day| day.0));
    told.insert("mode".to_owned(), word(mode).into());
    Own { graded: grade(message, told), date: tls.date, by: tls.by.clone(), record: tls.record.clone(), ageless: false, path: "renewals.tls.mode" }
}

/// The mode that the environment file sets, and when that was read.
fn filed_mode(cx: &Context<'_>) -> Option<(TlsMode, Timestamp)> {
    let seen = env(cx)?.ok()?;
    Some((nginx_mode(seen.facts.values.get("CERTIFICATE_MODE")?)?, seen.at))
}

/// The mode that the CHT's nginx itself names beside the challenges.
fn told_mode(cx: &Context<'_>) -> Option<TlsMode> {
    let seen = acme_answers(cx).ok()?;
    seen.facts.values().filter_map(|outcome| outcome.facts().ok()).find_map(|answer| nginx_mode(answer.certificate_mode.as_deref()?))
}

fn acme_answers<'a>(cx: &Context<'a>) -> Result<Seen<'a, BTreeMap<String, Outcome<AcmePath>>>, Cause> {
    let seen = cht(cx, ChtPart::AcmePath)?;
    match seen.facts {
        ChtFacts::AcmePath(facts) => Ok(Seen { at: seen.at, facts }),
        _ => Err(other_part(cx)),
    }
}

// renewals.tls-automation ----------------------------------------------------------------------------------------------

pub(super) fn automation(cx: &Context<'_>) -> Vec<Judgement> {
    let own = cx.site.said.renewals.tls.as_ref().and_then(|tls| match tls.mode? {
        mode @ (TlsMode::AutoGenerate | TlsMode::CertManager | TlsMode::Acm) => Some(own(cx, tls, mode, Graded::good, "declared")),
        mode @ (TlsMode::SelfSigned | TlsMode::OwnCert) => Some(own(cx, tls, mode, Graded::bad, "by-hand")),
        // Where TLS ends says nothing of what renews it there.
        TlsMode::Ingress | TlsMode::Other => None,
    });
    let mut question = only_said(cx.said(own));
    let scheduled = renewal_jobs(cx).and_then(|seen| Some(Document { graded: grade_schedule(cx, &seen.facts)?, at: seen.at }));
    question.document = scheduled.or_else(|| by_the_cloud(cx));
    each_address(cx, &question, |address, handshake, at| grade_automation(cx, address, handshake, at))
}

/// The certificate of the ingress in the Helm values. One of AWS's own manager may be made there, and is then renewed, or
/// imported, and is not: that is not told here.
fn by_the_cloud(cx: &Context<'_>) -> Option<Document> {
    let seen = helm(cx)?.ok()?;
    let told = args([("file", cx.site.said.files.helm_values.as_deref().unwrap_or_default().into())]);
    let graded = match seen.facts.certificate? {
        IngressCertificate::Google => Graded::good("managed", told),
        IngressCertificate::Uploaded => Graded::bad("uploaded", told),
        IngressCertificate::Acm => return None,
    };
    Some(Document { graded, at: seen.at })
}

/// The crontab's lines that renew a certificate; none where it was not read or has no such line.
fn renewal_jobs<'a>(cx: &Context<'a>) -> Option<Jobs<'a>> {
    let ask = crontab_ask(cx.site)?;
    let seen: Seen<'_, CrontabFacts> = seen(&cx.evidence.crontab, &ask.key()).ok()?;
    let facts: Vec<&CronJob> = seen.facts.jobs.iter().filter(|job| job.kind == JobKind::Renewal).collect();
    (!facts.is_empty()).then_some(Jobs { at: seen.at, facts })
}

/// Lines of a crontab, and when they were read.
struct Jobs<'a> {
    at: Timestamp,
    facts: Vec<&'a CronJob>,
}

/// The programs of lines that load a certificate and renew none.
const LOADERS: [&str; 2] = ["nginx", "caddy"];

/// The most frequent job decides. A schedule that is not understood says nothing.
fn grade_schedule(cx: &Context<'_>, jobs: &[&CronJob]) -> Option<Graded> {
    // cron cannot run what wants a terminal or holds a bare `%`; and to load a certificate again renews none.
    let renews = |job: &&&CronJob| !job.wants_terminal && !job.cut_at_percent && !LOADERS.contains(&job.tool.as_str());
    let (every, job) = jobs.iter().filter(renews).filter_map(|job| Some((job.every.filter(|every| *every > 0)?, job))).min_by_key(|(every, _)| *every)?;
    let told = args([("tool", job.tool.as_str().into()), ("line", i64::from(job.line).into()), ("every", Arg::Duration(every))]);
    Some(if every <= cx.limit("schedule") { Graded::good("scheduled", told) } else { Graded::middling("seldom", told) })
}

/// Whether the certificate was renewed in time by the moment of the look: it tells of what had happened until then.
fn grade_automation(cx: &Context<'_>, address: &str, handshake: &Handshake, at: Timestamp) -> Result<Graded, Cause> {
    let leaf = leaf(address, handshake)?;
    let left = leaf.not_after.duration_since(at).as_secs();
    let lifetime = leaf.not_after.duration_since(leaf.not_before).as_secs();
    let told = args([
        ("address", address.into()),
        ("issuer", issuer(leaf).into()),
        ("date", cx.now.day(leaf.not_after).into()),
        ("days", Arg::Count(left.max(0) / Span::DAY)),
        ("lifetime", Arg::Count(lifetime / Span::DAY)),
    ]);
    let within_part = |name| left.saturating_mul(cx.limit(name)) <= lifetime;
    match maker(cx, handshake, leaf) {
        Maker::Installer | Maker::Itself => Ok(Graded::bad("never", told)),
        Maker::Acme | Maker::Staging if lifetime <= cx.limit("automated-lifetime") => Ok(match (within_part("warn"), within_part("pass")) {
            (true, _) => Graded::bad("overdue", told),
            (false, true) => Graded::middling("overdue", told),
            (false, false) => Graded::good("pass", told),
        }),
        // Other authorities issue to programs and to people alike.
        Maker::Acme | Maker::Staging | Maker::Public(_) | Maker::Private | Maker::Helper | Maker::Unclear => {
            Err(Cause::new(CauseKind::Vantage, format!("{address}: {}", issuer(leaf))))
        }
    }
}

// renewals.tls-reload --------------------------------------------------------------------------------------------------

pub(super) fn reload(cx: &Context<'_>) -> Vec<Judgement> {
    let mut question = only_said(cx.said(None));
    question.document = renewal_jobs(cx).map(|jobs| Document { graded: grade_reload(cx, &jobs.facts), at: jobs.at });
    if let (None, Some(ask)) = (&question.document, crontab_ask(cx.site)) {
        let cause = seen(&cx.evidence.crontab, &ask.key()).err();
        question.measurement = Err(cause.unwrap_or_else(|| Cause::new(CauseKind::File, ask.path)));
    }
    vec![cx.settle(question)]
}

/// The line that works best decides.
fn grade_reload(cx: &Context<'_>, jobs: &[&CronJob]) -> Graded {
    let told = |job: &CronJob| args([("line", i64::from(job.line).into()), ("container", job.container.as_deref().unwrap_or("nginx").into())]);
    // A line that runs at boot only, or that cron cuts off at a bare `%`, does not load the next certificate.
    let reloading = || jobs.iter().filter(|job| job.reloads_nginx && !job.cut_at_percent && job.schedule != "@reboot");
    let in_time = |job: &CronJob| job.every.is_some_and(|every| (1..=cx.limit("pass")).contains(&every));
    let services = services(cx);
    let grade = |job: &CronJob| {
        if job.wants_terminal {
            Graded::middling("wants-terminal", told(job))
        } else if has_old_name(job) {
            Graded::middling("old-name", told(job))
        } else if !in_time(job) {
            let mut told = told(job);
            told.insert("schedule".to_owned(), job.schedule.as_str().into());
            Graded::middling("odd-time", told)
        } else if job.container.as_deref().is_some_and(|container| !is_the_chts(container, services)) {
            Graded::middling("other-container", told(job))
        } else if let Some(service) = runs_nginx(services).filter(|_| job.reloads_host) {
            Graded::middling("on-host", args([("line", i64::from(job.line).into()), ("file", service.file.as_str().into())]))
        } else {
            Graded::good("reloads", told(job))
        }
    };
    let none = || Graded::middling("no-reload", args([("lines", jobs.iter().map(|job| job.line.to_string()).collect::<Vec<_>>().into())]));
    let mut grades: Vec<Graded> = reloading().map(|job| grade(job)).collect();
    let best = grades.iter().position(|graded| graded.rating == Rating::Good).unwrap_or_default();
    if grades.is_empty() { none() } else { grades.swap_remove(best) }
}

/// The services of the compose files; none where no file is named or could be read.
fn services<'a>(cx: &Context<'a>) -> Option<&'a BTreeMap<String, Service>> {
    Some(&compose(cx)?.ok()?.facts.services)
}

/// The service that is the CHT's nginx.
fn runs_nginx(services: Option<&BTreeMap<String, Service>>) -> Option<&Service> {
    services?.iter().find_map(|(name, service)| (name == "nginx" || service.image.as_ref().is_some_and(|image| image.contains("cht-nginx"))).then_some(service))
}

/// Whether a container is the CHT's nginx: the name that its compose file gives, else one that holds both words.
fn is_the_chts(container: &str, services: Option<&BTreeMap<String, Service>>) -> bool {
    let named = runs_nginx(services).and_then(|service| service.container_name.as_deref());
    let holds = |word: &str| container.to_ascii_lowercase().contains(word);
    named.map_or_else(|| holds("cht") && holds("nginx"), |named| named == container)
}

/// Compose 1 joined the parts of a container's name by `_`. Compose 2, alone since July 2023, joins them by `-`.
fn has_old_name(job: &CronJob) -> bool {
    job.container.as_ref().is_some_and(|name| name.ends_with("_nginx_1"))
}

// renewals.acme-path ---------------------------------------------------------------------------------------------------

pub(super) fn acme_path(cx: &Context<'_>) -> Vec<Judgement> {
    if let Some(others) = issued_by_others(cx) {
        return vec![settle::not_applicable(cx.definition, "not-acme", args([("issuers", others.into())]))];
    }
    let question = only_said(cx.said(None));
    let seen = match acme_answers(cx) {
        Ok(seen) if !seen.facts.is_empty() => seen,
        Ok(_) => return vec![cx.settle(Question { measurement: Err(Cause::new(CauseKind::NoAddress, cx.site.host())), ..question })],
        Err(cause) => return vec![cx.settle(Question { measurement: Err(cause), ..question })],
    };
    let answering: Vec<String> = seen.facts.iter().filter(|(_, outcome)| outcome.facts().is_ok()).map(|(address, _)| address.clone()).collect();
    let each = seen.facts.iter().map(|(address, outcome)| {
        let measurement = grade_acme(cx, address, outcome, &answering).map(|graded| Measurement { graded, at: seen.at, tier: Tier::Network });
        cx.settle(Question { subject: address.clone(), measurement, ..question.clone() })
    });
    each.collect()
}

/// The issuers, where every address was seen to serve what no HTTP challenge renews, and nothing says that one is meant
/// to.
fn issued_by_others(cx: &Context<'_>) -> Option<Vec<String>> {
    let declared = cx.site.said.renewals.tls.as_ref().and_then(|tls| tls.mode);
    if [declared, filed_mode(cx).map(|(mode, _)| mode), told_mode(cx)].contains(&Some(TlsMode::AutoGenerate)) {
        return None;
    }
    let mut issuers = Vec::new();
    for (address, outcome) in handshakes(cx).ok()?.facts {
        let handshake = outcome.facts().ok()?;
        let leaf = leaf(address, handshake).ok()?;
        if matches!(maker(cx, handshake, leaf), Maker::Acme | Maker::Staging | Maker::Unclear) {
            return None;
        }
        issuers.push(issuer(leaf).to_owned());
    }
    issuers.dedup();
    Some(issuers)
}

/// A port 80 that does not answer, on an address whose TLS port does, is what an authority would meet as well.
fn grade_acme(cx: &Context<'_>, address: &str, outcome: &Outcome<AcmePath>, answering: &[String]) -> Result<Graded, Cause> {
    let told = |status: Option<u16>| {
        let mut told = args([("address", address.into())]);
        if let Some(status) = status {
            told.insert("status".to_owned(), i64::from(status).into());
        }
        told
    };
    match outcome {
        Outcome::Seen(answer) if answer.status >= 500 => Ok(Graded::bad("broken", told(Some(answer.status)))),
        Outcome::Seen(answer) if answer.certificate_mode.is_some() => Ok(Graded::good("pass", told(Some(answer.status)))),
        Outcome::Seen(answer) => {
            // Anybody's port 80 answers something: only TLS says whose it is.
            let handshake = handshakes(cx)?.facts.get(address).ok_or_else(|| Cause::new(CauseKind::NotCollected, address))?.facts().map_err(Clone::clone)?;
            of_the_site(address, handshake, Graded::good("open", told(Some(answer.status))))
        }
        Outcome::Missed(cause) if matches!(cause.kind, CauseKind::Refused | CauseKind::Timeout) && answers_tls(cx, address) => Ok(if answering.is_empty() {
            Graded::bad("blocked", told(None))
        } else {
            Graded::middling("one-of-several", args([("address", address.into()), ("answering", answering.to_vec().into())]))
        }),
        Outcome::Missed(cause) => Err(cause.clone()),
    }
}

/// TLS was agreed on that address in the same run.
fn answers_tls(cx: &Context<'_>, address: &str) -> bool {
    handshakes(cx).is_ok_and(|seen| seen.facts.get(address).is_some_and(|outcome| outcome.facts().is_ok()))
}

// renewals.mode-consistent ---------------------------------------------------------------------------------------------

pub(super) fn mode_consistent(cx: &Context<'_>) -> Vec<Judgement> {
    let tls = cx.site.said.renewals.tls.as_ref();
    let declared = tls.and_then(|tls| tls.mode).filter(|mode| *mode != TlsMode::Other);
    let filed = filed_mode(cx);
    let wanted = declared.or(filed.map(|(mode, _)| mode)).or_else(|| told_mode(cx));
    let own = tls.zip(declared).map(|(tls, mode)| own(cx, tls, mode, Graded::good, "declared"));

    // A word alone agrees with itself: it counts only where there is something to hold it against.
    let one = |subject: &str, measurement: Result<Measurement, Cause>| {
        let document = compare_words(declared, filed, measurement.is_ok());
        let compared = measurement.is_ok() || document.is_some();
        let (claim, path) = cx.said(own.clone().filter(|_| compared));
        cx.settle(Question { subject: subject.to_owned(), path, best: None, claim, document, measurement })
    };
    let seen = match handshakes(cx) {
        Ok(seen) => seen,
        Err(cause) => return vec![one("", Err(cause))],
    };
    let each = seen.facts.iter().map(|(address, outcome)| {
        let graded = outcome.facts().map_err(Clone::clone).and_then(|handshake| grade_mode(cx, address, handshake, wanted));
        one(address, graded.map(|graded| Measurement { graded, at: seen.at, tier: Tier::Network }))
    });
    each.collect()
}

/// What the environment file says, against the description where both speak of the CHT's own nginx.
fn compare_words(declared: Option<TlsMode>, filed: Option<(TlsMode, Timestamp)>, measured: bool) -> Option<Document> {
    let (filed, at) = filed?;
    let graded = match declared.and_then(|mode| nginx_mode(word(mode))) {
        Some(declared) if declared != filed => Graded::bad("differs", args([("declared", word(declared).into()), ("filed", word(filed).into())])),
        Some(_) => Graded::good("filed", args([("mode", word(filed).into())])),
        None if declared.is_none() && measured => Graded::good("filed", args([("mode", word(filed).into())])),
        None => return None,
    };
    Some(Document { graded, at })
}

fn grade_mode(cx: &Context<'_>, address: &str, handshake: &Handshake, wanted: Option<TlsMode>) -> Result<Graded, Cause> {
    let leaf = leaf(address, handshake)?;
    let mode = wanted.ok_or_else(|| Cause::new(CauseKind::NotCollected, "CERTIFICATE_MODE"))?;
    let told = args([("address", address.into()), ("mode", word(mode).into()), ("issuer", issuer(leaf).into())]);
    match fits(mode, maker(cx, handshake, leaf)) {
        // The certificate that the CHT signs itself names nobody.
        Some(true) if mode == TlsMode::SelfSigned => Ok(Graded::good("pass", told)),
        Some(true) => of_the_site(address, handshake, Graded::good("pass", told)),
        Some(false) => Ok(Graded::bad("mismatch", told)),
        None => Err(Cause::new(CauseKind::Vantage, format!("{address}: {}", issuer(leaf)))),
    }
}

/// Whether this mode leads to such a certificate; none where it may or may not.
fn fits(mode: TlsMode, maker: Maker<'_>) -> Option<bool> {
    if matches!(maker, Maker::Unclear) {
        return None;
    }
    match mode {
        TlsMode::SelfSigned => Some(matches!(maker, Maker::Installer | Maker::Itself)),
        // certbot can be pointed at an authority of one's own, or at one that is not known here.
        TlsMode::AutoGenerate if matches!(maker, Maker::Private | Maker::Public(None)) => None,
        TlsMode::AutoGenerate => Some(matches!(maker, Maker::Acme | Maker::Staging)),
        TlsMode::OwnCert => Some(!matches!(maker, Maker::Installer | Maker::Helper)),
        // A self-signed certificate is what an ingress shows while it has none of its own.
        TlsMode::Ingress | TlsMode::CertManager => Some(!matches!(maker, Maker::Installer | Maker::Helper | Maker::Itself)),
        TlsMode::Acm => Some(matches!(maker, Maker::Public(Some(authority)) if authority.issuer == "Amazon")),
        TlsMode::Other => None,
    }
}
