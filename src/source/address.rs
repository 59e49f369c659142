//! Which IP addresses are plain public unicast. Everything else, known or new, is not.
//!
//! IPv4 lists what is special; IPv6 lists what is public, because nearly all of its space is not.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// IPv4 networks that are not public, with their prefix lengths (IANA special-purpose registry, multicast, class E).
const SPECIAL_V4: &[(Ipv4Addr, u32)] = &[
    (Ipv4Addr::new(0, 0, 0, 0), 8),
    (Ipv4Addr::new(10, 0, 0, 0), 8),
    // Carrier-grade NAT. Alibaba Cloud's metadata service lives in it.
    (Ipv4Addr::new(100, 64, 0, 0), 10),
    (Ipv4Addr::new(127, 0, 0, 0), 8),
    (Ipv4Addr::new(169, 254, 0, 0), 16),
    (Ipv4Addr::new(172, 16, 0, 0), 12),
    (Ipv4Addr::new(192, 0, 0, 0), 24),
    (Ipv4Addr::new(192, 0, 2, 0), 24),
    (Ipv4Addr::new(192, 31, 196, 0), 24),
    (Ipv4Addr::new(192, 52, 193, 0), 24),
    (Ipv4Addr::new(192, 88, 99, 0), 24),
    (Ipv4Addr::new(192, 168, 0, 0), 16),
    (Ipv4Addr::new(192, 175, 48, 0), 24),
    (Ipv4Addr::new(198, 18, 0, 0), 15),
    (Ipv4Addr::new(198, 51, 100, 0), 24),
    (Ipv4Addr::new(203, 0, 113, 0), 24),
    (Ipv4Addr::new(224, 0, 0, 0), 4),
    (Ipv4Addr::new(240, 0, 0, 0), 4),
];

/// The only IPv6 space that is given out.
const PUBLIC_V6: (Ipv6Addr, u32) = (Ipv6Addr::new(0x2000, 0, 0, 0, 0, 0, 0, 0), 3);

/// What is special inside it: protocol assignments (Teredo, benchmarking, ORCHID …), documentation, 6to4, AS112.
const SPECIAL_V6: &[(Ipv6Addr, u32)] = &[
    (Ipv6Addr::new(0x2001, 0, 0, 0, 0, 0, 0, 0), 23),
    (Ipv6Addr::new(0x2001, 0xdb8, 0, 0, 0, 0, 0, 0), 32),
    (Ipv6Addr::new(0x2002, 0, 0, 0, 0, 0, 0, 0), 16),
    (Ipv6Addr::new(0x2620, 0x4f, 0x8000, 0, 0, 0, 0, 0), 48),
    (Ipv6Addr::new(0x3fff, 0, 0, 0, 0, 0, 0, 0), 20),
];

/// Cloud metadata services: they hand out keys to whoever asks, so no permission for private sources covers them.
const METADATA_V4: &[Ipv4Addr] = &[
    Ipv4Addr::new(169, 254, 169, 254),
    Ipv4Addr::new(100, 100, 100, 200),
];
const METADATA_V6: Ipv6Addr = Ipv6Addr::new(0xfd00, 0xec2, 0, 0, 0, 0, 0, 0x254);

/// Whether anyone on the internet may have this address.
pub(super) fn is_public(ip: IpAddr) -> bool {
    match ip {
        IpAddr::V4(ip) => !SPECIAL_V4
            .iter()
            .any(|(network, prefix)| shares_v4(ip, *network, *prefix)),
        IpAddr::V6(ip) => {
            let special = SPECIAL_V6
                .iter()
                .any(|(network, prefix)| shares_v6(ip, *network, *prefix));
            shares_v6(ip, PUBLIC_V6.0, PUBLIC_V6.1) && !special
        }
    }
}

/// Whether this is a metadata service, also behind an IPv6 address that carries an IPv4 one.
pub(super) fn is_metadata(ip: IpAddr) -> bool {
    match ip {
        IpAddr::V4(ip) => METADATA_V4.contains(&ip),
        IpAddr::V6(ip) => {
            ip == METADATA_V6 || carried(ip).iter().any(|ip| METADATA_V4.contains(ip))
        }
    }
}

