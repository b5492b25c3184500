//! The product's way: the real program, started as a person starts it, against real servers on loopback. What is asserted
//! is what a person would see: the exit code, the verdict of each check with its message, and how long it took.
//!
//! Every expected verdict is written from the rules (reference 10, `design.md` 8, `observed.md`), not from the output.

#![expect(clippy::unwrap_used, reason = "what cannot be set up fails its test")]

mod certificates;
mod described;
mod fixtures;
mod healthy;
mod hostile;
mod manners;
mod names;
mod ports;
mod revocation;
mod saved;
mod secrets;

use std::{
    collections::BTreeMap,
    io::{Read, Write},
    net::{SocketAddr, UdpSocket},
    path::{Path, PathBuf},
    process::{Command, Stdio},
    sync::OnceLock,
    time::{Duration, Instant},
};

use jiff::Timestamp;
use serde_json::Value;
use tempfile::TempDir;

use crate::captured::{self, Served, authority, capture_body, capture_with, healthy, path_of, serve_tls};

/// No run of these tests may last longer: a program that hangs fails its test.
const BOUND: Duration = Duration::from_mins(1);

/// One run of the program, in a folder of its own, with nothing of this process's environment.
///
/// Unless a test says otherwise, names are looked up on a server that knows none, one answer may take a second, the run
/// 30, and the report is JSON: nothing can leave loopback.
pub(super) struct Audit {
    dir: TempDir,
    args: Vec<String>,
    env: BTreeMap<String, String>,
}

impl Audit {
    /// `cht-audit check site.yaml` for the site at `url`, with `more` lines of description.
    pub(super) fn of(url: &str, more: &str) -> Self {
        let dir = tempfile::tempdir().unwrap();
        std::fs::write(dir.path().join("site.yaml"), format!("name: County\nurl: {url}\n{more}\n")).unwrap();
        let resolver = knows_no_name().to_string();
        let env = [("RESOLVER", resolver.as_str()), ("TIMEOUT", "1s"), ("DEADLINE", "30s"), ("OUTPUT", "json"), ("NO_PHONE_OUT", "true")];
        let env = env.into_iter().map(|(name, value)| (format!("CHT_AUDIT_{name}"), value.to_owned())).collect();
        Self { dir, args: ["check", "site.yaml"].map(str::to_owned).to_vec(), env }
    }

    /// `cht-audit report <file>` instead.
    pub(super) fn report(mut self, file: &str) -> Self {
        self.args = ["report", file].map(str::to_owned).to_vec();
        self
    }

    /// With these arguments as well.
    pub(super) fn with(mut self, args: &[&str]) -> Self {
        self.args.extend(args.iter().map(|arg| (*arg).to_owned()));
        self
    }

    /// With this variable: `TIMEOUT` is `CHT_AUDIT_TIMEOUT`. An empty value takes it away.
    pub(super) fn env(mut self, name: &str, value: &str) -> Self {
        let name = format!("CHT_AUDIT_{name}");
        if value.is_empty() {
            self.env.remove(&name);
        } else {
            self.env.insert(name, value.to_owned());
        }
        self
    }

    /// `host` on `port` is looked for at these addresses.
    pub(super) fn at(self, host: &str, port: u16, to: &[SocketAddr]) -> Self {
        let to: Vec<String> = to.iter().map(SocketAddr::to_string).collect();
        self.with(&["--resolve", &format!("{host}:{port}:{}", to.join(","))])
    }

    /// The roots in this file count as public ones.
    pub(super) fn trusting(self, pem: &Path) -> Self {
        let pem = pem.display().to_string();
        self.with(&["--ca-file", &pem])
    }

    /// With a file in its folder.
    pub(super) fn file(self, name: &str, content: impl AsRef<[u8]>) -> Self {
        let path = self.path(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, content).unwrap();
        self
    }

    /// Where a file of its folder is.
    pub(super) fn path(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    /// Runs it to its end.
    pub(super) fn run(&self) -> Done {
        let mut command = Command::new(env!("CARGO_BIN_EXE_cht-audit"));
        command.args(&self.args).current_dir(self.dir.path()).env_clear().envs(&self.env);
        let started = Instant::now();
        let mut child = command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        let (stdout, stderr) = (read_apart(child.stdout.take().unwrap()), read_apart(child.stderr.take().unwrap()));
        let mut peak = 0;
        let code = loop {
            peak = peak.max(memory(child.id()));
            if let Some(status) = child.try_wait().unwrap() {
                break status.code();
            }
            if started.elapsed() > BOUND {
                let _ = child.kill();
                let _ = child.wait();
                panic!("still running after {BOUND:?}: {:?}", self.args);
            }
            std::thread::sleep(Duration::from_millis(5));
        };
        let took = started.elapsed();
        let stdout = stdout.join().unwrap();
        Done { code, took, peak, stdout, stderr: String::from_utf8(stderr.join().unwrap()).unwrap() }
    }
}

/// The most memory that a process has held so far, in kB; 0 where the system does not tell.
fn memory(process: u32) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{process}/status")).unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    line.and_then(|line| line.split_whitespace().next()?.parse().ok()).unwrap_or(0)
}

