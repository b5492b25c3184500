//! Names, asked of a real name server (BIND) and of servers that misbehave, all on loopback.
//!
//! `county-health.example` is served twice: by "the zone's own server" with the lifetimes written below, and by "the resolver",
//! where every lifetime has run down to 37 seconds, as in a cache.

#![expect(clippy::unwrap_used, reason = "what cannot be set up fails its test")]

use std::{
    fmt::Write,
    net::{IpAddr, Ipv4Addr, SocketAddr, UdpSocket},
    process::Command,
    sync::{Arc, Mutex},
    time::{Duration, Instant},
};

use cht_audit::{
    evidence::{DnsAsk, DnsFacts, Outcome, dns::Caa},
    finding::{Cause, CauseKind},
    probe::{self, Override, Reach},
};
use hickory_resolver::proto::{
    op::{Message, OpCode, Query, ResponseCode},
    rr::{
        Name, RData, Record, RecordType,
        rdata::{A, CNAME, NS},
    },
};
use rustls::RootCertStore;
use tempfile::TempDir;

use crate::support::{Running, free_port, program, reach, serve};

/// What "the zone's own server" holds; `{n}` is a lifetime, which "the resolver" has at 37.
const COUNTY: &str = "
@       {7200}       SOA   ns1 hostmaster 1 3600 600 86400 300
@       {7200}       NS    ns1
@       {7200}       NS    NS2
@       {7200}       CAA   0 issue \"LetsEncrypt.org; validationmethods=http-01\"
@       {7200}       CAA   0 issue \"digicert.com\"
@       {7200}       CAA   0 issuewild \";\"
@       {7200}       CAA   0 iodef \"mailto:ict@county-health.example\"
ns1     {7200}       A     192.0.2.53
ns2     {7200}       A     192.0.2.54
cht     {300}        A     192.0.2.11
cht     {300}        A     192.0.2.10
cht     {600}        AAAA  2001:db8::10
pinned  {604800}     A     192.0.2.10
huge    {2147483647} A     192.0.2.10
www     {86400}      CNAME Portal
portal  {60}         CNAME cht
away    {120}        CNAME cht.hosting.example.
inside  {120}        CNAME cht.clinic
outside {120}        CNAME cht.elsewhere
locked  {300}        A     192.0.2.10
locked  {300}        CAA   0 issue \";\"
mail    {300}        A     192.0.2.10
mail    {300}        CAA   0 iodef \"mailto:ict@county-health.example\"
alias   {300}        CNAME locked
hosted  {300}        CNAME hosting.example.
text    {300}        TXT   \"no address\"
nowhere {300}        CNAME gone
ring    {300}        CNAME ring2
ring2   {300}        CNAME ring
clinic  {3600}       NS    ns.clinic
ns.clinic {3600}     A     192.0.2.55
elsewhere {3600}     NS    ns.hosting.example.
";

/// A zone of its own below the county's.
const CLINIC: &str = "
@   {7200} SOA ns hostmaster 1 3600 600 86400 300
@   {7200} NS  ns
ns  {7200} A   192.0.2.55
cht {900}  A   192.0.2.20
";

/// Another zone on the same server, without CAA.
const HOSTING: &str = "
@   {7200}   SOA ns1.county-health.example. hostmaster 1 3600 600 86400 300
@   {7200}   NS  ns1.county-health.example.
@   {7200}   A   192.0.2.30
cht {999999} A   192.0.2.30
";

/// The top level, so that climbing ends somewhere.
const EXAMPLE: &str = "
@ {7200} SOA ns hostmaster 1 3600 600 86400 300
@ {7200} NS  ns
ns {7200} A  192.0.2.1
county-health {7200} NS ns1.county-health
";

struct Named {
    at: SocketAddr,
    _running: Running,
    _dir: TempDir,
}

