//! The report on a terminal: what matters in the first screen, details after it, worst first.

use std::{fmt::Write as _, io};

use anstyle::{AnsiColor, Style as Ansi};
use comfy_table::{CellAlignment, ContentArrangement, Table, TableStyle};

use crate::{
    finding::{Basis, CauseKind, Finding, Severity, Tier, Verdict},
    report::{Mode, Report, who},
    score::{ConsiderationScore, Grade, Score},
    texts::Texts,
    trouble::{NextStep, Trouble},
};

use super::{Style, harmless, linkable, wrap};

/// How many troubles the first screen names; the rest follows in the details.
const TROUBLES: usize = 5;
/// How many further faults of one trouble it names.
const ALSO: usize = 2;
/// How many contradictions the first screen tells in full.
const CONTRADICTIONS: usize = 3;
/// Why a server that was asked showed nothing: no one page or right is at fault.
const SILENT: &[CauseKind] = &[
    CauseKind::NoAddress,
    CauseKind::Refused,
    CauseKind::Timeout,
    CauseKind::Broken,
    CauseKind::Tls,
    CauseKind::ApiDown,
    CauseKind::DatabaseDown,
    CauseKind::Forbidden,
    CauseKind::Deadline,
];
/// Columns of a bar, at most.
const BAR: u32 = 12;

pub(super) fn write(report: &Report, texts: &Texts, style: Style, out: &mut dyn io::Write) -> io::Result<()> {
    let mut page = Page { text: String::new(), style: Style { width: style.width.clamp(60, 120), ..style }, texts };
    page.head(report);
    page.contradictions(report);
    page.troubles(report);
    page.considerations(report);
    page.foot(report);
    page.details(report);
    page.limits(report);
    page.next();
    out.write_all(page.text.as_bytes())
}

pub(super) struct Page<'a> {
    pub(super) text: String,
    pub(super) style: Style,
    pub(super) texts: &'a Texts,
}

