//! What TLS handshakes show. Dates, names, order and path stand apart, so that any moment can be judged truly.

use std::collections::BTreeMap;

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::Outcome;

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
    /// `TLS 1.0` or `TLS 1.1` where it was accepted; `None` where it was refused.
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
    /// The chain as sent, leaf first.
    pub chain: Vec<Certificate>,
    /// The leaf names the host that was asked for.
    pub name_matches: bool,
    /// Each certificate of the chain is signed by the next.
    pub ordered: bool,
    /// Whether the chain leads to a root that is trusted here, at a moment inside its own validity.
    pub path: Path,
    /// A stapled OCSP answer came along.
    pub stapled: bool,
}

/// Where the chain leads, its dates aside.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Path {
    /// To a public root, or one given by `--ca-file`.
    Trusted,
    /// The leaf is signed by itself.
    SelfSigned,
    /// The issuer of the last certificate sent is not among the roots, and no intermediate is missing by name.
    UnknownRoot,
    /// The leaf came alone or its chain breaks off; nothing that was sent leads on.
    Incomplete,
    /// A signature does not verify, or uses an algorithm that is no longer accepted.
    BadSignature,
    /// The certificate cannot be used for a server (purpose, constraints, a CA as a leaf) or cannot be read.
    #[default]
    NotUsable,
}

/// One certificate. What is absent from a bundle reads as its worst value.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct Certificate {
    /// The subject, as one line.
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
    /// DNS names and IP addresses it is valid for.
    pub names: Vec<String>,
    /// Its first moment.
    #[schemars(with = "String")]
    pub not_before: Timestamp,
    /// Its last moment.
    #[schemars(with = "String")]
    pub not_after: Timestamp,
    /// `RSA`, `EC`, `Ed25519` or an OID.
    pub key: String,
    /// The size of the key, in bits.
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
