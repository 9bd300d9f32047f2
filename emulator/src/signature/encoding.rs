//! Percent-encoding as signatures want it (RFC 3986's unreserved characters stay, upper-case hex).

use std::borrow::Cow;

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_decode, percent_encode};

/// All but letters, digits, `-`, `.`, `_` and `~`.
const RESERVED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// Appends `bytes` encoded.
pub(super) fn encode(bytes: &[u8], out: &mut String) {
    out.extend(percent_encode(bytes, RESERVED));
}

/// The bytes that a name or value of a query string stands for. `+` is a space, as forms have it \[I\]; a `%` that two
/// hex digits do not follow stands for itself \[I\].
pub(super) fn decode(text: &str) -> Cow<'_, [u8]> {
    if !text.contains('+') {
        return percent_decode(text.as_bytes()).into();
    }
    let spaced = text.replace('+', " ");
    Cow::Owned(percent_decode(spaced.as_bytes()).collect())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_percent_that_escapes_nothing_stands_for_itself() {
        for (text, bytes) in [("%41%2f", "A/"), ("%", "%"), ("%4", "%4"), ("%zz", "%zz"), ("a+b%2B", "a b+")] {
            assert_eq!(decode(text), bytes.as_bytes(), "{text}");
        }
    }

    proptest! {
        #[test]
        fn what_is_encoded_is_decoded(bytes in proptest::collection::vec(any::<u8>(), 0..40)) {
            let mut text = String::new();
            encode(&bytes, &mut text);
            prop_assert_eq!(decode(&text), bytes);
        }

        #[test]
        fn any_text_is_decoded_without_panic(text in "\\PC{0,20}") {
            let _ = decode(&text);
        }
    }
}
