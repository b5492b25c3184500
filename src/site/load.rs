//! From a path to a site, or every mistake at once.
//!
//! Each file is read once, parsed and checked on its own, then laid over what it extends; so a place is always the place
//! where something was written.

use std::{
    collections::BTreeSet,
    fs::{self, File},
    io::Read,
    ops::Range,
    path::{Component, Path, PathBuf},
};

use jiff::Timestamp;
use serde_json::Value as Json;

use super::{
    Site,
    check::{check, shown, walk, without_nulls},
    meaning::{KnownChecks, meaning, zone},
    problem::{Level, MAX_PROBLEMS, Problem, suspect_parts, user_parts},
    schema,
};
use crate::yaml::{self, MAX_BYTES, Mark, Mistake, Node, Value};

/// Most files that make up one description.
const MAX_FILES: usize = 10;

/// What the command line says of reading a description.
#[derive(Debug, Clone)]
pub struct Options {
    /// `--root DIR`: folders, beside the description's own, under which files may be read.
    pub roots: Vec<PathBuf>,
    /// `--allow-env NAME`: environment variables, beside `CHT_AUDIT_*`, that a secret may come from.
    pub allow_env: Vec<String>,
    /// The moment that is judged for.
    pub as_of: Timestamp,
}

/// A description without mistakes.
#[derive(Debug, Clone)]
pub struct Loaded {
    /// The site.
    pub site: Site,
    /// What a person should know, in file order.
    pub warnings: Vec<Problem>,
    /// The description's folder, as it was given; every path in the site is relative to it, or absolute.
    pub base: PathBuf,
    /// The folders under which files may be read, links resolved: the description's own first.
    pub file_roots: Vec<PathBuf>,
}

/// A description that cannot be used.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refused {
    /// Every mistake and warning, in file order; at least one mistake.
    pub problems: Vec<Problem>,
}

/// Reads the description at `path`, with all that it extends.
///
/// # Errors
/// Every mistake of every file; where a file is no YAML, the mistakes that show nevertheless.
pub fn load(path: &Path, options: &Options, known: &KnownChecks) -> Result<Loaded, Refused> {
    let base = match path.parent() {
        Some(folder) if folder != Path::new("") => folder.to_path_buf(),
        _ => PathBuf::from("."),
    };
    let mut loader = Loader { base, roots: Vec::new(), open: Vec::new(), sources: Vec::new(), told: Vec::new(), schema: schema() };
    let mut lost = Vec::new();
    // Where the folder itself is missing, so is the description, and that will be told.
    loader.roots.extend(loader.base.canonicalize());
    for root in &options.roots {
        match root.canonicalize() {
            Ok(folder) if folder.is_dir() => loader.roots.push(folder),
            _ => lost.push(whole(root, "`--root` names no folder that can be read")),
        }
    }
    let name = path.file_name().map_or_else(|| path.to_path_buf(), PathBuf::from);
    let tree = match read_source(path) {
        Ok(text) => loader.layer(&name, &text),
        Err(message) => {
            lost.push(whole(path, &message));
            None
        }
    };
    let site = tree.and_then(|tree| loader.merged(tree, options, known));
    let mut problems = loader.problems(path);
    problems.splice(0..0, lost);
    match site {
        Some(site) if problems.iter().all(|problem| problem.level == Level::Warning) => {
            Ok(Loaded { site, warnings: problems, base: loader.base, file_roots: loader.roots })
        }
        _ => Err(Refused { problems }),
    }
}

fn whole(path: &Path, message: &str) -> Problem {
    Problem::new(Level::Error, &path.display().to_string(), "", &[], Mistake::whole(message))
}

/// One file of the description.
struct Source {
    /// Relative to the description's folder.
    name: PathBuf,
    text: String,
    /// What is not shown of the text.
    secrets: Vec<Range<usize>>,
}

struct Loader {
    base: PathBuf,
    roots: Vec<PathBuf>,
    /// The files that are being read, links resolved: each extends the next.
    open: Vec<PathBuf>,
    sources: Vec<Source>,
    told: Vec<(Level, Mistake)>,
    schema: Json,
}

impl Loader {
    fn wrong(&mut self, mistakes: impl IntoIterator<Item = Mistake>) {
        self.told.extend(mistakes.into_iter().map(|mistake| (Level::Error, mistake)));
    }

