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
            "daemon off; master_process off; pid {}; error_log stderr emerg;\nevents {{}}\nhttp {{ access_log off; {temp} return 204;\n\
             ssl_ciphers DEFAULT:@SECLEVEL=0;\n{} }}\n",
            self.file("pid").display(),
            blocks.concat().replace("PORT", &at.port().to_string())
        )
        .replace(" return 204;\n", "\n");
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
