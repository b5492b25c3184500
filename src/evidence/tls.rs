//! What TLS handshakes show. Dates, names, order and path stand apart, so that any moment can be judged truly.

use std::collections::BTreeMap;

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::Outcome;
use crate::finding::{Cause, CauseKind};

/// TLS on every address of a name.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct TlsFacts {
    /// By IP address.
    pub addresses: BTreeMap<String, Outcome<Handshake>>,
    /// Whether TLS 1.0 or 1.1 is still accepted, asked of one address: the version named in its answer.
    pub legacy: Option<Outcome<LegacyTls>>,
}

/// What an old ClientHello was answered with.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct LegacyTls {
    /// `SSL 3.0`, `TLS 1.0` or `TLS 1.1` where it was accepted; `None` where it was refused.
    pub accepted: Option<String>,
}

/// One finished handshake, whatever the certificate.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct Handshake {
    /// `TLS 1.2` or `TLS 1.3`.
    pub version: String,
    /// The cipher suite, by its IANA name.
    pub suite: String,
    /// The chain as sent, leaf first, as far as it can be read; at most 16 certificates.
    pub chain: Vec<Certificate>,
    /// The leaf names the host that was asked for.
    pub name_matches: bool,
    /// Each certificate of the chain is issued by the next, and every one could be read.
    pub ordered: bool,
    /// Whether the chain leads to a root that is trusted here, at a moment inside its own validity.
    pub path: Path,
    /// The last moment at which that path holds: the first end among the certificates that it needs. A certificate that
    /// was sent beside the path does not count. `None` where the path is not trusted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<String>")]
    pub path_until: Option<Timestamp>,
    /// A stapled OCSP answer came along.
    pub stapled: bool,
    /// What that answer says of the leaf; `None` where none came, or where the path is not trusted: nothing can be verified then.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub staple: Option<Outcome<Revocation>>,
    /// What the list of revoked certificates that the leaf names says of it; `None` where nobody asked: a stapled answer
    /// tells, the path is not trusted, or the leaf is outside of its dates.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub crl: Option<Outcome<Revocation>>,
}

impl Handshake {
    /// The chain leads to a trusted root and the leaf is inside its dates: only then it matters whether it was revoked.
    #[must_use]
    pub fn is_current(&self, at: Timestamp) -> bool {
        self.path == Path::Trusted && self.chain.first().is_some_and(|leaf| (leaf.not_before..=leaf.not_after).contains(&at))
    }

    /// What is known of the leaf's revocation at a moment. That it was revoked counts before all else.
    ///
    /// # Errors
    /// Why nothing is known: the cause that was seen; `NotProven` with its dates where what was seen does not hold at that
    /// moment; `NotCollected` where nobody looked.
    pub fn revocation(&self, at: Timestamp) -> Result<&Revocation, Cause> {
        let seen: Vec<_> = self.staple.iter().chain(&self.crl).map(Outcome::facts).collect();
        let holding = seen.iter().filter_map(|told| told.ok()).filter(|told| told.holds(at));
        if let Some(told) = holding.max_by_key(|told| told.status) {
            return Ok(told);
        }
        Err(match seen.last() {
            Some(Ok(told)) => Cause::new(CauseKind::NotProven, format!("{}, {} to {}", told.source, told.this_update, told.next_update)),
            Some(Err(cause)) => (*cause).clone(),
            None => Cause::new(CauseKind::NotCollected, ""),
        })
    }
}

/// What a certificate's authority says of it. Its signature was verified when it was seen; its dates stand apart.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Revocation {
    /// Whether it was revoked.
    pub status: RevocationStatus,
    /// When it was revoked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<String>")]
    pub revoked_at: Option<Timestamp>,
    /// Why, in the words of RFC 5280, for example `key-compromise`; `None` where none is given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// From when on it is so.
    #[schemars(with = "String")]
    pub this_update: Timestamp,
    /// Until when it may be relied on.
    #[schemars(with = "String")]
    pub next_update: Timestamp,
    /// `stapled`, or the address of the list.
    pub source: String,
}

impl Revocation {
    /// What it says may be relied on at that moment. A revocation is for ever, unless the certificate is only put on hold.
    #[must_use]
    pub fn holds(&self, at: Timestamp) -> bool {
        let for_ever = self.status == RevocationStatus::Revoked && self.reason.as_deref() != Some("certificate-hold");
        for_ever || (self.this_update..=self.next_update).contains(&at)
    }
}

/// Whether a certificate was revoked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum RevocationStatus {
    /// It was not.
    Good,
    /// It was.
    Revoked,
}

/// Where the chain leads, its dates aside.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Path {
    /// To a public root, or one given by `--ca-file`.
    Trusted,
    /// The leaf is signed by itself.
    SelfSigned,
    /// The chain ends in a root that is not trusted here, or in an intermediate whose issuer is not among the roots.
    UnknownRoot,
    /// The leaf came alone, or its chain breaks off although more was sent; no root has the issuer's name.
    Incomplete,
    /// A signature, a certificate's or the handshake's own, does not verify, or is of a kind that is no longer accepted
    /// (SHA-1, RSA under 2,048 bits).
    BadSignature,
    /// The certificate cannot be used for a server (purpose, constraints, a CA as a leaf), cannot be read, or is at no
    /// moment valid together with its issuer.
    #[default]
    NotUsable,
}

/// One certificate. What is absent from a bundle reads as its worst value.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct Certificate {
    /// The subject, as one line. Texts are cut at 200 characters.
    pub subject: String,
    /// The common name of the subject.
    pub common_name: Option<String>,
    /// The organisation of the subject.
    pub organisation: Option<String>,
    /// The issuer, as one line.
    pub issuer: String,
    /// The organisation of the issuer, else its common name.
    pub issuer_name: Option<String>,
    /// Subject is issuer.
    pub self_issued: bool,
    /// DNS names and IP addresses it is valid for; the first 100.
    pub names: Vec<String>,
    /// Its first moment. Moments past the year 9999 become the last of that year.
    #[schemars(with = "String")]
    pub not_before: Timestamp,
    /// Its last moment.
    #[schemars(with = "String")]
    pub not_after: Timestamp,
    /// `RSA`, `EC`, `Ed25519` or an OID.
    pub key: String,
    /// The size of the key, in bits; 0 where `key` is an OID whose keys are not measured here.
    pub key_bits: u32,
    /// The signature algorithm, for example `sha256WithRSAEncryption`, or an OID.
    pub signature: String,
    /// It demands a stapled OCSP answer.
    pub must_staple: bool,
    /// Serial number, hex.
    pub serial: String,
    /// SHA-256 of the DER, hex.
    pub sha256: String,
}
