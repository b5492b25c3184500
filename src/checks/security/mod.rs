//! Judges of `security`; the rules are in `checks/security/`.

mod people;
mod ports;
mod secrets;
mod server;

use crate::{
    evidence::{Asks, ChtPart, Seen},
    finding::{Cause, CauseKind, Tier},
    knowledge::Knowledge,
    site::Site,
};

use super::{
    Check, Consideration, Context, Graded, Judgement, Measurement, Question,
    asks::{ask_cht, ask_compose, ask_env, ask_helm, ask_ports, ask_version},
    claim::Said,
    needs_nothing,
    renewals::ask_tls,
};

/// The consideration and its rows.
pub(super) const CONSIDERATION: Consideration = Consideration {
    id: "security",
    definition: include_str!("../../../checks/security/checks.yaml"),
    texts: include_str!("../../../checks/security/en.ftl"),
    guide: include_str!("../../../checks/security/README.md"),
    checks: &[
        Check {
            id: "security.disk-encryption",
            params: &[],
            messages: &["declared", "by-person", "unencrypted", "differs"],
            needs: needs_nothing,
            evaluate: secrets::disk_encryption,
        },
        Check {
            id: "security.exposed-ports",
            params: &[],
            messages: &["pass", "grave", "declared-grave", "open", "open-inside", "published", "service"],
            needs: |site, knowledge, asks| {
                ask_ports(site, knowledge, asks);
                ask_compose(site, knowledge, asks);
                ask_helm(site, knowledge, asks);
            },
            evaluate: ports::exposed_ports,
        },
        Check {
            id: "security.couchdb-anonymous",
            params: &[],
            messages: &["pass", "open"],
            needs: |site, _, asks| ask_cht(site, asks, ChtPart::Anonymous),
            evaluate: server::couchdb_anonymous,
        },
        Check {
            id: "security.default-credentials",
            params: &[],
            messages: &["pass", "published", "empty", "written-out", "short"],
            needs: ask_secrets,
            evaluate: secrets::default_credentials,
        },
        Check {
            id: "security.secret-quality",
            params: &[],
            messages: &["pass", "published", "unset", "written-out", "short"],
            needs: ask_secrets,
            evaluate: secrets::secret_quality,
        },
        Check { id: "security.env-permissions", params: &[], messages: &[], needs: needs_nothing, evaluate: people::answered },
        Check {
            id: "security.tls-config",
            params: &["rsa-bits", "ec-bits"],
            messages: &["pass", "no-13", "legacy", "weak-key", "weak-signature"],
            needs: |site, _, asks| ask_tls(site, asks),
            evaluate: server::tls_config,
        },
        Check {
            id: "security.headers",
            params: &["hsts"],
            messages: &["pass", "no-hsts", "insecure-cookie", "short-hsts", "missing", "names-version"],
            needs: |site, _, asks| {
                ask_cht(site, asks, ChtPart::LoginPage);
                ask_cht(site, asks, ChtPart::StartPage);
            },
            evaluate: server::headers,
        },
        Check {
            id: "security.cors",
            params: &[],
            messages: &["pass", "any-origin", "reflected"],
            needs: |site, _, asks| ask_cht(site, asks, ChtPart::Cors),
            evaluate: server::cors,
        },
        Check {
            id: "security.http-redirect",
            params: &[],
            messages: &["pass", "temporary", "no-redirect", "content", "closed"],
            needs: |site, _, asks| {
                ask_cht(site, asks, ChtPart::PlainHttp);
                ask_tls(site, asks);
            },
            evaluate: server::http_redirect,
        },
        Check {
            id: "security.password-version",
            params: &[],
            messages: &["enforced", "limits-only", "neither"],
            needs: ask_version,
            evaluate: people::password_version,
        },
        Check { id: "security.password-skip", params: &[], messages: &[], needs: needs_nothing, evaluate: people::answered },
        Check { id: "security.password-policy", params: &[], messages: &["no-passwords"], needs: needs_nothing, evaluate: people::password_policy },
        Check { id: "security.token-login", params: &[], messages: &["declared", "passwords"], needs: needs_nothing, evaluate: people::token_login },
        Check { id: "security.admin-accounts", params: &[], messages: &[], needs: needs_nothing, evaluate: people::answered },
        Check { id: "security.session-lifetime", params: &[], messages: &[], needs: needs_nothing, evaluate: people::answered },
    ],
};

/// Asks for the files that hold the server's secrets.
fn ask_secrets(site: &Site, knowledge: &Knowledge, asks: &mut Asks) {
    ask_env(site, knowledge, asks);
    ask_compose(site, knowledge, asks);
    ask_helm(site, knowledge, asks);
}

/// A question on the whole site about which only words are known yet.
fn only_said((claim, path): Said) -> Question {
    Question { subject: String::new(), path, best: None, claim, document: None, measurement: Err(Cause::new(CauseKind::NotCollected, "")) }
}

/// One judgement on the whole site, from an answer and from what the network showed.
fn measured<T>(cx: &Context<'_>, seen: Result<Seen<'_, T>, Cause>, grade: impl FnOnce(&T) -> Result<Graded, Cause>) -> Vec<Judgement> {
    let measurement = seen.and_then(|seen| Ok(Measurement { graded: grade(seen.facts)?, at: seen.at, tier: Tier::Network }));
    vec![cx.settle(Question { measurement, ..only_said(cx.said(None)) })]
}
