//! A values file of the CHT's Helm charts: what is kept of it, and that nothing else is.

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt::Write as _,
    sync::LazyLock,
    time::{Duration, Instant},
};

use cht_audit::{
    evidence::{
        HelmAsk, HelmFacts,
        files::{SecretFacts, SecretLength},
        helm::{HelmChart, IngressCertificate, ServiceType},
    },
    finding::{Cause, CauseKind},
    hash::salted,
    knowledge::{Defaults, Knowledge},
    probe::files,
};
use proptest::prelude::*;

use crate::files::folder;

/// Read once: hundreds of files are asked about.
static KNOWN: LazyLock<Defaults> = LazyLock::new(|| Knowledge::embedded().expect("knowledge").defaults);

/// As the checks ask, of what is known.
fn ask(path: &str) -> HelmAsk {
    let known = KNOWN.clone();
    let salt = "a salt";
    let published = |values: &[String]| values.iter().map(|value| salted(salt, value)).collect::<BTreeSet<_>>();
    HelmAsk {
        path: path.to_owned(),
        secrets: known.secrets.iter().filter_map(|secret| Some((secret.helm.clone()?, published(&secret.published)))).collect(),
        salt: salt.to_owned(),
        development: known.development.into_iter().map(|known| (known.key, known.values.into_iter().collect())).collect(),
    }
}

fn read(text: &str) -> Result<HelmFacts, Cause> {
    let (_dir, reach) = folder(&[("helm/values.yaml", text)]);
    files::helm_values(&ask("helm/values.yaml"), &reach)
}

fn known(text: &str) -> HelmFacts {
    read(text).unwrap_or_else(|cause| panic!("{cause:?}: {text}"))
}

fn secret(length: SecretLength, published_default: bool) -> SecretFacts {
    SecretFacts { length, published_default }
}

/// The keys and values that cht-chart-4x 1.2.0 ships (helm-charts d443dac6df99, charts/cht-chart-4x/values.yaml).
const FORMER: &str = r#"
project_name: "<your-project-name>"
namespace: "<your-namespace>"
chtversion: 4.22.0
cache_images: true
upstream_servers: { docker_registry: "public.ecr.aws/medic", builds_url: "https://staging.dev.medicmobile.org/_couch/builds_4" }
upgrade_service: { tag: 0.32 }
couchdb:
  password: "<password-value>"
  secret: "f9053a0a-ef77-4be3-994d-87d6732600fd"
  user: "medic"
  uuid: "7300115e-1a98-4607-a37c-50e0c9913767"
  clusteredCouch_enabled: false
  couchdb_node_storage_size: 100Mi
clusteredCouch: { noOfCouchDBNodes: 3 }
toleration: { key: "dev-couchdb-only", operator: "Equal", value: true, effect: "NoSchedule" }
ingress:
  annotations:
    groupname: "dev-cht-alb"
    tags: "Environment=dev,Team=QA"
    certificate: "arn:aws:iam::720541322708:server-certificate/2026-q1-wildcard-dev-medicmobile-org-letsencrypt"
  host: "<subdomain>.dev.medicmobile.org"
  hosted_zone_id: "Z3304WUAJTCM7P"
  load_balancer: "dualstack.k8s-devchtalb-3eb0781cbb-694321496.eu-west-2.elb.amazonaws.com"
environment: "remote"
cluster_type: "eks"
cert_source: "eks-medic"
nodes: { node-1: "", node-2: "", node-3: "" }
k3s_use_vSphere_storage_class: false
couchdb_data: { preExistingDataAvailable: false, dataPathOnDiskForCouchDB: "data", partition: "0" }
ebs: { preExistingEBSVolumeID-1: "vol-0123456789abcdefg", preExistingEBSVolumeSize: "100Gi" }
"#;

