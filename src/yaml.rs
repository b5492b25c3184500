//! The only door to YAML.
//!
//! A text becomes a tree of scalars, lists and maps in which each part knows where it was written. Types are made of
//! such a tree by `serde_yaml` ([`typed`]). A text from a stranger costs bounded time and memory: its size, depth, values
//! and aliases are counted before anything is built, and again while aliases are expanded.

use std::{
    collections::{BTreeMap, HashMap, HashSet},
    fmt::Write as _,
};

use granit_parser::{ErrorKind, Event, Marker, Parser, ScalarStyle, ScanError, Span};
use serde::de::DeserializeOwned;
use serde_saphyr::budget::{BudgetBreach, EnforcingPolicy, check_yaml_budget};

/// Longest text that is read, in bytes.
pub const MAX_BYTES: usize = 1 << 20;
/// Deepest nesting of lists and maps, aliases expanded.
pub const MAX_DEPTH: usize = 40;
/// Most values in a text, and most values that its aliases and anchors may add.
const MAX_NODES: usize = 50_000;
/// A text with more mistakes than this is reported up to here.
const MAX_MISTAKES: usize = 100;
const TOO_DEEP: &str = "lists and maps are nested more than 40 deep here";

/// Where something was written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub struct Mark {
    /// The number that the caller of [`read`] gave the file.
    pub file: u32,
    /// Counted from 1.
    pub line: u32,
    /// Counted from 1, in characters.
    pub column: u32,
    /// Byte offset of the first byte; a byte order mark is not counted.
    pub start: usize,
    /// Byte offset after the last byte; for lists and maps that of their first sign only.
    pub end: usize,
}

/// A value and where it was written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Node {
    /// Where.
    pub mark: Mark,
    /// What.
    pub value: Value,
}

/// A value. What a scalar means is for its reader to say.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Value {
    /// A text, a number, a truth value, or nothing.
    Scalar {
        /// Without quotes, escapes resolved.
        text: String,
        /// Written without quotes: may be a number, a truth value or nothing.
        plain: bool,
    },
    /// A list.
    List(Vec<Node>),
    /// A map, in the order written. No key occurs twice in what [`read`] gives.
    Map(Vec<(Key, Node)>),
}

/// The key of a map's entry.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Key {
    /// Without quotes.
    pub text: String,
    /// Where it was written.
    pub mark: Mark,
}

/// Something that a person has to put right.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mistake {
    /// Where, if anywhere.
    pub mark: Option<Mark>,
    /// What is wrong.
    pub message: String,
    /// What to do.
    pub help: Option<String>,
}

impl Mistake {
    /// A mistake at a place.
    pub fn at(mark: Mark, message: impl Into<String>) -> Self {
        Self { mark: Some(mark), message: message.into(), help: None }
    }

    /// A mistake of a text as a whole.
    pub fn whole(message: impl Into<String>) -> Self {
        Self { mark: None, message: message.into(), help: None }
    }

    /// The same with what to do about it.
    #[must_use]
    pub fn help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }
}

impl Node {
    /// The value of `key`, if this is a map that has it.
    #[must_use]
    pub fn get(&self, key: &str) -> Option<&Self> {
        self.entries().iter().find(|(known, _)| known.text == key).map(|(_, node)| node)
    }

    /// The entries of a map; none for anything else.
    #[must_use]
    pub fn entries(&self) -> &[(Key, Self)] {
        if let Value::Map(entries) = &self.value { entries } else { &[] }
    }

    /// The items of a list; none for anything else.
    #[must_use]
    pub fn items(&self) -> &[Self] {
        if let Value::List(items) = &self.value { items } else { &[] }
    }

    /// The text of a scalar that is not null.
    #[must_use]
    pub fn as_text(&self) -> Option<&str> {
        match &self.value {
            Value::Scalar { text, .. } if !self.is_null() => Some(text),
            _ => None,
        }
    }

