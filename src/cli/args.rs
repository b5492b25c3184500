//! The command line. Each flag has its `CHT_AUDIT_*` variable.

use std::{
    net::{IpAddr, SocketAddr},
    path::PathBuf,
    time::Duration,
};

use clap::{Args, Parser, Subcommand, ValueEnum, builder::BoolishValueParser};
use clap_complete::Shell;

use crate::{
    evidence::Vantage,
    finding::{Severity, Tier},
    probe::Override,
    render::FORMATS,
    span::Span,
};

/// Is a Community Health Toolkit deployment ready for what hosting will throw at it?
#[derive(Debug, Parser)]
#[command(name = "cht-audit", version, about, disable_help_subcommand = true)]
#[command(
    after_help = "Exit codes: 0 every gate met; 1 a gate failed; 2 usage; 3 an input cannot be used; 4 inconclusive; 5 a report could not be written; 70 a bug of cht-audit; 130 interrupted."
)]
pub struct Cli {
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

/// What to do.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Audit a site, print the report, gate
    Check(Box<CheckArgs>),
    /// Gather evidence only, to be judged elsewhere
    Collect(Box<CollectArgs>),
    /// Draw a saved run (JSON) again, in any format
    Report(ReportArgs),
    /// Tell what changed between two saved runs (JSON) of a site
    Diff(DiffArgs),
    /// Read the description only, and tell every mistake
    Validate(SiteArgs),
    /// List the checks by consideration
    List(ListArgs),
    /// Explain a check, a consideration or a word of the report
    Explain {
        /// A check (backups.restore-tested), a consideration (backups), a word (stale), or `words` for all of them
        what: Vec<String>,
    },
    /// Print a JSON Schema
    Schema {
        /// Of what
        of: SchemaOf,
    },
    /// Print a completion script for a shell
    Completions {
        /// The shell
        shell: Shell,
    },
    /// Print the manual page
    Man {
        /// Write a page a command into this folder instead
        #[arg(long, value_name = "DIR", env = "CHT_AUDIT_DIR")]
        dir: Option<PathBuf>,
    },
}

/// What there is a schema of.
#[derive(Debug, Clone, Copy, ValueEnum)]
pub enum SchemaOf {
    /// site.yaml
    Site,
    /// The JSON report
    Report,
    /// An evidence bundle
    Evidence,
    /// What changed between two runs
    Diff,
}

/// `list`.
#[derive(Debug, Args)]
pub struct ListArgs {
    /// Only these checks or considerations
    #[arg(long, value_name = "ID", env = "CHT_AUDIT_ONLY", value_delimiter = ',')]
    pub only: Vec<String>,
    /// Print JSON: a list of the checks with their severities, tiers, limits and pages
    #[arg(long, env = "CHT_AUDIT_JSON", value_parser = yes_or_no())]
    pub json: bool,
}

/// The description and what it may reach.
#[derive(Debug, Args)]
pub struct SiteArgs {
    /// The description of the site
    #[arg(value_name = "SITE", env = "CHT_AUDIT_SITE")]
    pub site: PathBuf,
    /// A further folder that the description may name files in
    #[arg(long = "root", value_name = "DIR", env = "CHT_AUDIT_ROOT", value_delimiter = ',')]
    pub roots: Vec<PathBuf>,
    /// An environment variable that the description may name, beside `CHT_AUDIT_*`
    #[arg(long, value_name = "NAME", env = "CHT_AUDIT_ALLOW_ENV", value_delimiter = ',')]
    pub allow_env: Vec<String>,
}

/// Which checks, on which tiers.
#[derive(Debug, Args)]
#[command(next_help_heading = "Selection")]
pub struct SelectArgs {
    /// Only these checks or considerations
    #[arg(long, value_name = "ID", env = "CHT_AUDIT_ONLY", value_delimiter = ',')]
    pub only: Vec<String>,
    /// All but these checks or considerations
    #[arg(long, value_name = "ID", env = "CHT_AUDIT_SKIP", value_delimiter = ',')]
    pub skip: Vec<String>,
    /// Only evidence of these tiers: network, account, admin, monitoring, files, host, kubernetes, answer
    #[arg(long, value_name = "TIER", env = "CHT_AUDIT_TIER", value_delimiter = ',', value_parser = tier)]
    pub tier: Vec<Tier>,
}

