//! Doors: real listeners on loopback, and none knocked at that nobody has allowed.

use std::net::{SocketAddr, TcpListener};

use cht_audit::knowledge::Knowledge;

use super::{Audit, Done};
use crate::support::free_port;

const SERVER: &str = "server.example.org";
const ALLOWED: &str = "kind: facility\nscan_allowed: { date: 2026-11-01, by: ict }\n";

/// A run over one host whose doors in `open` are open and whose others are closed.
fn knock(more: &str, vantage: &str, open: &[u16]) -> (Done, TcpListener) {
    let listener = TcpListener::bind(("127.0.0.1", 0)).unwrap();
    listener.set_nonblocking(true).unwrap();
    let (accepts, refuses) = (listener.local_addr().unwrap(), SocketAddr::from(([127, 0, 0, 1], free_port())));
    let description = format!("{more}hosts: [ {{ id: main, address: {SERVER}, role: cht }} ]\n");
    let mut audit = Audit::of("https://cht.example.org", &description);
    for known in Knowledge::embedded().unwrap().ports.ports {
        let to = if open.contains(&known.port) { accepts } else { refuses };
        audit = audit.at(SERVER, known.port, &[to]);
    }
    (audit.with(&["--vantage", vantage, "--only", "security.exposed-ports,privacy.analytics-db"]).run(), listener)
}

#[test]
fn open_doors_are_told_by_how_much_stands_behind_them() {
    // Reference 8.4 and 10.8: 80 and 443 may be open; CouchDB, PostgreSQL and Docker to the world are grave; SSH is not.
    // No environment file is named, so that nothing is known of the database's password.
    for (open, exposed, analytics) in [
        (&[80, 443][..], "pass pass", "pass closed"),
        (&[443], "pass pass", "pass closed"),
        (&[22, 80, 443], "warn open", "pass closed"),
        (&[80, 443, 5984], "fail grave", "pass closed"),
        (&[80, 443, 5432], "fail grave", "fail open"),
        (&[80, 443, 2375, 5432, 9100], "fail grave", "fail open"),
    ] {
        let (done, _listener) = knock(ALLOWED, "outside", open);
        assert_eq!(
            (done.found("security.exposed-ports"), done.found("privacy.analytics-db")),
            (vec![exposed.to_owned()], vec![analytics.to_owned(), "unknown not-collected".to_owned()]),
            "{open:?}"
        );
        assert_eq!(done.code == Some(1), exposed.starts_with("fail"), "{open:?}: {}", done.stderr);
    }
}

#[test]
fn a_site_s_own_list_of_doors_is_kept() {
    let (done, _listener) = knock(&format!("{ALLOWED}security: {{ allowed_ports: [22, 443] }}\n"), "outside", &[22, 443]);
    done.expect(&[("security.exposed-ports", "pass pass")]);
    let (done, _listener) = knock(&format!("{ALLOWED}security: {{ allowed_ports: [443] }}\n"), "outside", &[80, 443]);
    done.expect(&[("security.exposed-ports", "warn open")]);
}

#[test]
fn from_inside_a_closed_door_says_nothing_and_an_open_one_is_a_warning() {
    for vantage in ["inside", "host"] {
        let (done, _listener) = knock(ALLOWED, vantage, &[80, 443]);
        done.expect(&[("security.exposed-ports", "unknown vantage"), ("privacy.analytics-db", "unknown not-collected, unknown vantage")]);
        assert!(done.report()["limits"].as_array().unwrap().iter().any(|limit| limit["what"] == "vantage"));
        let (done, _listener) = knock(ALLOWED, vantage, &[80, 443, 5984, 5432]);
        assert_eq!(done.found("security.exposed-ports"), ["warn open-inside"], "{vantage}");
        assert_eq!(done.found("privacy.analytics-db"), ["unknown not-collected", "warn open-here"], "{vantage}");
        assert_ne!(done.code, Some(1), "{vantage}");
    }
}

#[test]
fn nobody_knocks_where_nobody_has_allowed_it() {
    for vantage in ["outside", "inside", "host"] {
        let (done, listener) = knock("kind: facility\n", vantage, &[80, 443, 5984, 5432]);
        done.expect(&[("security.exposed-ports", "unknown not-collected"), ("privacy.analytics-db", "unknown not-collected, unknown not-collected")]);
        let knocked = listener.accept().map(|(_, from)| from);
        assert!(knocked.as_ref().is_err_and(|error| error.kind() == std::io::ErrorKind::WouldBlock), "{knocked:?}");
    }
}
