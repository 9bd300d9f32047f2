//! Pages: `maxResults` and `nextToken`.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD_NO_PAD;

use super::ApiError;
use super::members::{Members, TextConstraint, Violations};

/// The model's limits: pages of at most 1,000, 100 unless asked otherwise.
const MOST: u32 = 1_000;
const USUAL: u32 = 100;
/// Says that a token is one of ours.
const MARK: &[u8] = b"stepgate";

/// What part of a list is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Page {
    pub(super) size: usize,
    /// Where it goes on; `None` for the first page.
    pub(super) from: Option<u64>,
}

impl Page {
    /// Reads `maxResults` and `nextToken`, which may be `longest` characters long.
    pub(super) fn read(members: &Members<'_>, longest: usize, violations: &mut Violations) -> Result<Self, ApiError> {
        let size = members.number("maxResults", MOST, violations)?.filter(|size| *size > 0).unwrap_or(USUAL);
        let rule = TextConstraint { least: 1, most: longest, sensitive: false };
        let token = members.text("nextToken", rule, violations)?;
        let from = match token {
            // Too long or too short a token is a violation, which comes before an error.
            Some(text) if (1..=longest).contains(&text.len()) => {
                Some(open(text).ok_or_else(|| ApiError::invalid_token(text))?)
            }
            _ => None,
        };
        Ok(Self { size: usize::try_from(size).unwrap_or(usize::MAX), from })
    }
}

/// The token of a place.
pub(super) fn token(place: u64) -> String {
    STANDARD_NO_PAD.encode([MARK, &place.to_be_bytes()].concat())
}

fn open(token: &str) -> Option<u64> {
    let bytes = STANDARD_NO_PAD.decode(token).ok()?;
    Some(u64::from_be_bytes(bytes.strip_prefix(MARK)?.try_into().ok()?))
}
