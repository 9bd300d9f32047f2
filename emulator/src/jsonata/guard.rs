//! What the library does in one go, however much it is: such operations are charged before they begin.
//!
//! Between steps the library looks at the time, but comparing two values, printing one or copying a list is one step.
//! Values share their parts, so that a small one can stand for 2^60 of them. So the operands of such operations go
//! through primitives of ours, whose names no expression can write.

use std::cell::Cell;
use std::convert::Infallible;

use jsonata_core::ast::{AstNode, BinaryOp};
use jsonata_core::value::{JValue, with_stack};

use super::walk::walk;

/// Goes through the whole of its argument, and gives it back.
pub(super) const MEASURED: &str = "measured!";
/// Charges the copy of its argument, and gives it back.
pub(super) const COPIED: &str = "copied!";
/// Charges the list that begins with its first argument and ends with its second, and gives back the second.
pub(super) const SPAN: &str = "span!";

/// Most parts that a value may stand for when it is compared or printed; a text counts as one for each 128 bytes too.
const MAX_PARTS: usize = 1_000_000;
/// Most bytes that the expressions of a field may copy in large pieces.
const MAX_COPIED: usize = 64 * 1024 * 1024;
/// Smaller pieces are not counted: the time for so many of them is bounded.
const LARGE: usize = 1_024;

/// Functions that go through the whole of their arguments.
const MEASURING: &[&str] = &["string", "distinct", "hash", "boolean", "not"];
/// Functions that copy their arguments.
const COPYING: &[&str] = &[
    "append",
    "base64encode",
    "base64decode",
    "encodeUrl",
    "encodeUrlComponent",
    "decodeUrl",
    "decodeUrlComponent",
    "lowercase",
    "merge",
    "reverse",
    "shuffle",
    "sort",
    "split",
    "spread",
    "substring",
    "substringAfter",
    "substringBefore",
    "trim",
    "uppercase",
    "zip",
];

/// Has the operands of large operations go through the primitives.
pub(super) fn guard(tree: &mut AstNode) {
    let Ok(()) = walk(tree, true, &mut |node, _| {
        match node {
            AstNode::Binary { op: BinaryOp::Equal | BinaryOp::NotEqual | BinaryOp::In, lhs, rhs }
                // Nothing deep equals a literal.
                if !is_literal(lhs) && !is_literal(rhs) =>
            {
                pass_through(MEASURED, lhs);
                pass_through(MEASURED, rhs);
            }
            AstNode::Binary { op: BinaryOp::Concatenate, lhs, rhs } => {
                for operand in [lhs, rhs].into_iter().filter(|operand| !is_literal(operand)) {
                    pass_through(MEASURED, operand);
                    pass_through(COPIED, operand);
                }
            }
            AstNode::Binary { op: BinaryOp::Range, lhs, rhs } => {
                let last = std::mem::replace(&mut **rhs, AstNode::Null);
                // A range in a range would be copied again and again: nothing is assumed of where such a one begins.
                let first = if has_range(lhs) { AstNode::Undefined } else { (**lhs).clone() };
                **rhs = call(SPAN, vec![first, last]);
            }
            AstNode::Function { name, args, .. } if MEASURING.contains(&name.as_str()) => {
                args.iter_mut().filter(|argument| !is_literal(argument)).for_each(|it| pass_through(MEASURED, it));
            }
            AstNode::Function { name, args, .. } if COPYING.contains(&name.as_str()) => {
                args.iter_mut().filter(|argument| !is_literal(argument)).for_each(|it| pass_through(COPIED, it));
            }
            AstNode::Path { steps } if steps.iter().any(|step| matches!(step.node, AstNode::Descendant)) => {
                if let Some(first) = steps.first_mut().filter(|step| matches!(step.node, AstNode::Variable(_))) {
                    pass_through(MEASURED, &mut first.node);
                }
            }
            _ => {}
        }
        Ok::<(), Infallible>(())
    });
}

fn has_range(node: &mut AstNode) -> bool {
    let found = walk(node, false, &mut |node, _| {
        if matches!(node, AstNode::Binary { op: BinaryOp::Range, .. }) { Err(()) } else { Ok(()) }
    });
    found.is_err()
}

fn call(name: &str, args: Vec<AstNode>) -> AstNode {
    AstNode::Function { name: name.to_owned(), args, is_builtin: true }
}

fn pass_through(primitive: &str, node: &mut AstNode) {
    let operand = std::mem::replace(node, AstNode::Null);
    *node = call(primitive, vec![operand]);
}

fn is_literal(node: &AstNode) -> bool {
    use AstNode::{Boolean, Null, Number, Placeholder, Regex, String, Undefined};
    matches!(node, String(_) | Number(_) | Boolean(_) | Null | Undefined | Placeholder | Regex { .. })
}

/// What the expressions of a field may still copy.
#[derive(Debug)]
pub(super) struct Copies(Cell<usize>);

impl Default for Copies {
    fn default() -> Self {
        Self(Cell::new(MAX_COPIED))
    }
}

impl Copies {
    /// Charges bytes.
    pub(super) fn charge(&self, bytes: usize) -> Result<(), String> {
        if bytes < LARGE {
            return Ok(());
        }
        let left = self.0.get().checked_sub(bytes);
        self.0.set(left.unwrap_or(0));
        left.map(drop).ok_or_else(|| format!("the expression copies more than {MAX_COPIED} bytes"))
    }

    /// Charges the copy of a value, not of what it refers to.
    pub(super) fn charge_value(&self, value: Option<&JValue>) -> Result<(), String> {
        self.charge(match value {
            Some(JValue::String(text)) => text.len(),
            Some(JValue::Array(items)) => items.len() * size_of::<JValue>(),
            _ => 0,
        })
    }

    /// Charges a list of numbers.
    pub(super) fn charge_span(&self, first: Option<f64>, last: Option<f64>) -> Result<(), String> {
        let Some(last) = last else { return Ok(()) };
        let first = first.unwrap_or(0.0);
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "casts saturate")]
        let length = (last - first + 1.0).max(0.0) as usize;
        self.charge(length.saturating_mul(size_of::<JValue>()))
    }
}

/// Whether a value stands for no more than may be gone through.
pub(super) fn measure(value: &JValue) -> Result<(), String> {
    count(value, &mut { MAX_PARTS }).ok_or_else(|| format!("the value has more than {MAX_PARTS} parts"))
}

fn count(value: &JValue, left: &mut usize) -> Option<()> {
    let own = if let JValue::String(text) = value { text.len() / 128 } else { 0 };
    *left = left.checked_sub(1 + own)?;
    match value {
        JValue::Array(items) => with_stack(|| items.iter().try_for_each(|item| count(item, left))),
        JValue::Object(_) => {
            let mut fields = value.as_object().into_iter().flatten();
            with_stack(|| fields.try_for_each(|(_, field)| count(field, left)))
        }
        _ => Some(()),
    }
}
