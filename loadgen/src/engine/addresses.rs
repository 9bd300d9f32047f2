//! Which address of a host a connection goes to: all of them in turn, and those that failed last, last. Pure.
//!
//! Families alternate, and a connection that an address refuses goes on to the next, as RFC 8305 has it.

use std::net::SocketAddr;

const SECOND: u64 = 1_000_000_000;

/// How long an address that failed is tried last, in nanoseconds; twice as long after each further failure.
const FIRST_REST: u64 = 10 * SECOND;

/// The longest such time.
const LONGEST_REST: u64 = 300 * SECOND;

/// The addresses of a host, and what became of connections to them.
#[derive(Debug, Clone, Default)]
pub(super) struct Addresses {
    known: Vec<Known>,
    /// Where the next connection begins to look.
    turn: usize,
}

#[derive(Debug, Clone, Copy)]
struct Known {
    address: SocketAddr,
    /// It is tried after the others until then.
    rests_until: u64,
    /// How often it failed since it worked last.
    failures: u32,
}

impl Addresses {
    /// Takes the place of what was known, as a look-up gave it; what is known of addresses that stay is kept.
    pub(super) fn replace(&mut self, found: &[SocketAddr]) {
        let mut known: Vec<Known> = Vec::with_capacity(found.len());
        for address in alternating(found) {
            if known.iter().any(|other| other.address == address) {
                continue;
            }
            let before = self.known.iter().find(|other| other.address == address).copied();
            known.push(before.unwrap_or(Known { address, rests_until: 0, failures: 0 }));
        }
        self.known = known;
    }

    /// Whether a host has this address.
    pub(super) fn contain(&self, address: SocketAddr) -> bool {
        self.known.iter().any(|known| known.address == address)
    }

    /// The address for a connection that has `tried` some: the next in turn of those that work, else the one that has
    /// rested longest; `None` when all were tried.
    pub(super) fn choose(&mut self, tried: &[SocketAddr], now: u64) -> Option<SocketAddr> {
        let count = self.known.len();
        let left = |index: &usize| !tried.contains(&self.known[*index].address);
        let in_turn = (0..count).map(|step| (self.turn + step) % count).filter(left);
        let working = in_turn.clone().find(|index| self.known[*index].rests_until <= now);
        let chosen = working.or_else(|| in_turn.min_by_key(|index| self.known[*index].rests_until))?;
        if tried.is_empty() {
            self.turn = (chosen + 1) % count;
        }
        Some(self.known[chosen].address)
    }

    /// Whether a connection that has `tried` some could try another.
    pub(super) fn has_more(&self, tried: &[SocketAddr]) -> bool {
        self.known.iter().any(|known| !tried.contains(&known.address))
    }

    /// A connection to an address did not come about.
    pub(super) fn failed(&mut self, address: SocketAddr, now: u64) {
        if let Some(known) = self.known.iter_mut().find(|known| known.address == address) {
            let rest = FIRST_REST.checked_shl(known.failures).unwrap_or(LONGEST_REST).min(LONGEST_REST);
            known.rests_until = now.saturating_add(rest);
            known.failures = known.failures.saturating_add(1).min(16);
        }
    }

    /// A connection to an address came about.
    pub(super) fn worked(&mut self, address: SocketAddr) {
        if let Some(known) = self.known.iter_mut().find(|known| known.address == address) {
            (known.rests_until, known.failures) = (0, 0);
        }
    }
}

/// The same addresses with the families in turn, beginning with that of the first (RFC 8305, section 4).
fn alternating(found: &[SocketAddr]) -> impl Iterator<Item = SocketAddr> {
    let first = found.first().map(SocketAddr::is_ipv6);
    let family = |of_first: bool| found.iter().copied().filter(move |a| (Some(a.is_ipv6()) == first) == of_first);
    let (mut one, mut other) = (family(true), family(false));
    let mut turn = false;
    std::iter::from_fn(move || {
        turn = !turn;
        if turn { one.next().or_else(|| other.next()) } else { other.next().or_else(|| one.next()) }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn address(text: &str) -> SocketAddr {
        text.parse().unwrap()
    }

    fn addresses(texts: &[&str]) -> Addresses {
        let mut addresses = Addresses::default();
        addresses.replace(&texts.iter().map(|text| address(text)).collect::<Vec<_>>());
        addresses
    }

    #[test]
    fn connections_spread_over_all_addresses_with_the_families_in_turn() {
        let mut all = addresses(&["[::1]:80", "[::2]:80", "10.0.0.1:80", "10.0.0.1:80"]);
        let turns: Vec<String> = (0..4).map(|_| all.choose(&[], 0).unwrap().to_string()).collect();
        assert_eq!(turns, ["[::1]:80", "10.0.0.1:80", "[::2]:80", "[::1]:80"]);
    }

    #[test]
    fn a_connection_tries_every_address_once_and_then_fails() {
        let mut all = addresses(&["10.0.0.1:80", "10.0.0.2:80", "10.0.0.3:80"]);
        let mut tried = Vec::new();
        while let Some(next) = all.choose(&tried, 0) {
            all.failed(next, (3 - tried.len() as u64) * SECOND);
            tried.push(next);
        }
        assert_eq!(tried.len(), 3);
        assert!(!all.has_more(&tried));
        // With all of them resting, the one that has rested longest is asked first.
        assert_eq!(all.choose(&[], 4 * SECOND), Some(tried[2]));
    }

    #[test]
    fn an_address_that_failed_is_left_alone_for_longer_and_longer_until_it_works() {
        let mut all = addresses(&["10.0.0.1:80", "10.0.0.2:80"]);
        let dead = address("10.0.0.1:80");
        let asked = |all: &mut Addresses, now| (0..4).filter(|_| all.choose(&[], now) == Some(dead)).count();
        all.failed(dead, 0);
        assert_eq!((asked(&mut all, 9 * SECOND), asked(&mut all, 10 * SECOND)), (0, 2));
        all.failed(dead, 10 * SECOND);
        assert_eq!((asked(&mut all, 29 * SECOND), asked(&mut all, 30 * SECOND)), (0, 2));
        (0..40).for_each(|_| all.failed(dead, 30 * SECOND));
        assert_eq!((asked(&mut all, 329 * SECOND), asked(&mut all, 330 * SECOND)), (0, 2));
        all.worked(dead);
        assert_eq!(asked(&mut all, 0), 2);
    }

    #[test]
    fn a_new_look_up_keeps_what_is_known_of_the_addresses_that_stay() {
        let mut all = addresses(&["10.0.0.1:80", "10.0.0.2:80"]);
        all.failed(address("10.0.0.2:80"), 0);
        all.replace(&[address("10.0.0.2:80"), address("10.0.0.3:80")]);
        assert!(!all.contain(address("10.0.0.1:80")));
        assert_eq!(all.choose(&[], 0), Some(address("10.0.0.3:80")));
        assert_eq!(all.choose(&[], 0), Some(address("10.0.0.3:80")));
    }
}
