//! Servers that misbehave: each look ends in bounded time, with a cause.

use super::*;

/// What misbehaving servers do to a look: the kind of every part's cause, within bounded time.
fn misbehaving(kind: CauseKind, answer: impl Fn(&mut Connection) + Send + Sync + 'static) {
    let Some(served) = serve_tls(move |connection, _| {
        answer(connection);
        false
    }) else {
        return;
    };
    let started = Instant::now();
    let looked = look_with(&served.url(), &OVER_TLS, &hasty());
    for part in OVER_TLS.into_iter().filter(|part| *part != Anonymous) {
        assert_eq!(missed(&looked, part).0, kind, "{part:?}: {:?}", looked[&part]);
    }
    assert!(started.elapsed() < Duration::from_secs(10), "{:?}", started.elapsed());
}

#[test]
fn a_server_that_hangs() {
    misbehaving(CauseKind::Timeout, |connection| {
        let _ = connection.read(&mut [0; 1]);
    });
}

#[test]
fn a_server_that_drips() {
    misbehaving(CauseKind::Timeout, |connection| {
        let _ = connection.write_all(b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 100000\r\n\r\n{");
        while connection.write_all(b" ").and_then(|()| connection.flush()).is_ok() {
            std::thread::sleep(Duration::from_millis(50));
        }
    });
}

#[test]
fn a_server_of_garbage() {
    misbehaving(CauseKind::Broken, |connection| {
        let _ = connection.write_all(&[0xff; 4096]);
    });
}

#[test]
fn a_server_that_hangs_up() {
    misbehaving(CauseKind::Broken, |_| {});
    misbehaving(CauseKind::Broken, |connection| {
        let _ = connection.write_all(b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 100\r\n\r\n{\"version\"");
    });
}

#[test]
fn a_server_without_end() {
    let body = format!(
        "HTTP/1.1 200 OK\r\nX-Download-Options: noopen\r\nX-DNS-Prefetch-Control: off\r\nContent-Type: {{type}}\r\nTransfer-Encoding: chunked\r\n\r\n10000\r\n{}\r\n",
        " ".repeat(0x10000)
    );
    for (part, media_type) in [(Monitor, "application/json"), (Login, "text/html"), (Policy, "text/html"), (Metrics, "text/plain")] {
        let start = body.replace("{type}", media_type);
        let Some(served) = serve_tls(move |connection, _| {
            let piece = &start.as_bytes()[start.find("10000").unwrap_or_default()..];
            let mut open = connection.write_all(start.as_bytes()).is_ok();
            while open {
                open = connection.write_all(piece).is_ok();
            }
            false
        }) else {
            return;
        };
        assert_eq!(missed(&look(&served, &[part]), part), (CauseKind::TooLarge, "1048576"), "{part:?}");
    }
}

#[test]
fn a_bomb() {
    let Some(gzip) = program("gzip") else { return };
    let made = Command::new("sh").arg("-c").arg(format!("head -c 200000000 /dev/zero | {} -9", gzip.display())).output().expect("gzip runs");
    assert!(made.status.success() && made.stdout.len() < 300_000);
    let Some(served) = serve_captures(vec![("*", whole("HTTP/1.1 200 OK\nContent-Type: application/json\nContent-Encoding: gzip", &made.stdout))]) else {
        return;
    };
    let started = Instant::now();
    assert_eq!(missed(&look(&served, &[Monitor]), Monitor).0, CauseKind::TooLarge);
    assert!(started.elapsed() < Duration::from_secs(5));
}

#[test]
fn what_claims_to_be_gzip() {
    let Some(served) = serve_captures(vec![("*", whole("HTTP/1.1 200 OK\nContent-Type: application/json\nContent-Encoding: gzip", b"{\"version\":{}}"))])
    else {
        return;
    };
    assert_eq!(missed(&look(&served, &[Monitor]), Monitor).0, CauseKind::NotUnderstood);
}

#[test]
fn nobody_listens() {
    let url = format!("https://127.0.0.1:{}", free_port());
    let looked = look_with(&url, &[Monitor, Login, Start], &hasty());
    assert!([Monitor, Login, Start].iter().all(|part| missed(&looked, *part).0 == CauseKind::Refused), "{looked:?}");
}

#[test]
fn no_tls_at_all() {
    let plain = raw_server(|stream, _| {
        let _ = stream.write_all(b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n");
    });
    // A ClientHello holds no empty line: this one answers at once, as a plain server does
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let eager = listener.local_addr().expect("an address");
    std::thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            let mut stream = stream;
            let _ = stream.read(&mut [0; 4096]);
            let _ = stream.write_all(b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n");
            // until the client has read it and hung up
            let _ = stream.read_to_end(&mut Vec::new());
        }
    });
    let looked = look_with(&format!("https://{eager}"), &[Monitor, Login], &hasty());
    assert_eq!((missed(&looked, Monitor).0, missed(&looked, Login).0), (CauseKind::Tls, CauseKind::Tls));
    let looked = look_with(&format!("https://{plain}"), &[Monitor, Login], &hasty());
    assert_eq!((missed(&looked, Monitor).0, missed(&looked, Login).0), (CauseKind::Timeout, CauseKind::Timeout));
}

#[test]
fn a_server_of_absurd_headers() {
    misbehaving(CauseKind::Broken, |connection| {
        let _ = connection.write_all(format!("HTTP/1.1 200 OK\r\n{}\r\n", "X-Again: and again\r\n".repeat(5000)).as_bytes());
    });
    misbehaving(CauseKind::Broken, |connection| {
        let _ = connection.write_all(format!("HTTP/1.1 200 OK\r\nX-Long: {}\r\n\r\n", "x".repeat(2 << 20)).as_bytes());
    });
}

#[test]
fn a_server_that_leads_in_circles() {
    let Some(served) = serve_tls(|connection, head| {
        let path = head.split(' ').nth(1).unwrap_or_default();
        connection.write_all(&whole(&format!("HTTP/1.1 307 Temporary Redirect\nLocation: {path}"), b"")).is_ok()
    }) else {
        return;
    };
    let looked = look(&served, &OVER_TLS);
    assert_eq!(missed(&looked, Login), (CauseKind::Status, "307 /medic/login"));
    // each path once
    assert_eq!(served.paths().len(), 10);
    assert_eq!(served.paths().into_iter().collect::<BTreeSet<_>>().len(), 10);
}
