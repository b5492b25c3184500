//! Pages and small answers of the CHT, each recognised before anything is read from it: a captive portal, a starting
//! server and a proxy's block page are all fond of a 200 with HTML.

use std::collections::BTreeMap;

use cookie::Cookie;
use jiff::Timestamp;
use reqwest::Url;
use serde_json::Value;

use crate::{
    evidence::{
        Outcome,
        cht::{AnonymousAnswer, Cors, DeployInfo, LoginPage, PrivacyPolicy, SetCookie, StartPage},
    },
    finding::Cause,
};

use super::http::{Answer, Client, HTML, JSON, hop_on_same_host, is_html, is_json, kept};

/// Where the login page is.
pub(super) const LOGIN: &str = "/medic/login";
/// Where the privacy policy is.
pub(super) const PRIVACY_POLICY: &str = "/medic/privacy-policy";
/// The public copy of `/api/deploy-info`.
pub(super) const DEPLOY_INFO: &str = "/deploy-info.json";
/// An answer that costs the server little.
pub(super) const INFO: &str = "/api/info";
/// An origin that no site allows on purpose.
pub(super) const FOREIGN_ORIGIN: &str = "https://example.invalid";
/// Paths of CouchDB that nobody may read without a login. Three: each refusal counts against our address.
const COUCHDB_PATHS: [&str; 3] = ["/_all_dbs", "/_utils/", "/_up"];
/// The admin app: a page that always needs a login.
const ADMIN_APP: &str = "/admin/";
/// Cookies that are kept of an answer.
const MAX_COOKIES: usize = 20;

/// Whether the running API answered: two headers of helmet, which every release sends on all but the public metrics,
/// and which nginx, haproxy, the API's start page and other people's servers do not. Where a proxy takes them away,
/// what rests on this stays unknown.
fn is_from_api(answer: &Answer) -> bool {
    answer.header("x-download-options").is_some_and(|value| value.eq_ignore_ascii_case("noopen")) && answer.header("x-dns-prefetch-control").is_some()
}

/// The login page and the headers it comes with.
pub(super) fn login_page(answer: &Answer) -> Result<LoginPage, Cause> {
    let page = answer.ok(is_html)?;
    if !["action=\"/medic/login\"", "action='/medic/login'"].iter().any(|form| page.contains(form)) {
        return Err(answer.not_understood());
    }
    let policies = || answer.all("content-security-policy");
    Ok(LoginPage {
        links_privacy_policy: page.contains(PRIVACY_POLICY),
        hsts_seconds: answer.header("strict-transport-security").and_then(hsts_seconds),
        content_security_policy: policies().any(|policy| !policy.trim().is_empty()),
        nosniff: listed(answer, "x-content-type-options").any(|word| word.eq_ignore_ascii_case("nosniff")),
        frame_options: listed(answer, "x-frame-options").any(|word| word.eq_ignore_ascii_case("sameorigin") || word.eq_ignore_ascii_case("deny"))
            || policies()
                .flat_map(|policy| policy.split(';'))
                .any(|directive| directive.split_whitespace().next().is_some_and(|name| name.eq_ignore_ascii_case("frame-ancestors"))),
        server_version: answer.header("server").filter(|server| names_version(server)).map(kept),
    })
}

/// The words of a header that may come several times, or once with commas.
fn listed<'a>(answer: &'a Answer, name: &str) -> impl Iterator<Item = &'a str> {
    answer.all(name).flat_map(|value| value.split(',')).map(str::trim)
}

/// The `max-age` of `Strict-Transport-Security`; `None` where a browser would ignore the header.
fn hsts_seconds(header: &str) -> Option<u64> {
    header.split(';').find_map(|directive| {
        let (name, value) = directive.split_once('=')?;
        name.trim().eq_ignore_ascii_case("max-age").then(|| value.trim().trim_matches('"').parse().ok())?
    })
}

/// `nginx/1.25.3` does, `nginx` does not.
fn names_version(server: &str) -> bool {
    server.as_bytes().windows(2).any(|pair| matches!(pair[0], b'/' | b' ') && pair[1].is_ascii_digit())
}

/// The privacy policy, or the CHT's own word that there is none.
pub(super) fn privacy_policy(answer: &Answer) -> Result<PrivacyPolicy, Cause> {
    let understood = is_from_api(answer);
    if answer.status == 404 {
        let none = understood && is_json(&answer.media_type()) && serde_json::from_slice::<Value>(&answer.body).is_ok_and(|body| body["code"] == 404);
        return if none { Ok(PrivacyPolicy::default()) } else { Err(answer.not_understood()) };
    }
    let page = answer.ok(is_html)?;
    if !understood {
        return Err(answer.not_understood());
    }
    let text = visible_text(&page);
    let text_chars = u64::try_from(text.chars().count()).unwrap_or(u64::MAX);
    Ok(PrivacyPolicy { published: true, text_chars, filler: text.to_lowercase().contains("lorem ipsum") })
}

