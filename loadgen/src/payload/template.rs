//! A body with its constant parts rendered beforehand.

use super::data::{Data, Tables};
use super::expression::Expression;
use crate::random::Random;

/// A body: constant bytes and expressions in turn.
///
/// ```
/// use stepgate_loadgen::payload::{Arriving, Template};
///
/// let template = Template::json(&serde_json::json!({"n": "{{ seq() }}", "who": "user-{{ int(7, 7) }}"})).unwrap();
/// let mut body = Vec::new();
/// template.render(&Arriving { k: 3, seed: 42, unix_ms: 0 }, &mut body);
/// assert_eq!(body, br#"{"n":3,"who":"user-7"}"#);
/// ```
#[derive(Debug, Clone)]
pub struct Template {
    source: String,
    parts: Vec<Part>,
}

#[derive(Debug, Clone)]
enum Part {
    Constant(Vec<u8>),
    Expression(Expression),
}

/// What a body is a function of.
#[derive(Debug, Clone, Copy)]
pub struct Arriving {
    /// The number of the arrival.
    pub k: u64,
    /// Its seed.
    pub seed: u64,
    /// When it is due, in milliseconds from 1970.
    pub unix_ms: i64,
}

/// What a template may refer to.
pub struct Surroundings<'a> {
    /// The environment.
    pub variable: &'a dyn Fn(&str) -> Option<String>,
    /// The tables of the scenario.
    pub tables: &'a Tables,
}

impl Default for Surroundings<'_> {
    fn default() -> Self {
        Self { variable: &|_| None, tables: &[] }
    }
}

/// A mistake in a template.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TemplateError {
    /// The part of the template that is wrong, as written.
    pub text: String,
    /// What is wrong.
    pub message: String,
    /// What to do.
    pub help: Option<String>,
}

impl Template {
    /// A template of JSON whose strings may hold `{{ expressions }}`. A string that is nothing but one `int`, `float` or
    /// `seq` becomes a number.
    ///
    /// # Errors
    /// The first expression that is wrong.
    pub fn json(value: &serde_json::Value) -> Result<Self, TemplateError> {
        Self::within(value, &Surroundings::default())
    }

    /// The same, with an environment and tables.
    ///
    /// # Errors
    /// The first expression that is wrong.
    pub fn within(value: &serde_json::Value, around: &Surroundings<'_>) -> Result<Self, TemplateError> {
        let mut parts = Vec::new();
        push_value(value, around, &mut parts)?;
        Ok(Self { source: value.to_string(), parts })
    }

    /// A body as it is, whatever it holds.
    #[must_use]
    pub fn constant(body: &str) -> Self {
        Self { source: body.into(), parts: vec![Part::Constant(body.as_bytes().to_vec())] }
    }

    /// The template as compact JSON, for the digest.
    #[must_use]
    pub fn source(&self) -> &str {
        &self.source
    }

    /// The body, when it is the same for every arrival.
    #[must_use]
    pub fn as_constant(&self) -> Option<&[u8]> {
        match self.parts.as_slice() {
            [Part::Constant(bytes)] => Some(bytes),
            _ => None,
        }
    }

    /// The tables that it takes rows of.
    pub fn tables(&self) -> impl Iterator<Item = &Data> {
        self.parts.iter().filter_map(|part| match part {
            Part::Expression(Expression::Data { table, .. }) => Some(&**table),
            _ => None,
        })
    }

    /// Appends the body of an arrival.
    pub fn render(&self, arriving: &Arriving, out: &mut Vec<u8>) {
        let mut random = Random::from_seed(arriving.seed);
        for part in &self.parts {
            match part {
                Part::Constant(bytes) => out.extend_from_slice(bytes),
                Part::Expression(expression) => expression.write(arriving, &mut random, out),
            }
        }
    }
}

fn push_value(
    value: &serde_json::Value,
    around: &Surroundings<'_>,
    parts: &mut Vec<Part>,
) -> Result<(), TemplateError> {
    use serde_json::Value;
    match value {
        Value::String(text) => push_string(text, around, parts)?,
        Value::Array(items) => {
            push_bytes(b"[", parts);
            for (i, item) in items.iter().enumerate() {
                if i > 0 {
                    push_bytes(b",", parts);
                }
                push_value(item, around, parts)?;
            }
            push_bytes(b"]", parts);
        }
        Value::Object(members) => {
            push_bytes(b"{", parts);
            for (i, (key, member)) in members.iter().enumerate() {
                if i > 0 {
                    push_bytes(b",", parts);
                }
                push_bytes(Value::String(key.clone()).to_string().as_bytes(), parts);
                push_bytes(b":", parts);
                push_value(member, around, parts)?;
            }
            push_bytes(b"}", parts);
        }
        Value::Null | Value::Bool(_) | Value::Number(_) => push_bytes(value.to_string().as_bytes(), parts),
    }
    Ok(())
}

fn push_string(text: &str, around: &Surroundings<'_>, parts: &mut Vec<Part>) -> Result<(), TemplateError> {
    let mut pieces = Vec::new();
    let mut rest = text;
    while let Some(open) = rest.find("{{") {
        let wrong = |message: String, help| TemplateError { text: text.into(), message, help };
        let close = rest[open..].find("}}").map(|i| open + i);
        let close = close.ok_or_else(|| wrong("`{{` without its `}}`".into(), None))?;
        let inner = &rest[open + 2..close];
        let expression = Expression::parse(inner, around).map_err(|(message, help)| TemplateError {
            text: inner.trim().into(),
            message,
            help,
        })?;
        if open > 0 {
            pieces.push(Part::Constant(escaped(&rest[..open])));
        }
        pieces.push(Part::Expression(expression));
        rest = &rest[close + 2..];
    }
    if !rest.is_empty() {
        pieces.push(Part::Constant(escaped(rest)));
    }
    let bare = match pieces.as_mut_slice() {
        [Part::Expression(Expression::Data { alone, .. })] => {
            *alone = true;
            true
        }
        [Part::Expression(expression)] => expression.is_number(),
        _ => false,
    };
    let quote: &[u8] = if bare { b"" } else { b"\"" };
    push_bytes(quote, parts);
    for piece in pieces {
        match piece {
            Part::Constant(bytes) => push_bytes(&bytes, parts),
            expression @ Part::Expression(_) => parts.push(expression),
        }
    }
    push_bytes(quote, parts);
    Ok(())
}

