//! TCP connects to real listeners on loopback.

#![expect(clippy::unwrap_used, reason = "what cannot be set up fails its test")]

use std::{
    io::Read,
    net::{Ipv4Addr, SocketAddr, TcpListener},
    time::{Duration, Instant},
};

use cht_audit::{
    evidence::{PortsAsk, Vantage},
    finding::CauseKind,
    probe::{self, Override, Reach},
};
use rustls::RootCertStore;
use tokio::{
    net::{TcpSocket, TcpStream},
    time::timeout,
};

use crate::support::{free_port, reach};

fn ask(address: &str, ports: &[u16]) -> PortsAsk {
    PortsAsk { host: "main".to_owned(), address: address.to_owned(), ports: ports.to_vec() }
}

fn listener() -> (TcpListener, u16) {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    let port = listener.local_addr().unwrap().port();
    (listener, port)
}

/// A port whose queue is full: it neither accepts nor refuses. Silent as long as the value lives.
async fn silent() -> (SocketAddr, tokio::net::TcpListener, Vec<TcpStream>) {
    let socket = TcpSocket::new_v4().unwrap();
    socket.bind((Ipv4Addr::LOCALHOST, 0).into()).unwrap();
    let listener = socket.listen(1).unwrap();
    let at = listener.local_addr().unwrap();
    let mut waiting = Vec::new();
    while let Ok(Ok(stream)) = timeout(Duration::from_millis(200), TcpStream::connect(at)).await {
        waiting.push(stream);
        assert!(waiting.len() < 100, "the queue never fills");
    }
    (at, listener, waiting)
}

fn quick() -> Reach {
    let mut reach = reach(".", RootCertStore::empty());
    reach.timeout = Duration::from_millis(300);
    reach
}

/// `name` on `port` leads to these addresses.
fn leads(name: &str, port: u16, to: &[SocketAddr]) -> Override {
    Override { host: name.to_owned(), port, to: to.to_vec() }
}

#[tokio::test]
async fn open_and_closed_ports_are_told_apart_and_nothing_is_sent() {
    let ((listener, open), closed) = (listener(), free_port());
    let mut reach = quick();
    reach.vantage = Vantage::Outside;
    let facts = probe::ports::look(&ask("127.0.0.1", &[closed, open, open]), &reach).await.unwrap();
    assert_eq!((facts.open, facts.closed, facts.silent), (vec![open], vec![closed], vec![]));
    assert_eq!((facts.vantage, facts.address.as_str()), (Vantage::Outside, "127.0.0.1"));
    let mut sent = Vec::new();
    listener.accept().unwrap().0.read_to_end(&mut sent).unwrap();
    assert!(sent.is_empty());
}

#[tokio::test]
async fn a_port_is_open_where_any_address_accepts() {
    let ((_listener, open), closed) = (listener(), free_port());
    let (silent, _held, _waiting) = silent().await;
    let [open, closed] = [open, closed].map(|port| SocketAddr::from((Ipv4Addr::LOCALHOST, port)));
    let mut reach = quick();
    reach.overrides = vec![
        leads("cht.example", 80, &[closed, open]),
        leads("cht.example", 5984, &[silent, open]),
        leads("cht.example", 443, &[closed, silent]),
        leads("cht.example", 22, &[closed]),
    ];
    let facts = probe::ports::look(&ask("cht.example", &[5984, 443, 80, 22]), &reach).await.unwrap();
    assert_eq!((facts.open, facts.closed, facts.silent), (vec![80, 5984], vec![22], vec![443]));
}

#[tokio::test]
async fn at_most_four_ports_are_tried_at_a_time_and_each_ends() {
    let (silent, _held, _waiting) = silent().await;
    let ports: Vec<u16> = (1..=9).collect();
    let mut reach = quick();
    reach.overrides = ports.iter().map(|&port| leads("cht.example", port, &[silent])).collect();
    let started = Instant::now();
    let facts = probe::ports::look(&ask("cht.example", &ports), &reach).await.unwrap();
    assert_eq!(facts.silent, ports);
    // Three rounds of 300 ms: fewer would mean more than four at a time.
    assert!((Duration::from_millis(880)..Duration::from_secs(5)).contains(&started.elapsed()), "{:?}", started.elapsed());
}

#[tokio::test]
async fn an_address_that_is_never_asked_is_refused() {
    let cause = probe::ports::look(&ask("169.254.169.254", &[80]), &quick()).await.unwrap_err();
    assert_eq!(cause.kind, CauseKind::Forbidden);
}

#[tokio::test]
async fn no_ports_are_no_facts_about_ports() {
    let facts = probe::ports::look(&ask("127.0.0.1", &[]), &quick()).await.unwrap();
    assert!(facts.open.is_empty() && facts.closed.is_empty() && facts.silent.is_empty());
}
