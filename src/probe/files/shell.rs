//! The commands of a shell line, as far as a crontab needs them: words without their quotes, and how one command follows
//! another. Nothing is expanded.

use std::{iter::Peekable, str::Chars};

use super::rehearsal::NOWHERE;

/// How a command follows the one before it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum After {
    /// Whatever became of it, or first, or beside it (`;`, `|`, `&`).
    Anything,
    /// When it went well (`&&`).
    Success,
    /// When it failed (`||`).
    Failure,
}

/// One command: assignments, program and arguments.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Command {
    /// Its words.
    pub(super) words: Vec<String>,
    /// How it follows the one before it.
    pub(super) after: After,
    /// It runs, alone or in a bracket, only where something before it failed.
    pub(super) on_failure: bool,
    /// What it prints is thrown away.
    pub(super) discards: bool,
}

/// How deep commands within words are looked into.
const DEPTH: usize = 3;

/// Programs whose `-c` is itself a command line.
const SHELLS: [&str; 6] = ["sh", "bash", "dash", "ash", "flock", "su"];
/// Options whose value is itself a command line: certbot's and acme.sh's hooks.
const HOOKS: [&str; 6] = ["--deploy-hook", "--post-hook", "--renew-hook", "--reloadcmd", "--renew-hook-cmd", "--hook"];

/// The last part of a program's path.
pub(super) fn base(word: &str) -> &str {
    word.rsplit('/').next().unwrap_or(word)
}

/// The commands of a line in order, with those that `sh -c`, `flock -c` and renewal hooks carry in a word.
pub(super) fn commands(line: &str) -> Vec<Command> {
    let mut found = Vec::new();
    unfold(line, None, false, DEPTH, &mut found);
    found
}

fn unfold(line: &str, first: Option<After>, on_failure: bool, depth: usize, found: &mut Vec<Command>) {
    for (nth, mut command) in lex(line).into_iter().enumerate() {
        command.on_failure |= on_failure;
        if let (0, Some(first)) = (nth, first) {
            command.after = first;
        }
        if depth == 0 {
            found.push(command);
            continue;
        }
        let words = &command.words;
        if let Some(script) = script(words).map(str::to_owned) {
            let (after, on_failure) = (command.after, command.on_failure);
            let before = words.iter().take_while(|word| !SHELLS.contains(&base(word))).cloned().collect::<Vec<_>>();
            if !before.is_empty() {
                found.push(Command { words: before, ..command }); // assignments, `sudo`, `docker exec` before `sh -c`
            }
            unfold(&script, Some(after), on_failure, depth - 1, found);
            continue;
        }
        // A renewal that is only tried runs no hooks that load a certificate.
        let tried = words.iter().any(|word| word == "--dry-run");
        let hooks: Vec<String> = words
            .iter()
            .filter(|_| !tried)
            .zip(words.iter().skip(1).map(Some).chain([None]))
            .filter_map(|(word, next)| match word.split_once('=') {
                Some((name, hook)) if HOOKS.contains(&name) => Some(hook.to_owned()),
                _ => next.filter(|_| HOOKS.contains(&word.as_str())).cloned(),
            })
            .collect();
        let on_failure = command.on_failure;
        found.push(command);
        for hook in hooks {
            unfold(&hook, Some(After::Success), on_failure, depth - 1, found);
        }
    }
}

/// What `sh -c`, `bash -lc` or `flock … -c` is given to run.
fn script(words: &[String]) -> Option<&str> {
    let shell = words.iter().position(|word| SHELLS.contains(&base(word)))?;
    let option = words.iter().skip(shell + 1).position(|word| word.starts_with('-') && !word.starts_with("--") && word.ends_with('c'))?;
    words.get(shell + option + 2).map(String::as_str)
}

/// Takes a line apart.
fn lex(line: &str) -> Vec<Command> {
    let mut lexer = Lexer { commands: Vec::new(), words: Vec::new(), word: None, after: After::Anything, target: None, discards: false, brackets: Vec::new() };
    let mut chars = line.chars().peekable();
    while let Some(c) = chars.next() {
        match c {
            '\\' => lexer.word().extend(chars.next()),
            '\'' => lexer.word().extend(chars.by_ref().take_while(|c| *c != '\'')),
            '"' => double_quoted(&mut chars, lexer.word()),
            '$' if chars.peek() == Some(&'(') => substitution(&mut chars, lexer.word()),
            '`' => {
                lexer.word().push('`');
                lexer.word().extend(chars.by_ref().take_while(|c| *c != '`'));
            }
            '#' if lexer.word.is_none() => break,
            ' ' | '\t' | '\r' => lexer.end_word(),
            '&' if chars.next_if_eq(&'&').is_some() => lexer.end_command(After::Success),
            '|' if chars.next_if_eq(&'|').is_some() => lexer.end_command(After::Failure),
            '&' if chars.peek() == Some(&'>') => lexer.end_word(),
            ';' | '\n' | '&' | '|' => lexer.end_command(After::Anything),
            '(' => {
                lexer.end_command(After::Anything);
                lexer.open_bracket();
            }
            ')' => {
                lexer.end_command(After::Anything);
                lexer.brackets.pop();
            }
            '<' | '>' => {
                // A number before it is that of a file descriptor; the word after it is a file, no argument.
                let stdout = c == '>' && lexer.word.as_ref().is_none_or(|word| word == "1" || !word.chars().all(|c| c.is_ascii_digit()));
                lexer.word = lexer.word.take().filter(|word| !word.chars().all(|c| c.is_ascii_digit()));
                lexer.end_word();
                while chars.next_if(|c| matches!(c, '<' | '>' | '&' | '|')).is_some() {}
                lexer.target = Some(stdout);
            }
            _ => lexer.word().push(c),
        }
    }
    lexer.end_command(After::Anything);
    lexer.commands
}

