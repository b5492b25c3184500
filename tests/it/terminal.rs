//! What only a terminal sees: progress and links, by way of a pseudo-terminal that Python opens.

use std::{
    net::TcpListener,
    process::{Command, Stdio},
};

use crate::{cli::Desk, support};

/// Runs a program with one stream on a terminal of 80 columns, the other in a file, and an environment of its own; prints
/// what the terminal got. Where a text shows on it, the program is interrupted.
const TERMINAL: &str = r"
import fcntl, os, pty, signal, struct, subprocess, sys, termios
which, other, trigger, env, command = sys.argv[1], sys.argv[2], sys.argv[3].encode(), sys.argv[4].split(), sys.argv[5:]
master, slave = pty.openpty()
fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack('HHHH', 24, 80, 0, 0))
with open(other, 'wb') as file:
    streams = {'stdout': file, 'stderr': file, which: slave}
    child = subprocess.Popen(command, stdin=subprocess.DEVNULL, env=dict(pair.split('=', 1) for pair in env), **streams)
os.close(slave)
seen = b''
while True:
    try:
        part = os.read(master, 65536)
    except OSError:
        break
    if not part:
        break
    seen += part
    if trigger and trigger in seen:
        trigger = b''
        child.send_signal(signal.SIGINT)
code = child.wait(60)
sys.stdout.buffer.write(seen)
sys.exit(code)
";

/// What came of a run.
struct Seen {
    code: i32,
    /// What the terminal got.
    terminal: String,
    /// What the other stream got.
    other: String,
}

impl Seen {
    /// What is left to read on the terminal: a return begins the line again.
    fn screen(&self) -> Vec<String> {
        let mut lines = vec![Vec::new()];
        let mut column = 0;
        for c in self.terminal.chars() {
            match c {
                '\n' => (lines.push(Vec::new()), column = 0).1,
                '\r' => column = 0,
                c => {
                    let line = lines.last_mut().expect("a line");
                    if column < line.len() {
                        line[column] = c;
                    } else {
                        line.push(c);
                    }
                    column += 1;
                }
            }
        }
        lines.into_iter().map(|line| line.into_iter().collect::<String>().trim_end().to_owned()).filter(|line| !line.is_empty()).collect()
    }
}

/// `None` where Python is not installed.
fn on_a_terminal(desk: &Desk, stream: &str, interrupt_at: &str, env: &str, args: &str) -> Option<Seen> {
    let python = support::program("python3")?;
    let other = desk.path("other");
    let mut command = Command::new(python);
    command.args(["-c", TERMINAL, stream]).arg(&other).args([interrupt_at, env]).arg(env!("CARGO_BIN_EXE_cht-audit")).args(args.split_whitespace());
    let output = command.current_dir(desk.path("")).stdin(Stdio::null()).output().expect("Python runs");
    let terminal = String::from_utf8(output.stdout).expect("UTF-8");
    assert!(!String::from_utf8_lossy(&output.stderr).contains("Traceback"), "{}", String::from_utf8_lossy(&output.stderr));
    Some(Seen { code: output.status.code().unwrap_or(-1), terminal, other: desk.read("other") })
}

/// A server that takes connections and never says a word.
fn silent() -> (TcpListener, Desk) {
    let listener = TcpListener::bind(("127.0.0.1", 0)).expect("a port");
    let desk = Desk::at(listener.local_addr().expect("an address").port(), "");
    (listener, desk)
}

const SILENT: &str = "check site.yaml --no-phone-out --deadline 3s";

#[test]
fn who_waits_is_told_for_what_and_the_line_is_gone_before_the_report() {
    for env in ["TERM=xterm", "TERM=xterm NO_COLOR=1", "TERM=xterm CI=false"] {
        let (_server, desk) = silent();
        let Some(seen) = on_a_terminal(&desk, "stderr", "", env, SILENT) else { return };
        let told: Vec<&str> = seen.terminal.split(['\r', '\n']).filter(|part| part.starts_with("waiting for ")).collect();
        assert!(!told.is_empty(), "{env}: {:?}", seen.terminal);
        for line in told {
            assert!(line.contains("127.0.0.1:") && line.contains("TLS") && line.contains("monitoring"), "{line}");
            assert!(line.trim_end().ends_with(" s of 3 s") && line.chars().count() < 80, "{line}");
        }
        assert!(!seen.terminal.contains('\u{1b}'), "{env}: no escape sequence: {:?}", seen.terminal);
        assert!(matches!(&seen.screen()[..], [gate] if gate.starts_with("cht-audit: ")), "{env}: {:?}", seen.screen());
        assert!(seen.other.starts_with("Test County") && !seen.other.contains("waiting for"), "{env}: {}", seen.other);
    }
}

