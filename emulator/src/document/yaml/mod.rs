//! YAML as templates are written, with positions: one document, no key twice. Aliases and merge keys are resolved, as the
//! tools do that upload templates; brackets may close no deeper than their key.
//!
//! Scalars follow YAML 1.2 (`yes` is text), and a plain scalar is a number only when JSON would call it one, so that an
//! account id such as `012345678901` stays text. Short tags become the long forms: `!GetAtt A.B` is read as
//! `Fn::GetAtt: [A, B]`.

use std::borrow::Cow;
use std::collections::{BTreeMap, HashMap, HashSet};
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

/// Reads a template in which a key may stand twice: the last one counts, as it does for the tools that upload templates.
/// Gives what would have been refused too.
///
/// # Errors
/// As [`parse`], but for keys.
pub fn parse_loosely(file: &str, text: &str) -> Result<(Node, Vec<LoadError>), LoadError> {
    read(file, text, true)
}

/// Reads a template.
///
/// # Errors
/// When `text` is not one YAML document, has a key twice in one map, is nested deeper than [`MAX_DEPTH`], or uses what
/// CloudFormation does not read: keys that are not scalars, unknown tags.
pub fn parse(file: &str, text: &str) -> Result<Node, LoadError> {
    strict(read(file, text, true)?)
}

/// Reads a file that a template names: there the short tags are not read (CloudFormation user guide, `AWS::Include`
/// transform: no shorthand notations in YAML snippets).
///
/// # Errors
/// As [`parse`], and on any short tag.
pub fn parse_part(file: &str, text: &str) -> Result<Node, LoadError> {
    strict(read(file, text, false)?)
}

/// What was read, unless a key stands twice.
fn strict((node, twice): (Node, Vec<LoadError>)) -> Result<Node, LoadError> {
    twice.into_iter().next().map_or(Ok(node), Err)
}

fn read(file: &str, text: &str, short_tags: bool) -> Result<(Node, Vec<LoadError>), LoadError> {
    let file: Arc<str> = Arc::from(file);
    let mut indented = Cow::Borrowed(text);
    let mut shifts = BTreeMap::new();
    loop {
        match read_once(&file, &indented, &shifts, short_tags) {
            Ok(read) => return Ok(read),
            Err(Unread::Error(error)) => return Err(error),
            // YAML wants every line of a flow collection deeper than its key; what writes templates does not.
            Err(Unread::NotDeeper { line, error }) => {
                if shifts.len() >= MOST_SHIFTS || shifts.insert(line, SHIFT).is_some() {
                    return Err(error);
                }
                indented = Cow::Owned(shifted(&indented, line));
            }
        }
    }
}

/// Lines that are read as if they stood deeper, at most.
const MOST_SHIFTS: usize = 1000;
/// How much deeper.
const SHIFT: usize = MAX_DEPTH * 2;

/// Why a text could not be read.
enum Unread {
    Error(LoadError),
    /// A line of a flow collection stands no deeper than its key.
    NotDeeper {
        line: usize,
        error: LoadError,
    },
}

fn read_once(
    file: &Arc<str>,
    text: &str,
    shifts: &BTreeMap<usize, usize>,
    short_tags: bool,
) -> Result<(Node, Vec<LoadError>), Unread> {
    let lines = text.split('\n').collect();
    let (open, anchors) = (Vec::new(), HashMap::new());
    let mut tree = TreeBuilder {
        lines,
        open,
        root: None,
        file: file.clone(),
        short_tags,
        anchors,
        copied: 0,
        shifts,
        twice: Vec::new(),
    };
    let mut parser = Parser::new_from_str(text);
    while let Some(event) = parser.next_event() {
        let (event, span) = event.map_err(|error| {
            let found = tree.syntax(&error);
            match not_deeper(&error, &tree.lines, shifts) {
                Some(line) => Unread::NotDeeper { line, error: found },
                None => Unread::Error(found),
            }
        })?;
        tree.take(event, span).map_err(Unread::Error)?;
    }
    let start = Position { file: file.clone(), line: 1, column: 1 };
    Ok((tree.root.unwrap_or(Node { position: start, kind: Kind::Null }), tree.twice))
}

