//! Files of the description: what is kept of them, and that nothing else is.

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt::Write as _,
    fs,
    path::Path,
    process::Command,
    time::{Duration, Instant},
};

use cht_audit::{
    evidence::{
        ComposeAsk, ComposeFacts, CrontabFacts, EnvAsk, EnvFacts, FileAsk,
        files::{CronJob, JobKind, Mount, Protocol, PublishedPort, SecretLength},
    },
    finding::{Cause, CauseKind},
    hash::salted,
    probe::{Reach, files},
};
use proptest::prelude::*;
use rustls::RootCertStore;
use tempfile::{TempDir, tempdir};

use crate::support::{self, program};

/// A folder of files, and a reach that may read them.
pub(crate) fn folder(files: &[(&str, &str)]) -> (TempDir, Reach) {
    let dir = tempdir().expect("a temporary folder");
    for (path, text) in files {
        write(dir.path(), path, text);
    }
    let reach = support::reach(dir.path(), RootCertStore::empty());
    (dir, reach)
}

fn write(dir: &Path, path: &str, content: impl AsRef<[u8]>) {
    let path = dir.join(path);
    fs::create_dir_all(path.parent().expect("below the folder")).expect("the folder can be made");
    fs::write(path, content).expect("the file can be written");
}

fn ask(path: &str) -> FileAsk {
    FileAsk { path: path.to_owned() }
}

// ---- .env -------------------------------------------------------------------------------------------------------

/// The `.env` of the installation guide (reference 1.4), with words of its own.
const DOCUMENTED_ENV: &str = "\
CHT_COMPOSE_PROJECT_NAME=cht
COUCHDB_SECRET=gleaming-canary-violet-anchor-prism-mellow-otter
DOCKER_CONFIG_PATH=/home/ubuntu/cht/upgrade-service
COUCHDB_DATA=/home/ubuntu/cht/couchdb
CHT_COMPOSE_PATH=/home/ubuntu/cht/compose
COUCHDB_USER=medic
COUCHDB_PASSWORD=sturdy-canary-walnut-harbor-tulip-candid-ember
COUCHDB_UUID=0b1c8a52-9f0e-4c66-8f0b-3f6c3d7f6a11
# ADD_SERVERNAME_TO_HTTP_AGENT=true
";

/// Published with the 4.x chart (reference 1.5).
const HELM_SECRET: &str = "f9053a0a-ef77-4be3-994d-87d6732600fd";

fn env_ask(path: &str) -> EnvAsk {
    let salt = "a salt";
    let published = |values: &[&str]| values.iter().map(|value| salted(salt, value)).collect::<BTreeSet<_>>();
    EnvAsk {
        path: path.to_owned(),
        plain: ["COUCHDB_DATA", "COUCHDB_USER", "CERTIFICATE_MODE", "BUILDS_URL"].map(str::to_owned).into(),
        secrets: BTreeMap::from([
            ("COUCHDB_PASSWORD".to_owned(), published(&["password", "pass", "medic"])),
            ("COUCHDB_SECRET".to_owned(), published(&[HELM_SECRET])),
            ("COUCHDB_UUID".to_owned(), published(&[])),
        ]),
        salt: salt.to_owned(),
    }
}

fn env(text: &str) -> Result<EnvFacts, Cause> {
    let (_dir, reach) = folder(&[("upgrade-service/.env", text)]);
    files::env(&env_ask("upgrade-service/.env"), &reach)
}

#[test]
fn the_documented_env_keeps_places_and_classes_only() {
    let facts = env(DOCUMENTED_ENV).expect("it can be read");
    let expected = [("COUCHDB_DATA", "/home/ubuntu/cht/couchdb"), ("COUCHDB_USER", "medic")];
    assert_eq!(facts.values, expected.map(|(name, value)| (name.to_owned(), value.to_owned())).into());
    for name in ["COUCHDB_PASSWORD", "COUCHDB_SECRET", "COUCHDB_UUID"] {
        assert_eq!(facts.secrets[name].length, SecretLength::Long, "{name}");
        assert!(!facts.secrets[name].published_default, "{name}");
    }
    let kept = serde_json::to_string(&facts).expect("facts are JSON");
    assert!(!kept.contains("canary") && !kept.contains("0b1c8a52"), "{kept}");
}

#[test]
fn published_missing_and_short_secrets_are_told_apart() {
    let verdict = |text: &str, name: &str| {
        let facts = env(text).expect("it can be read").secrets[name];
        (facts.length, facts.published_default)
    };
    assert_eq!(verdict("COUCHDB_PASSWORD=password\n", "COUCHDB_PASSWORD"), (SecretLength::Under12, true));
    assert_eq!(verdict("COUCHDB_PASSWORD=\"password\"\r\n", "COUCHDB_PASSWORD"), (SecretLength::Under12, true));
    assert_eq!(verdict("COUCHDB_PASSWORD='Password'\n", "COUCHDB_PASSWORD"), (SecretLength::Under12, false));
    assert_eq!(verdict(&format!("\u{feff}COUCHDB_SECRET={HELM_SECRET}\n"), "COUCHDB_SECRET"), (SecretLength::Long, true));
    assert_eq!(verdict("COUCHDB_USER=medic\n", "COUCHDB_SECRET"), (SecretLength::Absent, false));
    assert_eq!(verdict("COUCHDB_SECRET\n", "COUCHDB_SECRET"), (SecretLength::Absent, false));
    assert_eq!(verdict("# COUCHDB_SECRET=x\nCOUCHDB_SECRET=\n", "COUCHDB_SECRET"), (SecretLength::Empty, false));
    assert_eq!(verdict("COUCHDB_PASSWORD=long-enough-to-pass\nCOUCHDB_PASSWORD=pass", "COUCHDB_PASSWORD"), (SecretLength::Under8, true));
    // Characters, not bytes.
    assert_eq!(verdict("COUCHDB_PASSWORD=ééééééé\n", "COUCHDB_PASSWORD"), (SecretLength::Under8, false));
    for (value, class) in [("12345678901", SecretLength::Under12), ("12345678901234", SecretLength::Under15), ("123456789012345", SecretLength::Long)] {
        assert_eq!(verdict(&format!("COUCHDB_PASSWORD={value}"), "COUCHDB_PASSWORD").0, class);
    }
}

#[test]
fn no_kept_value_can_smuggle_a_secret_out() {
    let facts =
        env("COUCHDB_PASSWORD=canary-one\nDB_TOKEN=canary-two\nCOUCHDB_DATA=/srv/$COUCHDB_PASSWORD/${DB_TOKEN}\nBUILDS_URL=https://u:canary-three@x.org/b\n");
    let facts = facts.expect("it can be read");
    assert_eq!(facts.values["COUCHDB_DATA"], "/srv/***/***");
    assert_eq!(facts.values["BUILDS_URL"], "https://x.org/b");
    assert_eq!(facts.secrets["COUCHDB_PASSWORD"].length, SecretLength::Under12);
    assert!(!serde_json::to_string(&facts).expect("facts are JSON").contains("canary"));
    // Asked for by mistake both ways: a secret it is.
    let (_dir, reach) = folder(&[(".env", "COUCHDB_PASSWORD=canary")]);
    let mut both = env_ask(".env");
    both.plain.insert("COUCHDB_PASSWORD".to_owned());
    assert!(!serde_json::to_string(&files::env(&both, &reach).expect("it can be read")).expect("facts are JSON").contains("canary"));
}

