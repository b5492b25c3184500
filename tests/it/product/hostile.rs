//! Servers that mean no good: the run ends in its time, the rest of it is unharmed, and nothing they send reaches a terminal.

use std::{
    io::{Read, Write},
    net::{SocketAddr, TcpListener, TcpStream},
    process::Command,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use jiff::Timestamp;
use serde_json::Value;

use super::{Audit, Done, HOST, audit, cht, monitoring};
use crate::{
    captured::{Connection, MONITORING, reply, serve_captures, serve_tls, whole},
    support::{free_port, program},
    tls::lab::{Lab, leaf},
};

/// An answer that no server has a part in.
const ANSWER: &str = "kind: facility\nanswers: { backups.key-escrow: { answer: no, date: 2026-11-01, by: ict } }";

/// How long a run took by its own clock.
fn lasted(done: &Done) -> Duration {
    let report = done.report();
    let at = |name: &str| report["run"][name].as_str().unwrap().parse::<Timestamp>().unwrap();
    at("ended").duration_since(at("started")).try_into().unwrap()
}

/// The run ended by itself within `seconds` and one more (and two for a machine that does much else), and the answer that no
/// server has a part in is judged as ever.
fn is_unharmed(done: &Done, seconds: u64) {
    let bound = Duration::from_secs(seconds + 3);
    assert!(lasted(done) < bound && done.took < bound, "{:?}, {:?}", lasted(done), done.took);
    assert!(done.code.is_some_and(|code| code == 1 || code == 4), "{:?}: {}", done.code, done.stderr);
    done.expect(&[("backups.key-escrow", "fail no")]);
    assert!(done.peak < 200_000, "{} kB", done.peak);
}

/// A run over a server that, after the handshake, does this with each request.
fn over_tls(misbehave: impl Fn(&mut Connection) + Send + Sync + 'static) -> Option<Done> {
    let served = serve_tls(move |connection, _| {
        misbehave(connection);
        false
    })?;
    Some(audit(&served, ANSWER).env("DEADLINE", "5s").run())
}

/// The CHT is unknown for `cause`; its TLS is judged all the same; nothing else passes.
fn only_tls_is_known(done: &Done, cause: &str) {
    is_unharmed(done, 5);
    let unknown = format!("unknown {cause}");
    let checks = [
        "alerting.monitoring-api",
        "updates.supported",
        "scale.sentinel-backlog",
        "security.couchdb-anonymous",
        "security.headers",
        "privacy.policy-published",
    ];
    done.expect(&checks.map(|check| (check, unknown.as_str())));
    done.expect(&[("renewals.tls-trusted", "pass pass"), ("renewals.tls-expiry", "pass pass")]);
    let passed = done.passed_by_measurement();
    assert!(passed.iter().all(|check| check.starts_with("renewals.tls-") || check == "security.tls-config"), "{passed:?}");
}

#[test]
fn after_the_handshake() {
    let done = over_tls(|connection| {
        let _ = connection.read(&mut [0; 1]);
    });
    let Some(done) = done else { return };
    only_tls_is_known(&done, "timeout");
    let dripping = over_tls(|connection| {
        let _ = connection.write_all(b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 100000\r\n\r\n{");
        while connection.write_all(b" ").and_then(|()| connection.flush()).is_ok() {
            std::thread::sleep(Duration::from_millis(50));
        }
    });
    only_tls_is_known(&dripping.unwrap(), "timeout");
    only_tls_is_known(&over_tls(|connection| drop(connection.write_all(&[0xff; 4096]))).unwrap(), "broken");
    // Closed without a word, in the midst of the handshake's end: reset or closed.
    only_tls_is_known(&over_tls(|_| {}).unwrap(), "broken");
    only_tls_is_known(
        &over_tls(|connection| drop(connection.write_all(b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 9\r\n\r\n{}"))).unwrap(),
        "broken",
    );
    let flood = || format!("HTTP/1.1 200 OK\r\n{}\r\n", "X-Again: and again\r\n".repeat(5000));
    only_tls_is_known(&over_tls(move |connection| drop(connection.write_all(flood().as_bytes()))).unwrap(), "broken");
}

#[test]
fn bodies_without_end() {
    let endless = |media_type: &'static str| {
        move |connection: &mut Connection| {
            let head = format!(
                "HTTP/1.1 200 OK\r\nX-Download-Options: noopen\r\nX-DNS-Prefetch-Control: off\r\nContent-Type: {media_type}\r\nTransfer-Encoding: chunked\r\n\r\n"
            );
            let piece = format!("10000\r\n{}\r\n", " ".repeat(0x10000));
            let mut open = connection.write_all(head.as_bytes()).is_ok();
            while open {
                open = connection.write_all(piece.as_bytes()).is_ok();
            }
        }
    };
    let Some(done) = over_tls(endless("application/json")) else { return };
    is_unharmed(&done, 5);
    done.expect(&[("alerting.monitoring-api", "unknown too-large"), ("updates.supported", "unknown too-large"), ("renewals.tls-trusted", "pass pass")]);
    let done = over_tls(endless("text/html")).unwrap();
    is_unharmed(&done, 5);
    done.expect(&[("privacy.policy-published", "unknown too-large"), ("security.headers", "unknown too-large")]);

    let Some(gzip) = program("gzip") else { return };
    let made = Command::new("sh").arg("-c").arg(format!("head -c 200000000 /dev/zero | {} -9", gzip.display())).output().unwrap();
    assert!(made.status.success() && made.stdout.len() < 300_000);
    let bomb = whole("HTTP/1.1 200 OK\nContent-Type: application/json\nContent-Encoding: gzip", &made.stdout);
    let Some(served) = serve_captures(vec![("*", bomb)]) else { return };
    let done = audit(&served, ANSWER).env("DEADLINE", "5s").run();
    is_unharmed(&done, 5);
    done.expect(&[("alerting.monitoring-api", "unknown too-large"), ("renewals.tls-trusted", "pass pass")]);
}

/// A server that hands each connection to `behave`.
fn plain(behave: impl Fn(TcpStream) + Clone + Send + 'static) -> SocketAddr {
    let listener = TcpListener::bind(("127.0.0.1", 0)).unwrap();
    let at = listener.local_addr().unwrap();
    std::thread::spawn(move || {
        for stream in listener.incoming().map_while(Result::ok) {
            let behave = behave.clone();
            std::thread::spawn(move || behave(stream));
        }
    });
    at
}

#[test]
fn before_the_handshake() {
    let hold = |mut stream: TcpStream| drop(stream.read_to_end(&mut Vec::new()));
    let after_hello = |answer: &'static [u8]| {
        move |mut stream: TcpStream| {
            let _ = stream.read(&mut [0; 4096]);
            let _ = stream.write_all(answer);
            let _ = stream.read_to_end(&mut Vec::new());
        }
    };
    for (what, at, cause) in [
        ("refuses", SocketAddr::from(([127, 0, 0, 1], free_port())), "refused"),
        ("hangs", plain(hold), "timeout"),
        // Closed with bytes unread: the system resets the connection.
        ("resets", plain(|stream| drop(stream.peek(&mut [0; 1]))), "broken"),
        ("garbage", plain(after_hello(&[0xa5; 4096])), "tls"),
        ("plain HTTP", plain(after_hello(b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n")), "tls"),
        ("an alert", plain(after_hello(&[21, 3, 1, 0, 2, 2, 40])), "tls"),
    ] {
        let done = Audit::of(&format!("https://{HOST}"), ANSWER).at(HOST, 443, &[at]).env("DEADLINE", "5s").run();
        is_unharmed(&done, 5);
        let unknown = [format!("unknown {cause}")];
        assert_eq!(done.found("renewals.tls-trusted"), unknown, "{what}");
        assert_eq!(done.found("renewals.tls-expiry"), unknown, "{what}");
        let monitoring = done.found("alerting.monitoring-api");
        // Before the first byte of HTTP a reset within the handshake is TLS that was not agreed.
        assert!(monitoring == unknown || (what == "resets" && monitoring == ["unknown tls"]), "{what}: {monitoring:?}");
        assert_eq!(done.passed_by_measurement(), [""; 0], "{what}");
    }
}

#[test]
fn a_deadline_ends_a_run_that_waits() {
    let at = plain(|mut stream| drop(stream.read_to_end(&mut Vec::new())));
    let done = Audit::of(&format!("https://{HOST}"), ANSWER).at(HOST, 443, &[at]).env("DEADLINE", "2s").env("TIMEOUT", "30s").run();
    is_unharmed(&done, 2);
    assert!(lasted(&done) >= Duration::from_secs(2));
    done.expect(&[("alerting.monitoring-api", "unknown deadline"), ("renewals.tls-trusted", "unknown deadline"), ("security.headers", "unknown deadline")]);
}

#[test]
fn redirects_are_not_followed_away() {
    let asked = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&asked);
    let Some(elsewhere) = cht(move |_, _| {
        counted.fetch_add(1, Ordering::SeqCst);
        None
    }) else {
        return;
    };
    let to = format!("HTTP/1.1 302 Found\nLocation: https://127.0.0.1:{}/medic/login", elsewhere.port);
    let Some(served) = cht(move |_, _| Some(whole(&to, b""))) else { return };
    let done = audit(&served, ANSWER).env("DEADLINE", "5s").run();
    is_unharmed(&done, 5);
    done.expect(&[("alerting.monitoring-api", "unknown status"), ("security.couchdb-anonymous", "unknown status"), ("updates.supported", "unknown status")]);
    assert_eq!(asked.load(Ordering::SeqCst), 0, "nobody else was asked");
    // In a circle.
    let Some(served) = cht(|path, _| Some(whole(&format!("HTTP/1.1 307 Temporary Redirect\nLocation: {path}"), b""))) else { return };
    let done = audit(&served, ANSWER).env("DEADLINE", "5s").run();
    is_unharmed(&done, 5);
    done.expect(&[("alerting.monitoring-api", "unknown status"), ("security.couchdb-anonymous", "unknown status")]);
    assert!(served.paths().len() <= 12, "{:?}", served.paths());
}

#[test]
fn absurd_numbers_are_no_good_ones() {
    let numbers =
        ["1e308", "-1e308", "99999999999999999999999999", "-5", "0.5", "18446744073709551615", "-9223372036854775808", "\"12\"", "null", "[]", "{}", "true"];
    for number in numbers {
        let body = String::from_utf8(monitoring(|_| {})).unwrap();
        let body = body.split_once("\r\n\r\n").unwrap().1;
        let mut value: Value = serde_json::from_str(body).unwrap();
        replace_numbers(&mut value);
        let body = value.to_string().replace("\"@\"", number);
        let Some(served) = cht(move |path, _| (path == MONITORING).then(|| reply("200 OK", "application/json", &body))) else { return };
        let done = audit(&served, ANSWER).with(&["--only", "alerting,scale,restarts,updates,backups"]).run();
        is_unharmed(&done, 30);
        let wrong = ["scale.doc-limit-users", "restarts.time-sync", "alerting.monitoring-api"];
        let passed = done.passed_by_measurement();
        assert!(!passed.iter().any(|check| wrong.contains(&check.as_str())), "{number}: {passed:?}");
    }
}

fn replace_numbers(value: &mut Value) {
    match value {
        Value::Number(_) => *value = "@".into(),
        Value::Array(list) => list.iter_mut().for_each(replace_numbers),
        Value::Object(map) => map.values_mut().for_each(replace_numbers),
        _ => {}
    }
}

/// What a terminal would act on: controls, and marks that turn the direction of text.
fn acts(c: char) -> bool {
    (c.is_control() && c != '\n') || matches!(c, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{061c}')
}

const EVIL: &str = "\u{1b}[2J\u{1b}]0;owned\u{7}\u{202e}\u{9b}31m\r\nOK all green\u{2066}";

#[test]
fn nothing_a_server_sends_reaches_the_terminal_raw() {
    let Some(lab) = Lab::new() else { return };
    lab.make("evil", &leaf("evil"));
    let subject = format!("/O=County {EVIL}/CN=evil {EVIL}");
    lab.openssl(&[
        "req",
        "-x509",
        "-utf8",
        "-config",
        "ca.cnf",
        "-key",
        "evil.key",
        "-days",
        "60",
        "-subj",
        &subject,
        "-addext",
        "subjectAltName=DNS:evil.example.org",
        "-out",
        "evil.pem",
    ]);
    let (_nginx, at) = lab.nginx(&[lab.block("evil", &["evil"], &format!("return 302 \"/{}\";", "a\u{9b}b"))]);
    let run = |format: &str| Audit::of("https://evil.example.org", "").at("evil.example.org", 443, &[at]).env("OUTPUT", format).run();
    let json = run("json");
    json.expect(&[("renewals.tls-expiry", "pass pass")]);
    assert!(json.found("renewals.tls-trusted").contains(&"fail self-signed".to_owned()), "{:?}", json.found("renewals.tls-trusted"));
    shows_nothing_raw(&run("table"), "County");

    // In a body: the version, a database's name, a number's path, and the text of a time.
    let Some(served) = cht(|path, _| {
        (path == MONITORING).then(|| {
            monitoring(|body| {
                body["version"]["app"] = format!("5.2.0{EVIL}").into();
                body["version"]["couchdb"] = format!("3.5.0{EVIL}").into();
                body["couchdb"][EVIL] = serde_json::json!({ "name": EVIL, "doc_count": -1, "fragmentation": -1 });
            })
        })
    }) else {
        return;
    };
    shows_nothing_raw(&audit(&served, "").env("OUTPUT", "table").run(), "");
    // In a header: where a redirect leads.
    let Some(served) = cht(|_, _| Some(whole("HTTP/1.1 302 Found\nLocation: /x\u{9b}31m\u{202e}y", b""))) else { return };
    shows_nothing_raw(&audit(&served, "").env("OUTPUT", "table").run(), "");
}

#[test]
fn nor_does_what_a_description_says() {
    // YAML takes no raw control characters; written as escapes it does.
    let evil = r"\e[2J\u202e\x9b31m\nOK all green";
    let Some(served) = cht(|_, _| None) else { return };
    let more = format!(
        "kind: facility\npeople: {{ ict: \"{evil}\" }}\nalerting: {{ on_call: [ict], contacts: [\"{evil}\"] }}\nhosts: [ {{ id: \"{evil}\", role: cht, cpus: 2 }} ]\n\
         answers: {{ backups.key-escrow: {{ answer: no, date: 2026-11-01, by: \"{evil}\" }} }}\n\
         waivers: [ {{ check: restarts.ups, reason: \"{evil}\", owner: \"{evil}\", until: {} }} ]",
        Timestamp::now().to_zoned(jiff::tz::TimeZone::UTC).date().checked_add(jiff::ToSpan::days(30)).unwrap()
    );
    let done = audit(&served, &more).env("OUTPUT", "table").run();
    assert!(matches!(done.code, Some(1 | 4)) || done.code == Some(3), "{:?} {}", done.code, done.stderr);
    raw_free(&done);
    for wrong in
        [format!("\"{evil}\": 1"), format!("kind: \"{evil}\""), format!("answers: {{ \"{evil}\": {{ answer: yes }} }}"), format!("extends: [\"{evil}\"]")]
    {
        let done = audit(&served, &wrong).run();
        assert_eq!(done.code, Some(3), "{wrong}");
        raw_free(&done);
    }
}

fn raw_free(done: &Done) {
    let stdout = String::from_utf8(done.stdout.clone()).unwrap();
    for text in [&stdout, &done.stderr] {
        let raw: Vec<char> = text.chars().filter(|c| acts(*c)).collect();
        assert!(raw.is_empty(), "{raw:?} in {text:?}");
        assert!(!text.lines().any(|line| line.starts_with("OK all green")), "{text}");
    }
}

fn shows_nothing_raw(done: &Done, shown: &str) {
    let table = String::from_utf8(done.stdout.clone()).unwrap();
    assert!(table.len() > 500 && table.contains(shown), "{table}\n{}", done.stderr);
    raw_free(done);
}
