//! Text to tokens. What a character means depends on the state that those before it have left: Velocity 1.7 never forgets,
//! so that `$x#set($y = 1).z` reads `.z` as if it stood behind a reference.

use super::lexicon::{State, TokenKind, longest};

/// A token and where it stands.
#[derive(Debug, Clone)]
pub(super) struct Token {
    pub(super) kind: TokenKind,
    pub(super) start: usize,
    pub(super) end: usize,
    /// The `$` and `#` before it that begin nothing. Only text shows them.
    pub(super) stray: String,
}

/// What the parentheses are counted in.
#[derive(Debug, Clone, Copy)]
struct Frame {
    state: State,
    opened: usize,
    closed: usize,
}

/// Reads one token after another.
#[derive(Debug)]
pub(super) struct Lexer<'t> {
    text: &'t str,
    at: usize,
    now: Frame,
    outer: Vec<Frame>,
    in_set: bool,
}

impl<'t> Lexer<'t> {
    pub(super) fn new(text: &'t str) -> Self {
        let now = Frame { state: State::Outside, opened: 0, closed: 0 };
        Self { text, at: 0, now, outer: Vec::new(), in_set: false }
    }

    /// The parser knows that this is a directive.
    pub(super) fn enter_directive(&mut self) {
        self.now.state = State::Directive;
    }

    /// The parser knows that this is no directive.
    pub(super) fn leave_directive(&mut self) {
        self.pop();
    }

    /// The parser has come to the end of a #set.
    pub(super) fn leave_set(&mut self) {
        self.in_set = false;
    }

    /// Whether a parenthesis opens next, behind blanks and line ends.
    pub(super) fn opens(&self) -> bool {
        self.text[self.at..].trim_start_matches([' ', '\n', '\r', '\t']).starts_with('(')
    }

    fn push(&mut self, state: State) {
        self.outer.push(self.now);
        self.now = Frame { state, opened: 0, ..self.now };
    }

    fn pop(&mut self) {
        self.now = self.outer.pop().unwrap_or(Frame { state: State::Outside, opened: 0, ..self.now });
    }

    /// The next token; the error is the place where nothing can stand that stands there.
    pub(super) fn next(&mut self) -> Result<Token, usize> {
        let mut stray = Stray::default();
        let mut start = self.at;
        loop {
            let rest = &self.text[self.at..];
            if rest.is_empty() && start == self.at {
                return Ok(Token { kind: TokenKind::Eof, start, end: start, stray: stray.shown() });
            }
            let (kind, length) = longest(self.now.state, rest).ok_or(self.at)?;
            self.at += length;
            match kind {
                TokenKind::Dollar
                | TokenKind::Hash
                | TokenKind::OpenVerbatim
                | TokenKind::OpenFormal
                | TokenKind::OpenComment => {
                    self.open(kind);
                }
                TokenKind::Unquoted => {}
                TokenKind::Skipped => start = self.at,
                TokenKind::ReferenceEnd | TokenKind::NoDirective => {
                    stray.add(&self.text[start..self.at]);
                    self.at -= length;
                    start = self.at;
                    self.pop();
                }
                _ => {
                    self.act(kind);
                    return Ok(Token { kind, start, end: self.at, stray: stray.shown() });
                }
            }
        }
    }

    /// What begins in the middle of a token.
    fn open(&mut self, kind: TokenKind) {
        if matches!(self.now.state, State::LineComment | State::Comment | State::Verbatim) {
            return;
        }
        let ends_reference = match kind {
            TokenKind::Dollar => self.now.state == State::Reference,
            TokenKind::Hash => matches!(self.now.state, State::Reference | State::Modifier),
            _ => false,
        };
        if ends_reference {
            self.pop();
        }
        self.push(match kind {
            TokenKind::Dollar => State::Reference,
            TokenKind::Hash => State::Start,
            TokenKind::OpenVerbatim => State::Verbatim,
            _ => State::Comment,
        });
        if kind == TokenKind::OpenFormal {
            let read_again = self.text[..self.at].chars().next_back().map_or(0, char::len_utf8);
            self.at -= read_again;
        }
    }

    /// What a token does to the state.
    fn act(&mut self, kind: TokenKind) {
        match kind {
            TokenKind::IndexOpen => self.push(State::Index),
            TokenKind::ParenOpen => {
                self.now.opened += 1;
                if self.now.state == State::Modifier {
                    self.now.state = State::Arguments;
                }
            }
            TokenKind::ParenClose => self.close(),
            TokenKind::CallClose => self.now.state = State::Reference,
            TokenKind::Set => {
                self.push(State::Directive);
                self.in_set = true;
                self.now.opened += 1;
            }
            TokenKind::LineComment => {
                if self.now.state == State::Reference {
                    self.pop();
                }
                self.push(State::LineComment);
            }
            TokenKind::If | TokenKind::ElseIf => self.now.state = State::Directive,
            TokenKind::LineEnd
            | TokenKind::Comment
            | TokenKind::Verbatim
            | TokenKind::IndexClose
            | TokenKind::Else
            | TokenKind::End
            | TokenKind::CurlyClose => self.pop(),
            TokenKind::String => self.leave_unopened(self.now.state == State::Directive),
            TokenKind::Integer => {
                if self.text[..self.at].ends_with("..") {
                    self.at -= 2;
                }
                self.leave_unopened(!matches!(self.now.state, State::Arguments | State::Index));
            }
            TokenKind::Fraction => self.leave_unopened(self.now.state != State::Arguments),
            TokenKind::Dot => {
                self.at -= 1;
                self.now.state = State::Modifier;
            }
            _ => {}
        }
    }

    /// A literal where no parenthesis is open ends what it stands in.
    fn leave_unopened(&mut self, may: bool) {
        if may && self.now.opened == 0 && !self.in_set {
            self.pop();
        }
    }

    /// A parenthesis closes the innermost state that has one open.
    fn close(&mut self) {
        loop {
            if self.now.opened > 0 {
                if self.now.opened == self.now.closed + 1 {
                    self.pop();
                } else {
                    self.now.closed += 1;
                }
                return;
            }
            if self.outer.is_empty() {
                self.pop();
                return;
            }
            self.pop();
        }
    }
}

/// What stood before a token and began nothing.
#[derive(Default)]
struct Stray {
    text: String,
    /// The last of it was two `#`, with which Velocity loses all of it.
    lost: bool,
}

impl Stray {
    /// Keeps `$` and `#`, and the backslashes before a `$`.
    fn add(&mut self, text: &str) {
        self.lost = text.starts_with("##");
        let mut rest = text.chars();
        while let Some(next) = rest.next() {
            match next {
                '$' | '#' => self.text.push(next),
                '\\' => {
                    let behind = rest.as_str();
                    let more = behind.find(|next| next != '\\').unwrap_or(behind.len());
                    if behind[more..].starts_with('$') {
                        self.text.push('\\');
                        self.text.push_str(&behind[..=more]);
                        // Velocity steps over one more.
                        rest = behind[more + 1..].chars();
                        rest.next();
                    }
                }
                _ => {}
            }
        }
    }

    fn shown(self) -> String {
        if self.lost { String::new() } else { self.text }
    }
}
