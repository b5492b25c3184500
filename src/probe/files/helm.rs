//! A values file of the CHT's Helm charts: the keys that a check reads, and nothing else of it.
//!
//! `cht-chart` (5.x, cht-core: scripts/build/helm) and `cht-chart-4x` (helm-charts) share their keys but for the one that
//! says whether the database is a cluster. Helm runs no template in a values file: what looks like one is filled in by
//! another program before, so that what will stand there is not known.

use std::collections::{BTreeMap, BTreeSet};

use crate::{
    evidence::{
        HelmAsk, HelmFacts,
        files::{SecretFacts, SecretLength},
        helm::{HelmChart, IngressCertificate, ServiceType},
    },
    finding::{Cause, CauseKind},
    hash,
    yaml::{Node, Value},
};

use super::{Reach, cut, env::length, instances::tree, without_login};

/// Kept of one value, in characters.
const CHARACTERS: usize = 200;
/// Most machines that the database is pinned to.
const NODES: usize = 20;
/// One of these tells a values file of the CHT from that of any other chart.
const OWN_KEYS: [&str; 7] = ["chtversion", "cht_image_tag", "couchdb", "couchdb_data", "clusteredCouch", "upstream_servers", "cluster_type"];

/// What a values file says of the keys that the checks read.
///
/// # Errors
/// `Permission`, `TooLarge` over 1 MiB, `Forbidden` outside the folders that may be read; `File`, also with the
/// line where one can be told, for what is not YAML, for a key whose value has another shape than in the CHT's charts, and
/// for the values of another chart.
pub fn helm_values(ask: &HelmAsk, reach: &Reach) -> Result<HelmFacts, Cause> {
    let root = tree(&ask.path, reach)?;
    if !OWN_KEYS.iter().any(|key| root.get(key).is_some()) {
        return Err(Cause::new(CauseKind::File, &ask.path));
    }
    let mut reader = Reader { path: &ask.path, root: &root, secrets: BTreeSet::new(), elsewhere: BTreeSet::new() };
    let secrets = ask.secrets.iter().map(|(key, published)| Ok((key.clone(), reader.secret(key, published, &ask.salt)?)));
    let secrets = secrets.collect::<Result<_, Cause>>()?;
    let (current, former) = (reader.flag("couchdb.clusteredCouchEnabled")?, reader.flag("couchdb.clusteredCouch_enabled")?);
    let (has_current, has_former) = (reader.at("couchdb.clusteredCouchEnabled")?.is_some(), reader.at("couchdb.clusteredCouch_enabled")?.is_some());
    let chart = match (has_current, has_former) {
        (true, false) => Some(HelmChart::Current),
        (false, true) => Some(HelmChart::Former),
        // Half changed over from the one to the other: which chart will read it is not told.
        (true, true) | (false, false) => None,
    };
    Ok(HelmFacts {
        chart,
        version: reader.text("chtversion")?,
        image_tag: reader.text("cht_image_tag")?.map(|tag| once(&tag)),
        registry: reader.text("upstream_servers.docker_registry")?,
        services: reader.each(&["api", "haproxy", "couchdb"], "service.type")?.into_iter().map(|(part, word)| (part, service_type(&word))).collect(),
        log_levels: reader.each(&["api", "sentinel"], "log_level")?,
        secrets,
        cluster_type: reader.text("cluster_type")?,
        clustered: match (current, former) {
            (Some(current), Some(former)) if current != former => None,
            (current, former) => current.or(former),
        },
        storage_class: reader.text("couchdb.storage_class")?,
        pre_existing: reader.flag("couchdb_data.preExistingDataAvailable")?,
        vsphere: reader.flag("k3s_use_vSphere_storage_class")?,
        nodes: reader.nodes()?,
        certificate: reader.certificate()?,
        development: reader.development(&ask.development)?,
        elsewhere: reader.elsewhere.into_iter().collect(),
    })
}

/// Reads one key after the other.
struct Reader<'a> {
    path: &'a str,
    root: &'a Node,
    /// The values that may not be kept, wherever an alias has put them.
    secrets: BTreeSet<&'a str>,
    elsewhere: BTreeSet<String>,
}

