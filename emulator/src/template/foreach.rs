//! `Fn::ForEach` of `AWS::LanguageExtensions`: one entry for each element of a list, before anything else is read.

use super::evaluator::Evaluator;
use super::include::twice;
use crate::document::{Entry, Kind, LoadError, Node, Position, Text, read_each, scalar};

const FUNCTION: &str = "Fn::ForEach::";
/// Most entries that a template may become, so that loops in loops stay small (AWS: 500 resources).
const MOST: usize = 10_000;

/// A template whose loops are written out; the lists that they go over may be made of its parameters and mappings.
pub(super) fn written_out(template: &Node, evaluator: &dyn Evaluator) -> Result<Node, LoadError> {
    let mut loops = Loops { evaluator, bound: Vec::new(), written: 0 };
    loops.node(template)
}

struct Loops<'e> {
    evaluator: &'e dyn Evaluator,
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
            Kind::List(items) => Kind::List(read_each(items.iter(), |item| self.node(item))?),
            Kind::String(written) => {
                let value = self.replaced(&written.value, &node.position)?;
                Kind::String(Text { value, start: written.start.clone(), indent: written.indent })
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
                let (key, value) = (self.replaced(&entry.key, &entry.position)?, self.node(&entry.value)?);
                written.push(Entry { key, position: entry.position.clone(), value });
            }
        }
        match twice(&written).filter(|_| entries.iter().any(|entry| entry.key.starts_with(FUNCTION))) {
            Some(entry) => {
                let message = format!("a loop makes `{}` twice; its key needs the loop's identifier", entry.key);
                Err(LoadError::at(&entry.position, message))
            }
            None => Ok(written),
        }
    }

    fn repeat(&mut self, entry: &Entry, written: &mut Vec<Entry>) -> Result<(), LoadError> {
        let what = format!("`{}`", entry.key);
        let wanted = "an identifier, a list and a map of one entry";
        let Some([identifier, collection, body]) = entry.value.as_list() else {
            return Err(entry.value.unexpected(&what, wanted));
        };
        let identifier = identifier.expect_str(&format!("the identifier of {what}"))?.to_owned();
        let fragment = body.expect_map(&format!("what {what} repeats"))?;
        let values = self.collection(&what, collection)?;
        self.written += fragment.len() * values.len();
        if self.written > MOST {
            return Err(LoadError::at(&entry.position, format!("{what} makes more than {MOST} entries")));
        }
        // What a loop writes out is as large as what it repeats each time; what is put into it is counted there.
        let all = body.size().in_memory().saturating_mul(values.len());
        self.evaluator.scope().made(&entry.key, all, &entry.position)?;
        for value in values {
            self.bound.push((identifier.clone(), value));
            let entries = self.entries(fragment);
            self.bound.pop();
            written.extend(entries?);
        }
        Ok(())
    }

    /// The values that a loop goes over: a list, or what an intrinsic function makes one of. A list may have lists in it.
    fn collection(&mut self, what: &str, node: &Node) -> Result<Vec<String>, LoadError> {
        let written = self.node(node)?;
        let list = self.evaluator.required(&written, &format!("the list of {what}"))?;
        let mut values = Vec::new();
        for item in list.expect_list(&format!("the list of {what}"))? {
            for item in item.as_list().unwrap_or(std::slice::from_ref(item)) {
                values.push(scalar::text(item, &format!("an element of {what}"))?);
            }
        }
        Ok(values)
    }

    /// `${IDENTIFIER}`, and `&{IDENTIFIER}` with letters and digits alone.
    fn replaced(&self, text: &str, position: &Position) -> Result<String, LoadError> {
        self.bound.iter().try_fold(text.to_owned(), |text, (name, value)| {
            let (whole, letters) = (format!("${{{name}}}"), format!("&{{{name}}}"));
            let count = text.matches(&whole).count() + text.matches(&letters).count();
            if count == 0 {
                return Ok(text);
            }
            self.evaluator.scope().made("Fn::ForEach", count * value.len(), position)?;
            let plain: String = value.chars().filter(char::is_ascii_alphanumeric).collect();
            Ok(text.replace(&whole, value).replace(&letters, &plain))
        })
    }
}

fn text(node: &Node, value: String) -> Kind {
    Kind::String(Text { value, start: node.position.clone(), indent: 1 })
}
