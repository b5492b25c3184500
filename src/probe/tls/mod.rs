//! TLS handshakes on every address of a name: what is agreed, what is shown, and whether it can be trusted.
//!
//! The handshake goes through whatever the certificate, so that every fault can be told, not only the first. Nothing is
//! ever sent over such a connection.

pub mod chain;
pub mod crl;
pub mod legacy;
pub mod revocation;

use std::{
    net::SocketAddr,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
};

use futures_util::{StreamExt, stream};
use reqwest::Url;
use rustls::{
    ClientConfig, DigitallySignedStruct, InvalidMessage, PeerIncompatible, RootCertStore, SignatureScheme,
    client::{
        Resumption,
        danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier},
    },
    crypto::{WebPkiSupportedAlgorithms, ring, verify_tls12_signature, verify_tls13_signature},
    pki_types::{CertificateDer, ServerName, UnixTime, pem::PemObject},
    version::{TLS12, TLS13},
};
use tokio::{io::AsyncWriteExt, net::TcpStream, time::timeout};
use tokio_rustls::TlsConnector;

use self::revocation::Trusted;
use super::{Reach, reach::io_cause};
use crate::{
    evidence::{Outcome, TlsAsk, TlsFacts, address::is_local, tls},
    finding::{Cause, CauseKind},
};

/// Addresses of one name that are looked at; a name with more is no CHT server's.
const MAX_ADDRESSES: usize = 32;

/// Addresses that are looked at side by side.
const AT_ONCE: usize = 8;

/// Looks at every address of the name, then asks one of them whether it still speaks an old version, and meanwhile the
/// authority for its list of revoked certificates, where no stapled answer tells.
///
/// # Errors
/// Why no address could be asked. An address that fails is told in the facts.
pub async fn look(ask: &TlsAsk, reach: &Reach) -> Result<TlsFacts, Cause> {
    let name = &ServerName::try_from(ask.host.clone()).map_err(|_| Cause::new(CauseKind::NotUnderstood, chain::cut(&ask.host)))?;
    let addresses = reach.addresses(&ask.host, ask.port).await?;
    let mut looks: Vec<_> = stream::iter(addresses.clone())
        .take(MAX_ADDRESSES)
        .map(|to| async move { (to, look_at(to, name, reach).await) })
        .buffer_unordered(AT_ONCE)
        .collect()
        .await;
    looks.sort_unstable_by_key(|(to, _)| *to);
    let local = addresses.iter().any(|to| is_local(to.ip()));
    // An address that finished a handshake is the surest to answer; a server of old versions only has just a connection.
    let finished = looks.iter().find(|(_, look)| matches!(look, Look::Finished(_)));
    let asked = finished.or_else(|| looks.iter().find(|(_, look)| matches!(look, Look::Failed(_))));
    let old = async {
        let (to, look) = asked?;
        Some(legacy::look(*to, name, matches!(look, Look::Finished(_)), reach).await.into())
    };
    let (legacy, crls) = tokio::join!(old, revocations(&looks, local, reach));
    for (at, crl) in crls {
        if let Look::Finished(shown) = &mut looks[at].1 {
            shown.facts.crl = Some(crl.into());
        }
    }
    let left_out = addresses.iter().skip(MAX_ADDRESSES).map(|to| (*to, Look::NoConnection(Cause::new(CauseKind::NotCollected, to.to_string()))));
    let addresses = looks.into_iter().chain(left_out).map(|(to, look)| (key(to, &addresses), look.into())).collect();
    Ok(TlsFacts { addresses, legacy })
}

/// The IP address; with its port where `--resolve` names several ports of one address.
fn key(to: SocketAddr, all: &[SocketAddr]) -> String {
    if all.iter().filter(|other| other.ip() == to.ip()).count() > 1 { to.to_string() } else { to.ip().to_string() }
}

/// How far one address let us come.
enum Look {
    NoConnection(Cause),
    Failed(Cause),
    Finished(Box<Shown>),
}

/// A finished handshake, and the chain as it was sent.
struct Shown {
    facts: tls::Handshake,
    sent: Vec<CertificateDer<'static>>,
}

impl From<Look> for Outcome<tls::Handshake> {
    fn from(look: Look) -> Self {
        match look {
            Look::NoConnection(cause) | Look::Failed(cause) => Self::Missed(cause),
            Look::Finished(shown) => Self::Seen(shown.facts),
        }
    }
}

