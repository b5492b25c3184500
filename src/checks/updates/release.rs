//! What the version is, and what is known of it.

use jiff::civil::Date;

use crate::{
    checks::{
        Context, Graded, Judgement, Measurement, Question,
        asks::{compose, helm, monitoring},
        running::{self, Image},
        settle::Document,
    },
    evidence::{ComposeFacts, HelmFacts, Seen, cht::Monitoring},
    finding::{Arg, Args, Cause, CauseKind, Tier, args},
    knowledge::Minor,
    span::Span,
    version::{Build, Version},
};

/// Major and minor.
type Line = (u32, u32);

// What is known --------------------------------------------------------------------------------------------------------

/// The minors that are known, in no order.
fn minors<'a>(cx: &Context<'a>) -> impl Iterator<Item = (Line, &'a Minor)> {
    cx.knowledge.releases.minors.iter().filter_map(|minor| Some((minor.version.parse::<Version>().ok()?.line(), minor)))
}

/// The newest line that is known and was out on the day that is judged for.
fn newest(cx: &Context<'_>) -> Option<Line> {
    minors(cx).filter(|(_, minor)| minor.released <= cx.now.today()).map(|(line, _)| line).max()
}

/// The table says nothing of a version: it is too new for it, or the table too old.
fn beyond(cx: &Context<'_>, version: &Version) -> Cause {
    Cause::new(CauseKind::Knowledge, format!("{version}, {}", cx.knowledge.releases.gathered))
}

/// Days from one day to another; negative where it lies before.
fn days(from: Date, to: Date) -> i64 {
    from.duration_until(to).as_hours() / 24
}

/// The table is young enough that what was newest in it may be taken for the newest.
fn is_young(cx: &Context<'_>) -> bool {
    days(cx.knowledge.releases.gathered, cx.now.today()) * Span::DAY <= cx.limit("knowledge")
}

fn told(version: &Version) -> Args {
    args([("version", version.to_string().into())])
}

fn with<const N: usize>(mut told: Args, more: [(&str, Arg); N]) -> Args {
    told.extend(args(more));
    told
}

// updates.supported ----------------------------------------------------------------------------------------------------

pub(super) fn supported(cx: &Context<'_>) -> Vec<Judgement> {
    running::judged(cx, |version| grade_support(cx, version))
}

fn grade_support(cx: &Context<'_>, version: &Version) -> Result<Graded, Cause> {
    let line = version.line();
    if minors(cx).all(|(known, _)| known < line) {
        return Err(beyond(cx, version));
    }
    let today = cx.now.today();
    let is_long_over = |ends: Date| -days(today, ends) * Span::DAY > cx.limit("warn");
    let Some((_, minor)) = minors(cx).find(|(known, _)| *known == line) else {
        // A line that is not listed any more ended before the next one that is (reference 4.2: 3.16 and older).
        let next = minors(cx).filter(|(known, _)| *known > line).min_by_key(|(known, _)| *known);
        return match next.and_then(|(_, minor)| Some((minor, minor.ends?))) {
            Some((minor, ends)) if is_long_over(ends) => {
                Ok(Graded::bad("unlisted", with(told(version), [("next", minor.version.as_str().into()), ("date", ends.into())])))
            }
            _ => Err(beyond(cx, version)),
        };
    };
    let Some(ends) = minor.ends else {
        let newest = with(told(version), [("date", cx.knowledge.releases.gathered.into())]);
        return if is_young(cx) { Ok(Graded::good("newest", newest)) } else { Err(beyond(cx, version)) };
    };
    let left = days(today, ends);
    let told = with(told(version), [("date", ends.into()), ("days", Arg::Count(left.abs()))]);
    Ok(if is_long_over(ends) {
        Graded::bad("ended", told)
    } else if left < 0 {
        Graded::middling("lately", told)
    } else if left * Span::DAY <= cx.limit("pass") {
        Graded::middling("ending", told)
    } else {
        Graded::good("supported", told)
    })
}

// updates.latest-patch -------------------------------------------------------------------------------------------------

pub(super) fn latest_patch(cx: &Context<'_>) -> Vec<Judgement> {
    running::judged(cx, |version| grade_patch(cx, version))
}

