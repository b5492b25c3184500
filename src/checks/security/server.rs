//! How the server answers strangers.

use crate::{
    checks::{
        Context, Graded, Judgement, Measurement, Question,
        asks::{cht, other_part},
        renewals::{handshakes, of_the_site, tls_ask},
    },
    evidence::{
        ChtFacts, ChtPart, Outcome, Seen,
        cht::{LoginPage, PlainHttp, StartPage},
        seen,
        tls::{Certificate, Handshake},
    },
    finding::{Arg, Cause, CauseKind, Tier, args},
};

use super::{measured, only_said};

// security.couchdb-anonymous -------------------------------------------------------------------------------------------

/// The paths of `CouchDB` that the probe tries.
const COUCHDB_PATHS: [&str; 3] = ["/_all_dbs", "/_utils/", "/_up"];

pub(super) fn couchdb_anonymous(cx: &Context<'_>) -> Vec<Judgement> {
    let seen = cht(cx, ChtPart::Anonymous).and_then(|seen| match seen.facts {
        ChtFacts::Anonymous(facts) => Ok(Seen { at: seen.at, facts }),
        _ => Err(other_part(cx)),
    });
    measured(cx, seen, |answers| {
        let open: Vec<String> =
            answers.iter().filter(|(_, answer)| answer.facts().is_ok_and(|answer| answer.couchdb_answered)).map(|(path, _)| path.clone()).collect();
        if !open.is_empty() {
            return Ok(Graded::bad("open", args([("paths", open.into())])));
        }
        // Every path must be known to be shut, and one at least by the word of the CHT: a proxy's 404 alone is not it.
        let mut refused = Vec::new();
        for path in COUCHDB_PATHS {
            let answer = answers.get(path).ok_or_else(|| Cause::new(CauseKind::NotCollected, path))?.facts().map_err(Clone::clone)?;
            match (answer.refused, answer.status) {
                (true, _) => refused.push(path.to_owned()),
                (false, 404) => {}
                (false, status) => return Err(Cause::new(CauseKind::Status, format!("{path}: {status}"))),
            }
        }
        if refused.is_empty() {
            return Err(Cause::new(CauseKind::Status, "404"));
        }
        Ok(Graded::good("pass", args([("paths", refused.into())])))
    })
}

// security.tls-config --------------------------------------------------------------------------------------------------

/// One judgement on all addresses: the old versions are asked of one only, and one configuration serves them all.
pub(super) fn tls_config(cx: &Context<'_>) -> Vec<Judgement> {
    let legacy = seen(&cx.evidence.tls, &tls_ask(cx.site).key()).map(|seen| seen.facts.legacy.as_ref());
    measured(cx, handshakes(cx), |addresses| {
        if let Ok(Some(Outcome::Seen(legacy))) = &legacy
            && let Some(version) = &legacy.accepted
        {
            return Ok(Graded::bad("legacy", args([("version", version.as_str().into())])));
        }
        let mut missed = None;
        let mut strong = Vec::new();
        for (address, outcome) in addresses {
            match outcome.facts().map_err(Clone::clone).and_then(|handshake| Ok((handshake, weakness(cx, address, handshake)?))) {
                Ok((_, Some(weak))) => return Ok(weak),
                Ok((handshake, None)) => strong.push(handshake),
                Err(cause) => missed = Some(cause),
            }
        }
        // An old version that was not asked for may still be accepted: nothing less than bad can be said without that.
        legacy.clone()?.ok_or_else(|| Cause::new(CauseKind::NotCollected, "TLS 1.0"))?.facts().map_err(Clone::clone)?;
        if let Some(cause) = missed {
            return Err(cause);
        }
        let mut told: Vec<String> = strong.iter().map(|handshake| format!("{} {}", handshake.version, handshake.suite)).collect();
        told.sort_unstable();
        told.dedup();
        let told = args([("agreed", told.into())]);
        for (address, outcome) in addresses {
            if let Ok(handshake) = outcome.facts() {
                of_the_site(address, handshake, Graded::good("pass", args([])))?;
            }
        }
        let all_13 = strong.iter().all(|handshake| handshake.version == "TLS 1.3");
        Ok(if all_13 { Graded::good("pass", told) } else { Graded::middling("no-13", told) })
    })
}

