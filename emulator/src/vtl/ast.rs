//! What a template is made of.

use super::method::Method;
use crate::document::Position;
use crate::java::Pattern;
use crate::jsonpath::Path;

/// A run of nodes.
pub(super) type Block = Vec<Statement>;

/// One part of a template.
#[derive(Debug)]
pub(super) enum Statement {
    /// Text as it stands.
    Text(Box<str>),
    /// `$name`, with what stands before it in its token.
    Reference(Written),
    /// `#set($target = value)`.
    Set { target: Reference, value: Expression },
    /// `#if … #elseif … #else … #end`.
    If { branches: Vec<(Expression, Block)>, otherwise: Block },
    /// `#foreach($slot in list) … #end`.
    Foreach { slot: usize, list: Expression, body: Block },
    /// `#define($slot) … #end`: the block is rendered wherever the variable is.
    Define { slot: usize, body: Block },
    /// `#stop`, with its message: nothing after it is rendered.
    Stop(Option<Expression>),
    /// `#break`: leaves the innermost loop or block, or the template where there is none; `#break($foreach.parent)` another.
    Break(Option<Expression>),
}

/// A reference in text.
#[derive(Debug)]
pub(super) struct Written {
    pub(super) reference: Reference,
    /// An odd backslash before it: it is shown as it is written.
    pub(super) escaped: bool,
    /// The pairs of backslashes before it, each of which stands for one.
    pub(super) escapes: usize,
    /// The `$` and `#` before it that begin nothing.
    pub(super) before: Box<str>,
}

/// `$root.access[access].access(…)`.
#[derive(Debug)]
pub(super) struct Reference {
    /// As written: what is rendered when there is no value.
    pub(super) source: Box<str>,
    /// `$!`: nothing is rendered when there is no value.
    pub(super) quiet: bool,
    /// `${name}`
    pub(super) formal: bool,
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
    /// `$input`, `$util`, `$context`, `$stageVariables`
    Own(Own),
    /// `$foreach`
    Loop,
    /// `$velocityCount`
    Count,
    /// `$velocityHasNext`
    HasNext,
    /// One of API Gateway's own names that the template sets: the variable once it has a value, before that the object.
    Shadowed(usize, Own),
    /// What has no value, such as `$\!name`.
    Nothing,
}

/// The objects that API Gateway puts into every template.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Own {
    Input,
    Util,
    Context,
    StageVariables,
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

/// A call as written, with what could be compiled ahead.
#[derive(Debug)]
pub(super) struct Call {
    pub(super) method: Method,
    pub(super) arguments: Vec<Expression>,
    /// The regular expression, where it is a literal.
    pub(super) pattern: Option<Pattern>,
    /// The JSONPath, where it is a literal.
    pub(super) path: Option<Path>,
}

/// What gives a value.
#[derive(Debug)]
pub(super) enum Expression {
    /// Text in single quotes, or in double quotes with nothing to interpolate.
    Text(Box<str>),
    /// Text in double quotes, itself a template; `closed` by a blank that is not part of it.
    Interpolated {
        block: Block,
        closed: bool,
    },
    Integer(i128),
    /// A whole number that no other kind can hold.
    Exact(Box<str>),
    Double(f64),
    Bool(bool),
    List(Vec<Expression>),
    Range(Box<Expression>, Box<Expression>),
    Map(Vec<(Expression, Expression)>),
    Reference(Reference),
    Not(Box<Expression>),
    /// Operators of one level of precedence, from the left. A list, so that a long one is no deeper than a short one.
    Chain(Box<Expression>, Vec<(Operator, Expression)>),
}

/// The binary operators.
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
    /// Whether it says how two values stand to each other.
    pub(super) fn compares(self) -> bool {
        matches!(
            self,
            Self::Equal | Self::Unequal | Self::Less | Self::LessOrEqual | Self::Greater | Self::GreaterOrEqual
        )
    }

    /// By level of precedence.
    pub(super) const LEVELS: [&[Self]; 6] = [
        &[Self::Or],
        &[Self::And],
        &[Self::Equal, Self::Unequal],
        &[Self::Less, Self::LessOrEqual, Self::Greater, Self::GreaterOrEqual],
        &[Self::Add, Self::Subtract],
        &[Self::Multiply, Self::Divide, Self::Remainder],
    ];
}
