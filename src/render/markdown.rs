//! The report as Markdown, for a job summary or a wiki. No HTML, and no link but to the pages of the catalogue.
//!
//! All text may be from outside. It comes back as text from every reader of GitHub's Markdown: signs that mean
//! something are escaped, and a word that GitHub would make a link of (an address, a mention, a number of an
//! issue) stands in a code span, where nothing is looked for and from which it is copied whole.

use std::io;

use crate::{
    finding::{Basis, Finding, Tier, Verdict, WaiverState},
    report::{Mode, Report, who},
    texts::Texts,
};

use super::{
    Style, harmless, linkable,
    table::{basis_word, headline, next_step, points, severity_word, silent, subject, with_it},
};

/// GitHub refuses a job summary that is longer, in bytes.
const LIMIT: usize = 1 << 20;
/// Kept for the words that tell what was cut.
const LAST: usize = 1_000;
/// The most that is shown of one text, in characters.
const LONGEST: usize = 4_000;
/// A pipe. Escaped by `\`, it would end the cell of a table after another `\`, and read otherwise in a code span.
const PIPE: &str = "&#124;";
/// How many troubles are named first.
const TROUBLES: usize = 5;

pub(super) fn write(report: &Report, texts: &Texts, _: Style, out: &mut dyn io::Write) -> io::Result<()> {
    let mut page = Page { text: String::new(), full: false, told: 0, texts };
    page.head(report);
    page.contradictions(report);
    page.troubles(report);
    page.considerations(report);
    page.findings(report);
    page.limits(report);
    page.run(report);
    out.write_all(page.text.as_bytes())?;
    if page.full {
        let (told, all) = (page.told, report.findings.len());
        writeln!(out, "\n**Cut here:** a job summary holds 1 MiB. {told} of {all} findings are told above; the JSON report has all.")?;
    }
    Ok(())
}

struct Page<'a> {
    text: String,
    /// Something did not fit; nothing follows it.
    full: bool,
    /// Findings that are told with all that belongs to them.
    told: usize,
    texts: &'a Texts,
}

