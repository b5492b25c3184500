//! The version that runs: as the description says, as the compose files or the Helm values name it, and as the server tells
//! it; and the CHT's own images in those files.

use crate::{
    evidence::{ComposeFacts, EnvFacts, Seen, cht::Monitoring, files::Service},
    finding::{Cause, CauseKind, Tier},
    version::Version,
};

use super::{
    Context, Graded, Judgement, Measurement, Question,
    asks::{compose, env, helm, monitoring},
    claim::Own,
    kubernetes,
    settle::Document,
};

/// One judgement on the version by one rule, whoever tells it.
pub(super) fn judged(cx: &Context<'_>, grade: impl Fn(&Version) -> Result<Graded, Cause>) -> Vec<Judgement> {
    graded(cx, &grade, |_, version| grade(version))
}

/// The same, where the images themselves say more than their version.
pub(super) fn graded(
    cx: &Context<'_>,
    grade: impl Fn(&Version) -> Result<Graded, Cause>,
    grade_images: impl Fn(&[Image<'_>], &Version) -> Result<Graded, Cause>,
) -> Vec<Judgement> {
    let (claim, path) = declared(cx, &grade);
    let filed = images(cx).map(|filed| {
        let filed = filed?;
        Ok(Document { graded: grade_images(&filed.facts, &one_tag(cx, &filed.facts)?)?, at: filed.at })
    });
    let measurement = monitoring(cx).and_then(|seen| {
        let graded = grade(&running(cx, seen.facts)?)?;
        Ok(Measurement { graded, at: seen.at, tier: Tier::Network })
    });
    let (document, measurement) = match (filed, measurement) {
        // Where nobody looked at the server, what is wrong with the files says more.
        (Some(Err(cause)), Err(missed)) if missed.kind == CauseKind::NotCollected => (None, Err(cause)),
        (filed, measurement) => (filed.and_then(Result::ok), measurement),
    };
    let path = if document.is_some() && matches!(claim, Ok(None)) { files_path(cx).to_owned() } else { path };
    vec![cx.settle(Question { subject: String::new(), path, best: None, claim, document, measurement })]
}

/// Where the description names the files that say which images run.
pub(super) fn files_path(cx: &Context<'_>) -> &'static str {
    if cx.site.said.files.helm_values.is_some() { kubernetes::PATH } else { "files.compose" }
}

/// `cht.version`, graded, or the answer that is newer.
fn declared(cx: &Context<'_>, grade: impl Fn(&Version) -> Result<Graded, Cause>) -> super::claim::Said {
    let Some(text) = cx.site.said.cht.version.as_deref() else { return cx.said(None) };
    let version = text.parse().map_err(|_| Cause::new(CauseKind::Knowledge, text)).and_then(|version| believable(cx, version));
    let told = version.and_then(|version| grade(&version));
    match told {
        Ok(graded) => cx.said(Some(Own::undated(graded, "cht.version"))),
        // Why it could not be graded is worth telling where no answer stands beside it.
        Err(cause) => match cx.said(None) {
            (Ok(None), _) if cx.answers => (Err(cause), "cht.version".to_owned()),
            said => said,
        },
    }
}

/// The version that the server says it runs.
///
/// # Errors
/// It says none, one that is no version, or one that nobody can know yet.
pub(super) fn running(cx: &Context<'_>, facts: &Monitoring) -> Result<Version, Cause> {
    let text = facts.app.as_deref().unwrap_or("version.app");
    text.parse().map_err(|_| Cause::new(CauseKind::NotUnderstood, text)).and_then(|version| believable(cx, version))
}

/// The version itself, unless it is more than one major ahead of every release that is known: then it is a slip of the
/// pen, or what nobody here knows the rules for.
///
/// # Errors
/// It is that far ahead.
pub(super) fn believable(cx: &Context<'_>, version: Version) -> Result<Version, Cause> {
    let releases = &cx.knowledge.releases;
    let newest = releases.minors.iter().filter_map(|minor| Some(minor.version.parse::<Version>().ok()?.major)).max();
    if newest.is_some_and(|newest| version.major <= newest.saturating_add(1)) {
        return Ok(version);
    }
    Err(Cause::new(CauseKind::Knowledge, format!("{version}, {}", releases.gathered)))
}

// Compose files and Helm values ----------------------------------------------------------------------------------------

/// An image of the CHT in the compose files, or the one that stands for all of a chart.
#[derive(Debug, Clone, Copy)]
pub(super) struct Image<'a> {
    /// The service that runs it.
    pub(super) service: &'a str,
    /// Where it comes from: `public.ecr.aws/medic`; empty for Docker's own registry.
    pub(super) registry: &'a str,
    /// `cht-api`.
    pub(super) name: &'a str,
    /// What follows the colon; none where nothing does.
    pub(super) tag: Option<&'a str>,
}

/// The images that carry the CHT's version as their tag (reference 1.1). The upgrade service has a version of its own.
const IMAGES: &[&str] = &["cht-nginx", "cht-api", "cht-sentinel", "cht-haproxy", "cht-couchdb", "cht-couchdb-nouveau", "cht-haproxy-healthcheck"];

/// What was seen at a moment.
#[derive(Debug, Clone, Copy)]
pub(super) struct At<T> {
    pub(super) at: jiff::Timestamp,
    pub(super) facts: T,
}

/// Where the charts take their images from, unless `upstream_servers.docker_registry` says otherwise.
pub(super) const REGISTRY: &str = "public.ecr.aws/medic";

/// The CHT's own images in the files that say what runs: the Helm values where any are named, else the compose files,
/// those of profiles left out. A chart gives all of its images the one tag of `cht_image_tag`.
pub(super) fn images<'a>(cx: &Context<'a>) -> Option<Result<At<Vec<Image<'a>>>, Cause>> {
    if let Some(values) = helm(cx) {
        return Some(values.map(|Seen { at, facts }| {
            let registry = facts.registry.as_deref().unwrap_or(REGISTRY);
            let tag = facts.image_tag.as_deref();
            At { at, facts: tag.map(|tag| Image { service: "cht_image_tag", registry, name: "cht-api", tag: Some(tag) }).into_iter().collect() }
        }));
    }
    let read = compose(cx)?.map(|seen| At { at: seen.at, facts: services(seen.facts).filter_map(|(name, service)| image(name, service)).collect() });
    Some(read)
}

