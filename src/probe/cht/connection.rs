//! One connection of ours: a pool would open another whenever the first has not come back yet.
//!
//! Whoever asks also drives the connection, so nothing of it lives on elsewhere: once it is dropped, its socket is closed.
//!
//! Requests carry no secret, so any certificate is taken: an expired one must not blind all else. Whether the certificate
//! can be trusted is told by the TLS probe.

use std::{
    error::Error,
    io::{self, Read},
    net::SocketAddr,
    pin::{Pin, pin},
    sync::Arc,
    time::Duration,
};

use flate2::read::MultiGzDecoder;
use futures_util::future::{Either, select};
use http_body_util::{BodyExt, Empty};
use hyper::{
    Request, Response,
    body::{Bytes, Incoming},
    client::conn::http1::{self, SendRequest},
    header::{ACCEPT_ENCODING, CONTENT_ENCODING, HOST, HeaderMap, USER_AGENT},
};
use hyper_util::rt::TokioIo;
use rustls::{
    ClientConfig, DigitallySignedStruct, SignatureScheme,
    client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier},
    crypto::{CryptoProvider, verify_tls12_signature, verify_tls13_signature},
    pki_types::{CertificateDer, ServerName, UnixTime},
};
use tokio::{
    net::TcpStream,
    time::{Instant, timeout, timeout_at},
};
use tokio_rustls::TlsConnector;

use crate::{
    finding::{Cause, CauseKind},
    probe::reach::{self, io_cause},
};

/// Bytes of a body that are read at most, and kept at most after decompression.
pub(super) const MAX_BODY: usize = 1 << 20;

/// An answer whose body has been read.
pub(super) struct Reply {
    pub(super) status: u16,
    pub(super) headers: HeaderMap,
    /// Unpacked; at most [`MAX_BODY`] bytes.
    pub(super) body: Vec<u8>,
    /// The body was longer.
    pub(super) cut: bool,
}

/// Why there is no answer.
pub(super) struct Failure {
    pub(super) cause: Cause,
    /// No connection came about: every other path would fail alike.
    pub(super) unreachable: bool,
}

impl Failure {
    fn of(cause: Cause) -> Self {
        Self { cause, unreachable: false }
    }
}

/// The way to one server, with at most one connection open.
pub(super) struct Line {
    addresses: Vec<SocketAddr>,
    tls: Option<(TlsConnector, ServerName<'static>)>,
    /// A connection is kept for the next request.
    keeps: bool,
    open: Option<Open>,
}

/// An open connection: where requests go in, and what moves them on.
struct Open {
    sender: SendRequest<Empty<Bytes>>,
    driver: Pin<Box<dyn Future<Output = ()> + Send>>,
}

impl Line {
    /// A line over TLS to the first of these addresses that takes it.
    pub(super) fn over_tls(host: &str, addresses: &[SocketAddr]) -> Result<Self, Cause> {
        let broken = || Cause::new(CauseKind::Broken, "TLS");
        let provider = Arc::clone(CryptoProvider::get_default().ok_or_else(broken)?);
        let mut config = ClientConfig::builder_with_provider(Arc::clone(&provider))
            .with_safe_default_protocol_versions()
            .map_err(|_| broken())?
            .dangerous()
            .with_custom_certificate_verifier(Arc::new(AnyCertificate(provider)))
            .with_no_client_auth();
        config.alpn_protocols = vec![b"http/1.1".to_vec()];
        let name = ServerName::try_from(host.trim_end_matches('.').to_owned()).map_err(|_| Cause::new(CauseKind::NoAddress, host))?;
        Ok(Self { addresses: addresses.to_vec(), tls: Some((TlsConnector::from(Arc::new(config)), name)), keeps: true, open: None })
    }

    /// A line without TLS to one address. For its two requests no connection is worth keeping, and none can go stale in between.
    pub(super) fn plain(address: SocketAddr) -> Self {
        Self { addresses: vec![address], tls: None, keeps: false, open: None }
    }

