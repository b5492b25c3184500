//! Descriptions: what is refused, and how that is said.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::Path,
};

use cht_audit::{
    finding::Place,
    site::{KnownChecks, Level, Loaded, Options, Problem, Refused, Site, load, schema},
    span::Unit,
};
use serde_json::Value as Json;

fn known() -> KnownChecks {
    let one = |name: &str, unit| BTreeMap::from([(name.to_owned(), unit)]);
    KnownChecks(BTreeMap::from([
        ("backups.age".to_owned(), one("pass", Unit::Duration)),
        ("scale.users".to_owned(), one("warn", Unit::Count)),
        ("scale.disk".to_owned(), one("warn", Unit::Percent)),
        ("restarts.ups".to_owned(), BTreeMap::new()),
        ("disaster-recovery.exercise".to_owned(), BTreeMap::new()),
        ("privacy.breach-plan".to_owned(), BTreeMap::new()),
    ]))
}

fn options() -> Options {
    Options { roots: Vec::new(), allow_env: Vec::new(), as_of: "2026-11-22T12:00:00Z".parse().expect("an instant") }
}

fn load_text(text: impl AsRef<[u8]>) -> Result<Loaded, Refused> {
    let folder = tempfile::tempdir().expect("a folder");
    fs::write(folder.path().join("site.yaml"), text).expect("it is written");
    let mut result = load(&folder.path().join("site.yaml"), &options(), &known());
    // As if it had been run from the folder.
    let shorten = |problem: &mut Problem| problem.file = problem.file.replace(&format!("{}/", folder.path().display()), "");
    match &mut result {
        Ok(loaded) => loaded.warnings.iter_mut().for_each(shorten),
        Err(refused) => refused.problems.iter_mut().for_each(shorten),
    }
    result
}

fn rendered(problems: &[Problem]) -> String {
    problems.iter().map(|problem| problem.render(false)).collect::<Vec<_>>().join("\n\n")
}

/// What is said of a description that is refused: line, message, one a line.
fn refused(text: impl AsRef<[u8]>) -> Vec<String> {
    let refused = load_text(text).expect_err("it is refused");
    refused.problems.iter().map(|problem| format!("{}: {}", problem.at.map_or(0, |(line, _)| line), problem.message)).collect()
}

/// A good description with more lines behind it, which begin on line 3.
fn with(lines: &str) -> String {
    format!("name: Kisumu\nurl: https://cht.example.org\n{lines}\n")
}

#[test]
fn a_mistake_reads_well() {
    let text = with("kind: colud\nbackups:\n  copies:\n    - { id: nas, kind: restic, evry: 4h }");
    let expected = "\
error: `colud` is not one of facility, datacenter, cloud
 --> site.yaml:3:7
  |
3 | kind: colud
  |       ^^^^^
  |
  = help: did you mean `cloud`?

error: `evry` is not a key of `backups.copies[0]`
 --> site.yaml:6:32
  |
6 |     - { id: nas, kind: restic, evry: 4h }
  |                                ^^^^
  |
  = help: did you mean `every`?";
    assert_eq!(rendered(&load_text(text).unwrap_err().problems), expected);
}