/// How the network is used.
#[derive(Debug, Args)]
#[command(next_help_heading = "Network")]
pub struct NetworkArgs {
    /// Send nothing: files and answers only
    #[arg(long, env = "CHT_AUDIT_OFFLINE", value_parser = yes_or_no())]
    pub offline: bool,
    /// For one connection or answer [default: 10s; the monitoring API: 60s]
    #[arg(long, value_name = "SPAN", env = "CHT_AUDIT_TIMEOUT", value_parser = span)]
    pub timeout: Option<Duration>,
    /// For the whole run
    #[arg(long, value_name = "SPAN", env = "CHT_AUDIT_DEADLINE", default_value = "120s", value_parser = span)]
    pub deadline: Duration,
    /// How much is looked at at a time
    #[arg(long, value_name = "N", env = "CHT_AUDIT_JOBS", default_value_t = 16)]
    pub jobs: usize,
    /// Look for HOST and PORT at ADDR instead of asking the DNS; ADDR is IP, IP:PORT or `[IPv6]:PORT`, several by commas
    #[arg(long, value_name = "HOST:PORT:ADDR", env = "CHT_AUDIT_RESOLVE", value_delimiter = ' ', value_parser = resolve)]
    pub resolve: Vec<Override>,
    /// Certificates of further authorities that count as public
    #[arg(long, value_name = "FILE", env = "CHT_AUDIT_CA_FILE")]
    pub ca_file: Option<PathBuf>,
    /// The DNS resolver to ask, instead of the system's
    #[arg(long, value_name = "ADDR[:PORT]", env = "CHT_AUDIT_RESOLVER", value_parser = resolver)]
    pub resolver: Option<SocketAddr>,
    /// Ask nobody beyond the site's own addresses and its name servers
    #[arg(long, env = "CHT_AUDIT_NO_PHONE_OUT", value_parser = yes_or_no())]
    pub no_phone_out: bool,
    /// Where this run looks from: outside (a network that the site does not trust), inside, host
    #[arg(long, value_name = "WHERE", env = "CHT_AUDIT_VANTAGE", value_parser = vantage)]
    pub vantage: Option<Vantage>,
    /// Print every request that would be made, and the longest chain of them, and stop
    #[arg(long, env = "CHT_AUDIT_DRY_RUN", value_parser = yes_or_no())]
    pub dry_run: bool,
}

/// `check`.
#[derive(Debug, Args)]
pub struct CheckArgs {
    /// The description.
    #[command(flatten)]
    pub site: SiteArgs,
    /// Which checks.
    #[command(flatten)]
    pub select: SelectArgs,
    /// The network.
    #[command(flatten)]
    pub network: NetworkArgs,
    /// Evidence.
    #[command(flatten)]
    pub evidence: EvidenceArgs,
    /// The gate.
    #[command(flatten)]
    pub gate: GateArgs,
    /// Output.
    #[command(flatten)]
    pub output: OutputArgs,
}

/// Where evidence comes from and goes to.
#[derive(Debug, Args)]
#[command(next_help_heading = "Evidence")]
pub struct EvidenceArgs {
    /// Judge this recorded evidence; nothing is looked at, unless --live
    #[arg(long, value_name = "FILE", env = "CHT_AUDIT_EVIDENCE", value_delimiter = ',')]
    pub evidence: Vec<PathBuf>,
    /// Look as well, and let the newer evidence win
    #[arg(long, env = "CHT_AUDIT_LIVE", value_parser = yes_or_no())]
    pub live: bool,
    /// Write the evidence to this file
    #[arg(long, value_name = "FILE", env = "CHT_AUDIT_RECORD")]
    pub record: Option<PathBuf>,
    /// Judge for this moment: a date (its end), an RFC 3339 instant, or +90d. A past one needs --evidence
    #[arg(long, value_name = "DATE", env = "CHT_AUDIT_AS_OF")]
    pub as_of: Option<String>,
    /// Newer knowledge of releases, systems and authorities
    #[arg(long, value_name = "FILE", env = "CHT_AUDIT_KNOWLEDGE")]
    pub knowledge: Option<PathBuf>,
}

/// What the exit code answers for.
#[derive(Debug, Args)]
#[command(next_help_heading = "Gate")]
pub struct GateArgs {
    /// Exit 1 when a check of this severity or a graver one fails: critical, high, medium, low
    #[arg(long, value_name = "SEVERITY", env = "CHT_AUDIT_FAIL_ON", default_value = "high", value_parser = severity)]
    pub fail_on: Severity,
    /// Exit 1 below this score
    #[arg(long, value_name = "N", env = "CHT_AUDIT_MIN_SCORE", value_parser = clap::value_parser!(u32).range(0..=100))]
    pub min_score: Option<u32>,
    /// Exit 1 when less than this percentage was measured or documented
    #[arg(long, value_name = "PCT", env = "CHT_AUDIT_MIN_COVERAGE", value_parser = clap::value_parser!(u32).range(0..=100))]
    pub min_coverage: Option<u32>,
    /// Gate only what is new or worse since this saved run (JSON); what aged by itself is told
    #[arg(long, value_name = "RUN.json", env = "CHT_AUDIT_BASELINE")]
    pub baseline: Option<PathBuf>,
    /// Exit 0 instead of 4 when something is unknown
    #[arg(long, env = "CHT_AUDIT_ACCEPT_UNKNOWN", value_parser = yes_or_no())]
    pub accept_unknown: bool,
}

/// Where reports go.
#[derive(Debug, Args)]
#[command(next_help_heading = "Output")]
pub struct OutputArgs {
    /// A format, and the file it goes to (standard output without one); can be given several times
    #[arg(short, long, value_name = "FORMAT[:FILE]", env = "CHT_AUDIT_OUTPUT", value_delimiter = ',', value_parser = output, default_value = "table")]
    pub output: Vec<Output>,
}