    /// Asks for a path, over the connection that is open, else over a new one; `connecting` bounds how long that takes to
    /// come about, `whole` all of it. `authority` is what the `Host` header says.
    pub(super) async fn ask(&mut self, authority: &str, path: &str, headers: &[(&str, &str)], connecting: Duration, whole: Duration) -> Result<Reply, Failure> {
        let until = Instant::now() + whole;
        let mut request = Request::get(path).header(HOST, authority).header(USER_AGENT, reach::USER_AGENT).header(ACCEPT_ENCODING, "gzip");
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let broken = || Cause::new(CauseKind::Broken, format!("{authority}{path}"));
        let mut request = request.body(Empty::new()).map_err(|_| Failure::of(broken()))?;
        loop {
            // Taken out: unless it comes back whole, it is closed before another is opened.
            let kept = self.open.take();
            let was_open = kept.is_some();
            let mut open = match kept {
                Some(open) => open,
                None => timeout(connecting.min(whole), self.connect(authority))
                    .await
                    .unwrap_or_else(|_| Err(Cause::new(CauseKind::Timeout, authority)))
                    .map_err(|cause| Failure { cause, unreachable: true })?,
            };
            match timeout_at(until, open.exchange(request)).await {
                Err(_) => return Err(Failure::of(Cause::new(CauseKind::Timeout, format!("{authority}{path}")))),
                // The server had closed it in the meantime, and nothing was sent.
                Ok(Err(Unsent::Yes(again))) if was_open => request = *again,
                Ok(Err(Unsent::Yes(_))) => return Err(Failure::of(broken())),
                Ok(Err(Unsent::No(error))) => return Err(Failure::of(cause(&error, authority).unwrap_or_else(broken))),
                Ok(Ok((response, body, cut, may_stay))) => {
                    if may_stay && self.keeps {
                        self.open = Some(open);
                    }
                    let (body, cut) = unpacked(&response, body, cut).map_err(|()| Failure::of(Cause::new(CauseKind::NotUnderstood, path)))?;
                    return Ok(Reply { status: response.status().as_u16(), headers: response.into_parts().0.headers, body, cut });
                }
            }
        }
    }

    /// Opens a connection to the first address that takes it.
    async fn connect(&mut self, authority: &str) -> Result<Open, Cause> {
        let mut refusal = Cause::new(CauseKind::NoAddress, authority);
        for address in &self.addresses {
            let stream = match TcpStream::connect(address).await {
                Ok(stream) => stream,
                Err(error) => {
                    refusal = io_cause(&error, authority);
                    continue;
                }
            };
            let _ = stream.set_nodelay(true);
            let Some((connector, name)) = &self.tls else { return Open::over(stream, authority).await };
            let stream = connector.connect(name.clone(), stream).await.map_err(|error| tls_cause(&error, authority))?;
            return Open::over(stream, authority).await;
        }
        Err(refusal)
    }
}

/// Why a request has no answer: it was never sent, or something went wrong after that.
enum Unsent {
    Yes(Box<Request<Empty<Bytes>>>),
    No(hyper::Error),
}

impl Open {
    async fn over(stream: impl tokio::io::AsyncRead + tokio::io::AsyncWrite + Unpin + Send + 'static, authority: &str) -> Result<Self, Cause> {
        let (sender, connection) = http1::handshake(TokioIo::new(stream)).await.map_err(|_| Cause::new(CauseKind::Broken, authority))?;
        // Its errors reach whoever waits for an answer.
        Ok(Self { sender, driver: Box::pin(async { _ = connection.await }) })
    }

