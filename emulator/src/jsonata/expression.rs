//! One expression, read and checked.

use std::collections::BTreeSet;
use std::convert::Infallible;
use std::fmt;

use jsonata_core::ast::{AstNode, BinaryOp};
use jsonata_core::parser;

use super::guard::guard;
use super::walk::walk;

/// A JSONata expression that has been read.
#[derive(Debug)]
pub struct JsonataExpression {
    text: String,
    tree: AstNode,
    /// Every variable and function that occurs in it, without the `$`.
    names: Names,
    /// The names that it gives to something itself.
    bound: Names,
    /// The members of `$states` that it reads by name.
    members: Names,
}

/// Names in their order, each once. An expression has few, and a definition may have ten thousand expressions.
#[derive(Debug)]
struct Names(Box<[String]>);

impl Names {
    fn has(&self, name: &str) -> bool {
        self.0.binary_search_by(|known| known.as_str().cmp(name)).is_ok()
    }
}

impl From<BTreeSet<String>> for Names {
    fn from(names: BTreeSet<String>) -> Self {
        Self(names.into_iter().collect())
    }
}

/// Adds a name, which is copied the first time only.
fn add(names: &mut BTreeSet<String>, name: &str) {
    if !names.contains(name) {
        names.insert(name.to_owned());
    }
}

/// Why a text is not an expression, or not one that Step Functions takes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SyntaxError(String);

impl fmt::Display for SyntaxError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for SyntaxError {}

impl JsonataExpression {
    /// Reads an expression.
    ///
    /// # Errors
    ///
    /// When the text is not JSONata, or nests deeper than 1,000 levels.
    pub fn parse(text: &str) -> Result<Self, SyntaxError> {
        Self::read(text)?.guarded()
    }

    fn guarded(mut self) -> Result<Self, SyntaxError> {
        let bound = &self.bound;
        guard(&mut self.tree, &|name| bound.has(name)).map_err(SyntaxError)?;
        Ok(self)
    }

    fn read(text: &str) -> Result<Self, SyntaxError> {
        let mut tree = parser::parse(text).map_err(|error| SyntaxError(error.display_message()))?;
        let (mut names, mut bound) = (BTreeSet::new(), BTreeSet::new());
        let mut members = BTreeSet::new();
        let Ok(()) = walk(&mut tree, true, &mut |node, _| {
            match node {
                AstNode::Variable(name) | AstNode::Function { name, .. } => add(&mut names, name),
                AstNode::Lambda { params, .. } => params.iter().for_each(|name| add(&mut bound, name)),
                AstNode::Binary { op: BinaryOp::ColonEqual, lhs, .. } => {
                    if let AstNode::Variable(name) = &**lhs {
                        add(&mut bound, name);
                    }
                }
                AstNode::Path { steps } => {
                    let given = steps.iter().flat_map(|step| step.focus.iter().chain(&step.index_var));
                    given.for_each(|name| add(&mut bound, name));
                    let mut nodes = steps.iter().map(|step| &step.node);
                    if let (Some(AstNode::Variable(name)), Some(AstNode::Name(member))) = (nodes.next(), nodes.next())
                        && name == "states"
                    {
                        add(&mut members, member);
                    }
                }
                _ => {}
            }
            Ok::<(), Infallible>(())
        });
        let (names, bound, members) = (names.into(), bound.into(), members.into());
        Ok(Self { text: text.trim().to_owned(), tree, names, bound, members })
    }

    /// Reads an expression of a state machine. Beyond the language, Step Functions forbids to look at the top-level
    /// context (`$`, `$$`, a bare name), which it leaves empty, and it has version 2.0.6 of the language, which does
    /// not know the operators `??` and `?:` (developer guide, "Transforming data with JSONata in Step Functions").
    ///
    /// # Errors
    ///
    /// As [`JsonataExpression::parse`], and when the expression uses what Step Functions does not have.
    pub(crate) fn parse_for_states(text: &str) -> Result<Self, SyntaxError> {
        let mut expression = Self::read(text)?;
        walk(&mut expression.tree, true, &mut |node, top| check(node, top))?;
        expression.guarded()
    }

    /// As written, without blanks around it.
    #[must_use]
    pub(crate) fn text(&self) -> &str {
        &self.text
    }

    /// Whether it reads `$states.MEMBER`.
    #[must_use]
    pub(crate) fn reads_member(&self, member: &str) -> bool {
        self.members.has(member)
    }

    pub(super) fn tree(&self) -> &AstNode {
        &self.tree
    }

    /// The variables and functions that occur in it, without their `$`.
    pub(crate) fn names(&self) -> impl Iterator<Item = &str> {
        self.names.0.iter().map(String::as_str)
    }

    /// Whether a variable or function of that name, without its `$`, occurs in it.
    #[must_use]
    pub(crate) fn mentions(&self, name: &str) -> bool {
        self.names.has(name)
    }
}

fn check(node: &AstNode, top: bool) -> Result<(), SyntaxError> {
    let nothing_there = |what: &str| {
        Err(SyntaxError(format!(
            "{what} looks at the top-level context, which is empty in Step Functions: begin with `$states.input`"
        )))
    };
    match node {
        AstNode::Binary { op: op @ (BinaryOp::Coalesce | BinaryOp::Default), .. } => {
            let operator = if *op == BinaryOp::Coalesce { "??" } else { "?:" };
            Err(SyntaxError(format!(
                "the operator `{operator}` came after JSONata 2.0.6, the version of Step Functions: use `$exists(a) ? a : b`"
            )))
        }
        AstNode::Variable(name) if top && name.is_empty() => nothing_there("`$`"),
        AstNode::ParentVariable(_) => nothing_there("`$$`"),
        AstNode::Variable(name) if name == "$" => nothing_there("`$$`"),
        AstNode::Name(name) if top => nothing_there(&format!("the name `{name}`")),
        AstNode::Wildcard if top => nothing_there("`*`"),
        AstNode::Descendant if top => nothing_there("`**`"),
        _ => Ok(()),
    }
}