struct Lexer {
    commands: Vec<Command>,
    words: Vec<String>,
    word: Option<String>,
    after: After,
    /// The word that comes is the target of a redirection: of standard output, or of another one.
    target: Option<bool>,
    /// Standard output goes to nowhere.
    discards: bool,
    /// The brackets that are open: whether each runs only where something before it failed.
    brackets: Vec<bool>,
}

impl Lexer {
    fn word(&mut self) -> &mut String {
        self.word.get_or_insert_default()
    }

    fn end_word(&mut self) {
        let Some(word) = self.word.take() else { return };
        match self.target.take() {
            Some(stdout) => self.discards |= stdout && word == NOWHERE,
            None if self.words.is_empty() && word == "{" => self.open_bracket(),
            None if self.words.is_empty() && word == "}" => drop(self.brackets.pop()),
            None => self.words.push(word),
        }
    }

    fn open_bracket(&mut self) {
        self.brackets.push(self.after == After::Failure);
    }

    fn end_command(&mut self, next: After) {
        self.end_word();
        self.target = None;
        let discards = std::mem::take(&mut self.discards);
        if self.words.is_empty() {
            // `&& (`: the bracket's first command follows as the bracket does.
            if next != After::Anything {
                self.after = next;
            }
        } else {
            let on_failure = self.after == After::Failure || self.brackets.contains(&true);
            self.commands.push(Command { words: std::mem::take(&mut self.words), after: self.after, on_failure, discards });
            self.after = next;
        }
    }
}

fn double_quoted(chars: &mut Peekable<Chars<'_>>, word: &mut String) {
    while let Some(c) = chars.next() {
        match c {
            '"' => return,
            '\\' => word.extend(chars.next()),
            '$' if chars.peek() == Some(&'(') => substitution(chars, word),
            _ => word.push(c),
        }
    }
}

/// Takes `$(…)` over as it is, brackets counted.
fn substitution(chars: &mut Peekable<Chars<'_>>, word: &mut String) {
    word.push('$');
    let mut depth = 0_usize;
    for c in chars.by_ref() {
        word.push(c);
        match c {
            '(' => depth += 1,
            ')' => depth -= 1,
            _ => {}
        }
        if depth == 0 {
            return;
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::{After, commands};

    fn words(line: &str) -> Vec<(Vec<String>, After)> {
        commands(line).into_iter().map(|command| (command.words, command.after)).collect()
    }

    fn expect(line: &str, expected: &[(&[&str], After)]) {
        let expected: Vec<(Vec<String>, After)> =
            expected.iter().map(|(words, after)| (words.iter().map(|word| (*word).to_owned()).collect(), *after)).collect();
        assert_eq!(words(line), expected, "{line}");
    }

    #[test]
    fn a_line_comes_apart_as_in_a_shell() {
        use After::{Anything, Failure, Success};
        expect("a 'b c' \"d $e\" f\\ g # h", &[(&["a", "b c", "d $e", "f g"], Anything)]);
        expect(
            "a && b || c ; d | e & f",
            &[(&["a"], Anything), (&["b"], Success), (&["c"], Failure), (&["d"], Anything), (&["e"], Anything), (&["f"], Anything)],
        );
        expect("a >/dev/null 2>&1 && b", &[(&["a"], Anything), (&["b"], Success)]);
        expect("a &> x b > \"y z\" c", &[(&["a", "b", "c"], Anything)]);
        expect("(a; b) && (c)", &[(&["a"], Anything), (&["b"], Anything), (&["c"], Success)]);
        expect("a r::$(date \"+%y (x)\") b", &[(&["a", "r::$(date \"+%y (x)\")", "b"], Anything)]);
        expect("X='y' sudo bash -c 'a && b c' 2>/dev/null", &[(&["X=y", "sudo"], Anything), (&["a"], Anything), (&["b", "c"], Success)]);
        expect("a && flock -n /x -c \"b\"", &[(&["a"], Anything), (&["b"], Success)]);
        expect("certbot renew --deploy-hook 'a b'", &[(&["certbot", "renew", "--deploy-hook", "a b"], Anything), (&["a", "b"], Success)]);
        expect("", &[]);
    }

    proptest! {
        #[test]
        fn no_line_panics_and_none_grows(line in "[a-c'\"`$()\\\\&|;<># =\u{e9}]{0,80}") {
            let length: usize = commands(&line).iter().flat_map(|command| &command.words).map(String::len).sum();
            prop_assert!(length <= line.len() * 4);
        }
    }
}
