//! Where a run looks from, as far as it can find out by itself.

use std::net::IpAddr;

use sysinfo::Networks;

use crate::evidence::Vantage;

/// The addresses of this machine's interfaces, sorted. Empty where the system does not tell.
#[must_use]
pub fn own_addresses() -> Vec<IpAddr> {
    let mut own: Vec<IpAddr> = Networks::new_with_refreshed_list()
        .map(|networks| networks.values().flat_map(sysinfo::NetworkData::ip_networks).map(|network| network.addr).collect())
        .unwrap_or_default();
    own.sort_unstable();
    own.dedup();
    own
}

/// Where this machine sees a site at `site_addresses` from.
#[must_use]
pub fn seen_from(site_addresses: &[IpAddr]) -> Vantage {
    judged(site_addresses, &own_addresses())
}

/// On the server itself where it has one of the site's addresses; else inside. That no firewall trusts a network is nothing
/// a program can see, so outside is said by a person only.
fn judged(site: &[IpAddr], own: &[IpAddr]) -> Vantage {
    let is_own = |address: &IpAddr| {
        let address = address.to_canonical();
        address.is_loopback() || own.iter().any(|mine| mine.to_canonical() == address)
    };
    if site.iter().any(is_own) { Vantage::Host } else { Vantage::Inside }
}

#[cfg(test)]
mod tests {
    use std::net::IpAddr;

    use super::{judged, own_addresses, seen_from};
    use crate::evidence::Vantage;

    fn ips(texts: &[&str]) -> Vec<IpAddr> {
        texts.iter().map(|text| text.parse().unwrap()).collect()
    }

    #[test]
    fn the_server_itself_has_one_of_the_sites_addresses() {
        let own = ips(&["127.0.0.1", "192.0.2.10", "2001:db8::10"]);
        assert_eq!(judged(&ips(&["203.0.113.9", "192.0.2.10"]), &own), Vantage::Host);
        assert_eq!(judged(&ips(&["2001:db8::10"]), &own), Vantage::Host);
        assert_eq!(judged(&ips(&["::ffff:192.0.2.10"]), &own), Vantage::Host);
        assert_eq!(judged(&ips(&["127.0.0.2"]), &[]), Vantage::Host, "loopback is always this machine");
    }

    #[test]
    fn anything_else_is_inside_and_never_outside() {
        assert_eq!(judged(&ips(&["203.0.113.9"]), &ips(&["192.0.2.10"])), Vantage::Inside);
        assert_eq!(judged(&[], &ips(&["192.0.2.10"])), Vantage::Inside);
        assert_eq!(judged(&ips(&["203.0.113.9"]), &[]), Vantage::Inside);
    }

    #[test]
    fn this_machine_is_seen_from_itself() {
        let own = own_addresses();
        assert!(!own.is_empty(), "every machine that runs tests has an interface");
        assert_eq!(seen_from(&own[..1]), Vantage::Host);
    }
}