/// The IPv4 addresses an IPv6 address may lead to, by the place they stand in: last (mapped, compatible, NAT64), after the
/// first 16 bits (6to4), last and inverted (Teredo).
fn carried(ip: Ipv6Addr) -> [Ipv4Addr; 3] {
    let bits = ip.to_bits();
    let (last, second) = (bits as u32, (bits >> 80) as u32);
    [last, second, !last].map(Ipv4Addr::from_bits)
}

fn shares_v4(ip: Ipv4Addr, network: Ipv4Addr, prefix: u32) -> bool {
    (ip.to_bits() ^ network.to_bits()).leading_zeros() >= prefix
}

fn shares_v6(ip: Ipv6Addr, network: Ipv6Addr, prefix: u32) -> bool {
    (ip.to_bits() ^ network.to_bits()).leading_zeros() >= prefix
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ip(text: &str) -> IpAddr {
        text.parse().unwrap()
    }

    #[test]
    fn public_addresses_pass() {
        for text in [
            "1.1.1.1",
            "8.8.8.8",
            "47.96.0.1",
            "100.63.255.255",
            "100.128.0.0",
            "172.32.0.0",
            "192.0.1.1",
            "198.20.0.0",
            "223.255.255.255",
        ] {
            assert!(is_public(ip(text)), "{text}");
        }
        for text in [
            "2400:3200::1",
            "2001:4860:4860::8888",
            "2606:4700::1111",
            "2a00:1450::1",
            "3ffe::1",
        ] {
            assert!(is_public(ip(text)), "{text}");
        }
    }

    #[test]
    fn both_ends_of_every_special_ipv4_network_are_refused() {
        for range in [
            "0.0.0.0-0.255.255.255",
            "10.0.0.0-10.255.255.255",
            "100.64.0.0-100.127.255.255",
            "127.0.0.0-127.255.255.255",
            "169.254.0.0-169.254.255.255",
            "172.16.0.0-172.31.255.255",
            "192.0.0.0-192.0.0.255",
            "192.0.2.0-192.0.2.255",
            "192.88.99.0-192.88.99.255",
            "192.168.0.0-192.168.255.255",
            "198.18.0.0-198.19.255.255",
            "198.51.100.0-198.51.100.255",
            "203.0.113.0-203.0.113.255",
            "224.0.0.0-239.255.255.255",
            "240.0.0.0-255.255.255.255",
        ] {
            let (first, last) = range.split_once('-').unwrap();
            assert!(!is_public(ip(first)) && !is_public(ip(last)), "{range}");
        }
    }

    #[test]
    fn every_special_kind_of_ipv6_is_refused() {
        for text in [
            "::",
            "::1",
            "::127.0.0.1",
            "::ffff:127.0.0.1",
            "::ffff:8.8.8.8",
            "64:ff9b::7f00:1",
            "64:ff9b::808:808",
            "64:ff9b:1::1",
            "100::1",
            "2001::1",
            "2001:0:4136:e378:8000:63bf:3fff:fdd2",
            "2001:2::1",
            "2001:10::1",
            "2001:20::1",
            "2001:db8::1",
            "2002:7f00:1::",
            "2002:808:808::1",
            "2620:4f:8000::1",
            "3fff::1",
            "5f00::1",
            "4000::1",
            "fc00::1",
            "fd12:3456::1",
            "fe80::1",
            "fec0::1",
            "ff02::1",
        ] {
            assert!(!is_public(ip(text)), "{text}");
        }
    }

    #[test]
    fn metadata_services_are_known_in_every_disguise() {
        for text in [
            "169.254.169.254",
            "100.100.100.200",
            "::ffff:100.100.100.200",
            "::ffff:169.254.169.254",
            "64:ff9b::6464:64c8",
            "2002:6464:64c8::1",
            "2001:0:4136:e378:8000:63bf:5601:5601",
            "fd00:ec2::254",
        ] {
            assert!(is_metadata(ip(text)), "{text}");
        }
        assert!(!is_metadata(ip("127.0.0.1")) && !is_metadata(ip("::1")));
    }
}
