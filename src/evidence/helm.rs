//! What a values file of the CHT's Helm charts says: what is meant to run on Kubernetes, not what runs.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::files::SecretFacts;

/// One values file. A key that is not in it may be set by another file that is laid over it, or have the chart's default.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct HelmFacts {
    /// The chart that it is for, where a key of it tells.
    pub chart: Option<HelmChart>,
    /// `chtversion`.
    pub version: Option<String>,
    /// `cht_image_tag`.
    pub image_tag: Option<String>,
    /// `upstream_servers.docker_registry`.
    pub registry: Option<String>,
    /// `api.service.type`, and the same of `haproxy` and `couchdb`, by the part's name.
    pub services: BTreeMap<String, ServiceType>,
    /// `api.log_level` and `sentinel.log_level`, by the part's name.
    pub log_levels: BTreeMap<String, String>,
    /// The secrets that were asked about, by key, set or not.
    pub secrets: BTreeMap<String, SecretFacts>,
    /// `cluster_type`: `eks`, `gke`, `k3s-k3d`.
    pub cluster_type: Option<String>,
    /// The database has several nodes.
    pub clustered: Option<bool>,
    /// `couchdb.storage_class`.
    pub storage_class: Option<String>,
    /// `couchdb_data.preExistingDataAvailable`: the chart makes the volumes itself.
    pub pre_existing: Option<bool>,
    /// `k3s_use_vSphere_storage_class`.
    pub vsphere: Option<bool>,
    /// The machines that the database is pinned to: `node-1`, `single_node_deploy` and the like, with the machine's name.
    pub nodes: BTreeMap<String, String>,
    /// What the ingress shows to browsers.
    pub certificate: Option<IngressCertificate>,
    /// Keys that still have the value of the chart's own development.
    pub development: Vec<String>,
    /// Keys whose value another program fills in: a template, an encrypted text, a reference, a placeholder.
    pub elsewhere: Vec<String>,
}

/// A Helm chart of the CHT.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub enum HelmChart {
    /// For 5.x.
    #[serde(rename = "cht-chart")]
    Current,
    /// For 4.x, no longer kept up.
    #[serde(rename = "cht-chart-4x")]
    Former,
}

/// How a Service of Kubernetes can be reached.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub enum ServiceType {
    /// From inside the cluster only.
    #[serde(rename = "ClusterIP")]
    ClusterIp,
    /// On a port of every machine of the cluster.
    NodePort,
    /// On an address of its own.
    LoadBalancer,
    /// Anything else.
    Other,
}

impl ServiceType {
    /// The word of Kubernetes.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::ClusterIp => "ClusterIP",
            Self::NodePort => "NodePort",
            Self::LoadBalancer => "LoadBalancer",
            Self::Other => "other",
        }
    }
}

/// Where the certificate of the ingress comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum IngressCertificate {
    /// AWS Certificate Manager: made there and renewed there, or imported and not.
    Acm,
    /// Uploaded to AWS as a server certificate: AWS renews none of these.
    Uploaded,
    /// Managed by Google, which renews it while the name leads there.
    Google,
}
