//! What a run is waiting for, on one line of a terminal that is erased before the report.
//!
//! A return and blanks do for that: no crate that looks at the terminal by itself, no escape sequence that one might not
//! know, nothing to colour.

use jiff::Timestamp;

use crate::{probe::Waiting, render::harmless};

/// A terminal that somebody watches.
#[derive(Debug, Clone, Copy)]
pub struct Watcher {
    /// Its columns.
    pub width: usize,
    /// Writes to it at once.
    pub write: fn(&str),
}

/// Draws on a watched terminal, if there is one.
pub(super) struct Progress {
    watcher: Option<Watcher>,
    now: fn() -> Timestamp,
    started: Timestamp,
    deadline_secs: u64,
    /// Columns that are drawn on.
    drawn: usize,
}

impl Progress {
    pub(super) fn new(watcher: Option<Watcher>, now: fn() -> Timestamp, deadline_secs: u64) -> Self {
        Self { watcher, now, started: now(), deadline_secs, drawn: 0 }
    }

    /// Draws over what was drawn before.
    pub(super) fn draw(&mut self, waiting: &[Waiting]) {
        let Some(watcher) = self.watcher else { return };
        let waited = (self.now)().duration_since(self.started).as_secs();
        let line = line(waiting, &format!("{waited} s of {} s", self.deadline_secs), watcher.width);
        let columns = line.chars().count();
        (watcher.write)(&format!("\r{line}{}", " ".repeat(self.drawn.saturating_sub(columns))));
        self.drawn = columns;
    }

    /// Leaves the line empty, for whatever is written next.
    pub(super) fn erase(&mut self) {
        if let Some(watcher) = self.watcher.filter(|_| self.drawn > 0) {
            (watcher.write)(&format!("\r{}\r", " ".repeat(self.drawn)));
            self.drawn = 0;
        }
    }
}

/// `waiting for cht.example.org: TLS, monitoring; 12 s of 120 s`, shorter than the terminal is wide.
fn line(waiting: &[Waiting], time: &str, width: usize) -> String {
    let mut places: Vec<(&str, Vec<&str>)> = Vec::new();
    for Waiting { place, what } in waiting {
        match places.iter_mut().find(|(known, _)| known == place) {
            Some((_, all)) => all.push(what),
            None => places.push((place, vec![what])),
        }
    }
    let told: Vec<String> = places.iter().map(|(place, all)| format!("{place}: {}", all.join(", "))).collect();
    let told = harmless(&format!("waiting for {}", told.join("; ")));
    let room = width.saturating_sub(time.len() + 3);
    if told.chars().count() <= room {
        return format!("{told}; {time}");
    }
    format!("{}...; {time}", told.chars().take(room.saturating_sub(3)).collect::<String>())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_groups_by_place_and_is_never_as_wide_as_the_terminal() {
        let at = |place: &str, what| Waiting { place: place.to_owned(), what };
        let waiting = [at("cht.example.org", "monitoring"), at("example.org", "registration"), at("cht.example.org", "TLS")];
        assert_eq!(line(&waiting, "12 s of 120 s", 100), "waiting for cht.example.org: monitoring, TLS; example.org: registration; 12 s of 120 s");
        assert_eq!(line(&waiting, "12 s of 120 s", 40), "waiting for cht.examp...; 12 s of 120 s");
        for width in 0..90 {
            let drawn = line(&waiting, "12 s of 120 s", width);
            assert!(drawn.chars().count() < width.max(19) && drawn.ends_with("12 s of 120 s"), "{width}: {drawn}");
        }
        assert!(!line(&[at("evil\u{1b}[2J\n", "TLS")], "1 s of 2 s", 80).contains(['\u{1b}', '\n']));
    }
}
