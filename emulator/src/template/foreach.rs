//! `Fn::ForEach` of `AWS::LanguageExtensions`: one entry for each element of a list, before anything else is read.

use std::collections::BTreeMap;

use crate::document::{Entry, Kind, LoadError, Node, Text};

const FUNCTION: &str = "Fn::ForEach::";
/// Most entries that a template may become, so that loops in loops stay small (AWS: 500 resources).
const MOST: usize = 10_000;

/// A template whose loops are written out; `parameters` may be the lists that they go over.
pub(super) fn written_out(template: &Node, parameters: &BTreeMap<String, Node>) -> Result<Node, LoadError> {
    let mut loops = Loops { parameters, bound: Vec::new(), written: 0 };
    loops.node(template)
}

struct Loops<'p> {
    parameters: &'p BTreeMap<String, Node>,
    /// The identifiers of the loops around, with their values.
    bound: Vec<(String, String)>,
    written: usize,
}

impl Loops<'_> {
    fn node(&mut self, node: &Node) -> Result<Node, LoadError> {
        let kind = match &node.kind {
            Kind::Map(entries) => match self.reference(entries) {
                Some(value) => text(node, value),
                None => Kind::Map(self.entries(entries)?),
            },
            Kind::List(items) => Kind::List(items.iter().map(|item| self.node(item)).collect::<Result<_, _>>()?),
            Kind::String(written) => {
                let value = self.replaced(&written.value);
                Kind::String(Text { value, ..written.clone() })
            }
            other => other.clone(),
        };
        Ok(Node { position: node.position.clone(), kind })
    }

    /// The value of `{"Ref": IDENTIFIER}`.
    fn reference(&self, entries: &[Entry]) -> Option<String> {
        let [entry] = entries else { return None };
        let name = entry.value.as_str().filter(|_| entry.key == "Ref")?;
        self.bound.iter().rev().find(|(bound, _)| bound == name).map(|(_, value)| value.clone())
    }

    fn entries(&mut self, entries: &[Entry]) -> Result<Vec<Entry>, LoadError> {
        let mut written = Vec::with_capacity(entries.len());
        for entry in entries {
            if entry.key.starts_with(FUNCTION) {
                self.repeat(entry, &mut written)?;
            } else {
                let (key, value) = (self.replaced(&entry.key), self.node(&entry.value)?);
                written.push(Entry { key, position: entry.position.clone(), value });
            }
        }
        Ok(written)
    }

    fn repeat(&mut self, entry: &Entry, written: &mut Vec<Entry>) -> Result<(), LoadError> {
        let what = format!("`{}`", entry.key);
        let wanted = "an identifier, a list and a map of one entry";
        let Some([identifier, collection, body]) = entry.value.as_list() else {
            return Err(entry.value.unexpected(&what, wanted));
        };
        let identifier = identifier.expect_str(&format!("the identifier of {what}"))?.to_owned();
        let fragment = body.expect_map(&format!("what {what} repeats"))?;
        for value in self.collection(&what, collection)? {
            self.written += fragment.len();
            if self.written > MOST {
                return Err(LoadError::at(&entry.position, format!("{what} makes more than {MOST} entries")));
            }
            self.bound.push((identifier.clone(), value));
            let entries = self.entries(fragment);
            self.bound.pop();
            written.extend(entries?);
        }
        Ok(())
    }

    /// The values that a loop goes over: a list, or a parameter that is one.
    fn collection(&self, what: &str, node: &Node) -> Result<Vec<String>, LoadError> {
        let name = node.get("Ref").and_then(Node::as_str);
        let list = name.and_then(|name| self.parameters.get(name)).unwrap_or(node);
        let items = list.expect_list(&format!("the list of {what}"))?;
        items.iter().map(|item| Ok(self.replaced(item.expect_str(&format!("an element of {what}"))?))).collect()
    }

    /// `${IDENTIFIER}`, and `&{IDENTIFIER}` with letters and digits alone.
    fn replaced(&self, text: &str) -> String {
        self.bound.iter().fold(text.to_owned(), |text, (name, value)| {
            let plain: String = value.chars().filter(char::is_ascii_alphanumeric).collect();
            text.replace(&format!("${{{name}}}"), value).replace(&format!("&{{{name}}}"), &plain)
        })
    }
}

fn text(node: &Node, value: String) -> Kind {
    Kind::String(Text { value, start: node.position.clone(), indent: 1 })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::document::json;

    fn written(template: &str) -> serde_json::Value {
        let node = json::parse("t.json", template).unwrap();
        let list = json::parse("p.json", r#"["b", "c-1"]"#).unwrap();
        let parameters = BTreeMap::from([("Names".to_owned(), list)]);
        written_out(&node, &parameters).map_or_else(|error| error.message.into(), |node| node.to_json())
    }

    #[test]
    fn a_loop_becomes_its_entries() {
        let loops = r#"{"Fn::ForEach::Each": ["Name", ["a", "b"], {"Q${Name}": {"Of": {"Ref": "Name"}, "As": "x-${Name}-${Other}"}}]}"#;
        let expected =
            serde_json::json!({"Qa": {"Of": "a", "As": "x-a-${Other}"}, "Qb": {"Of": "b", "As": "x-b-${Other}"}});
        assert_eq!(written(loops), expected);
        let inner = r#"{"Fn::ForEach::Each": ["N", {"Ref": "Names"}, {"Fn::ForEach::In": ["M", ["1"], {"R&{N}${M}": "${N}"}]}]}"#;
        assert_eq!(written(inner), serde_json::json!({"Rb1": "b", "Rc11": "c-1"}));
        assert_eq!(written(r#"{"a": {"Ref": "b"}}"#), serde_json::json!({"a": {"Ref": "b"}}));
        assert!(written(r#"{"Fn::ForEach::Each": ["N", "x", {}]}"#).as_str().unwrap().contains("the list of"));
    }
}