#[test]
fn a_literal_secret_is_refused_and_not_repeated() {
    let text = with("cht: { credentials: { user: hunter2, password: { env: hunter2 } } }");
    let expected = "\
error: a secret does not belong into this file
 --> site.yaml:3:29
  |
3 | cht: { credentials: { user: ***, password: { env: *** } } }
  |                             ^^^
  |
  = help: write { env: CHT_AUDIT_NAME } or { file: name-of-a-file }, and change a secret that others may have seen

error: this is not the name of an environment variable
 --> site.yaml:3:55
  |
 ::: 
3 | cht: { credentials: { user: ***, password: { env: *** } } }
  |                                                   ^^^
  |
  = help: write a name in capital letters, CHT_AUDIT_…; never the secret itself";
    assert_eq!(rendered(&load_text(text).unwrap_err().problems), expected);

    let canary = "hunter2-canary";
    for lines in [
        "alerting: { monitors: [{ kind: x, token: hunter2-canary }] }",
        "alerting: { monitors: [{ kind: x, tokn: hunter2-canary }] }",
        "alerting: { monitors: [{ kind: x, tk: hunter2-canary }] }",
        "alerting:\n  monitors:\n    - kind: x\n      token: |\n        hunter2-canary\n        hunter2-canary\n      place: mars",
        "backups: { copies: [{ id: a, kind: restic, password: { value: hunter2-canary } }] }",
        "backups: { copies: [{ id: a, kind: restic, password: { env: [hunter2-canary] } }] }",
        "backups: { copies: [{ id: a, kind: restic, password: [hunter2-canary], pplace: here }] }",
        "backups: { copies: [{ id: a, kind: restic, password: { hunter2-canary: } }] }",
        "couchdb_password: hunter2-canary",
        // Not YAML at all: nobody can tell what it is.
        "password: hunter2-canary: x",
        "password: !vault hunter2-canary",
        "password: hunter2-canary\npassword: hunter2-canary",
        "cht:\n  credentials:\n    password: >\n     hunter2-canary\n\t x: hunter2-canary",
        "cht: { staging_url: \"https://user:hunter2-canary@cht.example.org\" }",
        "files: { env: \"https://user:hunter2-canary@cht.example.org/x\" }",
    ] {
        let problems = load_text(with(lines)).unwrap_err().problems;
        assert!(!format!("{}{problems:?}", rendered(&problems)).contains(canary), "{}", rendered(&problems));
    }
}

#[test]
fn all_mistakes_are_told_at_once_in_file_order() {
    let text = with(
        "timezone: Africa/Nairoby\nhosts: [{ id: a }, { id: a }, { address: 169.254.169.254 }]\nreviewed: { date: 2026-02-30 }\nscale: { users: \"480\", data_gb: -1, lead_time: 60 }\n\
         answers: { privacy.breach-plans: { answer: maybe } }\nthresholds: { backups.age: { passs: 12h, pass: soon }, restarts.ups: { pass: 1 }, scale.disk: { warn: 101 } }\n\
         security: { allowed_ports: [443, 70000] }\nupdates: { trained: { who: ict } }\npeople: { ict: }\nbackups: []",
    );
    assert_eq!(
        refused(text),
        [
            "3: `Africa/Nairoby` is no time zone that this computer knows",
            "4: `a` is already the id of the host on line 4",
            "4: `hosts[2]` lacks `id`",
            "4: 169.254.169.254 is an address that is never asked",
            "5: `2026-02-30`: there is no such day",
            "6: `\"480\"` is a text",
            "6: `-1` is not a whole number from 0 to 4294967295",
            "6: `60`: write a length of time such as 30m, 4h or 7d",
            "7: there is no check `privacy.breach-plans`",
            "7: `maybe`: write yes, partly or no",
            "8: `backups.age` has no limit `passs`",
            "8: `soon`: write a length of time such as 30m, 4h or 7d",
            "8: `restarts.ups` has no limit `pass`",
            "8: `101`: write a whole number from 0 to 100",
            "9: 70000 is more than 65535",
            "10: a list belongs here, not keys with values",
            "11: `ict` has no value",
            "12: keys with values (`key: value`) belong here, not a list",
        ]
    );
    assert_eq!(refused("kind: cloud\n"), ["0: `name` is missing", "0: `url` is missing"]);
}

#[test]
fn a_key_that_is_written_twice_hides_no_other_mistake() {
    let text =
        with("backups: { copies: [{ id: a, kind: borg, evry: 4h }] }\nkind: cluod\nbackups: { keys_held_by: ict }\nanswers: { backups.agee: { answer: yes } }");
    assert_eq!(
        refused(&text),
        [
            "3: `evry` is not a key of `backups.copies[0]`",
            "4: `cluod` is not one of facility, datacenter, cloud",
            "5: `backups` is written twice: on lines 3 and 5",
            "5: a list belongs here, not a single value",
            "6: there is no check `backups.agee`",
        ]
    );
    assert_eq!(
        refused(with("country: !x KE\nrestarts: { ups: { minutes: 5, minutes: x } }")),
        ["3: tags (`!…`) are not read", "4: `minutes` is written twice: on line 4, columns 20 and 32", "4: `x` is not a whole number from 0 to 4294967295"]
    );
    // A mistake of the file as a whole, and none about what nobody wrote.
    assert_eq!(refused("kind: facility\nkind: facility\n"), ["0: `name` is missing", "0: `url` is missing", "2: `kind` is written twice: on lines 1 and 2"]);
    assert_eq!(refused(with("people: &a { ict: *a }")), ["3: this alias stands inside what it stands for"]);
    // A secret that is written twice is shown in neither place.
    let secret = with("alerting: { monitors: [{ kind: x, token: { env: CHT_AUDIT_T }, token: hunter2-canary }] }");
    let told = rendered(&load_text(secret).unwrap_err().problems);
    assert!(told.contains("`token` is written twice") && !told.contains("hunter2"), "{told}");
}

