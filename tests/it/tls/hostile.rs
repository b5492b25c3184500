//! Servers that misbehave, certificates that are spoilt, answers that are not TLS.

use std::{
    io::{Read, Write},
    net::{SocketAddr, TcpListener, TcpStream},
    sync::mpsc,
    time::{Duration, Instant},
};

use cht_audit::{
    evidence::{
        TlsAsk,
        tls::{Handshake, LegacyTls, Path},
    },
    finding::{Cause, CauseKind},
    probe::tls::{
        self, chain, legacy,
        revocation::{self, Trusted},
    },
};
use proptest::prelude::*;
use rustls::{
    RootCertStore,
    pki_types::{CertificateDer, ServerName},
};

use super::{
    accepted,
    lab::{Lab, Made, ca, leaf},
    seen,
};
use crate::support::{free_port, reach};

/// A server that hands each connection to `behave`, once a whole `ClientHello` has come where `reads`.
fn misbehaving(reads: bool, behave: impl Fn(TcpStream) + Clone + Send + 'static) -> SocketAddr {
    let listener = TcpListener::bind(("127.0.0.1", 0)).expect("loopback has a free port");
    let at = listener.local_addr().expect("a bound listener has an address");
    std::thread::spawn(move || {
        for mut stream in listener.incoming().map_while(Result::ok) {
            let behave = behave.clone();
            std::thread::spawn(move || {
                let mut head = [0; 5];
                if reads && stream.read_exact(&mut head).is_ok() {
                    let mut body = vec![0; usize::from(u16::from_be_bytes([head[3], head[4]]))];
                    let _ = stream.read_exact(&mut body);
                }
                behave(stream);
            });
        }
    });
    at
}

/// A server like `at` for newer hellos, and silent for old ones: closes after the hello, or resets the connection.
fn old_ones_are_cut_off(at: SocketAddr, reset: bool) -> SocketAddr {
    misbehaving(false, move |mut client| {
        // Record and message header, then the version of the hello: 3.3 for TLS 1.2 and 1.3.
        let mut head = [0; 11];
        while client.peek(&mut head).is_ok_and(|length| (1..11).contains(&length)) {
            std::thread::yield_now();
        }
        if head[9..] == [3, 3] {
            let mut server = TcpStream::connect(at).expect("nginx listens");
            let (mut from, mut to) = (client.try_clone().expect("a socket"), server.try_clone().expect("a socket"));
            std::thread::spawn(move || std::io::copy(&mut from, &mut to).and_then(|_| to.shutdown(std::net::Shutdown::Both)));
            let _ = std::io::copy(&mut server, &mut client);
        } else if !reset {
            let mut hello = vec![0; 5 + usize::from(u16::from_be_bytes([head[3], head[4]]))];
            let _ = client.read_exact(&mut hello);
        }
    })
}

#[tokio::test]
async fn a_plain_close_refuses_and_a_reset_says_nothing() {
    let Some(lab) = Lab::new() else { return };
    lab.make("cut", &leaf("cut"));
    let (_nginx, at) = lab.nginx(&[lab.block("cut", &["cut", "intermediate"], "ssl_protocols TLSv1.2;")]);
    let facts = lab.look("cut", old_ones_are_cut_off(at, false), &["root"]).await;
    assert_eq!((seen(&facts).path, facts.legacy), (Path::Trusted, Some(accepted(None))));
    let facts = lab.look("cut", old_ones_are_cut_off(at, true), &["root"]).await;
    let legacy = facts.legacy.as_ref().map(|outcome| outcome.facts().map_err(|cause| cause.kind));
    assert_eq!((seen(&facts).path, legacy), (Path::Trusted, Some(Err(CauseKind::Broken))));
}

/// Waits for the other side to give up.
fn hold(mut stream: TcpStream) {
    let _ = stream.read_to_end(&mut Vec::new());
}