fn grade_patch(cx: &Context<'_>, version: &Version) -> Result<Graded, Cause> {
    let today = cx.now.today();
    let patches: Vec<(u32, Date)> = cx
        .knowledge
        .releases
        .patches
        .iter()
        .filter(|patch| patch.released <= today)
        .filter_map(|patch| Some((patch.version.parse::<Version>().ok()?, patch.released)))
        .filter_map(|(known, released)| if known.line() == version.line() { Some((known.patch?, released)) } else { None })
        .collect();
    let (latest, released) = patches.iter().max().copied().ok_or_else(|| beyond(cx, version))?;
    let before = |patch: u32| version.is_before(patch).ok_or_else(|| beyond(cx, version));
    let mut behind = 0_i64;
    for (patch, _) in &patches {
        behind += i64::from(before(*patch)?);
    }
    let latest = Version { patch: Some(latest), build: Build::Release, ..version.clone() };
    let told = with(told(version), [("latest", latest.to_string().into()), ("date", released.into())]);
    if behind > 0 {
        let told = with(told, [("count", behind.into())]);
        return Ok(if behind > cx.limit("warn") { Graded::bad("far-behind", told) } else { Graded::middling("behind", told) });
    }
    // Nothing newer is known; a patch that came out since would not be. A line whose support had ended gets none.
    let gathered = cx.knowledge.releases.gathered;
    let is_closed = minors(cx).any(|(line, minor)| line == version.line() && minor.ends.is_some_and(|ends| ends < gathered));
    if !is_closed && !is_young(cx) {
        return Err(beyond(cx, version));
    }
    let told = with(told, [("gathered", gathered.into())]);
    Ok(Graded::good(if version.patch > latest.patch { "later" } else { "latest" }, told))
}

// updates.stable-build -------------------------------------------------------------------------------------------------

pub(super) fn stable_build(cx: &Context<'_>) -> Vec<Judgement> {
    let grade_images = |images: &[Image<'_>], version: &Version| {
        let graded = grade_build(version);
        let elsewhere = images.iter().find(|image| image.registry != running::REGISTRY).filter(|_| matches!(version.build, Build::Release));
        Ok(elsewhere.map_or(graded, |image| {
            let registry = if image.registry.is_empty() { "docker.io" } else { image.registry };
            Graded::middling("elsewhere", with(told(version), [("registry", registry.into())]))
        }))
    };
    running::graded(cx, |version| Ok(grade_build(version)), grade_images)
}

fn grade_build(version: &Version) -> Graded {
    let told = told(version);
    match &version.build {
        Build::Release => Graded::good("release", told),
        Build::Feature(name) => Graded::middling("feature", with(told, [("name", name.as_str().into())])),
        Build::Beta(_) => Graded::bad("beta", told),
        Build::Branch(_) => Graded::bad("branch", told),
    }
}

// updates.upgrade-path -------------------------------------------------------------------------------------------------

/// From here on, 5.x is one step away; before, it is not (`/hosting/cht/migration/preparing-for-5/`, reference 4.3).
const DIRECT: Line = (4, 5);
/// Before this, the CHT ran on another platform altogether.
const CONTAINERS: Line = (4, 0);

pub(super) fn upgrade_path(cx: &Context<'_>) -> Vec<Judgement> {
    running::judged(cx, |version| {
        let newest = newest(cx).filter(|newest| version.line() <= *newest).ok_or_else(|| beyond(cx, version))?;
        let told = with(told(version), [("newest", format!("{}.{}", newest.0, newest.1).into()), ("date", cx.knowledge.releases.gathered.into())]);
        Ok(if version.line() >= DIRECT {
            Graded::good("direct", told)
        } else if version.line() >= CONTAINERS {
            Graded::middling("stop-over", told)
        } else {
            Graded::bad("other-platform", told)
        })
    })
}

// updates.image-skew ---------------------------------------------------------------------------------------------------

/// The line of CouchDB that a CHT ships, from the first CHT that has it on (reference 4.2), newest first.
const DATABASES: &[(Line, Line)] = &[((4, 21), (3, 5)), ((4, 16), (3, 4)), ((4, 4), (3, 3)), ((4, 0), (2, 3))];

