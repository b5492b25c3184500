//! A chain of certificates as it was sent: what it says, and where it leads. Dates, name, order and path are told apart.

use std::{collections::BTreeSet, net::IpAddr, time::Duration};

use jiff::Timestamp;
use rustls::{
    CertificateError, RootCertStore,
    client::{verify_server_cert_signed_by_trust_anchor, verify_server_name},
    crypto::ring,
    pki_types::{CertificateDer, ServerName, UnixTime},
    server::ParsedCertificate,
};
use x509_parser::{certificate::X509Certificate, extensions::GeneralName, prelude::FromDer, x509::SubjectPublicKeyInfo};

use crate::evidence::tls::{Certificate, Handshake, Path};

/// Certificates of one chain that are kept.
const MAX_CERTIFICATES: usize = 16;

/// Certificates beside the leaf that a path may go through. webpki takes six intermediates at most, and tries every
/// order of those that share a name.
pub(super) const MAX_INTERMEDIATES: usize = 6;

/// Names of one certificate that are kept.
const MAX_NAMES: usize = 100;

/// Characters of one text that are kept.
const MAX_TEXT: usize = 200;

/// A DNS name is never longer than this; a cut one would lose its domain.
const MAX_NAME: usize = 253;

/// The text, cut at 200 characters.
#[must_use]
pub(super) fn cut(text: &str) -> String {
    text.chars().take(MAX_TEXT).collect()
}

/// What a chain shows to somebody who asked for `name` and trusts `roots`. Version, suite and staple are the caller's.
#[must_use]
pub fn look(sent: &[CertificateDer<'_>], name: &ServerName<'_>, roots: &RootCertStore) -> Handshake {
    let sent = &sent[..sent.len().min(MAX_CERTIFICATES)];
    let read: Vec<X509Certificate<'_>> = sent.iter().map_while(|der| parse(der)).collect();
    let leaf = sent.first().and_then(|der| ParsedCertificate::try_from(der).ok());
    let (path, path_until) = path(leaf.as_ref(), sent, &read, roots);
    Handshake {
        chain: read.iter().map(describe).collect(),
        name_matches: leaf.is_some_and(|leaf| verify_server_name(&leaf, name).is_ok()),
        ordered: !read.is_empty() && read.len() == sent.len() && read.windows(2).all(|pair| is_issued_by(&pair[0], &pair[1])),
        path,
        path_until,
        ..Handshake::default()
    }
}

/// One certificate in DER; `None` where it cannot be read.
#[must_use]
pub fn certificate(der: &[u8]) -> Option<Certificate> {
    parse(der).map(|certificate| describe(&certificate))
}

fn parse(der: &[u8]) -> Option<X509Certificate<'_>> {
    match X509Certificate::from_der(der) {
        Ok(([], certificate)) => Some(certificate),
        _ => None,
    }
}

// Where the path leads -------------------------------------------------------------------------------------------------

/// Where the chain leads, and until when.
///
/// webpki stops at the first fault, and a date is its first. So it is asked for moments at which dates are no fault: the
/// end of each certificate, within the leaf's validity. Any path that holds at some moment holds at the first end among
/// its certificates, so these moments suffice, and the latest that holds is the path's own end.
fn path(leaf: Option<&ParsedCertificate<'_>>, sent: &[CertificateDer<'_>], read: &[X509Certificate<'_>], roots: &RootCertStore) -> (Path, Option<Timestamp>) {
    let Some(first) = read.first() else { return (Path::NotUsable, None) };
    let mut fault = None;
    if let Some(leaf) = leaf {
        let others = &sent[1..sent.len().min(1 + MAX_INTERMEDIATES)];
        let ends: BTreeSet<i64> = read.iter().map(|certificate| certificate.validity().not_after.timestamp()).collect();
        let (from, until) = (first.validity().not_before.timestamp(), first.validity().not_after.timestamp());
        for end in ends.into_iter().rev().filter(|end| (from..=until).contains(end)) {
            let moment = UnixTime::since_unix_epoch(Duration::from_secs(u64::try_from(end).unwrap_or(0)));
            let algorithms = ring::default_provider().signature_verification_algorithms.all;
            match verify_server_cert_signed_by_trust_anchor(leaf, roots, others, moment, algorithms) {
                Ok(()) => return (Path::Trusted, Some(timestamp(end))),
                Err(error) if is_about_dates(&error) => {}
                Err(error) => fault = fault.or(Some(error)),
            }
        }
    }
    let path = match fault {
        _ if is_self_issued(first) && is_signed_by(first, first) != Some(false) => Path::SelfSigned,
        Some(rustls::Error::InvalidCertificate(CertificateError::UnknownIssuer)) => dead_end(read),
        Some(rustls::Error::InvalidCertificate(
            CertificateError::BadSignature
            | CertificateError::UnsupportedSignatureAlgorithmContext { .. }
            | CertificateError::UnsupportedSignatureAlgorithmForPublicKeyContext { .. },
        )) => Path::BadSignature,
        _ => Path::NotUsable,
    };
    (path, None)
}