    /// Whether nothing is written here: no text, `~` or `null`, without quotes.
    #[must_use]
    pub fn is_null(&self) -> bool {
        matches!(&self.value, Value::Scalar { text, plain: true } if matches!(text.as_str(), "" | "~" | "null" | "Null" | "NULL"))
    }
}

/// The text without a leading byte order mark, which Windows editors write: what all offsets of a [`Mark`] count in.
#[must_use]
pub fn without_bom(source: &str) -> &str {
    source.strip_prefix('\u{feff}').unwrap_or(source)
}

/// Reads one document.
///
/// # Errors
/// What is not YAML, or more than is read here: over 1 MiB, 40 levels, 50,000 values, 100 aliases or 50 anchors; a key
/// written twice, a second document, a tag, an alias inside itself, a key that is not a text, no value at all.
pub fn read(source: &str, file: u32) -> Result<Node, Vec<Mistake>> {
    match read_on(source, file) {
        (Some(root), mistakes) if mistakes.is_empty() => Ok(root),
        (_, mistakes) => Err(mistakes),
    }
}

/// Reads one document as far as that makes sense: beside its mistakes (those of [`read`]) stands the tree, where each of
/// its parts is what somebody wrote. A key that is written twice is there twice.
#[must_use]
pub fn read_on(source: &str, file: u32) -> (Option<Node>, Vec<Mistake>) {
    let source = without_bom(source);
    if let Err(mistake) = guard(source, file) {
        return (None, vec![mistake]);
    }
    let mut builder = Builder { file, ..Builder::default() };
    for event in Parser::new_from_str(source) {
        match event {
            Ok((event, span)) => builder.take(event, span),
            Err(error) => {
                builder.mistakes.push(scan_mistake(&error, file));
                builder.broken = true;
            }
        }
        if builder.broken || builder.mistakes.len() >= MAX_MISTAKES {
            return (None, builder.mistakes);
        }
    }
    let root = builder.root.filter(|root| !root.is_null());
    if root.is_none() && builder.mistakes.is_empty() {
        builder.mistakes.push(Mistake::whole("the file is empty"));
    }
    (root.filter(|_| !builder.patched), builder.mistakes)
}

/// Counts before anything is built.
fn guard(source: &str, file: u32) -> Result<(), Mistake> {
    if source.len() > MAX_BYTES {
        return Err(Mistake::whole("the file is larger than 1 MiB"));
    }
    let budget = serde_saphyr::budget! {
        max_depth: MAX_DEPTH,
        max_nodes: MAX_NODES,
        max_aliases: 100,
        max_anchors: 50,
        max_events: 200_000,
        max_total_scalar_bytes: MAX_BYTES,
        enforce_alias_anchor_ratio: false,
    };
    // Where it is no YAML, the counting ended within the budget, and so will the reading, which tells what comes before.
    let Ok(report) = check_yaml_budget(source, budget.unwrap_or_default(), EnforcingPolicy::AllContent) else { return Ok(()) };
    let Some(breach) = report.breached else { return Ok(()) };
    let message = match breach {
        BudgetBreach::Depth { .. } => TOO_DEEP,
        BudgetBreach::Aliases { .. } => "the file has more than 100 aliases (`*name`); this is one too many",
        BudgetBreach::Anchors { .. } => "the file has more than 50 anchors (`&name`); this is one too many",
        BudgetBreach::Documents { .. } => "the file holds more than one document",
        BudgetBreach::ScalarBytes { .. } => "the texts in the file add up to more than 1 MiB",
        _ => "the file has more than 50,000 values; this is one too many",
    };
    // The guard tells how many events it took, the parser where the last of them stands. Comments are no events to it.
    let last = Parser::new_from_str(source).flatten().filter(|(event, _)| !matches!(event, Event::Comment(..))).nth(report.events.saturating_sub(1));
    Err(Mistake { mark: last.map(|(_, span)| mark(span, file)), message: message.to_owned(), help: None })
}

