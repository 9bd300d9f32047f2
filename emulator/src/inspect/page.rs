//! Pages: no answer of an inspection route has more than so many rows and bytes, and each names the one that follows.

use std::fmt;
use std::str::FromStr;

use crate::http::Response;

/// Rows of a page unless the query says otherwise, and at most.
const USUAL: usize = 100;
const MOST: usize = 1_000;
/// A page ends with the row with which it has so many bytes. A row has at most as many, and an event of a history beyond them.
pub(super) const BYTES: usize = 256 << 10;

/// Where a list goes on. What the numbers count is the list's own affair.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Place {
    pub(super) number: u64,
    /// How much of its first row was on the page before.
    pub(super) within: usize,
}

impl Place {
    pub(super) const fn at(number: u64) -> Self {
        Self { number, within: 0 }
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.number, self.within)
    }
}

impl FromStr for Place {
    type Err = std::num::ParseIntError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let (number, within) = text.split_once('.').unwrap_or((text, "0"));
        Ok(Self { number: number.parse()?, within: within.parse()? })
    }
}

/// Which page of a list is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Page {
    /// Most rows.
    pub(super) rows: usize,
    /// Where it begins; `None` is the beginning of the list.
    pub(super) from: Option<Place>,
}

impl Page {
    /// Reads `limit` and `from`.
    ///
    /// # Errors
    /// What is wrong with them, in words.
    pub(super) fn read(query: &str) -> Result<Self, String> {
        let given = |name: &str| query.split('&').find_map(|pair| pair.strip_prefix(name)?.strip_prefix('='));
        let rows = match given("limit") {
            Some(limit) => limit.parse().map_err(|_| format!("limit must be a whole number, not {limit:.40}"))?,
            None => USUAL,
        };
        let from = given("from")
            .map(|from| from.parse().map_err(|_| format!("from must be what a `Link` header named, not {from:.40}")));
        Ok(Self { rows: rows.min(MOST), from: from.transpose()? })
    }

    /// The answer with these rows, each with the place at which the list goes on after it.
    pub(super) fn answer(&self, route: &str, rows: impl Iterator<Item = (Vec<u8>, Place)>) -> Response {
        let (mut body, mut count, mut next) = (vec![b'['], 0, None);
        for (row, after) in rows {
            if count == self.rows || body.len() >= BYTES {
                let link =
                    |place: Place| format!("</_stepgate/{route}?limit={}&from={place}>; rel=\"next\"", self.rows);
                return answer(body, next.map(link));
            }
            if count > 0 {
                body.push(b',');
            }
            body.extend_from_slice(&row);
            (count, next) = (count + 1, Some(after));
        }
        answer(body, None)
    }
}

fn answer(mut body: Vec<u8>, next: Option<String>) -> Response {
    body.push(b']');
    let mut headers = vec![("Content-Type".into(), "application/json".to_owned())];
    headers.extend(next.map(|next| ("Link".into(), next)));
    Response { status: 200, headers, body }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(length: usize, number: u64) -> (Vec<u8>, Place) {
        (vec![b'1'; length], Place::at(number))
    }

    #[test]
    fn a_page_ends_with_its_rows_or_bytes_and_names_the_next() {
        let page = Page::read("limit=3").unwrap();
        let all = page.answer("list", (0..3).map(|n| row(1, n)));
        assert_eq!((all.body.as_slice(), all.header("Link")), (&b"[1,1,1]"[..], None));
        let more = page.answer("list", (0..4).map(|n| row(1, n)));
        assert_eq!(more.body, b"[1,1,1]");
        assert_eq!(more.header("Link"), Some("</_stepgate/list?limit=3&from=2.0>; rel=\"next\""));
        let large = Page::read("limit=1000000").unwrap().answer("list", (0..).map(|n| row(BYTES, n)));
        assert_eq!(large.body.len(), BYTES + 2);
        assert_eq!(large.header("Link"), Some("</_stepgate/list?limit=1000&from=0.0>; rel=\"next\""));
        let none = Page::read("limit=0").unwrap().answer("list", (0..4).map(|n| row(1, n)));
        assert_eq!((none.body.as_slice(), none.header("Link")), (&b"[]"[..], None));
    }

    #[test]
    fn a_place_is_read_back_and_anything_else_is_refused() {
        let place = Place { number: 7, within: 3 };
        assert_eq!(Page::read(&format!("from={place}")), Ok(Page { rows: USUAL, from: Some(place) }));
        assert_eq!(Page::read("from=7").unwrap().from, Some(Place::at(7)));
        for wrong in ["limit=x", "limit=-1", "from=", "from=1.", "from=a.b", "limit=99999999999999999999999"] {
            Page::read(wrong).unwrap_err();
        }
    }
}