#[test]
fn hostile_files_are_refused() {
    assert_eq!(refused(""), ["0: the file is empty"]);
    assert_eq!(refused("- a\n"), ["1: keys with values (`key: value`) belong here, not a list"]);
    assert_eq!(refused([0x7f, b'E', b'L', b'F', 0, 1]), ["0: this is a binary file, not YAML"]);
    assert_eq!(refused(b"name: x\nurl: \xe9\n"), ["0: this file is not UTF-8 (line 2): save it as UTF-8"]);
    assert_eq!(refused(b"\xff\xfen\0a\0"), ["0: this file is UTF-16: save it as UTF-8"]);
    assert_eq!(refused("[".repeat(200_000)), ["1: lists and maps are nested more than 40 deep here"]);
    assert_eq!(refused(with("name: twice")), ["3: `name` is written twice: on lines 1 and 3"]);
    assert_eq!(refused(with("country: !!python/object:os.system [x]")), ["3: tags (`!…`) are not read", "3: a text belongs here, not a list"]);
    let bomb = format!("people: {{ a: &a {} }}\nextends: [{}]\n", "x".repeat(100_000), "*a,".repeat(20_000));
    assert_eq!(refused(bomb), ["2: the file has more than 100 aliases (`*name`); this is one too many"]);
    assert_eq!(refused((0..50_000).fold(String::new(), |text, i| text + "k" + &i.to_string() + ":\n")).len(), 1);
    assert_eq!(refused(format!("name: {}", "://".repeat(300_000))).len(), 1);
    // A hundred mistakes are enough to begin with.
    let many = refused((0..5_000).fold(with(""), |text, i| text + "k" + &i.to_string() + ": 1\n"));
    assert_eq!((many.len(), many[100].as_str()), (101, "0: 4900 more are not shown"));

    let folder = tempfile::tempdir().unwrap();
    let said = |path: &Path| load(path, &options(), &known()).unwrap_err().problems.remove(0);
    assert_eq!(said(folder.path()).message, "this is a folder; name the file in it");
    assert_eq!(said(&folder.path().join("none.yaml")).message, "there is no such file");
    let huge = folder.path().join("huge.yaml");
    fs::File::create(&huge).unwrap().set_len(100_000_000).unwrap();
    assert_eq!(said(&huge).message, "this file is larger than 1 MiB: it is no description");
    assert!(said(&huge).render(false).ends_with(&format!("--> {}", huge.display())));
    assert_eq!(said(Path::new("/dev/zero")).message, "this is no ordinary file");
}

#[test]
fn a_byte_order_mark_and_windows_line_ends_are_fine() {
    let loaded = load_text(format!("\u{feff}{}", with("kind: facility\ntimezone: Africa/Nairobi")).replace('\n', "\r\n")).unwrap();
    let place = loaded.site.place("kind").unwrap();
    assert_eq!((loaded.site.said.name.as_str(), place.file.as_str(), place.line, place.column), ("Kisumu", "site.yaml", 3, 1));
    assert_eq!(refused(format!("\u{feff}{}", with("kind: x")).replace('\n', "\r\n")).len(), 1);
    assert_eq!(load_text("\u{feff}nam: x\r\nurl: https://a.example\r\n").unwrap_err().problems.iter().filter_map(|p| p.at).collect::<Vec<_>>(), [(1, 1)]);
}