    /// One file, laid over what it extends. `None` where any of them is no YAML; the mistakes are noted.
    fn layer(&mut self, name: &Path, text: &str) -> Option<Node> {
        let number = u32::try_from(self.sources.len()).unwrap_or(u32::MAX);
        let text = yaml::without_bom(text).to_owned();
        let (tree, mistakes) = yaml::read_on(&text, number);
        // Line 0 stands for the file as a whole.
        let whole = Mark { file: number, ..Mark::default() };
        self.wrong(mistakes.into_iter().map(|mistake| Mistake { mark: mistake.mark.or(Some(whole)), ..mistake }));
        let mut secrets = user_parts(&text);
        let Some(mut tree) = tree else {
            secrets.extend(suspect_parts(&text));
            self.sources.push(Source { name: name.to_path_buf(), text, secrets });
            return None;
        };
        if !matches!(tree.value, Value::Map(_)) {
            // No description at all: the wrong file, an environment file for one, is shown to nobody.
            secrets.push(0..text.len());
        }
        let mut empty = Vec::new();
        without_nulls(&mut tree, &self.schema, &self.schema, &mut empty);
        let checked = check(&tree, &self.schema);
        secrets.extend(checked.secrets.iter().map(|mark| written(&text, *mark)));
        self.sources.push(Source { name: name.to_path_buf(), text, secrets });
        self.wrong(empty.into_iter().chain(checked.mistakes));
        let parents = self.paths(&mut tree, name.parent().unwrap_or(Path::new("")));
        self.named_files(&tree);

        self.open.push(self.base.join(name).canonicalize().unwrap_or_default());
        // All are read, also behind one that is no YAML, so that their mistakes are told too.
        let parents: Vec<Option<Node>> = parents.iter().map(|(parent, at)| self.parent(parent, *at)).collect();
        self.open.pop();
        parents.into_iter().chain([Some(tree)]).reduce(|under, over| Some(yaml::merge(under?, over?, &["waivers"])))?
    }

    /// A file that is extended, at the place that says so.
    fn parent(&mut self, name: &Path, at: Mark) -> Option<Node> {
        let path = self.base.join(name);
        let text = match path.canonicalize() {
            Ok(canonical) if self.open.contains(&canonical) => Err("these files extend each other in a circle".to_owned()),
            _ if self.sources.len() >= MAX_FILES => Err(format!("a description is made of at most {MAX_FILES} files; this is one more")),
            _ => read_source(&path),
        };
        match text {
            Ok(text) => self.layer(name, &text),
            Err(message) => {
                self.wrong([Mistake::at(at, format!("`{}`: {message}", shown(&name.display().to_string())))]);
                None
            }
        }
    }

    /// Makes each path of a file in `folder` relative to the description's folder, and checks that it stays inside.
    /// Returns the files that it extends, where that may be followed.
    fn paths(&mut self, tree: &mut Node, folder: &Path) -> Vec<(PathBuf, Mark)> {
        let mut wrong = Vec::new();
        let mut one = |node: &mut Node| {
            let Some(text) = node.as_text() else { return };
            let path = folder.join(text);
            match self.inside(text, &path) {
                Ok(()) if folder == Path::new("") => {}
                Ok(()) => node.value = Value::Scalar { text: path.display().to_string(), plain: false },
                Err((message, help)) => wrong.push(Mistake { mark: Some(node.mark), message, help }),
            }
        };
        walk(tree, &self.schema, &self.schema, &mut |node, seen| {
            if seen.path {
                match &mut node.value {
                    Value::List(items) => items.iter_mut().for_each(&mut one),
                    _ => one(node),
                }
            }
        });
        let refused: BTreeSet<Mark> = wrong.iter().filter_map(|mistake| mistake.mark).collect();
        self.wrong(wrong);
        let parents = tree.get("extends").map_or(&[][..], Node::items).iter();
        parents.filter(|node| !refused.contains(&node.mark)).filter_map(|node| Some((PathBuf::from(node.as_text()?), node.mark))).collect()
    }

    /// Whether a path, written as `text`, lies under a folder that may be read, also when links are followed.
    fn inside(&self, text: &str, path: &Path) -> Result<(), (String, Option<String>)> {
        if text.trim().is_empty() || text.contains('\0') {
            return Err(("the name of a file belongs here".to_owned(), None));
        }
        if text.contains("://") || ["file:", "http:", "https:", "data:"].iter().any(|scheme| text.to_ascii_lowercase().starts_with(scheme)) {
            return Err(("an address stands where the name of a file belongs".to_owned(), Some("write its path, seen from this file".to_owned())));
        }
        let upwards = path.is_absolute() || path.components().any(|part| part == Component::ParentDir);
        let path = self.base.join(path);
        let real = real(&path);
        if real.as_ref().is_some_and(|real| self.roots.iter().any(|root| real.starts_with(root))) {
            return Ok(());
        }
        let folder = |path: &Path| path.parent().map_or_else(|| "DIR".to_owned(), |folder| folder.display().to_string());
        match &real {
            // Only a link can lead out of a path that does not look like it.
            Some(real) if !upwards => Err((
                format!("`{}` is a link that leads outside the description's folder", shown(text)),
                Some(format!("if that file is meant to be read, add `--root {}`", folder(real))),
            )),
            _ => Err((
                format!("`{}` lies outside the description's folder", shown(text)),
                Some(format!("if that file is meant to be read, add `--root {}`", folder(real.as_ref().unwrap_or(&path)))),
            )),
        }
    }