impl Page<'_> {
    /// Adds finished Markdown, unless it or something before it did not fit.
    fn add(&mut self, markdown: &str) -> bool {
        self.full |= self.text.len() + markdown.len() > LIMIT - LAST;
        if !self.full {
            self.text.push_str(markdown);
        }
        !self.full
    }

    fn heading(&mut self, level: usize, markdown: &str) {
        let gap = if self.text.is_empty() { "" } else { "\n" };
        self.add(&format!("{gap}{} {markdown}\n\n", "#".repeat(level)));
    }

    fn row(&mut self, cells: &[String]) -> bool {
        self.add(&format!("| {} |\n", cells.join(" | ")))
    }

    /// The head of a table; columns of numbers stand to the right.
    fn columns<const N: usize>(&mut self, names: [&str; N], right: usize) {
        self.row(&names.map(str::to_owned));
        let rules: [&str; N] = std::array::from_fn(|at| if at < N - right { "---" } else { "--:" });
        self.row(&rules.map(str::to_owned));
    }

    fn head(&mut self, report: &Report) {
        let told = headline(report);
        let (score, why) = told[0].split_once(". ").unwrap_or((&told[0], ""));
        self.heading(1, &format!("{}: {}", text(&report.site.name), text(score)));
        let at = |instant| self.texts.instant(instant, &report.zone());
        let how = match report.run.mode {
            Mode::Live => format!("looked at from {} on {}", report.run.vantage, at(report.run.started)),
            Mode::Recorded => "from recorded evidence".to_owned(),
            Mode::Offline => "from files and answers only".to_owned(),
        };
        let when = text(&format!("Judged for {}, {how}.", at(report.run.as_of)));
        self.add(&format!("{}\n\n{when}\n", code(&report.site.url)));
        if let Some(why) = silent(report).filter(|_| !report.run.interrupted) {
            self.add(&format!("\n**Nothing of the CHT could be seen:** {}\n", text(why)));
        }
        if report.run.interrupted {
            self.add("\n**Interrupted:** this report holds what was seen until then.\n");
        }
        for line in std::iter::once(why).chain(told.iter().skip(1).map(String::as_str)).filter(|line| !line.is_empty()) {
            self.add(&format!("\n{}\n", text(line)));
        }
    }

    fn contradictions(&mut self, report: &Report) {
        let contradicted: Vec<&Finding> = report.findings.iter().filter(|finding| finding.contradicted).collect();
        if contradicted.is_empty() {
            return;
        }
        self.heading(2, "Where the description and the evidence disagree");
        for finding in contradicted {
            let said = finding.other.as_ref().map(|other| format!("  - Said: {}\n", text(&other.message))).unwrap_or_default();
            let title = strong(&text(&format!("{}{}", finding.title, subject(finding))));
            self.add(&format!("- {title}\n{said}  - Seen: {}\n", text(&finding.message)));
        }
    }

    /// What fails, each cause once, with what it means and what to do.
    fn troubles(&mut self, report: &Report) {
        if report.troubles.is_empty() {
            return;
        }
        self.heading(2, "What to mend first");
        for (at, trouble) in report.troubles.iter().take(TROUBLES).enumerate() {
            let Some(finding) = trouble.root(&report.findings) else { continue };
            let why = self.texts.plain(&format!("{}.why", finding.check));
            let gain = if trouble.points == 0 { String::new() } else { format!(", {}", points(trouble.points)) };
            let owner = who(finding).map(|name| format!(", {name}")).unwrap_or_default();
            let worth = text(&format!("({}{gain}{owner})", severity_word(trouble.severity)));
            self.add(&format!(
                "{}. {}\n   - {}\n   - Do: {}\n   - {} {worth}\n",
                at + 1,
                strong(&text(&finding.message)),
                text(&why),
                text(&finding.remedy),
                code(&finding.check)
            ));
            if let Some(with) = with_it(report, trouble) {
                self.add(&format!("   - {}\n", text(&with)));
            }
        }
        let more = report.troubles.len().saturating_sub(TROUBLES);
        if more > 0 {
            self.add(&format!("\nAnd {more} more, below.\n"));
        }
    }

    fn considerations(&mut self, report: &Report) {
        self.heading(2, "The nine considerations");
        self.columns(["Consideration", "Score", "In order", "Not shown", "Not in order", "Measured", "Documented", "Said", "Unknown"], 8);
        let number = |number: Option<u32>| number.map_or_else(|| "-".to_owned(), |number| number.to_string());
        for it in &report.considerations {
            let shares = it.shares;
            let [measured, documented, said, unknown] = report.bases(&it.id).map(|count| count.to_string());
            let [shown, unshown, gap] = [shares.map(|all| all.shown), shares.map(|all| all.unshown), shares.map(|all| all.gap)].map(number);
            self.row(&[text(&it.title), number(it.score), shown, unshown, gap, measured, documented, said, unknown]);
        }
        self.add("\nIn order, not shown and not in order are shares of 100; the last four columns count the checks by what they rest on.\n");
    }

    fn findings(&mut self, report: &Report) {
        let of = |verdict| report.findings.iter().filter(move |finding| finding.verdict == verdict).collect::<Vec<_>>();
        for (verdict, name) in [(Verdict::Fail, "Fails"), (Verdict::Warn, "Warns")] {
            let findings = of(verdict);
            if !findings.is_empty() {
                self.heading(2, &format!("{name} ({})", findings.len()));
            }
            for finding in findings {
                let markdown = self.finding(report, finding);
                self.told += usize::from(self.add(&markdown));
            }
        }
        let findings = of(Verdict::Unknown);
        if !findings.is_empty() {
            self.heading(2, &format!("Unknown ({})", findings.len()));
            self.columns(["Check", "Severity", "What is missing"], 0);
            for finding in findings {
                self.told += usize::from(self.row(&[named(finding), severity_word(finding.severity).to_owned(), text(&finding.message)]));
            }
        }
        let findings = of(Verdict::Pass);
        if !findings.is_empty() {
            self.heading(2, &format!("In order ({})", findings.len()));
            self.columns(["Check", "Rests on", "What was found"], 0);
            for finding in findings {
                self.told += usize::from(self.row(&[named(finding), basis_word(finding).to_owned(), text(&finding.message)]));
            }
        }
        let findings = of(Verdict::NotApplicable);
        if !findings.is_empty() {
            self.heading(2, &format!("Does not apply here ({})", findings.len()));
            self.columns(["Check", "Why"], 0);
            for finding in findings {
                self.told += usize::from(self.row(&[named(finding), text(&finding.message)]));
            }
        }
    }

    fn finding(&self, report: &Report, finding: &Finding) -> String {
        let waived = finding.waiver.as_ref().filter(|waiver| waiver.state == WaiverState::Active);
        let marks = [
            Some(severity_word(finding.severity).to_owned()),
            finding.contradicted.then(|| "contradicted".to_owned()),
            finding.planned.as_ref().map(|planned| format!("planned for {}", self.texts.date(planned.date))),
            waived.map(|waiver| format!("waived until {}", self.texts.date(waiver.until))),
            finding.stale.then(|| "out of date".to_owned()),
            (finding.basis == Basis::Claimed).then(|| "only said".to_owned()),
        ];
        let marks: Vec<String> = marks.into_iter().flatten().collect();
        let mut lines = vec![format!("- {} ({}): {}", strong(&named(finding)), marks.join(", "), text(&finding.message))];
        if let Some(other) = &finding.other {
            let lead = if other.basis == Basis::Measured { "Seen" } else { "Said" };
            lines.push(format!("  - {lead}: {}", text(&other.message)));
        }
        if !finding.remedy.is_empty() {
            lines.push(format!("  - Do: {}", text(&finding.remedy)));
        }
        let seen = finding.observed_at.map(|at| format!(", {}", self.texts.date(at.to_zoned(report.zone()).date()))).unwrap_or_default();
        let place = finding.location.as_ref().filter(|_| finding.tier == Some(Tier::Answer) || finding.contradicted);
        let place = place.map(|place| format!(", {}", code(&format!("{}:{}:{}", place.file, place.line, place.column)))).unwrap_or_default();
        let pages = finding.references.iter().fold(String::new(), |all, page| all + ", " + &link(page));
        lines.push(format!("  - Rests on: {}{seen}{place}{pages}", basis_word(finding)));
        lines.join("\n") + "\n"
    }

    fn limits(&mut self, report: &Report) {
        if report.limits.is_empty() {
            return;
        }
        self.heading(2, "Not looked at");
        for limit in &report.limits {
            let told = if limit.cause.is_some() { format!("{}: {}", limit.what, limit.message) } else { limit.message.clone() };
            self.add(&format!("- {}\n", text(&told)));
        }
    }

    fn run(&mut self, report: &Report) {
        self.heading(2, "This run");
        self.add(&format!("- Gate: {}\n", text(&report.gate.message)));
        if let Some(step) = &report.next_step {
            self.add(&format!("- Cheapest next step: {}\n", text(&next_step(report, step))));
        }
        for waiver in &report.waivers {
            let state = match waiver.state {
                WaiverState::Active => "holds until",
                WaiverState::Expired => "has run out: it held until",
                WaiverState::Unused => "covers nothing now: it holds until",
            };
            let owner = waiver.owner.as_ref().map(|owner| format!(" ({owner})")).unwrap_or_default();
            let reason = text(&format!("{state} {}: {}{owner}", self.texts.date(waiver.until), waiver.reason));
            self.add(&format!("- Waiver: {} {reason}\n", code(&waiver.check)));
        }
        for limit in report.own_limits.iter().filter(|limit| limit.looser) {
            let told = text(&format!("{} is {} in this description, and {} as shipped", limit.name, limit.own, limit.usual));
            self.add(&format!("- Looser limit: {} {told}\n", code(&limit.check)));
        }
        self.add(&format!("- Knowledge of CHT releases and the like gathered on {}\n", self.texts.date(report.knowledge.gathered)));
        let made = text(&format!("{} {}", report.tool.name, report.tool.version));
        self.add(&format!("- Made by {made}, rules {}\n", code(&report.catalogue.sha256.chars().take(12).collect::<String>())));
    }
}

