//! What may stand where in a template: Velocity 1.7's tokens, by the state of its lexer.

use Shape::{Is, Like};
use State::{Arguments, Directive, Index, Modifier, Outside, Reference, Start};
use TokenKind::{
    Assign, BraceClose, BraceOpen, BracedWord, BracketClose, BracketOpen, CallClose, Colon, Comma, Comment, CurlyClose,
    CurlyOpen, Dollar, Dot, DoubleEscape, Else, ElseIf, EmptyIndex, End, Escape, EscapedDirective, False, Fraction,
    Hash, Identifier, If, IndexClose, IndexOpen, Integer, LineComment, LineEnd, Not, OpenComment, OpenFormal,
    OpenVerbatim, ParenClose, ParenOpen, Range, Set, Skipped, Space, String, Symbol, Text, True, Unquoted, Verbatim,
    Word,
};

use super::ast::Operator;

/// Where the lexer is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum State {
    /// In text.
    Outside,
    /// Behind `$` and in a reference.
    Reference,
    /// Behind the point of a reference.
    Modifier,
    /// In the parentheses of a method.
    Arguments,
    /// In the brackets of a reference.
    Index,
    /// Behind `#`.
    Start,
    /// In the parentheses of a directive.
    Directive,
    /// Behind `##`.
    LineComment,
    /// Behind `#*`.
    Comment,
    /// Behind `#[[`.
    Verbatim,
}

/// What a token is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum TokenKind {
    IndexOpen,
    IndexClose,
    BracketOpen,
    BracketClose,
    Comma,
    Range,
    Colon,
    BraceOpen,
    BraceClose,
    ParenOpen,
    ParenClose,
    /// The parenthesis that closes a method's arguments.
    CallClose,
    /// `\#name`
    EscapedDirective,
    /// `#set(`, with the blanks before it.
    Set,
    /// `$` or `$!`: the token goes on behind it, as behind the next five.
    Dollar,
    Hash,
    OpenVerbatim,
    OpenFormal,
    OpenComment,
    /// A character of `#[[ … ]]#`.
    Unquoted,
    LineComment,
    DoubleEscape,
    Escape,
    Text,
    /// The end of the line of a comment.
    LineEnd,
    /// The end of `#* … *#`.
    Comment,
    Verbatim,
    /// A character of a comment.
    Skipped,
    Space,
    String,
    True,
    False,
    Symbol(Operator),
    Not,
    Assign,
    End,
    If,
    ElseIf,
    Else,
    Integer,
    Fraction,
    Word,
    /// `{name}` behind `#`.
    BracedWord,
    Identifier,
    Dot,
    CurlyOpen,
    CurlyClose,
    /// A character that ends a reference, and is read again.
    ReferenceEnd,
    /// A character that makes text of a `#`, and is read again.
    NoDirective,
    /// `$[` and its kin, which begin no reference.
    EmptyIndex,
    /// Nothing is left.
    Eof,
}

