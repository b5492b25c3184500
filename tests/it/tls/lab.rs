//! Certificates made by openssl, and an nginx that shows them.

use std::{net::SocketAddr, path::PathBuf, process::Command};

use cht_audit::evidence::{TlsFacts, tls::Handshake};
use rustls::{
    RootCertStore,
    pki_types::{CertificateDer, pem::PemObject},
};
use tempfile::TempDir;

use super::look;
use crate::support::{Running, free_port, program, serve};

const EC: &[&str] = &["EC", "-pkeyopt", "ec_paramgen_curve:P-256"];
const CA: &str = "basicConstraints=critical,CA:TRUE\nkeyUsage=keyCertSign,cRLSign\n";
pub(crate) const SINCE: &str = "2025-01-01";
pub(crate) const UNTIL: &str = "2035-01-01";

/// How one certificate is made.
#[derive(Clone)]
pub(crate) struct Made {
    pub(crate) subject: String,
    pub(crate) issuer: String,
    pub(crate) key: &'static [&'static str],
    pub(crate) dates: (&'static str, &'static str),
    pub(crate) extensions: String,
    pub(crate) digest: &'static str,
}

/// A certificate for `<name>.example.org`, without a fault.
pub(crate) fn leaf(name: &str) -> Made {
    Made {
        subject: format!("/O=County/CN={name}.example.org"),
        issuer: "intermediate".to_owned(),
        key: EC,
        dates: (SINCE, UNTIL),
        extensions: format!("subjectAltName=DNS:{name}.example.org\n"),
        digest: "sha256",
    }
}

pub(crate) fn ca(name: &str, issuer: &str) -> Made {
    Made { subject: format!("/O=Test/CN={name}"), issuer: issuer.to_owned(), extensions: CA.to_owned(), dates: ("2020-01-01", "2040-01-01"), ..leaf(name) }
}

/// A folder of certificates with a CA (`root`, `intermediate`), and an nginx that shows them.
pub(crate) struct Lab {
    openssl: PathBuf,
    nginx: PathBuf,
    pub(crate) dir: TempDir,
}

impl Lab {
    /// `None` where the programs are not installed.
    pub(crate) fn new() -> Option<Self> {
        let lab = Self { openssl: program("openssl")?, nginx: program("nginx")?, dir: tempfile::tempdir().expect("a folder for the test") };
        lab.write(
            "ca.cnf",
            &format!(
                "[ca]\ndefault_ca=d\n[d]\ndatabase={0}/index.txt\nnew_certs_dir={0}\nrand_serial=yes\nunique_subject=no\npolicy=p\ncrlnumber={0}/crlnumber\ndefault_md=sha256\n[p]\ncommonName=optional\n\
                 [req]\ndistinguished_name=n\n[n]\n",
                lab.dir.path().display()
            ),
        );
        lab.write("index.txt", "");
        lab.write("crlnumber", "01\n");
        lab.make("root", &ca("root", "root"));
        lab.make("intermediate", &ca("intermediate", "root"));
        Some(lab)
    }