/// Finished Markdown in bold. Nothing stays nothing: four stars would be a rule.
fn strong(markdown: &str) -> String {
    if markdown.is_empty() { String::new() } else { format!("**{markdown}**") }
}

/// The check and what it is about.
fn named(finding: &Finding) -> String {
    let on = if finding.subject.is_empty() { String::new() } else { format!(" on {}", text(&finding.subject)) };
    format!("{}{on}", code(&finding.check))
}

/// Text from anywhere, on one line, that comes back as what it is wherever it stands.
fn text(raw: &str) -> String {
    let cut = raw.chars().count() > LONGEST;
    let raw: String = raw.chars().take(LONGEST).collect();
    let words: Vec<String> = raw.split_whitespace().map(|word| shown(&harmless(word))).collect();
    let mut text = words.join(" ");
    if cut {
        text.push('…');
    }
    // What begins a heading, a list or a rule does so only at the start.
    let digits = text.chars().take_while(char::is_ascii_digit).count();
    if text[digits..].starts_with(['.', ')']) && digits > 0 {
        text.insert(digits, '\\');
    } else if text.starts_with(['#', '-', '+', '=', ':']) {
        text.insert(0, '\\');
    }
    text
}

/// One word; no pipe stands in a code span.
fn shown(word: &str) -> String {
    word.split('|').map(|part| if draws_link(part) { coded(part) } else { escaped(part) }).collect::<Vec<_>>().join(PIPE)
}