fn mark(span: Span, file: u32) -> Mark {
    let start = span.start.byte_offset().unwrap_or_default();
    let end = span.end.byte_offset().unwrap_or(start).max(start);
    Mark { start, end, ..mark_at(span.start, file) }
}

fn mark_at(marker: Marker, file: u32) -> Mark {
    let narrow = |n: usize| u32::try_from(n).unwrap_or(u32::MAX);
    let start = marker.byte_offset().unwrap_or_default();
    Mark { file, line: narrow(marker.line()), column: narrow(marker.col()).saturating_add(1), start, end: start }
}

fn scan_mistake(error: &ScanError, file: u32) -> Mistake {
    if *error.kind() == ErrorKind::RecursionLimitExceeded {
        return Mistake::at(mark_at(*error.marker(), file), TOO_DEEP);
    }
    let help = match error.kind() {
        ErrorKind::TabNotAllowed | ErrorKind::TabInBlockIndentation | ErrorKind::TabInIndentation | ErrorKind::TabAtBlockScalarStart => {
            Some("indent with spaces, not with tabs")
        }
        ErrorKind::MappingValueNotAllowed | ErrorKind::InvalidColonPlacement => Some("put a text that contains `: ` in quotes, or check the indentation"),
        ErrorKind::UnexpectedCharacter { .. } => Some("put a text that begins with a special character in quotes"),
        ErrorKind::UnclosedQuotedScalar => Some("close the quotes"),
        ErrorKind::UnclosedFlowCollection { .. } | ErrorKind::UnexpectedEofFlowSequence | ErrorKind::UnexpectedEofFlowMapping => Some("close the bracket"),
        ErrorKind::InvalidIndentation | ErrorKind::ExpectedBlockMappingKey | ErrorKind::ExpectedBlockSequenceEntry | ErrorKind::SimpleKeyExpected => {
            Some("keys that belong together begin in the same column, with a colon and a space after the name")
        }
        _ => None,
    };
    Mistake { mark: Some(mark_at(*error.marker(), file)), message: format!("this is not YAML: {}", error.info()), help: help.map(str::to_owned) }
}

/// A list or map that is not closed yet.
struct Open {
    mark: Mark,
    anchor: usize,
    /// `None` for a map; its entries and the places of its keys are beside it.
    list: Option<Vec<Node>>,
    entries: Vec<(Key, Node)>,
    /// The key whose value comes next.
    key: Option<Key>,
    marks: BTreeMap<String, Mark>,
}

/// Makes a tree of events.
#[derive(Default)]
struct Builder {
    file: u32,
    root: Option<Node>,
    open: Vec<Open>,
    anchors: HashMap<usize, Node>,
    /// Values and bytes that anchors and aliases have added so far.
    copied: (usize, usize),
    documents: u32,
    /// No more is read: it is no YAML, or more copies were asked for than are made.
    broken: bool,
    /// Something stands in the tree that nobody wrote.
    patched: bool,
    mistakes: Vec<Mistake>,
}

impl Builder {
    fn take(&mut self, event: Event<'_>, span: Span) {
        let at = mark(span, self.file);
        match event {
            Event::DocumentStart(..) => {
                self.documents += 1;
                if self.documents == 2 {
                    self.mistakes.push(Mistake::at(at, "a second document begins here; one file holds one"));
                }
            }
            Event::Scalar(text, style, anchor, tag) => {
                self.refuse_tag(tag.is_some(), span);
                self.put(Node { mark: at, value: Value::Scalar { text: text.into_owned(), plain: style == ScalarStyle::Plain } }, anchor);
            }
            Event::SequenceStart(_, anchor, tag) => {
                self.refuse_tag(tag.is_some(), span);
                self.open.push(Open { mark: at, anchor, list: Some(Vec::new()), entries: Vec::new(), key: None, marks: BTreeMap::new() });
            }
            Event::MappingStart(_, anchor, tag) => {
                self.refuse_tag(tag.is_some(), span);
                self.open.push(Open { mark: at, anchor, list: None, entries: Vec::new(), key: None, marks: BTreeMap::new() });
            }
            Event::SequenceEnd | Event::MappingEnd => {
                if let Some(open) = self.open.pop() {
                    let value = open.list.map_or(Value::Map(open.entries), Value::List);
                    self.put(Node { mark: open.mark, value }, open.anchor);
                }
            }
            Event::Alias(anchor) => {
                let Some(known) = self.anchors.get(&anchor) else {
                    self.mistakes.push(Mistake::at(at, "this alias stands inside what it stands for"));
                    return self.patch(at);
                };
                let (values, bytes, depth) = measure(known);
                if self.open.len() + depth > MAX_DEPTH {
                    self.mistakes.push(Mistake::at(at, "with this alias, lists and maps are nested more than 40 deep"));
                } else if self.charge(values, bytes, at) {
                    let value = self.anchors[&anchor].value.clone();
                    return self.put(Node { mark: at, value }, 0);
                }
                self.patch(at);
            }
            _ => {}
        }
    }

