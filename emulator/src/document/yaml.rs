//! YAML as CloudFormation reads it, with positions: one document, no aliases, no merge keys, no key twice.
//!
//! Scalars follow YAML 1.2 (`yes` is text), and a plain scalar is a number only when JSON would call it one, so that an
//! account id such as `012345678901` stays text. Short tags become the long forms: `!GetAtt A.B` is read as
//! `Fn::GetAtt: [A, B]`.

use std::collections::HashSet;
use std::sync::Arc;

use saphyr_parser::{Event, Marker, Parser, ScalarStyle, ScanError, Span, Tag};

use super::{Entry, Kind, LoadError, MAX_DEPTH, Node, Position, Text};

/// Intrinsic functions whose short tag is their name without `Fn::`.
const FUNCTIONS: [&str; 19] = [
    "And",
    "Base64",
    "Cidr",
    "Equals",
    "FindInMap",
    "ForEach",
    "GetAZs",
    "GetAtt",
    "If",
    "ImportValue",
    "Join",
    "Length",
    "Not",
    "Or",
    "Select",
    "Split",
    "Sub",
    "ToJsonString",
    "Transform",
];

/// Reads a template.
///
/// # Errors
/// When `text` is not one YAML document, has a key twice in one map, is nested deeper than [`MAX_DEPTH`], or uses what
/// CloudFormation does not read: aliases, merge keys, keys that are not scalars, unknown tags.
pub fn parse(file: &str, text: &str) -> Result<Node, LoadError> {
    read(file, text, true)
}

/// Reads a file that a template names: there the short tags are not read (CloudFormation user guide, `AWS::Include`
/// transform: no shorthand notations in YAML snippets).
///
/// # Errors
/// As [`parse`], and on any short tag.
pub fn parse_part(file: &str, text: &str) -> Result<Node, LoadError> {
    read(file, text, false)
}

fn read(file: &str, text: &str, short_tags: bool) -> Result<Node, LoadError> {
    let file: Arc<str> = Arc::from(file);
    let mut tree = Tree { lines: text.split('\n').collect(), open: Vec::new(), root: None, file, short_tags };
    let mut parser = Parser::new_from_str(text);
    while let Some(event) = parser.next_event() {
        let (event, span) = event.map_err(|error| tree.syntax(&error))?;
        tree.take(event, span)?;
    }
    let start = Position { file: tree.file, line: 1, column: 1 };
    Ok(tree.root.unwrap_or(Node { position: start, kind: Kind::Null }))
}

/// The tree while it grows: the open collections from the outermost to the innermost.
struct Tree<'a> {
    file: Arc<str>,
    lines: Vec<&'a str>,
    open: Vec<Open>,
    root: Option<Node>,
    short_tags: bool,
}

/// A collection whose end has not come yet.
struct Open {
    position: Position,
    tag: Option<String>,
    content: Content,
}

enum Content {
    List(Vec<Node>),
    Map { entries: Vec<Entry>, keys: HashSet<String>, key: Option<(String, Position)> },
}