fn is_about_dates(error: &rustls::Error) -> bool {
    use CertificateError::{Expired, ExpiredContext, NotValidYet, NotValidYetContext};
    matches!(error, rustls::Error::InvalidCertificate(Expired | ExpiredContext { .. } | NotValidYet | NotValidYetContext { .. }))
}

/// Where a chain ends that leads to no root of ours. It is followed by names, whatever order it was sent in:
///
/// - a certificate that issued itself is a root: unknown;
/// - nothing but the leaf: incomplete. A private root that signs leaves itself and is left out looks the same;
/// - an intermediate, and everything that was sent lies on the way: its root was left out, as it should be: unknown;
/// - an intermediate, and something else was sent that nothing leads to: a link is missing: incomplete.
fn dead_end(read: &[X509Certificate<'_>]) -> Path {
    let mut walked: Vec<&X509Certificate<'_>> = read.iter().take(1).collect();
    while let Some(&top) = walked.last() {
        if is_self_issued(top) {
            return Path::UnknownRoot;
        }
        let mut issuers = read.iter().filter(|other| other.subject().as_raw() == top.issuer().as_raw() && !walked.contains(other)).peekable();
        let named = issuers.peek().is_some();
        match issuers.find(|issuer| is_signed_by(top, issuer) != Some(false)) {
            Some(issuer) => walked.push(issuer),
            None if named => return Path::BadSignature,
            None => break,
        }
    }
    if walked.len() > 1 && read.iter().all(|sent| walked.contains(&sent)) { Path::UnknownRoot } else { Path::Incomplete }
}

fn is_self_issued(certificate: &X509Certificate<'_>) -> bool {
    certificate.subject().as_raw() == certificate.issuer().as_raw()
}

/// By name, and by signature where that can be checked.
fn is_issued_by(certificate: &X509Certificate<'_>, issuer: &X509Certificate<'_>) -> bool {
    certificate.issuer().as_raw() == issuer.subject().as_raw() && is_signed_by(certificate, issuer) != Some(false)
}

/// Whether the issuer's key made the signature; `None` for signatures and keys that are not verified here.
fn is_signed_by(certificate: &X509Certificate<'_>, issuer: &X509Certificate<'_>) -> Option<bool> {
    let (kind, bits) = key(issuer.public_key());
    let known = match signature(&certificate.signature_algorithm.algorithm.to_id_string()) {
        Some("sha256WithRSAEncryption" | "sha384WithRSAEncryption" | "sha512WithRSAEncryption") => kind == "RSA" && (2048..=8192).contains(&bits),
        Some("ecdsa-with-SHA256" | "ecdsa-with-SHA384") => kind == "EC" && [256, 384].contains(&bits),
        Some("Ed25519") => kind == "Ed25519",
        _ => false,
    };
    let (public_key, signature) = (&issuer.public_key().subject_public_key.data, &certificate.signature_value.data);
    let algorithms = ring::default_provider().signature_verification_algorithms.all;
    known.then(|| algorithms.iter().any(|algorithm| algorithm.verify_signature(public_key, certificate.tbs_certificate.as_ref(), signature).is_ok()))
}

// What a certificate says ----------------------------------------------------------------------------------------------

fn describe(certificate: &X509Certificate<'_>) -> Certificate {
    let (subject, issuer) = (certificate.subject(), certificate.issuer());
    let text = |attribute: &x509_parser::x509::AttributeTypeAndValue<'_>| attribute.as_str().ok().map(cut);
    let organisation = issuer.iter_organization().find_map(text);
    let algorithm = certificate.signature_algorithm.algorithm.to_id_string();
    let (kind, bits) = key(certificate.public_key());
    Certificate {
        subject: cut(&subject.to_string()),
        common_name: subject.iter_common_name().find_map(text),
        organisation: subject.iter_organization().find_map(text),
        issuer: cut(&issuer.to_string()),
        issuer_name: organisation.or_else(|| issuer.iter_common_name().find_map(text)),
        self_issued: is_self_issued(certificate),
        names: names(certificate),
        not_before: timestamp(certificate.validity().not_before.timestamp()),
        not_after: timestamp(certificate.validity().not_after.timestamp()),
        key: kind,
        key_bits: bits,
        signature: signature(&algorithm).map_or_else(|| cut(&algorithm), str::to_owned),
        must_staple: is_must_staple(certificate),
        serial: cut(&hex(certificate.raw_serial())),
        sha256: hex(::ring::digest::digest(&::ring::digest::SHA256, certificate.as_raw()).as_ref()),
    }
}

fn names(certificate: &X509Certificate<'_>) -> Vec<String> {
    let Ok(Some(extension)) = certificate.subject_alternative_name() else { return Vec::new() };
    let name = |name: &GeneralName<'_>| match name {
        GeneralName::DNSName(name) => Some(name.chars().take(MAX_NAME).collect()),
        GeneralName::IPAddress(bytes) => match bytes.len() {
            4 => <[u8; 4]>::try_from(*bytes).ok().map(|v4| IpAddr::from(v4).to_string()),
            _ => <[u8; 16]>::try_from(*bytes).ok().map(|v6| IpAddr::from(v6).to_string()),
        },
        _ => None,
    };
    extension.value.general_names.iter().filter_map(name).take(MAX_NAMES).collect()
}