/// Whether GitHub would make something of a word: a link, a mention, an issue, a picture of a face (`:name:`).
fn draws_link(word: &str) -> bool {
    let lower = word.to_ascii_lowercase();
    word.contains(['@', '#']) || lower.contains("://") || lower.contains("www.") || lower.starts_with("gh-") || word.matches(':').count() > 1
}

/// A word in a code span, the marks around it outside.
fn coded(word: &str) -> String {
    let core = word.trim_start_matches(['(', '[', '<', '"', '\'']);
    let lead = &word[..word.len() - core.len()];
    let bare = core.trim_end_matches(['.', ',', ';', ':', '!', '?', ')', ']', '>', '"', '\'']);
    format!("{}{}{}", escaped(lead), span(bare), escaped(&core[bare.len()..]))
}

/// A code span; nothing for nothing.
fn span(text: &str) -> String {
    if text.is_empty() {
        return String::new();
    }
    let longest = text.split(|c| c != '`').map(str::len).max().unwrap_or_default();
    let fence = "`".repeat(longest + 1);
    let pad = if text.starts_with('`') || text.ends_with('`') { " " } else { "" };
    format!("{fence}{pad}{text}{pad}{fence}")
}

/// Text from anywhere in code spans, word by word: ids, addresses, places.
fn code(raw: &str) -> String {
    let raw: String = raw.chars().take(LONGEST).collect();
    let word = |word: &str| harmless(word).split('|').map(span).collect::<Vec<_>>().join(PIPE);
    raw.split_whitespace().map(word).collect::<Vec<_>>().join(" ")
}

/// Escapes what means something within a line.
fn escaped(text: &str) -> String {
    text.chars().fold(String::new(), |mut all, c| {
        if matches!(c, '\\' | '`' | '*' | '_' | '{' | '}' | '[' | ']' | '<' | '>' | '~' | '$' | '&' | '^') {
            all.push('\\');
        }
        all.push(c);
        all
    })
}

/// A page of the catalogue; what could not be one stays text.
fn link(page: &str) -> String {
    if linkable(page) { format!("[page](<{page}>)") } else { text(page) }
}