pub(super) fn image_skew(cx: &Context<'_>) -> Vec<Judgement> {
    let (claim, path) = cx.said(None);
    let images = running::images(cx);
    let filed = images.clone().map(|filed| {
        let filed = filed?;
        if let Some(values) = helm(cx).transpose()? {
            return Ok(Document { graded: grade_values(cx, &filed.facts, values.facts)?, at: filed.at });
        }
        let compose = compose(cx).transpose()?;
        Ok(Document { graded: grade_images(cx, &filed.facts, compose.as_ref())?, at: filed.at })
    });
    let named = images.and_then(Result::ok).and_then(|filed| running::one_tag(cx, &filed.facts).ok());
    let measurement = monitoring(cx).and_then(|seen| {
        let version = running::running(cx, seen.facts)?;
        let differs = || {
            let named = named.filter(|named| *named != version)?;
            Some(Graded::middling("differs", with(told(&version), [("named", named.to_string().into())])))
        };
        // The network shows that the parts do not fit, never that they do.
        let graded = other_database(cx, &version, seen.facts).or_else(differs).ok_or_else(|| Cause::new(CauseKind::NotCollected, ""))?;
        Ok(Measurement { graded, at: seen.at, tier: Tier::Network })
    });
    let (document, measurement) = match (filed, measurement) {
        (Some(Err(cause)), Err(missed)) if missed.kind == CauseKind::NotCollected => (None, Err(cause)),
        (filed, measurement) => (filed.and_then(Result::ok), measurement),
    };
    let path = if document.is_some() && matches!(claim, Ok(None)) { running::files_path(cx).to_owned() } else { path };
    vec![cx.settle(Question { subject: String::new(), path, best: None, claim, document, measurement })]
}

/// A chart gives one tag to all of its images. `chtversion` beside it should be the same (reference 1.5).
fn grade_values(cx: &Context<'_>, images: &[Image<'_>], values: &HelmFacts) -> Result<Graded, Cause> {
    let tag = running::one_tag(cx, images).map_err(|_| Cause::new(CauseKind::File, "cht_image_tag"))?;
    Ok(match values.version.as_deref().filter(|version| *version != tag.to_string()) {
        Some(version) => Graded::middling("values-differ", args([("tag", tag.to_string().into()), ("named", version.into())])),
        None => Graded::good("one-tag", told(&tag)),
    })
}

fn grade_images(cx: &Context<'_>, images: &[Image<'_>], compose: Option<&Seen<'_, ComposeFacts>>) -> Result<Graded, Cause> {
    let mut tags: Vec<&str> = images.iter().filter_map(|image| image.tag).collect();
    tags.sort_unstable();
    tags.dedup();
    if tags.len() > 1 {
        return Ok(Graded::bad("mixed", args([("images", images.iter().map(running::spell).collect::<Vec<_>>().into())])));
    }
    let version = running::one_tag(cx, images)?;
    // What could not be followed may hold the one image that differs.
    if let Some(first) = compose.and_then(|seen| seen.facts.not_followed.first()) {
        return Err(Cause::new(CauseKind::File, first.clone()));
    }
    // Files that leave out the API or its database do not show that the two fit.
    for part in ["cht-api", "cht-couchdb"] {
        if !images.iter().any(|image| image.name == part) {
            return Err(Cause::new(CauseKind::File, format!("no image {part}")));
        }
    }
    Ok(Graded::good("same", with(told(&version), [("count", images.len().into())])))
}

/// The database is of another line than the one that this CHT ships. Of a CHT that the table does not know, nothing is said.
fn other_database(cx: &Context<'_>, version: &Version, facts: &Monitoring) -> Option<Graded> {
    newest(cx).filter(|newest| version.line() <= *newest)?;
    let database: Version = facts.couchdb.as_deref()?.parse().ok()?;
    let (_, ships) = DATABASES.iter().find(|(from, _)| version.line() >= *from)?;
    (database.line() != *ships).then(|| {
        let ships = format!("{}.{}", ships.0, ships.1);
        Graded::bad("other-database", with(told(version), [("database", database.to_string().into()), ("ships", ships.into())]))
    })
}
