//! WHOIS: the reading of answers in each form that is known, and servers that misbehave. All on loopback.

#![expect(clippy::unwrap_used, reason = "what cannot be set up fails its test")]

use std::{
    collections::BTreeSet,
    io::{BufRead, BufReader, Write},
    net::{SocketAddr, TcpListener, TcpStream},
    path::PathBuf,
    sync::{
        Arc, LazyLock,
        atomic::{AtomicUsize, Ordering},
    },
    time::{Duration, Instant},
};

use cht_audit::{
    checks,
    evidence::{RegistrationAsk, RegistrationFacts, WhoisAsk},
    finding::{Cause, CauseKind},
    knowledge::Knowledge,
    plan,
    probe::{
        Override, Reach, registration,
        whois::{self, read},
    },
    site::Site,
};
use proptest::prelude::*;
use rustls::RootCertStore;

use crate::support::{free_port, reach};

fn fixture(name: &str) -> String {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/captures/whois").join(format!("{name}.txt"));
    std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

static KNOWN: LazyLock<Knowledge> = LazyLock::new(|| Knowledge::embedded().unwrap());

/// A server in ICANN's form.
static MZ: LazyLock<WhoisAsk> = LazyLock::new(|| server_of("example.mz"));

/// What a run asks about a domain.
fn ask(domain: &str) -> RegistrationAsk {
    let site = Site::from_text(&format!(r#"{{"name": "x", "url": "https://cht.{domain}"}}"#)).unwrap();
    let check = checks::all().find(|check| check.id == "renewals.domain-expiry").unwrap();
    plan::plan(&site, &[check], &KNOWN, &[]).registration.pop_first().unwrap()
}

fn server_of(domain: &str) -> WhoisAsk {
    ask(domain).whois.unwrap()
}

fn read_fixture(domain: &str, name: &str) -> Result<RegistrationFacts, Cause> {
    read(domain, fixture(name).as_bytes(), &server_of(domain))
}

/// Form, domain, end, status words, registrar.
const FORMS: [(&str, &str, &str, &[&str], &str); 12] = [
    ("icann", "county-health.co.za", "2027-08-01T22:00:00Z", &["client transfer prohibited", "client delete prohibited"], "Made-up Registrar (Pty) Ltd"),
    ("cocca", "county-health.mz", "2027-05-22T22:00:00.854Z", &["active", "client update prohibited"], "Registar Inventado"),
    ("ke", "county-health.or.ke", "2027-12-31T21:00:00Z", &["active"], "Made-up Registrar Limited"), // midnight in East Africa
    ("fred", "county-health.or.tz", "2027-03-05T00:00:00Z", &["paid and in zone"], "REG-MADEUP"),    // the fifth of March
    ("ug", "county-health.go.ug", "2027-03-18T00:00:00Z", &["active"], ""),
    ("ug-2013", "county-health.go.ug", "2028-04-07T00:00:00Z", &["active"], ""),
    ("sn", "sante-region.sn", "2027-12-31T12:00:00Z", &["actif"], "Bureau d'enregistrement inventé"),
    ("tg", "sante-region.tg", "2027-08-12T00:00:00Z", &["activ&eacute;"], "BUREAU INVENTE SARL"),
    ("lk", "county-health.lk", "2027-11-01T00:00:00Z", &[], ""),
    ("pk", "county-health.org.pk", "2028-02-03T00:00:00Z", &[], "Made-up Registrar"),
    ("st", "county-health.st", "2027-06-15T00:00:00Z", &["client delete prohibited", "client transfer prohibited"], "Made-up Registrar Inc."),
    ("th", "county-health.or.th", "2027-10-07T00:00:00Z", &["active"], "MADE-UP"),
];

#[test]
fn every_form_is_read() {
    for (form, domain, expires, statuses, registrar) in FORMS {
        let expected = RegistrationFacts {
            expires: Some(expires.parse().unwrap()),
            statuses: statuses.iter().map(|&status| status.to_owned()).collect(),
            registrar: Some(registrar.to_owned()).filter(|name| !name.is_empty()),
            server: format!("whois://{}", server_of(domain).host),
        };
        assert_eq!(read_fixture(domain, form), Ok(expected), "{form}");
        // Another name's answer is no answer, and lines may end as on Windows.
        assert_eq!(read("other.example", fixture(form).as_bytes(), &server_of(domain)).unwrap_err().kind, CauseKind::NotUnderstood, "{form}");
        assert_eq!(read(domain, fixture(form).replace('\n', "\r\n").as_bytes(), &server_of(domain)), read_fixture(domain, form), "{form}");
    }
    let forms: Vec<&String> = KNOWN.whois.forms.keys().collect();
    assert!(forms.iter().all(|form| FORMS.iter().any(|(known, ..)| known == form)), "a form without an answer laid out in it: {forms:?}");
}

#[test]
fn a_domain_that_is_not_there_is_told_apart() {
    for (form, domain, ..) in FORMS.into_iter().filter(|(form, ..)| *form != "ug-2013") {
        let server = server_of(domain);
        let expected = Cause::new(CauseKind::NotPublished, format!("whois://{}: {domain}", server.host));
        assert_eq!(read_fixture(domain, &format!("{form}-absent")), Err(expected), "{form}");
    }
}

#[test]
fn old_registries_write_latin_1() {
    let latin: Vec<u8> = fixture("sn").chars().map(|letter| u8::try_from(u32::from(letter)).unwrap()).collect();
    assert!(str::from_utf8(&latin).is_err());
    assert_eq!(read("sante-region.sn", &latin, &server_of("sante-region.sn")), read_fixture("sante-region.sn", "sn"));
}

#[test]
fn nothing_of_any_person_is_kept() {
    for (form, domain, ..) in FORMS {
        let found = serde_json::to_string(&read_fixture(domain, form).unwrap()).unwrap();
        assert!(!found.contains("Amina") && !found.contains('@'), "{found}");
    }
    // Nor where a label of a registration holds one, or an answer cannot be read.
    let odd = "Domain Name: example.mz\nRegistrar: Amina <amina@registrar.example>\nRegistry Expiry Date: 2027-08-01\n";
    assert_eq!(read("example.mz", odd.as_bytes(), &MZ).unwrap().registrar, None);
    for odd in ["Domain Name: amina@registrar.example\n", "Domain Name: example.mz\nRegistry Expiry Date: ask amina@registrar.example\n"] {
        assert_eq!(read("example.mz", odd.as_bytes(), &MZ), Err(Cause::new(CauseKind::NotUnderstood, "whois://whois.nic.mz")));
    }
}

/// What a server in ICANN's form says with these lines below the name.
fn mz(lines: &str) -> Result<RegistrationFacts, Cause> {
    read("example.mz", format!("Domain Name: EXAMPLE.MZ\nName Server: ns1.example\n{lines}\n").as_bytes(), &MZ)
}

fn with_date(written: &str, day_first: bool) -> Result<RegistrationFacts, Cause> {
    let server = WhoisAsk { day_first, ..MZ.clone() };
    read("example.mz", format!("Domain Name: example.mz\nRegistry Expiry Date: {written}\n").as_bytes(), &server)
}

#[test]
fn dates_are_read_in_the_forms_that_registries_write() {
    let either = [
        ("2027-08-01", "2027-08-01T00:00:00Z"),
        ("2027-08-01T10:20:30Z", "2027-08-01T10:20:30Z"),
        ("2027-08-01T10:20:30.854Z", "2027-08-01T10:20:30.854Z"),
        ("2027-08-01T10:20:30+03:00", "2027-08-01T07:20:30Z"),
        ("2027-08-01 10:20:30", "2027-08-01T10:20:30Z"),
        ("2027-08-01 10:20:30 +0300", "2027-08-01T07:20:30Z"),
        ("2027-08-01 10:20:30 EAT", "2027-08-01T07:20:30Z"),
        ("2027-08-01 00:00:00 WAT", "2027-07-31T23:00:00Z"),
        ("2027.08.01", "2027-08-01T00:00:00Z"),
        ("2027/08/01", "2027-08-01T00:00:00Z"),
        ("20270801", "2027-08-01T00:00:00Z"),
        ("01-Aug-2027", "2027-08-01T00:00:00Z"),
        ("01-Aug-2027 23:59:59 UTC", "2027-08-01T23:59:59Z"),
        ("1-aug-2027", "2027-08-01T00:00:00Z"),
        ("01 August 2027", "2027-08-01T00:00:00Z"),
        ("August 1 2027", "2027-08-01T00:00:00Z"),
        ("August 1, 2027", "2027-08-01T00:00:00Z"),
        ("1st August, 2027", "2027-08-01T00:00:00Z"),
        ("22nd Sept 2027", "2027-09-22T00:00:00Z"),
        ("2027-Aug-01", "2027-08-01T00:00:00Z"),
        ("Sun Aug  1 10:20:30 GMT 2027", "2027-08-01T10:20:30Z"),
        ("27/08/2027", "2027-08-27T00:00:00Z"), // no month is the 27th
        ("27.08.2027 10:20:30", "2027-08-27T10:20:30Z"),
        ("08/08/2027", "2027-08-08T00:00:00Z"),
        ("2009-08-01", "2009-08-01T00:00:00Z"), // past: told as it is
    ];
    for (written, expected) in either {
        for day_first in [true, false] {
            assert_eq!(with_date(written, day_first).unwrap().expires, Some(expected.parse().unwrap()), "{written} {day_first}");
        }
    }
    assert_eq!(with_date("01/08/2027", true).unwrap().expires, Some("2027-08-01T00:00:00Z".parse().unwrap()));
    assert_eq!(with_date("08/27/2027", false).unwrap().expires, Some("2027-08-27T00:00:00Z".parse().unwrap()));
    for written in ["", "null", "N/A", "None", "-"] {
        assert_eq!(with_date(written, true).unwrap().expires, None, "{written}: registered, and no date is published");
    }
}

#[test]
fn a_date_that_could_be_another_is_not_read() {
    let never =
        ["01/08/27", "32/01/2027", "2027-02-30", "2027-13-01", "1/2/3/2027", "Aug 2027", "Sun", "never", "01-Foo-2027", "2027-08-01 25:00", "01 Aug 2027 IST"];
    let absurd = ["9999-12-31", "0001-01-01", "1970-01-01T00:00:00Z", "2200-01-01", "99999-01-01"];
    for written in never.into_iter().chain(absurd) {
        for day_first in [true, false] {
            assert_eq!(with_date(written, day_first), Err(Cause::new(CauseKind::NotUnderstood, written)), "{day_first}");
        }
    }
    assert_eq!(with_date("01/08/2027", false), Err(Cause::new(CauseKind::NotUnderstood, "01/08/2027")));
    assert_eq!(with_date("08/27/2027", true), Err(Cause::new(CauseKind::NotUnderstood, "08/27/2027")), "not the order that this registry writes");
}

#[test]
fn two_days_are_none_and_one_day_twice_is_one() {
    let two = mz("Registry Expiry Date: 2027-08-01\nRegistry Expiry Date: 2028-08-01");
    assert_eq!(two, Err(Cause::new(CauseKind::NotUnderstood, "2027-08-01, 2028-08-01")));
    let one = mz("Registry Expiry Date: 2027-08-01T10:00:00Z\nRegistry Expiry Date: 2027-08-01");
    assert_eq!(one.unwrap().expires, Some("2027-08-01T00:00:00Z".parse().unwrap()));
    // The registrar's own term is not the registration's.
    let registrar = mz("Registry Expiry Date: 2027-08-01\nRegistrar Registration Expiration Date: 2028-08-01");
    assert_eq!(registrar.unwrap().expires, Some("2027-08-01T00:00:00Z".parse().unwrap()));
}

#[test]
fn a_form_that_has_changed_is_not_a_registry_that_publishes_nothing() {
    for label in ["Expires On", "Expiry", "paid-till", "Renewal date", "Valid Until", "Date d'expiration"] {
        assert_eq!(mz(&format!("{label}: 2027-08-01")), Err(Cause::new(CauseKind::NotUnderstood, label.to_lowercase())));
    }
    for lines in ["", "Expires On: null", "Registrar Registration Expiration Date: 2027-08-01", "Privacy Expiry: 2027-08-01", "% Expires On: 2027-08-01"] {
        assert_eq!(mz(lines).unwrap().expires, None, "{lines}");
    }
    assert_eq!(
        mz("Domain Status: pendingDelete https://icann.org/epp#x\nDomain Status: redemptionPeriod").unwrap().statuses,
        ["pending delete", "redemption period"]
    );
}

#[test]
fn what_is_no_record_of_this_domain_is_not_read() {
    let limited = [
        "Please go away for 13 Seconds",
        "% Error: 55000000002 Connection refused; access control limit reached.",
        "The WHOIS query quota for 127.0.0.1 has been exceeded",
        "WHOIS LIMIT EXCEEDED - SEE WWW.REGISTRY.EXAMPLE",
        "WHOIS query rate limit exceeded.\nDomain Name: EXAMPLE.MZ\nStatus: ACTIVE",
        "Your connection limit exceeded. Please slow down and try again later.",
        "# Too many connections.",
    ];
    let strange = [
        "\0\u{1}\u{2}",
        "Server can't process your request.",
        "<html><head><title>Welcome: please log in</title></head></html>",
        "<html><head><title>404 Not Found</title></head></html>",
        "HTTP/1.1 404 Not Found\r\n\r\n",
        "% Only comments\n% and more",
        "Registry Expiry Date: 2027-08-01\nName Server: ns1.example", // about nobody
        "Domain Name: example.mz.evil.example\nRegistry Expiry Date: 2027-08-01",
        "Domain Name: example.mz\nDomain Name: other.mz\nRegistry Expiry Date: 2027-08-01",
        "Domain Name: example.mz\nDomain Status: Prohibited String - Domain Cannot Be Registered", // a reserved name
        "Domain Name: example.mz",
    ];
    for (answers, expected) in [(&limited[..], CauseKind::RateLimited), (&strange[..], CauseKind::NotUnderstood)] {
        for answer in answers {
            assert_eq!(read("example.mz", answer.as_bytes(), &MZ).map_err(|cause| cause.kind), Err(expected), "{answer}");
        }
    }
}

#[test]
fn what_a_registry_writes_is_kept_short() {
    let long = "a".repeat(10_000);
    let found = mz(&format!("Registrar: {long}\n{}", format!("Status: {long}\n").repeat(100))).unwrap();
    assert!(found.statuses.len() <= 32 && found.statuses.iter().chain(&found.registrar).all(|text| text.len() <= 120));
    assert!(with_date(&long, true).unwrap_err().detail.len() <= 120);
}

proptest! {
    #[test]
    fn any_bytes_are_read_or_refused(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
        prop_assert!(read("example.mz", &bytes, &MZ).is_err());
    }

    #[test]
    fn any_date_is_read_or_refused(written in "[0-9A-Za-z:./+ ,-]{0,24}", day_first: bool) {
        if let Some(expires) = with_date(&written, day_first).ok().and_then(|found| found.expires) {
            prop_assert!((1985..=2199).contains(&expires.to_zoned(jiff::tz::TimeZone::UTC).year()), "{written}");
        }
    }

    #[test]
    fn any_lines_are_read_or_refused(lines in proptest::collection::vec("(Domain Name|Registry Expiry Date|Status|Registrar|Expires)?:? ?[ -~]{0,20}", 0..12)) {
        let _ = read("example.mz", lines.join("\n").as_bytes(), &MZ);
    }
}

// What is asked, and whom ----------------------------------------------------------------------------------------------

#[test]
fn the_knowledge_says_whom_to_ask() {
    let known = &*KNOWN;
    let mut seen = BTreeSet::new();
    for (ending, server) in known.whois.forms.values().flat_map(|form| &form.servers) {
        assert!(seen.insert(ending.as_str()), "{ending} has two servers");
        assert!(server.seen <= known.whois.gathered || server.seen.to_string() == "2026-11-25", "{ending}");
        assert!(
            server.host.contains('.') && server.host.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || b"-.".contains(&byte)),
            "{ending}"
        );
    }
    for ending in known.whois.none.iter().chain(&known.whois.undated) {
        assert!(seen.insert(ending), "{ending} is in two lists");
        assert!(known.rdap.servers(ending).is_empty(), "{ending} has RDAP");
    }
    for form in known.whois.forms.values() {
        let words = form.expiry.iter().chain(&form.absent);
        assert!(!form.expiry.is_empty() && !form.absent.is_empty() && words.clone().all(|word| !word.trim().is_empty()));
    }

    let whom = |domain: &str| {
        let ask = ask(domain);
        (ask.rdap.len(), ask.whois.map(|whois| whois.host), ask.silent)
    };
    let host = |name: &str| Some(name.to_owned());
    assert_eq!(whom("health.go.ke"), (1, host("whois.kenic.or.ke"), None));
    assert_eq!(whom("example.co.ug"), (0, host("whois.co.ug"), None));
    assert_eq!(whom("example.co.za"), (1, host("whois.registry.net.za"), None));
    assert_eq!(whom("county.gov.za"), (1, None, host("gov.za")));
    assert_eq!(whom("moh.gov.np"), (0, None, host("np")));
    assert_eq!(whom("example.org"), (1, None, None));
    assert_eq!(whom("example.com.fj"), (0, None, None));
}

#[test]
fn a_dry_run_names_the_registry_s_servers() {
    let lines = |domain: &str| {
        let mut asks = cht_audit::evidence::Asks::default();
        asks.registration.insert(ask(domain));
        (plan::requests(&asks, false), plan::longest_chain(&asks, false).map(|(_, trips)| trips))
    };
    let only = "WHOIS  example.co.ug (whois.co.ug, port 43)".to_owned();
    assert_eq!(lines("example.co.ug"), (vec![only], Some(3)));
    let both = ["RDAP   health.go.ke (https://rdap.kenic.or.ke/)", "WHOIS  health.go.ke (whois.kenic.or.ke, port 43, only if RDAP does not tell)"];
    assert_eq!(lines("health.go.ke"), (both.map(str::to_owned).to_vec(), Some(7)));
    assert_eq!(lines("moh.gov.np"), (vec![], None));
}

/// A WHOIS server on loopback: hands each connection and its query, the line with its end, to `answer`; how often it was asked.
pub(crate) fn server(answer: impl Fn(&mut TcpStream, &str) + Send + Sync + 'static) -> (SocketAddr, Arc<AtomicUsize>) {
    let listener = TcpListener::bind(("127.0.0.1", 0)).unwrap();
    let at = listener.local_addr().unwrap();
    let asked = Arc::new(AtomicUsize::new(0));
    let (count, answer) = (Arc::clone(&asked), Arc::new(answer));
    std::thread::spawn(move || {
        for mut stream in listener.incoming().map_while(Result::ok) {
            count.fetch_add(1, Ordering::SeqCst);
            let answer = Arc::clone(&answer);
            std::thread::spawn(move || {
                let _ = stream.set_read_timeout(Some(Duration::from_secs(5)));
                let mut query = String::new();
                let _ = BufReader::new(&stream).read_line(&mut query);
                answer(&mut stream, &query);
            });
        }
    });
    (at, asked)
}

/// A reach that finds the WHOIS server of `domain` at `at`.
fn reach_to(domain: &str, at: SocketAddr) -> Reach {
    let mut reach = reach(".", RootCertStore::empty());
    reach.timeout = Duration::from_millis(1500);
    reach.overrides = vec![Override { host: server_of(domain).host, port: 43, to: vec![at] }];
    reach
}

async fn look_at(at: SocketAddr) -> Result<RegistrationFacts, CauseKind> {
    registration::look(&ask("county-health.go.ug"), &reach_to("county-health.go.ug", at)).await.map_err(|cause| cause.kind)
}

#[tokio::test]
async fn one_line_is_asked_once() {
    let (at, asked) = server(|stream, query| {
        let answer = if query == "county-health.go.ug\r\n" { fixture("ug") } else { "no".to_owned() };
        // In pieces, as a slow line brings it.
        for piece in answer.as_bytes().chunks(100) {
            let _ = stream.write_all(piece);
        }
    });
    let found = look_at(at).await.unwrap();
    assert_eq!((found.expires, found.server.as_str()), (Some("2027-03-18T00:00:00Z".parse().unwrap()), "whois://whois.co.ug"));
    assert_eq!(asked.load(Ordering::SeqCst), 1);
}

#[tokio::test]
async fn a_referral_is_not_followed() {
    let (elsewhere, asked) = server(|stream, _| drop(stream.write_all(fixture("ug").as_bytes())));
    let (at, _) = server(move |stream, _| drop(writeln!(stream, "Whois Server: {elsewhere}\nrefer: {elsewhere}")));
    assert_eq!(look_at(at).await, Err(CauseKind::NotUnderstood));
    assert_eq!(asked.load(Ordering::SeqCst), 0);
}

#[tokio::test]
async fn hostile_servers_are_bounded_in_time_and_size() {
    let started = Instant::now();
    let (endless, _) = server(|stream, _| while stream.write_all(&[b'a'; 8192]).is_ok() {});
    assert_eq!(look_at(endless).await, Err(CauseKind::TooLarge));
    let (drip, _) = server(|stream, _| {
        while stream.write_all(b"a").is_ok() {
            std::thread::sleep(Duration::from_millis(50));
        }
    });
    assert_eq!(look_at(drip).await, Err(CauseKind::Timeout));
    let (hang, _) = server(|_, _| std::thread::sleep(Duration::from_secs(20)));
    assert_eq!(look_at(hang).await, Err(CauseKind::Timeout));
    let (garbage, _) = server(|stream, _| drop(stream.write_all(&(0..=255).cycle().take(5000).collect::<Vec<u8>>())));
    assert_eq!(look_at(garbage).await, Err(CauseKind::NotUnderstood));
    for nothing in ["", "\r\n \r\n"] {
        let (empty, _) = server(move |stream, _| drop(stream.write_all(nothing.as_bytes())));
        assert_eq!(look_at(empty).await, Err(CauseKind::Broken), "an empty answer is none");
    }
    assert_eq!(look_at(SocketAddr::from(([127, 0, 0, 1], free_port()))).await, Err(CauseKind::Refused));
    assert!(started.elapsed() < Duration::from_secs(8));
}

#[tokio::test]
async fn just_64_kib_are_read() {
    for (more, expected) in [(0, true), (1, false)] {
        let (at, _) = server(move |stream, _| {
            let answer = fixture("ug");
            let filling = "x".repeat(65_536 - answer.len() + more);
            let _ = stream.write_all(format!("{answer}{filling}").as_bytes());
        });
        assert_eq!(look_at(at).await.is_ok(), expected, "{more} bytes more");
    }
}

#[tokio::test]
async fn nobody_is_asked_who_may_not_be() {
    let (at, asked) = server(|stream, _| drop(stream.write_all(fixture("ug").as_bytes())));
    let mut silent = reach_to("county-health.go.ug", at);
    silent.phone_out = false;
    let kind = |found: Result<RegistrationFacts, Cause>| found.map_err(|cause| cause.kind);
    assert_eq!(kind(registration::look(&ask("county-health.go.ug"), &silent).await), Err(CauseKind::NotCollected));
    let inward = reach_to("county-health.go.ug", SocketAddr::from(([169, 254, 169, 254], 43)));
    assert_eq!(kind(registration::look(&ask("county-health.go.ug"), &inward).await), Err(CauseKind::Forbidden));
    // A query is one line: what is no plain name is not sent.
    for name in ["a.ug\r\nb.ug", "a b.ug", "ünder.ug", "-h other a.ug\n"] {
        let found = whois::look(name, &server_of("county-health.go.ug"), &reach_to("county-health.go.ug", at)).await;
        assert_eq!(kind(found), Err(CauseKind::NotUnderstood), "{name}");
    }
    assert_eq!(asked.load(Ordering::SeqCst), 0);
}

// RDAP, then WHOIS -----------------------------------------------------------------------------------------------------

/// What comes of a registry whose RDAP answers `rdap` (or refuses), and how often its WHOIS is asked.
async fn both(rdap: Option<&'static str>) -> (Result<RegistrationFacts, Cause>, usize) {
    let (at, asked) = server(|stream, _| drop(stream.write_all(fixture("ug").as_bytes())));
    let base = match rdap {
        Some(answer) => crate::support::raw_server(move |stream, _| drop(stream.write_all(answer.as_bytes()))),
        None => SocketAddr::from(([127, 0, 0, 1], free_port())),
    };
    let ask = RegistrationAsk { rdap: vec![format!("http://{base}/")], ..ask("county-health.go.ug") };
    let found = registration::look(&ask, &reach_to("county-health.go.ug", at)).await;
    (found, asked.load(Ordering::SeqCst))
}

#[tokio::test]
async fn whois_is_asked_where_rdap_tells_nothing() {
    for nothing in [None, Some("HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n"), Some("HTTP/1.1 502 Bad Gateway\r\nContent-Length: 0\r\n\r\n"), Some("")]
    {
        let (found, asked) = both(nothing).await;
        assert_eq!((found.map(|facts| facts.server), asked), (Ok("whois://whois.co.ug".to_owned()), 1), "{nothing:?}");
    }
}

#[tokio::test]
async fn whois_is_not_asked_where_rdap_has_spoken() {
    let undated = "HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n{\"ldhName\": \"county-health.go.ug\", \"status\": [\"active\"]}";
    let (found, asked) = both(Some(undated)).await;
    assert_eq!((found.map(|facts| facts.expires), asked), (Ok(None), 0));
    let spoken = [
        ("HTTP/1.1 429 Too Many Requests\r\nContent-Length: 0\r\n\r\n", CauseKind::RateLimited),
        ("HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n<html>", CauseKind::NotUnderstood),
    ];
    for (answer, expected) in spoken {
        let (found, asked) = both(Some(answer)).await;
        assert_eq!((found.map_err(|cause| cause.kind), asked), (Err(expected), 0));
    }
}