    /// Sends a request and reads the answer: its body up to [`MAX_BODY`], whether there was more, and whether the
    /// connection can be used again.
    async fn exchange(&mut self, request: Request<Empty<Bytes>>) -> Result<(Response<()>, Vec<u8>, bool, bool), Unsent> {
        let sender = &mut self.sender;
        let work = pin!(async move {
            let response = match sender.ready().await {
                Ok(()) => sender.try_send_request(request).await.map_err(|mut error| match error.take_message() {
                    Some(request) => Unsent::Yes(Box::new(request)),
                    None => Unsent::No(error.into_error()),
                })?,
                Err(_) => return Err(Unsent::Yes(Box::new(request))),
            };
            let (head, mut body) = response.into_parts();
            let (bytes, cut) = read(&mut body).await.map_err(Unsent::No)?;
            Ok((Response::from_parts(head, ()), bytes, cut))
        });
        let (done, closed) = match select(work, &mut self.driver).await {
            Either::Left((done, _)) => (done?, false),
            // Closed by the server; what it sent before that can still be read.
            Either::Right(((), work)) => (work.await?, true),
        };
        let (response, body, cut) = done;
        Ok((response, body, cut, !closed && !cut))
    }
}

/// A body up to [`MAX_BODY`] bytes, and whether there was more.
async fn read(body: &mut Incoming) -> hyper::Result<(Vec<u8>, bool)> {
    let mut bytes = Vec::new();
    while let Some(frame) = body.frame().await {
        let Ok(data) = frame?.into_data() else { continue };
        let room = MAX_BODY - bytes.len();
        bytes.extend_from_slice(&data[..data.len().min(room)]);
        if data.len() > room {
            return Ok((bytes, true));
        }
    }
    Ok((bytes, false))
}

/// A body as it was before it was packed, likewise bounded; nothing where it claims to be packed and is not.
fn unpacked(response: &Response<()>, body: Vec<u8>, cut: bool) -> Result<(Vec<u8>, bool), ()> {
    let packed = response.headers().get(CONTENT_ENCODING).is_some_and(|coding| coding.as_bytes().eq_ignore_ascii_case(b"gzip"));
    if !packed || body.is_empty() {
        return Ok((body, cut));
    }
    let mut plain = Vec::new();
    let read = MultiGzDecoder::new(&body[..]).take(MAX_BODY as u64 + 1).read_to_end(&mut plain);
    let more = plain.len() > MAX_BODY;
    plain.truncate(MAX_BODY);
    // What was cut off before it was unpacked ends in the middle.
    if read.is_err() && !cut { Err(()) } else { Ok((plain, cut || more)) }
}

/// The cause of a handshake that failed. A connection that ends within it has no error of TLS to show.
fn tls_cause(error: &io::Error, authority: &str) -> Cause {
    let tls = error.get_ref().is_some_and(<dyn Error + Send + Sync>::is::<rustls::Error>) || error.kind() == io::ErrorKind::UnexpectedEof;
    if tls { Cause::new(CauseKind::Tls, authority) } else { io_cause(error, authority) }
}

/// The cause that an error on the line stands for, where the line broke.
fn cause(error: &hyper::Error, authority: &str) -> Option<Cause> {
    let io = error.source()?.downcast_ref::<io::Error>()?;
    let tls = io.get_ref().is_some_and(<dyn Error + Send + Sync>::is::<rustls::Error>);
    Some(if tls { Cause::new(CauseKind::Tls, authority) } else { io_cause(io, authority) })
}

/// Takes every certificate; the handshake must still be signed with its key.
#[derive(Debug)]
struct AnyCertificate(Arc<CryptoProvider>);

impl ServerCertVerifier for AnyCertificate {
    fn verify_server_cert(
        &self,
        _: &CertificateDer<'_>,
        _: &[CertificateDer<'_>],
        _: &ServerName<'_>,
        _: &[u8],
        _: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(&self, message: &[u8], cert: &CertificateDer<'_>, dss: &DigitallySignedStruct) -> Result<HandshakeSignatureValid, rustls::Error> {
        verify_tls12_signature(message, cert, dss, &self.0.signature_verification_algorithms)
    }

    fn verify_tls13_signature(&self, message: &[u8], cert: &CertificateDer<'_>, dss: &DigitallySignedStruct) -> Result<HandshakeSignatureValid, rustls::Error> {
        verify_tls13_signature(message, cert, dss, &self.0.signature_verification_algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.0.signature_verification_algorithms.supported_schemes()
    }
}