impl Page<'_> {
    /// A line of text from anywhere, made harmless.
    pub(super) fn line(&mut self, text: &str) {
        self.drawn(&harmless(text));
    }

    /// A line that is harmless already: it may hold colours.
    fn drawn(&mut self, text: &str) {
        self.text.push_str(text.trim_end());
        self.text.push('\n');
    }

    /// Wraps text at the page's width, further lines under the first one's text.
    pub(super) fn wrapped(&mut self, lead: &str, text: &str) {
        self.wrapped_in((lead, Ansi::new()), (text, Ansi::new()));
    }

    /// The same in colours, those of the lead and those of the text.
    fn wrapped_in(&mut self, (lead, lead_ansi): (&str, Ansi), (text, ansi): (&str, Ansi)) {
        let text = harmless(text);
        let indent = lead.chars().count();
        let room = self.style.width.saturating_sub(indent).max(20);
        let lines = wrap(&text, room);
        for (i, line) in lines.iter().enumerate() {
            let lead = if i == 0 { self.painted(lead, lead_ansi) } else { " ".repeat(indent) };
            let line = self.painted(line, ansi);
            self.drawn(&format!("{lead}{line}"));
        }
    }

    /// Text from anywhere, made harmless and then coloured.
    fn painted(&self, text: &str, ansi: Ansi) -> String {
        let text = harmless(text);
        if self.style.color { format!("{ansi}{text}{ansi:#}") } else { text }
    }

    pub(super) fn heading(&mut self, text: &str) {
        let painted = self.painted(text, Ansi::new().bold());
        self.drawn("");
        self.drawn(&painted);
    }

    fn head(&mut self, report: &Report) {
        let bold = Ansi::new().bold();
        if report.site.name.chars().count() + 2 + report.site.url.chars().count() > self.style.width {
            self.wrapped_in(("", bold), (&report.site.name, bold));
            self.wrapped("", &report.site.url);
        } else {
            let name = self.painted(&report.site.name, bold);
            self.drawn(&format!("{name}  {}", harmless(&report.site.url)));
        }
        let took = report.run.ended.duration_since(report.run.started).as_secs();
        let at = |instant| self.texts.instant(instant, &report.zone());
        // A run for another moment must not read as if somebody had looked then.
        let (run, judged) = (&report.run, format!("Judged for {}", at(report.run.as_of)));
        let when = match run.mode {
            Mode::Live | Mode::Offline if run.as_of == run.ended => format!("{}, {}", at(run.as_of), how(report, &self.texts.duration(took))),
            Mode::Live | Mode::Offline => format!("{judged}; on {} {}", at(run.started), how(report, &self.texts.duration(took))),
            Mode::Recorded => {
                let seen = report.findings.iter().filter(|finding| finding.tier.is_some_and(|tier| tier != Tier::Answer)).filter_map(|it| it.observed_at).max();
                seen.map_or_else(
                    || format!("{judged}, from recorded evidence"),
                    |seen| format!("{judged}, from evidence until {}", self.texts.date(seen.to_zoned(report.zone()).date())),
                )
            }
        };
        self.wrapped("", &when);
        if let Some(why) = silent(report).filter(|_| !report.run.interrupted) {
            self.wrapped("", &format!("Nothing of the CHT could be seen: {why}"));
        }
        if report.run.mode != Mode::Offline && !report.run.tiers.is_empty() {
            self.wrapped("", &format!("Limited to a part: {}.", limited(&report.run.tiers)));
        }
        if report.run.interrupted {
            self.line("Interrupted: this report holds what was seen until then.");
        }
        self.line("");
        for line in headline(report) {
            self.wrapped("", &line);
        }
    }

    fn contradictions(&mut self, report: &Report) {
        let contradicted: Vec<&Finding> = report.findings.iter().filter(|finding| finding.contradicted).collect();
        if contradicted.is_empty() {
            return;
        }
        self.heading("Where the description and the evidence disagree");
        for finding in contradicted.iter().take(CONTRADICTIONS) {
            let red = Ansi::new().fg_color(Some(AnsiColor::Red.into()));
            self.wrapped_in(("! ", red), (&format!("{}{}", finding.title, subject(finding)), red));
            if let Some(other) = &finding.other {
                self.wrapped("  Said  ", &other.message);
            }
            self.wrapped("  Seen  ", &finding.message);
        }
        if contradicted.len() > CONTRADICTIONS {
            self.line(&format!("  and {} more, below", contradicted.len() - CONTRADICTIONS));
        }
    }

    /// What fails, each cause once: no backup is one trouble, however many findings it has.
    fn troubles(&mut self, report: &Report) {
        if report.troubles.is_empty() {
            return;
        }
        self.heading("What to mend first");
        for trouble in report.troubles.iter().take(TROUBLES) {
            let Some(worst) = trouble.root(&report.findings) else { continue };
            let owner = who(worst).map(|name| format!(", {name}")).unwrap_or_default();
            let gain = if trouble.points == 0 { String::new() } else { format!(", {}", points(trouble.points)) };
            self.wrapped("- ", &worst.message);
            self.wrapped("  ", &self.texts.plain(&format!("{}.why", worst.check)));
            self.wrapped("  Do    ", &worst.remedy);
            self.wrapped("  ", &format!("{}: {}{gain}{owner}", worst.check, severity_word(trouble.severity)));
            if let Some(with) = with_it(report, trouble) {
                self.wrapped("  ", &with);
            }
        }
        if report.troubles.len() > TROUBLES {
            self.line(&format!("  and {} more, below", report.troubles.len() - TROUBLES));
        }
    }

    fn considerations(&mut self, report: &Report) {
        self.heading("The nine considerations");
        // A narrow page has short words and a bar that takes what is left, or none.
        let narrow = self.style.width < 80;
        let titles = report.considerations.iter().map(|it| it.title.chars().count()).max().unwrap_or(0);
        let columns = u32::try_from(self.style.width.saturating_sub(titles + 30)).unwrap_or(0).min(BAR);
        let columns = if narrow && columns < BAR / 2 { 0 } else { columns };
        let mut table = Table::new();
        table.load_style(TableStyle::new()).set_content_arrangement(ContentArrangement::Disabled);
        let bases = if narrow { ["meas.", "doc.", "said", "unkn."] } else { ["measured", "documented", "said", "unknown"] };
        table.add_row(["", "", "score"].into_iter().chain(bases));
        for it in &report.considerations {
            let score = it.score.map_or_else(|| "-".to_owned(), |score| score.to_string());
            table.add_row([harmless(&it.title), bar(it, columns), score].into_iter().chain(report.bases(&it.id).map(|count| count.to_string())));
        }
        for column in table.column_iter_mut() {
            let left = column.index < 2;
            column.set_padding((0, 1));
            column.set_cell_alignment(if left { CellAlignment::Left } else { CellAlignment::Right });
        }
        let drawn = table.to_string();
        for row in drawn.lines() {
            self.line(row);
        }
        let marks = if columns == 0 { "" } else { "# in order, / not shown, . not in order; " };
        let words = if narrow { "measured, documented, only said, unknown" } else { "the columns tell what findings rest on" };
        self.wrapped("", &format!("{marks}{}{words}", if narrow { "what findings rest on: " } else { "" }));
    }

    fn foot(&mut self, report: &Report) {
        self.line("");
        if let Some(step) = &report.next_step {
            self.wrapped("Cheapest next step  ", &next_step(report, step));
        }
        let gathered = self.texts.date(report.knowledge.gathered);
        let age = report.run.as_of.to_zoned(report.zone()).date().since(report.knowledge.gathered).map_or(0, |age| age.get_days());
        // A run for a day before that needs no "ago".
        let ago = if age > 0 { format!(", {} ago", self.texts.duration(i64::from(age) * 86_400)) } else { String::new() };
        self.wrapped("Knowledge gathered  ", &format!("{gathered}{ago}: CHT releases and the like"));
        for waiver in report.waivers.iter().filter(|waiver| waiver.state != crate::finding::WaiverState::Active) {
            let state = if waiver.state == crate::finding::WaiverState::Expired { "has run out: it held until" } else { "covers nothing now: it holds until" };
            self.wrapped("Waiver              ", &format!("{} {state} {}", waiver.check, self.texts.date(waiver.until)));
        }
        for limit in report.own_limits.iter().filter(|limit| limit.looser) {
            self.wrapped(
                "Looser limit        ",
                &format!("{}: {} is {} in this description, and {} as shipped", limit.check, limit.name, limit.own, limit.usual),
            );
        }
        self.since(report);
        self.wrapped("Gate                ", &report.gate.message);
    }

    fn details(&mut self, report: &Report) {
        self.heading("Findings, worst first");
        for finding in &report.findings {
            if matches!(finding.verdict, Verdict::Pass | Verdict::NotApplicable) {
                continue;
            }
            self.finding(report, finding);
        }
        for (verdict, heading) in [(Verdict::Pass, "In order"), (Verdict::NotApplicable, "Does not apply here")] {
            let these: Vec<&Finding> = report.findings.iter().filter(|finding| finding.verdict == verdict).collect();
            if these.is_empty() {
                continue;
            }
            self.heading(heading);
            for finding in these {
                let lead = if verdict == Verdict::Pass { format!("{:<10} ", basis_word(finding)) } else { "- ".to_owned() };
                // Most messages name their subject themselves.
                let on = if finding.message.contains(&finding.subject) { String::new() } else { subject(finding) };
                let text = format!("{}{on}: {}", finding.check, finding.message);
                self.wrapped(&lead, &text);
            }
        }
    }

    fn finding(&mut self, report: &Report, finding: &Finding) {
        let (word, color) = match finding.verdict {
            Verdict::Fail if finding.contradicted => ("CONTRADICTED", AnsiColor::Red),
            Verdict::Fail => ("FAIL", AnsiColor::Red),
            Verdict::Warn => ("WARN", AnsiColor::Yellow),
            _ => ("UNKNOWN", AnsiColor::Cyan),
        };
        let marks = [
            finding.planned.as_ref().map(|planned| format!("planned for {}", self.texts.date(planned.date))),
            is_waived(finding).then(|| finding.waiver.as_ref().map(|waiver| format!("waived until {}", self.texts.date(waiver.until)))).flatten(),
            finding.stale.then(|| "out of date".to_owned()),
            (finding.basis == Basis::Claimed).then(|| "only said".to_owned()),
        ];
        let marks: String = marks.into_iter().flatten().fold(String::new(), |mut all, mark| {
            let _ = write!(all, ", {mark}");
            all
        });
        let told = format!("{}{} ({}{marks})", finding.check, subject(finding), severity_word(finding.severity));
        self.drawn("");
        let from = self.text.len();
        self.wrapped_in((&format!("{word} "), Ansi::new().bold().fg_color(Some(color.into()))), (&told, Ansi::new()));
        self.link(from, finding);
        self.wrapped("  ", &finding.message);
        if let Some(other) = &finding.other {
            let lead = if other.basis == Basis::Measured { "  Seen  " } else { "  Said  " };
            self.wrapped(lead, &other.message);
        }
        if let Some(cause) = finding.cause.as_ref().filter(|cause| cause.kind != CauseKind::NotCollected) {
            self.wrapped("  Why   ", &self.texts.cause(cause));
        }
        if let Some(at) = finding.observed_at {
            let date = self.texts.date(at.to_zoned(report.zone()).date());
            let basis = match finding.basis {
                Basis::Measured => "a measurement",
                Basis::Documented => "a document",
                Basis::Claimed => "an answer without a document",
                Basis::None => "nothing",
            };
            self.line(&format!("  Rests on {basis}, {date}"));
        }
        if let Some(trouble) = report.troubles.iter().find(|trouble| trouble.with.contains(&finding.check)) {
            self.wrapped("  Cause ", &trouble.check);
        }
        if !finding.remedy.is_empty() && finding.verdict != Verdict::Unknown {
            self.wrapped("  Do    ", &finding.remedy);
        }
        if let Some(place) = finding.location.as_ref().filter(|_| finding.tier == Some(Tier::Answer) || finding.contradicted) {
            self.line(&format!("  See   {}:{}:{}", place.file, place.line, place.column));
        }
    }

    /// Makes a link (OSC 8) to its first page of the check's id that was drawn behind `from`.
    fn link(&mut self, from: usize, finding: &Finding) {
        let Some(page) = finding.references.first().filter(|page| self.style.links && linkable(page)) else { return };
        let id = harmless(&finding.check);
        let linked = self.text[from..].replacen(&id, &format!("\u{1b}]8;;{page}\u{1b}\\{id}\u{1b}]8;;\u{1b}\\"), 1);
        self.text.replace_range(from.., &linked);
    }

    /// What to type next.
    fn next(&mut self) {
        self.line("");
        self.wrapped("Next  ", "cht-audit explain CHECK (why, and how to mend it) or explain words");
    }

    fn limits(&mut self, report: &Report) {
        if report.limits.is_empty() {
            return;
        }
        self.heading("Not looked at");
        for limit in &report.limits {
            let text = if limit.cause.is_some() { format!("{}: {}", limit.what, limit.message) } else { limit.message.clone() };
            self.wrapped("- ", &text);
        }
    }
}