#[test]
fn what_a_word_processor_does_to_a_description_is_told_at_its_place() {
    let quotes = "these are typographic quotes: YAML takes them as a part of the text";
    assert_eq!(refused(with("country: “KE”")).iter().filter(|told| **told == format!("3: {quotes}")).count(), 1);
    let told = load_text("name: “Kisumu”\nurl: ‘https://cht.example.org’\n").unwrap_err().problems;
    let places: Vec<_> = told.iter().filter(|problem| problem.message == quotes).filter_map(|problem| problem.at).collect();
    assert_eq!(places, [(1, 7), (2, 6)]);
    assert!(told[0].render(false).contains("write straight quotes"), "{}", told[0].render(false));
    // Quotes within a text, and those that straight ones enclose, are meant.
    let loaded = load_text("name: The “Kisumu” site\nurl: https://a.example\npeople: { ict: \"“The lead”\" }\n").unwrap();
    assert_eq!(loaded.site.said.name, "The “Kisumu” site");
    let wide: Vec<u8> = std::iter::once(0xfeff).chain(with("").encode_utf16()).flat_map(u16::to_le_bytes).collect();
    assert_eq!(refused(wide), ["0: this file is UTF-16: save it as UTF-8"]);
    assert!(refused(with("people:\n\tict: x"))[0].starts_with("4: this is not YAML"), "{:?}", refused(with("people:\n\tict: x")));
    // Lines that end as on an old Mac are lines all the same.
    let mac = load_text(with("kind: facility").replace('\n', "\r")).unwrap();
    assert_eq!(mac.site.place("kind").map(|place| place.line), Some(3));
}

#[test]
fn addresses_are_checked() {
    for (url, message) in [
        ("http://cht.example.org", "an address that begins with https:// belongs here"),
        ("file:///etc/passwd", "an address that begins with https:// belongs here"),
        ("cht.example.org", "an address that begins with https:// belongs here"),
        ("https://", "the host is missing"),
        ("https:///x", "the host is missing"),
        ("https://a:b@cht.example.org", "a user name or password does not belong into an address"),
        ("https://169.254.169.254/latest", "169.254.169.254 is an address that is never asked"),
        ("https://[::ffff:169.254.169.254]/", "::ffff:169.254.169.254 is an address that is never asked"),
        ("https://[fe80::1]/", "fe80::1 is an address that is never asked"),
        ("https://169.254.169.254./", "169.254.169.254 is an address that is never asked"),
        ("https://2852039166/", "`2852039166` is neither a host name nor an IP address"),
        ("https://0xA9FEA9FE/", "`0xA9FEA9FE` is neither a host name nor an IP address"),
        ("https://169.16689662/", "`169.16689662` is neither a host name nor an IP address"),
        ("https://cht.example.org:0/", "a port is a number from 1 to 65535"),
        ("https://cht.example.org:80:80/", "a port is a number from 1 to 65535"),
        ("https://ch t.example.org", "an address holds no space, control character or backslash"),
        ("https://a\\\\@b.example", "an address holds no space, control character or backslash"),
        ("https://chț.example", "`chț.example` is neither a host name nor an IP address"),
        ("https://a..example", "`a..example` is neither a host name nor an IP address"),
    ] {
        assert_eq!(refused(format!("name: x\nurl: \"{url}\"\n")), [format!("2: {message}")], "{url}");
    }
    for url in ["https://cht.example.org", "https://127.0.0.1:8443/x?y#z", "https://[2001:db8::1]:443", "https://xn--ch-xka.example."] {
        assert!(load_text(format!("name: x\nurl: {url}\n")).is_ok(), "{url}");
    }
    assert_eq!(refused(with("cht: { staging_url: ftp://x }")), ["3: an address that begins with https:// or http:// belongs here"]);
    let monitor = "alerting: { monitors: [{ kind: x, prometheus: \"http://p.example\", token: { env: CHT_AUDIT_T } }] }";
    assert_eq!(refused(with(monitor)), ["3: a token is sent over https only"]);
}

