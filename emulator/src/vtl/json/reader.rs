//! The lenient reader, after json-smart's permissive mode.

use std::borrow::Cow;
use std::hash::BuildHasher as _;

use foldhash::fast::RandomState;
use hashbrown::HashTable;

use super::{Json, Number};
use crate::budget::Budget;
use crate::document::fitted;
use crate::java::{half, lone, pair};

/// Lists and maps nest at most this deep (json-smart's own bound).
const DEPTH: usize = 400;
/// From here on the members of a map are found by hash while it is read.
const MANY: usize = 16;

/// Units of work that a value costs beside its bytes.
const VALUE: usize = 30;

pub(super) fn read<'b>(text: &'b str, budget: &Budget) -> Result<Json<'b>, String> {
    let mut reader = Reader { text, at: 0, depth: 0, budget };
    reader.skip_space();
    // What follows the first value is ignored, as json-smart ignores it.
    if reader.peek().is_none() { Ok(Json::String(Cow::Borrowed(""))) } else { reader.value(&[]) }
}

struct Reader<'b, 'w> {
    text: &'b str,
    at: usize,
    depth: usize,
    budget: &'w Budget,
}

type Read<T> = Result<T, String>;

impl<'b> Reader<'b, '_> {
    fn peek(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    fn skip_space(&mut self) {
        while matches!(self.peek(), Some(b' ' | b'\t' | b'\r' | b'\n')) {
            self.at += 1;
        }
    }

    /// Behind a name, a number and the value of a map, control characters count as blanks.
    fn skip_controls(&mut self) {
        while matches!(self.peek(), Some(..=b' ')) {
            self.at += 1;
        }
    }

    fn unexpected<T>(&self) -> Read<T> {
        Err(match self.text.get(self.at..).and_then(|rest| rest.chars().next()) {
            Some(character) => format!("unexpected `{character}` at byte {}", self.at),
            None => "unexpected end".to_owned(),
        })
    }

    /// A value that ends before one of `stops`, or at the end of the text.
    fn value(&mut self, stops: &[u8]) -> Read<Json<'b>> {
        self.budget.work(VALUE)?;
        self.budget.hold(size_of::<Json<'b>>())?;
        match self.peek() {
            Some(b'{') => self.nested(Self::map),
            Some(b'[') => self.nested(Self::list),
            Some(b'"' | b'\'') => self.quoted().map(Json::String),
            Some(b'-' | b'0'..=b'9') => self.number(stops),
            Some(b':' | b'}' | b']') | None => self.unexpected(),
            Some(first) => Ok(match self.bare(stops) {
                word if first <= b' ' => Json::String(word.into()),
                "true" => Json::Bool(true),
                "false" => Json::Bool(false),
                "null" => Json::Null,
                "NaN" => Json::Number(Number::Double(f64::NAN)),
                word => Json::String(word.into()),
            }),
        }
    }

    fn nested(&mut self, read: fn(&mut Self) -> Read<Json<'b>>) -> Read<Json<'b>> {
        self.depth += 1;
        if self.depth > DEPTH {
            return Err(format!("nested deeper than {DEPTH}"));
        }
        self.at += 1;
        let value = read(self)?;
        self.depth -= 1;
        Ok(value)
    }

    fn list(&mut self) -> Read<Json<'b>> {
        let mut list = Vec::new();
        loop {
            self.skip_space();
            match self.peek() {
                Some(b']') => break,
                Some(b',') => self.at += 1,
                // No comma is needed before the next.
                _ => list.push(self.value(b",]")?),
            }
        }
        self.at += 1;
        Ok(Json::List(fitted(list)))
    }

    fn map(&mut self) -> Read<Json<'b>> {
        let mut members: Vec<(Cow<'b, str>, Json<'b>)> = Vec::new();
        let mut index = MemberIndex::default();
        loop {
            self.skip_space();
            match self.peek() {
                Some(b'}') => break,
                Some(b',') => self.at += 1,
                Some(b':' | b']' | b'[' | b'{') | None => return self.unexpected(),
                Some(first) => {
                    let key = if matches!(first, b'"' | b'\'') { self.quoted()? } else { self.bare(b":").into() };
                    self.skip_controls();
                    if self.peek() != Some(b':') {
                        return self.unexpected();
                    }
                    self.at += 1;
                    self.skip_space();
                    let value = self.value(b",}")?;
                    self.skip_controls();
                    if !matches!(self.peek(), Some(b',' | b'}')) {
                        return self.unexpected();
                    }
                    self.budget.hold(size_of::<Cow<'b, str>>())?;
                    index.insert(&mut members, key, value);
                }
            }
        }
        self.at += 1;
        Ok(Json::Map(fitted(members)))
    }

    /// Text without quotes up to one of `stops`, trimmed.
    fn bare(&mut self, stops: &[u8]) -> &'b str {
        let start = self.at;
        self.skip_to(stops);
        self.trimmed(start)
    }

    /// The text from a place, as Java's `trim` leaves it.
    fn trimmed(&self, start: usize) -> &'b str {
        self.text.get(start..self.at).unwrap_or_default().trim_matches(|character| character <= ' ')
    }

    fn skip_to(&mut self, stops: &[u8]) {
        let rest = &self.text.as_bytes()[self.at..];
        self.at += rest.iter().position(|byte| stops.contains(byte)).unwrap_or(rest.len());
    }

    fn skip_digits(&mut self) {
        while matches!(self.peek(), Some(b'0'..=b'9')) {
            self.at += 1;
        }
    }

    /// A number, or a text that merely begins like one.
    fn number(&mut self, stops: &[u8]) -> Read<Json<'b>> {
        let start = self.at;
        self.at += 1;
        self.skip_digits();
        let mut fraction = false;
        if self.peek() == Some(b'.') {
            fraction = true;
            self.at += 1;
            self.skip_digits();
        }
        if matches!(self.peek(), Some(b'e' | b'E')) {
            fraction = true;
            self.at += 1;
            if matches!(self.peek(), Some(b'+' | b'-' | b'0'..=b'9')) {
                self.at += 1;
                self.skip_digits();
            } else {
                self.skip_to(stops);
                return Ok(self.word(start));
            }
        }
        let end = self.at;
        self.skip_controls();
        // Of what stands behind a number, json-smart looks at the characters before `~` only.
        if self.peek().is_some_and(|byte| byte < b'~' && !stops.contains(&byte)) {
            self.skip_to(stops);
            return Ok(self.word(start));
        }
        let text = self.text.get(start..end).unwrap_or_default();
        if fraction {
            return Number::fraction(text).map(Json::Number).ok_or_else(|| format!("`{text}` is not a number"));
        }
        Ok(Json::Number(Number::integer(text)))
    }

    fn word(&self, start: usize) -> Json<'b> {
        Json::String(self.trimmed(start).into())
    }

    /// Text in quotes of either kind. Raw control characters are taken as they are, or left out where there is a backslash.
    fn quoted(&mut self) -> Read<Cow<'b, str>> {
        let quote = self.peek();
        self.at += 1;
        let start = self.at;
        let mut text = String::new();
        let mut copied = start;
        loop {
            let Some(byte) = self.peek() else { return self.unexpected() };
            if Some(byte) == quote {
                let tail = self.text.get(copied..self.at).unwrap_or_default();
                self.at += 1;
                if copied == start {
                    return Ok(Cow::Borrowed(tail));
                }
                push_visible(tail, &mut text);
                self.budget.hold(text.len())?;
                return Ok(Cow::Owned(text));
            }
            if byte == b'\\' {
                push_visible(self.text.get(copied..self.at).unwrap_or_default(), &mut text);
                self.at += 1;
                self.escape(&mut text)?;
                copied = self.at;
            } else {
                self.at += 1;
            }
        }
    }

    /// What follows a backslash. An unknown UTF-16 unit is dropped, as json-smart drops it: the half of a pair, too.
    fn escape(&mut self, text: &mut String) -> Read<()> {
        let Some(byte) = self.peek() else { return self.unexpected() };
        let plain = match byte {
            b't' => Some('\t'),
            b'n' => Some('\n'),
            b'r' => Some('\r'),
            b'f' => Some('\u{c}'),
            b'b' => Some('\u{8}'),
            b'/' | b'\\' | b'\'' | b'"' => Some(char::from(byte)),
            _ => None,
        };
        match byte {
            b'u' => {
                self.at += 1;
                let unit = self.hex(4)?;
                text.push(self.scalar(unit));
            }
            b'x' => {
                self.at += 1;
                let unit = self.hex(2)?;
                text.push(lone(unit));
            }
            _ => {
                text.extend(plain);
                if let Some(character) = self.text.get(self.at..).and_then(|rest| rest.chars().next()) {
                    self.at += character.len_utf8();
                    if half(character).is_none()
                        && let [_, low] = *character.encode_utf16(&mut [0; 2])
                    {
                        text.push(lone(low.into()));
                    }
                }
            }
        }
        Ok(())
    }

    /// A UTF-16 unit, with its other half when that follows.
    fn scalar(&mut self, unit: u32) -> char {
        if (0xD800..0xDC00).contains(&unit) && self.text.as_bytes()[self.at..].starts_with(b"\\u") {
            let before = self.at;
            self.at += 2;
            if let Some(pair) = self.hex(4).ok().and_then(|low| pair(unit, low)) {
                return pair;
            }
            self.at = before;
        }
        lone(unit)
    }

    fn hex(&mut self, digits: usize) -> Read<u32> {
        let mut unit = 0;
        for _ in 0..digits {
            let digit = self.peek().and_then(|byte| char::from(byte).to_digit(16));
            let Some(digit) = digit else { return self.unexpected() };
            unit = unit * 16 + digit;
            self.at += 1;
        }
        Ok(unit)
    }
}