/// What the lists say of the certificates that were shown, by the place of the look. One that nobody trusts has bigger
/// trouble, and for one outside of its dates nobody is asked; one of which a stapled answer tells needs no list.
async fn revocations(looks: &[(SocketAddr, Look)], local: bool, reach: &Reach) -> Vec<(usize, Result<tls::Revocation, Cause>)> {
    let now = super::now();
    let mut unsettled = Vec::new();
    for (at, (_, look)) in looks.iter().enumerate() {
        let Look::Finished(shown) = look else { continue };
        let Some(trusted) = shown.trusted(&reach.roots).filter(|_| shown.facts.revocation(now).is_err()) else { continue };
        match crl::named(&shown.sent[0]) {
            Ok(_) if !shown.facts.is_current(now) => {}
            Ok(_) if !reach.phone_out => unsettled.push((at, trusted, Err(Cause::new(CauseKind::NotCollected, "--no-phone-out")))),
            named => unsettled.push((at, trusted, named)),
        }
    }
    let lists = crl::fetch(unsettled.iter().filter_map(|(_, _, named)| named.clone().ok()).collect(), local, reach).await;
    let told = |trusted: Trusted<'_>, url: &Url| match lists.get(url) {
        Some(list) => revocation::list(list.as_ref().map_err(Clone::clone)?, url.as_str(), trusted),
        None => Err(Cause::new(CauseKind::NotCollected, chain::cut(url.as_str()))),
    };
    unsettled.into_iter().map(|(at, trusted, named)| (at, named.and_then(|url| told(trusted, &url)))).collect()
}

impl Shown {
    /// The chain, where it leads to a root; it has a leaf then.
    fn trusted<'a>(&'a self, roots: &'a RootCertStore) -> Option<Trusted<'a>> {
        Some(Trusted { sent: &self.sent, roots, at: self.facts.path_until? }).filter(|chain| !chain.sent.is_empty())
    }
}

async fn look_at(to: SocketAddr, name: &ServerName<'static>, reach: &Reach) -> Look {
    let connected = async {
        let permit = reach.permit(to.ip()).await?;
        Ok((permit, reach.connect(to).await?))
    };
    let (_permit, stream) = match connected.await {
        Ok(connected) => connected,
        Err(cause) => return Look::NoConnection(cause),
    };
    match timeout(reach.timeout, handshake(stream, to, name, &reach.roots)).await {
        Ok(Ok(shown)) => Look::Finished(Box::new(shown)),
        Ok(Err(cause)) => Look::Failed(cause),
        Err(_) => Look::Failed(Cause::new(CauseKind::Timeout, to.to_string())),
    }
}

/// One handshake, with TLS 1.2 and 1.3 on offer.
async fn handshake(stream: TcpStream, to: SocketAddr, name: &ServerName<'static>, roots: &RootCertStore) -> Result<Shown, Cause> {
    let provider = Arc::new(ring::default_provider());
    let recorder = Arc::new(Recorder::new(provider.signature_verification_algorithms));
    let mut config = ClientConfig::builder_with_provider(provider)
        .with_protocol_versions(&[&TLS13, &TLS12])
        .map_err(|error| tls_cause(&error))?
        .dangerous()
        .with_custom_certificate_verifier(Arc::<Recorder>::clone(&recorder))
        .with_no_client_auth();
    config.resumption = Resumption::disabled();
    let mut stream = TlsConnector::from(Arc::new(config)).connect(name.clone(), stream).await.map_err(|error| connect_cause(&error, to))?;
    let (_, connection) = stream.get_ref();
    let sent: Vec<_> = connection.peer_certificates().unwrap_or_default().iter().map(|der| der.clone().into_owned()).collect();
    let mut seen = chain::look(&sent, name, roots);
    // No other version was on offer.
    let newest = connection.protocol_version() == Some(rustls::ProtocolVersion::TLSv1_3);
    seen.version = String::from(if newest { "TLS 1.3" } else { "TLS 1.2" });
    // IANA has no TLS13_ in its names.
    let suite = connection.negotiated_cipher_suite().and_then(|suite| suite.suite().as_str()).unwrap_or_default();
    seen.suite = suite.replacen("TLS13_", "TLS_", 1);
    let staple = std::mem::take(&mut *recorder.staple.lock().unwrap_or_else(PoisonError::into_inner));
    seen.stapled = !staple.is_empty();
    if recorder.unproven.load(Ordering::Relaxed) && seen.path == tls::Path::Trusted {
        // Without a valid handshake signature nothing says that the server holds the certificate's key.
        (seen.path, seen.path_until) = (tls::Path::BadSignature, None);
    }
    // A polite end; a server that does not take it has already told everything.
    let _ = stream.shutdown().await;
    let mut shown = Shown { facts: seen, sent };
    if shown.facts.stapled {
        shown.facts.staple = shown.trusted(roots).map(|trusted| revocation::staple(&staple, trusted).into());
    }
    Ok(shown)
}