/// A BIND on loopback; `lifetime` replaces every lifetime.
fn named(lifetime: Option<u32>) -> Option<Named> {
    let program = program("named")?;
    let dir = tempfile::tempdir().unwrap();
    let port = free_port();
    let mut config = format!(
        "options {{ directory \"{0}\"; listen-on port {port} {{ 127.0.0.1; }}; listen-on-v6 {{ none; }}; recursion no; dnssec-validation no;\n\
         pid-file none; session-keyfile \"{0}/key\"; managed-keys-directory \"{0}\"; notify no; }};\ncontrols {{ }};\n",
        dir.path().display()
    );
    let zones = [
        ("county-health.example", COUNTY),
        ("clinic.county-health.example", CLINIC),
        ("hosting.example", HOSTING),
        ("example", EXAMPLE),
        ("elsewhere.county-health.example", CLINIC),
    ];
    // Only "the resolver" knows of the zone that is elsewhere.
    for (zone, text) in zones.into_iter().take(if lifetime.is_some() { 5 } else { 4 }) {
        let text = text.replace('{', "").replace('}', " ");
        let lines = text.trim().lines().map(|line| {
            let words: Vec<&str> = line.splitn(3, char::is_whitespace).collect();
            let (name, rest) = (words[0], line[words[0].len()..].trim_start());
            let (ttl, rest) = rest.split_once(char::is_whitespace).unwrap();
            format!("{name} {} IN {rest}\n", lifetime.map_or(ttl.to_owned(), |ttl| ttl.to_string()))
        });
        std::fs::write(dir.path().join(zone), lines.collect::<String>()).unwrap();
        writeln!(config, "zone \"{zone}\" {{ type primary; file \"{zone}\"; }};").unwrap();
    }
    let file = dir.path().join("named.conf");
    std::fs::write(&file, config).unwrap();
    let at = SocketAddr::from((Ipv4Addr::LOCALHOST, port));
    let running = serve(Command::new(program).args(["-f", "-n", "1", "-c"]).arg(&file), at);
    // It listens before it has read its zones.
    let started = Instant::now();
    while !has_zones(at, &["county-health.example.", "clinic.county-health.example.", "hosting.example.", "example."]) {
        assert!(started.elapsed() < Duration::from_secs(20), "named does not load its zones");
        std::thread::sleep(Duration::from_millis(20));
    }
    Some(Named { at, _running: running, _dir: dir })
}

pub(crate) fn has_zones(at: SocketAddr, zones: &[&str]) -> bool {
    zones.iter().all(|zone| {
        let mut query = Message::new(1, hickory_resolver::proto::op::MessageType::Query, OpCode::Query);
        query.add_query(Query::query(Name::from_ascii(*zone).unwrap(), RecordType::SOA));
        let socket = UdpSocket::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        socket.set_read_timeout(Some(Duration::from_millis(200))).unwrap();
        socket.send_to(&query.to_vec().unwrap(), at).unwrap();
        let mut buffer = [0; 4096];
        socket
            .recv(&mut buffer)
            .is_ok_and(|size| Message::from_vec(&buffer[..size]).is_ok_and(|answer| answer.metadata.authoritative && !answer.answers.is_empty()))
    })
}

/// A reach whose resolver is `resolver`, with name servers looked for on loopback.
fn reach_with(resolver: SocketAddr, name_servers: &[(&str, SocketAddr)]) -> Reach {
    let mut reach = reach(".", RootCertStore::empty());
    reach.resolver = Some(resolver);
    reach.overrides = name_servers.iter().map(|(host, to)| Override { host: (*host).to_owned(), port: 53, to: vec![*to] }).collect();
    reach
}

async fn look(name: &str, reach: &Reach) -> Result<DnsFacts, Cause> {
    probe::dns::look(&DnsAsk { name: name.to_owned() }, reach).await
}

fn kind(result: Result<DnsFacts, Cause>) -> CauseKind {
    result.expect_err("no facts can be had").kind
}

fn ip(text: &str) -> IpAddr {
    text.parse().unwrap()
}

/// Both servers, and a reach that uses them. The servers run as long as the tuple lives.
fn county() -> Option<(Reach, Named, Named)> {
    let (own, resolver) = (named(None)?, named(Some(37))?);
    let servers = ["ns1.county-health.example", "ns2.county-health.example", "ns.clinic.county-health.example"].map(|name| (name, own.at));
    Some((reach_with(resolver.at, &servers), own, resolver))
}

#[tokio::test]
async fn a_name_with_aliases_is_told_whole() {
    let Some((reach, _own, _resolver)) = county() else { return };
    let facts = look("WWW.county-health.example.", &reach).await.unwrap();
    assert_eq!(facts.addresses, ["192.0.2.10", "192.0.2.11", "2001:db8::10"].map(ip));
    assert_eq!(facts.aliases, ["portal.county-health.example", "cht.county-health.example"]);
    assert_eq!(facts.ttl, Outcome::Seen(86_400), "the longest on the way: the first alias");
    assert_eq!(facts.resolver_ttl, Some(37));
    assert_eq!(facts.zone.as_deref(), Some("county-health.example"));
    assert_eq!(facts.name_servers, ["ns1.county-health.example", "ns2.county-health.example"]);
    let caa = Caa { at: "county-health.example".to_owned(), issue: vec!["digicert.com".to_owned(), "letsencrypt.org".to_owned()] };
    assert_eq!(facts.caa, Outcome::Seen(Some(caa)));
}

