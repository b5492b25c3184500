//! TLS against real servers. Every expected value follows from how the certificate was made.

use std::{
    collections::BTreeMap,
    io::{Read, Write},
    net::{SocketAddr, TcpListener, TcpStream},
    path::{Path as File, PathBuf},
    process::Command,
    sync::mpsc,
    time::{Duration, Instant},
};

use cht_audit::{
    evidence::{
        Outcome, TlsAsk, TlsFacts,
        tls::{Certificate, Handshake, LegacyTls, Path},
    },
    finding::{Cause, CauseKind},
    probe::{
        Override,
        tls::{self, chain, legacy},
    },
};
use proptest::prelude::*;
use rustls::{
    RootCertStore,
    pki_types::{CertificateDer, ServerName, pem::PemObject},
};
use tempfile::TempDir;

use crate::support::{Running, free_port, program, reach, serve};

const EC: &[&str] = &["EC", "-pkeyopt", "ec_paramgen_curve:P-256"];
const CA: &str = "basicConstraints=critical,CA:TRUE\nkeyUsage=keyCertSign\n";
const SINCE: &str = "2025-01-01";
const UNTIL: &str = "2035-01-01";

/// How one certificate is made.
#[derive(Clone)]
struct Made {
    subject: String,
    issuer: String,
    key: &'static [&'static str],
    dates: (&'static str, &'static str),
    extensions: String,
    digest: &'static str,
}

/// A certificate for `<name>.example.org`, without a fault.
fn leaf(name: &str) -> Made {
    Made {
        subject: format!("/O=County/CN={name}.example.org"),
        issuer: "intermediate".to_owned(),
        key: EC,
        dates: (SINCE, UNTIL),
        extensions: format!("subjectAltName=DNS:{name}.example.org\n"),
        digest: "sha256",
    }
}

fn ca(name: &str, issuer: &str) -> Made {
    Made { subject: format!("/O=Test/CN={name}"), issuer: issuer.to_owned(), extensions: CA.to_owned(), dates: ("2020-01-01", "2040-01-01"), ..leaf(name) }
}

/// A folder of certificates with a CA (`root`, `intermediate`), and an nginx that shows them.
struct Lab {
    openssl: PathBuf,
    nginx: PathBuf,
    dir: TempDir,
}

impl Lab {
    /// `None` where the programs are not installed.
    fn new() -> Option<Self> {
        let lab = Self { openssl: program("openssl")?, nginx: program("nginx")?, dir: tempfile::tempdir().expect("a folder for the test") };
        lab.write(
            "ca.cnf",
            &format!(
                "[ca]\ndefault_ca=d\n[d]\ndatabase={0}/index.txt\nnew_certs_dir={0}\nrand_serial=yes\nunique_subject=no\npolicy=p\n[p]\ncommonName=optional\n\
                 [req]\ndistinguished_name=n\n[n]\n",
                lab.dir.path().display()
            ),
        );
        lab.write("index.txt", "");
        lab.make("root", &ca("root", "root"));
        lab.make("intermediate", &ca("intermediate", "root"));
        Some(lab)
    }

