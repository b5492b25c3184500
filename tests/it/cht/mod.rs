//! The CHT over HTTP: what each real or reconstructed answer leads to, and what bad servers cannot do.

mod hostile;
mod monitoring;
mod port80;

use std::{
    collections::{BTreeMap, BTreeSet},
    io::{Read, Write},
    net::{SocketAddr, TcpListener},
    process::Command,
    sync::{
        Mutex,
        atomic::{AtomicUsize, Ordering},
    },
    time::{Duration, Instant},
};

use cht_audit::{
    evidence::{
        ChtFacts, ChtPart, Entry, Outcome,
        cht::{AnonymousAnswer, Cors, Database, ExpressMetrics, LoginPage, Monitoring, PlainHttp, PrivacyPolicy, SetCookie, StartPage},
    },
    finding::CauseKind,
    probe::{Override, Reach, cht},
};
use rustls::RootCertStore;
use serde_json::{Value, json};

use crate::{
    captured::{Connection, Served, capture, capture_body, capture_with, reply, serve_captures, serve_tls, whole},
    support::{free_port, program, raw_server},
};

use ChtPart::{
    AcmePath, Anonymous, Cors as CorsPart, DeployInfo, ExpressMetrics as Metrics, LoginPage as Login, Monitoring as Monitor, PlainHttp as Port80,
    PrivacyPolicy as Policy, StartPage as Start,
};

const OVER_TLS: [ChtPart; 8] = [Monitor, Login, Policy, DeployInfo, Anonymous, Start, CorsPart, Metrics];

type Looked = BTreeMap<ChtPart, Entry<ChtFacts>>;

fn reach() -> Reach {
    crate::support::reach(".", RootCertStore::empty())
}

/// A reach that soon gives up, for servers that do not answer and for pauses.
fn hasty() -> Reach {
    let mut reach = reach();
    reach.timeout = Duration::from_millis(800);
    reach.monitoring_timeout = Duration::from_millis(800);
    reach
}

fn run<T>(future: impl Future<Output = T> + Send) -> T {
    tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().expect("a runtime").block_on(future)
}

fn look_with(url: &str, parts: &[ChtPart], reach: &Reach) -> Looked {
    let mut looked = Looked::new();
    let parts: BTreeSet<ChtPart> = parts.iter().copied().collect();
    run(cht::look(url, &parts, reach, &mut |part, entry| {
        assert!(looked.insert(part, entry).is_none(), "{part:?} is recorded once");
    }));
    assert_eq!(looked.keys().copied().collect::<BTreeSet<_>>(), parts, "every part is recorded");
    looked
}

fn look(served: &Served, parts: &[ChtPart]) -> Looked {
    look_with(&served.url(), parts, &reach())
}

fn facts(looked: &Looked, part: ChtPart) -> &ChtFacts {
    match &looked[&part].result {
        Outcome::Seen(facts) => facts,
        Outcome::Missed(cause) => panic!("{part:?} was missed: {cause:?}"),
    }
}

/// The kind and detail of the cause of a part that was missed.
fn missed(looked: &Looked, part: ChtPart) -> (CauseKind, &str) {
    match &looked[&part].result {
        Outcome::Missed(cause) => (cause.kind, &cause.detail),
        Outcome::Seen(facts) => panic!("{part:?} was seen: {facts:?}"),
    }
}

fn seen(looked: &Looked) -> BTreeSet<ChtPart> {
    looked.iter().filter(|(_, entry)| matches!(entry.result, Outcome::Seen(_))).map(|(part, _)| *part).collect()
}

fn monitored(looked: &Looked) -> &Monitoring {
    match facts(looked, Monitor) {
        ChtFacts::Monitoring(facts) => facts,
        other => panic!("{other:?}"),
    }
}

fn anonymous(looked: &Looked) -> &BTreeMap<String, Outcome<AnonymousAnswer>> {
    match facts(looked, Anonymous) {
        ChtFacts::Anonymous(facts) => facts,
        other => panic!("{other:?}"),
    }
}

fn captured_monitoring() -> Value {
    serde_json::from_str(&capture_body("cht-core-5.2.0/monitoring-v2-interval")).expect("the capture is JSON")
}

