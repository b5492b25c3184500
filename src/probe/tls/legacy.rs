//! Whether a server still accepts TLS 1.1 or older. rustls does not speak it, so one old `ClientHello` is written by hand
//! and the first bytes of the answer are read.

use std::net::SocketAddr;

use ring::rand::{SecureRandom, SystemRandom};
use rustls::pki_types::ServerName;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    time::timeout,
};

use crate::{
    evidence::tls::LegacyTls,
    finding::{Cause, CauseKind},
    probe::{Reach, reach::io_cause},
};

/// Suites that servers of those days have: ECDHE, DHE and RSA key exchange; AES, 3DES and RC4.
const SUITES: [u16; 11] = [0xc014, 0xc013, 0xc00a, 0xc009, 0x0039, 0x0033, 0x0035, 0x002f, 0xc012, 0x000a, 0x0005];

/// Warnings may come before the answer; whoever sends more bytes than this without one is not understood.
const MAX_ANSWER: usize = 64;

/// Asks one address with TLS 1.1 as the highest version. Where `speaks_tls` (it finished a newer handshake), a plain close
/// is a refusal too.
///
/// # Errors
/// `Tls` where the answer is not TLS; `Broken`, `Timeout` and the like where none came.
pub(super) async fn look(to: SocketAddr, name: &ServerName<'_>, speaks_tls: bool, reach: &Reach) -> Result<LegacyTls, Cause> {
    let mut random = [0; 32];
    SystemRandom::new().fill(&mut random).map_err(|_| Cause::new(CauseKind::Broken, "random numbers"))?;
    let host = match name {
        ServerName::DnsName(host) => Some(host.as_ref().trim_end_matches('.')),
        _ => None,
    };
    let hello = client_hello(host, &random);
    let _permit = reach.permit(to.ip()).await?;
    let mut stream = reach.connect(to).await?;
    let exchange = async {
        stream.write_all(&hello).await.map_err(|error| io_cause(&error, &to.to_string()))?;
        let mut got = [0; MAX_ANSWER];
        let mut length = 0;
        loop {
            let more = stream.read(&mut got[length..]).await.map_err(|error| io_cause(&error, &to.to_string()))?;
            length += more;
            if let Some(answer) = answer(&got[..length]) {
                return answer;
            }
            if more == 0 {
                let refused = length == 0 && speaks_tls;
                return if refused { Ok(LegacyTls { accepted: None }) } else { Err(Cause::new(CauseKind::Broken, to.to_string())) };
            }
        }
    };
    timeout(reach.timeout, exchange).await.unwrap_or_else(|_| Err(Cause::new(CauseKind::Timeout, to.to_string())))
}

/// What the first bytes of an answer say; `None` where more are needed.
///
/// # Errors
/// Inside the `Some`: `Tls` for anything but a `ServerHello` of an old version or an alert.
#[must_use]
pub fn answer(bytes: &[u8]) -> Option<Result<LegacyTls, Cause>> {
    let strange = |detail: &str| Some(Err(Cause::new(CauseKind::Tls, detail)));
    match bytes {
        [] | [21 | 22] => None,
        // Handshake record: type, version, length; message type, length; the version that was chosen.
        [22, 3, _, _, _, 2, _, _, _, 3, minor, ..] => match minor {
            0 => Some(Ok(LegacyTls { accepted: Some("SSL 3.0".to_owned()) })),
            1 => Some(Ok(LegacyTls { accepted: Some("TLS 1.0".to_owned()) })),
            2 => Some(Ok(LegacyTls { accepted: Some("TLS 1.1".to_owned()) })),
            _ => strange("a newer version than was offered"),
        },
        // A warning that is no goodbye (an unknown name, say) is followed by the answer proper.
        [21, 3, _, 0, 2, 1, 1..=u8::MAX, rest @ ..] => answer(rest),
        [21, 3, _, 0, 2, _, _, ..] => Some(Ok(LegacyTls { accepted: None })),
        [21, 3, ..] if bytes.len() < 7 => None,
        [22, 3, ..] if bytes.len() < 11 => None,
        [21 | 22, 3, ..] => strange("neither ServerHello nor alert"),
        _ => strange("not TLS"),
    }
}

/// A `ClientHello` that offers TLS 1.1 at most, in a TLS 1.0 record as the clients of those days sent it.
fn client_hello(host: Option<&str>, random: &[u8; 32]) -> Vec<u8> {
    let mut extensions = Vec::new();
    if let Some(host) = host {
        let entry = [&[0][..], &sized(host.as_bytes())].concat();
        extension(&mut extensions, 0, &sized(&entry));
    }
    // secp256r1, secp384r1, secp521r1; the CHT's nginx takes secp384r1 only.
    extension(&mut extensions, 10, &sized(&[0, 23, 0, 24, 0, 25]));
    // Points are sent uncompressed.
    extension(&mut extensions, 11, &[1, 0]);
    let suites: Vec<u8> = SUITES.into_iter().flat_map(u16::to_be_bytes).collect();
    // Version 1.1, the random, no session, the suites, no compression.
    let body = [&[3, 2][..], random, &[0], &sized(&suites), &[1, 0], &sized(&extensions)].concat();
    let message = [&[1, 0][..], &sized(&body)].concat();
    [&[22, 3, 1][..], &sized(&message)].concat()
}

fn extension(into: &mut Vec<u8>, number: u8, body: &[u8]) {
    into.extend([0, number]);
    into.extend(sized(body));
}

/// `bytes` after their length in two bytes. What is written here is a host name and constants, far below 65,536.
fn sized(bytes: &[u8]) -> Vec<u8> {
    let length = u16::try_from(bytes.len()).unwrap_or(u16::MAX);
    [&length.to_be_bytes()[..], bytes].concat()
}