    /// Puts something where nothing of what is written can stand.
    fn patch(&mut self, at: Mark) {
        self.patched = true;
        self.put(Node { mark: at, value: Value::List(Vec::new()) }, 0);
    }

    fn refuse_tag(&mut self, tagged: bool, span: Span) {
        if tagged {
            let at = mark_at(span.tag_start.unwrap_or(span.start), self.file);
            self.mistakes.push(Mistake::at(at, "tags (`!…`) are not read").help("leave the tag out"));
        }
    }

    /// Counts a copy; false where it would be one too many.
    fn charge(&mut self, values: usize, bytes: usize, at: Mark) -> bool {
        self.copied = (self.copied.0 + values, self.copied.1 + bytes);
        if self.copied.0 > MAX_NODES || self.copied.1 > MAX_BYTES {
            self.broken = true;
            self.mistakes.push(Mistake::at(at, "anchors and aliases make the file grow beyond 50,000 values or 1 MiB"));
        }
        !self.broken
    }

    /// Puts a finished value where it belongs.
    fn put(&mut self, node: Node, anchor: usize) {
        if anchor != 0 {
            let (values, bytes, _) = measure(&node);
            if self.charge(values, bytes, node.mark) {
                self.anchors.insert(anchor, node.clone());
            }
        }
        let Some(open) = self.open.last_mut() else {
            self.root.get_or_insert(node);
            return;
        };
        if let Some(list) = &mut open.list {
            list.push(node);
        } else if let Some(key) = open.key.take() {
            open.entries.push((key, node));
        } else {
            let text = node.as_text().map_or_else(
                || {
                    self.mistakes.push(Mistake::at(node.mark, "a key must be a text"));
                    self.patched = true;
                    String::new()
                },
                str::to_owned,
            );
            if let Some(first) = open.marks.insert(text.clone(), node.mark) {
                let both = match (first, node.mark) {
                    (first, second) if first.line == second.line => format!("on line {}, columns {} and {}", first.line, first.column, second.column),
                    (first, second) => format!("on lines {} and {}", first.line, second.line),
                };
                self.mistakes.push(Mistake::at(node.mark, format!("`{text}` is written twice: {both}")).help("keep one of them"));
            }
            open.key = Some(Key { text, mark: node.mark });
        }
    }
}

/// Values, bytes of text, and levels of a tree.
fn measure(node: &Node) -> (usize, usize, usize) {
    let sum = |(values, bytes, depth): (usize, usize, usize), part: (usize, usize, usize)| (values + part.0, bytes + part.1, depth.max(part.2 + 1));
    match &node.value {
        Value::Scalar { text, .. } => (1, text.len(), 0),
        Value::List(items) => items.iter().map(measure).fold((1, 0, 1), sum),
        Value::Map(entries) => entries
            .iter()
            .map(|(key, node)| {
                let (values, bytes, depth) = measure(node);
                (values + 1, bytes + key.text.len(), depth)
            })
            .fold((1, 0, 1), sum),
    }
}