    /// Warns of files that the description names and that are not there.
    fn named_files(&mut self, tree: &Node) {
        let refused: BTreeSet<Mark> = self.told.iter().filter_map(|(_, mistake)| mistake.mark).collect();
        for (_, value) in tree.get("files").map_or(&[][..], Node::entries) {
            for node in std::iter::once(value).chain(value.items()) {
                if let Some(text) = node.as_text()
                    && !refused.contains(&node.mark)
                    && !self.base.join(text).is_file()
                {
                    self.told
                        .push((Level::Warning, Mistake::at(node.mark, format!("`{}` is not there", shown(text))).help("what it would show stays unknown")));
                }
            }
        }
    }

    /// The site that the merged tree describes, unless there are mistakes.
    fn merged(&mut self, mut tree: Node, options: &Options, known: &KnownChecks) -> Option<Site> {
        let missing = check(&tree, &self.schema).missing;
        self.wrong(missing);
        let today = options.as_of.to_zoned(zone(&tree)).date();
        let meant = meaning(&mut tree, &self.schema, known, &options.allow_env, today);
        for mark in meant.secrets {
            let source = &mut self.sources[mark.file as usize];
            source.secrets.push(written(&source.text, mark));
        }
        self.wrong(meant.mistakes);
        self.told.extend(meant.warnings.into_iter().map(|warning| (Level::Warning, warning)));
        if self.told.iter().any(|(level, _)| *level == Level::Error) {
            return None;
        }
        let names: Vec<String> = self.sources.iter().map(|source| source.name.display().to_string()).collect();
        // serde's own words could repeat a secret.
        let real = |path: &str| self.base.join(path).canonicalize();
        let same = |one: &str, other: &str| one == other || matches!((real(one), real(other)), (Ok(one), Ok(other)) if one == other);
        Site::from_tree(&tree, &names, same)
            .map_err(|_| self.wrong([Mistake::whole("this description was checked but cannot be read: a fault of this program, please report it")]))
            .ok()
    }

    /// Everything that was told, in file order.
    fn problems(&mut self, main: &Path) -> Vec<Problem> {
        let mut told = std::mem::take(&mut self.told);
        told.sort_by_key(|(level, mistake)| (mistake.mark, *level));
        let beyond = told.len().saturating_sub(MAX_PROBLEMS);
        told.truncate(MAX_PROBLEMS);
        let problem = |(level, mistake): (Level, Mistake)| {
            let number = mistake.mark.map_or(0, |mark| mark.file as usize);
            let source = &self.sources[number];
            let file = if number == 0 { main.to_path_buf() } else { self.base.join(&source.name) };
            let file = file.strip_prefix(".").unwrap_or(&file).display().to_string();
            let mistake = Mistake { mark: mistake.mark.filter(|mark| mark.line > 0), ..mistake };
            Problem::new(level, &file, &source.text, &source.secrets, mistake)
        };
        let mut problems: Vec<Problem> = told.into_iter().map(problem).collect();
        if beyond > 0 {
            problems.push(whole(main, &format!("{beyond} more are not shown")));
        }
        problems
    }
}

/// The bytes of a scalar without the line break that ends it.
fn written(source: &str, mark: Mark) -> Range<usize> {
    mark.start..mark.start + source.get(mark.start..mark.end).map_or(mark.end - mark.start, |text| text.trim_end().len())
}

/// A path with its links resolved, as far as it exists. `None` where `..` stands behind a part that does not exist.
fn real(path: &Path) -> Option<PathBuf> {
    let (there, rest) = path.ancestors().find_map(|part| Some((part.canonicalize().ok()?, path.strip_prefix(part).ok()?)))?;
    rest.components().all(|part| matches!(part, Component::Normal(_))).then(|| there.join(rest))
}

/// The text of a file: at most 1 MiB, UTF-8.
fn read_source(path: &Path) -> Result<String, String> {
    let cannot = |error: std::io::Error| match error.kind() {
        std::io::ErrorKind::NotFound => "there is no such file".to_owned(),
        std::io::ErrorKind::PermissionDenied => "this file may not be read".to_owned(),
        kind => format!("this file cannot be read: {kind}"),
    };
    let about = fs::metadata(path).map_err(cannot)?;
    if about.is_dir() {
        return Err("this is a folder; name the file in it".to_owned());
    }
    if !about.is_file() {
        return Err("this is no ordinary file".to_owned());
    }
    if about.len() > MAX_BYTES as u64 {
        return Err("this file is larger than 1 MiB: it is no description".to_owned());
    }
    let mut bytes = Vec::new();
    // It may have grown since.
    File::open(path).and_then(|file| file.take(MAX_BYTES as u64 + 1).read_to_end(&mut bytes)).map_err(cannot)?;
    if bytes.starts_with(&[0xff, 0xfe]) || bytes.starts_with(&[0xfe, 0xff]) {
        return Err("this file is UTF-16: save it as UTF-8".to_owned());
    }
    if bytes.contains(&0) {
        return Err("this is a binary file, not YAML".to_owned());
    }
    String::from_utf8(bytes).map_err(|error| {
        let line = error.as_bytes()[..error.utf8_error().valid_up_to()].split(|byte| *byte == b'\n').count();
        format!("this file is not UTF-8 (line {line}): save it as UTF-8")
    })
}