#[test]
fn secrets_come_from_one_named_place() {
    let copy = |password: &str| with(&format!("backups: {{ copies: [{{ id: a, kind: restic, password: {password} }}] }}"));
    let one = "3: a secret comes from exactly one of `env` and `file`";
    assert_eq!(refused(copy("{}")), [one]);
    assert_eq!(refused(copy("{ env: CHT_AUDIT_A, file: b }")), [one]);
    assert_eq!(refused(copy("{ env: AWS_SECRET }")), ["3: the environment variable AWS_SECRET is not for this program"]);
    assert!(rendered(&load_text(copy("{ env: AWS_SECRET }")).unwrap_err().problems).contains("`--allow-env AWS_SECRET`"));
    assert!(load_text(copy("{ env: CHT_AUDIT_A }")).is_ok());

    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("site.yaml"), copy("{ env: AWS_SECRET }")).unwrap();
    let allowed = Options { allow_env: vec!["AWS_SECRET".to_owned()], ..options() };
    assert!(load(&folder.path().join("site.yaml"), &allowed, &known()).is_ok());
}

#[test]
fn waivers_end() {
    let waiver = |reviewed: &str, dates: &str| with(&format!("{reviewed}\nwaivers: [{{ check: restarts.ups, reason: x, {dates} }}]"));
    assert_eq!(refused(waiver("", "until: 2027-06-30")), ["4: nothing says when this waiver was given"]);
    assert_eq!(refused(waiver("", "date: 2026-01-01, until: 2027-01-03")), ["4: a waiver ends at most 366 days after its date, 2026-01-01"]);
    assert_eq!(refused(waiver("reviewed: { date: 2026-01-01 }", "until: 2027-01-03")), ["4: a waiver ends at most 366 days after `reviewed.date`, 2026-01-01"]);
    assert_eq!(refused(waiver("", "date: 2026-05-01, until: 2026-04-30")), ["4: this waiver ends before it begins, on 2026-05-01"]);
    assert!(load_text(waiver("", "date: 2026-01-01, until: 2027-01-02")).is_ok());
    // Long expired, but that is for the gate to say.
    assert!(load_text(waiver("reviewed: { date: 2026-01-01 }", "until: 2025-01-01")).is_ok());
}

#[test]
fn a_date_in_the_future_is_told() {
    let warnings = |lines: &str| load_text(with(lines)).unwrap().warnings.iter().map(|w| (w.level, w.message.clone())).collect::<Vec<_>>();
    let late = |day: &str, today: &str| vec![(Level::Warning, format!("{day} is after today, {today}: until then this counts for nothing"))];
    assert_eq!(warnings("reviewed: { date: 2026-11-23 }"), late("2026-11-23", "2026-11-22"));
    // Noon in Greenwich is the next day on Kiritimati.
    assert_eq!(warnings("timezone: Pacific/Kiritimati\nreviewed: { date: 2026-11-23 }"), []);
    assert_eq!(warnings("renewals: { domain: { expires: 2030-01-01 }, also: [{ item: x, ends: 2030-01-01 }] }"), []);
    assert_eq!(warnings("answers: { privacy.breach-plan: { answer: no, planned: { date: 2030-01-01 } } }"), []);
    assert_eq!(warnings("files: { env: gone.env }"), [(Level::Warning, "`gone.env` is not there".to_owned())]);
}

#[test]
fn a_country_is_told_by_its_code() {
    let told = |lines: &str| match load_text(with(lines)) {
        Ok(loaded) => loaded.warnings.iter().map(|warning| warning.message.clone()).collect::<Vec<_>>(),
        Err(refused) => refused.problems.iter().map(|problem| format!("{} {}", problem.message, problem.help.clone().unwrap_or_default())).collect(),
    };
    let meant = |word: &str, code: &str| vec![format!("`{word}` is not the ISO 3166 code of a country did you mean `{code}`?")];
    for (word, code) in [("ke", "KE"), ("KEN", "KE"), ("Kenya", "KE"), ("Kenia", "KE"), ("Tanzania", "TZ"), ("nepal", "NP")] {
        assert_eq!(told(&format!("country: {word}")), meant(word, code));
        assert_eq!(told(&format!("privacy: {{ residency: {word} }}")), meant(word, code));
    }
    for word in ["ZZ", "QQ", "''"] {
        let told = told(&format!("country: {word}"));
        assert!(told.len() == 1 && told[0].ends_with("write its two letters, for example KE"), "{told:?}");
    }
    for code in ["KE", "UG", "NP", "ML", "XK"] {
        assert_eq!(told(&format!("country: {code}\nprivacy: {{ residency: {code} }}")), [""; 0]);
    }
    let differs = told("country: KE\nprivacy: { residency: UG }");
    assert!(differs.len() == 1 && differs[0].starts_with("the law of KE applies (`country`), but the data must stay in UG"), "{differs:?}");
}

