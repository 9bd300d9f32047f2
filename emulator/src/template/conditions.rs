//! Conditions: whether a resource, an output or a value is there.

use super::evaluator::Evaluator;
use crate::document::{Entry, LoadError, Node, scalar};

/// The truth of the condition that `name` names.
pub(super) fn is_true(evaluator: &dyn Evaluator, name: &Node) -> Result<bool, LoadError> {
    let key = name.expect_str("a condition's name")?;
    let Some(declared) = evaluator.scope().conditions().and_then(|conditions| conditions.get(key)) else {
        return Err(LoadError::at(&name.position, format!("no condition `{key}` in this template")));
    };
    let scope = evaluator.scope();
    scope.decided(key, || scope.visiting(&format!("condition {key}"), &name.position, || truth(evaluator, declared)))
}

fn truth(evaluator: &dyn Evaluator, node: &Node) -> Result<bool, LoadError> {
    evaluator.scope().deeper(&node.position, || truth_here(evaluator, node))
}

fn truth_here(evaluator: &dyn Evaluator, node: &Node) -> Result<bool, LoadError> {
    const EXPECTED: &str = "Fn::Equals, Fn::And, Fn::Or, Fn::Not or Condition";
    let Some([Entry { key, value, .. }]) = node.as_map() else { return Err(node.unexpected("a condition", EXPECTED)) };
    let operands = |least: usize, most: usize| {
        let list = value.expect_list(&format!("the operands of `{key}`"))?;
        if (least..=most).contains(&list.len()) {
            return Ok(list);
        }
        let takes = if least == most { least.to_string() } else { format!("{least} to {most}") };
        let message = format!("the number of operands of `{key}` must be {takes}, not {}", list.len());
        Err(LoadError::at(&value.position, message))
    };
    match key.as_str() {
        "Condition" => evaluator.condition(value),
        "Fn::Equals" => {
            let [left, right] = operands(2, 2)? else { unreachable!("two operands were asked for") };
            // Values of any type, as the guide says; numbers and truth values stand for their texts.
            let side = |node: &Node| {
                let text = |node: Node| scalar::text(&node, "text").unwrap_or_else(|_| node.to_json().to_string());
                Ok::<_, LoadError>(evaluator.resolve(node)?.map(text))
            };
            Ok(side(left)? == side(right)?)
        }
        "Fn::Not" => Ok(!operands(1, 1)?.iter().try_fold(true, |all, node| Ok(all & truth(evaluator, node)?))?),
        // Every operand is looked at, so that a mistake in a later one is found.
        "Fn::And" => operands(2, 10)?.iter().try_fold(true, |all, node| Ok(all & truth(evaluator, node)?)),
        "Fn::Or" => operands(2, 10)?.iter().try_fold(false, |any, node| Ok(any | truth(evaluator, node)?)),
        _ => Err(node.unexpected("a condition", EXPECTED)),
    }
}