/// The text of a page: tags, comments, scripts, styles and entities left out, white space as single blanks. One pass;
/// what is never closed runs to the end.
fn visible_text(page: &str) -> String {
    let mut text = String::new();
    let mut rest = page;
    while let Some(open) = rest.find(['<', '&']) {
        text.push_str(&rest[..open]);
        let tail = &rest[open..];
        let closed_by = |end: &str| tail.find(end).map_or("", |at| &tail[at + end.len()..]);
        rest = if tail.starts_with("<!--") {
            closed_by("-->")
        } else if starts_with_tag(tail, "script") {
            after_tag(tail, "script")
        } else if starts_with_tag(tail, "style") {
            after_tag(tail, "style")
        } else if tail.starts_with('<') {
            text.push(' ');
            closed_by(">")
        } else {
            // The longest entity's name has 32 characters; any other ampersand is one.
            let name = tail[1..].bytes().take(33).take_while(|b| b.is_ascii_alphanumeric() || *b == b'#').count();
            if name > 0 && tail.as_bytes().get(name + 1) == Some(&b';') {
                &tail[name + 2..]
            } else {
                text.push('&');
                &tail[1..]
            }
        };
    }
    text.push_str(rest);
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// Whether a tag of that name opens here.
fn starts_with_tag(text: &str, name: &str) -> bool {
    let head = text.as_bytes();
    head.get(1..=name.len()).is_some_and(|word| word.eq_ignore_ascii_case(name.as_bytes()))
        && head.get(name.len() + 1).is_none_or(|b| !b.is_ascii_alphanumeric())
}

/// What follows the element that opens here and whose content is no text.
fn after_tag<'a>(text: &'a str, name: &str) -> &'a str {
    let mut rest = text;
    while let Some(at) = rest.find("</") {
        let tail = &rest[at + 1..];
        if starts_with_tag(tail, name) {
            return tail.find('>').map_or("", |end| &tail[end + 1..]);
        }
        rest = &tail[1..];
    }
    ""
}

/// What the public deploy information says.
pub(super) fn deploy_info(answer: &Answer) -> Result<DeployInfo, Cause> {
    let value = answer.json()?;
    let version = value.get("version").and_then(Value::as_str).filter(|version| !version.is_empty()).ok_or_else(|| answer.not_understood())?;
    let deployed = value.get("timestamp").and_then(Value::as_i64).filter(|ms| *ms > 0).and_then(|ms| Timestamp::from_millisecond(ms).ok());
    let names_user = value.get("user").and_then(Value::as_str).is_some_and(|user| !user.trim().is_empty());
    Ok(DeployInfo { version: Some(kept(version)), deployed, names_user })
}

/// CouchDB's own paths, by path.
pub(super) async fn anonymous(client: &mut Client<'_>, site: &Url) -> BTreeMap<String, Outcome<AnonymousAnswer>> {
    let mut answers = BTreeMap::new();
    for path in COUCHDB_PATHS {
        let answer = client.get(path, JSON).await.and_then(|answer| anonymous_answer(&answer, site));
        answers.insert(path.to_owned(), answer.into());
    }
    answers
}

fn anonymous_answer(answer: &Answer, site: &Url) -> Result<AnonymousAnswer, Cause> {
    let seen = |refused, couchdb_answered| AnonymousAnswer { status: answer.status, refused, couchdb_answered };
    match answer.status {
        // A refusal of the CHT or CouchDB is JSON or says how to log in. The 403 page of a network's filter is neither.
        401 | 403 if is_json(&answer.media_type()) || answer.header("www-authenticate").is_some() || is_from_api(answer) => Ok(seen(true, false)),
        300..=399 if leads_to_login(answer, site) => Ok(seen(true, false)),
        404 => Ok(seen(false, false)),
        200 if is_couchdb(answer) => Ok(seen(false, true)),
        _ => Err(answer.refusal()),
    }
}

/// The welcome, a list of databases, the health answer, or the page of CouchDB's own front end.
fn is_couchdb(answer: &Answer) -> bool {
    let text = answer.text();
    if is_html(&answer.media_type()) {
        return text.contains("Fauxton");
    }
    match serde_json::from_str::<Value>(&text) {
        Ok(Value::Array(names)) => names.iter().all(Value::is_string),
        Ok(Value::Object(answer)) => answer.contains_key("couchdb") || answer.get("status").is_some_and(|status| status == "ok"),
        _ => false,
    }
}