impl Tree<'_> {
    fn take(&mut self, event: Event<'_>, span: Span) -> Result<(), LoadError> {
        let position = self.position(span.start);
        match event {
            Event::DocumentStart(_) if self.root.is_some() => {
                Err(LoadError::at(&position, "a second document; keep one document in a file"))
            }
            Event::Nothing | Event::StreamStart | Event::StreamEnd | Event::DocumentStart(_) | Event::DocumentEnd => {
                Ok(())
            }
            Event::Alias(_) => {
                Err(LoadError::at(&position, "aliases are not read by CloudFormation; write the value out"))
            }
            Event::Scalar(value, style, _, tag) => self.scalar(&value, style, tag.as_deref(), span.start),
            Event::SequenceStart(_, tag) => self.open(tag.as_deref(), position, Content::List(Vec::new())),
            Event::MappingStart(_, tag) => {
                let content = Content::Map { entries: Vec::new(), keys: HashSet::new(), key: None };
                self.open(tag.as_deref(), position, content)
            }
            Event::SequenceEnd | Event::MappingEnd => self.close(),
        }
    }

    fn open(&mut self, tag: Option<&Tag>, position: Position, content: Content) -> Result<(), LoadError> {
        if self.open.len() >= MAX_DEPTH {
            return Err(LoadError::at(&position, format!("nested deeper than {MAX_DEPTH}")));
        }
        if self.awaits_key() {
            return Err(LoadError::at(&position, "a key must be plain text"));
        }
        let tag = self.long_form(tag, &position)?;
        self.open.push(Open { position, tag, content });
        Ok(())
    }

    fn close(&mut self) -> Result<(), LoadError> {
        let Some(Open { position, tag, content }) = self.open.pop() else { return Ok(()) };
        let kind = match content {
            Content::List(items) => Kind::List(items),
            Content::Map { entries, .. } => Kind::Map(entries),
        };
        self.put(tagged(tag, Node { position, kind }))
    }

    fn scalar(&mut self, value: &str, style: ScalarStyle, tag: Option<&Tag>, start: Marker) -> Result<(), LoadError> {
        let position = self.position(start);
        if self.awaits_key() {
            return self.key(value, style, tag, position);
        }
        let has_tag = tag.is_some();
        let is_text = tag.is_some_and(|tag| tag.is_yaml_core_schema() && tag.suffix == "str");
        let tag = self.long_form(tag, &position)?;
        let kind = match style {
            ScalarStyle::Plain if !is_text && tag.is_none() => plain(value),
            _ => None,
        };
        let kind = kind.unwrap_or_else(|| Kind::String(self.text(value, style, start, has_tag)));
        self.put(tagged(tag, Node { position, kind }))
    }

    fn key(&mut self, key: &str, style: ScalarStyle, tag: Option<&Tag>, position: Position) -> Result<(), LoadError> {
        if tag.is_some() {
            return Err(LoadError::at(&position, "a key must be plain text, without a tag"));
        }
        if key == "<<" && style == ScalarStyle::Plain {
            return Err(LoadError::at(&position, "merge keys are not read by CloudFormation; write the entries out"));
        }
        let Some(Open { content: Content::Map { keys, key: pending, .. }, .. }) = self.open.last_mut() else {
            return Ok(());
        };
        if !keys.insert(key.to_owned()) {
            return Err(LoadError::at(&position, format!("key `{key}` stands twice in this map")));
        }
        *pending = Some((key.to_owned(), position));
        Ok(())
    }

    fn awaits_key(&self) -> bool {
        matches!(self.open.last(), Some(Open { content: Content::Map { key: None, .. }, .. }))
    }

    fn put(&mut self, node: Node) -> Result<(), LoadError> {
        match self.open.last_mut().map(|open| &mut open.content) {
            Some(Content::List(items)) => items.push(node),
            Some(Content::Map { entries, key, .. }) => {
                let Some((key, position)) = key.take() else {
                    return Err(LoadError::at(&node.position, "a key must be plain text"));
                };
                entries.push(Entry { key, position, value: node });
            }
            None => self.root = Some(node),
        }
        Ok(())
    }

    /// Text with the place of its first character, and for block scalars with their indentation.
    fn text(&self, value: &str, style: ScalarStyle, start: Marker, has_tag: bool) -> Text {
        let (line, column) = match style {
            ScalarStyle::Literal | ScalarStyle::Folded => return self.block(value, start, has_tag),
            _ if has_tag => self.after_tag(start),
            _ => (start.line(), start.col()),
        };
        let quote = usize::from(style != ScalarStyle::Plain);
        Text { value: value.to_owned(), start: self.place(line, column + quote), indent: 1 }
    }

    /// The parser starts a block scalar at its first line that is not blank, and a tagged one at its tag.
    fn block(&self, value: &str, start: Marker, has_tag: bool) -> Text {
        let is_blank = |line: &str| line.trim().is_empty();
        let blank_before = value.split('\n').take_while(|line| is_blank(line)).count();
        let first = value.split('\n').nth(blank_before);
        let (line, column) = match first {
            Some(first) if has_tag => {
                let is_first = |line: &str| line.starts_with(' ') && line.trim_end_matches('\r').ends_with(first);
                let later = self.lines.iter().enumerate().skip(start.line());
                let found = later.map(|(index, line)| (index, *line)).find(|(_, line)| is_first(line));
                let indent = |line: &str| line.trim_end_matches('\r').chars().count() - first.chars().count();
                found.map_or((start.line(), start.col()), |(index, line)| (index + 1, indent(line)))
            }
            _ => (start.line(), start.col()),
        };
        let place = self.place(line.saturating_sub(if first.is_some() { blank_before } else { 0 }), column);
        Text { value: value.to_owned(), indent: place.column, start: place }
    }

    /// Where the scalar after a tag stands; lines count from 1, columns from 0.
    fn after_tag(&self, tag: Marker) -> (usize, usize) {
        let (mut line, mut column) = (tag.line(), tag.col());
        while let Some(source) = self.lines.get(line.saturating_sub(1)) {
            let rest = source.chars().skip(column);
            let word = rest.clone().take_while(|c| !c.is_whitespace()).count();
            let is_value = !matches!(rest.clone().next(), None | Some('!' | '&' | '#')) && word > 0;
            if is_value {
                return (line, column);
            }
            column += word;
            let space = source.chars().skip(column).take_while(|c| c.is_whitespace()).count();
            if word + space == 0 || source.chars().nth(column + space) == Some('#') {
                (line, column) = (line + 1, 0);
            } else {
                column += space;
            }
        }
        (tag.line(), tag.col())
    }

    /// The long form of a short tag, as `Fn::Sub` for `!Sub`.
    fn long_form(&self, tag: Option<&Tag>, position: &Position) -> Result<Option<String>, LoadError> {
        let Some(tag) = tag else { return Ok(None) };
        let name = tag.suffix.as_str();
        let long = match name {
            "str" | "seq" | "map" if tag.is_yaml_core_schema() => return Ok(None),
            "Ref" | "Condition" if tag.handle == "!" => name.to_owned(),
            _ if tag.handle == "!" && FUNCTIONS.contains(&name) => format!("Fn::{name}"),
            _ => {
                let functions = FUNCTIONS.join(", !");
                let message = format!("unknown tag `{tag}`; the short forms are !Ref, !Condition, !{functions}");
                return Err(LoadError::at(position, message));
            }
        };
        if self.short_tags {
            return Ok(Some(long));
        }
        let message = format!("short tags are read in the template itself only; write `{long}:` for `{tag}`");
        Err(LoadError::at(position, message))
    }

    fn position(&self, marker: Marker) -> Position {
        self.place(marker.line(), marker.col())
    }

    /// A place from a line that counts from 1 and a column that counts from 0.
    fn place(&self, line: usize, column: usize) -> Position {
        Position { file: self.file.clone(), line: number(line.max(1)), column: number(column + 1) }
    }

    fn syntax(&self, error: &ScanError) -> LoadError {
        LoadError::at(&self.position(*error.marker()), format!("not YAML: {}", error.info()))
    }
}