/// The line, counted from 1, that stands no deeper than its key, if that is what the parser stumbles over. Outside of
/// brackets and quotes it says so of nothing.
fn not_deeper(error: &ScanError, lines: &[&str], shifts: &BTreeMap<usize, usize>) -> Option<usize> {
    let line = error.marker().line();
    match error.info() {
        "invalid indentation" | "invalid indentation in flow construct" => Some(line),
        // The parser names the line that opens the quotes.
        "invalid indentation in quoted scalar" => {
            let indent = |line: &str| line.len() - line.trim_start().len();
            let opening = indent(lines.get(line.checked_sub(1)?)?);
            let later = lines.iter().enumerate().skip(line).map(|(index, text)| (index + 1, text));
            let mut later = later.filter(|(_, text)| !text.trim().is_empty() && indent(text) <= opening);
            later.find(|(number, _)| !shifts.contains_key(number)).map(|(number, _)| number)
        }
        _ => None,
    }
}

/// The text with one line, counted from 1, deeper.
fn shifted(text: &str, line: usize) -> String {
    let shift = " ".repeat(SHIFT);
    let lines = text.split('\n').enumerate();
    let lines =
        lines.map(|(index, text)| if index + 1 == line { [shift.as_str(), text].concat() } else { text.to_owned() });
    lines.collect::<Vec<_>>().join("\n")
}

/// The tree while it grows: the open collections from the outermost to the innermost.
struct TreeBuilder<'a> {
    file: Arc<str>,
    lines: Vec<&'a str>,
    open: Vec<Open>,
    root: Option<Node>,
    short_tags: bool,
    /// What anchors name, by their number.
    anchors: HashMap<usize, Node>,
    /// Nodes that aliases have copied so far.
    copied: usize,
    /// The lines that were made deeper, and by how much.
    shifts: &'a BTreeMap<usize, usize>,
    /// The keys that stand twice.
    twice: Vec<LoadError>,
}

/// Nodes that aliases may copy: a few lines could else stand for billions.
const MOST_COPIED: usize = 100_000;

/// A collection whose end has not come yet.
struct Open {
    position: Position,
    tag: Option<String>,
    /// The number of its anchor, 0 for none.
    anchor: usize,
    content: Content,
}

enum Content {
    List(Vec<Node>),
    Map {
        entries: Vec<Entry>,
        keys: HashSet<String>,
        key: Option<(String, Position)>,
        /// The maps of merge keys, whose entries count where the map has none.
        merged: Vec<Node>,
    },
}