fn leads_to_login(answer: &Answer, site: &Url) -> bool {
    hop_on_same_host(answer, site).is_some_and(|to| to.path() == LOGIN)
}

/// The start page as a browser gets it. Since 4.0 `/` is the same for everybody; then the admin app, which needs a
/// login, tells where a stranger is sent and with which cookies (a redirect: it counts as no failed login).
pub(super) async fn start_page(client: &mut Client<'_>, site: &Url) -> Result<StartPage, Cause> {
    let start = client.get("/", HTML).await?;
    let mut facts = StartPage { status: start.status, to_login: leads_to_login(&start, site), cookies: cookies(&start) };
    if hop_on_same_host(&start, site).is_some() {
        return Ok(facts);
    }
    if start.status != 200 || !is_html(&start.media_type()) || !is_from_api(&start) {
        return Err(start.refusal());
    }
    let admin = client.get(ADMIN_APP, HTML).await?;
    if admin.status >= 500 {
        return Err(admin.refusal());
    }
    facts.to_login = leads_to_login(&admin, site);
    facts.cookies.extend(cookies(&admin));
    facts.cookies.truncate(MAX_COOKIES);
    Ok(facts)
}

/// The cookies that an answer sets; their values are not kept.
fn cookies(answer: &Answer) -> Vec<SetCookie> {
    let parsed = answer.all("set-cookie").filter_map(|header| Cookie::parse(header).ok());
    parsed.map(|cookie| SetCookie { name: kept(cookie.name()), secure: cookie.secure() == Some(true) }).take(MAX_COOKIES).collect()
}

/// What a foreign origin may read.
pub(super) fn cors(answer: &Answer) -> Result<Cors, Cause> {
    let value = answer.json()?;
    if !value.get("version").is_some_and(Value::is_string) {
        return Err(answer.not_understood());
    }
    Ok(Cors {
        allows_foreign_origin: answer.all("access-control-allow-origin").any(|origin| origin == "*" || origin.eq_ignore_ascii_case(FOREIGN_ORIGIN)),
        allows_credentials: answer.all("access-control-allow-credentials").any(|value| value.eq_ignore_ascii_case("true")),
    })
}

/// The word after `CERTIFICATE_MODE` in the file that the CHT's nginx puts beside ACME challenges.
pub(super) fn certificate_mode(answer: &Answer) -> Option<String> {
    let text = answer.text();
    let (_, after) = text.split_once("CERTIFICATE_MODE").filter(|_| answer.status == 200)?;
    let mode: String = after.trim_start_matches([' ', '=', ':']).chars().take_while(|c| c.is_ascii_uppercase() || *c == '_').take(40).collect();
    (!mode.is_empty()).then_some(mode)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn only_what_a_reader_sees_is_text() {
        let page = "<!DOCTYPE html><html><head><style>a{b:c}</style><SCRIPT src=x>if (a < b) '</p>'</SCRIPT ></head>\n<body><!-- <p>no</p> --><p>We &amp; you</p><p>R&D, 5&nbsp;years</p></body></html>";
        assert_eq!(visible_text(page), "We you R&D, 5years");
        assert_eq!(visible_text("a <script>never closed"), "a");
        assert_eq!(visible_text("a <b never closed"), "a");
        assert_eq!(visible_text("<scripted>seen</scripted>"), "seen");
        assert_eq!(visible_text("&&;&#x41;&abc"), "&&;&abc");
    }

    #[test]
    fn hsts_is_read_as_a_browser_does() {
        assert_eq!(hsts_seconds("max-age=31536000; includeSubDomains"), Some(31_536_000));
        assert_eq!(hsts_seconds("includeSubDomains; Max-Age = \"0\""), Some(0));
        for bad in ["includeSubDomains", "max-age", "max-age=", "max-age=-1", "max-age=1e9", "max-age=99999999999999999999999"] {
            assert_eq!(hsts_seconds(bad), None, "{bad}");
        }
    }

    #[test]
    fn a_version_is_a_number_after_the_name() {
        assert!(["nginx/1.25.3", "Apache/2.4 (Debian)", "Jetty 9"].iter().all(|server| names_version(server)));
        assert!(!["nginx", "cloudflare", "h2o", "AmazonS3"].iter().any(|server| names_version(server)));
    }

    proptest! {
        #[test]
        fn any_page_is_read(page in "(?s)([<>&;/!a-c-]|script|style|é){0,60}") {
            prop_assert!(visible_text(&page).len() <= page.len());
        }
    }
}
