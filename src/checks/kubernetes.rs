//! What the Helm values tell of a cluster: whether the loss of one machine heals, and whether the data outlasts the release.
//! What the cluster itself would say (how many machines there are, which policy a volume has) they do not hold.

use std::collections::BTreeSet;

use crate::{
    evidence::{HelmFacts, helm::HelmChart},
    finding::{Cause, CauseKind, args},
};

use super::{Context, Graded, Judgement, Question, Rating, asks::helm, settle::Document};

/// Where the description names the values file.
pub(super) const PATH: &str = "files.helm_values";

/// Settles the description's word with what the values file says, or why that says nothing.
fn decide(cx: &Context<'_>, grade: impl FnOnce(&HelmFacts, &str) -> Result<Graded, Cause>) -> Judgement {
    let (claim, path) = cx.said(None);
    let file = cx.site.said.files.helm_values.as_deref().unwrap_or_default();
    let read = helm(cx).unwrap_or_else(|| Err(Cause::new(CauseKind::NotCollected, "")));
    let (document, cause) = match read.and_then(|seen| Ok(Document { graded: grade(seen.facts, file)?, at: seen.at })) {
        Ok(document) => (Some(document), Cause::new(CauseKind::NotCollected, "")),
        Err(cause) => (None, cause),
    };
    let path = if document.is_some() && matches!(claim, Ok(None)) { PATH.to_owned() } else { path };
    cx.settle(Question { subject: String::new(), path, best: None, claim, document, measurement: Err(cause) })
}

// restarts.k8s-safety --------------------------------------------------------------------------------------------------

/// A database that is tied to its machine waits for that machine. That nothing ties it does not show that another machine
/// is there to take it over.
pub(super) fn node_loss(cx: &Context<'_>) -> Vec<Judgement> {
    let promised = matches!(cx.said(None).0, Ok(Some(claim)) if claim.graded.rating == Rating::Good);
    vec![decide(cx, |facts, file| {
        // The pins of a single database and those of a cluster are never read together.
        let is_read = |key: &str| facts.clustered.is_none_or(|clustered| clustered != (key == "single_node_deploy"));
        let pins: Vec<(&String, &String)> = facts.nodes.iter().filter(|(key, _)| is_read(key)).collect();
        let ties: Vec<String> = pins.iter().map(|(key, machine)| format!("nodes.{key}: {machine}")).chain(local_disk(facts)).collect();
        let first = ties.first().cloned().ok_or_else(|| Cause::new(CauseKind::Vantage, file))?;
        // With a single machine it would be worse than a warning: that there are more is known where two are named.
        let machines: BTreeSet<&String> = pins.into_iter().map(|(_, machine)| machine).collect();
        if machines.len() < 2 && !promised {
            return Err(Cause::new(CauseKind::Vantage, first));
        }
        Ok(Graded::middling("tied", args([("file", file.into()), ("ties", ties.into())])))
    })]
}

/// The disk of one machine holds the data: a volume of `local-path`, or a folder.
fn local_disk(facts: &HelmFacts) -> Option<String> {
    if facts.cluster_type.as_deref() != Some("k3s-k3d") || facts.vsphere == Some(true) {
        return None;
    }
    match facts.storage_class.as_deref() {
        _ if facts.pre_existing == Some(true) => Some("couchdb_data.preExistingDataAvailable: true".to_owned()),
        None => Some("cluster_type: k3s-k3d".to_owned()),
        Some("local-path") => Some("couchdb.storage_class: local-path".to_owned()),
        Some(_) => None,
    }
}

// backups.vm-or-pv-policy ----------------------------------------------------------------------------------------------

/// The charts make volumes that outlast the release, but only for data that was there before; else the storage class
/// decides, and most of them delete (reference 1.5).
pub(super) fn volume_policy(cx: &Context<'_>) -> Vec<Judgement> {
    vec![decide(cx, grade_volumes)]
}

fn grade_volumes(facts: &HelmFacts, file: &str) -> Result<Graded, Cause> {
    let cluster = facts.cluster_type.as_deref().ok_or_else(|| Cause::new(CauseKind::File, format!("{file}: cluster_type")))?;
    let retained = |key: &str| Ok(Graded::good("retained", args([("file", file.into()), ("key", key.into())])));
    match (cluster, facts.pre_existing, facts.chart) {
        // A volume that nobody has: these are not the values that were used.
        ("eks", Some(true), _) if facts.development.iter().any(|key| key == VOLUME) => Err(Cause::new(CauseKind::File, format!("{file}: {VOLUME}"))),
        ("eks" | "k3s-k3d", Some(true), _) | ("gke", Some(true), Some(HelmChart::Current) | None) => retained("couchdb_data.preExistingDataAvailable: true"),
        // Its volumes, or its folder, are the machine's own.
        ("k3s-k3d", _, Some(HelmChart::Former)) => retained("cluster_type: k3s-k3d"),
        _ => Err(Cause::new(CauseKind::Vantage, format!("couchdb.storage_class: {}", facts.storage_class.as_deref().or(usual_class(cluster)).unwrap_or("?")))),
    }
}

/// The placeholder that the chart's own values hold.
const VOLUME: &str = "ebs.preExistingEBSVolumeID-1";

/// The storage class that the chart asks for where the values name none.
fn usual_class(cluster: &str) -> Option<&'static str> {
    match cluster {
        "eks" => Some("ebs-gp2"),
        "gke" => Some("standard-rwo"),
        "k3s-k3d" => Some("local-path"),
        _ => None,
    }
}