/// Lets every handshake through and remembers what only the verifier sees.
#[derive(Debug)]
struct Recorder {
    algorithms: WebPkiSupportedAlgorithms,
    /// The OCSP answer that came with the certificate; empty where none did.
    staple: Mutex<Vec<u8>>,
    /// The handshake's signature could not be verified with the leaf's key.
    unproven: AtomicBool,
}

impl Recorder {
    fn new(algorithms: WebPkiSupportedAlgorithms) -> Self {
        Self { algorithms, staple: Mutex::default(), unproven: AtomicBool::new(false) }
    }

    fn record(&self, verified: &Result<HandshakeSignatureValid, rustls::Error>) -> HandshakeSignatureValid {
        self.unproven.store(verified.is_err(), Ordering::Relaxed);
        HandshakeSignatureValid::assertion()
    }
}

impl ServerCertVerifier for Recorder {
    fn verify_server_cert(
        &self,
        _leaf: &CertificateDer<'_>,
        _others: &[CertificateDer<'_>],
        _name: &ServerName<'_>,
        ocsp: &[u8],
        _now: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        *self.staple.lock().unwrap_or_else(PoisonError::into_inner) = ocsp.to_vec();
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        leaf: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        Ok(self.record(&verify_tls12_signature(message, leaf, signed, &self.algorithms)))
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        leaf: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        Ok(self.record(&verify_tls13_signature(message, leaf, signed, &self.algorithms)))
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.algorithms.supported_schemes()
    }
}

/// A failed handshake: the words of TLS where there are any, else those of the connection.
fn connect_cause(error: &std::io::Error, to: SocketAddr) -> Cause {
    match error.get_ref().and_then(|inner| inner.downcast_ref::<rustls::Error>()) {
        Some(error) => tls_cause(error),
        None => io_cause(error, &to.to_string()),
    }
}

fn tls_cause(error: &rustls::Error) -> Cause {
    let detail = match error {
        rustls::Error::AlertReceived(alert) => format!("alert: {}", words(&format!("{alert:?}"))),
        rustls::Error::PeerIncompatible(PeerIncompatible::ServerDoesNotSupportTls12Or13) => "neither TLS 1.2 nor 1.3".to_owned(),
        rustls::Error::PeerIncompatible(why) => words(&format!("{why:?}")),
        rustls::Error::PeerMisbehaved(how) => words(&format!("{how:?}")),
        rustls::Error::InvalidMessage(InvalidMessage::InvalidContentType | InvalidMessage::UnknownProtocolVersion) => "not TLS".to_owned(),
        other => words(&format!("{other:?}")),
    };
    Cause::new(CauseKind::Tls, chain::cut(&detail))
}

/// `ProtocolVersion` as `protocol version`.
fn words(name: &str) -> String {
    let mut words = String::with_capacity(name.len() + 8);
    let mut before = ' ';
    for c in name.chars() {
        if c.is_uppercase() && before.is_lowercase() {
            words.push(' ');
        }
        words.extend(c.to_lowercase());
        before = c;
    }
    words
}

/// The roots that count as public: the system's, else Mozilla's where the system has none, and the certificates of
/// `further` (PEM). `None` where that holds none.
#[must_use]
pub fn roots(further: Option<&[u8]>) -> Option<RootCertStore> {
    let mut store = RootCertStore::empty();
    store.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
    if store.is_empty() {
        store.extend(webpki_roots::TLS_SERVER_ROOTS.iter().cloned());
    }
    if let Some(pem) = further {
        let (given, _) = store.add_parsable_certificates(CertificateDer::pem_slice_iter(pem).flatten());
        if given == 0 {
            return None;
        }
    }
    Some(store)
}