#[test]
fn the_shipped_values_of_the_former_chart() {
    let long = SecretLength::Long;
    let expected = HelmFacts {
        chart: Some(HelmChart::Former),
        version: Some("4.22.0".to_owned()),
        registry: Some("public.ecr.aws/medic".to_owned()),
        secrets: BTreeMap::from(["couchdb.password", "couchdb.secret", "couchdb.uuid"].map(|key| (key.to_owned(), secret(long, true)))),
        cluster_type: Some("eks".to_owned()),
        clustered: Some(false),
        pre_existing: Some(false),
        vsphere: Some(false),
        certificate: Some(IngressCertificate::Uploaded),
        development: [
            "couchdb.couchdb_node_storage_size",
            "ebs.preExistingEBSVolumeID-1",
            "ingress.annotations.certificate",
            "ingress.annotations.groupname",
            "ingress.annotations.tags",
            "ingress.host",
            "ingress.hosted_zone_id",
            "ingress.load_balancer",
        ]
        .map(str::to_owned)
        .into(),
        ..HelmFacts::default()
    };
    assert_eq!(known(FORMER), expected);
}

/// The keys of cht-chart 5.2.0: base.yaml, deployment-multi.yaml and platform-gke.yaml of cht-core, scripts/build/helm/values,
/// in one file, filled in, with the anchors and quotes that people write.
const CURRENT: &str = r#"
project_name: maendeleo
namespace: &name maendeleo
chtversion: &version 5.2.0
cht_image_tag: *version
api: { service: { type: ClusterIP }, node_env: production, log_level: info }
sentinel: { node_env: production, log_level: "info" }
cache_images: true
upstream_servers: { docker_registry: public.ecr.aws/medic }
storage: &storage { storage_class: standard-rwo, couchdb_node_storage_size: 100Gi }
couchdb:
  <<: *storage
  password: sturdy-canary-walnut-harbor
  secret: 0b1c8a52-canary-4c66-8f0b-3f6c3d7f6a11
  uuid: 7300115e-canary-4607-a37c-50e0c9913767
  user: medic
  clusteredCouchEnabled: "true"
  persistent_disk: { size: "", type: pd-standard, diskName-1: "" }
clusteredCouch: { noOfCouchDBNodes: 3 }
nodes: { node-1: gke-a, node-2: gke-b, node-3: gke-b, comment: canary }
couchdb_data: { preExistingDataAvailable: "false", dataPathOnDiskForCouchDB: data, partition: "0" }
environment: remote
cluster_type: gke
ingress: { host: cht.county.example.org, gcp: { enabled: true, staticIpName: cht-api-ip, managedCertificateName: cht-api-cert } }
"#;

#[test]
fn filled_in_values_of_the_current_chart() {
    let text = |text: &str| text.to_owned();
    let long = secret(SecretLength::Long, false);
    let expected = HelmFacts {
        chart: Some(HelmChart::Current),
        version: Some(text("5.2.0")),
        image_tag: Some(text("5.2.0")),
        registry: Some(text("public.ecr.aws/medic")),
        services: BTreeMap::from([(text("api"), ServiceType::ClusterIp)]),
        log_levels: BTreeMap::from([(text("api"), text("info")), (text("sentinel"), text("info"))]),
        secrets: BTreeMap::from(["couchdb.password", "couchdb.secret", "couchdb.uuid"].map(|key| (text(key), long))),
        cluster_type: Some(text("gke")),
        clustered: Some(true),
        storage_class: Some(text("standard-rwo")),
        pre_existing: Some(false),
        nodes: BTreeMap::from([(text("node-1"), text("gke-a")), (text("node-2"), text("gke-b")), (text("node-3"), text("gke-b"))]),
        certificate: Some(IngressCertificate::Google),
        ..HelmFacts::default()
    };
    assert_eq!(known(CURRENT), expected);
    // As Windows writes it.
    assert_eq!(known(&format!("\u{feff}{}", CURRENT.replace('\n', "\r\n"))), expected);
    assert!(!serde_json::to_string(&known(CURRENT)).expect("facts are JSON").contains("canary"));
}