/// A key or signature that others can forge; none where all of the chain is strong.
///
/// # Errors
/// A version or a kind of key that is not known here: it cannot be called strong.
fn weakness(cx: &Context<'_>, address: &str, handshake: &Handshake) -> Result<Option<Graded>, Cause> {
    let unknown = |what: &str| Err(Cause::new(CauseKind::NotUnderstood, format!("{address}: {what}")));
    for certificate in &handshake.chain {
        let told = |what: String| args([("address", address.into()), ("what", what.into())]);
        let least = match certificate.key.as_str() {
            "RSA" => cx.limit("rsa-bits"),
            "EC" => cx.limit("ec-bits"),
            "Ed25519" => 0,
            other => return unknown(other),
        };
        if i64::from(certificate.key_bits) < least {
            return Ok(Some(Graded::bad("weak-key", told(format!("{} {}", certificate.key, certificate.key_bits)))));
        }
        if has_weak_signature(certificate) {
            return Ok(Some(Graded::bad("weak-signature", told(certificate.signature.clone()))));
        }
    }
    match (handshake.version.as_str(), handshake.chain.is_empty()) {
        ("TLS 1.2" | "TLS 1.3", false) => Ok(None),
        (version, _) => unknown(version),
    }
}

/// MD5 and SHA-1 can be forged. A root's own signature is never checked.
fn has_weak_signature(certificate: &Certificate) -> bool {
    let signature = certificate.signature.to_ascii_lowercase();
    !certificate.self_issued && (signature.contains("md5") || signature.contains("sha1"))
}

// security.headers -----------------------------------------------------------------------------------------------------

pub(super) fn headers(cx: &Context<'_>) -> Vec<Judgement> {
    let login = cht(cx, ChtPart::LoginPage).and_then(|seen| match seen.facts {
        ChtFacts::LoginPage(facts) => Ok(Seen { at: seen.at, facts }),
        _ => Err(other_part(cx)),
    });
    let start = cht(cx, ChtPart::StartPage).and_then(|seen| match seen.facts {
        ChtFacts::StartPage(facts) => Ok(Seen { at: seen.at, facts }),
        _ => Err(other_part(cx)),
    });
    let graded = grade_headers(cx, &login, &start);
    // Both were looked at; what rests on both is as old as the older.
    let at = [login.map(|seen| seen.at), start.map(|seen| seen.at)].into_iter().flatten().min();
    let measurement = match (graded, at) {
        (Ok(graded), Some(at)) => Ok(Measurement { graded, at, tier: Tier::Network }),
        (Ok(_), None) => Err(Cause::new(CauseKind::NotCollected, "")),
        (Err(cause), _) => Err(cause),
    };
    vec![cx.settle(Question { measurement, ..only_said(cx.said(None)) })]
}

/// What is bad on one page is bad without the other; good takes both.
fn grade_headers(cx: &Context<'_>, login: &Result<Seen<'_, LoginPage>, Cause>, start: &Result<Seen<'_, StartPage>, Cause>) -> Result<Graded, Cause> {
    let url = || ("url", Arg::from(cx.site.said.url.as_str()));
    // A lifetime of 0 takes the promise back.
    let hsts = login.as_ref().map(|login| login.facts.hsts_seconds.filter(|seconds| *seconds > 0));
    if hsts == Ok(None) {
        return Ok(Graded::bad("no-hsts", args([url()])));
    }
    let insecure: Vec<String> = start.iter().flat_map(|start| &start.facts.cookies).filter(|cookie| !cookie.secure).map(|cookie| cookie.name.clone()).collect();
    if !insecure.is_empty() {
        return Ok(Graded::bad("insecure-cookie", args([("cookies", insecure.into())])));
    }
    let (page, start) = (login.as_ref().map_err(Clone::clone)?.facts, start.as_ref().map_err(Clone::clone)?.facts);
    if !start.to_login {
        // Somebody else's start page: that it sets no insecure cookie says nothing of the CHT's.
        return Err(Cause::new(CauseKind::NotUnderstood, format!("{}/: {}", cx.site.said.url, start.status)));
    }
    let seconds = i64::try_from(page.hsts_seconds.unwrap_or(0)).unwrap_or(i64::MAX);
    if seconds < cx.limit("hsts") {
        return Ok(Graded::middling("short-hsts", args([("length", Arg::Duration(seconds))])));
    }
    let missing: Vec<String> =
        [("Content-Security-Policy", page.content_security_policy), ("X-Content-Type-Options", page.nosniff), ("X-Frame-Options", page.frame_options)]
            .into_iter()
            .filter(|(_, sent)| !sent)
            .map(|(name, _)| name.to_owned())
            .collect();
    if !missing.is_empty() {
        return Ok(Graded::middling("missing", args([("headers", missing.into())])));
    }
    if let Some(version) = &page.server_version {
        return Ok(Graded::middling("names-version", args([("version", version.as_str().into())])));
    }
    Ok(Graded::good("pass", args([("length", Arg::Duration(seconds))])))
}