/// Score, word and letter, what holds it there, and the three shares.
pub(super) fn headline(report: &Report) -> Vec<String> {
    let Score {
        score: Some(score),
        raw: Some(raw),
        grade,
        potential: Some(potential),
        shown: Some(shown),
        unshown: Some(unshown),
        gap: Some(gap),
        ref ceilings,
        ..
    } = report.score
    else {
        return vec![if report.run.partial {
            "No overall score: this run looked at a part only.".to_owned()
        } else {
            "No score: none of the checks applies.".to_owned()
        }];
    };
    let mut first = match grade {
        Some(grade) => format!("{score} {grade:?}, {}.", words(grade)),
        None => format!("{score}, not graded yet: less than half was measured or documented."),
    };
    if score < raw {
        let held: Vec<String> = ceilings.iter().filter(|ceiling| ceiling.at == score).map(|ceiling| title(report, &ceiling.check)).collect();
        let named = held.iter().take(3).cloned().collect::<Vec<_>>().join("; ");
        let more = if held.len() > 3 { format!("; and {} more", held.len() - 3) } else { String::new() };
        let _ = write!(first, " It cannot rise above {score} until all of this is shown: {named}{more}. Without that limit it would be {raw}.");
    }
    let outlook = if potential > score { format!("It may come to {potential}") } else { format!("It stays at {score} even") };
    let _ = write!(first, " {outlook} if all that is unknown, only said or out of date turns out well.");
    vec![first, format!("Of 100 points: {shown} in order, {unshown} not shown, {gap} not in order.")]
}