/// A format and where it goes.
#[derive(Debug, Clone)]
pub struct Output {
    /// The format's name.
    pub format: String,
    /// The file; standard output without one.
    pub file: Option<PathBuf>,
}

/// `collect`.
#[derive(Debug, Args)]
pub struct CollectArgs {
    /// The description.
    #[command(flatten)]
    pub site: SiteArgs,
    /// Which checks.
    #[command(flatten)]
    pub select: SelectArgs,
    /// The network.
    #[command(flatten)]
    pub network: NetworkArgs,
    /// Write the evidence to this file instead of standard output
    #[arg(long, value_name = "FILE", env = "CHT_AUDIT_RECORD")]
    pub record: Option<PathBuf>,
    /// Newer knowledge of releases, systems and authorities
    #[arg(long, value_name = "FILE", env = "CHT_AUDIT_KNOWLEDGE")]
    pub knowledge: Option<PathBuf>,
}

/// `report`.
#[derive(Debug, Args)]
pub struct ReportArgs {
    /// The JSON that an earlier run wrote
    #[arg(value_name = "RUN.json")]
    pub run: PathBuf,
    /// Output.
    #[command(flatten)]
    pub output: OutputArgs,
}

/// `diff`.
#[derive(Debug, Args)]
pub struct DiffArgs {
    /// The JSON of the older run
    #[arg(value_name = "OLD.json")]
    pub old: PathBuf,
    /// The JSON of the newer run
    #[arg(value_name = "NEW.json")]
    pub new: PathBuf,
    /// table, for people, or json
    #[arg(short, long, value_name = "FORMAT", env = "CHT_AUDIT_OUTPUT", default_value = "table")]
    pub output: DiffFormat,
}

/// How a difference is drawn.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum DiffFormat {
    /// For people
    Table,
    /// For machines
    Json,
}

/// The variable of a flag takes 1, yes, true and on, and their opposites.
fn yes_or_no() -> BoolishValueParser {
    BoolishValueParser::new()
}

fn output(text: &str) -> Result<Output, String> {
    let (format, file) = text.split_once(':').map_or((text, None), |(format, file)| (format, Some(file)));
    let known: Vec<&str> = FORMATS.iter().map(|format| format.name).collect();
    if !known.contains(&format) {
        return Err(format!("there is no format {format}; there are {}", known.join(", ")));
    }
    if file == Some("") {
        return Err(format!("name a file after {format}:, or leave the colon out"));
    }
    Ok(Output { format: format.to_owned(), file: file.map(PathBuf::from) })
}

/// Reads a word of the data as its type, with the words that there are.
fn word<T: serde::de::DeserializeOwned>(text: &str, known: &[&str]) -> Result<T, String> {
    let wrong = || format!("write one of {}", known.join(", "));
    if !known.contains(&text) {
        return Err(wrong());
    }
    serde_json::from_value(serde_json::Value::String(text.to_owned())).map_err(|_| wrong())
}

fn severity(text: &str) -> Result<Severity, String> {
    word(text, &["critical", "high", "medium", "low"])
}

fn tier(text: &str) -> Result<Tier, String> {
    word(text, &["network", "account", "admin", "monitoring", "files", "host", "kubernetes", "answer"])
}

fn vantage(text: &str) -> Result<Vantage, String> {
    word(text, &["outside", "inside", "host"])
}

fn span(text: &str) -> Result<Duration, String> {
    let seconds = text.parse::<Span>()?.0;
    u64::try_from(seconds).ok().filter(|seconds| *seconds > 0).map(Duration::from_secs).ok_or_else(|| "write more than no time".to_owned())
}

fn resolver(text: &str) -> Result<SocketAddr, String> {
    text.parse::<SocketAddr>()
        .or_else(|_| text.parse::<IpAddr>().map(|ip| SocketAddr::new(ip, 53)))
        .map_err(|_| "write an IP address, or one with a port such as 127.0.0.1:5353".to_owned())
}

/// `HOST:PORT:ADDR[,ADDR]`; HOST may be an IPv6 address in brackets.
fn resolve(text: &str) -> Result<Override, String> {
    let wrong = || "write HOST:PORT:ADDR, for example cht.example.org:443:127.0.0.1:8443".to_owned();
    let (host, rest) = match text.strip_prefix('[') {
        Some(v6) => v6.split_once("]:").ok_or_else(wrong)?,
        None => text.split_once(':').ok_or_else(wrong)?,
    };
    let (port, addresses) = rest.split_once(':').ok_or_else(wrong)?;
    let port: u16 = port.parse().map_err(|_| wrong())?;
    let address = |text: &str| {
        let bare = text.trim_start_matches('[').trim_end_matches(']');
        text.parse::<SocketAddr>().or_else(|_| bare.parse::<IpAddr>().map(|ip| SocketAddr::new(ip, port))).map_err(|_| wrong())
    };
    let to = addresses.split(',').map(address).collect::<Result<Vec<_>, _>>()?;
    if host.is_empty() { Err(wrong()) } else { Ok(Override { host: host.to_lowercase(), port, to }) }
}