#[test]
fn a_healthy_cht() {
    let Some(served) = serve_captures(vec![]) else { return };
    let looked = look(&served, &OVER_TLS);

    let monitoring = monitored(&looked);
    let captured = captured_monitoring();
    assert_eq!((monitoring.api, monitoring.app.as_deref(), monitoring.couchdb.as_deref()), (2, Some("5.2.0"), Some("3.5.0")));
    assert_eq!(monitoring.databases.keys().collect::<Vec<_>>(), ["medic", "sentinel", "users", "usersmeta"]);
    let medic = &monitoring.databases["medic"];
    let of_medic = &captured["couchdb"]["medic"];
    assert_eq!(medic.docs, of_medic["doc_count"].as_u64());
    assert_eq!(medic.file_bytes, of_medic["sizes"]["file"].as_u64());
    let bytes = |list: &str, pointer: &str| {
        of_medic[list].as_array().expect("a list").iter().map(|index| index.pointer(pointer).and_then(Value::as_u64).expect("a size")).sum::<u64>()
    };
    assert_eq!(medic.index_bytes, Some(bytes("view_indexes", "/sizes/file") + bytes("nouveau_indexes", "/file_size")));
    assert_eq!(medic.search_indexes, Some(3));
    assert_eq!(monitoring.databases["sentinel"].search_indexes, Some(0));
    let ratio = of_medic["fragmentation"].as_f64().expect("a ratio");
    assert!(medic.fragmentation_percent.is_some_and(|percent| (f64::from(u32::try_from(percent).expect("small")) - ratio * 100.0).abs() < 1.0));
    assert_eq!((monitoring.sentinel_backlog, monitoring.users_over_limit), (Some(0), Some(0)));
    assert_eq!(monitoring.connected_users, captured["connected_users"]["count"].as_u64());
    assert_eq!(monitoring.not_computed, Vec::<String>::new());
    // 4 databases with 6 numbers; 8 views with 2; 3 search indexes with 2; 2 * 5 + 4 + 3 + 4 messages; 7 backlogs and counts
    assert_eq!(monitoring.numbers, 24 + 16 + 6 + 21 + 7);
    assert!(!monitoring.is_database_away());
    // whole seconds
    assert_eq!(
        monitoring.uptime_seconds,
        Some(captured["date"]["uptime"].as_f64().map(|seconds| seconds.trunc().to_string().parse().expect("whole")).expect("a number"))
    );
    let entry = &looked[&Monitor];
    let skew = captured["date"]["current"].as_i64().expect("a clock") - entry.at.as_millisecond();
    let doubt = i64::try_from(monitoring.clock_doubt_ms).expect("short");
    assert!((monitoring.clock_skew_ms.expect("a clock") - skew).abs() <= 2 * doubt + 5, "{monitoring:?}");

    let login = LoginPage {
        links_privacy_policy: true,
        hsts_seconds: Some(31_536_000),
        content_security_policy: true,
        nosniff: true,
        frame_options: true,
        server_version: None,
    };
    assert_eq!(facts(&looked, Login), &ChtFacts::LoginPage(login));
    let text = "Privacy policy The county keeps names visits of households . Login";
    let policy = PrivacyPolicy { published: true, text_chars: text.chars().count() as u64, filler: false };
    assert_eq!(facts(&looked, Policy), &ChtFacts::PrivacyPolicy(policy));
    let ChtFacts::DeployInfo(deploy) = facts(&looked, DeployInfo) else { panic!("deploy info") };
    // the captured user is ""
    assert_eq!((deploy.version.as_deref(), deploy.names_user), (Some("5.2.0"), false));
    assert_eq!(deploy.deployed.map(jiff::Timestamp::as_millisecond), Some(1_795_356_749_249));
    for path in ["/_all_dbs", "/_utils/", "/_up"] {
        assert_eq!(anonymous(&looked)[path], Outcome::Seen(AnonymousAnswer { status: 401, refused: true, couchdb_answered: false }), "{path}");
    }
    let cookies = vec![SetCookie { name: "login".to_owned(), secure: true }];
    assert_eq!(facts(&looked, Start), &ChtFacts::StartPage(StartPage { status: 200, to_login: true, cookies }));
    assert_eq!(facts(&looked, CorsPart), &ChtFacts::Cors(Cors::default()));
    assert_eq!(facts(&looked, Metrics), &ChtFacts::ExpressMetrics(ExpressMetrics::default()));
}