#[test]
fn an_env_file_that_compose_refuses_names_its_line_and_not_its_text() {
    let cause = env("COUCHDB_USER=medic\nCOUCHDB_PASSWORD='canary\n").expect_err("the quote is open");
    assert_eq!(cause, Cause::new(CauseKind::File, "upgrade-service/.env:2"));
}

// ---- compose ----------------------------------------------------------------------------------------------------

/// The shape of the CHT's own files (reference 1.1, 1.2).
fn official_core(tag: &str) -> String {
    let service = |name: &str, more: &str| {
        format!(
            "  {name}:
    image: public.ecr.aws/medic/cht-{name}:{tag}
    restart: always
    environment:
      - \"COUCHDB_USER=${{COUCHDB_USER:-admin}}\"
      - \"COUCHDB_PASSWORD=${{COUCHDB_PASSWORD}}\"
    logging:
      driver: \"local\"
      options:
        max-size: \"${{LOG_MAX_SIZE:-50m}}\"
        max-file: \"${{LOG_MAX_FILES:-20}}\"
    networks:
      - cht-net
{more}"
        )
    };
    [
        "version: '3.9'\n\nservices:\n".to_owned(),
        service("haproxy", "    hostname: haproxy\n    expose:\n      - ${HAPROXY_PORT:-5984}\n"),
        service("api", "    depends_on:\n      - haproxy\n    expose:\n      - \"${API_PORT:-5988}\"\n"),
        service("sentinel", "    depends_on:\n      - haproxy\n"),
        service(
            "nginx",
            "    depends_on:\n      - api\n    ports:\n      - \"${NGINX_HTTP_PORT:-80}:80\"\n      - \"${NGINX_HTTPS_PORT:-443}:443\"\n    volumes:\n      - cht-ssl:${SSL_VOLUME_MOUNT_PATH:-/etc/nginx/private/}\n",
        ),
        "\nnetworks:\n  cht-net:\n    name: ${CHT_NETWORK:-cht-net}\n\nvolumes:\n  cht-ssl:\n".to_owned(),
    ]
    .concat()
}

const OFFICIAL_COUCHDB: &str = "\
version: '3.9'

services:
  couchdb:
    image: public.ecr.aws/medic/cht-couchdb:5.2.0
    volumes:
      - ${COUCHDB_DATA:-./srv}:/opt/couchdb/data
      - cht-credentials:/opt/couchdb/etc/local.d/
    environment:
      - \"COUCHDB_USER=${COUCHDB_USER:-admin}\"
      - \"COUCHDB_PASSWORD=${COUCHDB_PASSWORD:?COUCHDB_PASSWORD must be set}\"
      - \"COUCHDB_SECRET=${COUCHDB_SECRET}\"
    restart: always
    networks:
      cht-net:
  nouveau:
    image: public.ecr.aws/medic/cht-couchdb-nouveau:5.2.0
    volumes:
      - ${COUCHDB_DATA:-./srv}/nouveau:/data/nouveau
    restart: always
    networks:
      cht-net:

volumes:
  cht-credentials:

networks:
  cht-net:
    name: ${CHT_NETWORK:-cht-net}
";

fn compose_ask(paths: &[&str], env: Option<&str>) -> ComposeAsk {
    let EnvAsk { secrets, salt, .. } = env_ask("");
    ComposeAsk { paths: paths.iter().map(|path| (*path).to_owned()).collect(), env: env.map(str::to_owned), secrets, salt }
}

/// Reads one compose file.
fn compose(text: &str) -> Result<ComposeFacts, Cause> {
    let (_dir, reach) = folder(&[("compose.yml", text)]);
    files::compose(&compose_ask(&["compose.yml"], None), &reach)
}

fn tcp(address: Option<&str>, host: Option<u16>, container: u16) -> PublishedPort {
    PublishedPort { address: address.map(str::to_owned), host, container, protocol: Protocol::Tcp }
}

fn mount(source: Option<&str>, target: &str) -> Mount {
    Mount { source: source.map(str::to_owned), target: target.to_owned() }
}

#[test]
fn the_official_files_with_the_documented_env() {
    let (_dir, reach) = folder(&[("compose/cht-core.yml", &official_core("5.2.0")), ("compose/cht-couchdb.yml", OFFICIAL_COUCHDB), (".env", DOCUMENTED_ENV)]);
    let facts = files::compose(&compose_ask(&["compose/cht-core.yml", "compose/cht-couchdb.yml"], Some(".env")), &reach).expect("they can be read");
    assert_eq!(facts.services.keys().collect::<Vec<_>>(), ["api", "couchdb", "haproxy", "nginx", "nouveau", "sentinel"]);
    assert_eq!(facts.not_followed, Vec::<String>::new());
    for (name, service) in &facts.services {
        assert_eq!(service.restart.as_deref(), Some("always"), "{name}");
        assert!(service.image.as_ref().is_some_and(|image| image.starts_with("public.ecr.aws/medic/cht-") && image.ends_with(":5.2.0")), "{name}");
        assert_eq!(service.ports.is_empty(), name != "nginx", "{name}");
        assert!(!service.host_network && service.profiles.is_empty());
    }
    assert_eq!(facts.services["nginx"].ports, [tcp(None, Some(80), 80), tcp(None, Some(443), 443)]);
    assert_eq!(facts.services["nginx"].mounts, [mount(Some("cht-ssl"), "/etc/nginx/private/")]);
    assert_eq!(facts.services["couchdb"].file, "compose/cht-couchdb.yml");
    assert_eq!(facts.services["couchdb"].mounts[0], mount(Some("/home/ubuntu/cht/couchdb"), "/opt/couchdb/data"));
    assert!(!serde_json::to_string(&facts).expect("facts are JSON").contains("canary"));
}