impl<'a> Reader<'a> {
    fn unusable(&self, node: &Node) -> Cause {
        Cause::new(CauseKind::File, format!("{}:{}", self.path, node.mark.line))
    }

    /// What stands at a key such as `api.service.type`; none where nothing does.
    fn at(&self, key: &str) -> Result<Option<&'a Node>, Cause> {
        let mut node = self.root;
        for part in key.split('.') {
            if !matches!(node.value, Value::Map(_)) {
                return Err(self.unusable(node));
            }
            match node.get(part) {
                Some(inner) if !inner.is_null() => node = inner,
                _ => return Ok(None),
            }
        }
        Ok(Some(node))
    }

    fn scalar(&self, key: &str) -> Result<Option<&'a str>, Cause> {
        self.at(key)?.map(|node| node.as_text().ok_or_else(|| self.unusable(node))).transpose()
    }

    /// A value that is no secret, where it is one: not empty, and not left for somebody else to fill in.
    fn text(&mut self, key: &str) -> Result<Option<String>, Cause> {
        let Some(text) = self.scalar(key)? else { return Ok(None) };
        if is_filled_in_elsewhere(text) || self.secrets.contains(text) {
            self.elsewhere.insert(key.to_owned());
            return Ok(None);
        }
        Ok(Some(cut(&without_login(text.trim()), CHARACTERS)).filter(|text| !text.is_empty()))
    }

    /// The texts of `<part>.<key>` that are set.
    fn each(&mut self, parts: &[&str], key: &str) -> Result<BTreeMap<String, String>, Cause> {
        let mut found = BTreeMap::new();
        for part in parts {
            if let Some(text) = self.text(&format!("{part}.{key}"))? {
                found.insert((*part).to_owned(), text);
            }
        }
        Ok(found)
    }

    /// `true` or `false`, with or without quotes: the charts compare both as texts.
    fn flag(&mut self, key: &str) -> Result<Option<bool>, Cause> {
        match self.text(key)?.as_deref() {
            None => Ok(None),
            Some("true" | "True" | "TRUE") => Ok(Some(true)),
            Some("false" | "False" | "FALSE") => Ok(Some(false)),
            Some(_) => Err(self.at(key)?.map_or_else(|| Cause::new(CauseKind::File, self.path), |node| self.unusable(node))),
        }
    }

    /// A secret's class. What another program will put there has none.
    fn secret(&mut self, key: &str, published: &BTreeSet<String>, salt: &str) -> Result<SecretFacts, Cause> {
        let found = self.at(key)?;
        let Some(text) = found.map(|node| node.as_text().ok_or_else(|| self.unusable(node))).transpose()? else {
            // Written, but with nothing behind it: Helm refuses to start, or another file sets it.
            return Ok(SecretFacts::default());
        };
        let published_default = published.contains(&hash::salted(salt, text));
        if !published_default && is_filled_in_elsewhere(text) {
            self.elsewhere.insert(key.to_owned());
            return Ok(SecretFacts::default());
        }
        if !text.is_empty() {
            self.secrets.insert(text);
        }
        let length = length(Some(text));
        Ok(SecretFacts { length, published_default: published_default && length != SecretLength::Empty })
    }

    /// `nodes`: keys of the charts only.
    fn nodes(&mut self) -> Result<BTreeMap<String, String>, Cause> {
        let Some(nodes) = self.at("nodes")? else { return Ok(BTreeMap::new()) };
        let is_known = |key: &str| key == "single_node_deploy" || key.strip_prefix("node-").is_some_and(|number| number.parse::<u8>().is_ok());
        let keys: Vec<&str> = nodes.entries().iter().map(|(key, _)| key.text.as_str()).filter(|key| is_known(key)).take(NODES).collect();
        if !matches!(nodes.value, Value::Map(_)) {
            return Err(self.unusable(nodes));
        }
        let mut found = BTreeMap::new();
        for key in keys {
            if let Some(machine) = self.text(&format!("nodes.{key}"))? {
                found.insert(key.to_owned(), machine);
            }
        }
        Ok(found)
    }

    /// Only what the ingress of this kind of cluster reads.
    fn certificate(&mut self) -> Result<Option<IngressCertificate>, Cause> {
        match self.text("cluster_type")?.as_deref() {
            Some("eks") => Ok(match self.text("ingress.annotations.certificate")?.as_deref().unwrap_or_default().split(':').nth(2) {
                Some("acm") => Some(IngressCertificate::Acm),
                Some("iam") => Some(IngressCertificate::Uploaded),
                _ => None,
            }),
            Some("gke") => Ok(self.text("ingress.gcp.managedCertificateName")?.map(|_| IngressCertificate::Google)),
            _ => Ok(None),
        }
    }

    /// The keys that still have a value of the chart's own development.
    fn development(&self, known: &BTreeMap<String, BTreeSet<String>>) -> Result<Vec<String>, Cause> {
        let mut found = Vec::new();
        for (key, values) in known {
            if let Some(text) = self.scalar(key)?
                && values.iter().any(|value| is_like(text.trim(), value))
            {
                found.push(key.clone());
            }
        }
        Ok(found)
    }
}

