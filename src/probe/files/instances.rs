//! Watchdog's `cht-instances.yml`: the instances that Prometheus scrapes.

use crate::{
    evidence::{FileAsk, InstancesFacts},
    finding::{Cause, CauseKind},
    yaml::{self, Node, Value},
};

use super::{Reach, cut, text, without_login};

/// Most instances of one list.
const TARGETS: usize = 1000;

/// The addresses that a Watchdog scrapes: every `targets` of the list.
///
/// # Errors
/// `File`, `Permission`, `TooLarge` (1 MiB, or 1,000 addresses), `Forbidden` outside the folders that may be read;
/// `File` with the line where it is no list of `targets`.
pub fn watchdog_instances(ask: &FileAsk, reach: &Reach) -> Result<InstancesFacts, Cause> {
    let root = tree(&ask.path, reach)?;
    let unusable = |node: &Node| Cause::new(CauseKind::File, format!("{}:{}", ask.path, node.mark.line));
    let Value::List(groups) = &root.value else { return Err(unusable(&root)) };
    let mut targets = Vec::new();
    for group in groups {
        let Some(Node { value: Value::List(listed), .. }) = group.get("targets") else { return Err(unusable(group)) };
        for target in listed {
            let address = target.as_text().ok_or_else(|| unusable(target))?;
            if targets.len() == TARGETS {
                return Err(Cause::new(CauseKind::TooLarge, &ask.path));
            }
            targets.push(cut(&without_login(address), 200));
        }
    }
    Ok(InstancesFacts { targets })
}

/// A YAML file as a tree, merge keys resolved.
pub(super) fn tree(path: &str, reach: &Reach) -> Result<Node, Cause> {
    // The mistakes' own words quote the file, which may hold secrets; the line is enough to find the place.
    let refused = |mistake: Option<&yaml::Mistake>| {
        let place = mistake.and_then(|mistake| mistake.mark).map_or_else(|| path.to_owned(), |mark| format!("{path}:{}", mark.line));
        Cause::new(CauseKind::File, place)
    };
    let mut root = yaml::read(&text(path, reach)?, 0).map_err(|mistakes| refused(mistakes.first()))?;
    yaml::apply_merge_keys(&mut root).map_err(|mistake| refused(Some(&mistake)))?;
    Ok(root)
}