/// What a compose file sets for its only service: class, published, written out. `None` for what it leaves to `.env`.
#[test]
fn secrets_that_a_compose_file_sets_come_back_as_classes() {
    use SecretLength::{Empty, Long, Under8, Under12};
    let own = "COUCHDB_PASSWORD=canary-of-the-env-file\nOTHER=password\nLONG=canary-long-enough\n";
    let set = |text: &str, env: Option<&str>| {
        let text = format!("services:\n  couchdb:\n    image: x\n    environment: {text}\n");
        let (_dir, reach) = folder(&[("db.yml", &text), (".env", env.unwrap_or_default())]);
        let facts = files::compose(&compose_ask(&["db.yml"], env.map(|_| ".env")), &reach).expect("it can be read");
        let kept = serde_json::to_string(&facts).expect("facts are JSON");
        assert!(!kept.contains("canary") && !kept.contains("password\""), "{kept}");
        facts.services["couchdb"].secrets.get("COUCHDB_PASSWORD").map(|set| {
            assert_eq!(set.file, "db.yml");
            (set.class.length, set.class.published_default, set.written_out)
        })
    };
    for (text, expected) in [
        ("{ COUCHDB_PASSWORD: password }", Some((Under12, true, true))),
        ("[ COUCHDB_PASSWORD=password ]", Some((Under12, true, true))),
        ("[ 'COUCHDB_PASSWORD=canary=with-a-sign' ]", Some((Long, false, true))),
        ("{ COUCHDB_PASSWORD: '' }", Some((Empty, false, true))),
        ("{ COUCHDB_PASSWORD: 1234567 }", Some((Under8, false, true))),
        ("{ COUCHDB_PASSWORD: 'pass$$word' }", Some((Under12, false, true))),
        // Another variable's value is known and is not the one that `.env` is judged by.
        ("{ COUCHDB_PASSWORD: '${OTHER}' }", Some((Under12, true, false))),
        ("{ COUCHDB_PASSWORD: '${NO:-$LONG}' }", Some((Long, false, false))),
        ("{ COUCHDB_PASSWORD: '${NO:-password}' }", Some((Under12, true, true))),
        // The environment decides.
        ("{ COUCHDB_PASSWORD: '${COUCHDB_PASSWORD:-password}' }", None),
        ("{ COUCHDB_PASSWORD: '${COUCHDB_PASSWORD:?}' }", None),
        ("{ COUCHDB_PASSWORD: '$COUCHDB_PASSWORD' }", None),
        ("{ COUCHDB_PASSWORD: }", None),
        ("[ COUCHDB_PASSWORD ]", None),
        ("{ COUCHDB_PASSWORD: '${NOWHERE}' }", None),
        ("{ COUCHDB_PASSWORD: '${NOWHERE:-}' }", None),
        ("{ COUCHDB_USER: password }", None),
    ] {
        assert_eq!(set(text, Some(own)), expected, "{text}");
    }
    // Not set there, set to nothing, or no file at all: the default is what Compose uses.
    for env in [Some("A=1\n"), Some("COUCHDB_PASSWORD=\n"), None] {
        assert_eq!(set("{ COUCHDB_PASSWORD: '${COUCHDB_PASSWORD:-password}' }", env), Some((Under12, true, true)), "{env:?}");
    }
    // A later file wins, also where it hands the matter back to the environment; keys may be merged in.
    let second = |environment: &str| format!("services:\n  couchdb:\n    environment: {environment}\n");
    let first = "x-login: &login { COUCHDB_PASSWORD: password }\nservices:\n  couchdb:\n    environment: { <<: *login, COUCHDB_SECRET: canary }\n";
    let (_dir, reach) = folder(&[("a.yml", first), ("b.yml", &second("[ COUCHDB_PASSWORD ]")), ("c.yml", &second("{ COUCHDB_PASSWORD: canary-long-enough }"))]);
    let both = |other| files::compose(&compose_ask(&["a.yml", other], None), &reach).expect("they can be read").services["couchdb"].secrets.clone();
    assert_eq!(both("b.yml").keys().collect::<Vec<_>>(), ["COUCHDB_SECRET"]);
    let set = &both("c.yml")["COUCHDB_PASSWORD"];
    assert_eq!((set.file.as_str(), set.class.length, set.class.published_default), ("c.yml", Long, false));
}

#[test]
fn a_required_variable_that_the_env_lacks_is_noted_wherever_it_stands() {
    let (_dir, reach) = folder(&[("db.yml", OFFICIAL_COUCHDB), (".env", "COUCHDB_USER=medic\n"), ("empty.env", "COUCHDB_PASSWORD=\n")]);
    for env in [".env", "empty.env"] {
        let facts = files::compose(&compose_ask(&["db.yml"], Some(env)), &reach).expect("it can be read");
        assert_eq!(facts.not_followed, ["db.yml: ${COUCHDB_PASSWORD:?}"], "{env}");
    }
    let without = files::compose(&compose_ask(&["db.yml"], None), &reach).expect("it can be read");
    assert_eq!(without.not_followed, Vec::<String>::new(), "no env file was named, so nothing is known to be missing");
}

#[test]
fn variants_of_the_official_files() {
    let removed = compose(&official_core("5.2.0").replacen("    restart: always\n", "", 1)).expect("it can be read");
    assert_eq!(removed.services["haproxy"].restart, None);
    assert_eq!(removed.services["api"].restart.as_deref(), Some("always"));

    let published = compose(
        &OFFICIAL_COUCHDB.replace("    restart: always\n    networks", "    ports: [\"5984:5984\", 127.0.0.1:5986:5986]\n    restart: \"no\"\n    networks"),
    );
    let couchdb = &published.expect("it can be read").services["couchdb"];
    assert_eq!(couchdb.ports, [tcp(None, Some(5984), 5984), tcp(Some("127.0.0.1"), Some(5986), 5986)]);
    assert_eq!(couchdb.restart.as_deref(), Some("no"));

    let (_dir, reach) = folder(&[("core.yml", &official_core("5.1.1")), ("db.yml", OFFICIAL_COUCHDB)]);
    let mixed = files::compose(&compose_ask(&["core.yml", "db.yml"], None), &reach).expect("they can be read");
    assert_eq!(mixed.services["api"].image.as_deref(), Some("public.ecr.aws/medic/cht-api:5.1.1"));
    assert_eq!(mixed.services["couchdb"].image.as_deref(), Some("public.ecr.aws/medic/cht-couchdb:5.2.0"));
}

#[test]
fn the_further_shapes_of_compose_files() {
    let facts = compose(
        "x-always: &always
  restart: always
  profiles: [local]
include:
  - more.yml
  - path: ../other.yml
services:
  a:
    <<: *always
    image: a:1
    restart: no
    container_name: my-a
    network_mode: host
  b:
    <<: [*always]
    image: ${REGISTRY}/b:${TAG:-2}
    ports:
      - target: 80
        published: \"8080\"
        host_ip: 127.0.0.1
        protocol: udp
      - \"[::1]:53:53/udp\"
      - 3000-3001
      - nonsense
    volumes:
      - type: bind
        source: ./data
        target: /data
        read_only: true
      - /anonymous
      - ./conf:/etc/conf:ro
  c:
    extends: { file: base.yml, service: c }
    deploy: { restart_policy: { condition: none } }
  d: { extends: { service: a }, restart: on-failure:5 }
",
    )
    .expect("it can be read");
    let [a, b, d] = ["a", "b", "d"].map(|name| &facts.services[name]);
    assert_eq!((a.restart.as_deref(), a.container_name.as_deref(), a.host_network), (Some("no"), Some("my-a"), true));
    assert_eq!(a.profiles, ["local"]);
    assert_eq!((b.restart.as_deref(), b.image.as_deref()), (Some("always"), Some("/b:2")));
    let udp = |address: &str, host, container| PublishedPort { protocol: Protocol::Udp, ..tcp(Some(address), Some(host), container) };
    assert_eq!(b.ports, [udp("127.0.0.1", 8080, 80), udp("::1", 53, 53), tcp(None, None, 3000), tcp(None, None, 3001)]);
    assert_eq!(b.mounts, [mount(Some("./data"), "/data"), mount(None, "/anonymous"), mount(Some("./conf"), "/etc/conf")]);
    assert_eq!(d.restart.as_deref(), Some("on-failure:5"));
    let expected = [
        "compose.yml: ${REGISTRY}",
        "compose.yml: b.ports:24",
        "compose.yml: c.deploy.restart_policy",
        "compose.yml: d.extends",
        "compose.yml: extends base.yml",
        "compose.yml: include ../other.yml",
        "compose.yml: include more.yml",
    ];
    assert_eq!(facts.not_followed, expected);
}

