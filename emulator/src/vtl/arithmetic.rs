//! Velocity's operators.

use super::ast::Operator;
use super::value::{Heap, Value};

/// A number as the operators see it.
#[derive(Debug, Clone, Copy)]
enum Operand {
    Integer(i128),
    Double(f64),
}

fn operand(value: &Value<'_>) -> Option<Operand> {
    match value {
        Value::Integer(number) => Some(Operand::Integer(*number)),
        Value::Double(number) => Some(Operand::Double(*number)),
        Value::Exact(text) => text.parse().ok().map(Operand::Double),
        _ => None,
    }
}

impl Operand {
    fn double(self) -> f64 {
        match self {
            Self::Integer(number) => number as f64,
            Self::Double(number) => number,
        }
    }
}

/// The result of any operator but `&&` and `||`; null where Velocity logs an error and goes on.
pub(super) fn apply<'r>(heap: &Heap<'r>, left: &Value<'r>, operator: Operator, right: &Value<'r>) -> Value<'r> {
    use std::cmp::Ordering::{Equal, Greater, Less};
    let order = || match (operand(left)?, operand(right)?) {
        (Operand::Integer(left), Operand::Integer(right)) => Some(left.cmp(&right)),
        (left, right) => left.double().partial_cmp(&right.double()),
    };
    let ordered =
        |wanted: &[std::cmp::Ordering]| order().map_or(Value::Null, |order| Value::Bool(wanted.contains(&order)));
    match operator {
        Operator::Equal => Value::Bool(equal(heap, left, right)),
        Operator::Unequal => Value::Bool(!equal(heap, left, right)),
        Operator::Less => ordered(&[Less]),
        Operator::LessOrEqual => ordered(&[Less, Equal]),
        Operator::Greater => ordered(&[Greater]),
        Operator::GreaterOrEqual => ordered(&[Greater, Equal]),
        _ => match (operand(left), operand(right)) {
            (Some(Operand::Integer(left)), Some(Operand::Integer(right))) => integers(left, operator, right),
            (Some(left), Some(right)) => doubles(left.double(), operator, right.double()),
            _ => Value::Null,
        },
    }
}

/// `==`: numbers by value, values of one kind by `equals`, all others by their text.
fn equal<'r>(heap: &Heap<'r>, left: &Value<'r>, right: &Value<'r>) -> bool {
    if let (Some(left), Some(right)) = (operand(left), operand(right)) {
        return match (left, right) {
            (Operand::Integer(left), Operand::Integer(right)) => left == right,
            (left, right) => left.double().partial_cmp(&right.double()) == Some(std::cmp::Ordering::Equal),
        };
    }
    let absent = |value: &Value<'_>| matches!(value, Value::Null | Value::Missing);
    if absent(left) || absent(right) || std::mem::discriminant(left) == std::mem::discriminant(right) {
        return heap.equal(left, right);
    }
    let text = |value: &Value<'r>| {
        let mut out = String::new();
        heap.print(value, &mut out, 1 << 20).then_some(out)
    };
    text(left).is_some_and(|left| Some(left) == text(right))
}

fn integers<'r>(left: i128, operator: Operator, right: i128) -> Value<'r> {
    let result = match operator {
        Operator::Add => left.checked_add(right),
        Operator::Subtract => left.checked_sub(right),
        Operator::Multiply => left.checked_mul(right),
        Operator::Divide => left.checked_div(right),
        _ => left.checked_rem(right),
    };
    result.map_or(Value::Null, Value::Integer)
}

fn doubles<'r>(left: f64, operator: Operator, right: f64) -> Value<'r> {
    let divides = matches!(operator, Operator::Divide | Operator::Remainder);
    if divides && right == 0.0 {
        return Value::Null;
    }
    Value::Double(match operator {
        Operator::Add => left + right,
        Operator::Subtract => left - right,
        Operator::Multiply => left * right,
        Operator::Divide => left / right,
        _ => left % right,
    })
}