#[tokio::test]
async fn the_lifetime_is_the_zones_own_word() {
    let Some((reach, _own, _resolver)) = county() else { return };
    let cases = [
        ("cht", 600),            // the longer of A 300 and AAAA 600
        ("portal", 600),         // an alias of 60 to it
        ("pinned", 604_800),     // a week is told as a week
        ("huge", 2_147_483_647), // the largest there is (RFC 2181, 8)
        ("away", 120),           // the alias into another zone is the last that counts, though this server holds that zone too
        ("outside", 120),        // the same for a child zone of this one
    ];
    for (name, seconds) in cases {
        let facts = look(&format!("{name}.county-health.example"), &reach).await.unwrap();
        assert_eq!((facts.ttl, facts.resolver_ttl), (Outcome::Seen(seconds), Some(37)), "{name}");
    }
}

#[tokio::test]
async fn a_child_zone_has_its_own_servers_and_its_parents_caa() {
    let Some((reach, _own, _resolver)) = county() else { return };
    let facts = look("cht.clinic.county-health.example", &reach).await.unwrap();
    assert_eq!(facts.zone.as_deref(), Some("clinic.county-health.example"));
    assert_eq!(facts.name_servers, ["ns.clinic.county-health.example"]);
    assert_eq!(facts.ttl, Outcome::Seen(900));
    assert_eq!(facts.caa.facts().unwrap().as_ref().unwrap().at, "county-health.example");
}

#[tokio::test]
async fn an_alias_of_a_zone_lies_in_its_own_zone() {
    let Some((reach, _own, _resolver)) = county() else { return };
    let facts = look("hosted.county-health.example", &reach).await.unwrap();
    assert_eq!(facts.zone.as_deref(), Some("county-health.example"), "a question for its name servers is answered with those of its target");
}

