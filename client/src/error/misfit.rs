use serde_json::error::Category;
use std::fmt;

/// Why a JSON text is not of the type that it was read as, and where; but nothing of what it holds, which may be anybody's
/// data. `serde_json` repeats it: `invalid type: string "4111 1111", expected u32`.
#[derive(Debug)]
pub(super) struct Misfit {
    what: String,
    line: usize,
    column: usize,
}

impl Misfit {
    pub(super) fn of(error: &serde_json::Error) -> Self {
        let what = match error.classify() {
            Category::Data => mismatch(&error.to_string()).unwrap_or_else(|| "data that does not fit".to_owned()),
            Category::Syntax => "not JSON".to_owned(),
            Category::Eof => "cut short".to_owned(),
            Category::Io => "not readable".to_owned(),
        };
        Self { what, line: error.line(), column: error.column() }
    }
}

/// What serde's own words say of the type and of the kind of value; its other words, and those of a type's own
/// `Deserialize`, are not repeated.
fn mismatch(message: &str) -> Option<String> {
    const KINDS: [(&str, &str); 14] = [
        ("string ", "a string"),
        ("integer ", "an integer"),
        ("floating point ", "a number"),
        ("number ", "a number"),
        ("boolean ", "a boolean"),
        ("character ", "a character"),
        ("null", "null"),
        ("unit value", "null"),
        ("map", "an object"),
        ("sequence", "an array"),
        ("byte array", "bytes"),
        ("Option value", "an optional value"),
        ("unit variant", "a name alone"),
        ("newtype variant", "a name with a value"),
    ];
    if let Some(field) = message.strip_prefix("missing field `").and_then(|rest| rest.split('`').next()) {
        let is_name = field.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"_-".contains(&byte));
        return is_name.then(|| format!("no member `{field}`"));
    }
    let found = message.strip_prefix("invalid type: ").or_else(|| message.strip_prefix("invalid value: "))?;
    // What was expected is the type's own word, and comes last.
    let (found, expected) = found.rsplit_once(", expected ")?;
    let expected = expected.rsplit_once(" at line ").map_or(expected, |(expected, _)| expected);
    let (_, kind) = KINDS.into_iter().find(|(word, _)| found.starts_with(word))?;
    Some(format!("expected {expected}, found {kind}"))
}

impl fmt::Display for Misfit {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.what)?;
        if self.line > 0 {
            write!(formatter, ", at line {} column {}", self.line, self.column)?;
        }
        Ok(())
    }
}

impl std::error::Error for Misfit {}

#[cfg(test)]
mod tests {
    use super::*;
    use serde::Deserialize;
    use serde::de::DeserializeOwned;

    #[derive(Debug, Deserialize)]
    #[serde(deny_unknown_fields)]
    #[expect(dead_code, reason = "only read")]
    struct Order {
        id: u8,
        kind: Kind,
    }

    #[derive(Debug, Deserialize)]
    enum Kind {
        Tea,
    }

    #[derive(Debug)]
    struct Strict;

    impl<'de> Deserialize<'de> for Strict {
        fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
            Err(serde::de::Error::custom(String::deserialize(deserializer)?))
        }
    }

    fn told<O: DeserializeOwned + fmt::Debug>(json: &str) -> String {
        Misfit::of(&serde_json::from_str::<O>(json).unwrap_err()).to_string()
    }

    #[test]
    fn it_says_what_was_expected_and_where_and_repeats_no_data() {
        assert_eq!(told::<u32>(r#""secret, expected u8""#), "expected u32, found a string, at line 1 column 21");
        assert_eq!(told::<Vec<u8>>("[1, 77777]"), "expected u8, found an integer, at line 1 column 9");
        assert_eq!(told::<bool>("1.5e99"), "expected a boolean, found a number, at line 1 column 6");
        assert_eq!(told::<Order>(r#"{"id":1}"#), "no member `kind`, at line 1 column 8");
        assert_eq!(told::<u8>("{"), "expected u8, found an object, at line 1 column 0");
        assert_eq!(told::<Vec<u8>>("[1"), "cut short, at line 1 column 2");
        assert_eq!(told::<u8>("secret"), "not JSON, at line 1 column 1");
        for json in [
            r#"{"id":1,"kind":"secret"}"#,
            r#"{"secret":1}"#,
            r#"{"id":"secret","kind":"Tea"}"#,
            r#"{"id":1,"kind":{"secret":1}}"#,
        ] {
            assert!(!told::<Order>(json).contains("secret"), "{json}: {}", told::<Order>(json));
        }
        for text in ["secret", "missing field `secret 17`", "invalid type: secret, expected u8"] {
            let told = told::<Strict>(&serde_json::Value::from(text).to_string());
            assert!(!told.contains("secret"), "{told}");
        }
    }
}