/// Writes files and loads the first.
fn folder_of(files: &[(&str, &str)]) -> tempfile::TempDir {
    let folder = tempfile::tempdir().expect("a folder");
    for (name, text) in files {
        let path = folder.path().join(name);
        fs::create_dir_all(path.parent().expect("inside a folder")).expect("a folder");
        fs::write(path, text).expect("it is written");
    }
    folder
}

#[test]
fn nobody_is_no_person_and_nothing_no_agreement() {
    let people = "people: { ict: County ICT lead, it: Hospital IT, nurse: Sister Achieng }\n";
    for (lines, message) in [
        ("updates: { window: none }", "4: `none` is nothing that was agreed"),
        ("updates: { window: \"N/A\" }", "4: `N/A` is nothing that was agreed"),
        ("updates: { window: \"?\" }", "4: `?` is nothing that was agreed"),
        ("alerting: { on_call: [nobody] }", "4: `nobody` is nobody"),
        ("alerting: { contacts: [ict, \"-\"] }", "4: `-` is nobody"),
        ("backups: { keys_held_by: [tbd] }", "4: `tbd` is nobody"),
        ("renewals: { domain: { owner: Unknown } }", "4: `Unknown` is nobody"),
        ("renewals: { domain: { contacts: [no] } }", "4: `no` is nobody"),
        ("updates: { trained: [{ who: none, date: 2026-03-01 }] }", "4: `none` is nobody"),
        ("backups: { copies: [{ id: a, kind: borg, carried_by: n/a }] }", "4: `n/a` is nobody"),
        ("answers: { backups.age: { answer: yes, date: 2026-03-01, by: TBD. } }", "4: `TBD.` is nobody"),
        ("alerting: { on_call: [ict, ICT] }", "4: `ICT` is no role in `people`"),
        ("alerting: { on_call: [ict, itc] }", "4: `itc` is no role in `people`"),
        ("backups: { keys_held_by: [it, nusre] }", "4: `nusre` is no role in `people`"),
        ("alerting: { contacts: [Mary, mary] }", "4: `mary` is `Mary` again"),
    ] {
        assert_eq!(refused(with(&format!("{people}{lines}"))), [message], "{lines}");
    }
    // Whoever is no role, and near none, is somebody else; and without roles there is none to be near.
    for lines in [
        "alerting: { on_call: [ict, it, Mary Wanjiku, hr] }\nupdates: { window: \"no work on Saturdays, 20:00-24:00\" }",
        "alerting: { contacts: [ict@county.example.org, \"+254700000000\"] }",
    ] {
        assert_eq!(load_text(with(&format!("{people}{lines}"))).err().map(|refused| rendered(&refused.problems)), None, "{lines}");
    }
    assert!(load_text(with("alerting: { on_call: [ict, itc] }")).is_ok());
    let problems = |text: String| load_text(text).expect_err("it is refused").problems;
    let problem = problems(with(&format!("{people}alerting: {{ on_call: [ict, itc] }}"))).remove(0);
    assert_eq!(problem.help.as_deref(), Some("did you mean `ict`? Somebody else is added to `people`"));
    let problem = problems(with("updates: { window: none }")).remove(0);
    assert_eq!(problem.help.as_deref(), Some("leave it out instead: silence is unknown"));
}

