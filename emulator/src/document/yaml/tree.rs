//! The tree of a YAML document, made of what the parser finds.

use std::cell::Cell;
use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use saphyr_parser::{Event, Marker, ScalarStyle, ScanError, Span, Tag};

use super::plain;
use crate::document::{Entry, Kind, LoadError, MAX_DEPTH, Node, Position, Size, Text, fitted};

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

/// The tree while it grows: the open collections from the outermost to the innermost.
pub(super) struct TreeBuilder<'a> {
    file: Arc<str>,
    lines: Vec<&'a str>,
    open: Vec<Open>,
    root: Option<Node>,
    short_tags: bool,
    /// What anchors name, by their number.
    anchors: HashMap<usize, Node>,
    /// Nodes, and bytes of their texts, that anchors and aliases have copied so far.
    copied: Size,
    /// A place in a line that was found last: its line, its column and how many bytes stand before it. Places come in their
    /// order, so that a long line is gone through once.
    found: Cell<(usize, usize, usize)>,
    /// The lines that were made deeper, and by how much.
    shifts: &'a BTreeMap<usize, usize>,
    /// The keys that stand twice.
    twice: Vec<LoadError>,
}

/// Nodes, and bytes of their texts, that anchors and aliases may copy: a few lines could else stand for billions.
const MOST_COPIED: usize = 100_000;
const MOST_COPIED_BYTES: usize = 32 << 20;

/// A collection whose end has not come yet.
struct Open {
    position: Position,
    tag: Option<String>,
    /// The number of its anchor, 0 for none.
    anchor: usize,
    content: Content,
}

/// A key whose value has not come yet.
struct Pending {
    name: String,
    position: Position,
    /// Whether it is the key of a merge: that is written plain.
    merges: bool,
}

enum Content {
    List(Vec<Node>),
    Map {
        entries: Vec<Entry>,
        /// The place of each key among the entries.
        keys: HashMap<String, usize>,
        key: Option<Pending>,
        /// The maps of merge keys, whose entries count where the map has none.
        merged: Vec<Node>,
    },
}

impl<'a> TreeBuilder<'a> {
    /// The tree of a text of which nothing has been read; `shifts` are the lines that were made deeper, and by how much.
    pub(super) fn new(file: &Arc<str>, text: &'a str, shifts: &'a BTreeMap<usize, usize>, short_tags: bool) -> Self {
        Self {
            file: file.clone(),
            lines: text.split('\n').collect(),
            open: Vec::new(),
            root: None,
            short_tags,
            anchors: HashMap::new(),
            copied: Size::default(),
            found: Cell::default(),
            shifts,
            twice: Vec::new(),
        }
    }

    /// The lines of the text.
    pub(super) fn lines(&self) -> &[&'a str] {
        &self.lines
    }

    /// The whole tree, and the keys that stand twice.
    pub(super) fn finish(self) -> (Node, Vec<LoadError>) {
        let start = Position { file: self.file, line: 1, column: 1 };
        (self.root.unwrap_or(Node { position: start, kind: Kind::Null }), self.twice)
    }

