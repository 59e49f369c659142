//! Which IP addresses are plain public unicast. Everything else, known or new, is not.
//!
//! IPv4 lists what is special; IPv6 lists what is public, because nearly all of its space is not.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// IPv4 networks that are not public, with their prefix lengths (IANA special-purpose registry).
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
    // Multicast and class E.
    (Ipv4Addr::new(224, 0, 0, 0), 3),
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

/// Where NAT64 puts the internet of IPv4 for hosts that have IPv6 alone (RFC 6052; DNS64 makes up such addresses for names
/// that have none of IPv6). `64:ff9b:1::/48` is for networks of one's own (RFC 8215): what stands behind it is not told.
const NAT64: (Ipv6Addr, u32) = (Ipv6Addr::new(0x64, 0xff9b, 0, 0, 0, 0, 0, 0), 96);

/// Cloud metadata services and the agents beside them: they hand out keys to whoever asks, so no permission for private
/// sources covers them. Where a cloud keeps a whole network for them, the network stands here.
const METADATA_V4: &[(Ipv4Addr, u32)] = &[
    // Alibaba Cloud, Volcengine.
    (Ipv4Addr::new(100, 100, 100, 200), 32),
    (Ipv4Addr::new(100, 96, 0, 96), 32),
    // Azure's agent. The address is public by every registry.
    (Ipv4Addr::new(168, 63, 129, 16), 32),
    // Tencent Cloud, Scaleway.
    (Ipv4Addr::new(169, 254, 0, 23), 32),
    (Ipv4Addr::new(169, 254, 42, 42), 32),
    // Nearly every cloud (.254, and what AWS keeps beside it); ECS tasks (.2) and EKS pods (.23).
    (Ipv4Addr::new(169, 254, 169, 0), 24),
    (Ipv4Addr::new(169, 254, 170, 0), 24),
    // Oracle Cloud.
    (Ipv4Addr::new(192, 0, 0, 192), 32),
];
const METADATA_V6: &[(Ipv6Addr, u32)] = &[
    // AWS: ::254 of EC2, ::23 of EKS pods, and what it keeps beside them.
    (Ipv6Addr::new(0xfd00, 0xec2, 0, 0, 0, 0, 0, 0), 32),
    // Google Cloud.
    (Ipv6Addr::new(0xfd20, 0xce, 0, 0, 0, 0, 0, 0x254), 128),
    // Scaleway. Those of Akamai and OpenStack carry 169.254.169.254, see [`carried`].
    (Ipv6Addr::new(0xfd00, 0x42, 0, 0, 0, 0, 0, 0x42), 128),
];

/// Whether anyone on the internet may have this address.
pub(super) fn is_public(ip: IpAddr) -> bool {
    match behind_nat64(ip) {
        IpAddr::V4(ip) => !lies_in_v4(ip, SPECIAL_V4),
        IpAddr::V6(ip) => lies_in_v6(ip, &[PUBLIC_V6]) && !lies_in_v6(ip, SPECIAL_V6),
    }
}

/// Whether this is a metadata service, also behind an IPv6 address that carries an IPv4 one.
pub(super) fn is_metadata(ip: IpAddr) -> bool {
    match behind_nat64(ip) {
        IpAddr::V4(ip) => lies_in_v4(ip, METADATA_V4),
        IpAddr::V6(ip) => {
            let leads_to = |ip: &Ipv4Addr| lies_in_v4(*ip, METADATA_V4);
            lies_in_v6(ip, METADATA_V6) || carried(ip).iter().any(leads_to)
        }
    }
}

/// The host that is reached by way of NAT64, or else the address itself.
fn behind_nat64(ip: IpAddr) -> IpAddr {
    match ip {
        IpAddr::V6(ip) if lies_in_v6(ip, &[NAT64]) => {
            Ipv4Addr::from_bits(ip.to_bits() as u32).into()
        }
        ip => ip,
    }
}

