//! Which TCP ports of a host accept a connection.

use std::{collections::BTreeSet, net::SocketAddr, time::Duration};

use futures_util::{StreamExt, TryStreamExt, stream};
use tokio::{net::TcpStream, time::timeout};

use crate::{
    evidence::{PortsAsk, PortsFacts},
    finding::{Cause, CauseKind},
};

use super::{Reach, reach::io_cause};

/// At most this many ports at a time: a look, not a scan.
const AT_A_TIME: usize = 4;

/// A port that has not answered by then is silent, however patient the run is otherwise.
const PATIENCE: Duration = Duration::from_secs(3);

/// How one port came out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Port {
    Open,
    Closed,
    Silent,
    /// No address could even be tried: this machine has no way there.
    NoWay,
}

/// Connects to each port on every address of the host, sends nothing, and closes.
///
/// # Errors
/// `NoAddress`, `Timeout` or `Broken` where the host's name cannot be looked up; `Forbidden`; `Broken` where this machine has no
/// route to any of its addresses, which says nothing about the ports.
pub async fn look(ask: &PortsAsk, reach: &Reach) -> Result<PortsFacts, Cause> {
    let ports: BTreeSet<u16> = ask.ports.iter().copied().collect();
    let seen: Vec<(u16, Port)> =
        stream::iter(ports).map(|port| async move { Ok((port, knock(&ask.address, port, reach).await?)) }).buffered(AT_A_TIME).try_collect().await?;
    if !seen.is_empty() && seen.iter().all(|(_, port)| *port == Port::NoWay) {
        return Err(Cause::new(CauseKind::Broken, ask.address.clone()));
    }
    let those = |wanted: &[Port]| seen.iter().filter(|(_, port)| wanted.contains(port)).map(|(number, _)| *number).collect();
    Ok(PortsFacts {
        vantage: reach.vantage,
        address: ask.address.clone(),
        open: those(&[Port::Open]),
        closed: those(&[Port::Closed]),
        silent: those(&[Port::Silent, Port::NoWay]),
    })
}

/// One port on every address of `host`, one after the other until one accepts.
async fn knock(host: &str, port: u16, reach: &Reach) -> Result<Port, Cause> {
    let mut all: Vec<Port> = Vec::new();
    for address in reach.addresses(host, port).await? {
        match connect(address, reach.timeout.min(PATIENCE)).await {
            Port::Open => return Ok(Port::Open),
            other => all.push(other),
        }
    }
    Ok(together(&all))
}

/// A port that no address accepted is closed only where none was silent.
fn together(all: &[Port]) -> Port {
    match all.first() {
        Some(first) if all.iter().all(|port| port == first) => *first,
        _ => Port::Silent,
    }
}

async fn connect(to: SocketAddr, patience: Duration) -> Port {
    use std::io::ErrorKind;
    match timeout(patience, TcpStream::connect(to)).await {
        Ok(Ok(_)) => Port::Open,
        Ok(Err(error)) if matches!(error.kind(), ErrorKind::NetworkUnreachable | ErrorKind::AddrNotAvailable) => Port::NoWay,
        Ok(Err(error)) if io_cause(&error, "").kind == CauseKind::Refused => Port::Closed,
        Ok(Err(_)) | Err(_) => Port::Silent,
    }
}

#[cfg(test)]
mod tests {
    use super::{Port, together};

    #[test]
    fn closed_needs_every_address_to_refuse() {
        assert_eq!(together(&[Port::Closed, Port::Closed]), Port::Closed);
        assert_eq!(together(&[Port::Closed, Port::Silent]), Port::Silent);
        assert_eq!(together(&[Port::Closed, Port::NoWay]), Port::Silent, "the address that could not be tried may be open");
        assert_eq!(together(&[Port::NoWay, Port::NoWay]), Port::NoWay);
    }
}
