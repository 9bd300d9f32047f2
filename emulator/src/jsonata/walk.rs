//! A walk over the parts of an expression.

use jsonata_core::ast::{AstNode, PathStep, Stage};
use jsonata_core::value::with_stack;

/// Shows every part to `visit`, from the outside in, and whether names in it are looked up in the top-level context,
/// which Step Functions leaves empty. Stops at the first error. What `visit` puts in the place of a part is walked on.
pub(super) fn walk<E>(
    node: &mut AstNode,
    top: bool,
    visit: &mut impl FnMut(&mut AstNode, bool) -> Result<(), E>,
) -> Result<(), E> {
    visit(node, top)?;
    // A parsed expression may be a thousand levels deep.
    with_stack(|| {
        let mut below = |node: &mut AstNode, top: bool| walk(node, top, visit);
        match node {
            AstNode::Path { steps } => steps
                .iter_mut()
                .enumerate()
                .try_for_each(|(index, step)| walk_step(step, top && index == 0, &mut below)),
            AstNode::Binary { lhs, rhs, .. } => {
                below(lhs, top)?;
                below(rhs, top)
            }
            AstNode::Unary { operand, .. } => below(operand, top),
            AstNode::Function { args, .. } => args.iter_mut().try_for_each(|argument| below(argument, top)),
            AstNode::Call { procedure, args } => {
                below(procedure, top)?;
                args.iter_mut().try_for_each(|argument| below(argument, top))
            }
            // What a function sees as its context depends on where it is called.
            AstNode::Lambda { body, .. } => below(body, false),
            AstNode::Array(items) | AstNode::ArrayGroup(items) | AstNode::Block(items) => {
                items.iter_mut().try_for_each(|item| below(item, top))
            }
            AstNode::Object(pairs) => pairs.iter_mut().try_for_each(|(key, value)| {
                below(key, top)?;
                below(value, top)
            }),
            AstNode::ObjectTransform { input, pattern } => {
                below(input, top)?;
                pattern.iter_mut().try_for_each(|(key, value)| {
                    below(key, false)?;
                    below(value, false)
                })
            }
            AstNode::Conditional { condition, then_branch, else_branch } => {
                below(condition, top)?;
                below(then_branch, top)?;
                else_branch.iter_mut().try_for_each(|branch| below(branch, top))
            }
            AstNode::FunctionApplication(inner) => below(inner, top),
            AstNode::Sort { input, terms } => {
                below(input, top)?;
                terms.iter_mut().try_for_each(|(term, _)| below(term, false))
            }
            AstNode::Transform { location, update, delete } => {
                below(location, false)?;
                below(update, false)?;
                delete.iter_mut().try_for_each(|delete| below(delete, false))
            }
            AstNode::String(_)
            | AstNode::Name(_)
            | AstNode::Number(_)
            | AstNode::Boolean(_)
            | AstNode::Null
            | AstNode::Undefined
            | AstNode::Placeholder
            | AstNode::Regex { .. }
            | AstNode::Variable(_)
            | AstNode::ParentVariable(_)
            | AstNode::Wildcard
            | AstNode::Descendant
            | AstNode::Parent(_) => Ok(()),
        }
    })
}

fn walk_step<E>(
    step: &mut PathStep,
    top: bool,
    below: &mut impl FnMut(&mut AstNode, bool) -> Result<(), E>,
) -> Result<(), E> {
    below(&mut step.node, top)?;
    step.stages.iter_mut().try_for_each(|stage| match stage {
        // A predicate looks at the items that it filters.
        Stage::Filter(filter) => below(filter, false),
        Stage::KeepArray | Stage::Index(_) => Ok(()),
    })
}