    pub(crate) fn file(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    pub(crate) fn write(&self, name: &str, text: &str) {
        std::fs::write(self.file(name), text).expect("the test's folder can be written");
    }

    pub(crate) fn openssl(&self, args: &[&str]) -> String {
        let done = Command::new(&self.openssl).args(args).current_dir(self.dir.path()).output().expect("openssl runs");
        assert!(done.status.success(), "openssl {args:?}: {}", String::from_utf8_lossy(&done.stderr));
        String::from_utf8_lossy(&done.stdout).trim().to_owned()
    }

    /// Makes `<name>.key`, unless it is there, and `<name>.pem`, signed by `<issuer>`.
    pub(crate) fn make(&self, name: &str, made: &Made) {
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

    /// The authority takes the certificate back.
    pub(crate) fn revoke(&self, name: &str, reason: &str) {
        let pem = format!("{name}.pem");
        self.openssl(&["ca", "-config", "ca.cnf", "-keyfile", "intermediate.key", "-cert", "intermediate.pem", "-revoke", &pem, "-crl_reason", reason]);
    }

    /// Makes `<name>.crl` in DER, the list of `issuer` as it is now, for these days, with more of openssl's arguments.
    pub(crate) fn list(&self, name: &str, issuer: &str, dates: (&str, &str), more: &[&str]) {
        let date = |day: &str| format!("{}000000Z", day.replace('-', ""));
        let (from, until, key, pem) = (date(dates.0), date(dates.1), format!("{issuer}.key"), format!("{issuer}.pem"));
        let make =
            ["ca", "-config", "ca.cnf", "-gencrl", "-keyfile", &key, "-cert", &pem, "-crl_lastupdate", &from, "-crl_nextupdate", &until, "-out", "list.pem"];
        self.openssl(&[&make[..], more].concat());
        self.openssl(&["crl", "-in", "list.pem", "-outform", "DER", "-out", &format!("{name}.crl")]);
    }

    /// Makes `<name>.staple`: what `signer` says of the certificate `of`, for these minutes from now.
    pub(crate) fn staple(&self, name: &str, of: &str, signer: &str, minutes: &str) {
        let (pem, answer) = (format!("{of}.pem"), format!("{name}.staple"));
        self.openssl(&["ocsp", "-issuer", "intermediate.pem", "-cert", &pem, "-no_nonce", "-reqout", "ask.der"]);
        let signer = ["-rsigner", &format!("{signer}.pem"), "-rkey", &format!("{signer}.key")];
        let make = ["ocsp", "-index", "index.txt", "-CA", "intermediate.pem", "-nmin", minutes, "-reqin", "ask.der", "-respout", &answer];
        self.openssl(&[&make[..], &signer].concat());
    }

    pub(crate) fn der(&self, name: &str) -> CertificateDer<'static> {
        CertificateDer::from_pem_file(self.file(&format!("{name}.pem"))).expect("openssl wrote a certificate")
    }

    pub(crate) fn roots(&self, names: &[&str]) -> RootCertStore {
        let mut roots = RootCertStore::empty();
        for name in names {
            roots.add(self.der(name)).expect("a root that rustls takes");
        }
        roots
    }

    /// A server block for `<name>.example.org` that sends `chain` with the first one's key.
    pub(crate) fn block(&self, name: &str, chain: &[&str], more: &str) -> String {
        let pems: String = chain.iter().map(|name| std::fs::read_to_string(self.file(&format!("{name}.pem"))).expect("it was made")).collect();
        self.write(&format!("{name}.chain"), &pems);
        let (chain, key) = (self.file(&format!("{name}.chain")), self.file(&format!("{}.key", chain[0])));
        let (chain, key) = (chain.display(), key.display());
        format!("server {{ listen 127.0.0.1:PORT ssl; server_name {name}.example.org; ssl_certificate {chain}; ssl_certificate_key {key}; {more} }}\n")
    }

    /// Starts nginx with these server blocks on one port. Security level 0 lets it show what is wrong.
    pub(crate) fn nginx(&self, blocks: &[String]) -> (Running, SocketAddr) {
        let at = SocketAddr::from(([127, 0, 0, 1], free_port()));
        let temp = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"].map(|kind| format!("{kind}_temp_path {};", self.file(kind).display())).join("\n");
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
    pub(crate) async fn look(&self, name: &str, at: SocketAddr, roots: &[&str]) -> TlsFacts {
        look(self.dir.path(), &format!("{name}.example.org"), &[at], self.roots(roots)).await.expect("it has an address")
    }

    pub(crate) async fn handshake(&self, name: &str, at: SocketAddr) -> Handshake {
        let facts = self.look(name, at, &["root"]).await;
        facts.addresses["127.0.0.1"].facts().unwrap_or_else(|cause| panic!("{name}: {cause:?}")).clone()
    }
}
