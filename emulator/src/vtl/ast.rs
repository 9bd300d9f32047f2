//! What a template is made of.

use super::methods::Call;
use crate::document::Position;

/// A run of nodes.
pub(super) type Block = Vec<Node>;

/// One part of a template.
#[derive(Debug)]
pub(super) enum Node {
    /// Text as it stands.
    Text(Box<str>),
    /// `$name`, with the backslashes before it.
    Reference { reference: Reference, backslashes: usize },
    /// `#set($target = value)`.
    Set { target: Reference, value: Expression },
    /// `#if … #elseif … #else … #end`.
    If { branches: Vec<(Expression, Block)>, otherwise: Block },
    /// `#foreach($slot in list) … #end`.
    Foreach { slot: usize, list: Expression, body: Block },
    /// `#define($slot) … #end`: the block is rendered wherever the variable is.
    Define { slot: usize, body: Block },
    /// `#stop`: nothing after it is rendered.
    Stop,
    /// `#break`: leaves the innermost loop, or the template where there is none.
    Break,
}

/// `$root.access[access].access(…)`.
#[derive(Debug)]
pub(super) struct Reference {
    /// As written: what is rendered when there is no value.
    pub(super) source: Box<str>,
    /// `$!`: nothing is rendered when there is no value.
    pub(super) quiet: bool,
    /// Where it begins.
    pub(super) root: Root,
    /// Where it goes on.
    pub(super) accesses: Vec<Access>,
    /// Where it stands.
    pub(super) position: Position,
}

/// What a reference begins with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Root {
    /// A variable, by number.
    Variable(usize),
    /// `$input`
    Input,
    /// `$util`
    Util,
    /// `$context`
    Context,
    /// `$stageVariables`
    StageVariables,
    /// `$foreach`
    Loop,
    /// `$velocityCount`
    Count,
}

/// One step from a value to another.
#[derive(Debug)]
pub(super) enum Access {
    /// `.name`
    Property(Box<str>),
    /// `[expression]`
    Index(Expression),
    /// `.name(arguments)`
    Call(Call),
}

/// What gives a value.
#[derive(Debug)]
pub(super) enum Expression {
    /// Text in single quotes, or in double quotes with nothing to interpolate.
    Text(Box<str>),
    /// Text in double quotes, itself a template.
    Interpolated(Block),
    Integer(i128),
    Double(f64),
    Bool(bool),
    List(Vec<Expression>),
    Range(Box<Expression>, Box<Expression>),
    Map(Vec<(Expression, Expression)>),
    Reference(Reference),
    Not(Box<Expression>),
    Binary(Box<Expression>, Operator, Box<Expression>),
}

/// The binary operators, by rising precedence.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Operator {
    Or,
    And,
    Equal,
    Unequal,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
    Add,
    Subtract,
    Multiply,
    Divide,
    Remainder,
}

impl Operator {
    /// Spellings by level of precedence, each longest first where one begins another.
    pub(super) const LEVELS: [&[(&str, Self)]; 6] = [
        &[("||", Self::Or), ("or", Self::Or)],
        &[("&&", Self::And), ("and", Self::And)],
        &[("==", Self::Equal), ("eq", Self::Equal), ("!=", Self::Unequal), ("ne", Self::Unequal)],
        &[
            ("<=", Self::LessOrEqual),
            ("le", Self::LessOrEqual),
            ("<", Self::Less),
            ("lt", Self::Less),
            (">=", Self::GreaterOrEqual),
            ("ge", Self::GreaterOrEqual),
            (">", Self::Greater),
            ("gt", Self::Greater),
        ],
        &[("+", Self::Add), ("-", Self::Subtract)],
        &[("*", Self::Multiply), ("/", Self::Divide), ("%", Self::Remainder)],
    ];
}
