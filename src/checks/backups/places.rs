//! Judges of three copies, two kinds of storage, one elsewhere.

use std::collections::BTreeSet;

use crate::{
    checks::{Context, Graded, Judgement},
    finding::{Arg, args},
    site::{BackupCopy, Locality, Media},
};

use super::copies;

/// A limit as a number of copies.
fn count(cx: &Context<'_>, name: &str) -> usize {
    usize::try_from(cx.limit(name)).unwrap_or(usize::MAX)
}

/// `backups.copies-3`: the live database is the first.
pub(super) fn three_copies(cx: &Context<'_>) -> Vec<Judgement> {
    let named = &cx.site.said.backups.copies;
    let standing = copies::standing(cx, copies::counting(cx.site));
    let all = standing.len() + 1;
    let told = args([("count", all.into()), ("copies", copies::ids(&standing))]);
    let graded = if all >= count(cx, "pass") {
        Graded::good("enough", told)
    } else if all >= count(cx, "warn") {
        Graded::middling("few", told)
    } else {
        Graded::bad("no-copy", args([("named", named.iter().map(|copy| copy.id.clone()).collect::<Vec<_>>().into())]))
    };
    // Those that are needed stand for it: a further one makes the word no older.
    let needed = &standing[..standing.len().min(count(cx, "pass").saturating_sub(1))];
    let own = (!named.is_empty()).then(|| copies::set_word(cx, graded, needed));
    copies::only_with_a_copy(cx, vec![copies::decide(cx, own, Ok(None), copies::PATH)])
}

/// `backups.media-2`: the live database is on the server's disk.
pub(super) fn two_media(cx: &Context<'_>) -> Vec<Judgement> {
    let standing = copies::standing(cx, copies::counting(cx.site));
    let mut kinds: BTreeSet<&str> = [word(Media::ServerDisk)].into();
    // The first of each further kind.
    let members: Vec<&BackupCopy> = standing.iter().copied().filter(|copy| copy.media.is_some_and(|media| kinds.insert(word(media)))).collect();
    let told = args([("count", kinds.len().into()), ("kinds", Arg::List(kinds.iter().map(|&kind| kind.to_owned()).collect()))]);
    let wanted = count(cx, "pass");
    let said = !standing.is_empty() && standing.iter().all(|copy| copy.media.is_some());
    let own = if kinds.len() >= wanted {
        let needed = &members[..members.len().min(wanted.saturating_sub(1))];
        Some(copies::set_word(cx, Graded::good("several", told), needed))
    } else {
        // A copy that does not say what it is kept on may be kept on something else.
        said.then(|| copies::set_word(cx, Graded::bad("one", told), &standing))
    };
    copies::only_with_a_copy(cx, vec![copies::decide(cx, own, Ok(None), "backups.copies[].media")])
}

/// The description's own word.
fn word(media: Media) -> &'static str {
    match media {
        Media::ServerDisk => "server-disk",
        Media::Hdd => "hdd",
        Media::UsbDisk => "usb-disk",
        Media::Nas => "nas",
        Media::San => "san",
        Media::Object => "object",
        Media::Tape => "tape",
    }
}

/// `backups.offsite-1`
pub(super) fn one_offsite(cx: &Context<'_>) -> Vec<Judgement> {
    let words = copies::counting(cx.site).into_iter().filter_map(|copy| {
        // Another place that is no kilometre away: one of the two words is wrong.
        let place = copy.place.filter(|_| copy.km != Some(0))?;
        let told = args([("copy", copy.id.as_str().into()), ("place", copies::place(place))]);
        let graded = match place {
            Locality::OtherTown | Locality::OtherRegion | Locality::Elsewhere => Graded::good("away", told),
            Locality::SameCampus => Graded::middling("campus", told),
            Locality::SameBuilding | Locality::SameRoom | Locality::SameServer => Graded::bad("on-site", told),
        };
        Some(copies::word(copy, graded))
    });
    let own = copies::best(cx, words.collect()).or_else(|| copies::none_counts(cx, "no-copy"));
    copies::only_with_a_copy(cx, vec![copies::decide(cx, own, Ok(None), "backups.copies[].place")])
}