impl TreeBuilder<'_> {
    fn take(&mut self, event: Event<'_>, span: Span) -> Result<(), LoadError> {
        let position = self.position(span.start);
        match event {
            Event::DocumentStart(_) if self.root.is_some() => {
                Err(LoadError::at(&position, "a second document; keep one document in a file"))
            }
            Event::Nothing | Event::StreamStart | Event::StreamEnd | Event::DocumentStart(_) | Event::DocumentEnd => {
                Ok(())
            }
            Event::Alias(anchor) => self.alias(anchor, &position),
            Event::Scalar(value, style, anchor, tag) => self.scalar(&value, style, anchor, tag.as_deref(), span.start),
            Event::SequenceStart(anchor, tag) => self.open(tag.as_deref(), position, anchor, Content::List(Vec::new())),
            Event::MappingStart(anchor, tag) => {
                let (entries, keys, merged) = (Vec::new(), HashSet::new(), Vec::new());
                self.open(tag.as_deref(), position, anchor, Content::Map { entries, keys, key: None, merged })
            }
            Event::SequenceEnd | Event::MappingEnd => self.close(),
        }
    }

    /// A copy of what an anchor names, in its own place.
    fn alias(&mut self, anchor: usize, position: &Position) -> Result<(), LoadError> {
        let Some(node) = self.anchors.get(&anchor) else {
            return Err(LoadError::at(position, "an alias of something that contains it"));
        };
        let (count, depth) = size(node);
        if self.open.len() + depth > MAX_DEPTH {
            return Err(LoadError::at(position, format!("nested deeper than {MAX_DEPTH}")));
        }
        self.copied += count;
        if self.copied > MOST_COPIED {
            return Err(LoadError::at(position, format!("aliases copy more than {MOST_COPIED} values")));
        }
        let node = node.clone();
        if self.awaits_key() {
            return Err(LoadError::at(position, "a key must be plain text"));
        }
        self.put(node)
    }

    fn open(
        &mut self,
        tag: Option<&Tag>,
        position: Position,
        anchor: usize,
        content: Content,
    ) -> Result<(), LoadError> {
        if self.open.len() >= MAX_DEPTH {
            return Err(LoadError::at(&position, format!("nested deeper than {MAX_DEPTH}")));
        }
        if self.awaits_key() {
            return Err(LoadError::at(&position, "a key must be plain text"));
        }
        let tag = self.long_form(tag, &position)?;
        self.open.push(Open { position, tag, anchor, content });
        Ok(())
    }

    fn close(&mut self) -> Result<(), LoadError> {
        let Open { position, tag, anchor, content } = self.open.pop().expect("an end follows its start");
        let kind = match content {
            Content::List(items) => Kind::List(items),
            Content::Map { entries, keys, merged, .. } => Kind::Map(merge(entries, keys, merged)?),
        };
        let node = tagged(tag, Node { position, kind });
        self.keep(anchor, &node);
        self.put(node)
    }

    /// Keeps what an anchor names.
    fn keep(&mut self, anchor: usize, node: &Node) {
        if anchor > 0 {
            self.anchors.insert(anchor, node.clone());
        }
    }

    fn scalar(
        &mut self,
        value: &str,
        style: ScalarStyle,
        anchor: usize,
        tag: Option<&Tag>,
        start: Marker,
    ) -> Result<(), LoadError> {
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
        let node = tagged(tag, Node { position, kind });
        self.keep(anchor, &node);
        self.put(node)
    }

    fn key(&mut self, key: &str, style: ScalarStyle, tag: Option<&Tag>, position: Position) -> Result<(), LoadError> {
        if tag.is_some() {
            return Err(LoadError::at(&position, "a key must be plain text, without a tag"));
        }
        let merges = key == MERGE && style == ScalarStyle::Plain;
        let Some(Open { content: Content::Map { keys, key: pending, .. }, .. }) = self.open.last_mut() else {
            return Ok(());
        };
        if !merges && !keys.insert(key.to_owned()) {
            self.twice.push(LoadError::at(&position, format!("key `{key}` stands twice in this map")));
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
            Some(Content::Map { entries, key, keys, merged }) => {
                let Some((key, position)) = key.take() else {
                    return Err(LoadError::at(&node.position, "a key must be plain text"));
                };
                // Not among the keys: written plain, it merges.
                if key == MERGE && !keys.contains(MERGE) {
                    merged.push(node);
                } else {
                    entries.retain(|entry| entry.key != key || self.twice.is_empty());
                    entries.push(Entry { key, position, value: node });
                }
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
        let column = column.saturating_sub(self.shifts.get(&line).copied().unwrap_or(0));
        Position { file: self.file.clone(), line: number(line.max(1)), column: number(column + 1) }
    }

    fn syntax(&self, error: &ScanError) -> LoadError {
        LoadError::at(&self.position(*error.marker()), format!("not YAML: {}", error.info()))
    }
}

/// The key whose value is merged into the map that has it.
const MERGE: &str = "<<";

/// The entries of a map, and those of what it merges whose keys it does not have; the first one of a key counts.
fn merge(mut entries: Vec<Entry>, mut keys: HashSet<String>, merged: Vec<Node>) -> Result<Vec<Entry>, LoadError> {
    for node in merged {
        let maps = node.as_list().unwrap_or(std::slice::from_ref(&node));
        for map in maps {
            for entry in map.expect_map("what a merge key names")? {
                if keys.insert(entry.key.clone()) {
                    entries.push(entry.clone());
                }
            }
        }
    }
    Ok(entries)
}

/// How many nodes a node is, and how deep they are nested.
fn size(node: &Node) -> (usize, usize) {
    let children: Box<dyn Iterator<Item = &Node>> = match &node.kind {
        Kind::List(items) => Box::new(items.iter()),
        Kind::Map(entries) => Box::new(entries.iter().map(|entry| &entry.value)),
        _ => return (1, 1),
    };
    children.map(size).fold((1, 1), |(count, depth), (more, below)| (count + more, depth.max(below + 1)))
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
mod tests;
