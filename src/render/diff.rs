//! What changed between two runs, for people: as a page of its own, and as a few words beside the gate.

use jiff::{Timestamp, tz::TimeZone};

use crate::{
    diff::{Change, Diff, Kind, Stamp, WaiverKind, Word},
    finding::{Basis, Verdict},
    report::Report,
    texts::Texts,
};

use super::{
    Style,
    table::{Page, severity_word},
};

/// How many checks are named beside the gate.
const NAMED: usize = 3;

/// Each kind in the order in which it is told: its heading on the page, and its words beside the gate.
const KINDS: [(Kind, &str, &str); 7] = [
    (Kind::Broken, "Worse", "worse"),
    (Kind::NoLongerShown, "No longer shown", "no longer shown"),
    (Kind::Aged, "Aged by itself: the evidence is the same, and time has passed", "aged by itself, not gated"),
    (Kind::Weaker, "The same, resting on less", "resting on less"),
    (Kind::NoLongerApplies, "Does not apply any more", "not applying any more"),
    (Kind::Fixed, "Mended", "mended"),
    (Kind::NewlyShown, "Newly shown, or resting on more", "newly shown"),
];

/// The page that `diff` prints.
#[must_use]
pub fn text(diff: &Diff, texts: &Texts, style: Style) -> String {
    let mut page = Page { text: String::new(), style: Style { width: style.width.clamp(60, 120), ..style }, texts };
    let zone = TimeZone::get(&diff.timezone).unwrap_or(TimeZone::UTC);
    page.wrapped("", &format!("{}  {}", diff.site, diff.url));
    let at = |stamp: &Stamp| texts.instant(stamp.as_of, &zone);
    page.wrapped("", &format!("From {} to {}, {} checks compared", at(&diff.old), at(&diff.new), diff.compared));
    page.line("");
    page.wrapped("", &scores(diff));
    if diff.other_rules() {
        page.wrapped("", &rules(diff));
    }
    if diff.changes.is_empty() && diff.waivers.is_empty() {
        page.line("");
        page.line("Nothing that both runs looked at has changed.");
    }
    for (kind, heading, _) in KINDS {
        if diff.of(kind).next().is_none() {
            continue;
        }
        page.heading(heading);
        for change in diff.of(kind) {
            page.change(change);
        }
    }
    page.waivers(diff);
    for (heading, checks) in [
        ("Only in the older run", &diff.only_old),
        ("Only in the newer run", &diff.only_new),
        ("Not compared: the newer run was told not to look where the older one did", &diff.left_out),
    ] {
        if !checks.is_empty() {
            page.heading(heading);
            page.wrapped("- ", &checks.join(", "));
        }
    }
    page.text
}

/// What became of the score.
fn scores(diff: &Diff) -> String {
    let spelled = |stamp: &Stamp| {
        let letter = stamp.grade.map(|grade| format!(" {grade:?}")).unwrap_or_default();
        stamp.score.map(|score| format!("{score}{letter}"))
    };
    match (spelled(&diff.old), spelled(&diff.new)) {
        (Some(old), Some(new)) => format!("Score: {old}, then {new}."),
        (Some(old), None) => format!("Score: {old}, then none: the newer run looked at a part only."),
        (None, Some(new)) => format!("Score: {new}; the older run has none."),
        (None, None) => "Neither run has an overall score.".to_owned(),
    }
}

/// What the rules did to the score, and what the site did.
fn rules(diff: &Diff) -> String {
    let other = "The two runs were judged by different rules";
    match (diff.same_rules, diff.old.score, diff.new.score) {
        (Some(same), Some(old), Some(new)) => {
            let by = |from: u32, to: u32| format!("{:+}", i64::from(to) - i64::from(from));
            // What is left after the site's own part is the rules': another weight, another severity, a check more or less.
            let (site, all) = (i64::from(same.new) - i64::from(same.old), i64::from(new) - i64::from(old));
            format!(
                "{other}. Both by the newer ones, over the {} checks that both have: {}, then {}. Of {} points, the site made {} and the rules {:+}.",
                same.checks,
                same.old,
                same.new,
                by(old, new),
                by(same.old, same.new),
                all - site
            )
        }
        _ => format!("{other}: what looks like a change may be a rule's."),
    }
}