#[test]
fn compose_files_that_are_none() {
    let kind = |text: &str| compose(text).expect_err(text).kind;
    for text in [
        "services:\n  a: [",
        "just text",
        "volumes:\n  a:\n",
        "services: [a]\n",
        "services:\n  a:\n",
        "services:\n  a: {ports: !reset []}\n",
        "a: 1\n---\nb: 2\n",
    ] {
        assert_eq!(kind(text), CauseKind::File, "{text}");
    }
    let bomb: Vec<String> = (1..10).map(|n| format!("l{n}: &l{n} [{}]\n", vec![format!("*l{}", n - 1); 9].join(","))).collect();
    assert_eq!(kind(&format!("l0: &l0 [x]\n{}services: {{a: {{image: x}}}}\n", bomb.concat())), CauseKind::File);
    let cause = compose("services:\n  a:\n    image: x\n    image: y\n").expect_err("a key twice");
    assert_eq!(cause.detail, "compose.yml:4");
    // A named environment file that cannot be read leaves every value open.
    let (_dir, reach) = folder(&[("compose.yml", OFFICIAL_COUCHDB)]);
    assert_eq!(files::compose(&compose_ask(&["compose.yml"], Some(".env")), &reach), Err(Cause::new(CauseKind::File, ".env")));
}

#[test]
fn a_file_that_asks_for_too_much_is_refused_in_time() {
    let started = Instant::now();
    let ports: String = (0..2000).fold(String::new(), |mut text, n| {
        let _ = writeln!(text, "      - {}-65535", n + 1);
        text
    });
    let facts = compose(&format!("services:\n  a:\n    ports:\n{ports}")).expect("it can be read");
    assert!(facts.services["a"].ports.is_empty() && facts.not_followed.len() == 100);
    let many: Vec<String> = (0..8000).map(|n| format!("  s{n}: {{ports: [1-900, 1001-1900]}}\n")).collect();
    let facts = compose(&format!("services:\n{}", many.concat())).expect("it can be read");
    assert!(facts.services.values().map(|service| service.ports.len()).sum::<usize>() <= 5000);
    // Values that are used often enough to fill the memory.
    let (_dir, reach) =
        folder(&[(".env", &format!("A={}\n", "x".repeat(500_000))), ("compose.yml", &format!("services:\n  a:\n    image: {}\n", "$A".repeat(100_000)))]);
    assert_eq!(files::compose(&compose_ask(&["compose.yml"], Some(".env")), &reach), Err(Cause::new(CauseKind::TooLarge, "compose.yml")));
    assert!(started.elapsed() < Duration::from_secs(10), "{:?}", started.elapsed());
}

