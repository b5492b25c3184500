//! How the outside is reached: names to addresses, addresses to connections, within the manners of a guest.

use std::{
    collections::HashMap,
    net::{IpAddr, SocketAddr},
    path::PathBuf,
    sync::{
        Arc, Mutex,
        atomic::{AtomicU32, Ordering},
    },
    time::Duration,
};

use hickory_resolver::{
    Resolver, TokioResolver,
    config::{ConnectionConfig, NameServerConfig, ResolveHosts, ResolverConfig, ResolverOpts},
    net::runtime::TokioRuntimeProvider,
    system_conf::read_system_conf,
};
use rustls::RootCertStore;
use tokio::{
    net::TcpStream,
    sync::{OwnedSemaphorePermit, Semaphore, SemaphorePermit},
    time::timeout,
};

pub use crate::evidence::address::is_forbidden;
use crate::{
    evidence::Vantage,
    finding::{Cause, CauseKind},
};

/// What a server is told of who asks.
pub const USER_AGENT: &str = concat!("cht-audit/", env!("CARGO_PKG_VERSION"), " (read-only audit)");

/// At most this many connections to one address at a time, HTTP and TLS together (`design.md` 7).
const CONNECTIONS_PER_ADDRESS: usize = 2;

/// At most this many refusals (401, 403 or 429) a run: a CHT counts ten in 10 s, and then locks out everybody behind the
/// address they came from (`design.md` 7).
pub const MOST_REFUSALS: u32 = 5;

/// `--resolve HOST:PORT:ADDR`: where a name and port are looked for instead of asking the DNS.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Override {
    /// The name, lower case.
    pub host: String,
    /// The port that is asked for.
    pub port: u16,
    /// Where it is looked for.
    pub to: Vec<SocketAddr>,
}

/// How the outside is reached.
#[derive(Debug)]
pub struct Reach {
    /// For one connection or answer.
    pub timeout: Duration,
    /// For the monitoring API, which computes its answer.
    pub monitoring_timeout: Duration,
    /// From `--resolve`.
    pub overrides: Vec<Override>,
    /// The roots that count as public: the system's (else Mozilla's), and those of `--ca-file`.
    pub roots: Arc<RootCertStore>,
    /// From `--resolver`; the system's without it.
    pub resolver: Option<SocketAddr>,
    /// Where this run looks from.
    pub vantage: Vantage,
    /// Registries, and authorities for their lists of revoked certificates, may be asked.
    pub phone_out: bool,
    /// The description's folder; every path of an ask is relative to it.
    pub base: PathBuf,
    /// Folders under which files may be read, canonical. Each path of an ask must lie under one of them.
    pub file_roots: Vec<PathBuf>,
    permits: Mutex<HashMap<IpAddr, Arc<Semaphore>>>,
    /// One for each refusal that this run may still take. A request holds one while it may come to that.
    refusals: Semaphore,
    /// Refusals so far.
    taken: AtomicU32,
}

impl Reach {
    /// The usual manners: 10 s a connection, 60 s for monitoring, the system's resolver, no override.
    #[must_use]
    pub fn new(base: PathBuf, roots: Arc<RootCertStore>) -> Self {
        Self {
            timeout: Duration::from_secs(10),
            monitoring_timeout: Duration::from_mins(1),
            overrides: Vec::new(),
            roots,
            resolver: None,
            vantage: Vantage::Inside,
            phone_out: true,
            file_roots: base.canonicalize().into_iter().collect(),
            base,
            permits: Mutex::new(HashMap::new()),
            refusals: Semaphore::new(MOST_REFUSALS as usize),
            taken: AtomicU32::new(0),
        }
    }

    /// Waits for one of the two places that an address grants. Hold it as long as the connection is open.
    ///
    /// # Errors
    /// `Broken` when the run is being ended.
    pub async fn permit(&self, address: IpAddr) -> Result<OwnedSemaphorePermit, Cause> {
        let semaphore = {
            let mut permits = self.permits.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
            Arc::clone(permits.entry(address).or_insert_with(|| Arc::new(Semaphore::new(CONNECTIONS_PER_ADDRESS))))
        };
        semaphore.acquire_owned().await.map_err(|_| Cause::new(CauseKind::Broken, address.to_string()))
    }