/// A template, a variable, a text that SOPS or vals turns into another, or a placeholder such as `<your-namespace>`.
fn is_filled_in_elsewhere(text: &str) -> bool {
    let text = text.trim();
    text.contains("{{")
        || text.contains("${")
        || ["ENC[", "ref+", "vault:"].iter().any(|sign| text.starts_with(sign))
        || (text.starts_with('<') && text.ends_with('>'))
}

/// `*` at either end of the pattern stands for any text.
fn is_like(text: &str, pattern: &str) -> bool {
    match (pattern.strip_prefix('*'), pattern.strip_suffix('*')) {
        (Some(rest), Some(_)) => rest.strip_suffix('*').is_some_and(|part| text.contains(part)),
        (Some(end), None) => text.ends_with(end),
        (None, Some(start)) => text.starts_with(start),
        (None, None) => text == pattern,
    }
}

fn service_type(word: &str) -> ServiceType {
    match word {
        "ClusterIP" => ServiceType::ClusterIp,
        "NodePort" => ServiceType::NodePort,
        "LoadBalancer" => ServiceType::LoadBalancer,
        _ => ServiceType::Other,
    }
}

/// The deploy script of the 4.x chart writes the tag `4.1.1-4.1.1` for the release 4.1.1.
fn once(tag: &str) -> String {
    match tag.split_once('-') {
        Some((version, again)) if version == again => version.to_owned(),
        _ => tag.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::{is_filled_in_elsewhere, is_like, once};

    #[test]
    fn a_star_stands_for_any_text() {
        for (text, pattern, expected) in [
            ("a.dev.medicmobile.org", "*.dev.medicmobile.org", true),
            ("dev.medicmobile.org", "*.dev.medicmobile.org", false),
            ("dualstack.k8s-devchtalb-1.elb", "dualstack.k8s-devchtalb-*", true),
            ("arn:aws:iam::720541322708:server-certificate/x", "*:720541322708:*", true),
            ("arn:aws:iam::7205413227080:server-certificate/x", "*:720541322708:*", false),
            ("2100Mi", "100Mi", false),
            ("100Mi", "100Mi", true),
        ] {
            assert_eq!(is_like(text, pattern), expected, "{text} {pattern}");
        }
    }

    #[test]
    fn what_another_program_fills_in() {
        for text in ["{{ .Values.x }}", "a-{{ y }}", "${PASSWORD}", "ENC[AES256_GCM,data:x]", "ref+vault://x#y", "vault:secret/x#y", " <uuid> "] {
            assert!(is_filled_in_elsewhere(text), "{text}");
        }
        for text in ["", "5.2.0", "a<b>c", "<", "walnut-harbor-tulip", "$x", "{x}"] {
            assert!(!is_filled_in_elsewhere(text), "{text}");
        }
    }

    #[test]
    fn a_tag_that_is_written_twice_is_one() {
        assert_eq!((once("4.1.1-4.1.1"), once("5.2.0"), once("5.2.0-beta.1")), ("4.1.1".to_owned(), "5.2.0".to_owned(), "5.2.0-beta.1".to_owned()));
    }
}