impl Page<'_> {
    fn change(&mut self, change: &Change) {
        let on = if change.subject.is_empty() { String::new() } else { format!(" on {}", change.subject) };
        let waived = if change.waived { ", waived" } else { "" };
        self.wrapped("- ", &format!("{}{on} ({}{waived})", change.check, severity_word(change.severity)));
        match &change.old {
            Some(old) => self.wrapped("  Was   ", &told(old)),
            None => self.line("  Was   not there"),
        }
        self.wrapped("  Is    ", &told(&change.new));
    }

    fn waivers(&mut self, diff: &Diff) {
        if diff.waivers.is_empty() {
            return;
        }
        self.heading("Waivers");
        for change in &diff.waivers {
            let until = |waiver: &Option<crate::finding::Waiver>| waiver.as_ref().map(|it| self.texts.date(it.until)).unwrap_or_default();
            let text = match change.kind {
                WaiverKind::Added => format!("{}: new, until {}", change.check, until(&change.new)),
                WaiverKind::Removed => format!("{}: gone; it held until {}", change.check, until(&change.old)),
                WaiverKind::Expired => format!("{}: has run out since; it held until {}", change.check, until(&change.new)),
                WaiverKind::Changed => format!("{}: changed; it held until {}, and holds until {}", change.check, until(&change.old), until(&change.new)),
            };
            self.wrapped("- ", &text);
        }
    }

    /// Beside the gate: what changed since the baseline, a few words a kind.
    pub(super) fn since(&mut self, report: &Report) {
        let Some(diff) = &report.baseline else { return };
        let day = |at: Timestamp| self.texts.date(at.to_zoned(report.zone()).date());
        let mut parts: Vec<String> =
            KINDS.iter().filter_map(|(kind, _, words)| named(words, &diff.of(*kind).map(|it| it.check.as_str()).collect::<Vec<_>>())).collect();
        let expired: Vec<&str> = diff.waivers.iter().filter(|it| it.kind == WaiverKind::Expired).map(|it| it.check.as_str()).collect();
        parts.extend(named("no longer waived, not gated", &expired));
        parts.extend(named("unknown to the baseline, not gated", &diff.only_new.iter().map(String::as_str).collect::<Vec<_>>()));
        parts
            .extend(named("not compared, because this run did not look where the baseline did", &diff.left_out.iter().map(String::as_str).collect::<Vec<_>>()));
        let parts = if parts.is_empty() { "nothing has changed".to_owned() } else { parts.join("; ") };
        let rules = if diff.other_rules() { ". It was judged by other rules: take a new baseline" } else { "" };
        self.wrapped("Since the baseline  ", &format!("of {}: {parts}{rules}", day(diff.old.as_of)));
    }
}

/// `2 worse (a, b)`; none where there is none.
fn named(words: &str, checks: &[&str]) -> Option<String> {
    let mut names: Vec<&str> = Vec::new();
    for check in checks {
        if !names.contains(check) {
            names.push(check);
        }
    }
    let more = if names.len() > NAMED { ", …" } else { "" };
    (!names.is_empty()).then(|| format!("{} {words} ({}{more})", names.len(), names.iter().take(NAMED).copied().collect::<Vec<_>>().join(", ")))
}

/// A verdict with what it rests on, and its sentence.
fn told(word: &Word) -> String {
    let verdict = match word.verdict {
        Verdict::Pass => "in order",
        Verdict::Warn => "warning",
        Verdict::Fail if word.contradicted => "contradicted",
        Verdict::Fail => "failing",
        Verdict::Unknown => "unknown",
        Verdict::NotApplicable => "does not apply",
    };
    let basis = match word.basis {
        Basis::Measured => ", measured",
        Basis::Documented => ", documented",
        Basis::Claimed => ", said",
        Basis::None => "",
    };
    format!("{verdict}{basis}: {}", word.message)
}