/// Appends what is no control character.
fn push_visible(text: &str, out: &mut String) {
    out.extend(text.chars().filter(|character| !character.is_ascii_control()));
}

/// The places of a map's members with the hashes of their names: a table that grows does not look at the names again.
#[derive(Default)]
struct MemberIndex {
    places: HashTable<(u64, usize)>,
    hasher: RandomState,
}

impl MemberIndex {
    /// Adds a member. The last of two equal keys wins and takes the first one's place.
    fn insert<'b>(&mut self, members: &mut Vec<(Cow<'b, str>, Json<'b>)>, key: Cow<'b, str>, value: Json<'b>) {
        let known = if members.len() < MANY {
            members.iter().position(|(name, _)| *name == key)
        } else {
            if self.places.is_empty() {
                members.iter().enumerate().for_each(|(place, (name, _))| self.add(name, place));
            }
            let hash = self.hasher.hash_one(&*key);
            let same = |(other, place): &(u64, usize)| *other == hash && members[*place].0 == key;
            self.places.find(hash, same).map(|(_, place)| *place)
        };
        if let Some(place) = known {
            members[place].1 = value;
            return;
        }
        if members.len() >= MANY {
            self.add(&key, members.len());
        }
        members.push((key, value));
    }

    fn add(&mut self, name: &str, place: usize) {
        let hash = self.hasher.hash_one(name);
        self.places.insert_unique(hash, (hash, place), |(hash, _)| *hash);
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// `body<TAB>what $input.json('$') gives`, or `!` where it throws.
    const VECTORS: &str = include_str!("../vectors/lenient-json.tsv");

    #[test]
    fn bodies_are_read_as_the_reference_reads_them() {
        let mut seen = 0;
        for line in VECTORS.lines().filter(|line| !line.starts_with('#')) {
            let (body, expected) = line.split_once('\t').unwrap();
            let body: String = serde_json::from_str(body).unwrap();
            let written = read(&body, &Budget::default()).map(|json| {
                let mut out = String::new();
                json.write(&mut out);
                out
            });
            let expected = (expected != "!").then(|| serde_json::from_str::<String>(expected).unwrap());
            assert_eq!(written.ok(), expected, "{body:?}");
            seen += 1;
        }
        assert!(seen > 80);
    }

    #[test]
    fn a_map_of_many_members_keeps_the_last_of_two_equal_keys() {
        let members: Vec<String> = (0..100).map(|n| format!("\"k{}\":{n}", n % 50)).collect();
        let body = format!("{{{}}}", members.join(","));
        let Ok(Json::Map(members)) = read(&body, &Budget::default()) else { panic!("a map") };
        assert_eq!(members.len(), 50);
        assert_eq!(members[7], ("k7".into(), Json::Number(Number::Integer(57))));
    }

    #[test]
    fn nesting_is_bounded() {
        assert!(read(&"[".repeat(100_000), &Budget::default()).is_err());
    }

    proptest! {
        #[test]
        fn no_text_panics(text in r#"[\[\]{}:,"'\\a-fu0-9.eE+ \n-]{0,40}|.{0,40}"#) {
            let _ = read(&text, &Budget::default());
        }

        #[test]
        fn strict_json_means_the_same_as_to_serde(text in json_text()) {
            // JSON takes this one control character as it is; json-smart loses it in a string with escapes.
            prop_assume!(!text.contains('\u{7f}'));
            let Ok(read) = read(&text, &Budget::default()) else { return Err(TestCaseError::fail("refused")) };
            let mut out = String::new();
            read.write(&mut out);
            let (ours, theirs): (serde_json::Value, serde_json::Value) =
                (serde_json::from_str(&out).unwrap(), serde_json::from_str(&text).unwrap());
            prop_assert_eq!(ours, theirs);
        }
    }

    fn json_text() -> impl Strategy<Value = String> {
        use serde_json::{Value, json};
        let leaf = prop_oneof![
            Just(Value::Null),
            any::<bool>().prop_map(Value::from),
            any::<i64>().prop_map(Value::from),
            (-1e6..1e6_f64).prop_map(Value::from),
            ".{0,8}".prop_map(Value::from),
        ];
        leaf.prop_recursive(4, 32, 6, |inner| {
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..6).prop_map(Value::from),
                prop::collection::vec((".{0,4}", inner), 0..6).prop_map(|members| members.into_iter().fold(
                    json!({}),
                    |mut map, (key, value)| {
                        map[key] = value;
                        map
                    }
                )),
            ]
        })
        .prop_map(|value| value.to_string())
    }
}