#[tokio::test]
async fn the_closest_caa_set_applies() {
    /// Where, and what.
    type Set = (&'static str, &'static [&'static str]);
    let Some((reach, _own, _resolver)) = county() else { return };
    let cases: [(&str, Option<Set>); 4] = [
        ("locked.county-health.example", Some(("locked.county-health.example", &[""]))), // nobody may issue
        ("mail.county-health.example", Some(("mail.county-health.example", &[]))),       // a set without issue restricts nobody
        ("alias.county-health.example", Some(("locked.county-health.example", &[""]))),  // an alias brings its target's
        ("cht.hosting.example", None),                                                   // no level has one
    ];
    for (name, expected) in cases {
        let expected = expected.map(|(at, issue)| Caa { at: at.to_owned(), issue: issue.iter().map(|&domain| domain.to_owned()).collect() });
        assert_eq!(look(name, &reach).await.unwrap().caa, Outcome::Seen(expected), "{name}");
    }
}

#[tokio::test]
async fn a_name_without_an_address_says_so() {
    let Some((reach, _own, _resolver)) = county() else { return };
    for name in ["gone", "text", "nowhere"] {
        assert_eq!(kind(look(&format!("{name}.county-health.example"), &reach).await), CauseKind::NoAddress, "{name}");
    }
    // BIND answers a ring of aliases with SERVFAIL, others with the ring itself.
    assert_eq!(kind(look("ring.county-health.example", &reach).await), CauseKind::Broken);
    let ring = quick(udp_server(|question| ring(question, false)), &[]);
    assert_eq!(kind(look("a.site.example", &ring).await), CauseKind::NoAddress);
}

#[tokio::test]
async fn what_is_no_name_is_not_asked_for() {
    let reach = reach_with(udp_server(|_| panic!("nothing is asked")), &[]);
    let long = "a".repeat(64);
    let cases = [
        ("localhost", CauseKind::NoAddress),
        ("cht.localhost.", CauseKind::NoAddress),
        ("192.0.2.10", CauseKind::NotCollected),
        ("2001:db8::1", CauseKind::NotCollected),
        ("", CauseKind::NotUnderstood),
        (".", CauseKind::NotUnderstood),
        ("a..example", CauseKind::NotUnderstood),
        (long.as_str(), CauseKind::NotUnderstood),
    ];
    for (name, expected) in cases {
        assert_eq!(kind(look(name, &reach).await), expected, "{name:?}");
    }
}

/// What a misbehaving server says to a question.
enum Say {
    Nothing,
    Garbage,
    Code(ResponseCode),
    /// Authoritative or not, and records.
    Records(bool, Vec<Record>),
}

/// A name server on loopback that says what `answer` wants; ends with the test process.
fn udp_server(answer: impl Fn(&Message) -> Say + Send + 'static) -> SocketAddr {
    let socket = UdpSocket::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    let at = socket.local_addr().unwrap();
    std::thread::spawn(move || {
        let mut buffer = [0; 4096];
        while let Ok((size, from)) = socket.recv_from(&mut buffer) {
            let question = Message::from_vec(&buffer[..size]).unwrap();
            let mut reply = Message::response(question.metadata.id, OpCode::Query);
            reply.add_queries(question.queries.clone());
            let bytes = match answer(&question) {
                Say::Nothing => continue,
                Say::Garbage => [&buffer[..2], &[0xff; 40]].concat(),
                Say::Code(code) => {
                    reply.metadata.response_code = code;
                    reply.to_vec().unwrap()
                }
                Say::Records(authoritative, records) => {
                    reply.metadata.authoritative = authoritative;
                    reply.add_answers(records);
                    reply.to_vec().unwrap()
                }
            };
            let _ = socket.send_to(&bytes, from);
        }
    });
    at
}

fn asked(question: &Message) -> (String, RecordType) {
    let query = question.queries.first().unwrap();
    (query.name().to_lowercase().to_ascii(), query.query_type())
}

fn record(name: &str, ttl: u32, data: RData) -> Record {
    Record::from_rdata(Name::from_ascii(name).unwrap(), ttl, data)
}

/// A resolver that knows `cht.site.example` and its zone's one server, and answers `caa` to questions for CAA.
fn small_resolver(question: &Message, caa: Say) -> Say {
    match (asked(question).0.as_str(), asked(question).1) {
        (_, RecordType::CAA) => caa,
        (name @ "cht.site.example.", RecordType::A) => Say::Records(false, vec![record(name, 41, RData::A(A::new(192, 0, 2, 10)))]),
        (name @ "site.example.", RecordType::NS) => Say::Records(false, vec![record(name, 41, RData::NS(NS(Name::from_ascii("ns.site.example.").unwrap())))]),
        _ => Say::Records(false, Vec::new()),
    }
}

/// `a` is an alias of `b`, and `b` of `a`.
fn ring(question: &Message, authoritative: bool) -> Say {
    let (name, _) = asked(question);
    let (one, other) = if name.starts_with('a') { ("a.site.example.", "b.site.example.") } else { ("b.site.example.", "a.site.example.") };
    let alias = |from, to| record(from, 50, RData::CNAME(CNAME(Name::from_ascii(to).unwrap())));
    Say::Records(authoritative, vec![alias(one, other), alias(other, one)])
}

fn quick(resolver: SocketAddr, name_servers: &[(&str, SocketAddr)]) -> Reach {
    let mut reach = reach_with(resolver, name_servers);
    reach.timeout = Duration::from_millis(600);
    reach
}

#[tokio::test]
async fn a_resolver_that_fails_is_a_cause_within_the_timeout() {
    type Answer = fn(&Message) -> Say;
    let cases: [(Answer, &[CauseKind]); 4] = [
        (|_| Say::Nothing, &[CauseKind::Timeout]),
        (|_| Say::Garbage, &[CauseKind::Timeout, CauseKind::Broken]),
        (|_| Say::Code(ResponseCode::ServFail), &[CauseKind::Broken]),
        (|_| Say::Code(ResponseCode::Refused), &[CauseKind::Broken]),
    ];
    for (answer, expected) in cases {
        let started = Instant::now();
        let found = kind(look("cht.site.example", &quick(udp_server(answer), &[])).await);
        assert!(expected.contains(&found), "{found:?}");
        assert!(started.elapsed() < Duration::from_secs(2));
    }
}

#[tokio::test]
async fn a_caa_lookup_that_fails_is_not_an_absent_set() {
    let own = udp_server(|question| match asked(question) {
        (name, RecordType::A) => Say::Records(true, vec![record(&name, 300, RData::A(A::new(192, 0, 2, 10)))]),
        _ => Say::Records(true, Vec::new()),
    });
    let failing = udp_server(|question| small_resolver(question, Say::Code(ResponseCode::ServFail)));
    let facts = look("cht.site.example", &quick(failing, &[("ns.site.example", own)])).await.unwrap();
    assert_eq!(facts.caa.facts().unwrap_err().kind, CauseKind::Broken);
    assert_eq!((facts.addresses, facts.ttl), (vec![ip("192.0.2.10")], Outcome::Seen(300)), "the rest is known");

    let silent = udp_server(|question| small_resolver(question, Say::Nothing));
    let facts = look("cht.site.example", &quick(silent, &[("ns.site.example", own)])).await.unwrap();
    assert_eq!(facts.caa.facts().unwrap_err().kind, CauseKind::Timeout);

    let none = udp_server(|question| small_resolver(question, Say::Code(ResponseCode::NXDomain)));
    let facts = look("cht.site.example", &quick(none, &[("ns.site.example", own)])).await.unwrap();
    assert_eq!(facts.caa, Outcome::Seen(None));
}

#[tokio::test]
async fn a_name_server_that_does_not_tell_leaves_the_lifetime_unknown() {
    let resolver = udp_server(|question| small_resolver(question, Say::Code(ResponseCode::NXDomain)));
    let hearsay = udp_server(|question| match asked(question) {
        (name, RecordType::A) => Say::Records(false, vec![record(&name, 12, RData::A(A::new(192, 0, 2, 10)))]),
        _ => Say::Records(false, Vec::new()),
    });
    let cases = [
        (udp_server(|_| Say::Nothing), CauseKind::Timeout),
        (udp_server(|_| Say::Code(ResponseCode::Refused)), CauseKind::Broken),
        (hearsay, CauseKind::NotUnderstood),
        (udp_server(|_| Say::Garbage), CauseKind::Broken),
        ("169.254.169.254:53".parse().unwrap(), CauseKind::Forbidden),
    ];
    for (server, expected) in cases {
        let facts = look("cht.site.example", &quick(resolver, &[("ns.site.example", server)])).await.unwrap();
        assert_eq!(facts.ttl.facts().unwrap_err().kind, expected);
        assert_eq!((facts.resolver_ttl, facts.zone.as_deref()), (Some(41), Some("site.example")), "the rest is known");
    }
}

#[tokio::test]
async fn a_ring_at_the_zones_own_server_ends() {
    let resolver = udp_server(|question| small_resolver(question, Say::Code(ResponseCode::NXDomain)));
    let own = udp_server(|question| match asked(question) {
        (name, _) if name.starts_with("cht") => Say::Records(true, vec![record(&name, 70, RData::CNAME(CNAME(Name::from_ascii("a.site.example.").unwrap())))]),
        _ => ring(question, true),
    });
    let facts = look("cht.site.example", &quick(resolver, &[("ns.site.example", own)])).await.unwrap();
    assert_eq!(facts.ttl, Outcome::Seen(70));
}

#[tokio::test]
async fn the_next_name_server_is_asked_where_one_is_silent() {
    let Some((mut reach, _own, _resolver)) = county() else { return };
    reach.timeout = Duration::from_millis(600);
    reach.overrides[0].to = vec![udp_server(|_| Say::Nothing)]; // ns1
    assert_eq!(look("cht.county-health.example", &reach).await.unwrap().ttl, Outcome::Seen(600));
}

#[tokio::test]
async fn an_unanswered_question_for_v6_does_not_hide_v4() {
    let resolver = udp_server(|question| match asked(question).1 {
        RecordType::AAAA => Say::Nothing,
        _ => small_resolver(question, Say::Code(ResponseCode::NXDomain)),
    });
    let facts = look("cht.site.example", &quick(resolver, &[("ns.site.example", udp_server(|_| Say::Nothing))])).await.unwrap();
    assert_eq!(facts.addresses, [ip("192.0.2.10")]);
}

#[tokio::test]
async fn recursion_is_asked_of_the_resolver_only() {
    let wanted = Arc::new(Mutex::new((Vec::new(), Vec::new())));
    let (at_resolver, at_own) = (Arc::clone(&wanted), Arc::clone(&wanted));
    let resolver = udp_server(move |question| {
        at_resolver.lock().unwrap().0.push(question.metadata.recursion_desired);
        small_resolver(question, Say::Code(ResponseCode::NXDomain))
    });
    let own = udp_server(move |question| {
        at_own.lock().unwrap().1.push(question.metadata.recursion_desired);
        Say::Code(ResponseCode::Refused)
    });
    look("cht.site.example", &quick(resolver, &[("ns.site.example", own)])).await.unwrap();
    let (of_resolver, of_own) = wanted.lock().unwrap().clone();
    assert!(!of_resolver.is_empty() && of_resolver.iter().all(|&recursion| recursion));
    assert!(!of_own.is_empty() && of_own.iter().all(|&recursion| !recursion));
}