/// The kind of a key and its size in bits; 0 for kinds that are not measured here.
fn key(key: &SubjectPublicKeyInfo<'_>) -> (String, u32) {
    let algorithm = key.algorithm.algorithm.to_id_string();
    let parameters = key.algorithm.parameters.as_ref().and_then(|any| any.as_oid().ok()).map(|oid| oid.to_id_string());
    match algorithm.as_str() {
        "1.2.840.113549.1.1.1" => ("RSA".to_owned(), rsa_bits(key)),
        "1.2.840.10045.2.1" => {
            let bits = match parameters.as_deref() {
                Some("1.2.840.10045.3.1.7") => 256,
                Some("1.3.132.0.34") => 384,
                Some("1.3.132.0.35") => 521,
                _ => key.parsed().map_or(0, |point| u32::try_from(point.key_size()).unwrap_or(0)),
            };
            ("EC".to_owned(), bits)
        }
        "1.3.101.112" => ("Ed25519".to_owned(), 256),
        _ => (cut(&algorithm), 0),
    }
}

/// The length of the modulus without its leading zeros.
fn rsa_bits(key: &SubjectPublicKeyInfo<'_>) -> u32 {
    let Ok(x509_parser::public_key::PublicKey::RSA(rsa)) = key.parsed() else { return 0 };
    let zeros = rsa.modulus.iter().take_while(|byte| **byte == 0).count();
    let digits = &rsa.modulus[zeros..];
    digits.first().map_or(0, |first| u32::try_from(digits.len() * 8).unwrap_or(u32::MAX) - first.leading_zeros())
}

/// The name of a signature algorithm (RFC 8017, RFC 5758, RFC 8410).
fn signature(oid: &str) -> Option<&'static str> {
    Some(match oid {
        "1.2.840.113549.1.1.4" => "md5WithRSAEncryption",
        "1.2.840.113549.1.1.5" => "sha1WithRSAEncryption",
        "1.2.840.113549.1.1.10" => "rsassaPss",
        "1.2.840.113549.1.1.11" => "sha256WithRSAEncryption",
        "1.2.840.113549.1.1.12" => "sha384WithRSAEncryption",
        "1.2.840.113549.1.1.13" => "sha512WithRSAEncryption",
        "1.2.840.10045.4.1" => "ecdsa-with-SHA1",
        "1.2.840.10045.4.3.2" => "ecdsa-with-SHA256",
        "1.2.840.10045.4.3.3" => "ecdsa-with-SHA384",
        "1.2.840.10045.4.3.4" => "ecdsa-with-SHA512",
        "1.3.101.112" => "Ed25519",
        _ => return None,
    })
}

/// RFC 7633: the TLS feature extension lists `status_request` (5).
fn is_must_staple(certificate: &X509Certificate<'_>) -> bool {
    let feature = certificate.extensions().iter().find(|extension| extension.oid.to_id_string() == "1.3.6.1.5.5.7.1.24");
    feature.is_some_and(|extension| <Vec<u64>>::from_der(extension.value).is_ok_and(|(_, features)| features.contains(&5)))
}

pub(super) fn timestamp(seconds: i64) -> Timestamp {
    Timestamp::from_second(seconds).unwrap_or(if seconds < 0 { Timestamp::MIN } else { Timestamp::MAX })
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::with_capacity(2 * bytes.len()), |text, byte| text + &format!("{byte:02x}"))
}