#[test]
fn what_a_key_may_say() {
    let services =
        known("couchdb: { service: { type: LoadBalancer } }\nhaproxy: { service: { type: NodePort } }\napi: { service: { type: loadbalancer } }\n").services;
    let expected = [("api", ServiceType::Other), ("couchdb", ServiceType::LoadBalancer), ("haproxy", ServiceType::NodePort)];
    assert_eq!(services, expected.map(|(part, kind)| (part.to_owned(), kind)).into());

    for (text, chart, clustered) in [
        ("clusteredCouchEnabled: true", Some(HelmChart::Current), Some(true)),
        ("clusteredCouch_enabled: True", Some(HelmChart::Former), Some(true)),
        ("clusteredCouchEnabled: false\n  clusteredCouch_enabled: false", None, Some(false)),
        ("clusteredCouchEnabled: false\n  clusteredCouch_enabled: true", None, None),
        ("clusteredCouchEnabled: \"{{ cluster }}\"", Some(HelmChart::Current), None),
        ("user: medic", None, None),
    ] {
        let facts = known(&format!("couchdb:\n  {text}\n"));
        assert_eq!((facts.chart, facts.clustered), (chart, clustered), "{text}");
    }

    let certificate = |cluster: &str, ingress: &str| known(&format!("cluster_type: {cluster}\ningress: {{ {ingress} }}\n")).certificate;
    let arn = |arn: &str| certificate("eks", &format!("annotations: {{ certificate: \"{arn}\" }}"));
    assert_eq!(arn("arn:aws:acm:eu-west-1:111122223333:certificate/0a"), Some(IngressCertificate::Acm));
    assert_eq!(arn("arn:aws:iam::111122223333:server-certificate/county"), Some(IngressCertificate::Uploaded));
    assert_eq!((arn("county"), certificate("k3s-k3d", "gcp: { managedCertificateName: x }")), (None, None));

    assert_eq!(known("cht_image_tag: 4.1.1-4.1.1\n").image_tag.as_deref(), Some("4.1.1"));
    assert_eq!(
        known("upstream_servers: { docker_registry: \"https://user:canary@registry.example.org/cht\" }\n").registry.as_deref(),
        Some("https://registry.example.org/cht")
    );
    // Nothing written is not set; a map of nothing is no mistake.
    assert_eq!(known("couchdb:\nchtversion: ~\n").version, None);
}

#[test]
fn what_another_program_fills_in_is_not_known() {
    let facts = known(
        "chtversion: \"{{cht_version}}\"\ncht_image_tag: ${TAG}\nnodes: { node-1: <name> }\ncouchdb:\n  password: \"{{ requiredEnv \\\"PASSWORD\\\" }}\"\n  secret: ENC[AES256_GCM,data:aGFsbG8=,tag:x]\n  uuid: ref+vault://cht#/uuid\n",
    );
    assert_eq!(facts.elsewhere, ["cht_image_tag", "chtversion", "couchdb.password", "couchdb.secret", "couchdb.uuid", "nodes.node-1"]);
    assert_eq!((facts.version, facts.image_tag, facts.nodes), (None, None, BTreeMap::new()));
    assert!(facts.secrets.values().all(|facts| *facts == SecretFacts::default()), "{:?}", facts.secrets);
    // Without quotes it is a map to YAML.
    assert_eq!(read("couchdb:\n  password: {{ x }}\n").expect_err("no text").kind, CauseKind::File);
}

#[test]
fn no_kept_value_can_smuggle_a_secret_out() {
    let facts = known(
        "couchdb: { password: &p canary-word, secret: &s canary-key, uuid: canary-id, storage_class: *s }\nchtversion: *p\ncht_image_tag: canary-id\nnodes: { node-1: *p }\nextra: canary-more\ningress: { host: canary.example.org }\n",
    );
    let kept = serde_json::to_string(&facts).expect("facts are JSON");
    assert!(!kept.contains("canary"), "{kept}");
    assert_eq!(facts.elsewhere, ["cht_image_tag", "chtversion", "couchdb.storage_class", "nodes.node-1"]);
    assert_eq!(facts.secrets["couchdb.password"], secret(SecretLength::Under12, false));
}

#[test]
fn secrets_are_told_by_their_class() {
    let password = |text: &str| known(&format!("couchdb:\n  password: {text}\n")).secrets["couchdb.password"];
    for (text, expected) in [
        ("password", secret(SecretLength::Under12, true)),
        ("\"change-me\"", secret(SecretLength::Under12, true)),
        ("Password", secret(SecretLength::Under12, false)),
        ("12345678901", secret(SecretLength::Under12, false)),
        ("123456789012", secret(SecretLength::Under15, false)),
        ("\"\"", secret(SecretLength::Empty, false)),
        ("~", secret(SecretLength::Absent, false)),
        ("", secret(SecretLength::Absent, false)),
    ] {
        assert_eq!(password(text), expected, "{text}");
    }
}

