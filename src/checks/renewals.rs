//! Judges of `renewals`; the rules are in `checks/renewals/`.

use crate::{
    evidence::{Asks, TlsAsk, seen, tls::Certificate},
    finding::{Arg, Cause, CauseKind, Tier, args},
    knowledge::Knowledge,
    site::Site,
    span::Span,
};

use super::{Check, Consideration, Context, Graded, Judgement, Measurement, Question};

/// The consideration and its rows.
pub(super) const CONSIDERATION: Consideration = Consideration {
    id: "renewals",
    definition: include_str!("../../checks/renewals/checks.yaml"),
    texts: include_str!("../../checks/renewals/en.ftl"),
    guide: include_str!("../../checks/renewals/README.md"),
    checks: &[Check {
        id: "renewals.tls-expiry",
        params: &["automated-lifetime", "automated-pass", "automated-warn", "automated-days", "short-lifetime", "pass", "warn"],
        messages: &["pass", "due", "ending", "ended", "not-yet"],
        needs: |site, _: &Knowledge, asks| ask_tls(site, asks),
        evaluate: tls_expiry,
    }],
};

/// TLS on the name that health workers use.
pub(super) fn tls_ask(site: &Site) -> TlsAsk {
    TlsAsk { host: site.host().to_owned(), port: site.port() }
}

/// Asks for TLS on the name that health workers use.
pub(super) fn ask_tls(site: &Site, asks: &mut Asks) {
    asks.tls.insert(tls_ask(site));
}

fn tls_expiry(cx: &Context<'_>) -> Vec<Judgement> {
    let ask = tls_ask(cx.site);
    let (claim, path) = cx.said(None);
    let question = |subject: &str, measurement| Question {
        subject: subject.to_owned(),
        path: path.clone(),
        best: None,
        claim: claim.clone(),
        document: None,
        measurement,
    };
    let seen = match seen(&cx.evidence.tls, &ask.key()) {
        Ok(seen) => seen,
        Err(cause) => return vec![cx.settle(question("", Err(cause)))],
    };
    // Each address must hold: a phone takes whichever it gets.
    let each = seen.facts.addresses.iter().map(|(address, outcome)| {
        let measurement = outcome.facts().map_err(Clone::clone).and_then(|handshake| {
            let leaf = handshake.chain.first().ok_or_else(|| Cause::new(CauseKind::NotUnderstood, format!("{address}: no certificate")))?;
            Ok(Measurement { graded: grade_expiry(cx, address, leaf), at: seen.at, tier: Tier::Network })
        });
        cx.settle(question(address, measurement))
    });
    each.collect()
}

fn grade_expiry(cx: &Context<'_>, address: &str, leaf: &Certificate) -> Graded {
    let left = leaf.not_after.duration_since(cx.now.as_of).as_secs();
    let lifetime = leaf.not_after.duration_since(leaf.not_before).as_secs();
    let told = |day| {
        args([
            ("address", address.into()),
            ("date", Arg::Date(cx.now.day(day))),
            ("days", Arg::Count(left.abs() / Span::DAY)),
            ("lifetime", Arg::Count(lifetime / Span::DAY)),
        ])
    };
    let ends = told(leaf.not_after);
    if leaf.not_before > cx.now.as_of {
        return Graded::bad("not-yet", told(leaf.not_before));
    }
    if left < 0 {
        return Graded::bad("ended", ends);
    }
    let (bad, middling) = if lifetime <= cx.limit("automated-lifetime") {
        let within_part = |name| left.saturating_mul(cx.limit(name)) <= lifetime;
        let nearly_gone = lifetime > cx.limit("short-lifetime") && left < cx.limit("automated-days");
        (nearly_gone || within_part("automated-warn"), within_part("automated-pass"))
    } else {
        (left < cx.limit("warn"), left < cx.limit("pass"))
    };
    match (bad, middling) {
        (true, _) => Graded::bad("ending", ends),
        (false, true) => Graded::middling("due", ends),
        (false, false) => Graded::good("pass", ends),
    }
}