    fn file(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    fn write(&self, name: &str, text: &str) {
        std::fs::write(self.file(name), text).expect("the test's folder can be written");
    }

    fn openssl(&self, args: &[&str]) -> String {
        let done = Command::new(&self.openssl).args(args).current_dir(self.dir.path()).output().expect("openssl runs");
        assert!(done.status.success(), "openssl {args:?}: {}", String::from_utf8_lossy(&done.stderr));
        String::from_utf8_lossy(&done.stdout).trim().to_owned()
    }

    /// Makes `<name>.key`, unless it is there, and `<name>.pem`, signed by `<issuer>`.
    fn make(&self, name: &str, made: &Made) {
        let (key, request, pem) = (format!("{name}.key"), format!("{name}.csr"), format!("{name}.pem"));
        let date = |day: &str| format!("{}000000Z", day.replace('-', ""));
        let (from, until) = (date(made.dates.0), date(made.dates.1));
        if !self.file(&key).exists() {
            self.openssl(&[&["genpkey", "-out", &key, "-algorithm"], made.key].concat());
        }
        self.openssl(&["req", "-new", "-config", "ca.cnf", "-key", &key, "-subj", &made.subject, "-out", &request]);
        self.write("extensions", &made.extensions);
        let sign = ["ca", "-batch", "-notext", "-preserveDN", "-config", "ca.cnf", "-extfile", "extensions", "-md", made.digest];
        let (issuer_key, issuer) = (format!("{}.key", made.issuer), format!("{}.pem", made.issuer));
        let by: &[&str] = if made.issuer == name { &["-selfsign", "-keyfile", &key] } else { &["-keyfile", &issuer_key, "-cert", &issuer] };
        self.openssl(&[&sign[..], by, &["-startdate", &from, "-enddate", &until, "-in", &request, "-out", &pem]].concat());
    }

    fn der(&self, name: &str) -> CertificateDer<'static> {
        CertificateDer::from_pem_file(self.file(&format!("{name}.pem"))).expect("openssl wrote a certificate")
    }

    fn roots(&self, names: &[&str]) -> RootCertStore {
        let mut roots = RootCertStore::empty();
        for name in names {
            roots.add(self.der(name)).expect("a root that rustls takes");
        }
        roots
    }

    /// A server block for `<name>.example.org` that sends `chain` with the first one's key.
    fn block(&self, name: &str, chain: &[&str], more: &str) -> String {
        let pems: String = chain.iter().map(|name| std::fs::read_to_string(self.file(&format!("{name}.pem"))).expect("it was made")).collect();
        self.write(&format!("{name}.chain"), &pems);
        let (chain, key) = (self.file(&format!("{name}.chain")), self.file(&format!("{}.key", chain[0])));
        let (chain, key) = (chain.display(), key.display());
        format!("server {{ listen 127.0.0.1:PORT ssl; server_name {name}.example.org; ssl_certificate {chain}; ssl_certificate_key {key}; {more} }}\n")
    }

    /// Starts nginx with these server blocks on one port. Security level 0 lets it show what is wrong.
    fn nginx(&self, blocks: &[String]) -> (Running, SocketAddr) {
        let at = SocketAddr::from(([127, 0, 0, 1], free_port()));
        let temp: String =
            ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"].iter().map(|kind| format!("{kind}_temp_path {};\n", self.file(kind).display())).collect();
        let config = format!(
            "daemon off; master_process off; pid {}; error_log stderr emerg;\nevents {{}}\nhttp {{ access_log off; {temp} ssl_ciphers DEFAULT:@SECLEVEL=0;\n{} }}\n",
            self.file("pid").display(),
            blocks.concat().replace("PORT", &at.port().to_string())
        );
        let name = format!("nginx-{}.conf", at.port());
        self.write(&name, &config);
        (serve(Command::new(&self.nginx).args(["-e", "stderr", "-p"]).arg(self.dir.path()).arg("-c").arg(self.file(&name)), at), at)
    }

    /// What the probe sees of `https://<name>.example.org` at `at`.
    async fn look(&self, name: &str, at: SocketAddr, roots: &[&str]) -> TlsFacts {
        look(self.dir.path(), &format!("{name}.example.org"), &[at], self.roots(roots)).await.expect("it has an address")
    }

    async fn handshake(&self, name: &str, at: SocketAddr) -> Handshake {
        let facts = self.look(name, at, &["root"]).await;
        facts.addresses["127.0.0.1"].facts().unwrap_or_else(|cause| panic!("{name}: {cause:?}")).clone()
    }
}

async fn look(base: &File, host: &str, at: &[SocketAddr], roots: RootCertStore) -> Result<TlsFacts, Cause> {
    let mut reach = reach(base, roots);
    reach.overrides.push(Override { host: host.to_owned(), port: 443, to: at.to_vec() });
    tls::look(&TlsAsk { host: host.to_owned(), port: 443 }, &reach).await
}

fn seen(facts: &TlsFacts) -> Handshake {
    facts.addresses["127.0.0.1"].facts().expect("the handshake goes through").clone()
}