/// Null, truth values and numbers; `None` for text.
fn plain(value: &str) -> Option<Kind> {
    match value {
        "" | "~" | "null" | "Null" | "NULL" => Some(Kind::Null),
        "true" | "True" | "TRUE" => Some(Kind::Bool(true)),
        "false" | "False" | "FALSE" => Some(Kind::Bool(false)),
        _ if value.starts_with(|c: char| c == '-' || c.is_ascii_digit()) => {
            serde_json::from_str(value).ok().map(Kind::Number)
        }
        _ => None,
    }
}

/// Wraps a node in the map of its tag's long form; `A.B` of `!GetAtt` becomes a list.
fn tagged(tag: Option<String>, node: Node) -> Node {
    let Some(key) = tag else { return node };
    let position = node.position.clone();
    let value = match node.as_text() {
        Some(text) if key == "Fn::GetAtt" => match text.value.split_once('.') {
            Some((resource, attribute)) => {
                let part = |value: &str| {
                    let text = Text { value: value.to_owned(), start: text.start.clone(), indent: text.indent };
                    Node { position: position.clone(), kind: Kind::String(text) }
                };
                Node { position: position.clone(), kind: Kind::List(vec![part(resource), part(attribute)]) }
            }
            None => node,
        },
        _ => node,
    };
    Node { position: position.clone(), kind: Kind::Map(vec![Entry { key, position, value }]) }
}

