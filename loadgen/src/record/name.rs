//! Names of executions: legal, the expected one, and boiled down to 16 bytes that tell them apart.

use std::borrow::Cow;

use sha2::{Digest, Sha256};

/// A name as 16 bytes, with the arrival that got it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Entry {
    /// The 16 bytes as two big-endian halves.
    pub id: [u64; 2],
    /// The arrival.
    pub k: u64,
}

/// Bytes of an entry in a file: the id, big-endian, and the arrival, little-endian.
pub(crate) const ENTRY_BYTES: usize = 24;

impl Entry {
    /// The entry of a name. A UUID in its usual form is its own 128 bits; of any other name the first 128 bits of its
    /// SHA-256 are taken.
    #[must_use]
    pub fn of(name: &str, k: u64) -> Self {
        Self { id: uuid(name.as_bytes()).unwrap_or_else(|| digest(name)), k }
    }

    /// The entry as bytes.
    #[must_use]
    pub fn to_bytes(self) -> [u8; ENTRY_BYTES] {
        let mut bytes = [0; ENTRY_BYTES];
        bytes[..8].copy_from_slice(&self.id[0].to_be_bytes());
        bytes[8..16].copy_from_slice(&self.id[1].to_be_bytes());
        bytes[16..].copy_from_slice(&self.k.to_le_bytes());
        bytes
    }

    /// What is shown of the name: a UUID of the kinds that are drawn (versions 4 and 7) as it was sent, or 16 bytes.
    #[must_use]
    pub(crate) fn shown(&self) -> String {
        let [high, low] = self.id;
        if matches!(high >> 12 & 0xf, 4 | 7) && low >> 62 == 0b10 {
            let uuid = u128::from(high) << 64 | u128::from(low);
            return uuid::Uuid::from_u128(uuid).to_string();
        }
        format!("{high:016x}{low:016x}")
    }

    /// The entry that [`Entry::to_bytes`] wrote.
    #[must_use]
    pub(crate) fn from_bytes(bytes: &[u8; ENTRY_BYTES]) -> Self {
        let word = |range: std::ops::Range<usize>| bytes[range].iter().fold(0, |v, b| v << 8 | u64::from(*b));
        Self { id: [word(0..8), word(8..16)], k: word(16..24).swap_bytes() }
    }
}

/// The 128 bits of `xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx` in lower case.
fn uuid(name: &[u8]) -> Option<[u64; 2]> {
    let name: &[u8; 36] = name.try_into().ok()?;
    let mut bits = 0_u128;
    for (i, byte) in name.iter().enumerate() {
        let digit = match (i, byte) {
            (8 | 13 | 18 | 23, b'-') => continue,
            (8 | 13 | 18 | 23, _) => return None,
            (_, b'0'..=b'9') => byte - b'0',
            (_, b'a'..=b'f') => byte - b'a' + 10,
            _ => return None,
        };
        bits = bits << 4 | u128::from(digit);
    }
    #[expect(clippy::cast_possible_truncation, reason = "the two halves of 128 bits")]
    Some([(bits >> 64) as u64, bits as u64])
}

fn digest(name: &str) -> [u64; 2] {
    let sha = Sha256::digest(name.as_bytes());
    let word = |range: std::ops::Range<usize>| sha[range].iter().fold(0, |v, b| v << 8 | u64::from(*b));
    [word(0..8), word(8..16)]
}

/// Most characters of a name: those of the longest that Step Functions allows.
const LONGEST: usize = 80;

/// A name as it is kept for people. A target may send one of a megabyte: what is beyond the longest that there can be is told
/// apart by its SHA-256.
#[must_use]
pub(crate) fn kept_name(name: &str) -> Cow<'_, str> {
    if name.len() <= LONGEST {
        return name.into();
    }
    match name.char_indices().nth(LONGEST) {
        None => name.into(),
        Some((end, _)) => {
            let [high, low] = digest(name);
            format!("{}… ({} bytes, SHA-256 {high:016x}{low:016x}…)", &name[..end], name.len()).into()
        }
    }
}