fn day(text: &str) -> jiff::Timestamp {
    format!("{text}T00:00:00Z").parse().expect("a day")
}

fn accepted(version: Option<&str>) -> Option<Outcome<LegacyTls>> {
    Some(Outcome::Seen(LegacyTls { accepted: version.map(str::to_owned) }))
}

#[tokio::test]
async fn a_good_chain_shows_what_it_was_made_of() {
    let Some(lab) = Lab::new() else { return };
    let extensions = "subjectAltName=DNS:good.example.org,DNS:*.example.org,IP:192.0.2.7,IP:2001:db8::7\n".to_owned();
    lab.make("good", &Made { extensions, ..leaf("good") });
    let suites = "ssl_protocols TLSv1.2 TLSv1.3; ssl_conf_command Ciphersuites TLS_CHACHA20_POLY1305_SHA256;";
    let (_nginx, at) = lab.nginx(&[lab.block("good", &["good", "intermediate"], suites)]);
    let facts = lab.look("good", at, &["root"]).await;
    let seen = seen(&facts);
    let hex = |name: &str, what: &str| {
        let line = lab.openssl(&["x509", "-noout", what, "-sha256", "-in", &format!("{name}.pem")]);
        line.split_once('=').expect("name=value").1.replace(':', "").to_lowercase()
    };
    let expected = Handshake {
        version: "TLS 1.3".to_owned(),
        suite: "TLS_CHACHA20_POLY1305_SHA256".to_owned(),
        chain: vec![
            Certificate {
                subject: "O=County, CN=good.example.org".to_owned(),
                common_name: Some("good.example.org".to_owned()),
                organisation: Some("County".to_owned()),
                issuer: "O=Test, CN=intermediate".to_owned(),
                issuer_name: Some("Test".to_owned()),
                self_issued: false,
                names: ["good.example.org", "*.example.org", "192.0.2.7", "2001:db8::7"].map(str::to_owned).to_vec(),
                not_before: day(SINCE),
                not_after: day(UNTIL),
                key: "EC".to_owned(),
                key_bits: 256,
                signature: "ecdsa-with-SHA256".to_owned(),
                must_staple: false,
                serial: hex("good", "-serial"),
                sha256: hex("good", "-fingerprint"),
            },
            Certificate {
                subject: "O=Test, CN=intermediate".to_owned(),
                common_name: Some("intermediate".to_owned()),
                organisation: Some("Test".to_owned()),
                issuer: "O=Test, CN=root".to_owned(),
                issuer_name: Some("Test".to_owned()),
                self_issued: false,
                names: Vec::new(),
                not_before: day("2020-01-01"),
                not_after: day("2040-01-01"),
                key: "EC".to_owned(),
                key_bits: 256,
                signature: "ecdsa-with-SHA256".to_owned(),
                must_staple: false,
                serial: hex("intermediate", "-serial"),
                sha256: hex("intermediate", "-fingerprint"),
            },
        ],
        name_matches: true,
        ordered: true,
        path: Path::Trusted,
        path_until: Some(day(UNTIL)),
        stapled: false,
    };
    assert_eq!(seen, expected);
    assert_eq!(facts.legacy, accepted(None));
}

