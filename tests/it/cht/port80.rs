//! Port 80.

use super::*;

/// Port 80 of 127.0.0.1, played by `answer`.
fn port_80(answer: impl Fn(&str) -> Vec<u8> + Send + Sync + 'static) -> Looked {
    let address = raw_server(move |stream, head| {
        assert!(head.contains("host: 127.0.0.1\r\n"), "{head}");
        let _ = stream.write_all(&answer(head));
    });
    let mut reach = hasty();
    reach.overrides = vec![Override { host: "127.0.0.1".to_owned(), port: 80, to: vec![address] }];
    look_with("https://127.0.0.1:8443", &[Port80, AcmePath], &reach)
}

fn plain(looked: &Looked) -> &PlainHttp {
    match facts(looked, Port80) {
        ChtFacts::PlainHttp(map) => map["127.0.0.1"].facts().expect("port 80 was seen"),
        other => panic!("{other:?}"),
    }
}

fn acme(looked: &Looked) -> (u16, Option<&str>) {
    match facts(looked, AcmePath) {
        ChtFacts::AcmePath(map) => map["127.0.0.1"].facts().map(|acme| (acme.status, acme.certificate_mode.as_deref())).expect("port 80 was seen"),
        other => panic!("{other:?}"),
    }
}

#[test]
fn port_80_of_a_cht() {
    let looked = port_80(|head| {
        if head.starts_with("GET /.well-known/acme-challenge/ ") {
            reply("200 OK", "text/html", "CERTIFICATE_MODE AUTO_GENERATE\n")
        } else {
            capture("front/http-301")
        }
    });
    assert_eq!(plain(&looked), &PlainHttp { status: 301, to_https: true, content: false });
    assert_eq!(acme(&looked), (200, Some("AUTO_GENERATE")));
}

#[test]
fn port_80_of_others() {
    let to = |location: &'static str| port_80(move |_| whole(&format!("HTTP/1.1 302 Found\nLocation: {location}"), b"<html>"));
    for elsewhere in ["http://127.0.0.1/", "https://portal.example/", "/login", "javascript:alert(1)", "::"] {
        assert_eq!(plain(&to(elsewhere)), &PlainHttp { status: 302, to_https: false, content: false }, "{elsewhere}");
    }
    let looked = port_80(|_| reply("200 OK", "text/html", "CERTIFICATE_MODE <script>"));
    assert_eq!((plain(&looked), acme(&looked)), (&PlainHttp { status: 200, to_https: false, content: true }, (200, None)));
    let looked = port_80(|_| reply("404 Not Found", "text/html", "CERTIFICATE_MODE AUTO_GENERATE"));
    assert_eq!((plain(&looked).content, acme(&looked)), (false, (404, None)));
    let looked = port_80(|_| reply("200 OK", "text/html", ""));
    assert!(!plain(&looked).content);
    // more than is read is content all the same
    let looked = port_80(|_| reply("200 OK", "text/html", &"x".repeat(3 << 20)));
    assert!(plain(&looked).content);
}

#[test]
fn port_80_on_several_addresses() {
    let alive = raw_server(|stream, _| {
        let _ = stream.write_all(&capture("front/http-301"));
    });
    let mut reach = hasty();
    let dead = SocketAddr::from(([127, 0, 0, 2], free_port()));
    reach.overrides = vec![Override { host: "cht.example.org".to_owned(), port: 80, to: vec![alive, dead] }];
    let looked = look_with("https://cht.example.org", &[Port80, AcmePath], &reach);
    let ChtFacts::PlainHttp(answers) = facts(&looked, Port80) else { panic!("port 80") };
    assert_eq!(answers["127.0.0.1"].facts().map(|answer| answer.status), Ok(301));
    assert_eq!(answers["127.0.0.2"].facts().expect_err("nobody listens").kind, CauseKind::Refused);
}
