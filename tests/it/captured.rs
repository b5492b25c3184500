//! A CHT on loopback, over real TLS, that answers with what a real CHT 5.2.0 answered.
//!
//! The answers are `tests/captures/<folder>/<name>.http`: comment lines, status line, headers, an empty line, body (JSON
//! re-indented, so lengths are counted anew). `reconstructed/` holds those that were not captured whole; each says what
//! it was made from. The certificate is made anew for each test process.

use std::{
    io::{Read, Write},
    net::{TcpListener, TcpStream},
    path::Path,
    process::Command,
    sync::{
        Arc, Mutex, OnceLock,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use rustls::{
    ServerConfig, ServerConnection, StreamOwned,
    pki_types::{CertificateDer, PrivateKeyDer, pem::PemObject},
};

use crate::support::{install_crypto, program};

/// Where the monitoring API is.
pub(crate) const MONITORING: &str = "/api/v2/monitoring";

/// A connection as the server sees it.
pub(crate) type Connection = StreamOwned<ServerConnection, TcpStream>;

/// A running server; it ends with the test process.
pub(crate) struct Served {
    /// On 127.0.0.1.
    pub(crate) port: u16,
    heads: Arc<Mutex<Vec<String>>>,
    connections: Arc<AtomicUsize>,
    at_once: Arc<AtomicUsize>,
}

impl Served {
    /// Its address as a site would give it.
    pub(crate) fn url(&self) -> String {
        format!("https://127.0.0.1:{}", self.port)
    }

    /// The heads of the requests so far, in order.
    pub(crate) fn heads(&self) -> Vec<String> {
        self.heads.lock().expect("no test panics while it holds this").clone()
    }

    /// The paths that were asked for so far, in order, without queries.
    pub(crate) fn paths(&self) -> Vec<String> {
        self.heads().iter().map(|head| path_of(head).to_owned()).collect()
    }

    /// How many connections were open at a time, at most, so far: as the system counts them whenever one is accepted.
    pub(crate) fn most_at_once(&self) -> usize {
        self.at_once.load(Ordering::SeqCst)
    }

    /// How many connections were accepted so far.
    pub(crate) fn connections(&self) -> usize {
        self.connections.load(Ordering::SeqCst)
    }
}

/// The answers of a healthy CHT 5.2.0 without a login, except for the paths in `overrides`, whose whole answers are given;
/// `*` stands for every path. `None` where openssl is missing and skipping is allowed.
pub(crate) fn serve_captures(overrides: Vec<(&'static str, Vec<u8>)>) -> Option<Served> {
    serve_tls(move |connection, head| {
        let path = path_of(head);
        let given = overrides.iter().find(|(key, _)| *key == path || *key == "*");
        let answer = given.map_or_else(|| healthy(path, head.to_ascii_lowercase().contains("accept: application/json")), |(_, answer)| answer.clone());
        connection.write_all(&answer).is_ok()
    })
}

/// A server that leaves the answer to `answer`, which tells whether the connection stays open. It gets each request's head.
pub(crate) fn serve_tls(answer: impl Fn(&mut Connection, &str) -> bool + Send + Sync + 'static) -> Option<Served> {
    Some(serve_tls_with(server_config()?, answer))
}

/// The same with a certificate of the caller's.
pub(crate) fn serve_tls_with(config: Arc<ServerConfig>, answer: impl Fn(&mut Connection, &str) -> bool + Send + Sync + 'static) -> Served {
    let listener = TcpListener::bind(("127.0.0.1", 0)).expect("loopback has a free port");
    let port = listener.local_addr().expect("a bound listener has an address").port();
    let (heads, connections, at_once) = (Arc::new(Mutex::new(Vec::new())), Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
    let served = Served { port, heads: Arc::clone(&heads), connections: Arc::clone(&connections), at_once: Arc::clone(&at_once) };
    let answer = Arc::new(answer);
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let Ok(stream) = stream else { break };
            connections.fetch_add(1, Ordering::SeqCst);
            at_once.fetch_max(established(port), Ordering::SeqCst);
            let (config, answer, heads) = (Arc::clone(&config), Arc::clone(&answer), Arc::clone(&heads));
            std::thread::spawn(move || {
                let _ = stream.set_read_timeout(Some(Duration::from_secs(30)));
                let Ok(tls) = ServerConnection::new(config) else { return };
                let mut connection = StreamOwned::new(tls, stream);
                while let Some(head) = read_head(&mut connection) {
                    heads.lock().expect("no test panics while it holds this").push(head.clone());
                    if !answer(&mut connection, &head) {
                        break;
                    }
                }
            });
        }
    });
    served
}

/// An answer as it was captured, its body's length counted anew. `name` is `<folder>/<name>`.
pub(crate) fn capture(name: &str) -> Vec<u8> {
    let (head, body) = capture_parts(name);
    whole(&head, body.as_bytes())
}

/// The head of a captured answer with another body.
pub(crate) fn capture_with(name: &str, body: &str) -> Vec<u8> {
    whole(&capture_parts(name).0, body.as_bytes())
}

/// The body of a captured answer.
pub(crate) fn capture_body(name: &str) -> String {
    capture_parts(name).1
}

/// An answer of some server: `status` is `404 Not Found`.
pub(crate) fn reply(status: &str, media_type: &str, body: &str) -> Vec<u8> {
    whole(&format!("HTTP/1.1 {status}\nContent-Type: {media_type}"), body.as_bytes())
}

/// A head (lines) and a body as bytes on the wire.
pub(crate) fn whole(head: &str, body: &[u8]) -> Vec<u8> {
    let about_length =
        |line: &&str| ["content-length:", "transfer-encoding:", "connection:", "keep-alive:"].iter().any(|name| line.to_ascii_lowercase().starts_with(name));
    let mut out: Vec<u8> = head.lines().filter(|line| !about_length(line)).flat_map(|line| [line, "\r\n"]).flat_map(str::bytes).collect();
    out.extend_from_slice(format!("Content-Length: {}\r\n\r\n", body.len()).as_bytes());
    out.extend_from_slice(body);
    out
}

fn capture_parts(name: &str) -> (String, String) {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/captures").join(format!("{name}.http"));
    let text = std::fs::read_to_string(&file).unwrap_or_else(|error| panic!("{name}: {error}"));
    let (head, body) = text.split_once("\n\n").unwrap_or((&text, ""));
    (head.lines().filter(|line| !line.starts_with('#')).collect::<Vec<_>>().join("\n"), body.to_owned())
}

/// What the CHT answers to a stranger.
pub(crate) fn healthy(path: &str, wants_json: bool) -> Vec<u8> {
    let name = match path {
        MONITORING => "cht-core-5.2.0/monitoring-v2-interval",
        "/api/v1/monitoring" => "cht-core-5.2.0/monitoring-v1-anon",
        "/api/v1/express-metrics" => "cht-core-5.2.0/express-metrics-anon",
        "/api/info" => "cht-core-5.2.0/api-info-anon",
        "/medic/login" => "reconstructed/login-page",
        "/medic/privacy-policy" => "reconstructed/privacy-policy",
        // the static file holds what the API tells those with a login
        "/deploy-info.json" => "cht-core-5.2.0/deploy-info-admin",
        "/" if !wants_json => "cht-core-5.2.0/root-anon",
        "/admin/" if !wants_json => "cht-core-5.2.0/admin-app-anon",
        _ if wants_json => "cht-core-5.2.0/couch-all-dbs-anon",
        _ => "cht-core-5.2.0/couch-utils-anon",
    };
    capture(name)
}

/// The path of a request's head, without its query.
pub(crate) fn path_of(head: &str) -> &str {
    head.split(' ').nth(1).unwrap_or_default().split('?').next().unwrap_or_default()
}

/// Connections to this port of loopback that neither side has closed. One that the other side has closed is in another
/// state at once, so that none is counted beside the one that follows it.
fn established(port: u16) -> usize {
    let table = std::fs::read_to_string("/proc/net/tcp").unwrap_or_default();
    let local = format!("0100007F:{port:04X}");
    table.lines().map(|line| line.split_whitespace().collect::<Vec<_>>()).filter(|row| row.get(1) == Some(&local.as_str()) && row.get(3) == Some(&"01")).count()
}

fn read_head(connection: &mut Connection) -> Option<String> {
    let mut head = Vec::new();
    let mut byte = [0; 1];
    while !head.ends_with(b"\r\n\r\n") {
        if head.len() > 16_384 || connection.read(&mut byte).ok()? == 0 {
            return None;
        }
        head.push(byte[0]);
    }
    String::from_utf8(head).ok()
}

/// The authority that signs the certificate of every server here, as PEM: for `--ca-file`. It bears the name of one that
/// issues to programs, so that what rests on the issuer can be judged too. `None` where openssl is missing.
pub(crate) fn authority() -> Option<&'static str> {
    identity().map(|identity| identity.authority.as_str())
}