#[tokio::test]
async fn every_fault_is_told_apart() {
    let Some(lab) = Lab::new() else { return };
    let past = ("2020-01-01", "2021-01-01");
    std::fs::copy(lab.file("root.key"), lab.file("cross.key")).expect("the root's key is there");
    let future = ("2035-01-01", "2036-01-01");
    for (name, made) in [
        ("fine", leaf("fine")),
        ("expired", Made { dates: past, ..leaf("expired") }),
        ("future", Made { dates: future, ..leaf("future") }),
        ("othername", leaf("elsewhere")),
        ("twofaults", Made { dates: past, ..leaf("elsewhere") }),
        ("selfsigned", Made { issuer: "selfsigned".to_owned(), ..leaf("selfsigned") }),
        ("private-root", ca("private-root", "private-root")),
        ("private-int", ca("private-int", "private-root")),
        ("private", Made { issuer: "private-int".to_owned(), ..leaf("private") }),
        // Of the same name as the intermediate, with another key.
        ("impostor", Made { subject: "/O=Test/CN=intermediate".to_owned(), ..ca("impostor", "root") }),
        ("client", Made { extensions: "subjectAltName=DNS:client.example.org\nextendedKeyUsage=clientAuth\n".to_owned(), ..leaf("client") }),
        ("authority", Made { extensions: "subjectAltName=DNS:authority.example.org\nbasicConstraints=CA:TRUE\n".to_owned(), ..leaf("authority") }),
        ("old-int", Made { dates: past, ..ca("old-int", "root") }),
        ("late", Made { issuer: "old-int".to_owned(), ..leaf("late") }),
        ("short-int", Made { dates: (SINCE, "2030-01-01"), ..ca("short-int", "root") }),
        ("outlives", Made { issuer: "short-int".to_owned(), ..leaf("outlives") }),
        // The root once more, signed by another that has ended: sent along for old clients.
        ("cross", Made { dates: past, ..ca("root", "private-root") }),
        ("sha1", Made { digest: "sha1", ..leaf("sha1") }),
        ("v1", Made { extensions: String::new(), ..leaf("v1") }),
        ("rsa1024", Made { key: &["RSA", "-pkeyopt", "rsa_keygen_bits:1024"], ..leaf("rsa1024") }),
    ] {
        lab.make(name, &made);
    }
    let trusted = |until| (Path::Trusted, Some(day(until)));
    let not = |path| (path, None);
    // Name, what is sent, where it leads and until when, in order, of the right name.
    let cases: &[(&str, &[&str], (Path, Option<jiff::Timestamp>), bool, bool)] = &[
        ("fine", &["fine", "intermediate"], trusted(UNTIL), true, true),
        ("withroot", &["fine", "intermediate", "root"], trusted(UNTIL), true, false),
        ("expired", &["expired", "intermediate"], trusted("2021-01-01"), true, true),
        ("future", &["future", "intermediate"], trusted("2036-01-01"), true, true),
        ("othername", &["othername", "intermediate"], trusted(UNTIL), true, false),
        ("twofaults", &["twofaults", "intermediate"], trusted("2021-01-01"), true, false),
        ("selfsigned", &["selfsigned"], not(Path::SelfSigned), true, true),
        ("alone", &["fine"], not(Path::Incomplete), true, false),
        ("unrelated", &["fine", "private-int"], not(Path::Incomplete), false, false),
        ("broken", &["fine", "root"], not(Path::Incomplete), false, false),
        ("misordered", &["fine", "root", "intermediate"], trusted(UNTIL), false, false),
        ("doubled", &["fine", "fine", "intermediate"], trusted(UNTIL), false, false),
        ("private", &["private", "private-int"], not(Path::UnknownRoot), true, true),
        ("privateroot", &["private", "private-int", "private-root"], not(Path::UnknownRoot), true, false),
        ("privatemix", &["private", "private-root", "private-int"], not(Path::UnknownRoot), false, false),
        ("privatealone", &["private"], not(Path::Incomplete), true, false),
        ("impostor", &["fine", "impostor"], not(Path::BadSignature), false, false),
        ("client", &["client", "intermediate"], not(Path::NotUsable), true, true),
        ("authority", &["authority", "intermediate"], not(Path::NotUsable), true, true),
        ("late", &["late", "old-int"], not(Path::NotUsable), true, true),
        ("outlives", &["outlives", "short-int"], trusted("2030-01-01"), true, true),
        ("crossed", &["fine", "intermediate", "cross"], trusted(UNTIL), true, false),
        ("sha1", &["sha1", "intermediate"], not(Path::BadSignature), true, true),
        ("v1", &["v1", "intermediate"], not(Path::NotUsable), true, false),
        ("rsa1024", &["rsa1024", "intermediate"], not(Path::BadSignature), true, true),
    ];
    let blocks: Vec<_> = cases.iter().map(|(name, chain, ..)| lab.block(name, chain, "")).collect();
    let (_nginx, at) = lab.nginx(&blocks);
    let mut all = BTreeMap::new();
    for (name, chain, path, ordered, name_matches) in cases {
        let seen = lab.handshake(name, at).await;
        assert_eq!(seen.chain.len(), chain.len(), "{name}");
        assert_eq!(((seen.path, seen.path_until), seen.ordered, seen.name_matches), (*path, *ordered, *name_matches), "{name}");
        all.insert(*name, seen.chain);
    }
    assert_eq!((all["expired"][0].not_before, all["expired"][0].not_after), (day("2020-01-01"), day("2021-01-01")));
    assert_eq!(all["future"][0].not_before, day("2035-01-01"));
    assert_eq!(all["othername"][0].names, ["elsewhere.example.org"]);
    assert!(all["selfsigned"][0].self_issued && !all["private"][1].self_issued && all["privateroot"][2].self_issued);
    assert_eq!(all["sha1"][0].signature, "ecdsa-with-SHA1");
    assert_eq!((all["rsa1024"][0].key.as_str(), all["rsa1024"][0].key_bits), ("RSA", 1024));
    // The same chains, with the private root given by hand.
    for (name, path) in [("private", Path::Trusted), ("privatemix", Path::Trusted), ("privatealone", Path::Incomplete), ("fine", Path::UnknownRoot)] {
        assert_eq!(seen(&lab.look(name, at, &["private-root"]).await).path, path, "{name}");
    }
}