#[test]
fn a_guest_with_manners() {
    let Some(served) = serve_captures(vec![]) else { return };
    look(&served, &OVER_TLS);
    let paths = [
        "/api/v2/monitoring",
        "/medic/login",
        "/_all_dbs",
        "/_utils/",
        "/_up",
        "/",
        "/admin/",
        "/api/info",
        "/api/v1/express-metrics",
        "/medic/privacy-policy",
        "/deploy-info.json",
    ];
    assert_eq!(served.paths(), paths);
    assert_eq!(served.connections(), 1);
    for head in served.heads() {
        let head = head.to_ascii_lowercase();
        let asks_as_browser = head.starts_with("get / ") || head.starts_with("get /admin/ ");
        assert!(head.starts_with("get "), "{head}");
        assert!(head.contains(if asks_as_browser { "accept: text/html\r\n" } else { "accept: application/json\r\n" }), "{head}");
        assert!(head.contains("user-agent: cht-audit/"), "{head}");
        assert!(head.contains("accept-encoding: gzip\r\n"), "{head}");
        assert!(head.contains(&format!("host: 127.0.0.1:{}\r\n", served.port)), "{head}");
        assert!(!head.contains("cookie:") && !head.contains("authorization:"), "{head}");
        assert_eq!(head.contains("origin: https://example.invalid\r\n"), head.starts_with("get /api/info "), "{head}");
    }
    assert!(served.heads()[0].contains("?connected_user_interval=30 "));
}

/// Each captured answer, given to every question, answers only those that it is an answer to.
#[test]
fn an_answer_answers_its_own_question_only() {
    let version: &[ChtPart] = &[CorsPart, DeployInfo];
    let page: &[ChtPart] = &[Start, Policy];
    let fits = |name: &str| -> &[ChtPart] {
        match name {
            "monitoring-v1-anon" | "monitoring-v2-anon" | "monitoring-v2-interval" => &[Monitor],
            "api-info-anon" | "tls-front-info" | "setup-poll" | "couchdb-direct-root-admin" | "dbinfo-admin" | "deploy-info-admin" | "deploy-info-chw" => {
                version
            }
            "root-anon" | "login-page" => page,
            "express-metrics-anon" => &[Metrics],
            // all of them redirects on the same host
            "admin-app-anon"
            | "couch-utils-anon"
            | "couch-up-anon"
            | "dbinfo-anon"
            | "deploy-info-anon-browser"
            | "haproxy-stats-anon"
            | "options-monitoring"
            | "session-anon"
            | "http-301" => &[Start],
            _ => &[],
        }
    };
    let captures = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/captures");
    let mut names = Vec::new();
    for folder in ["cht-core-5.2.0", "front"] {
        for file in std::fs::read_dir(captures.join(folder)).expect("a folder") {
            let name = file.expect("a file").file_name().into_string().expect("a name");
            names.push(format!("{folder}/{}", name.trim_end_matches(".http")));
        }
    }
    assert!(names.len() > 50, "{}", names.len());
    for name in names {
        let Some(served) = serve_captures(vec![("*", capture(&name))]) else { return };
        let looked = look_with(&served.url(), &OVER_TLS, &hasty());
        let mut expected: BTreeSet<ChtPart> = fits(name.rsplit('/').next().unwrap_or_default()).iter().copied().collect();
        // a map of answers, each for itself
        expected.insert(Anonymous);
        assert_eq!(seen(&looked), expected, "{name}");
    }
}