#[test]
fn paths_stay_inside() {
    for (lines, message) in [
        ("files: { env: ../x.env }", "3: `../x.env` lies outside the description's folder"),
        ("files: { compose: [a.yml, /etc/passwd] }", "3: `/etc/passwd` lies outside the description's folder"),
        ("files: { crontab: none/../../x }", "3: `none/../../x` lies outside the description's folder"),
        ("reviewed: { date: 2026-11-01, record: \"file:///etc/passwd\" }", "3: an address stands where the name of a file belongs"),
        ("extends: [\"http://evil.example/x.yaml\"]", "3: an address stands where the name of a file belongs"),
        ("extends: [../other.yaml]", "3: `../other.yaml` lies outside the description's folder"),
        ("backups: { copies: [{ id: a, kind: borg, password: { file: /etc/shadow } }] }", "3: `/etc/shadow` lies outside the description's folder"),
    ] {
        let said = refused(with(lines));
        assert!(said.contains(&message.to_owned()), "{lines}: {said:?}");
    }

    let folder = folder_of(&[("in/site.yaml", &with("files: { env: link/x.env }")), ("out/x.env", "A=1\n")]);
    std::os::unix::fs::symlink("../out", folder.path().join("in/link")).unwrap();
    let path = folder.path().join("in/site.yaml");
    let problems = load(&path, &options(), &known()).unwrap_err().problems;
    let out = folder.path().canonicalize().unwrap().join("out");
    assert_eq!(problems[0].message, "`link/x.env` is a link that leads outside the description's folder");
    assert_eq!(problems[0].help.as_deref(), Some(format!("if that file is meant to be read, add `--root {}`", out.display()).as_str()));

    let rooted = load(&path, &Options { roots: vec![out.clone()], ..options() }, &known()).unwrap();
    assert_eq!(rooted.file_roots, [folder.path().canonicalize().unwrap().join("in"), out]);
    let lost = load(&path, &Options { roots: vec![folder.path().join("gone")], ..options() }, &known()).unwrap_err();
    assert_eq!(lost.problems[0].message, "`--root` names no folder that can be read");
}

#[test]
fn descriptions_are_laid_over_each_other() {
    let main =
        with("extends: [shared/a.yaml, b.yaml]\npeople: { ict: ours }\nwaivers: [{ check: restarts.ups, reason: ours, date: 2026-11-01, until: 2027-01-01 }]");
    let a = "extends: [c.yaml]\npeople: { ict: theirs, it: Hospital IT }\nreviewed: { by: ministry, record: proof.txt }\n\
             waivers: [{ check: restarts.ups, reason: theirs, date: 2026-11-01, until: 2027-01-01 }]\n";
    let folder = folder_of(&[
        ("site.yaml", &main),
        ("shared/a.yaml", a),
        ("shared/c.yaml", "files: { env: x.env }\nsecurity: { allowed_ports: [22] }\n"),
        ("shared/x.env", "A=1\n"),
        ("b.yaml", "reviewed: { date: 2026-11-01 }\nsecurity: { allowed_ports: [80, 443] }\n"),
    ]);
    let loaded = load(&folder.path().join("site.yaml"), &options(), &known()).map_err(|r| rendered(&r.problems)).unwrap();
    assert_eq!(rendered(&loaded.warnings), "");
    let said = &loaded.site.said;
    assert_eq!((said.people["ict"].as_str(), said.people["it"].as_str()), ("ours", "Hospital IT"));
    assert_eq!(said.waivers.iter().map(|waiver| waiver.reason.as_str()).collect::<Vec<_>>(), ["theirs", "ours"]);
    assert_eq!(said.security.allowed_ports.as_deref(), Some(&[80, 443][..]));
    assert_eq!(said.files.env.as_deref(), Some("shared/x.env"));
    assert_eq!(said.reviewed.as_ref().unwrap().record.as_deref(), Some("shared/proof.txt"));
    let place = |path: &str| loaded.site.place(path).map(|place| (place.file.as_str(), place.line)).unwrap();
    assert_eq!(place("reviewed.record"), ("shared/a.yaml", 3));
    assert_eq!(place("reviewed.date"), ("b.yaml", 1));
    assert_eq!(place("waivers[1].reason"), ("site.yaml", 5));
    assert_eq!(place("people.ict.nothing"), ("site.yaml", 4));
}

