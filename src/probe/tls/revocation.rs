//! Whether an authority has revoked a certificate, by what was signed about it: a stapled OCSP answer (RFC 6960), a list of
//! revoked certificates (RFC 5280). Signatures are verified here; the dates are handed on for whoever judges.

use std::time::Duration;

use der::{Decode, Encode};
use jiff::Timestamp;
use ring::digest;
use rustls::{
    RootCertStore,
    crypto::ring as provider,
    pki_types::{CertificateDer, SignatureVerificationAlgorithm, SubjectPublicKeyInfoDer, TrustAnchor, UnixTime},
};
use webpki::{
    BorrowedCertRevocationList, CertRevocationList, EndEntityCert, Error, KeyUsage, RawPublicKeyEntity, RevocationCheckDepth, RevocationOptions,
    RevocationOptionsBuilder, RevocationReason, VerifiedPath, anchor_from_trusted_cert, spki_for_anchor,
};
use x509_ocsp::{BasicOcspResponse, CertId, CertStatus, OcspResponse, OcspResponseStatus, SingleResponse};
use x509_parser::{asn1_rs::Any, certificate::X509Certificate, prelude::FromDer, revocation_list::CertificateRevocationList, x509::SubjectPublicKeyInfo};

use super::{
    chain::{MAX_INTERMEDIATES, cut, timestamp},
    words,
};
use crate::{
    evidence::tls::{Revocation, RevocationStatus},
    finding::{Cause, CauseKind},
};

/// Who may answer in an authority's place: its certificate is for this (RFC 6960, 4.2.2.2).
const OCSP_SIGNING: &[u8] = &[0x2b, 6, 1, 5, 5, 7, 3, 9];

/// `id-pkix-ocsp-basic`, the one kind of answer there is.
const BASIC: &str = "1.3.6.1.5.5.7.48.1.1";

/// Signers and certificates of one stapled answer that are looked at.
const MAX_SIGNERS: usize = 4;
const MAX_ANSWERS: usize = 16;

/// What a stapled answer is called in evidence.
pub const STAPLED: &str = "stapled";

/// A chain as it was sent, which leads to one of `roots` at the moment `at`.
#[derive(Debug, Clone, Copy)]
pub struct Trusted<'a> {
    /// Leaf first.
    pub sent: &'a [CertificateDer<'a>],
    /// Where it leads.
    pub roots: &'a RootCertStore,
    /// A moment at which it does.
    pub at: Timestamp,
}

/// What the list at `url` says of the leaf.
///
/// # Errors
/// `NotProven`: it is no list, not this authority's, about other certificates, or of a kind that does not stand for itself
/// (delta, indirect, by reasons).
pub fn list(list: &[u8], url: &str, chain: Trusted<'_>) -> Result<Revocation, Cause> {
    let unproven = |why: &str| Cause::new(CauseKind::NotProven, format!("{}: {why}", cut(url)));
    let strange = |error: &Error| unproven(&cut(&words(&format!("{error:?}"))));
    let leaf = chain.leaf().map_err(|error| strange(&error))?;
    let (_, dates) = CertificateRevocationList::from_der(list).map_err(|_| unproven("no list of revoked certificates"))?;
    let crl = CertRevocationList::from(BorrowedCertRevocationList::from_der(list).map_err(|error| strange(&error))?);
    let lists = [&crl];
    // Its dates are not webpki's matter: they are facts.
    let options = RevocationOptionsBuilder::new(&lists).map_err(|_| unproven("no list"))?.with_depth(RevocationCheckDepth::EndEntity).build();
    let good = Revocation {
        status: RevocationStatus::Good,
        revoked_at: None,
        reason: None,
        this_update: timestamp(dates.last_update().timestamp()),
        next_update: timestamp(dates.next_update().ok_or_else(|| unproven("without an end"))?.timestamp()),
        source: cut(url),
    };
    match chain.verified(&leaf, Some(options)) {
        Ok(_) => Ok(good),
        Err(Error::CertRevoked) => {
            let entry = crl.find_serial(leaf.serial()).map_err(|error| strange(&error))?.ok_or_else(|| unproven("an entry that is lost"))?;
            Ok(Revocation {
                status: RevocationStatus::Revoked,
                revoked_at: Some(timestamp(i64::try_from(entry.revocation_date.as_secs()).unwrap_or(i64::MAX))),
                reason: entry.reason_code.and_then(|reason| self::reason(reason as u8)),
                ..good
            })
        }
        Err(Error::UnknownRevocationStatus) => Err(unproven("about other certificates")),
        Err(Error::InvalidCrlSignatureForPublicKey | Error::IssuerNotCrlSigner) => Err(unproven("not signed by the certificate's authority")),
        Err(error) => Err(strange(&error)),
    }
}