fn title(report: &Report, check: &str) -> String {
    report.findings.iter().find(|finding| finding.check == check).map_or_else(|| check.to_owned(), |finding| finding.title.clone())
}

/// How evidence came in, and how long that took.
fn how(report: &Report, took: &str) -> String {
    match report.run.mode {
        Mode::Offline if !report.run.tiers.is_empty() => limited(&report.run.tiers),
        Mode::Offline => "files and answers only".to_owned(),
        Mode::Live | Mode::Recorded => format!("looked at from {} in {took}", report.run.vantage),
    }
}

/// What a run that is limited to some accesses goes by, and what it leaves aside.
fn limited(tiers: &[Tier]) -> String {
    let words: Vec<&str> = tiers.iter().map(|tier| if *tier == Tier::Answer { "answers" } else { tier.word() }).collect();
    let mut text = format!("{} only", words.join(" and "));
    for (tier, aside) in [(Tier::Network, "no network was used"), (Tier::Answer, "no answer of the description counts")] {
        if !tiers.contains(&tier) {
            let _ = write!(text, "; {aside}");
        }
    }
    text
}

/// Why the CHT showed nothing at all, where neither its numbers nor its first page could be had: a site that cannot be
/// reached is a result, and belongs where it is read first.
pub(super) fn silent(report: &Report) -> Option<&str> {
    let missed = |what: &str| report.limits.iter().find(|limit| limit.cause.is_some() && limit.what.starts_with(what));
    missed("cht start-page ")?;
    missed("cht monitoring ").filter(|limit| limit.cause.as_ref().is_some_and(|cause| SILENT.contains(&cause.kind))).map(|limit| limit.message.as_str())
}