/// Whether Step Functions allows the name: 1 to 80 characters, no white space, brackets, wildcards, control characters
/// or any of `" # % \ ^ | ~ $ & , ; : /` and the back quote (`StartExecution` API reference).
#[must_use]
pub(crate) fn is_legal_name(name: &str) -> bool {
    if name.is_ascii() {
        return (1..=LONGEST).contains(&name.len()) && name.bytes().all(|b| LEGAL[usize::from(b)]);
    }
    let legal = |c: char| match u8::try_from(c) {
        Ok(b) if b.is_ascii() => LEGAL[usize::from(b)],
        _ => !c.is_control() && !c.is_whitespace(),
    };
    (1..=LONGEST).contains(&name.chars().count()) && name.chars().all(legal)
}

/// Which ASCII characters a name may hold. Every name of a run is checked: a table is ten times as fast as a search.
const LEGAL: [bool; 128] = {
    let mut legal = [true; 128];
    let mut b = 0;
    while b <= b' ' {
        legal[b as usize] = false;
        b += 1;
    }
    legal[0x7f] = false;
    let banned = b"<>{}[]?*\"#%\\^|~`$&,;:/";
    let mut i = 0;
    while i < banned.len() {
        legal[banned[i] as usize] = false;
        i += 1;
    }
    legal
};

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_uuid_is_its_own_bits_and_any_other_name_a_digest() {
        let entry = Entry::of("00112233-4455-6677-8899-aabbccddeeff", 7);
        assert_eq!(entry.id, [0x0011_2233_4455_6677, 0x8899_aabb_ccdd_eeff]);
        // Names are case-sensitive: the same letters in upper case are another name.
        assert_ne!(Entry::of("00112233-4455-6677-8899-AABBCCDDEEFF", 7).id, entry.id);
        assert_ne!(Entry::of("order-1", 7).id, Entry::of("order-2", 7).id);
        assert_ne!(Entry::of("00112233+4455-6677-8899-aabbccddeeff", 7).id, entry.id);
    }

    #[test]
    fn a_duplicate_is_shown_as_it_was_sent_where_that_is_known() {
        for name in ["9c3d8aab-83bf-4542-8256-36c9f42b6b01", "01890a5d-ac96-774b-bcce-b302099a8057"] {
            assert_eq!(Entry::of(name, 7).shown(), name);
        }
        assert_eq!(Entry::of("order-1", 7).shown().len(), 32);
    }

    #[test]
    fn a_name_longer_than_there_can_be_is_cut_and_still_told_apart() {
        let (one, other) = ("ü".repeat(81), "ü".repeat(82));
        let (kept, others) = (kept_name(&one), kept_name(&other));
        assert!(kept.starts_with(&"ü".repeat(80)) && kept.contains("162 bytes") && kept.len() < 250, "{kept}");
        assert_ne!(kept, others);
        assert_eq!(kept_name(&"ü".repeat(80)), "ü".repeat(80));
    }

    #[test]
    fn entries_survive_their_bytes_and_sort_like_them() {
        let a = Entry { id: [1, u64::MAX], k: 0x0102_0304_0506_0708 };
        let b = Entry { id: [2, 0], k: 1 };
        assert_eq!(Entry::from_bytes(&a.to_bytes()), a);
        assert_eq!(a < b, a.to_bytes() < b.to_bytes());
    }

    #[test]
    fn names_that_step_functions_refuses_are_illegal() {
        let long = "a".repeat(81);
        for name in ["", "a b", "a/b", "a:b", "x\u{7f}", "a\u{85}b", "tab\t", "{x}", "50%", &long] {
            assert!(!is_legal_name(name), "{name:?}");
        }
        assert!(is_legal_name(&"ü".repeat(80)));
        assert!(is_legal_name("a.b-c_d+e=f@g!h'(i)"));
    }

    #[test]
    fn a_uuid_is_a_legal_name_and_white_space_is_not() {
        assert!(is_legal_name("9c3d8aab-83bf-4542-8256-36c9f42b6b01"));
        assert!(!is_legal_name("a b"));
    }
}