/// Resolves the merge keys (`<<`) of a tree, as compose files use them: a key of the map itself wins, then the first
/// of the merged maps that has it. Adds no values, only moves them.
///
/// # Errors
/// What is merged is neither a map nor a list of maps.
pub fn apply_merge_keys(node: &mut Node) -> Result<(), Mistake> {
    match &mut node.value {
        Value::Scalar { .. } => {}
        Value::List(items) => items.iter_mut().try_for_each(apply_merge_keys)?,
        Value::Map(entries) => {
            entries.iter_mut().try_for_each(|(_, value)| apply_merge_keys(value))?;
            let Some(at) = entries.iter().position(|(key, _)| key.text == "<<") else { return Ok(()) };
            let (_, merged) = entries.remove(at);
            let sources = match merged.value {
                Value::List(items) => items,
                value => vec![Node { mark: merged.mark, value }],
            };
            let mut known: HashSet<String> = entries.iter().map(|(key, _)| key.text.clone()).collect();
            for source in sources {
                let Value::Map(more) = source.value else {
                    return Err(Mistake::at(source.mark, "`<<` takes a map or a list of maps"));
                };
                for (key, value) in more {
                    if known.insert(key.text.clone()) {
                        entries.push((key, value));
                    }
                }
            }
        }
    }
    Ok(())
}

/// Lays `over` over `under`: maps by key, scalars and lists replace. The lists of the top-level keys in `append` are
/// put one behind the other instead.
#[must_use]
pub fn merge(under: Node, over: Node, append: &[&str]) -> Node {
    match (under, over) {
        (Node { value: Value::Map(mut below), .. }, Node { mark, value: Value::Map(above) }) => {
            let known: HashMap<String, usize> = below.iter().enumerate().map(|(at, (key, _))| (key.text.clone(), at)).collect();
            for (key, node) in above {
                if let Some(at) = known.get(&key.text) {
                    let under = std::mem::replace(&mut below[*at].1, Node { mark, value: Value::List(Vec::new()) });
                    let both = if append.contains(&key.text.as_str()) { chain(under, node) } else { merge(under, node, &[]) };
                    below[*at] = (key, both);
                } else {
                    below.push((key, node));
                }
            }
            Node { mark, value: Value::Map(below) }
        }
        (_, over) => over,
    }
}

/// Two lists one behind the other; the second where they are not both lists.
fn chain(first: Node, second: Node) -> Node {
    match (first.value, second) {
        (Value::List(mut items), Node { mark, value: Value::List(more) }) => {
            items.extend(more);
            Node { mark, value: Value::List(items) }
        }
        (_, second) => second,
    }
}

/// Reads a text that is part of this program: nobody else wrote it, so it is neither measured nor are its places kept. A test
/// reads each with [`given`] too.
///
/// # Errors
/// `serde_yaml`'s own words, with the place.
pub fn embedded<T: DeserializeOwned>(text: &str) -> Result<T, String> {
    serde_yaml::from_str(text).map_err(|error| error.to_string())
}

/// Reads a text of the same kind that somebody gives.
///
/// # Errors
/// The first mistake, with its place.
pub fn given<T: DeserializeOwned>(text: &str) -> Result<T, String> {
    let node = read(text, 0).map_err(|mistakes| {
        let first = mistakes.into_iter().next();
        first.map_or_else(String::new, |mistake| match mistake.mark {
            Some(mark) => format!("line {}: {}", mark.line, mistake.message),
            None => mistake.message,
        })
    })?;
    typed(&node)
}

/// Makes a typed value of a tree with `serde_yaml`. A scalar without quotes stays one, so that `version: 5.2` reaches a
/// `String` as `5.2` and a `u32` takes `5`; nothing becomes the default of a struct, list or option.
///
/// # Errors
/// `serde_yaml`'s own words, without a place: check the tree beforehand where a person is to read them.
pub fn typed<T: DeserializeOwned>(node: &Node) -> Result<T, String> {
    let mut text = String::new();
    write_flow(node, &mut text);
    serde_yaml::from_str(&text).map_err(|error| error.to_string())
}