fn read_apart(mut from: impl Read + Send + 'static) -> std::thread::JoinHandle<Vec<u8>> {
    std::thread::spawn(move || {
        let mut bytes = Vec::new();
        let _ = from.read_to_end(&mut bytes);
        bytes
    })
}

/// The site of most tests.
pub(super) const HOST: &str = "cht.example.org";

/// An audit of [`HOST`], served over TLS by `cht` with a certificate that is trusted here.
pub(super) fn audit(cht: &Served, more: &str) -> Audit {
    let pem = authority().unwrap();
    let audit = Audit::of(&format!("https://{HOST}"), more).file("ca.pem", pem).trusting(Path::new("ca.pem"));
    audit.at(HOST, 443, &[SocketAddr::from(([127, 0, 0, 1], cht.port))])
}

/// A CHT 5.2.0 whose clock is right and which answers as captured, except where `instead`, given a path and the whole head,
/// has another answer.
pub(super) fn cht(instead: impl Fn(&str, &str) -> Option<Vec<u8>> + Send + Sync + 'static) -> Option<Served> {
    serve_tls(move |connection, head| {
        let path = path_of(head);
        let wants_json = head.to_ascii_lowercase().contains("accept: application/json");
        let usual = || if path == captured::MONITORING { monitoring(|_| {}) } else { healthy(path, wants_json) };
        connection.write_all(&instead(path, head).unwrap_or_else(usual)).is_ok()
    })
}

/// The captured monitoring answer, of this moment, with a change.
pub(super) fn monitoring(change: impl FnOnce(&mut Value)) -> Vec<u8> {
    let mut body: Value = serde_json::from_str(&capture_body("cht-core-5.2.0/monitoring-v2-interval")).unwrap();
    body["date"]["current"] = Timestamp::now().as_millisecond().into();
    change(&mut body);
    capture_with("cht-core-5.2.0/monitoring-v2-interval", &body.to_string())
}

/// What a run came to.
pub(super) struct Done {
    /// None where a signal ended it.
    pub(super) code: Option<i32>,
    pub(super) took: Duration,
    /// The most memory it held, in kB, as last seen.
    pub(super) peak: u64,
    pub(super) stdout: Vec<u8>,
    pub(super) stderr: String,
}

impl Done {
    /// The report.
    pub(super) fn report(&self) -> Value {
        serde_json::from_slice(&self.stdout).unwrap_or_else(|error| panic!("{error}: {}\n{}", String::from_utf8_lossy(&self.stdout), self.stderr))
    }

    /// What was found on a check, a line a subject, sorted: `fail ended`, `unknown timeout`.
    pub(super) fn found(&self, check: &str) -> Vec<String> {
        let report = self.report();
        let findings = report["findings"].as_array().unwrap().iter().filter(|finding| finding["check"] == check);
        let mut lines: Vec<String> = findings.map(line).collect();
        lines.sort();
        if lines.is_empty() { vec!["not judged".to_owned()] } else { lines }
    }

    /// The checks that pass because a probe saw something good.
    pub(super) fn passed_by_measurement(&self) -> Vec<String> {
        let report = self.report();
        let passed = report["findings"].as_array().unwrap().iter().filter(|it| it["verdict"] == "pass" && it["basis"] == "measured");
        passed.map(|finding| text(&finding["check"])).collect()
    }

    /// Each check with what must have been found on it.
    pub(super) fn expect(&self, expected: &[(&str, &str)]) {
        let wrong: Vec<String> = expected
            .iter()
            .map(|(check, wanted)| (check, wanted, self.found(check).join(", ")))
            .filter(|(_, wanted, found)| *wanted != found)
            .map(|(check, wanted, found)| format!("{check}: {found}; expected {wanted}"))
            .collect();
        assert!(wrong.is_empty(), "{}\n{}", wrong.join("\n"), self.stderr);
    }
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}

/// The verdict, and what it was told with: its message without the check's id, or why it is not known.
fn line(finding: &Value) -> String {
    let (verdict, message) = (text(&finding["verdict"]), text(&finding["message_id"]));
    let told = match finding["cause"]["kind"].as_str() {
        Some(cause) if verdict == "unknown" => cause.to_owned(),
        _ => message.rsplit('.').next().unwrap_or_default().to_owned(),
    };
    format!("{verdict} {told}")
}

/// A name server that knows no name; one a process.
pub(super) fn knows_no_name() -> SocketAddr {
    static AT: OnceLock<SocketAddr> = OnceLock::new();
    *AT.get_or_init(|| {
        let socket = UdpSocket::bind(("127.0.0.1", 0)).unwrap();
        let at = socket.local_addr().unwrap();
        std::thread::spawn(move || {
            let mut packet = [0; 4096];
            while let Ok((length, from)) = socket.recv_from(&mut packet) {
                // The question comes back as an answer: NXDOMAIN.
                if length > 3 {
                    packet[2] |= 0x80;
                    packet[3] = 0x83;
                    let _ = socket.send_to(&packet[..length], from);
                }
            }
        });
        at
    })
}