/// `docker-compose config` (1.29) as an oracle: images, restart, ports and mounts after filling in and merging.
#[test]
fn docker_compose_itself_says_the_same() {
    let Some(docker_compose) = program("docker-compose") else { return };
    let over = "version: '3.9'
services:
  api:
    image: ${REGISTRY:-medicmobile}/cht-api:${CHT_TAG}
    restart: unless-stopped
  nginx:
    ports:
      - \"127.0.0.1:${ADMIN_PORT-8081}:8081\"
      - \"6060:6061/udp\"
      - \"7000-7001:7000-7001\"
    volumes:
      - ./own-ssl:/etc/nginx/private/
      - /var/log/nginx:/var/log/nginx:ro
  couchdb:
    ports: [\"$COUCH_PORT:5984\"]
    restart: 'no'
x-cadvisor: &cadvisor
  image: 'gcr.io/cadvisor/cadvisor:v0.49.1'
  restart: on-failure:5
services-of-others: 1
"
    .replace("services-of-others: 1\n", "");
    let extra = "version: '3.9'
x-base: &base
  restart: on-failure:5
  image: redis:${REDIS-7}
services:
  cadvisor:
    <<: *base
    image: 'cadvisor:$${literal}'
    network_mode: host
  redis:
    <<: *base
    ports:
      - target: 6379
        published: 16379
        protocol: tcp
";
    let env = "export CHT_TAG=5.2.0\nCOUCHDB_PASSWORD='quoted # value'\nCOUCH_PORT=\"15984\"\nEMPTY=\nNGINX_HTTP_PORT=8080 # not 80\nCOUCHDB_DATA=/data/couchdb\nREDIS=\n";
    let core = official_core("5.2.0");
    let (dir, reach) = folder(&[("core.yml", &core), ("db.yml", OFFICIAL_COUCHDB), ("over.yml", &over), ("extra.yml", extra), ("site.env", env)]);
    let paths = ["core.yml", "db.yml", "over.yml", "extra.yml"];
    let run = Command::new(docker_compose)
        .env_clear()
        .args(["--env-file", "site.env"])
        .args(paths.iter().flat_map(|path| ["-f", path]))
        .arg("config")
        .current_dir(dir.path())
        .output()
        .expect("docker-compose runs");
    assert!(run.status.success(), "{}", String::from_utf8_lossy(&run.stderr));
    let oracle: serde_yaml::Value = serde_yaml::from_slice(&run.stdout).expect("it prints YAML");
    let facts = files::compose(&compose_ask(&paths, Some("site.env")), &reach).expect("they can be read");

    let theirs = oracle["services"].as_mapping().expect("services");
    assert_eq!(theirs.len(), facts.services.len());
    for (name, service) in &facts.services {
        let their = &oracle["services"][name.as_str()];
        // It prints `$$` so that its output can be read again.
        assert_eq!(their["image"].as_str().map(|image| image.replace("$$", "$")), service.image, "{name}");
        assert_eq!(their["restart"].as_str(), service.restart.as_deref(), "{name}");
        assert_eq!(their["network_mode"].as_str() == Some("host"), service.host_network, "{name}");
        let mut listed: Vec<String> = their["ports"].as_sequence().into_iter().flatten().map(short_form).collect();
        let mut ours: Vec<String> = service.ports.iter().map(ours).collect();
        listed.sort();
        ours.sort();
        assert_eq!(listed, ours, "{name}");
        let base = dir.path().canonicalize().expect("the folder exists");
        let mut listed: Vec<String> = their["volumes"]
            .as_sequence()
            .into_iter()
            .flatten()
            .filter_map(|volume| volume.as_str())
            .map(|volume| volume.trim_end_matches(":rw").trim_end_matches(":ro").to_owned())
            .collect();
        let mut ours: Vec<String> = service
            .mounts
            .iter()
            .map(|mount| {
                let source = mount.source.clone().unwrap_or_default();
                let source = source.strip_prefix("./").map_or(source.clone(), |rest| base.join(rest).display().to_string());
                format!("{source}:{}", mount.target.trim_end_matches('/'))
            })
            .collect();
        listed.sort();
        ours.sort();
        assert_eq!(listed, ours, "{name}");
    }
    assert_eq!(facts.services["nginx"].ports.len(), 6, "ports of several files are added");
}

/// A port as `docker-compose config` prints it, in its short or long form.
fn short_form(port: &serde_yaml::Value) -> String {
    let text = |key: &str| port[key].as_str().map(str::to_owned).or_else(|| port[key].as_u64().map(|n| n.to_string()));
    let short = port.as_str().map_or_else(
        || format!("{}:{}/{}", text("published").unwrap_or_default(), text("target").unwrap_or_default(), text("protocol").unwrap_or_else(|| "tcp".to_owned())),
        str::to_owned,
    );
    if short.contains('/') { short } else { format!("{short}/tcp") }
}

fn ours(port: &PublishedPort) -> String {
    let address = port.address.as_ref().map(|address| format!("{address}:")).unwrap_or_default();
    let host = port.host.map(|host| host.to_string()).unwrap_or_default();
    format!("{address}{host}:{}/{}", port.container, serde_json::to_value(port.protocol).expect("a word").as_str().expect("a word"))
}

// ---- crontab ----------------------------------------------------------------------------------------------------

fn crontab(text: &str) -> CrontabFacts {
    let (_dir, reach) = folder(&[("crontab.txt", text)]);
    files::crontab(&ask("crontab.txt"), &reach).expect("it can be read")
}

/// The one job of a line that runs every night.
fn nightly(command: &str) -> CronJob {
    let mut jobs = crontab(&format!("0 2 * * * {command}\n")).jobs;
    assert_eq!(jobs.len(), 1, "{command}: {jobs:?}");
    jobs.remove(0)
}

/// As the CHT's documentation has them: backups (reference 5.1), certificates (reference 7.2).
const DOCUMENTED_CRONTAB: &str = "\
# m h    dom mon dow   command
0   */4  *   *   *     BORG_PASSPHRASE='canary' borg create borg@backup.server:cht::$(date \"+%y-%m-%d_%H:%M:%S\") /home/ubuntu/cht/couchdb /home/ubuntu/cht/upgrade-service/.env
0 0 * * 0 cd /home/ubuntu/cht/certbot && docker compose up && docker exec -it cht_nginx_1 nginx -s reload
";

#[test]
fn the_crontab_of_the_documentation() {
    let facts = crontab(DOCUMENTED_CRONTAB);
    assert!(!facts.mails);
    let [backup, renewal] = &facts.jobs[..] else { panic!("{facts:?}") };
    assert_eq!((backup.line, backup.kind, backup.tool.as_str()), (2, JobKind::Backup, "borg"));
    assert_eq!((backup.schedule.as_str(), backup.every), ("0 */4 * * *", Some(4 * 3600)));
    assert!(backup.secret_in_line && !backup.wants_terminal && !backup.heartbeat);
    // cron(5): a `%` that is not escaped ends the command, quoted or not. The documented line never ran as written.
    assert!(backup.cut_at_percent);
    assert_eq!(backup.paths, ["/home/ubuntu/cht/couchdb", "/home/ubuntu/cht/upgrade-service/.env"]);

    assert_eq!((renewal.line, renewal.kind, renewal.tool.as_str(), renewal.every), (3, JobKind::Renewal, "certbot", Some(7 * 86_400)));
    assert!(renewal.wants_terminal && renewal.reloads_nginx && !renewal.secret_in_line && !renewal.cut_at_percent);
    assert_eq!(renewal.container.as_deref(), Some("cht_nginx_1"));
    assert!(!serde_json::to_string(&facts).expect("facts are JSON").contains("canary"));
}

#[test]
fn what_is_a_backup_and_what_it_reads() {
    for (command, tool, paths) in [
        ("restic -r /mnt/nas/cht --password-file /root/key backup --exclude /home/x/nouveau /home/x/couchdb", "restic", &["/home/x/couchdb"][..]),
        ("/usr/bin/rsync -a --delete -e 'ssh -i /k' /home/x/couchdb/ nas:/backup/", "rsync", &["/home/x/couchdb/"]),
        ("rsync -az cht.example.org:/home/x/couchdb /backup", "rsync", &["/home/x/couchdb"]),
        ("cd /home/x/cht && tar -czf /backup/x.tgz couchdb ./.env", "tar", &["/home/x/cht/couchdb", "/home/x/cht/.env"]),
        ("tar -C /home/x -cf - couchdb | ssh nas 'cat > x.tar'", "tar", &["/home/x/couchdb"]),
        ("cp --archive /home/x/couchdb /home/x/backup/", "cp", &["/home/x/couchdb"]),
        ("sudo -u borg borg create --stats -C zstd /mnt/nas/cht::{now} /home/x/couchdb", "borg", &["/home/x/couchdb"]),
        ("bash -c 'nice -n 10 rclone sync /home/x/couchdb remote:cht'", "rclone", &["/home/x/couchdb"]),
        ("docker run --rm -v /home/x/couchdb:/data:ro -e RESTIC_REPOSITORY restic/restic:0.17.0 backup /data", "restic", &["/home/x/couchdb"]),
        ("aws s3 sync /home/x/couchdb s3://bucket/cht", "aws", &["/home/x/couchdb"]),
        ("duplicity /home/x/couchdb sftp://u@h//backup", "duplicity", &["/home/x/couchdb"]),
        ("[ -d /mnt/nas ] && borgmatic --verbosity 1", "borgmatic", &[]),
        ("/usr/bin/flock -n /tmp/lock /root/bin/cht-backup.sh", "cht-backup.sh", &[]),
        ("couchbackup --db medic > /backup/medic.txt", "couchbackup", &[]),
        ("velero backup create nightly", "velero", &[]),
        ("sanoid --cron", "sanoid", &[]),
        // Letters and places that only look like those of no backup.
        ("rsync -a -e 'ssh -n' /home/x/couchdb/ nas:/backup/", "rsync", &["/home/x/couchdb/"]),
        ("borg create -Cnone r::a /home/x/couchdb", "borg", &["/home/x/couchdb"]),
        ("tar czf /backup/x.tgz /home/x/couchdb > /dev/null", "tar", &["/home/x/couchdb"]),
        ("rsync -a /mnt/data/couchdb/ /srv/second/", "rsync", &["/mnt/data/couchdb/"]),
        ("rsync -a /backup/couchdb/ /media/usb/", "rsync", &["/backup/couchdb/"]),
    ] {
        let job = nightly(command);
        assert_eq!((job.kind, job.tool.as_str()), (JobKind::Backup, tool), "{command}");
        assert_eq!(job.paths, paths, "{command}");
        assert_eq!(job.every, Some(86_400));
        assert!(!job.secret_in_line, "{command}");
    }
}

#[test]
fn what_a_backup_leaves_out() {
    for (command, excludes) in [
        ("restic -r /mnt/nas/cht backup /home/x --exclude /home/x/nouveau --iexclude='*.TMP'", Some(&["/home/x/nouveau", "*.TMP"][..])),
        ("BORG_PASSCOMMAND='cat /k' borg create -e '*.tmp' r::a /home/x && borg prune --keep-daily 7 r", Some(&["*.tmp"])),
        ("docker run --rm -v /home/x:/data:ro restic/restic backup /data --exclude /data/couchdb", Some(&["/home/x/couchdb"])),
        ("rsync -a /a/ /b/ && rsync -a /c/ /d/", Some(&[])),
        ("tar -czf /backup/x.tgz --exclude=couchdb /home/x", Some(&["couchdb"])),
        ("borg create r::a /home/x --exclude-from /root/skip", None),
        ("rsync -a --exclude couchdb /a/ /b/ && rsync -a /c/ /d/", None),
        ("rsync -a /a/ /b/ && rsync -a --exclude couchdb /c/ /d/", None),
        ("/root/bin/cht-backup.sh", None),
    ] {
        let expected = excludes.map(|patterns| patterns.iter().map(|&pattern| pattern.to_owned()).collect::<Vec<_>>());
        assert_eq!(nightly(command).excludes, expected, "{command}");
    }
}

#[test]
fn what_is_neither_a_backup_nor_a_renewal() {
    for command in [
        "borg prune --keep-daily 7 /mnt/nas/cht",
        "restic check",
        "borgmatic check",
        "tar xzf /backup/x.tgz -C /home/x",
        "cp -a /etc/hosts /tmp/",
        "cp /home/x/couchdb.txt /tmp/",
        "mysqldump --all-databases",
        "sudo rm -rf /var/backups",
        "/root/check-backup.sh",
        "echo borg create",
        "certbot renew --dry-run",
        "certbot certificates",
        "docker exec -it cht-api-1 sh",
        "docker compose up -d",
        "nginx -t",
        "# borg create x /y",
        // Nothing is copied, or to nowhere.
        "borg create --dry-run r::a /home/x/couchdb",
        "borg create -vn r::a /home/x/couchdb",
        "borgmatic -n",
        "restic backup -n /home/x/couchdb",
        "restic backup --dry-run /home/x/couchdb",
        "docker run --rm restic/restic backup -n /data",
        "rsync -an /home/x/couchdb/ nas:/backup/",
        "rsync -a --dry-run /home/x/couchdb/ nas:/backup/",
        "rclone sync -n /home/x/couchdb remote:cht",
        "aws s3 sync --dryrun /home/x/couchdb s3://bucket/cht",
        "tar czf /dev/null /home/x/couchdb",
        "tar -c --file=/dev/null /home/x/couchdb",
        "tar -cf/dev/null /home/x/couchdb",
        "tar cz /home/x/couchdb > /dev/null",
        "couchbackup --db medic >/dev/null 2>&1",
        "cp -a /home/x/couchdb /dev/null",
        "certbot renew --dry-run --deploy-hook 'docker exec cht-nginx-1 nginx -s reload'",
        // Copies that are brought back.
        "rsync -a /backup/couchdb/ /home/x/cht/couchdb/",
        "rsync -a nas:/volume1/couchdb/ /home/x/cht/couchdb/",
        "rclone sync remote:cht /home/x/couchdb",
        "cp -a /mnt/nas/couchdb /home/x/couchdb",
        "rclone ls remote:",
    ] {
        assert_eq!(crontab(&format!("0 2 * * * {command}\nMAILTO=x\n")).jobs, [], "{command}");
    }
}

#[test]
fn what_is_a_renewal_and_how_it_reloads() {
    for (command, tool, wants_terminal, container, reloads) in [
        ("certbot renew --quiet --deploy-hook 'docker exec cht-nginx-1 nginx -s reload'", "certbot", false, Some("cht-nginx-1"), true),
        ("docker exec -i -t cht-nginx-1 nginx -s reload", "nginx", true, Some("cht-nginx-1"), true),
        // docker/cli asks for a terminal only where it is to attach one and hand it input.
        ("docker exec -t cht-nginx-1 nginx -s reload", "nginx", false, Some("cht-nginx-1"), true),
        ("docker exec -itd cht-nginx-1 nginx -s reload", "nginx", false, Some("cht-nginx-1"), true),
        ("docker exec --interactive --tty=true -u root cht-nginx-1 nginx -s reload", "nginx", true, Some("cht-nginx-1"), true),
        ("docker-compose -f /x/y.yml exec nginx nginx -s reload", "nginx", true, None, true),
        ("docker-compose exec -T nginx nginx -s reload", "nginx", false, None, true),
        ("docker compose exec nginx nginx -s reload", "nginx", false, None, true),
        ("docker exec $(docker ps -qf name=nginx) nginx -s reload", "nginx", false, None, true),
        ("docker exec -it cht-nginx-1 sh -c 'nginx -t && nginx -s reload'", "nginx", true, Some("cht-nginx-1"), true),
        ("docker restart cht-nginx-1", "nginx", false, Some("cht-nginx-1"), true),
        ("cd /srv/certbot && docker compose run --rm certbot renew && systemctl reload nginx", "certbot", false, None, true),
        ("docker run --rm -v /etc/letsencrypt:/etc/letsencrypt certbot/certbot renew", "certbot", false, None, false),
        ("\"/root/.acme.sh\"/acme.sh --cron --home \"/root/.acme.sh\" > /dev/null", "acme.sh", false, None, false),
        ("lego --email a@b.org --domains x.org renew", "lego", false, None, false),
        ("dehydrated -c", "dehydrated", false, None, false),
        ("certbot renew || docker exec cht-nginx-1 nginx -s reload", "certbot", false, Some("cht-nginx-1"), false),
        ("certbot renew || { logger failed; docker exec cht-nginx-1 nginx -s reload; }", "certbot", false, Some("cht-nginx-1"), false),
        ("certbot renew || (logger failed; nginx -s reload)", "certbot", false, None, false),
        ("certbot renew || logger failed; nginx -s reload", "certbot", false, None, true),
        ("caddy reload --config /etc/caddy/Caddyfile", "caddy", false, None, false),
    ] {
        let job = nightly(command);
        assert_eq!((job.kind, job.tool.as_str()), (JobKind::Renewal, tool), "{command}");
        assert_eq!((job.wants_terminal, job.container.as_deref(), job.reloads_nginx), (wants_terminal, container, reloads), "{command}");
    }
    for (command, host) in [
        ("nginx -s reload", true),
        ("systemctl reload nginx", true),
        ("docker exec cht-nginx-1 nginx -s reload", false),
        ("docker exec cht-nginx-1 sh -c 'nginx -t && nginx -s reload'", false),
        ("certbot renew", false),
    ] {
        assert_eq!(nightly(command).reloads_host, host, "{command}");
    }
    let both = crontab("0 2 * * * rsync -a /a/ /b/ && certbot renew\n").jobs;
    assert_eq!(both.iter().map(|job| (job.line, job.kind)).collect::<Vec<_>>(), [(1, JobKind::Backup), (1, JobKind::Renewal)]);
}

#[test]
fn heartbeats_follow_success() {
    for (command, heartbeat) in [
        ("borg create r::a /x && curl -fsS -m 10 --retry 5 -o /dev/null https://hc-ping.com/uuid", true),
        ("borg create r::a /x && borg prune r && wget -q -O- http://push.example.org/x", true),
        ("borg create r::a /x; curl https://hc-ping.com/uuid/$?", true),
        ("borg create r::a /x; curl https://hc-ping.com/uuid", false),
        ("borg create r::a /x || curl https://hc-ping.com/uuid/fail", false),
        ("curl https://hc-ping.com/uuid/start && borg create r::a /x", false),
        ("borg create r::a /x && echo https://example.org", false),
    ] {
        assert_eq!(nightly(command).heartbeat, heartbeat, "{command}");
    }
}

#[test]
fn secrets_are_noticed_and_never_kept() {
    for (command, secret) in [
        ("BORG_PASSPHRASE=canary borg create r::a /x", true),
        ("RESTIC_PASSWORD=\"canary\" restic backup /x", true),
        ("export RESTIC_PASSWORD='canary'; restic backup /x", true),
        ("BORG_PASSPHRASE='canary' bash -c 'borg create r::a /x'", true),
        ("docker run -e RESTIC_PASSWORD=canary restic/restic backup /x", true),
        ("restic -r rest:https://u:canary@nas:8000/ backup /x", true),
        ("kopia snapshot create /x --password=canary", true),
        ("kopia snapshot create /x --password canary", true),
        ("borg create r::a /x && curl -u me:canary https://push.example.org", true),
        ("duplicity /x sftp://u:canary@h//backup", true),
        ("BORG_PASSPHRASE=$(cat /root/canary) borg create r::a /x", false),
        ("BORG_PASSCOMMAND='cat /root/canary' borg create r::a /x", false),
        ("RESTIC_PASSWORD_FILE=/root/canary restic backup /x", false),
        ("RESTIC_PASSWORD=$CANARY restic backup /x", false),
        ("restic --password-file /root/canary backup /x", false),
        ("rsync -a u@nas:/x /y", false),
    ] {
        let facts = crontab(&format!("0 2 * * * {command}\n"));
        assert_eq!(facts.jobs.iter().map(|job| job.secret_in_line).collect::<Vec<_>>(), [secret], "{command}");
        let kept = serde_json::to_string(&facts).expect("facts are JSON").to_lowercase();
        assert!(!kept.contains("canary"), "{command}: {kept}");
    }
    let above = crontab("0 1 * * * borg create r::a /x\nBORG_PASSPHRASE = \"canary\"\n0 2 * * * borg create r::a /x\n");
    assert_eq!(above.jobs.iter().map(|job| job.secret_in_line).collect::<Vec<_>>(), [false, true]);
    assert!(!serde_json::to_string(&above).expect("facts are JSON").contains("canary"));
}

#[test]
fn crontabs_of_users_and_of_the_system() {
    let user = crontab("MAILTO=\"\"\n@daily rsync -a /x/couchdb /y\r\n@reboot /root/backup.sh\nnot a line\n5 4 * *\n");
    assert!(!user.mails);
    assert_eq!(user.jobs.iter().map(|job| (job.schedule.as_str(), job.every)).collect::<Vec<_>>(), [("@daily", Some(86_400)), ("@reboot", None)]);
    let system = crontab(
        "SHELL=/bin/sh\nMAILTO=ict@example.org\n17 *\t* * *\troot\tcd / && run-parts --report /etc/cron.hourly\n0 3 * * 1 backup borg create r::a /x\n",
    );
    assert!(system.mails);
    assert_eq!(system.jobs.iter().map(|job| (job.line, job.tool.as_str())).collect::<Vec<_>>(), [(4, "borg")]);
    let (_dir, reach) = folder(&[("cron.d/certbot", "0 */12 * * * me certbot -q renew\n")]);
    assert_eq!(files::crontab(&ask("cron.d/certbot"), &reach).expect("it can be read").jobs.len(), 1);
    // An escaped percent sign is one of the command.
    assert!(!nightly("borg create r::$(date +\\%F) /x").cut_at_percent);
}

// ---- instances, records -----------------------------------------------------------------------------------------

#[test]
fn watchdogs_instances() {
    let read = |text: &str| {
        let (_dir, reach) = folder(&[("cht-instances.yml", text)]);
        files::watchdog_instances(&ask("cht-instances.yml"), &reach).map(|facts| facts.targets)
    };
    let text =
        "- targets:\n    - https://one.example.org\n    - https://u:canary@two.example.org/\n- targets: [three.example.org:443]\n  labels: { county: x }\n";
    assert_eq!(read(text).expect("it can be read"), ["https://one.example.org", "https://two.example.org/", "three.example.org:443"]);
    assert_eq!(read("[]\n").expect("an empty list is a list"), Vec::<String>::new());
    for (text, line) in [("targets: [x]\n", 1), ("- targets: x\n", 1), ("- targets:\n  - [x]\n", 2), ("- targets: [x]\n- labels: {}\n", 2)] {
        assert_eq!(read(text).expect_err(text), Cause::new(CauseKind::File, format!("cht-instances.yml:{line}")), "{text}");
    }
    let list = |n: usize| (0..n).fold("- targets:\n".to_owned(), |text, n| format!("{text}  - https://{n}.example.org\n"));
    assert_eq!(read(&list(1000)).expect("1,000 are read").len(), 1000);
    assert_eq!(read(&list(1001)).expect_err("1,001 are not").kind, CauseKind::TooLarge);
}

#[test]
fn a_record_is_hashed_and_an_empty_one_is_none() {
    let (dir, reach) = folder(&[
        ("records/restore.json", "abc"),
        ("records/empty.pdf", ""),
        ("records/blank.txt", " \r\n\t\n"),
        ("records/bom.txt", "\u{feff}\n"),
        ("records/lost.txt", "\0\0\0"),
    ]);
    let facts = files::record(&ask("records/restore.json"), &reach).expect("it is there");
    // FIPS 180-2, appendix B.1.
    assert_eq!((facts.bytes, facts.sha256.as_str()), (3, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"));
    for path in ["records/empty.pdf", "records/blank.txt", "records/bom.txt", "records/lost.txt", "records/missing.pdf", "records"] {
        assert_eq!(files::record(&ask(path), &reach), Err(Cause::new(CauseKind::Record, path)), "{path}");
    }
    fs::File::create(dir.path().join("huge")).and_then(|file| file.set_len((100 << 20) + 1)).expect("a sparse file");
    assert_eq!(files::record(&ask("huge"), &reach), Err(Cause::new(CauseKind::TooLarge, "huge")));
}

// ---- hostile files ----------------------------------------------------------------------------------------------

/// What each reader says of a file.
fn causes(path: &str, reach: &Reach) -> [Option<CauseKind>; 5] {
    let kind = |cause: Cause| {
        assert!(cause.detail.starts_with(path), "{cause:?} names the file as it was written");
        cause.kind
    };
    [
        files::env(&env_ask(path), reach).err().map(kind),
        files::crontab(&ask(path), reach).err().map(kind),
        files::watchdog_instances(&ask(path), reach).err().map(kind),
        files::compose(&compose_ask(&[path], None), reach).err().map(kind),
        files::record(&ask(path), reach).err().map(kind),
    ]
}

#[test]
fn hostile_files_end_in_a_cause() {
    use CauseKind::{File, Forbidden, Record, TooLarge};
    let (outside, _) = folder(&[("secret.env", "A=1")]);
    let (dir, reach) = folder(&[("empty", ""), ("blank", " \n\n"), ("folder/x", "x"), ("large", &"A=1\n".repeat(2_600_000))]);
    write(dir.path(), "binary", [0x7f, b'E', b'L', b'F', 2, 1, 1, 0]);
    assert_eq!(causes("missing", &reach), [File, File, File, File, Record].map(Some));
    assert_eq!(causes("empty", &reach), [File, File, File, File, Record].map(Some));
    assert_eq!(causes("folder", &reach), [File, File, File, File, Record].map(Some));
    assert_eq!(causes("blank", &reach)[..4], [Some(File); 4]);
    assert_eq!(causes("large", &reach)[..4], [Some(TooLarge); 4]);
    assert_eq!(causes("binary", &reach)[..4], [Some(File); 4]);

    for path in ["../", "/etc/hostname", "/etc/no-such-file", "folder/../../x", "/dev/zero"] {
        assert_eq!(causes(path, &reach), [Some(Forbidden); 5], "{path}");
    }
    #[cfg(unix)]
    {
        std::os::unix::fs::symlink(outside.path().join("secret.env"), dir.path().join("link")).expect("a link");
        std::os::unix::fs::symlink("loop", dir.path().join("loop")).expect("a link");
        assert_eq!(causes("link", &reach), [Some(Forbidden); 5]);
        assert_eq!(causes("loop", &reach), [File, File, File, File, Record].map(Some));
    }
    // A folder that was allowed besides.
    let mut wider = support::reach(dir.path(), RootCertStore::empty());
    wider.file_roots.push(outside.path().canonicalize().expect("it exists"));
    let path = outside.path().join("secret.env").display().to_string();
    assert_eq!(causes(&path, &wider)[0], None);
    assert_eq!(causes(&path, &reach)[0], Some(Forbidden));
}

#[test]
fn files_that_windows_edited_are_read_rightly_or_refused_clearly() {
    let wide = |text: &str, little: bool| -> Vec<u8> {
        let order = |unit: u16| if little { unit.to_le_bytes() } else { unit.to_be_bytes() };
        std::iter::once(0xfeff).chain(text.encode_utf16()).flat_map(order).collect()
    };
    let texts = [
        ("A=1\nCOUCHDB_PASSWORD=password\n", ".env"),
        ("0 2 * * * borg create r::a /x\n", "crontab"),
        ("services:\n  api:\n    image: a\n", "compose.yml"),
        ("- targets:\n    - https://one.example.org\n", "cht-instances.yml"),
    ];
    let (dir, reach) = folder(&[]);
    let read = |name: &str| -> Result<String, Cause> {
        let json = |facts: serde_json::Result<String>| facts.expect("facts are JSON");
        match name {
            ".env" => files::env(&env_ask(name), &reach).map(|facts| json(serde_json::to_string(&facts))),
            "crontab" => files::crontab(&ask(name), &reach).map(|facts| json(serde_json::to_string(&facts))),
            "compose.yml" => files::compose(&compose_ask(&[name], None), &reach).map(|facts| json(serde_json::to_string(&facts))),
            _ => files::watchdog_instances(&ask(name), &reach).map(|facts| json(serde_json::to_string(&facts))),
        }
    };
    for (text, name) in texts {
        write(dir.path(), name, text);
        let plain = read(name).expect("it can be read");
        for edited in [text.replace('\n', "\r\n"), format!("\u{feff}{text}"), format!("\u{feff}{}", text.replace('\n', "\r\n"))] {
            write(dir.path(), name, &edited);
            assert_eq!(read(name).as_ref(), Ok(&plain), "{edited:?}");
        }
        for little in [true, false] {
            write(dir.path(), name, wide(text, little));
            assert_eq!(read(name), Err(Cause::new(CauseKind::Encoding, format!("{name} (UTF-16)"))));
        }
        // YAML ends a line at a carriage return, nobody else does; and the crontab is of one line.
        write(dir.path(), name, text.replace('\n', "\r"));
        match name {
            "compose.yml" | "cht-instances.yml" | "crontab" => assert_eq!(read(name).as_ref(), Ok(&plain)),
            _ => assert_eq!(read(name), Err(Cause::new(CauseKind::Encoding, ".env:1 (a carriage return within a line)"))),
        }
    }
    write(dir.path(), "crontab", "# nightly\r0 2 * * * borg create r::a /x\r");
    assert_eq!(read("crontab").map_err(|cause| cause.kind), Err(CauseKind::Encoding), "all of it would be a comment");
    write(dir.path(), "compose.yml", "services:\n\tapi:\n\t\timage: a\n");
    assert_eq!(read("compose.yml"), Err(Cause::new(CauseKind::File, "compose.yml:2")), "a tab is no indentation");
    // Compose takes typographic quotes for a part of the value, and so does this.
    write(dir.path(), ".env", "COUCHDB_PASSWORD=“password”\n");
    assert!(read(".env").expect("it can be read").contains("\"published_default\":false"));
}

/// Opening a pipe that nobody writes to would wait for ever.
#[test]
fn a_pipe_is_no_file() {
    let Some(mkfifo) = program("mkfifo") else { return };
    let (dir, reach) = folder(&[]);
    let made = Command::new(mkfifo).arg(dir.path().join("pipe")).status().expect("mkfifo runs");
    assert!(made.success());
    assert_eq!(causes("pipe", &reach).map(|cause| cause.is_some()), [true; 5]);
}

#[test]
fn a_long_crontab_costs_little() {
    let started = Instant::now();
    let jobless = crontab(&"* * * * *\t\t:\n".repeat(80_000));
    assert_eq!(jobless.jobs, []);
    let (_dir, reach) = folder(&[
        ("jobs", &"* * * * * certbot renew\n".repeat(40_000)),
        ("lines", &"x\n".repeat(100_000)),
        ("nested", &format!("0 2 * * * {} borg create r::a {}", "docker exec -it x sudo ".repeat(20_000), "a ".repeat(200_000))),
        ("one", &format!("0 2 * * * borg create {}", "'a' && $(docker exec -it x ".repeat(30_000))),
    ]);
    assert_eq!(files::crontab(&ask("jobs"), &reach).expect_err("too many jobs").kind, CauseKind::TooLarge);
    assert_eq!(files::crontab(&ask("lines"), &reach).expect("no jobs").jobs, []);
    for path in ["nested", "one"] {
        assert!(files::crontab(&ask(path), &reach).is_ok(), "{path}");
    }
    assert!(started.elapsed() < Duration::from_secs(20), "{:?}", started.elapsed());
}

proptest! {
    #[test]
    fn any_crontab_is_read(lines in proptest::collection::vec("[0-9*/,a-f-]{1,4}( [0-9*/,-]{1,4}){4} (sudo |cd /x && |docker exec |borg create |rsync |tar )?[ -~\u{e9}]{0,60}", 0..8)) {
        let text = format!("A=b\n{}\n", lines.join("\n"));
        for job in crontab(&text).jobs {
            prop_assert!(job.paths.len() <= 20);
            prop_assert!(job.every.is_none_or(|every| every >= 60));
        }
    }

    #[test]
    fn any_env_is_read_or_refused(text in "[ -~\r\n\t\u{e9}]{1,200}") {
        if let Err(cause) = env(&text) {
            prop_assert!(matches!(cause.kind, CauseKind::File | CauseKind::Encoding), "{:?}", cause);
        }
    }

    #[test]
    fn any_compose_value_is_read_or_refused(image in "[ -~]{0,60}", port in "[0-9.:\\[\\]${}A:?+/a-z-]{0,20}") {
        let quoted = |text: &str| serde_json::to_string(text).expect("a text");
        let facts = compose(&format!("services:\n  a:\n    image: {}\n    ports: [{}]\n", quoted(&image), quoted(&port)));
        prop_assert!(facts.is_ok(), "{:?}", facts);
    }
}