#[tokio::test]
async fn servers_that_misbehave_are_told_apart_in_bounded_time() {
    use CauseKind::{Broken, Refused, Timeout, Tls};
    let cases = [
        ("refuses", SocketAddr::from(([127, 0, 0, 1], free_port())), Refused, None),
        ("hangs", misbehaving(false, hold), Timeout, Some(Err(Timeout))),
        (
            "drips",
            misbehaving(true, |mut stream| {
                // A long record, a byte at a time, until the other side gives up.
                let (_never, wait) = mpsc::channel::<()>();
                let mut byte = [22, 3, 3, 64, 0].into_iter().chain(std::iter::repeat(2));
                while byte.next().is_some_and(|byte| stream.write_all(&[byte]).is_ok()) {
                    let _ = wait.recv_timeout(Duration::from_millis(200));
                }
            }),
            Timeout,
            Some(Err(Timeout)),
        ),
        ("garbage", misbehaving(true, |mut stream| drop(stream.write_all(&[0xa5; 4096]))), Tls, Some(Err(Tls))),
        ("plain HTTP", misbehaving(true, |mut stream| drop(stream.write_all(b"HTTP/1.1 400 Bad Request\r\n\r\n"))), Tls, Some(Err(Tls))),
        ("closes", misbehaving(true, drop), Broken, Some(Err(Broken))),
        // Closed with bytes unread: the system resets the connection.
        ("resets", misbehaving(false, |stream| drop(stream.peek(&mut [0; 1]))), Broken, Some(Err(Broken))),
        ("alerts", misbehaving(true, |mut stream| drop(stream.write_all(&[21, 3, 1, 0, 2, 2, 40]))), Tls, Some(Ok(None))),
        (
            "TLS 1.0, after a warning",
            misbehaving(true, |mut stream| {
                let _ = stream.write_all(&[21, 3, 1, 0, 2, 1, 112, 22, 3, 1, 0, 45, 2, 0, 0, 41, 3, 1]);
                hold(stream);
            }),
            Timeout,
            Some(Ok(Some("TLS 1.0".to_owned()))),
        ),
    ];
    let base = tempfile::tempdir().expect("a folder for the test");
    for (name, at, cause, legacy) in cases {
        let mut reach = reach(base.path(), RootCertStore::empty());
        reach.timeout = Duration::from_millis(500);
        let begun = Instant::now();
        let facts = tls::look(&TlsAsk { host: "127.0.0.1".to_owned(), port: at.port() }, &reach).await.expect("it is an address");
        assert!(begun.elapsed() < Duration::from_secs(5), "{name}: {:?}", begun.elapsed());
        assert_eq!(facts.addresses["127.0.0.1"].facts().map_err(|cause| cause.kind), Err(cause), "{name}");
        let seen = facts.legacy.map(|outcome| outcome.facts().map(|old| old.accepted.clone()).map_err(|cause| cause.kind));
        assert_eq!(seen, legacy, "{name}");
    }
}

#[test]
fn hostile_certificates_are_bounded() {
    let Some(lab) = Lab::new() else { return };
    let names: Vec<String> = (0..300).map(|i| format!("DNS:{i}.example.org")).collect();
    let subject = format!("/O={0}/OU={0}/OU={0}/OU={0}/CN=many", "x".repeat(64));
    lab.make("many", &Made { subject, extensions: format!("subjectAltName={}\n", names.join(",")), ..leaf("many") });
    // Intermediates of one name, each with a key of its own: every order of them is a path to try.
    for i in 0..20 {
        lab.make(&format!("same{i}"), &Made { subject: "/CN=same".to_owned(), ..ca("same", "same0") });
    }
    lab.make("lost", &Made { issuer: "same0".to_owned(), ..leaf("lost") });
    let many = chain::certificate(&lab.der("many")).expect("it can be read");
    assert_eq!((many.names.len(), many.names[99].as_str(), many.subject.chars().count()), (100, "99.example.org", 200));
    let sent: Vec<_> = std::iter::once(lab.der("lost")).chain((0..20).map(|i| lab.der(&format!("same{i}")))).collect();
    let begun = Instant::now();
    let host = ServerName::try_from("lost.example.org").expect("a name");
    let seen = chain::look(&sent, &host, &lab.roots(&["root"]));
    assert_eq!((seen.chain.len(), seen.path), (16, Path::UnknownRoot));
    assert!(begun.elapsed() < Duration::from_secs(5), "{:?}", begun.elapsed());
}

/// A real certificate in DER, to be spoilt.
fn real() -> Option<Vec<u8>> {
    let lab = Lab::new()?;
    lab.make(
        "real",
        &Made { extensions: "subjectAltName=DNS:real.example.org,IP:192.0.2.1\n1.3.6.1.5.5.7.1.24=DER:30:03:02:01:05\n".to_owned(), ..leaf("real") },
    );
    Some(lab.der("real").to_vec())
}

#[test]
fn no_certificate_makes_it_panic() {
    let real = real().unwrap_or_default();
    let spoilt = (prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..6), any::<prop::sample::Index>()).prop_map(move |(bytes, cut)| {
        let mut der = real.clone();
        for (at, byte) in bytes.into_iter().filter(|_| !real.is_empty()) {
            der[at.index(real.len())] = byte;
        }
        // Mostly whole, sometimes cut.
        let length = if cut.index(4) == 0 && !der.is_empty() { cut.index(der.len()) } else { der.len() };
        der.truncate(length);
        der
    });
    let any_der = prop_oneof![3 => spoilt, 1 => prop::collection::vec(any::<u8>(), 0..300)];
    let host = ServerName::try_from("real.example.org").expect("a name");
    let roots = RootCertStore::empty();
    let unreadable = chain::look(&[CertificateDer::from(vec![0x30, 0x03, 1, 2, 3])], &host, &roots);
    assert_eq!(unreadable, Handshake::default(), "nothing is said of a certificate that cannot be read");
    proptest!(|(ders in prop::collection::vec(any_der, 0..4))| {
        let sent: Vec<CertificateDer<'_>> = ders.into_iter().map(CertificateDer::from).collect();
        let seen = chain::look(&sent, &host, &roots);
        prop_assert!(seen.path != Path::Trusted && seen.path_until.is_none() && seen.chain.len() <= sent.len());
        prop_assert!(!seen.ordered || seen.chain.len() == sent.len());
        for certificate in &sent {
            let _ = chain::certificate(certificate);
        }
    });
}