// security.cors --------------------------------------------------------------------------------------------------------

pub(super) fn cors(cx: &Context<'_>) -> Vec<Judgement> {
    let seen = cht(cx, ChtPart::Cors).and_then(|seen| match seen.facts {
        ChtFacts::Cors(facts) => Ok(Seen { at: seen.at, facts }),
        _ => Err(other_part(cx)),
    });
    measured(cx, seen, |answer| {
        let told = args([("url", cx.site.said.url.as_str().into())]);
        Ok(match (answer.allows_foreign_origin, answer.allows_credentials) {
            (true, true) => Graded::bad("reflected", told),
            (true, false) => Graded::middling("any-origin", told),
            (false, _) => Graded::good("pass", told),
        })
    })
}

// security.http-redirect -----------------------------------------------------------------------------------------------

/// Each address must hold: a browser takes whichever it gets.
pub(super) fn http_redirect(cx: &Context<'_>) -> Vec<Judgement> {
    let question = only_said(cx.said(None));
    let seen = cht(cx, ChtPart::PlainHttp).and_then(|seen| match seen.facts {
        ChtFacts::PlainHttp(facts) if facts.is_empty() => Err(Cause::new(CauseKind::NoAddress, cx.site.host())),
        ChtFacts::PlainHttp(facts) => Ok(Seen { at: seen.at, facts }),
        _ => Err(other_part(cx)),
    });
    let seen = match seen {
        Ok(seen) => seen,
        Err(cause) => return vec![cx.settle(Question { measurement: Err(cause), ..question })],
    };
    let each = seen.facts.iter().map(|(address, outcome)| {
        let measurement = grade_plain_http(cx, address, outcome).map(|graded| Measurement { graded, at: seen.at, tier: Tier::Network });
        cx.settle(Question { subject: address.clone(), measurement, ..question.clone() })
    });
    each.collect()
}

fn grade_plain_http(cx: &Context<'_>, address: &str, outcome: &Outcome<PlainHttp>) -> Result<Graded, Cause> {
    let answer = match outcome {
        Outcome::Seen(answer) => answer,
        // The host itself says that nothing listens there. Silence may be a filter on the way from here.
        Outcome::Missed(cause) if cause.kind == CauseKind::Refused && answers_tls(cx, address) => {
            return Ok(Graded::good("closed", args([("address", address.into())])));
        }
        Outcome::Missed(cause) => return Err(cause.clone()),
    };
    let told = args([("address", address.into()), ("status", i64::from(answer.status).into())]);
    Ok(match (answer.content, answer.to_https, answer.status) {
        (true, _, _) => Graded::bad("content", told),
        (false, true, 301 | 308) => Graded::good("pass", told),
        (false, true, _) => Graded::middling("temporary", told),
        (false, false, _) => Graded::middling("no-redirect", told),
    })
}

/// TLS was agreed on that address in the same run.
fn answers_tls(cx: &Context<'_>, address: &str) -> bool {
    handshakes(cx).is_ok_and(|seen| seen.facts.get(address).is_some_and(|outcome| outcome.facts().is_ok()))
}
