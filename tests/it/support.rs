//! What the tests share: programs of the system, free ports, children that end with their test.

use std::{
    io::{Read, Write},
    net::{SocketAddr, TcpListener, TcpStream},
    path::PathBuf,
    process::{Child, Command, Stdio},
    sync::{Arc, OnceLock},
    time::{Duration, Instant},
};

use rustls::RootCertStore;

/// Set by `.ci/run`: a test that lacks its program fails instead of being skipped.
const NO_SKIP: &str = "CHT_AUDIT_NO_SKIP";

/// The path of a program of the system; `None`, and a line on stderr, where it is not installed and skipping is allowed.
pub(crate) fn program(name: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let found = std::env::split_paths(&path).chain(["/usr/sbin".into(), "/sbin".into()]).map(|dir| dir.join(name)).find(|file| file.is_file());
    if found.is_none() {
        assert!(std::env::var_os(NO_SKIP).is_none(), "{name} is not installed, and {NO_SKIP} is set");
        eprintln!("skipped: {name} is not installed");
    }
    found
}

/// Installs the one TLS provider; every test that builds a client or a reach needs it.
pub(crate) fn install_crypto() {
    static ONCE: OnceLock<()> = OnceLock::new();
    ONCE.get_or_init(|| {
        let _ = rustls::crypto::ring::default_provider().install_default();
    });
}

/// A reach with no roots but those given, rooted in `base`.
pub(crate) fn reach(base: impl Into<PathBuf>, roots: RootCertStore) -> cht_audit::probe::Reach {
    install_crypto();
    let mut reach = cht_audit::probe::Reach::new(base.into(), Arc::new(roots));
    reach.timeout = Duration::from_secs(3);
    reach.monitoring_timeout = Duration::from_secs(3);
    reach
}

/// A port of loopback that nobody listens on, as far as can be known.
pub(crate) fn free_port() -> u16 {
    TcpListener::bind(("127.0.0.1", 0)).and_then(|listener| listener.local_addr()).map(|address| address.port()).expect("loopback has a free port")
}

/// A child that is killed and reaped when it goes out of scope.
pub(crate) struct Running(pub(crate) Child);

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// Starts `command` and waits until `address` accepts connections; polls, with a bound, because no server tells.
pub(crate) fn serve(command: &mut Command, address: SocketAddr) -> Running {
    let child = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::piped()).spawn().expect("the server starts");
    let mut running = Running(child);
    let started = Instant::now();
    while TcpStream::connect_timeout(&address, Duration::from_millis(200)).is_err() {
        if let Ok(Some(status)) = running.0.try_wait() {
            let mut said = String::new();
            if let Some(stderr) = running.0.stderr.as_mut() {
                let _ = stderr.read_to_string(&mut said);
            }
            panic!("the server ended with {status}: {said}");
        }
        assert!(started.elapsed() < Duration::from_secs(20), "the server does not listen on {address}");
        std::thread::sleep(Duration::from_millis(20));
    }
    running
}

/// A server of raw bytes on loopback: hands each connection, once its request's head has arrived, to `answer`.
/// For servers that misbehave; ends with the test process.
pub(crate) fn raw_server(answer: impl Fn(&mut TcpStream, &str) + Send + Sync + 'static) -> SocketAddr {
    let listener = TcpListener::bind(("127.0.0.1", 0)).expect("loopback has a free port");
    let address = listener.local_addr().expect("a bound listener has an address");
    let answer = Arc::new(answer);
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let Ok(mut stream) = stream else { break };
            let answer = Arc::clone(&answer);
            std::thread::spawn(move || {
                let _ = stream.set_read_timeout(Some(Duration::from_secs(5)));
                let mut head = Vec::new();
                let mut byte = [0; 1];
                while head.len() < 16_384 && !head.ends_with(b"\r\n\r\n") {
                    match stream.read(&mut byte) {
                        Ok(1) => head.push(byte[0]),
                        _ => break,
                    }
                }
                answer(&mut stream, &String::from_utf8_lossy(&head));
                let _ = stream.flush();
            });
        }
    });
    address
}