/// The IPv4 addresses an IPv6 address may lead to, by the place they stand in: last (mapped, compatible, ISATAP, NAT64 of
/// /96), after the first 16 bits (6to4), last and inverted (Teredo), and behind the shorter prefixes of NAT64, which skip
/// the bits 64 to 71 (RFC 6052, section 2.2).
fn carried(ip: Ipv6Addr) -> [Ipv4Addr; 8] {
    let bits = ip.to_bits();
    let behind = |prefix: u32| {
        let whole = bits << prefix;
        let gap = 64_u32.saturating_sub(prefix);
        // What stands before the skipped byte, and what follows it.
        let before = whole >> 96 & (u128::from(u32::MAX) << 32_u32.saturating_sub(gap));
        let after = (bits << 72) >> 96 >> gap;
        (before | after) as u32
    };
    [
        bits as u32,
        !(bits as u32),
        (bits >> 80) as u32,
        behind(32),
        behind(40),
        behind(48),
        behind(56),
        behind(64),
    ]
    .map(Ipv4Addr::from_bits)
}

fn lies_in_v4(ip: Ipv4Addr, networks: &[(Ipv4Addr, u32)]) -> bool {
    let shares = |network: &Ipv4Addr| (ip.to_bits() ^ network.to_bits()).leading_zeros();
    networks
        .iter()
        .any(|(network, prefix)| shares(network) >= *prefix)
}