#[tokio::test]
async fn a_self_signed_certificate_of_the_cht_is_known_for_what_it_is() {
    let Some(lab) = Lab::new() else { return };
    // As `nginx/ssl-install.sh` of the CHT makes it, with a smaller key: no alternative name, a CA by openssl's default.
    let subject = "/emailAddress=domains@medic.org/C=US/ST=California/L=San_Francisco/O=medic/OU=Information_Security/CN=test-nginx.dev.medicmobile.org";
    lab.openssl(&["req", "-x509", "-nodes", "-newkey", "rsa:2048", "-days", "365", "-subj", subject, "-keyout", "cht.key", "-out", "cht.pem"]);
    // What nginx of the CHT takes: secp384r1 and nothing else.
    let more = "ssl_protocols TLSv1.2 TLSv1.3; ssl_ecdh_curve secp384r1; ssl_session_tickets off;";
    let (_nginx, at) = lab.nginx(&[lab.block("cht", &["cht"], more)]);
    let seen = lab.handshake("cht", at).await;
    let leaf = &seen.chain[0];
    assert_eq!((seen.path, seen.ordered, seen.name_matches, seen.version.as_str()), (Path::SelfSigned, true, false, "TLS 1.3"));
    assert_eq!((leaf.common_name.as_deref(), leaf.organisation.as_deref()), (Some("test-nginx.dev.medicmobile.org"), Some("medic")));
    assert_eq!((leaf.subject.clone(), leaf.self_issued, leaf.names.len()), (leaf.issuer.clone(), true, 0));
    assert_eq!((leaf.key.as_str(), leaf.key_bits, leaf.signature.as_str()), ("RSA", 2048, "sha256WithRSAEncryption"));
    assert_eq!(leaf.not_after.duration_since(leaf.not_before).as_hours(), 365 * 24);
    // Nor does its own name match: no client looks at the common name any more.
    let facts = look(lab.dir.path(), "test-nginx.dev.medicmobile.org", &[at], lab.roots(&[])).await.expect("it has an address");
    assert!(!self::seen(&facts).name_matches);
}