/// What the servers here show of themselves.
struct Identity {
    authority: String,
    config: Arc<ServerConfig>,
}

fn server_config() -> Option<Arc<ServerConfig>> {
    identity().map(|identity| Arc::clone(&identity.config))
}

/// An authority, and a certificate of it for 90 days from now; one a process.
fn identity() -> Option<&'static Identity> {
    static IDENTITY: OnceLock<Option<Identity>> = OnceLock::new();
    let make = || {
        let openssl = program("openssl")?;
        install_crypto();
        let dir = tempfile::tempdir().expect("a folder for the keys");
        let names = "DNS:cht.example.org,DNS:rdap.registry.example,DNS:*.county-health.example,IP:127.0.0.1";
        std::fs::write(dir.path().join("names"), format!("subjectAltName={names}\n")).expect("the folder can be written");
        let key = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"];
        let run = |args: &[&str]| {
            let done = Command::new(&openssl).args(args).current_dir(dir.path()).output().expect("openssl runs");
            assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
        };
        run(&[&["req", "-x509", "-days", "3650", "-subj", "/C=US/O=Let's Encrypt/CN=E99", "-keyout", "ca.key", "-out", "ca.pem"], &key[..]].concat());
        run(&[&["req", "-new", "-subj", "/CN=cht.example.org", "-keyout", "key.pem", "-out", "leaf.csr"], &key[..]].concat());
        let signed_by = ["-CA", "ca.pem", "-CAkey", "ca.key", "-CAcreateserial"];
        run(&[&["x509", "-req", "-in", "leaf.csr", "-days", "90", "-sha256", "-extfile", "names", "-out", "cert.pem"], &signed_by[..]].concat());
        let chain = vec![CertificateDer::from_pem_file(dir.path().join("cert.pem")).expect("a certificate")];
        let key = PrivateKeyDer::from_pem_file(dir.path().join("key.pem")).expect("a key");
        let config = ServerConfig::builder().with_no_client_auth().with_single_cert(chain, key).expect("key and certificate fit");
        let authority = std::fs::read_to_string(dir.path().join("ca.pem")).expect("openssl wrote it");
        Some(Identity { authority, config: Arc::new(config) })
    };
    IDENTITY.get_or_init(make).as_ref()
}