/// What a stapled answer says of the leaf.
///
/// # Errors
/// `NotProven`: it is no answer, not this authority's, about another certificate, without an end, or says that the
/// certificate is unknown.
pub fn staple(answer: &[u8], chain: Trusted<'_>) -> Result<Revocation, Cause> {
    let unproven = |why: &str| Cause::new(CauseKind::NotProven, format!("{STAPLED}: {why}"));
    let strange = |error: &Error| unproven(&cut(&words(&format!("{error:?}"))));
    let leaf = chain.leaf().map_err(|error| strange(&error))?;
    let path = chain.verified(&leaf, None).map_err(|error| strange(&error))?;
    let issuing = path.intermediate_certificates().next().map(webpki::Cert::der);
    let issuer = match &issuing {
        Some(issuer) => anchor_from_trusted_cert(issuer).map_err(|error| strange(&error))?,
        None => path.anchor().clone(),
    };

    let response = OcspResponse::from_der(answer).map_err(|_| unproven("no OCSP answer"))?;
    if response.response_status != OcspResponseStatus::Successful {
        return Err(unproven(&words(&format!("{:?}", response.response_status))));
    }
    let bytes = response.response_bytes.filter(|bytes| bytes.response_type.to_string() == BASIC).ok_or_else(|| unproven("no OCSP answer"))?;
    let signed = bytes.response.as_bytes();
    let basic = BasicOcspResponse::from_der(signed).map_err(|_| unproven("no OCSP answer"))?;
    let single = about(&basic, &chain, &issuer).ok_or_else(|| unproven("about another certificate"))?;
    let extensions = basic.tbs_response_data.response_extensions.iter().chain(&single.single_extensions).flatten();
    if extensions.into_iter().any(|extension| extension.critical) {
        return Err(unproven("a critical extension"));
    }
    let moment = |time: x509_ocsp::OcspGeneralizedTime| timestamp(i64::try_from(time.0.to_unix_duration().as_secs()).unwrap_or(i64::MAX));
    let this_update = moment(single.this_update);
    let next_update = moment(single.next_update.ok_or_else(|| unproven("without an end"))?);
    let signer_until = signer_until(signed, &basic, &issuer, this_update).ok_or_else(|| unproven("not signed by the certificate's authority"))?;
    let good = Revocation {
        status: RevocationStatus::Good,
        revoked_at: None,
        reason: None,
        this_update,
        // Nobody may rely on an answer for longer than on who signed it.
        next_update: next_update.min(signer_until),
        source: STAPLED.to_owned(),
    };
    match single.cert_status {
        CertStatus::Good(_) => Ok(good),
        CertStatus::Revoked(revoked) => Ok(Revocation {
            status: RevocationStatus::Revoked,
            revoked_at: Some(moment(revoked.revocation_time)),
            reason: revoked.revocation_reason.and_then(|reason| self::reason(reason as u8)),
            ..good
        }),
        CertStatus::Unknown(_) => Err(unproven("the authority does not know the certificate")),
    }
}

impl<'a> Trusted<'a> {
    fn leaf(&self) -> Result<EndEntityCert<'a>, Error> {
        EndEntityCert::try_from(self.sent.first().ok_or(Error::BadDer)?)
    }

    /// The path from the leaf to a root, and the leaf not revoked where `revocation` is given.
    fn verified<'p>(&'p self, leaf: &'p EndEntityCert<'p>, revocation: Option<RevocationOptions<'_>>) -> Result<VerifiedPath<'p>, Error> {
        let others = &self.sent[1..self.sent.len().min(1 + MAX_INTERMEDIATES)];
        leaf.verify_for_usage(algorithms(), &self.roots.roots, others, unix(self.at), KeyUsage::server_auth(), revocation, None)
    }
}

fn algorithms() -> &'static [&'static dyn SignatureVerificationAlgorithm] {
    provider::default_provider().signature_verification_algorithms.all
}

fn unix(at: Timestamp) -> UnixTime {
    UnixTime::since_unix_epoch(Duration::from_secs(u64::try_from(at.as_second()).unwrap_or(0)))
}