#[tokio::test]
async fn keys_and_staples() {
    let Some(lab) = Lab::new() else { return };
    let feature = "1.3.6.1.5.5.7.1.24=DER:30:03:02:01:05\n";
    for (name, made) in [
        ("ed25519", Made { key: &["ED25519"], ..leaf("ed25519") }),
        ("p384", Made { key: &["EC", "-pkeyopt", "ec_paramgen_curve:P-384"], ..leaf("p384") }),
        ("rsa3072", Made { key: &["RSA", "-pkeyopt", "rsa_keygen_bits:3072"], ..leaf("rsa3072") }),
        // status_request_v2 (17) alone demands nothing.
        ("feature", Made { extensions: "subjectAltName=DNS:feature.example.org\n1.3.6.1.5.5.7.1.24=DER:30:03:02:01:11\n".to_owned(), ..leaf("feature") }),
        ("must", Made { extensions: format!("subjectAltName=DNS:must.example.org\n{feature}"), ..leaf("must") }),
        ("eternal", Made { dates: (SINCE, "9999-12-31"), ..leaf("eternal") }),
    ] {
        lab.make(name, &made);
    }
    lab.openssl(&["ocsp", "-issuer", "intermediate.pem", "-cert", "must.pem", "-reqout", "ask.der"]);
    let signer = ["-CA", "intermediate.pem", "-rsigner", "intermediate.pem", "-rkey", "intermediate.key"];
    lab.openssl(&[&["ocsp", "-index", "index.txt", "-reqin", "ask.der", "-respout", "staple.der"], &signer[..]].concat());
    let staple = format!("ssl_stapling on; ssl_stapling_file {};", lab.file("staple.der").display());
    let (_nginx, at) = lab.nginx(&[
        lab.block("ed25519", &["ed25519", "intermediate"], ""),
        lab.block("p384", &["p384", "intermediate"], ""),
        lab.block("rsa3072", &["rsa3072", "intermediate"], ""),
        lab.block("feature", &["feature", "intermediate"], ""),
        lab.block("eternal", &["eternal", "intermediate"], ""),
        lab.block("must", &["must", "intermediate"], ""),
        lab.block("stapled", &["must", "intermediate"], &staple),
    ]);
    for (name, key, bits) in [("ed25519", "Ed25519", 256), ("p384", "EC", 384), ("rsa3072", "RSA", 3072)] {
        let seen = lab.handshake(name, at).await;
        assert_eq!((seen.chain[0].key.as_str(), seen.chain[0].key_bits, seen.path), (key, bits, Path::Trusted), "{name}");
    }
    for (name, must_staple, stapled) in [("feature", false, false), ("must", true, false), ("stapled", true, true)] {
        let seen = lab.handshake(name, at).await;
        assert_eq!((seen.chain[0].must_staple, seen.stapled), (must_staple, stapled), "{name}");
    }
    let eternal = lab.handshake("eternal", at).await;
    assert_eq!((eternal.chain[0].not_after, eternal.path), (jiff::Timestamp::MAX, Path::Trusted));
}

#[tokio::test]
async fn versions_are_told() {
    let Some(lab) = Lab::new() else { return };
    lab.make("v", &leaf("v"));
    let tls = |cause: &str| Outcome::<Handshake>::Missed(Cause::new(CauseKind::Tls, cause));
    // What the server speaks; what is agreed, or the cause; the old version that is still accepted.
    for (protocols, agreed, old) in [
        ("TLSv1.3", Ok("TLS 1.3"), None),
        ("TLSv1.2", Ok("TLS 1.2"), None),
        ("TLSv1.1 TLSv1.2", Ok("TLS 1.2"), Some("TLS 1.1")),
        ("TLSv1 TLSv1.1 TLSv1.2 TLSv1.3", Ok("TLS 1.3"), Some("TLS 1.1")),
        ("TLSv1.1", Err("alert: protocol version"), Some("TLS 1.1")),
        ("TLSv1", Err("alert: protocol version"), Some("TLS 1.0")),
    ] {
        // Whoever does not name the host is sent away.
        let default = format!("server {{ listen 127.0.0.1:PORT ssl default_server; ssl_reject_handshake on; ssl_protocols {protocols}; }}");
        let (_nginx, at) = lab.nginx(&[default, lab.block("v", &["v", "intermediate"], &format!("ssl_protocols {protocols};"))]);
        let facts = lab.look("v", at, &["root"]).await;
        match agreed {
            Ok(version) => assert_eq!(seen(&facts).version, version, "{protocols}"),
            Err(cause) => assert_eq!(facts.addresses["127.0.0.1"], tls(cause), "{protocols}"),
        }
        assert_eq!(facts.legacy, accepted(old), "{protocols}");
    }
    let one = "ssl_protocols TLSv1.2; ssl_ciphers ECDHE-ECDSA-AES128-GCM-SHA256;";
    let (_nginx, at) = lab.nginx(&[lab.block("v", &["v", "intermediate"], one)]);
    assert_eq!(lab.handshake("v", at).await.suite, "TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256");
    // A server without any suite that is still in use.
    let old = "ssl_protocols TLSv1.2; ssl_ciphers ECDHE-ECDSA-AES128-SHA;";
    let (_nginx, at) = lab.nginx(&[lab.block("v", &["v", "intermediate"], old)]);
    assert_eq!(lab.look("v", at, &[]).await.addresses["127.0.0.1"], tls("alert: handshake failure"));
}