/// What the text of a token looks like.
#[derive(Debug, Clone, Copy)]
enum Shape {
    Is(&'static str),
    /// The length of what is one at the beginning of a text, 0 if that is none.
    Like(fn(&str) -> usize),
}

impl Shape {
    fn length(self, rest: &str) -> usize {
        match self {
            Is(text) if rest.starts_with(text) => text.len(),
            Is(_) => 0,
            Like(length) => length(rest),
        }
    }
}

/// The token that a text begins with, and its length: the longest, of those the first. `None` where none can stand.
pub(super) fn longest(state: State, rest: &str) -> Option<(TokenKind, usize)> {
    let mut best = None;
    let mut most = 0;
    for (kind, shape, states) in LEXICON {
        let length = if states.contains(&state) { shape.length(rest) } else { 0 };
        if length > most {
            (best, most) = (Some((*kind, length)), length);
        }
    }
    best
}

const EVERYWHERE: &[State] = &[
    Outside,
    Reference,
    Modifier,
    Arguments,
    Index,
    Start,
    Directive,
    State::LineComment,
    State::Comment,
    State::Verbatim,
];
const NAMES: &[State] = &[Reference, Modifier];
const VALUES: &[State] = &[Directive, Arguments];
const INDICES: &[State] = &[Directive, Arguments, Index];
const NUMBERS: &[State] = &[Start, Directive, Arguments, Index];
const WORDS: &[State] = &[Start, Directive];
const LOGIC: &[State] = &[Directive];

/// In the order of Velocity's grammar.
const LEXICON: &[(TokenKind, Shape, &[State])] = &[
    (IndexOpen, Is("["), NAMES),
    (IndexClose, Is("]"), &[Index]),
    (BracketOpen, Is("["), VALUES),
    (BracketClose, Is("]"), VALUES),
    (Comma, Is(","), VALUES),
    (Range, Is(".."), VALUES),
    (Colon, Is(":"), VALUES),
    (BraceOpen, Is("{"), VALUES),
    (BraceClose, Is("}"), VALUES),
    (ParenOpen, Is("("), &[Directive, Modifier]),
    (ParenClose, Like(|rest| with_line_end(rest, ")")), LOGIC),
    (CallClose, Is(")"), &[Arguments]),
    (EscapedDirective, Like(escaped_directive), &[Outside]),
    (Set, Like(set), &[Outside, Reference, Modifier, Arguments]),
    (Dollar, Like(dollar), EVERYWHERE),
    (Dollar, Like(dollar_bang), EVERYWHERE),
    (OpenVerbatim, Is("#[["), EVERYWHERE),
    (OpenFormal, Like(open_formal), EVERYWHERE),
    (OpenComment, Is("#*"), EVERYWHERE),
    (Hash, Is("#"), EVERYWHERE),
    (LineComment, Is("##"), &[Outside, Start, Directive, Reference]),
    (DoubleEscape, Is("\\\\"), &[Outside]),
    (Escape, Is("\\"), &[Outside]),
    (Text, Like(|rest| rest.find(['$', '#', '\\']).unwrap_or(rest.len())), &[Outside]),
    (LineEnd, Like(line_end), &[State::LineComment]),
    (Comment, Is("*#"), &[State::Comment]),
    (Verbatim, Is("]]#"), &[State::Verbatim]),
    (Skipped, Like(any), &[State::LineComment, State::Comment]),
    (Unquoted, Like(any), &[State::Verbatim]),
    (Space, Like(|rest| run(rest, |next| matches!(next, ' ' | '\t' | '\n' | '\r'))), INDICES),
    (String, Like(quoted), INDICES),
    (True, Is("true"), &[Reference, Directive, Modifier, Arguments, Index]),
    (False, Is("false"), &[Reference, Directive, Modifier, Arguments, Index]),
    (Symbol(Operator::Subtract), Is("-"), LOGIC),
    (Symbol(Operator::Add), Is("+"), LOGIC),
    (Symbol(Operator::Multiply), Is("*"), LOGIC),
    (Symbol(Operator::Divide), Is("/"), LOGIC),
    (Symbol(Operator::Remainder), Is("%"), LOGIC),
    (Symbol(Operator::And), Is("&&"), LOGIC),
    (Symbol(Operator::And), Is("and"), LOGIC),
    (Symbol(Operator::Or), Is("||"), LOGIC),
    (Symbol(Operator::Or), Is("or"), LOGIC),
    (Symbol(Operator::Less), Is("<"), LOGIC),
    (Symbol(Operator::Less), Is("lt"), LOGIC),
    (Symbol(Operator::LessOrEqual), Is("<="), LOGIC),
    (Symbol(Operator::LessOrEqual), Is("le"), LOGIC),
    (Symbol(Operator::Greater), Is(">"), LOGIC),
    (Symbol(Operator::Greater), Is("gt"), LOGIC),
    (Symbol(Operator::GreaterOrEqual), Is(">="), LOGIC),
    (Symbol(Operator::GreaterOrEqual), Is("ge"), LOGIC),
    (Symbol(Operator::Equal), Is("=="), LOGIC),
    (Symbol(Operator::Equal), Is("eq"), LOGIC),
    (Symbol(Operator::Unequal), Is("!="), LOGIC),
    (Symbol(Operator::Unequal), Is("ne"), LOGIC),
    (Not, Is("!"), LOGIC),
    (Not, Is("not"), LOGIC),
    (Assign, Is("="), LOGIC),
    (End, Like(|rest| with_line_end(rest, "end")), &[Start]),
    (End, Like(|rest| with_line_end(rest, "{end}")), &[Start]),
    (If, Is("if"), &[Start]),
    (If, Is("{if}"), &[Start]),
    (ElseIf, Is("elseif"), &[Start]),
    (ElseIf, Is("{elseif}"), &[Start]),
    (Else, Like(|rest| with_line_end(rest, "else")), &[Start]),
    (Else, Like(|rest| with_line_end(rest, "{else}")), &[Start]),
    (Integer, Like(integer), NUMBERS),
    (Fraction, Like(fraction), NUMBERS),
    (Word, Like(word), WORDS),
    (BracedWord, Like(braced_word), WORDS),
    (Identifier, Like(identifier), &[Reference, Modifier, Arguments]),
    (Dot, Like(dot), &[Reference, Modifier, Arguments]),
    (CurlyOpen, Is("{"), NAMES),
    (CurlyClose, Is("}"), NAMES),
    (TokenKind::ReferenceEnd, Like(any), NAMES),
    (TokenKind::NoDirective, Like(any), &[Start]),
    (EmptyIndex, Is("$["), &[Outside, Reference]),
    (EmptyIndex, Is("$!["), &[Outside, Reference]),
    (EmptyIndex, Is("$\\!["), &[Outside, Reference]),
    (EmptyIndex, Is("$."), &[Outside, Reference]),
];

/// The bytes of the characters at the beginning that are such.
fn run(rest: &str, is: fn(char) -> bool) -> usize {
    rest.find(|next| !is(next)).unwrap_or(rest.len())
}

fn any(rest: &str) -> usize {
    rest.chars().next().map_or(0, char::len_utf8)
}

fn line_end(rest: &str) -> usize {
    match rest.as_bytes() {
        [b'\r', b'\n', ..] => 2,
        [b'\r' | b'\n', ..] => 1,
        _ => 0,
    }
}

fn blanks(rest: &str) -> usize {
    run(rest, |next| matches!(next, ' ' | '\t'))
}

/// A text with the rest of its line when that is blank.
fn with_line_end(rest: &str, text: &str) -> usize {
    let Some(behind) = rest.strip_prefix(text) else { return 0 };
    let blank = blanks(behind);
    let end = line_end(&behind[blank..]);
    text.len() + if end > 0 { blank + end } else { 0 }
}

fn backslashes(rest: &str) -> usize {
    run(rest, |next| next == '\\')
}

fn dollar(rest: &str) -> usize {
    let before = backslashes(rest);
    if rest[before..].starts_with('$') { before + 1 } else { 0 }
}

fn dollar_bang(rest: &str) -> usize {
    let before = dollar(rest);
    let between = backslashes(&rest[before..]);
    if before > 0 && rest[before + between..].starts_with('!') { before + between + 1 } else { 0 }
}

/// `#**` and the character behind it, which is read again.
fn open_formal(rest: &str) -> usize {
    match rest.strip_prefix("#**").and_then(|behind| behind.chars().next()) {
        Some(next) if next != '#' => 3 + next.len_utf8(),
        _ => 0,
    }
}

fn set(rest: &str) -> usize {
    let before = blanks(rest);
    let name = if rest[before..].starts_with("#{set}") { 6 } else { 4 };
    if name == 4 && !rest[before..].starts_with("#set") {
        return 0;
    }
    let between = run(&rest[before + name..], |next| next == ' ');
    let length = before + name + between;
    if rest[length..].starts_with('(') { length + 1 } else { 0 }
}

fn escaped_directive(rest: &str) -> usize {
    let before = backslashes(rest);
    let Some(name) = rest[before..].strip_prefix('#').filter(|_| before % 2 == 1) else { return 0 };
    match word(name).max(braced_word(name)) {
        0 => 0,
        length => before + 1 + length,
    }
}

fn word(rest: &str) -> usize {
    let begins = rest.starts_with(|first: char| first.is_ascii_alphabetic() || matches!(first, '_' | '@'));
    if begins { run(rest, in_word) } else { 0 }
}

fn in_word(next: char) -> bool {
    next.is_ascii_alphanumeric() || matches!(next, '_' | '@')
}

fn braced_word(rest: &str) -> usize {
    let Some(name) = rest.strip_prefix('{').filter(|name| !name.starts_with('@')) else { return 0 };
    let length = word(name);
    if length > 0 && name[length..].starts_with('}') { length + 2 } else { 0 }
}

fn identifier(rest: &str) -> usize {
    let begins = rest.starts_with(|first: char| first.is_ascii_alphabetic() || first == '_');
    if begins { run(rest, |next| next.is_ascii_alphanumeric() || matches!(next, '_' | '-')) } else { 0 }
}

/// A point and the letter behind it, which is read again.
fn dot(rest: &str) -> usize {
    let letter = rest.strip_prefix('.').is_some_and(|rest| rest.starts_with(|next: char| next.is_ascii_alphabetic()));
    if letter { 2 } else { 0 }
}

fn digits(rest: &str) -> usize {
    run(rest, |next| next.is_ascii_digit())
}

fn sign(rest: &str) -> usize {
    usize::from(rest.starts_with('-'))
}

/// The points of a range behind it belong to it, and are read again.
fn integer(rest: &str) -> usize {
    let whole = sign(rest) + digits(&rest[sign(rest)..]);
    match whole - sign(rest) {
        0 => 0,
        _ if rest[whole..].starts_with("..") => whole + 2,
        _ => whole,
    }
}

fn fraction(rest: &str) -> usize {
    let whole = sign(rest) + digits(&rest[sign(rest)..]);
    let some = whole > sign(rest);
    let Some(behind) = rest[whole..].strip_prefix('.') else {
        return if some && exponent(&rest[whole..]) > 0 { whole + exponent(&rest[whole..]) } else { 0 };
    };
    let length = whole + 1 + digits(behind);
    if some || length > whole + 1 { length + exponent(&rest[length..]) } else { 0 }
}

fn exponent(rest: &str) -> usize {
    let Some(behind) = rest.strip_prefix(['e', 'E']) else { return 0 };
    let sign = usize::from(behind.starts_with(['+', '-']));
    match digits(&behind[sign..]) {
        0 => 0,
        length => 1 + sign + length,
    }
}

/// A doubled quote stands for one, if the text goes on to another quote.
fn quoted(rest: &str) -> usize {
    let Some(quote) = rest.chars().next().filter(|quote| matches!(quote, '"' | '\'')) else { return 0 };
    let (mut at, mut length) = (1, 0);
    while let Some(end) = rest[at..].find(quote) {
        at += end + 1;
        length = at;
        if !rest[at..].starts_with(quote) {
            break;
        }
        at += 1;
    }
    length
}