fn number(value: usize) -> u32 {
    u32::try_from(value).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn node(text: &str) -> Node {
        parse("t.yaml", text).unwrap()
    }

    fn error(text: &str) -> String {
        parse("t.yaml", text).unwrap_err().to_string()
    }

    #[test]
    fn scalars_are_typed_as_yaml_1_2_types_them_and_keys_are_text() {
        let tree = node("200: yes\ntrue: [true, ~, 1.5, -3, 012345678901, 2010-09-09, '1', !!str 1, 0x10]\n");
        let json = r#"{"200":"yes","true":[true,null,1.5,-3,"012345678901","2010-09-09","1","1","0x10"]}"#;
        assert_eq!(tree.to_json().to_string(), json);
    }

    #[test]
    fn short_tags_become_long_forms() {
        let tree = node("a: !Ref B\nb: !GetAtt A.B.C\nc: !Sub [x, {y: !If [d, 1, 2]}]\nd: !Not [!Condition e]\n");
        let json = r#"{"a":{"Ref":"B"},"b":{"Fn::GetAtt":["A","B.C"]},"c":{"Fn::Sub":["x",{"y":{"Fn::If":["d",1,2]}}]},"d":{"Fn::Not":[{"Condition":"e"}]}}"#;
        assert_eq!(tree.to_json().to_string(), json);
    }

    #[test]
    fn every_node_knows_where_it_stands() {
        let tree = node("a:\n  - b: 'c'\n    d: !Ref E\n");
        let item = &tree.get("a").unwrap().as_list().unwrap()[0];
        let place = |position: &Position| (position.line, position.column);
        assert_eq!(place(&item.entry("b").unwrap().position), (2, 5));
        assert_eq!(place(&item.get("b").unwrap().as_text().unwrap().start), (2, 9));
        assert_eq!(place(&item.get("d").unwrap().get("Ref").unwrap().as_text().unwrap().start), (3, 13));
    }

    #[test]
    fn a_block_scalar_knows_the_places_of_its_lines() {
        for (yaml, line, first, later) in [
            ("a:\n  b: |-\n    one\n      two\n", 3, (3, 5), (4, 7)),
            ("a:\n  b: |\n\n    one\n    two\n", 3, (3, 5), (4, 5)),
            ("a: !Sub |\n {\n  x\n }\n", 2, (2, 2), (3, 3)),
            ("a: !Sub | # says\n {\n  x\n }\n", 2, (2, 2), (3, 3)),
            ("- |2\n    one\n  two\n", 2, (2, 3), (3, 3)),
        ] {
            let tree = node(yaml);
            let mut found = &tree;
            while found.as_text().is_none() {
                found = found.as_map().map_or_else(|| &found.as_list().unwrap()[0], |map| &map[0].value);
            }
            let text = found.as_text().unwrap();
            let place = |position: Position| (position.line, position.column);
            let spaces = |line: u32| {
                let line = text.value.split('\n').nth(line as usize - 1).unwrap();
                u32::try_from(line.len() - line.trim_start().len()).unwrap()
            };
            assert_eq!(text.start.line, line, "{yaml}");
            assert_eq!(place(text.position(1, 1)), first, "{yaml}");
            assert_eq!(place(text.position(2, 1 + spaces(2))), later, "{yaml}");
        }
    }

    #[test]
    fn what_cloudformation_does_not_read_is_refused_with_its_place() {
        for (yaml, message) in [
            ("a: 1\nb: 2\na: 3\n", "t.yaml:3:1: key `a` stands twice in this map"),
            ("a: &x 1\nb: *x\n", "t.yaml:2:4: aliases are not read by CloudFormation; write the value out"),
            ("<<: {a: 1}\n", "t.yaml:1:1: merge keys are not read by CloudFormation; write the entries out"),
            ("? [a]\n: b\n", "t.yaml:1:3: a key must be plain text"),
            ("a: 1\n---\nb: 2\n", "t.yaml:2:1: a second document; keep one document in a file"),
        ] {
            assert_eq!(error(yaml), message);
        }
        assert!(error("a: !Reff B\n").starts_with("t.yaml:1:4: unknown tag `!Reff`; the short forms are !Ref, "));
        let part = parse_part("p.yaml", "a: !Sub b\n").unwrap_err().to_string();
        assert_eq!(part, "p.yaml:1:4: short tags are read in the template itself only; write `Fn::Sub:` for `!Sub`");
        assert!(error("a: [1, 2\n").starts_with("t.yaml:2:1: not YAML: "));
        assert!(error(&"[".repeat(MAX_DEPTH + 1)).ends_with("nested deeper than 128"));
    }

    proptest! {
        #[test]
        fn arbitrary_text_never_panics(text in "(?s).{0,80}") {
            let _ = parse("t.yaml", &text);
        }

        #[test]
        fn arbitrary_yaml_never_panics(text in "(a|!Sub|!|\\||>|-|:|\\?|#|&|\\*|,|'|\"|\\[|\\]|\\{|\\}|\n| |  |é|\t|1|---|\\.\\.\\.|%|\r){0,40}") {
            let _ = parse("t.yaml", &text);
        }

        #[test]
        fn json_is_yaml(text in "[a-z '!&*#|>%@`]{0,20}", number in any::<i64>()) {
            let json = serde_json::json!({ "k": [text, number, null, true, { "n": 1.5 }] });
            prop_assert_eq!(node(&json.to_string()).to_json(), json);
        }
    }
}
