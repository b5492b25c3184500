//! A mistake as a person reads it: what, where, the line itself with a caret, what to do.

use std::ops::Range;

use annotate_snippets::{AnnotationKind, Group, Level as Draw, Origin, Renderer, Snippet};

use crate::yaml::{Mark, Mistake};

/// A description with more problems is reported up to here.
pub(super) const MAX_PROBLEMS: usize = 100;
/// What is put where a secret stood.
const MASK: &str = "***";
/// How much of a line is shown before and after what is pointed at, in bytes.
const BEFORE: usize = 80;
const AFTER: usize = 120;

/// How grave a problem is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Level {
    /// The description cannot be used.
    Error,
    /// It can, but a person should know.
    Warning,
}

/// Something that is wrong with a description.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// How grave it is.
    pub level: Level,
    /// The file, as a person can open it from where the program runs.
    pub file: String,
    /// Line and column, from 1; none for a file as a whole.
    pub at: Option<(u32, u32)>,
    /// What is wrong.
    pub message: String,
    /// What to do.
    pub help: Option<String>,
    /// The line, secrets masked.
    excerpt: Option<Excerpt>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct Excerpt {
    text: String,
    span: Range<usize>,
    /// Something before the span was masked or left out: columns are not those of the file.
    shifted: bool,
}

impl Problem {
    /// A problem of a file whose text is `source`; what lies in `secrets` is not shown.
    pub(super) fn new(level: Level, file: &str, source: &str, secrets: &[Range<usize>], mistake: Mistake) -> Self {
        Self {
            level,
            file: file.to_owned(),
            at: mistake.mark.map(|mark| (mark.line, mark.column)),
            excerpt: mistake.mark.map(|mark| excerpt(source, mark, secrets)),
            message: without_c1(mistake.message),
            help: mistake.help.map(without_c1),
        }
    }

    /// The problem as text of several lines, ending without a line break.
    #[must_use]
    pub fn render(&self, color: bool) -> String {
        let level = match self.level {
            Level::Error => Draw::ERROR,
            Level::Warning => Draw::WARNING,
        };
        let mut group = Group::with_title(level.primary_title(self.message.as_str()));
        let excerpt = self.at.zip(self.excerpt.as_ref());
        // The renderer counts columns in what it shows, so where that was shifted it has to be told.
        if excerpt.is_none_or(|(_, excerpt)| excerpt.shifted) {
            let origin = Origin::path(self.file.as_str());
            group = group.element(match self.at {
                Some((line, column)) => origin.line(line as usize).char_column(column as usize),
                None => origin,
            });
        }
        if let Some(((line, _), excerpt)) = excerpt {
            let snippet = Snippet::source(excerpt.text.as_str()).line_start(line as usize).path((!excerpt.shifted).then_some(self.file.as_str()));
            group = group.element(snippet.annotation(AnnotationKind::Primary.span(excerpt.span.clone())));
        }
        if let Some(help) = &self.help {
            group = group.element(Draw::HELP.message(help.as_str()));
        }
        let renderer = if color { Renderer::styled() } else { Renderer::plain() };
        renderer.render(&[group])
    }
}

/// The line that a mark points into, at most 200 bytes of it.
fn excerpt(source: &str, mark: Mark, secrets: &[Range<usize>]) -> Excerpt {
    let at = source.floor_char_boundary(mark.start);
    let begin = source[..at].rfind('\n').map_or(0, |i| i + 1);
    let end = source[at..].find('\n').map_or(source.len(), |i| at + i);
    let line = begin..begin + source[begin..end].trim_end_matches('\r').len();
    let at = at.min(line.end);
    let shown = source.floor_char_boundary(line.start.max(at.saturating_sub(BEFORE)))..source.ceil_char_boundary(line.end.min(at + AFTER));

    let mut text = String::new();
    if shown.start > line.start {
        text.push('…');
    }
    let secrets: Vec<_> = secrets.iter().filter(|range| range.start < shown.end && range.end > shown.start).collect();
    let (mut from, mut to, mut masked) = (None, None, false);
    for (i, c) in source[shown.clone()].char_indices().map(|(i, c)| (i + shown.start, c)) {
        let secret = secrets.iter().any(|range| range.contains(&i));
        if i >= at && from.is_none() {
            from = Some(if secret && masked { text.len() - MASK.len() } else { text.len() });
        }
        if !secret {
            text.push(c);
        } else if !masked {
            text.push_str(MASK);
        }
        masked = secret;
        if i < mark.end {
            to = Some(text.len());
        }
    }
    let from = from.unwrap_or(text.len());
    let to = to.unwrap_or(from).max(from);
    if shown.end < line.end {
        text.push('…');
    }
    Excerpt { shifted: text[..from] != source[line.start..at], text: without_c1(text), span: from..to }
}

/// A text without the controls that some terminals act on and the renderer lets through; none changes its length in bytes.
fn without_c1(text: String) -> String {
    let acts = |c: char| ('\u{80}'..='\u{9f}').contains(&c);
    if text.contains(acts) { text.replace(acts, "·") } else { text }
}

/// Parts of a text that are user names and passwords inside an address: what stands between `//` and the last `@`.
pub(super) fn user_parts(source: &str) -> Vec<Range<usize>> {
    let mut parts = Vec::new();
    let mut past = 0;
    for (i, slashes) in source.match_indices("://") {
        // Each word is looked at once, from its first `//` on.
        if i < past {
            continue;
        }
        let from = i + slashes.len();
        let rest = &source[from..];
        let word = &rest[..rest.find(|c: char| c.is_whitespace() || c == '"' || c == '\'').unwrap_or(rest.len())];
        parts.extend(word.rfind('@').map(|at| from..from + at));
        past = from + word.len();
    }
    parts
}

/// Parts of a text that cannot be parsed and may hold a secret: what follows a name that sounds like one, to the end of
/// the line, and all lines that are indented deeper.
pub(super) fn suspect_parts(source: &str) -> Vec<Range<usize>> {
    let mut parts = Vec::new();
    let mut start = 0;
    let mut deeper_than: Option<usize> = None;
    for line in source.split_inclusive('\n') {
        let indent: usize = line.chars().take_while(|c| c.is_whitespace()).map(|c| if c == '\t' { 8 } else { 1 }).sum();
        let colon = secret_word(line).and_then(|word| line[word..].find(':').map(|colon| word + colon));
        if deeper_than.is_some_and(|limit| line.trim().is_empty() || indent > limit) {
            parts.push(start..start + line.len());
        } else if let Some(colon) = colon {
            parts.push(start + colon + 1..start + line.len());
            deeper_than = Some(indent);
        } else {
            deeper_than = None;
        }
        start += line.len();
    }
    parts
}

/// Where a word begins that names secrets.
pub(super) fn secret_word(text: &str) -> Option<usize> {
    let text = text.to_ascii_lowercase();
    ["passw", "passphrase", "token", "secret", "credential", "apikey", "api_key", "user"].iter().filter_map(|word| text.find(word)).min()
}