#[test]
fn what_is_no_values_file_of_the_cht_is_not_understood() {
    for (text, line) in [
        ("couchdb: medic\n", Some(1)),
        ("couchdb:\n  password: [a]\n", Some(2)),
        ("couchdb: {}\napi:\n  service: ClusterIP\n", Some(3)),
        ("couchdb: {}\nnodes: [a, b]\n", Some(2)),
        ("couchdb:\n  clusteredCouchEnabled: maybe\n", Some(2)),
        ("cht_image_tag: { a: b }\n", Some(1)),
        ("couchdb: {}\ncouchdb: {}\n", Some(2)),
        ("couchdb:\n\tpassword: x\n", Some(2)),
        ("couchdb: {}\n---\ncouchdb: {}\n", Some(2)),
        ("couchdb: { password: !vault x }\n", Some(1)),
        // The values of other charts, and of one that holds this one.
        ("replicaCount: 2\nimage: { tag: 1.2 }\n", None),
        ("cht-chart: { couchdb: { password: password } }\n", None),
        ("- couchdb: {}\n", None),
        ("couchdb\n", None),
    ] {
        let detail = line.map_or_else(|| "helm/values.yaml".to_owned(), |line| format!("helm/values.yaml:{line}"));
        assert_eq!(read(text).expect_err(text), Cause::new(CauseKind::File, detail), "{text}");
    }
}

#[test]
fn hostile_values_end_in_a_cause_soon() {
    let bomb = (1..10).fold("couchdb: &l0 [x]\n".to_owned(), |mut text, n| {
        let _ = writeln!(text, "l{n}: &l{n} [{}]", vec![format!("*l{}", n - 1); 9].join(","));
        text
    });
    let pins = (0..45_000).fold("couchdb: {}\nnodes:\n".to_owned(), |mut text, n| {
        let _ = writeln!(text, "  node-{n}: m");
        text
    });
    let started = Instant::now();
    for (text, kind) in [
        (bomb, CauseKind::File),
        ("[".repeat(200_000), CauseKind::File),
        (format!("couchdb: {}1{}\n", "{a: ".repeat(100), "}".repeat(100)), CauseKind::File),
        ("couchdb: &a { b: *a }\n".to_owned(), CauseKind::File),
        (pins, CauseKind::File),
        ("couchdb: \u{7}\n".to_owned(), CauseKind::File),
        (" \n".to_owned(), CauseKind::File),
        (format!("couchdb: {{ password: {} }}\n", "x".repeat(100 << 20)), CauseKind::TooLarge),
    ] {
        assert_eq!(read(&text).expect_err("nothing to be read").kind, kind, "{}", &text[..text.len().min(40)]);
    }
    assert!(started.elapsed() < Duration::from_secs(20), "{:?}", started.elapsed());
    // Long texts are cut, and no more machines are kept than a cluster of the CHT can have.
    let facts =
        known(&format!("cht_image_tag: {}\nnodes: {{ {} }}\n", "5".repeat(10_000), (0..200).map(|n| format!("node-{n}: m{n}")).collect::<Vec<_>>().join(", ")));
    assert!(facts.image_tag.is_some_and(|tag| tag.len() == 200) && facts.nodes.len() == 20);
    let (_dir, reach) = folder(&[("x", "couchdb: {}")]);
    for (path, kind) in [("missing.yaml", CauseKind::File), ("../x", CauseKind::Forbidden), ("/etc/hostname", CauseKind::Forbidden)] {
        assert_eq!(files::helm_values(&ask(path), &reach), Err(Cause::new(kind, path)));
    }
}

proptest! {
    #[test]
    fn any_value_is_read_or_refused(value in "[ -~\u{e9}]{0,60}", key in "(chtversion|cluster_type|couchdb|nodes|api|ingress|k3s_use_vSphere_storage_class)") {
        let quoted = serde_json::to_string(&value).expect("a text");
        for text in [format!("cht_image_tag: 5.2.0\n{key}: {quoted}\n"), format!("cht_image_tag: 5.2.0\n{key}: {value}\n"), format!("couchdb: {{ password: {quoted} }}\n")] {
            if let Err(cause) = read(&text) {
                prop_assert!(matches!(cause.kind, CauseKind::File), "{:?}", cause);
            }
        }
    }
}