fn escaped(text: &str) -> Vec<u8> {
    let quoted = serde_json::Value::String(text.into()).to_string();
    quoted.as_bytes()[1..quoted.len() - 1].to_vec()
}

/// Constant bytes join those before them.
fn push_bytes(bytes: &[u8], parts: &mut Vec<Part>) {
    match parts.last_mut() {
        Some(Part::Constant(constant)) => constant.extend_from_slice(bytes),
        _ if bytes.is_empty() => {}
        _ => parts.push(Part::Constant(bytes.to_vec())),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::super::Order;
    use super::*;

    fn rendered(template: &Template, k: u64, seed: u64) -> String {
        let mut out = Vec::new();
        template.render(&Arriving { k, seed, unix_ms: 1_767_225_600_123 }, &mut out);
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn a_body_is_a_function_of_the_arrival_and_its_seed() {
        let template = Template::json(&json!({
            "id": "{{ uuid() }}", "n": "{{ int(-5, 5) }}", "f": "{{ float(0, 1) }}", "c": "{{ choice(\"a\", \"b\\\"\") }}",
            "k": "{{ seq() }}", "h": "x{{ hex(7) }}y", "plain": [1, true, null, "ü"]
        }))
        .unwrap();
        assert_eq!(rendered(&template, 9, 1), rendered(&template, 9, 1));
        assert_ne!(rendered(&template, 9, 1), rendered(&template, 9, 2));
        let body: serde_json::Value = serde_json::from_str(&rendered(&template, 9, 1)).unwrap();
        assert_eq!(body["k"], 9);
        assert!((-5..=5).contains(&body["n"].as_i64().unwrap()));
        assert_eq!(body["h"].as_str().unwrap().len(), 9);
        assert_eq!(body["id"].as_str().unwrap().len(), 36);
        assert_eq!(body["id"].as_str().unwrap().as_bytes()[14], b'4');
        assert_eq!(body["plain"], json!([1, true, null, "ü"]));
    }

    #[test]
    fn bodies_are_pinned_across_platforms() {
        let template = Template::json(&json!(["{{ uuid() }}", "{{ int(1, 100000) }}", "{{ hex(4) }}"])).unwrap();
        assert_eq!(rendered(&template, 0, 42), PINNED);
    }

    const PINNED: &str = r#"["bdd73226-2feb-4e95-a8ef-e333b266f103",27861,"493e"]"#;

    #[test]
    fn time_environment_and_data_come_from_outside() {
        let users = Data::json_lines("users", Order::Sequential, "{\"id\":7,\"name\":\"a\\\"b\"}\n").unwrap();
        let variable = |name: &str| (name == "REGION").then(|| "eu \"west\"".to_owned());
        let around = Surroundings { variable: &variable, tables: &[users.into()] };
        let body = json!({
            "at": "{{ now() }}", "where": "{{ env(\"REGION\") }}", "id": "{{ data(\"users\", \"id\") }}",
            "who": "user {{ data(\"users\", \"id\") }} {{ data(\"users\", \"name\") }}"
        });
        let template = Template::within(&body, &around).unwrap();
        let rendered: serde_json::Value = serde_json::from_str(&rendered(&template, 3, 1)).unwrap();
        let at = "2026-01-01T00:00:00.123Z";
        assert_eq!(rendered, json!({"at": at, "where": "eu \"west\"", "id": 7, "who": "user 7 a\"b"}));
        assert_eq!(template.tables().count(), 3);
        for (text, message) in [
            ("{{ env(\"HOME\") }}", "the environment variable HOME is not set"),
            ("{{ data(\"user\", \"id\") }}", "there is no table `user`"),
            ("{{ data(\"users\", \"ids\") }}", "`users` has no column `ids`"),
            ("{{ data(\"users\") }}", "`data(\"users\")` is not a call of `data`"),
        ] {
            assert_eq!(Template::within(&json!(text), &around).unwrap_err().message, message);
        }
    }

    #[test]
    fn a_body_without_expressions_is_constant() {
        let template = Template::json(&json!({"a": [1, "two"]})).unwrap();
        assert_eq!(template.as_constant().unwrap(), br#"{"a":[1,"two"]}"#);
    }

    #[test]
    fn both_ends_of_the_widest_int_can_be_reached() {
        let template = Template::json(&json!("{{ int(-9223372036854775808, 9223372036854775807) }}")).unwrap();
        for seed in 0..100 {
            rendered(&template, 0, seed).parse::<i64>().unwrap();
        }
    }

    #[test]
    fn mistakes_are_named_with_what_to_write_instead() {
        let error = |text: &str| Template::json(&json!(text)).unwrap_err();
        assert_eq!(error("{{ uid() }}").help.unwrap(), "did you mean `uuid`?");
        assert_eq!(error("{{ int(5) }}").message, "`int(5)` is not a call of `int`");
        assert_eq!(error("{{ int(5, 1) }}").help.unwrap(), "write it as {{ int(1, 100) }}");
        assert_eq!(error("a {{ uuid()").message, "`{{` without its `}}`");
        assert!(Template::json(&json!("{{ hex(99999999) }}")).is_err());
    }
}