/// The services that start without a profile.
fn services(facts: &ComposeFacts) -> impl Iterator<Item = (&str, &Service)> {
    facts.services.iter().filter(|(_, service)| service.profiles.is_empty()).map(|(name, service)| (name.as_str(), service))
}

fn image<'a>(service: &'a str, facts: &'a Service) -> Option<Image<'a>> {
    let reference = facts.image.as_deref()?;
    // A digest pins the image and names no version.
    let reference = reference.split_once('@').map_or(reference, |(before, _)| before);
    let (registry, last) = reference.rsplit_once('/').unwrap_or(("", reference));
    let (name, tag) = last.split_once(':').map_or((last, None), |(name, tag)| (name, Some(tag)));
    IMAGES.contains(&name).then_some(Image { service, registry, name, tag })
}

/// The version that every image carries.
///
/// # Errors
/// There is no image, one without a version, more than one version, or one that nobody can know yet.
pub(super) fn one_tag(cx: &Context<'_>, images: &[Image<'_>]) -> Result<Version, Cause> {
    let unfit = |detail: String| Cause::new(CauseKind::File, detail);
    let mut versions: Vec<(Version, &str)> = Vec::new();
    for image in images {
        let version = image.tag.and_then(|tag| tag.parse().ok());
        versions.push((version.ok_or_else(|| unfit(spell(image)))?, image.name));
    }
    match versions.as_slice() {
        [] => Err(unfit("no image of the CHT".to_owned())),
        [(first, _), rest @ ..] => match rest.iter().find(|(version, _)| version != first) {
            Some((other, name)) => Err(unfit(format!("{}:{first}, {name}:{other}", versions[0].1))),
            None => believable(cx, first.clone()),
        },
    }
}

/// The service with what its image is called.
pub(super) fn spell(image: &Image<'_>) -> String {
    image.tag.map_or_else(|| format!("{}: {}", image.service, image.name), |tag| format!("{}: {}:{tag}", image.service, image.name))
}

/// The database is a cluster: the compose files start several nodes, or the environment file sends its proxy to several.
/// Undecided is no.
pub(super) fn is_cluster(cx: &Context<'_>) -> bool {
    let nodes = match compose(cx) {
        Some(Ok(seen)) => services(seen.facts).filter(|(name, service)| image(name, service).is_some_and(|image| image.name == "cht-couchdb")).count(),
        Some(Err(_)) | None => 0,
    };
    nodes > 1 || env(cx).is_some_and(|env| env.is_ok_and(|seen| servers(seen.facts) > 1))
}

/// How many database servers `COUCHDB_SERVERS` names.
fn servers(facts: &EnvFacts) -> usize {
    facts.values.get("COUCHDB_SERVERS").map_or(0, |servers| servers.split(',').filter(|server| !server.trim().is_empty()).count())
}
