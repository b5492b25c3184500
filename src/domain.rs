//! The domain that somebody registered, within a longer name.

use std::net::IpAddr;

/// The registrable domain of `name`, lower case, by the public suffix list: `cht.health.go.ke` gives `health.go.ke`.
///
/// The list decides, its private part included: a name of a free dynamic service is registered one level below it
/// (`clinic.duckdns.org` gives itself). `None` for an IP address, a single label, a suffix itself, and a name whose last label
/// the list does not know (`cht.county.lan`): nobody registers those.
#[must_use]
pub fn registrable(name: &str) -> Option<String> {
    let name = name.trim_end_matches('.').to_ascii_lowercase();
    if name.parse::<IpAddr>().is_ok() || name.split('.').any(str::is_empty) {
        return None;
    }
    let domain = psl::domain(name.as_bytes()).filter(|domain| domain.suffix().is_known())?;
    std::str::from_utf8(domain.as_bytes()).ok().map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::registrable;

    #[test]
    fn the_public_suffix_list_decides() {
        let cases = [
            ("cht.county.example.org", Some("example.org")),
            ("example.org", Some("example.org")),
            ("CHT.Health.GO.KE.", Some("health.go.ke")),
            ("cht.moh.gov.np", Some("moh.gov.np")),
            ("cht.example.co.ug", Some("example.co.ug")),
            ("deep.clinic.duckdns.org", Some("clinic.duckdns.org")),
            ("duckdns.org", None),
            ("go.ke", None),
            ("org", None),
            ("localhost", None),
            ("cht.county.lan", None),
            ("203.0.113.10", None),
            ("2001:db8::1", None),
            ("", None),
            ("a..org", None),
            (".org", None),
        ];
        for (name, expected) in cases {
            assert_eq!(registrable(name).as_deref(), expected, "{name}");
        }
    }
}