#[tokio::test]
async fn every_address_is_looked_at_and_an_address_can_be_the_host() {
    let Some(lab) = Lab::new() else { return };
    lab.make("one", &Made { extensions: "subjectAltName=DNS:one.example.org,IP:127.0.0.1\n".to_owned(), ..leaf("one") });
    lab.make("two", &leaf("two"));
    let (_one, first) = lab.nginx(&[lab.block("one", &["one", "intermediate"], "")]);
    let (_two, second) = lab.nginx(&[lab.block("one", &["two"], "ssl_protocols TLSv1.3;")]);
    let nobody = SocketAddr::from(([127, 0, 0, 2], free_port()));
    let facts = look(lab.dir.path(), "one.example.org", &[nobody, first, second], lab.roots(&["root"])).await.expect("it has addresses");
    let short: BTreeMap<_, _> =
        facts.addresses.iter().map(|(at, look)| (at.clone(), look.facts().map(|seen| (seen.path, seen.name_matches)).map_err(|cause| cause.kind))).collect();
    let expected = BTreeMap::from([
        (first.to_string(), Ok((Path::Trusted, true))),
        (second.to_string(), Ok((Path::Incomplete, false))),
        ("127.0.0.2".to_owned(), Err(CauseKind::Refused)),
    ]);
    assert_eq!(short, expected);
    assert!(matches!(facts.legacy, Some(Outcome::Seen(_))));

    let mut reach = reach(lab.dir.path(), lab.roots(&["root"]));
    let ask = TlsAsk { host: "127.0.0.1".to_owned(), port: first.port() };
    assert!(seen(&tls::look(&ask, &reach).await.expect("it is an address")).name_matches);
    reach.overrides.push(Override { host: "nowhere.example.org".to_owned(), port: 443, to: Vec::new() });
    let ask = TlsAsk { host: "nowhere.example.org".to_owned(), port: 443 };
    assert_eq!(tls::look(&ask, &reach).await.map_err(|cause| cause.kind), Err(CauseKind::NoAddress));
    let ask = TlsAsk { host: "no host".to_owned(), port: 443 };
    assert_eq!(tls::look(&ask, &reach).await.map_err(|cause| cause.kind), Err(CauseKind::NotUnderstood));
}

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
    assert_eq!((seen(&facts).path, facts.legacy), (Path::Trusted, accepted(None)));
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
fn roots_are_the_hosts_and_those_given() {
    let Some(lab) = Lab::new() else { return };
    let (system, from) = tls::roots(None).expect("the system's or Mozilla's");
    assert!(!system.is_empty() && from.contains(&system.len().to_string()), "{from}");
    let (more, from) = tls::roots(Some(&lab.file("root.pem"))).expect("a file with a root");
    assert_eq!(more.len(), system.len() + 1);
    assert!(from.ends_with("and 1 of root.pem"), "{from}");
    for (name, text) in [("empty.pem", ""), ("other.pem", "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n")] {
        lab.write(name, text);
        assert_eq!(tls::roots(Some(&lab.file(name))).err(), Some(Cause::new(CauseKind::File, name)));
    }
    assert_eq!(tls::roots(Some(&lab.file("missing.pem"))).err(), Some(Cause::new(CauseKind::File, "missing.pem")));
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
    eprintln!("HOSTILE {:?}", begun.elapsed());
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