/// Writes a tree on one line.
fn write_flow(node: &Node, out: &mut String) {
    match &node.value {
        // Between brackets nothing at all cannot be written.
        Value::Scalar { .. } if node.is_null() => out.push_str(if out.ends_with(['[', ',']) { "null" } else { "" }),
        Value::Scalar { text, plain: true } if stays_plain(text) => out.push_str(text),
        Value::Scalar { text, .. } => write_quoted(text, out),
        Value::List(items) => {
            out.push('[');
            for item in items {
                write_flow(item, out);
                out.push(',');
            }
            out.push(']');
        }
        Value::Map(entries) => {
            out.push('{');
            for (key, value) in entries {
                // `?`: a key may be longer than the 1,024 characters that libyaml looks ahead for a colon.
                out.push_str("? ");
                if stays_plain(&key.text) {
                    out.push_str(&key.text);
                } else {
                    write_quoted(&key.text, out);
                }
                out.push_str(" : ");
                write_flow(value, out);
                out.push(',');
            }
            out.push('}');
        }
    }
}

/// Whether a scalar reads the same without quotes wherever it stands.
fn stays_plain(text: &str) -> bool {
    let bytes = text.as_bytes();
    let begins = match bytes {
        [b'+' | b'-', second, ..] => second.is_ascii_alphanumeric() || *second == b'.',
        [first, ..] => first.is_ascii_alphanumeric() || *first == b'.',
        [] => false,
    };
    begins && text != "..." && bytes.iter().all(|b| b.is_ascii_alphanumeric() || b"._+-".contains(b))
}