/// The word of a letter.
fn words(grade: Grade) -> &'static str {
    match grade {
        Grade::A => "ready",
        Grade::B => "nearly ready",
        Grade::C | Grade::D => "at risk",
        Grade::F => "not ready",
    }
}

pub(super) fn severity_word(severity: Severity) -> &'static str {
    match severity {
        Severity::Critical => "critical",
        Severity::High => "high",
        Severity::Medium => "medium",
        Severity::Low => "low",
        Severity::Info => "info",
    }
}

pub(super) fn basis_word(finding: &Finding) -> &'static str {
    match finding.basis {
        Basis::Measured => "measured",
        Basis::Documented => "documented",
        Basis::Claimed => "said",
        Basis::None => "nothing",
    }
}

pub(super) fn subject(finding: &Finding) -> String {
    if finding.subject.is_empty() { String::new() } else { format!(" on {}", finding.subject) }
}

pub(super) fn is_waived(finding: &Finding) -> bool {
    finding.waiver.as_ref().is_some_and(|waiver| waiver.state == crate::finding::WaiverState::Active)
}

/// Shown, not shown and bad, of so many columns, which always end at the same edge.
fn bar(consideration: &ConsiderationScore, columns: u32) -> String {
    let Some(shares) = consideration.shares else { return " ".repeat(columns as usize) };
    let shown = shares.shown * columns / 100;
    let gap = (shares.gap * columns).div_ceil(100).min(columns - shown);
    let marks = |count: u32, mark: &str| mark.repeat(count as usize);
    marks(shown, "#") + &marks(columns - shown - gap, "/") + &marks(gap, ".")
}

/// The checks that share a trouble's cause, by their titles; none where there are none.
pub(super) fn with_it(report: &Report, trouble: &Trouble) -> Option<String> {
    let mut named: Vec<String> = trouble.with.iter().take(ALSO).map(|check| title(report, check)).collect();
    let rest = trouble.with.len() - named.len();
    named.extend((rest > 0).then(|| format!("and {rest} more")));
    (!named.is_empty()).then(|| format!("For the same cause not so, or not known: {}", named.join("; ")))
}

/// What to do to learn most, and what that is worth.
pub(super) fn next_step(report: &Report, step: &NextStep) -> String {
    let worth = if step.points == 0 { String::new() } else { format!(" (up to {})", points(step.points)) };
    let first = step.checks.first().map_or("", String::as_str);
    let others = step.checks.len().saturating_sub(1);
    let message = report.findings.iter().find(|finding| finding.check == first && finding.verdict == Verdict::Unknown).map_or("", |finding| &finding.message);
    match &step.key {
        Some(key) if others > 0 => {
            let checks = if others == 1 { "1 more check waits".to_owned() } else { format!("{others} more checks wait") };
            format!("write \"{key}\" into the description: {first} and {checks} for it{worth}")
        }
        _ => format!("{first}{worth}: {message}"),
    }
}

/// `1 point`, `12 points`.
pub(super) fn points(count: u32) -> String {
    format!("{count} {}", if count == 1 { "point" } else { "points" })
}