#[test]
fn nobody_who_cannot_see_it_erased_is_told() {
    for env in ["TERM=dumb", "TERM=xterm CI=true", "TERM=xterm CI=1"] {
        let (_server, desk) = silent();
        let Some(seen) = on_a_terminal(&desk, "stderr", "", env, "check site.yaml --no-phone-out --deadline 2s") else { return };
        assert!(matches!(&seen.screen()[..], [gate] if gate.starts_with("cht-audit: ")), "{env}: {:?}", seen.screen());
        assert!(!seen.terminal.contains("waiting for"), "{env}");
    }
    // Standard output is a terminal, standard error a file.
    let (_server, desk) = silent();
    let Some(seen) = on_a_terminal(&desk, "stdout", "", "TERM=xterm", "check site.yaml --no-phone-out --deadline 2s") else { return };
    assert!(seen.other.starts_with("cht-audit: ") && !seen.terminal.contains("waiting for"), "{}", seen.other);
    // And a run of no second says nothing.
    let Some(seen) = on_a_terminal(&desk, "stderr", "", "TERM=xterm", "check site.yaml --offline") else { return };
    assert!(!seen.terminal.contains("waiting for"), "{}", seen.terminal);
}

#[test]
fn an_interrupt_while_progress_shows_prints_the_partial_report_on_a_clean_line() {
    let (_server, desk) = silent();
    let Some(seen) = on_a_terminal(&desk, "stderr", "waiting for", "TERM=xterm", "check site.yaml --no-phone-out") else { return };
    assert_eq!(seen.code, 130, "{:?}", seen.terminal);
    assert!(seen.other.contains("Interrupted: this report holds what was seen until then."), "{}", seen.other);
    assert!(matches!(&seen.screen()[..], [gate] if gate.starts_with("cht-audit: interrupted")), "{:?}", seen.screen());
    let (_server, desk) = silent();
    let Some(seen) = on_a_terminal(&desk, "stderr", "waiting for", "TERM=xterm", "collect site.yaml --no-phone-out") else { return };
    assert!(seen.code == 130 && seen.other.starts_with('{') && !seen.screen().iter().any(|line| line.contains("waiting")), "{:?}", seen.screen());
}

#[test]
fn checks_are_links_where_the_terminal_draws_them_and_nowhere_else() {
    let link = "\u{1b}]8;;https://docs.communityhealthtoolkit.org/";
    let desk = Desk::new("answers: { privacy.breach-plan: { answer: no, date: 2026-01-01 } }");
    let links = |env: &str, args: &str| on_a_terminal(&desk, "stdout", "", env, args).map(|seen| seen.terminal.matches(link).count());
    let check = "check site.yaml --offline --only privacy";
    let Some(known) = links("TERM=xterm-256color VTE_VERSION=7000", check) else { return };
    assert!(known > 5, "{known} links");
    assert_eq!(links("TERM=xterm-kitty", check), Some(known));
    for env in ["TERM=xterm-256color", "TERM=dumb VTE_VERSION=7000", "TERM=xterm VTE_VERSION=7000 NO_COLOR=1", "TERM=xterm VTE_VERSION=7000 FORCE_HYPERLINK=0"]
    {
        assert_eq!(links(env, check), Some(0), "{env}");
    }
    // Not in a file, and not in a pipe, even where they are forced.
    assert_eq!(links("TERM=xterm VTE_VERSION=7000 FORCE_HYPERLINK=1", &format!("{check} -o table:page.txt")), Some(0));
    assert!(desk.read("page.txt").contains("privacy.breach-plan") && !desk.read("page.txt").contains('\u{1b}'));
    let Some(seen) = on_a_terminal(&desk, "stderr", "", "TERM=xterm VTE_VERSION=7000 FORCE_HYPERLINK=1", check) else { return };
    assert!(!seen.other.contains('\u{1b}'), "{}", seen.other);
    // The address of a saved run may be anything.
    let (_, mut report) = desk.offline("--only privacy");
    for finding in report["findings"].as_array_mut().expect("findings") {
        finding["references"] = serde_json::json!(["https://e.org/\u{1b}\\\u{7}evil"]);
    }
    desk.write("hostile.json", report.to_string());
    let Some(seen) = on_a_terminal(&desk, "stdout", "", "TERM=xterm-kitty", "report hostile.json") else { return };
    assert!(seen.terminal.contains("privacy.breach-plan") && !seen.terminal.contains("]8;;") && !seen.terminal.contains('\u{7}'));
}