fn write_quoted(text: &str, out: &mut String) {
    out.push('"');
    for c in text.chars() {
        match c {
            '"' | '\\' => out.extend(['\\', c]),
            ' '..='~' => out.push(c),
            _ if c.is_alphanumeric() => out.push(c),
            // Line breaks, control characters and all that a reader might fold, skip or refuse.
            _ => _ = write!(out, "\\U{:08X}", u32::from(c)),
        }
    }
    out.push('"');
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wrong(source: &str) -> Vec<String> {
        read(source, 0).unwrap_err().into_iter().map(|m| format!("{}: {}", m.mark.map_or(0, |mark| mark.line), m.message)).collect()
    }

    #[test]
    fn a_tree_knows_its_places() {
        let root = read("\u{feff}name: \"é\"\r\nports: [80, 443]\r\n", 3).unwrap();
        let ports = &root.entries()[1];
        assert_eq!((ports.0.mark.file, ports.0.mark.line, ports.0.mark.column), (3, 2, 1));
        let last = ports.1.items()[1].mark;
        assert_eq!((last.line, last.column, last.end - last.start), (2, 13, 3));
        assert_eq!(&"name: \"é\"\r\nports: [80, 443]\r\n"[last.start..last.end], "443");
    }

    #[test]
    fn what_is_not_read_is_refused_with_its_line() {
        assert_eq!(wrong(""), ["0: the file is empty"]);
        assert_eq!(wrong("# nothing\n"), ["0: the file is empty"]);
        assert_eq!(wrong("a: 1\nb: 2\na: 3\n"), ["3: `a` is written twice: on lines 1 and 3"]);
        assert_eq!(wrong("{a: 1, a: 3}\n"), ["1: `a` is written twice: on line 1, columns 2 and 8"]);
        // What is wrong before that where it is no YAML any more is told too.
        assert_eq!(wrong("a: 1\na: 2\nb: [\n")[0], "2: `a` is written twice: on lines 1 and 2");
        assert_eq!(wrong("a: 1\n---\nb: 2\n"), ["2: a second document begins here; one file holds one"]);
        assert_eq!(wrong("a: !env X\nb: !!python/object:os.system {}\n"), ["1: tags (`!…`) are not read", "2: tags (`!…`) are not read"]);
        assert_eq!(wrong("a: &a [*a]\n"), ["1: this alias stands inside what it stands for"]);
        assert_eq!(wrong("[a]: 1\n"), ["1: a key must be a text"]);
        assert_eq!(wrong("a:\n\tb: 1\n").len(), 1);
    }

    #[test]
    fn bombs_are_refused_by_counting() {
        assert_eq!(wrong(&"[".repeat(200_000)), ["1: lists and maps are nested more than 40 deep here"]);
        let laughs = (1..10).fold("a0: &a0 [x,x,x,x,x,x,x,x,x,x]\n".to_owned(), |mut text, i| {
            let _ = writeln!(text, "a{i}: &a{i} [{}]", vec![format!("*a{}", i - 1); 10].join(","));
            text
        });
        assert_eq!(wrong(&laughs), ["5: anchors and aliases make the file grow beyond 50,000 values or 1 MiB"]);
        let big = format!("a: &a {}\nb: [{}]\n", "x".repeat(100_000), "*a,".repeat(20_000));
        assert_eq!(wrong(&big), ["2: the file has more than 100 aliases (`*name`); this is one too many"]);
        let deep = format!("a: &a {}x{}\nb: {}*a{}\n", "[".repeat(30), "]".repeat(30), "[".repeat(30), "]".repeat(30));
        assert_eq!(wrong(&deep), ["2: with this alias, lists and maps are nested more than 40 deep"]);
    }

    #[test]
    fn typed_values_keep_what_was_written() {
        #[derive(serde::Deserialize, Debug, PartialEq)]
        struct Kept {
            version: String,
            name: String,
            code: String,
            count: u32,
            none: Option<String>,
            #[serde(default)]
            list: Vec<String>,
        }
        let root = read("version: 5.2\nname: \"- a:\\t\u{2028}\\\" #\"\ncode: 010\ncount: 8\nnone: ~\nlist:\n", 0).unwrap();
        let expected = Kept { version: "5.2".into(), name: "- a:\t\u{2028}\" #".into(), code: "010".into(), count: 8, none: None, list: Vec::new() };
        assert_eq!(typed::<Kept>(&root).unwrap(), expected);
        assert!(typed::<u32>(&read("\"8\"", 0).unwrap()).is_err(), "a quoted number is a text");
        assert_eq!(typed::<Vec<String>>(&read("['-', \"\", --- , 'null', +x]", 0).unwrap()).unwrap(), ["-", "", "---", "null", "+x"]);
        let long = "k".repeat(1_000) + " " + &"é".repeat(20);
        assert_eq!(typed::<BTreeMap<String, u8>>(&read(&format!("{long}: 1"), 0).unwrap()).unwrap(), BTreeMap::from([(long, 1)]));
    }

    #[test]
    fn merge_keys_and_layers() {
        let mut root = read("base: &b {x: 1, y: 2}\nuse: {<<: *b, y: 3}\nmany: {<<: [{x: 7}, *b]}\n", 0).unwrap();
        apply_merge_keys(&mut root).unwrap();
        let maps: BTreeMap<String, BTreeMap<String, u32>> = typed(&root).unwrap();
        assert_eq!((maps["use"]["x"], maps["use"]["y"]), (1, 3));
        assert_eq!((maps["many"]["x"], maps["many"]["y"]), (7, 2));
        assert!(apply_merge_keys(&mut read("a: {<<: 3}", 0).unwrap()).is_err());

        let under = read("a: {x: 1, y: [1]}\nwaivers: [1]\n", 0).unwrap();
        let over = read("a: {y: [2]}\nwaivers: [2]\n", 1).unwrap();
        let both = merge(under, over, &["waivers"]);
        assert_eq!(both.get("a").unwrap().get("x").unwrap().mark.file, 0);
        assert_eq!(typed::<Vec<u32>>(both.get("a").unwrap().get("y").unwrap()).unwrap(), [2]);
        assert_eq!(typed::<Vec<u32>>(both.get("waivers").unwrap()).unwrap(), [1, 2]);
    }
}
