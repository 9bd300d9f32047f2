//! What a JavaScript source loads, and of which kind it is, by its tokens alone.

/// What can be seen of a source without running it.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Outline {
    /// What `require`, `import` and `export … from` name by a literal.
    pub(super) names: Vec<String>,
    /// Whether it has statements that only ES modules have.
    pub(super) is_es_module: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Token<'a> {
    Word(&'a str),
    Text(&'a str),
    Mark(u8),
}

/// Words after which `/` begins a regular expression and no division.
const BEFORE_PATTERN: [&str; 14] = [
    "return",
    "typeof",
    "case",
    "in",
    "of",
    "delete",
    "void",
    "throw",
    "new",
    "instanceof",
    "do",
    "else",
    "yield",
    "await",
];

impl Outline {
    pub(super) fn of(source: &str) -> Self {
        let mut outline = Self::default();
        let mut tokens = Tokens { source, at: 0, last: None, open: Vec::new(), in_vain: 0 };
        let (mut before, mut last) = (None, None);
        loop {
            // `import` is a statement where nothing is open, unless it is called; `import.meta` is one as well.
            let is_outermost = tokens.open.is_empty();
            let Some(token) = tokens.next() else { break };
            let is_member = before == Some(Token::Mark(b'.'));
            match (last, token) {
                (Some(Token::Word("from" | "import")), Token::Text(name)) if !is_member => {
                    outline.names.push(name.to_owned());
                }
                (Some(Token::Mark(b'(')), Token::Text(name))
                    if matches!(before, Some(Token::Word("require" | "import"))) =>
                {
                    outline.names.push(name.to_owned());
                }
                _ => {}
            }
            let is_import = last == Some(Token::Word("import")) && !is_member && token != Token::Mark(b'(');
            let is_export = token == Token::Word("export") && last != Some(Token::Mark(b'.'));
            outline.is_es_module |= is_outermost && (is_import || is_export);
            (before, last) = (last, Some(token));
        }
        outline
    }
}

struct Tokens<'a> {
    source: &'a str,
    at: usize,
    last: Option<Token<'a>>,
    /// The brackets that are open; `$` for a place in a template literal.
    open: Vec<u8>,
    /// Bytes that were looked through for ends of regular expressions which there are not.
    in_vain: usize,
}

/// Bytes that may be looked through in vain: a whole bundle may be one line.
const MOST_IN_VAIN: usize = 64 << 20;