    /// Waits until one more refusal may be taken. Hand what comes of it to [`Self::refused`] where the request was refused;
    /// drop it where not.
    ///
    /// # Errors
    /// `HeldBack` once the run has been refused [`MOST_REFUSALS`] times.
    pub async fn may_be_refused(&self) -> Result<SemaphorePermit<'_>, Cause> {
        self.refusals.acquire().await.map_err(|_| Cause::new(CauseKind::HeldBack, MOST_REFUSALS.to_string()))
    }

    /// Counts a refusal.
    pub fn refused(&self, request: SemaphorePermit<'_>) {
        request.forget();
        if self.taken.fetch_add(1, Ordering::SeqCst) + 1 >= MOST_REFUSALS {
            self.refusals.close();
        }
    }

    /// Opens a TCP connection to an address that [`Self::addresses`] gave.
    ///
    /// # Errors
    /// `Timeout`, `Refused` or `Broken`, with the address as detail.
    pub async fn connect(&self, to: SocketAddr) -> Result<TcpStream, Cause> {
        match timeout(self.timeout, TcpStream::connect(to)).await {
            Ok(Ok(stream)) => Ok(stream),
            Ok(Err(error)) => Err(io_cause(&error, &to.to_string())),
            Err(_) => Err(Cause::new(CauseKind::Timeout, to.to_string())),
        }
    }

    /// The addresses of `host` for `port`, sorted and without repetitions: an override, the address itself, or the DNS
    /// (hosts file included, as the system would).
    ///
    /// # Errors
    /// `NoAddress`; `Timeout`; `Forbidden` where any address is one that is never asked.
    pub async fn addresses(&self, host: &str, port: u16) -> Result<Vec<SocketAddr>, Cause> {
        let mut found = if let Some(known) = self.overrides.iter().find(|o| o.port == port && o.host.eq_ignore_ascii_case(host)) {
            known.to.clone()
        } else if let Ok(ip) = host.parse::<IpAddr>() {
            vec![SocketAddr::new(ip, port)]
        } else {
            let resolver = self.dns(ResolveHosts::Always)?;
            let name = format!("{}.", host.trim_end_matches('.'));
            match timeout(self.timeout, resolver.lookup_ip(name)).await {
                Ok(Ok(answer)) => answer.iter().map(|ip| SocketAddr::new(ip, port)).collect(),
                Ok(Err(error)) if error.is_nx_domain() || error.is_no_records_found() => return Err(Cause::new(CauseKind::NoAddress, host)),
                Ok(Err(_)) => return Err(Cause::new(CauseKind::Broken, format!("DNS {host}"))),
                Err(_) => return Err(Cause::new(CauseKind::Timeout, format!("DNS {host}"))),
            }
        };
        found.sort_unstable();
        found.dedup();
        if let Some(bad) = found.iter().find(|address| is_forbidden(address.ip())) {
            return Err(Cause::new(CauseKind::Forbidden, bad.ip().to_string()));
        }
        if found.is_empty() { Err(Cause::new(CauseKind::NoAddress, host)) } else { Ok(found) }
    }

    /// A resolver without cache and without search list, over UDP and TCP: `--resolver`, else the system's.
    ///
    /// # Errors
    /// `Broken` where the system has no usable resolver.
    pub fn dns(&self, hosts_file: ResolveHosts) -> Result<TokioResolver, Cause> {
        let servers = if let Some(server) = self.resolver {
            vec![name_server(server)]
        } else {
            let (system, _) = read_system_conf().map_err(|_| Cause::new(CauseKind::Broken, "DNS: the system names no resolver"))?;
            system.name_servers().to_vec()
        };
        let config = ResolverConfig::from_parts(None, Vec::new(), servers);
        self.dns_with(config, hosts_file, true)
    }

    /// A resolver that asks one server of a zone, recursion off.
    ///
    /// # Errors
    /// `Broken` where the resolver cannot be built.
    pub fn dns_at(&self, server: SocketAddr) -> Result<TokioResolver, Cause> {
        self.dns_with(ResolverConfig::from_parts(None, Vec::new(), vec![name_server(server)]), ResolveHosts::Never, false)
    }

    fn dns_with(&self, config: ResolverConfig, hosts_file: ResolveHosts, recursion: bool) -> Result<TokioResolver, Cause> {
        let mut builder = Resolver::builder_with_config(config, TokioRuntimeProvider::default());
        let options: &mut ResolverOpts = builder.options_mut();
        options.timeout = self.timeout.min(Duration::from_secs(3));
        options.attempts = 2;
        options.cache_size = 0;
        options.ndots = 0;
        options.use_hosts_file = hosts_file;
        options.recursion_desired = recursion;
        // Without it every lifetime is cut to a day, and a name that is pinned for a week looks like one of a day.
        options.positive_max_ttl = Some(Duration::from_secs(u64::from(u32::MAX)));
        builder.build().map_err(|_| Cause::new(CauseKind::Broken, "DNS"))
    }
}

fn name_server(at: SocketAddr) -> NameServerConfig {
    let (mut udp, mut tcp) = (ConnectionConfig::udp(), ConnectionConfig::tcp());
    udp.port = at.port();
    tcp.port = at.port();
    NameServerConfig::new(at.ip(), true, vec![udp, tcp])
}

/// The cause that an I/O error stands for.
#[must_use]
pub fn io_cause(error: &std::io::Error, detail: &str) -> Cause {
    use std::io::ErrorKind;
    let kind = match error.kind() {
        ErrorKind::ConnectionRefused => CauseKind::Refused,
        ErrorKind::TimedOut => CauseKind::Timeout,
        ErrorKind::PermissionDenied => CauseKind::Permission,
        _ => CauseKind::Broken,
    };
    Cause::new(kind, detail)
}