fn lies_in_v6(ip: Ipv6Addr, networks: &[(Ipv6Addr, u32)]) -> bool {
    let shares = |network: &Ipv6Addr| (ip.to_bits() ^ network.to_bits()).leading_zeros();
    networks
        .iter()
        .any(|(network, prefix)| shares(network) >= *prefix)
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
            "64:ff9b::8.8.8.8",
            "64:ff9b::2f60:1",
            "64:ff9b::223.5.5.5",
        ] {
            assert!(is_public(ip(text)), "{text}");
        }
    }

    #[test]
    fn special_ipv4_networks_are_refused_from_end_to_end_and_nothing_beside_them() {
        hold(
            &[
                "0.0.0.0-0.255.255.255",
                "10.0.0.0-10.255.255.255",
                "100.64.0.0-100.127.255.255",
                "127.0.0.0-127.255.255.255",
                "169.254.0.0-169.254.255.255",
                "172.16.0.0-172.31.255.255",
                "192.0.0.0-192.0.0.255",
                "192.0.2.0-192.0.2.255",
                "192.31.196.0-192.31.196.255",
                "192.52.193.0-192.52.193.255",
                "192.88.99.0-192.88.99.255",
                "192.168.0.0-192.168.255.255",
                "192.175.48.0-192.175.48.255",
                "198.18.0.0-198.19.255.255",
                "198.51.100.0-198.51.100.255",
                "203.0.113.0-203.0.113.255",
                "224.0.0.0-239.255.255.255",
                "240.0.0.0-255.255.255.255",
            ],
            |ip| !is_public(ip),
        );
    }

    #[test]
    fn ipv6_is_public_where_it_is_given_out_but_for_its_special_networks() {
        hold(
            &[
                "::-1fff:ffff:ffff:ffff:ffff:ffff:ffff:ffff",
                "2001::-2001:1ff:ffff:ffff:ffff:ffff:ffff:ffff",
                "2001:db8::-2001:db8:ffff:ffff:ffff:ffff:ffff:ffff",
                "2002::-2002:ffff:ffff:ffff:ffff:ffff:ffff:ffff",
                "2620:4f:8000::-2620:4f:8000:ffff:ffff:ffff:ffff:ffff",
                "3fff::-3fff:fff:ffff:ffff:ffff:ffff:ffff:ffff",
                "4000::-ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff",
            ],
            |ip| !is_public(ip),
        );
    }

    /// Whether `holds` is true at both ends of every range, and outside them not.
    fn hold(ranges: &[&str], holds: fn(IpAddr) -> bool) {
        let ends = |range: &&str| {
            let (first, last) = range.split_once('-').unwrap_or((range, range));
            (ip(first), ip(last))
        };
        let ranges: Vec<_> = ranges.iter().map(ends).collect();
        for (first, last) in &ranges {
            for ip in [step(*first, -1), *first, *last, step(*last, 1)] {
                let within = ranges
                    .iter()
                    .any(|(first, last)| (first..=last).contains(&&ip));
                assert_eq!(holds(ip), within, "{ip}");
            }
        }
    }

    /// The address before or behind one; the last behind the first.
    fn step(ip: IpAddr, by: i8) -> IpAddr {
        match ip {
            IpAddr::V4(ip) => {
                Ipv4Addr::from_bits(ip.to_bits().wrapping_add_signed(by.into())).into()
            }
            IpAddr::V6(ip) => {
                Ipv6Addr::from_bits(ip.to_bits().wrapping_add_signed(by.into())).into()
            }
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
            "64:ff9b::",
            "64:ff9b::7f00:1",
            "64:ff9b::10.0.0.1",
            "64:ff9b::100.64.0.1",
            "64:ff9b::192.168.1.1",
            "64:ff9b::169.254.169.254",
            "64:ff9b::224.0.0.1",
            "64:ff9b::255.255.255.255",
            "64:ff9b::1:808:808",
            "64:ff9b:0:0:1::808:808",
            "64:ff9b:0:1::808:808",
            "64:ff9b:1::1",
            "64:ff9b:1::808:808",
            "64:ff9a::808:808",
            "65:ff9b::808:808",
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
    fn metadata_services_end_where_their_networks_do() {
        hold(
            &[
                "100.96.0.96",
                "100.100.100.200",
                "168.63.129.16",
                "169.254.0.23",
                "169.254.42.42",
                "169.254.169.0-169.254.169.255",
                "169.254.170.0-169.254.170.255",
                "192.0.0.192",
            ],
            is_metadata,
        );
        hold(
            &[
                "fd00:ec2::-fd00:ec2:ffff:ffff:ffff:ffff:ffff:ffff",
                "fd20:ce::254",
                "fd00:42::42",
                "fe80::a9fe:a900-fe80::a9fe:aaff",
            ],
            is_metadata,
        );
    }

    #[test]
    fn metadata_services_are_known_in_every_disguise() {
        for text in [
            "169.254.169.254",
            "169.254.169.250",
            "169.254.170.2",
            "169.254.170.23",
            "169.254.0.23",
            "100.100.100.200",
            "168.63.129.16",
            "192.0.0.192",
            "::ffff:100.100.100.200",
            "::ffff:169.254.169.254",
            "::ffff:168.63.129.16",
            "::169.254.170.23",
            "fe80::5efe:169.254.169.254",
            "64:ff9b::6464:64c8",
            "64:ff9b::a83f:8110",
            "64:ff9b:1:a9fe:a9:fe00::",
            "2001:db8:a9fe:a9fe::",
            "2001:db8:1a9:fea9:fe::",
            "2001:db8:122:a9fe:a9:fe00::",
            "2001:db8:122:3a9:fe:a9fe::",
            "2001:db8:122:344:a9:fea9:fe00:0",
            "2002:6464:64c8::1",
            "2001:0:4136:e378:8000:63bf:5601:5601",
            "fd00:ec2::254",
            "fd00:ec2::23",
            "fd20:ce::254",
            "fd00:42::42",
            "fd00:a9fe:a9fe::1",
            "fe80::a9fe:a9fe",
        ] {
            assert!(is_metadata(ip(text)), "{text}");
        }
        for text in [
            "127.0.0.1",
            "::1",
            "10.0.0.1",
            "169.254.1.1",
            "168.63.129.17",
            "fd20:ce::255",
            "fe80::1",
            "2400:3200::1",
            "64:ff9b::8.8.8.8",
            "64:ff9b::10.0.0.1",
            // A metadata service where another kind of address would hold it.
            "64:ff9b::86.1.86.1",
        ] {
            assert!(!is_metadata(ip(text)), "{text}");
        }
    }
}