impl<'a> Tokens<'a> {
    fn next(&mut self) -> Option<Token<'a>> {
        let bytes = self.source.as_bytes();
        loop {
            let byte = *bytes.get(self.at)?;
            let following = bytes.get(self.at + 1).copied();
            let begun = self.at;
            self.at += 1;
            let token = match byte {
                byte if byte.is_ascii_whitespace() => continue,
                b'/' if following == Some(b'/') => {
                    self.skip_past("\n");
                    continue;
                }
                b'/' if following == Some(b'*') => {
                    self.at += 1;
                    self.skip_past("*/");
                    continue;
                }
                b'/' if self.begins_pattern() => {
                    self.skip_pattern();
                    Token::Mark(b'/')
                }
                b'"' | b'\'' => self.text(byte),
                b'`' => self.template(),
                b'}' if self.open.last() == Some(&b'$') => {
                    self.open.pop();
                    self.template()
                }
                b'(' | b'[' | b'{' => {
                    self.open.push(byte);
                    Token::Mark(byte)
                }
                b')' | b']' | b'}' => {
                    self.open.pop();
                    Token::Mark(byte)
                }
                byte if is_of_word(byte) => {
                    while bytes.get(self.at).is_some_and(|byte| is_of_word(*byte)) {
                        self.at += 1;
                    }
                    Token::Word(&self.source[begun..self.at])
                }
                byte => Token::Mark(byte),
            };
            self.last = Some(token);
            return Some(token);
        }
    }

    fn skip_past(&mut self, end: &str) {
        let rest = &self.source.as_bytes()[self.at.min(self.source.len())..];
        let found = rest.windows(end.len()).position(|window| window == end.as_bytes());
        self.at += found.map_or(rest.len(), |found| found + end.len());
    }

    fn begins_pattern(&self) -> bool {
        match self.last {
            None => true,
            Some(Token::Mark(mark)) => !matches!(mark, b')' | b']' | b'}' | b'`'),
            Some(Token::Word(word)) => BEFORE_PATTERN.contains(&word),
            Some(Token::Text(_)) => false,
        }
    }

    /// To the end of a regular expression; back if the line ends first, since it was none.
    fn skip_pattern(&mut self) {
        let bytes = self.source.as_bytes();
        let (mut at, mut is_in_class) = (self.at, false);
        let most = self.at + (MOST_IN_VAIN - self.in_vain);
        while let Some(byte) = bytes.get(at).filter(|_| at < most) {
            at += 1;
            match byte {
                b'\\' => at += 1,
                b'[' => is_in_class = true,
                b']' => is_in_class = false,
                b'/' if !is_in_class => {
                    self.at = at;
                    return;
                }
                b'\n' => break,
                _ => {}
            }
        }
        self.in_vain += at.min(most) - self.at;
    }

    /// A literal whose first quote was read; one that the line ends is over there.
    fn text(&mut self, quote: u8) -> Token<'a> {
        let bytes = self.source.as_bytes();
        let begun = self.at;
        while let Some(byte) = bytes.get(self.at) {
            self.at += 1;
            match *byte {
                b'\\' => self.at += 1,
                byte if byte == quote || byte == b'\n' => break,
                _ => {}
            }
        }
        let end = self.at.saturating_sub(1).min(bytes.len());
        self.source.get(begun..end).map_or(Token::Mark(quote), Token::Text)
    }

    /// The part of a template literal up to its end, or up to the next place in it; a text if it is the whole of it.
    fn template(&mut self) -> Token<'a> {
        let bytes = self.source.as_bytes();
        let begun = self.at;
        let is_whole = bytes[begun - 1] == b'`';
        while let Some(byte) = bytes.get(self.at) {
            self.at += 1;
            match *byte {
                b'\\' => self.at += 1,
                b'`' if is_whole => return self.source.get(begun..self.at - 1).map_or(Token::Mark(b'`'), Token::Text),
                b'`' => break,
                b'$' if bytes.get(self.at) == Some(&b'{') => {
                    self.at += 1;
                    self.open.push(b'$');
                    // What follows is an expression.
                    return Token::Mark(b'{');
                }
                _ => {}
            }
        }
        Token::Mark(b'`')
    }
}

fn is_of_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'$' || byte >= 0x80
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_source_loads_is_seen_by_its_tokens() {
        for (source, names, is_es_module) in [
            ("const a = require('./a'), b = require(\"../b.json\");", &["./a", "../b.json"] as &[&str], false),
            (
                "import a from './a.mjs'; import './b.mjs'\nimport {\n c,\n} from './c.mjs';",
                &["./a.mjs", "./b.mjs", "./c.mjs"],
                true,
            ),
            ("export * from \"./a.js\"", &["./a.js"], true),
            ("async () => await import(`./a.mjs`)", &["./a.mjs"], false),
            ("// require('./a')\n/* import './b' */ const c = \"require('./c')\";", &[], false),
            ("const p = /['\"`]/g; const q = a / b / require('./a');", &["./a"], false),
            ("`${require('./a')} and ${`${require('./b')}`}`; require('./c')", &["./a", "./b", "./c"], false),
            ("var a=1;function f(){return/}'/.test(a)}export{f as handler}", &[], true),
            ("exports.import = 1; a.export(2); import('./x')", &["./x"], false),
            ("console.log(import.meta.url); import.meta", &[], true),
            ("const s = 'it\\'s'; require('./a')", &["./a"], false),
            ("'unfinished\nrequire('./a')", &["./a"], false),
        ] {
            let outline = Outline::of(source);
            assert_eq!(
                (outline.names, outline.is_es_module),
                (names.iter().map(ToString::to_string).collect(), is_es_module),
                "{source}"
            );
        }
    }

    #[test]
    fn ends_of_patterns_are_looked_for_in_vain_within_a_bound() {
        let source = "/[".repeat(100_000) + "\nrequire('./a')";
        let mut tokens = Tokens { source: &source, at: 0, last: None, open: Vec::new(), in_vain: 0 };
        while tokens.next().is_some() {}
        assert_eq!(tokens.in_vain, MOST_IN_VAIN);
        assert_eq!(Outline::of(&source).names, ["./a"]);
    }

    #[test]
    fn any_text_has_an_outline() {
        for source in ["'", "\"\\", "`", "`${", "/", "/*", "//", "}", "é/é", "'é\\é", "`\\", "require('"] {
            Outline::of(source);
        }
    }
}