#[test]
fn no_list_and_no_staple_makes_it_panic_and_none_that_is_spoilt_is_believed() {
    let Some(lab) = Lab::new() else { return };
    lab.make("real", &leaf("real"));
    lab.list("now", "intermediate", ("2025-01-01", "2035-01-01"), &[]);
    lab.staple("real", "real", "intermediate", "600");
    let (sent, roots) = ([lab.der("real"), lab.der("intermediate")], lab.roots(&["root"]));
    let chain = Trusted { sent: &sent, roots: &roots, at: "2026-01-01T00:00:00Z".parse().expect("a moment") };
    let (list, staple) = (std::fs::read(lab.file("now.crl")).expect("a list"), std::fs::read(lab.file("real.staple")).expect("an answer"));
    let told = |bytes: &[u8]| [revocation::list(bytes, "http://crl.example.org/now.crl", chain), revocation::staple(bytes, chain)];
    let (good, stapled) = (told(&list)[0].clone().expect("it is real"), told(&staple)[1].clone().expect("it is real"));
    // Neither chain nor leaf: nothing to tell of.
    assert!(revocation::list(&list, "", Trusted { sent: &[], ..chain }).is_err() && revocation::staple(&staple, Trusted { sent: &[], ..chain }).is_err());
    proptest!(|(at in any::<prop::sample::Index>(), byte in any::<u8>(), cut in any::<prop::sample::Index>(), noise in prop::collection::vec(any::<u8>(), 0..200))| {
        for real in [&list, &staple] {
            let mut spoilt = real.clone();
            spoilt[at.index(real.len())] = byte;
            // A byte in what is not signed (an algorithm's parameters) may change nothing; what is signed says the same, or nothing.
            for told in told(&spoilt).into_iter().flatten() {
                prop_assert!(told == good || told == stapled);
            }
            prop_assert!(told(&real[..cut.index(real.len())]).iter().all(Result::is_err));
        }
        prop_assert!(told(&noise).iter().all(Result::is_err));
    });
}

#[test]
fn answers_to_an_old_hello() {
    let not = |detail: &str| Some(Err(Cause::new(CauseKind::Tls, detail)));
    let said = |version: Option<&str>| Some(Ok(LegacyTls { accepted: version.map(str::to_owned) }));
    let cases: [(&[u8], _); 10] = [
        (&[22, 3, 1, 0, 45, 2, 0, 0, 41, 3, 0], said(Some("SSL 3.0"))),
        (&[22, 3, 1, 0, 45, 2, 0, 0, 41, 3, 1], said(Some("TLS 1.0"))),
        (&[22, 3, 2, 0, 45, 2, 0, 0, 41, 3, 2], said(Some("TLS 1.1"))),
        (&[22, 3, 3, 0, 45, 2, 0, 0, 41, 3, 3], not("a newer version than was offered")),
        (&[22, 3, 1, 0, 45, 2, 0, 0, 41, 3], None),
        // Fatal: protocol version. A warning: close.
        (&[21, 3, 1, 0, 2, 2, 70], said(None)),
        (&[21, 3, 1, 0, 2, 1, 0], said(None)),
        // An alert is two bytes; a server that has said nothing yet cannot be done with its hello.
        (&[21, 3, 1, 0, 26, 2, 70], not("neither ServerHello nor alert")),
        (&[22, 3, 1, 0, 4, 14, 0, 0, 0, 0, 0], not("neither ServerHello nor alert")),
        (b"HTTP/1.1 400", not("not TLS")),
    ];
    for (bytes, expected) in cases {
        assert_eq!(legacy::answer(bytes), expected, "{bytes:?}");
    }
}

proptest! {
    #[test]
    fn no_answer_to_an_old_hello_makes_it_panic(bytes in prop::collection::vec(any::<u8>(), 0..64), record in 20_u8..24, minor in 0_u8..5) {
        let _ = legacy::answer(&bytes);
        let framed = [&[record, 3, minor, 0, 2][..], &bytes].concat();
        if let Some(Ok(old)) = legacy::answer(&framed) {
            prop_assert!(old.accepted.is_none_or(|version| ["SSL 3.0", "TLS 1.0", "TLS 1.1"].contains(&version.as_str())));
        }
        // Only a longer answer may say more; what is said already stays.
        for length in 0..framed.len() {
            if let Some(early) = legacy::answer(&framed[..length]) {
                prop_assert_eq!(Some(early), legacy::answer(&framed));
            }
        }
    }
}