/// Which tier is down, by status, media type and body.
#[test]
fn which_tier_is_down() {
    let nginx = r#"{"type":"ERROR","error":"502 Bad Gateway","server":"nginx"}"#;
    let haproxy = r#"{"error":"503 Service Unavailable","reason":"No server is available to handle this request","server":"haproxy"}"#;
    let cases = [
        (capture("front/tls-front-bad-gateway"), CauseKind::ApiDown, "502"),
        (reply("502 Bad Gateway", "application/json", nginx), CauseKind::ApiDown, "502"),
        (reply("504 Gateway Timeout", "text/html", "<center>nginx</center>"), CauseKind::ApiDown, "504"),
        (reply("503 Service Unavailable", "application/json", haproxy), CauseKind::DatabaseDown, "503"),
        (reply("503 Service Unavailable", "application/json", r#"{"error":"Service unavailable"}"#), CauseKind::Starting, "503"),
        (reply("503 Service Unavailable", "text/html", "<h1>maintenance</h1>"), CauseKind::Status, "503"),
        (reply("500 Internal Server Error", "application/json", r#"{"code":500,"error":"Server error"}"#), CauseKind::Status, "500"),
        (reply("429 Too Many Requests", "text/plain", "Too Many Requests"), CauseKind::RateLimited, "429"),
        (reply("403 Forbidden", "application/json", "{}"), CauseKind::Status, "403"),
        (reply("200 OK", "text/html", "<h1>Welcome to the hotel</h1>"), CauseKind::NotUnderstood, "text/html"),
        (reply("200 OK", "application/json", "{\"ok\":"), CauseKind::NotUnderstood, "application/json"),
        (reply("200 OK", "application/json", "[1,2]"), CauseKind::NotUnderstood, "application/json"),
        (reply("204 No Content", "application/json", ""), CauseKind::NotUnderstood, "application/json"),
        (
            whole("HTTP/1.1 302 Found\nLocation: https://me:s3cret@portal.example/login?token=s3cret#x", b""),
            CauseKind::Status,
            "302 https://portal.example/login",
        ),
        (capture("cht-core-5.2.0/couch-utils-anon"), CauseKind::Status, "302 /medic/login"),
    ];
    for (answer, kind, detail) in cases {
        let said = String::from_utf8_lossy(&answer).into_owned();
        let Some(served) = serve_captures(vec![("*", answer)]) else { return };
        let looked = look_with(&served.url(), &[Monitor, Login, DeployInfo, CorsPart, Metrics], &hasty());
        for part in looked.keys() {
            assert_eq!(missed(&looked, *part), (kind, detail), "{part:?} {said}");
        }
    }
}

/// Nothing of a network's own page, whatever is asked, is a fact about the CHT.
#[test]
fn a_captive_portal() {
    let portal = reply("200 OK", "text/html", "<html><form action=\"/login\">Welcome. Privacy policy: lorem ipsum.</form></html>");
    let Some(served) = serve_captures(vec![("*", portal)]) else { return };
    let looked = look(&served, &OVER_TLS);
    assert_eq!(seen(&looked), BTreeSet::from([Anonymous]));
    for part in OVER_TLS.into_iter().filter(|part| *part != Anonymous) {
        assert_eq!(missed(&looked, part), (CauseKind::NotUnderstood, "text/html"), "{part:?}");
    }
    for (path, answer) in anonymous(&looked) {
        assert_eq!(answer.facts().expect_err("nothing was seen").kind, CauseKind::NotUnderstood, "{path}");
    }
}

/// A starting CHT answers browsers with a page and 200, and says so to all others.
#[test]
fn a_starting_cht() {
    let Some(served) = serve_tls(|connection, head| {
        let json = head.to_ascii_lowercase().contains("accept: application/json");
        let answer = if json {
            reply("503 Service Unavailable", "application/json", r#"{"error":"Service unavailable"}"#)
        } else {
            reply("200 OK", "text/html", "<h1>Starting</h1>")
        };
        connection.write_all(&answer).is_ok()
    }) else {
        return;
    };
    let started = Instant::now();
    let looked = look(&served, &OVER_TLS);
    for part in [Monitor, Login, Policy, DeployInfo, CorsPart, Metrics] {
        assert_eq!(missed(&looked, part).0, CauseKind::Starting, "{part:?}");
    }
    assert_eq!(missed(&looked, Start).0, CauseKind::NotUnderstood);
    // nothing is asked twice: 8 parts, Anonymous with three paths
    assert_eq!(served.paths().len(), 10);
    assert!(started.elapsed() < reach().timeout, "no pause");
}

/// After a 429 nothing more is asked: it would keep everybody behind our address locked out.
#[test]
fn a_rate_limit_ends_the_visit() {
    let limited = reply("429 Too Many Requests", "application/json", r#"{"code":429,"error":"Too Many Requests"}"#);
    let Some(served) = serve_captures(vec![("/_all_dbs", limited)]) else { return };
    let looked = look(&served, &OVER_TLS);
    assert_eq!(seen(&looked), BTreeSet::from([Monitor, Login, Anonymous]));
    assert!(anonymous(&looked).values().all(|answer| answer.facts().is_err_and(|cause| cause.kind == CauseKind::RateLimited)));
    assert_eq!(missed(&looked, CorsPart).0, CauseKind::RateLimited);
    assert_eq!(served.paths().last().map(String::as_str), Some("/_all_dbs"));
}

#[test]
fn one_failed_probe_is_not_an_outage() {
    let asked = AtomicUsize::new(0);
    let Some(served) = serve_tls(move |connection, _| {
        let first = asked.fetch_add(1, Ordering::SeqCst) == 0;
        let answer = if first { capture("front/tls-front-bad-gateway") } else { capture("cht-core-5.2.0/monitoring-v2-interval") };
        connection.write_all(&answer).is_ok()
    }) else {
        return;
    };
    let looked = look_with(&served.url(), &[Monitor], &hasty());
    assert_eq!(monitored(&looked).app.as_deref(), Some("5.2.0"));
    assert_eq!(served.paths().len(), 2);
}

#[test]
fn an_outage_is_asked_about_once_more_a_visit() {
    let Some(served) = serve_captures(vec![("*", capture("front/tls-front-bad-gateway"))]) else { return };
    let looked = look_with(&served.url(), &[Monitor, Login, CorsPart], &hasty());
    assert_eq!(missed(&looked, Monitor).0, CauseKind::ApiDown);
    assert_eq!(served.paths(), ["/api/v2/monitoring", "/api/v2/monitoring", "/medic/login", "/api/info"]);
}

#[test]
fn the_headers_of_the_login_page() {
    let page = capture_body("reconstructed/login-page");
    let bare = |headers: &str| {
        let answer = whole(&format!("HTTP/1.1 200 OK\nContent-Type: text/html\n{headers}"), page.replace("privacy-policy", "x").as_bytes());
        let served = serve_captures(vec![("/medic/login", answer)])?;
        match facts(&look(&served, &[Login]), Login) {
            ChtFacts::LoginPage(facts) => Some(facts.clone()),
            other => panic!("{other:?}"),
        }
    };
    let Some(none) = bare("Server: nginx") else { return };
    assert_eq!(none, LoginPage::default());
    let weak = bare(
        "Strict-Transport-Security: max-age=300\nServer: nginx/1.25.3\nX-Frame-Options: ALLOWALL\nX-Content-Type-Options: sniff\nContent-Security-Policy-Report-Only: default-src 'none'",
    );
    assert_eq!(weak, Some(LoginPage { hsts_seconds: Some(300), server_version: Some("nginx/1.25.3".to_owned()), ..LoginPage::default() }));
    let framed = bare("Content-Security-Policy: default-src 'self'; frame-ancestors 'none'");
    assert_eq!(framed, Some(LoginPage { content_security_policy: true, frame_options: true, ..LoginPage::default() }));
    let twice = bare("X-Frame-Options: SAMEORIGIN\nX-Frame-Options: SAMEORIGIN\nX-Content-Type-Options: nosniff, nosniff");
    assert_eq!(twice, Some(LoginPage { frame_options: true, nosniff: true, ..LoginPage::default() }));
}

#[test]
fn the_privacy_policy() {
    let policy = |answer: Vec<u8>| {
        serve_captures(vec![("/medic/privacy-policy", answer)]).map(|served| look(&served, &[Policy]).remove(&Policy).expect("recorded").result)
    };
    let Some(none) = policy(capture("reconstructed/privacy-policy-none")) else { return };
    assert_eq!(none, Outcome::Seen(ChtFacts::PrivacyPolicy(PrivacyPolicy::default())));
    let filler = policy(capture_with("reconstructed/privacy-policy", "<p>Lorem\n <b>ipsum</b> dolor</p>"));
    assert_eq!(filler, Some(Outcome::Seen(ChtFacts::PrivacyPolicy(PrivacyPolicy { published: true, text_chars: 17, filler: true }))));
    // somebody else's 404 and somebody else's page tell nothing
    for other in [
        reply("404 Not Found", "text/html", "nginx"),
        reply("404 Not Found", "application/json", r#"{"code":404}"#),
        reply("200 OK", "text/html", "<p>Our policy</p>"),
    ] {
        let missed = policy(other).expect("openssl is there");
        assert_eq!(missed.facts().expect_err("nothing was seen").kind, CauseKind::NotUnderstood);
    }
}

#[test]
fn the_deploy_information() {
    let deploy = |answer: Vec<u8>| {
        serve_captures(vec![("/deploy-info.json", answer)]).map(|served| look(&served, &[DeployInfo]).remove(&DeployInfo).expect("recorded").result)
    };
    let Some(named) = deploy(reply("200 OK", "application/json", r#"{"version":"5.1.1","user":"amina","timestamp":-5}"#)) else { return };
    let Outcome::Seen(ChtFacts::DeployInfo(facts)) = &named else { panic!("{named:?}") };
    assert_eq!((facts.version.as_deref(), facts.deployed, facts.names_user), (Some("5.1.1"), None, true));
    assert!(!serde_json::to_string(&named).expect("plain data").contains("amina"));
    for (status, detail) in [("404 Not Found", "404"), ("401 Unauthorized", "401")] {
        let missed = deploy(reply(status, "application/json", "{}")).expect("openssl is there");
        let cause = missed.facts().expect_err("nothing was seen").clone();
        assert_eq!((cause.kind, cause.detail.as_str()), (CauseKind::Status, detail));
    }
}

#[test]
fn a_database_that_is_open_to_strangers() {
    let couchdb = |body| reply("200 OK", "application/json", body);
    let answers = vec![
        ("/_all_dbs", couchdb(r#"["_users","medic"]"#)),
        ("/_utils/", reply("200 OK", "text/html", "<title>Project Fauxton</title>")),
        ("/_up", couchdb(r#"{"status":"ok","seeds":{}}"#)),
    ];
    let Some(served) = serve_captures(answers) else { return };
    for (path, answer) in anonymous(&look(&served, &[Anonymous])) {
        assert_eq!(answer, &Outcome::Seen(AnonymousAnswer { status: 200, refused: false, couchdb_answered: true }), "{path}");
    }
    let answers = vec![
        ("/_all_dbs", capture("cht-core-5.2.0/couch-utils-anon")),
        ("/_utils/", reply("404 Not Found", "text/html", "no")),
        ("/_up", reply("403 Forbidden", "text/html", "<h1>blocked by your provider</h1>")),
    ];
    let served = serve_captures(answers).expect("openssl is there");
    let looked = look(&served, &[Anonymous]);
    assert_eq!(anonymous(&looked)["/_all_dbs"], Outcome::Seen(AnonymousAnswer { status: 302, refused: true, couchdb_answered: false }));
    assert_eq!(anonymous(&looked)["/_utils/"], Outcome::Seen(AnonymousAnswer { status: 404, refused: false, couchdb_answered: false }));
    assert_eq!(anonymous(&looked)["/_up"].facts().expect_err("nothing was seen").kind, CauseKind::Status);
}

#[test]
fn cookies_that_travel_in_the_clear() {
    let many: String = (0..40).map(|n| format!("Set-Cookie: c{n}=secret{n}; Path=/")).collect::<Vec<_>>().join("\n");
    let answer = whole(&format!("HTTP/1.1 302 Found\nLocation: /medic/login?redirect=%2F\n{many}\nSet-Cookie: not a cookie"), b"");
    let Some(served) = serve_captures(vec![("/", answer)]) else { return };
    let looked = look(&served, &[Start]);
    let ChtFacts::StartPage(start) = facts(&looked, Start) else { panic!("a start page") };
    assert_eq!((start.status, start.to_login, start.cookies.len()), (302, true, 20));
    assert_eq!(start.cookies[3], SetCookie { name: "c3".to_owned(), secure: false });
    assert!(!format!("{looked:?}").contains("secret"));
    assert_eq!(served.paths(), ["/"]);
}

#[test]
fn a_foreign_origin() {
    let cors = |headers: &str| {
        let answer = whole(&format!("HTTP/1.1 200 OK\nContent-Type: application/json\n{headers}"), br#"{"version":"0.1.0"}"#);
        let served = serve_captures(vec![("/api/info", answer)])?;
        match facts(&look(&served, &[CorsPart]), CorsPart) {
            ChtFacts::Cors(facts) => Some((facts.allows_foreign_origin, facts.allows_credentials)),
            other => panic!("{other:?}"),
        }
    };
    let Some(echoed) = cors("Access-Control-Allow-Origin: https://example.invalid\nAccess-Control-Allow-Credentials: true") else { return };
    assert_eq!(echoed, (true, true));
    assert_eq!(cors("Access-Control-Allow-Origin: *"), Some((true, false)));
    assert_eq!(cors("Access-Control-Allow-Origin: https://other.example"), Some((false, false)));
}

#[test]
fn metrics_that_name_users() {
    let line = |route: &str| format!("cht_api_http_request_duration_seconds_count{{method=\"GET\",route=\"{route}\",code=\"200\"}} 4\n");
    let body = capture_body("cht-core-5.2.0/express-metrics-anon")
        + "\n"
        + &line("/medic-user-amina-meta/_changes")
        + &line("/medic-user-amina-meta/")
        + &line("/medic-user-:name-meta/")
        + &line("/api/v1/replication/get-ids");
    let Some(served) = serve_captures(vec![("/api/v1/express-metrics", capture_with("cht-core-5.2.0/express-metrics-anon", &body))]) else { return };
    let looked = look(&served, &[Metrics]);
    assert_eq!(facts(&looked, Metrics), &ChtFacts::ExpressMetrics(ExpressMetrics { user_names: 1, syncs: 4, ..ExpressMetrics::default() }));
    assert!(!format!("{looked:?}").contains("amina"));
}

#[test]
fn an_address_that_is_none() {
    for url in ["http://cht.example.org", "cht.example.org", "https://", "\u{1b}[31m"] {
        assert_eq!(missed(&look_with(url, &[Monitor], &reach()), Monitor).0, CauseKind::NoAddress, "{url}");
    }
    let looked = look_with("https://169.254.169.254", &[Monitor, Port80], &reach());
    assert_eq!((missed(&looked, Monitor).0, missed(&looked, Port80).0), (CauseKind::Forbidden, CauseKind::Forbidden));
}

/// `--resolve` holds for names and addresses, with and without a port in the site's address.
#[test]
fn another_place_to_look_at() {
    let Some(served) = serve_captures(vec![]) else { return };
    for (url, host, port, authority) in [
        ("https://cht.example.org", "cht.example.org", 443, "cht.example.org"),
        ("https://CHT.example.org:8443/", "cht.example.org", 8443, "cht.example.org:8443"),
        ("https://192.0.2.7", "192.0.2.7", 443, "192.0.2.7"),
        ("https://[2001:db8::7]:8443", "2001:db8::7", 8443, "[2001:db8::7]:8443"),
    ] {
        let mut reach = reach();
        reach.overrides = vec![Override { host: host.to_owned(), port, to: vec![SocketAddr::from(([127, 0, 0, 1], served.port))] }];
        let looked = look_with(url, &[Monitor], &reach);
        assert_eq!(monitored(&looked).app.as_deref(), Some("5.2.0"), "{url}");
        assert!(served.heads().last().is_some_and(|head| head.to_ascii_lowercase().contains(&format!("host: {authority}\r\n"))), "{url}");
    }
}

/// A caller that runs out of time keeps what is done.
#[test]
fn what_is_done_is_kept() {
    let Some(served) = serve_tls(|connection, head| {
        if head.starts_with("GET /medic/login") {
            let _ = connection.read(&mut [0; 1]);
        }
        connection.write_all(&capture("cht-core-5.2.0/monitoring-v2-interval")).is_ok()
    }) else {
        return;
    };
    let done = Mutex::new(Vec::new());
    let mut reach = reach();
    reach.timeout = Duration::from_mins(1);
    let parts = BTreeSet::from([Monitor, Login, CorsPart]);
    let url = served.url();
    run(async {
        let mut record = |part, _| done.lock().expect("one thread").push(part);
        let look = cht::look(&url, &parts, &reach, &mut record);
        // the deadline: as soon as the login page was asked for
        let deadline = async {
            while served.paths().len() < 2 {
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
        };
        tokio::select! { () = look => panic!("the login page hangs"), () = deadline => {} }
    });
    assert_eq!(done.into_inner().expect("one thread"), [Monitor]);
}