/// The answer that is about the leaf.
fn about<'b>(basic: &'b BasicOcspResponse, chain: &Trusted<'_>, issuer: &TrustAnchor<'_>) -> Option<&'b SingleResponse> {
    let (_, leaf) = X509Certificate::from_der(chain.sent.first()?).ok()?;
    let spki = spki_for_anchor(issuer);
    let (_, key) = SubjectPublicKeyInfo::from_der(&spki).ok()?;
    let is_leaf = |id: &CertId| {
        let hash = match id.hash_algorithm.oid.to_string().as_str() {
            "1.3.14.3.2.26" => &digest::SHA1_FOR_LEGACY_USE_ONLY,
            "2.16.840.1.101.3.4.2.1" => &digest::SHA256,
            "2.16.840.1.101.3.4.2.2" => &digest::SHA384,
            "2.16.840.1.101.3.4.2.3" => &digest::SHA512,
            _ => return false,
        };
        digest::digest(hash, leaf.issuer().as_raw()).as_ref() == id.issuer_name_hash.as_bytes()
            && digest::digest(hash, &key.subject_public_key.data).as_ref() == id.issuer_key_hash.as_bytes()
            && digits(leaf.raw_serial()) == digits(id.serial_number.as_bytes())
    };
    basic.tbs_response_data.responses.iter().take(MAX_ANSWERS).find(|single| is_leaf(&single.cert_id))
}

/// A number without leading zeros.
fn digits(number: &[u8]) -> &[u8] {
    &number[number.iter().take_while(|byte| **byte == 0).count()..]
}

/// Until when whoever signed the answer may be relied on: the authority itself for ever, somebody whom it named for that
/// purpose for as long as the naming lasts. `None` where neither signed it.
fn signer_until(answer: &[u8], basic: &BasicOcspResponse, issuer: &TrustAnchor<'_>, this_update: Timestamp) -> Option<Timestamp> {
    // The bytes that were signed are the first part of the answer, with its tag and length.
    let (_, whole) = Any::from_der(answer).ok()?;
    let (rest, _) = Any::from_der(whole.data).ok()?;
    let message = &whole.data[..whole.data.len() - rest.len()];
    let algorithm = basic.signature_algorithm.to_der().ok()?;
    let (_, algorithm) = Any::from_der(&algorithm).ok()?;
    let signature = basic.signature.as_bytes()?;
    let is_by = |spki: &SubjectPublicKeyInfoDer<'_>| {
        let Ok(key) = RawPublicKeyEntity::try_from(spki) else { return false };
        let mut fitting = algorithms().iter().filter(|known| known.signature_alg_id().as_ref() == algorithm.data);
        fitting.any(|known| key.verify_signature(*known, message, signature).is_ok())
    };
    if is_by(&spki_for_anchor(issuer)) {
        return Some(Timestamp::MAX);
    }
    basic.certs.iter().flatten().take(MAX_SIGNERS).find_map(|certificate| {
        let bytes = CertificateDer::from(certificate.to_der().ok()?);
        let signer = EndEntityCert::try_from(&bytes).ok()?;
        let may = KeyUsage::required(OCSP_SIGNING);
        signer.verify_for_usage(algorithms(), std::slice::from_ref(issuer), &[], unix(this_update), may, None, None).ok()?;
        let (_, read) = X509Certificate::from_der(&bytes).ok()?;
        is_by(&signer.subject_public_key_info()).then(|| timestamp(read.validity().not_after.timestamp()))
    })
}

/// The word for a reason (RFC 5280, 5.3.1); `None` where it says nothing.
fn reason(code: u8) -> Option<String> {
    let word = match RevocationReason::try_from(code).ok()? {
        RevocationReason::Unspecified => return None,
        RevocationReason::KeyCompromise => "key-compromise",
        RevocationReason::CaCompromise => "ca-compromise",
        RevocationReason::AffiliationChanged => "affiliation-changed",
        RevocationReason::Superseded => "superseded",
        RevocationReason::CessationOfOperation => "cessation-of-operation",
        RevocationReason::CertificateHold => "certificate-hold",
        RevocationReason::RemoveFromCrl => "remove-from-crl",
        RevocationReason::PrivilegeWithdrawn => "privilege-withdrawn",
        RevocationReason::AaCompromise => "aa-compromise",
    };
    Some(word.to_owned())
}