#[test]
fn each_file_is_named_with_its_mistakes() {
    let folder = folder_of(&[
        ("site.yaml", &with("kind: moon\nextends: [a.yaml, none.yaml, d.yaml]")),
        ("a.yaml", "kind: mars\nextends: [site.yaml]\n"),
        ("d.yaml", "kind: [\n"),
    ]);
    let problems = load(&folder.path().join("site.yaml"), &options(), &known()).unwrap_err().problems;
    let said: Vec<String> = problems
        .iter()
        .map(|problem| format!("{}:{}: {}", Path::new(&problem.file).file_name().unwrap().display(), problem.at.map_or(0, |(line, _)| line), problem.message))
        .collect();
    assert_eq!(
        said[..4],
        [
            "site.yaml:3: `moon` is not one of facility, datacenter, cloud",
            "site.yaml:4: `none.yaml`: there is no such file",
            "a.yaml:1: `mars` is not one of facility, datacenter, cloud",
            "a.yaml:2: `site.yaml`: these files extend each other in a circle",
        ]
    );
    assert!(said[4].starts_with("d.yaml:") && said.len() == 5, "{said:?}");

    let names: Vec<String> = (0..12).map(|i| format!("x{i}.yaml")).collect();
    let mut files = vec![("site.yaml".to_owned(), with(&format!("extends: [{}]", names.join(", "))))];
    files.extend(names.iter().map(|name| (name.clone(), "people: { ict: x }\n".to_owned())));
    let files: Vec<(&str, &str)> = files.iter().map(|(name, text)| (name.as_str(), text.as_str())).collect();
    let problems = load(&folder_of(&files).path().join("site.yaml"), &options(), &known()).unwrap_err().problems;
    assert_eq!(problems[0].message, "`x9.yaml`: a description is made of at most 10 files; this is one more");
}

#[test]
fn bare_numbers_are_thresholds_too() {
    let loaded = load_text(with("thresholds: { scale.users: { warn: 400 }, scale.disk: { warn: \"80\" }, backups.age: { pass: 12h } }")).unwrap();
    assert_eq!(loaded.site.said.thresholds["scale.users"]["warn"], "400");
    assert_eq!(Unit::Duration.read("12h"), Ok(43_200));
    assert_eq!(Unit::Percent.read("80"), Ok(80));
}

#[test]
fn a_site_for_judges_is_made_of_text() {
    let site = Site::from_text(&with("files: { env: /nowhere }\nbackups: { copies: [{ id: a, kind: borg }, { id: b, kind: borg, every: 4h }] }")).unwrap();
    assert_eq!(site.places["backups.copies[1].every"], Place { file: "site.yaml".into(), line: 4, column: 65 });
    assert_eq!(Site::from_text("nam: x\n").unwrap_err().lines().count(), 3);
}

#[test]
fn the_examples_load_without_a_warning() {
    for name in ["minimal.yaml", "full.yaml"] {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples").join(name);
        let loaded = load(&path, &options(), &known()).map_err(|refused| rendered(&refused.problems)).unwrap();
        assert_eq!(rendered(&loaded.warnings), "", "{name}");
    }
}

#[test]
fn the_full_example_shows_every_key() {
    fn collect(node: &Json, schema: &Json, of: &str, root: &Json, seen: &mut BTreeSet<(String, String)>) {
        if let Some(name) = schema["$ref"].as_str() {
            return collect(node, &root["$defs"][name.trim_start_matches("#/$defs/")], name, root, seen);
        }
        for choice in schema["anyOf"].as_array().into_iter().flatten().filter(|choice| choice["type"] != "null") {
            collect(node, choice, of, root, seen);
        }
        for item in node.as_array().into_iter().flatten() {
            collect(item, &schema["items"], of, root, seen);
        }
        for (key, value) in node.as_object().into_iter().flatten() {
            if let Some(known) = schema["properties"].get(key) {
                seen.insert((of.to_owned(), key.clone()));
                collect(value, known, of, root, seen);
            } else {
                collect(value, &schema["additionalProperties"], of, root, seen);
            }
        }
    }
    let schema = schema();
    let text = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/full.yaml")).unwrap();
    let tree: Json = serde_yaml::from_str(&text).unwrap();
    let mut seen = BTreeSet::new();
    collect(&tree, &schema, "", &schema, &mut seen);
    let defs = schema["$defs"].as_object().into_iter().flatten().map(|(name, def)| (format!("#/$defs/{name}"), def));
    let mut wanted = BTreeSet::new();
    for (name, def) in defs.chain([(String::new(), &schema)]) {
        wanted.extend(def["properties"].as_object().into_iter().flatten().map(|(key, _)| (name.clone(), key.clone())));
    }
    assert!(wanted.len() > 100);
    assert_eq!(wanted.difference(&seen).collect::<Vec<_>>(), Vec::<&(String, String)>::new());

    // And an independent reader of the schema accepts it.
    assert!(jsonschema::validator_for(&schema).unwrap().validate(&tree).is_ok());
}