    /// Takes the next thing that the parser has found.
    pub(super) fn take(&mut self, event: Event<'_>, span: Span) -> Result<(), LoadError> {
        let position = self.position(span.start);
        match event {
            Event::DocumentStart(_) if self.root.is_some() => {
                Err(LoadError::at(&position, "a second document; keep one document in a file"))
            }
            Event::Nothing | Event::StreamStart | Event::StreamEnd | Event::DocumentStart(_) | Event::DocumentEnd => {
                Ok(())
            }
            Event::Alias(anchor) => self.alias(anchor, &position),
            Event::Scalar(value, style, anchor, tag) => self.scalar(&value, style, anchor, tag.as_deref(), span),
            Event::SequenceStart(anchor, tag) => self.open(tag.as_deref(), position, anchor, Content::List(Vec::new())),
            Event::MappingStart(anchor, tag) => {
                let (entries, keys, merged) = (Vec::new(), HashMap::new(), Vec::new());
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
        let size = node.size();
        if self.open.len() + size.depth > MAX_DEPTH {
            return Err(LoadError::at(position, format!("nested deeper than {MAX_DEPTH}")));
        }
        let node = node.clone();
        self.copy(size, position)?;
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
            Content::List(items) => Kind::List(fitted(items)),
            Content::Map { entries, keys, merged, .. } => Kind::Map(fitted(merge(entries, keys, merged)?)),
        };
        let node = tagged(tag, Node { position, kind });
        self.keep(anchor, &node)?;
        self.put(node)
    }

    /// Keeps what an anchor names.
    fn keep(&mut self, anchor: usize, node: &Node) -> Result<(), LoadError> {
        if anchor > 0 {
            self.copy(node.size(), &node.position)?;
            self.anchors.insert(anchor, node.clone());
        }
        Ok(())
    }

    /// Counts a copy.
    fn copy(&mut self, size: Size, position: &Position) -> Result<(), LoadError> {
        self.copied.nodes += size.nodes;
        self.copied.bytes += size.bytes;
        let message = match self.copied {
            Size { nodes, .. } if nodes > MOST_COPIED => {
                format!("anchors and aliases copy more than {MOST_COPIED} values")
            }
            Size { bytes, .. } if bytes > MOST_COPIED_BYTES => {
                format!("anchors and aliases copy more than {MOST_COPIED_BYTES} bytes of text")
            }
            _ => return Ok(()),
        };
        Err(LoadError::at(position, message))
    }

    fn scalar(
        &mut self,
        value: &str,
        style: ScalarStyle,
        anchor: usize,
        tag: Option<&Tag>,
        span: Span,
    ) -> Result<(), LoadError> {
        let position = self.position(span.start);
        if self.awaits_key() {
            return self.key(value, style, tag, position);
        }
        let has_tag = tag.is_some();
        let is_text = tag.is_some_and(|tag| tag.is_yaml_core_schema() && tag.suffix == "str");
        let tag = self.long_form(tag, &position)?;
        let kind = match style {
            ScalarStyle::Plain if !is_text && tag.is_none() => plain::typed(value),
            _ => None,
        };
        let kind = kind.unwrap_or_else(|| Kind::String(self.text(value, style, span, has_tag)));
        let node = tagged(tag, Node { position, kind });
        self.keep(anchor, &node)?;
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
        if !merges && keys.contains_key(key) {
            self.twice.push(LoadError::at(&position, format!("key `{key}` stands twice in this map")));
        }
        *pending = Some(Pending { name: key.to_owned(), position, merges });
        Ok(())
    }

    fn awaits_key(&self) -> bool {
        matches!(self.open.last(), Some(Open { content: Content::Map { key: None, .. }, .. }))
    }

    fn put(&mut self, node: Node) -> Result<(), LoadError> {
        match self.open.last_mut().map(|open| &mut open.content) {
            Some(Content::List(items)) => items.push(node),
            Some(Content::Map { entries, key, keys, merged }) => {
                let Some(Pending { name: key, position, merges }) = key.take() else {
                    return Err(LoadError::at(&node.position, "a key must be plain text"));
                };
                if merges {
                    merged.push(node);
                    return Ok(());
                }
                let place = *keys.entry(key.clone()).or_insert(entries.len());
                let entry = Entry { key, position, value: node };
                match entries.get_mut(place) {
                    // The last one counts.
                    Some(earlier) => *earlier = entry,
                    None => entries.push(entry),
                }
            }
            None => self.root = Some(node),
        }
        Ok(())
    }

    /// Text with the place of its first character, and for block scalars with their indentation.
    fn text(&self, value: &str, style: ScalarStyle, span: Span, has_tag: bool) -> Text {
        let start = span.start;
        let (line, column) = match style {
            ScalarStyle::Literal | ScalarStyle::Folded => return self.block(value, span, has_tag),
            _ if has_tag => self.after_tag(start),
            _ => (start.line(), start.col()),
        };
        let quote = usize::from(style != ScalarStyle::Plain);
        Text { value: value.to_owned(), start: self.place(line, column + quote), indent: 1 }
    }

    /// The parser starts a block scalar at its first line that is not blank, and a tagged one at its tag.
    fn block(&self, value: &str, span: Span, has_tag: bool) -> Text {
        let start = span.start;
        let is_blank = |line: &str| line.trim().is_empty();
        let blank_before = value.split('\n').take_while(|line| is_blank(line)).count();
        let first = value.split('\n').nth(blank_before);
        let (line, column) = match first {
            Some(first) if has_tag => {
                let is_first = |line: &str| line.starts_with(' ') && line.trim_end_matches('\r').ends_with(first);
                let own = span.end.line().saturating_sub(start.line()) + 1;
                let later = self.lines.iter().enumerate().skip(start.line()).take(own);
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
        while let Some(rest) = self.rest_of_line(line, column) {
            let first = rest.chars().next();
            if first.is_some_and(|first| !first.is_whitespace() && !matches!(first, '!' | '&' | '#')) {
                return (line, column);
            }
            let word = rest.chars().take_while(|c| !c.is_whitespace()).count();
            let behind = rest.trim_start_matches(|c: char| !c.is_whitespace());
            let space = behind.chars().take_while(|c| c.is_whitespace()).count();
            if word + space == 0 || behind.trim_start().starts_with('#') {
                (line, column) = (line + 1, 0);
            } else {
                column += word + space;
            }
        }
        (tag.line(), tag.col())
    }

    /// What stands in a line, counted from 1, from a column on.
    fn rest_of_line(&self, line: usize, column: usize) -> Option<&'a str> {
        let source: &'a str = self.lines.get(line.saturating_sub(1))?;
        let (mut from, mut bytes) = (0, 0);
        if let (same, before, found) = self.found.get()
            && same == line
            && before <= column
        {
            (from, bytes) = (before, found);
        }
        bytes += source[bytes..].chars().take(column - from).map(char::len_utf8).sum::<usize>();
        self.found.set((line, column, bytes));
        Some(&source[bytes..])
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

    pub(super) fn syntax(&self, error: &ScanError) -> LoadError {
        LoadError::at(&self.position(*error.marker()), format!("not YAML: {}", error.info()))
    }
}

/// The key whose value is merged into the map that has it.
const MERGE: &str = "<<";

/// The entries of a map, and those of what it merges whose keys it does not have; the first one of a key counts.
fn merge(
    mut entries: Vec<Entry>,
    mut keys: HashMap<String, usize>,
    merged: Vec<Node>,
) -> Result<Vec<Entry>, LoadError> {
    for node in merged {
        let maps = node.as_list().unwrap_or(std::slice::from_ref(&node));
        for map in maps {
            for entry in map.expect_map("what a merge key names")? {
                if keys.insert(entry.key.clone(), entries.len()).is_none() {
                    entries.push(entry.clone());
                }
            }
        }
    }
    Ok(entries)
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
