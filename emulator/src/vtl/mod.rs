//! Mapping templates: the Velocity that API Gateway documents, with `$input`, `$util`, `$context` and
//! `$stageVariables`.
//!
//! A template is compiled once and rendered many times. What is not supported is refused when it is compiled, with its
//! file, line and column. Rendering is charged to the request's budget, bounded in loops, depth and output, and cannot
//! panic.

mod arithmetic;
mod ast;
mod encoding;
mod expression;
mod facts;
mod heap;
mod json;
mod lexer;
mod lexicon;
mod method;
mod methods;
mod overrides;
mod parser;
mod print;
mod reference;
mod render;
mod statement;
#[cfg(test)]
mod tests;
mod value;
mod vocabulary;

pub(crate) use facts::{Body, Context, Facts, Group, Parameters};
pub(crate) use json::Leniency;
pub(crate) use json::{Json, Number};
pub(crate) use overrides::Overrides;
pub(crate) use render::{RenderError, Rendered};

use crate::budget::Budget;
use crate::document::{LoadError, Text};
use crate::java;
use crate::jsonpath::Tree;

/// The text or number at a member of a JSON map that is read as leniently as bodies are; what a mock integration looks
/// for. `None` when there is none.
#[must_use]
pub(crate) fn lookup(text: &str, member: &str, budget: &Budget) -> Option<String> {
    let json = json::Json::read(text, Leniency::Lenient, budget).ok()?;
    match json.member(member)? {
        json::Json::String(text) => Some(text.clone().into_owned()),
        json::Json::Number(json::Number::Integer(number)) => Some(number.to_string()),
        _ => None,
    }
}

/// A compiled mapping template.
#[derive(Debug)]
pub(crate) struct Template {
    block: ast::Block,
    variables: usize,
    unknown: Vec<LoadError>,
}

impl Template {
    /// Compiles a template.
    ///
    /// # Errors
    /// Where Velocity or API Gateway would refuse it, and at anything that is not supported here.
    pub(crate) fn parse(text: &Text) -> Result<Self, LoadError> {
        let (mut names, mut unknown) = (Vec::new(), Vec::new());
        let value = java::halved(text.value.as_str().into()).into_owned();
        let text = Text { value, ..text.clone() };
        let block = parser::Parser::new(&text, &mut names, &mut unknown).template()?;
        Ok(Self { block, variables: names.len(), unknown })
    }

    /// The variables of `$context` in it that are not known here: they render as nothing.
    pub(crate) fn unknown(&self) -> &[LoadError] {
        &self.unknown
    }

    /// The text in it that is written as it stands, wherever it comes to; that of blocks within is left out.
    pub(crate) fn texts(&self) -> impl Iterator<Item = &str> {
        self.block.iter().filter_map(|statement| match statement {
            ast::Statement::Text(text) => Some(&**text),
            _ => None,
        })
    }

    /// Renders it.
    ///
    /// # Errors
    /// Where a Java method would throw (API Gateway answers 500 then), and at the bounds.
    pub(crate) fn render<'r>(&'r self, facts: &'r Facts<'r>) -> Result<Rendered, RenderError> {
        render::Renderer::new(facts, self.variables).run(&self.block)
    }
}
