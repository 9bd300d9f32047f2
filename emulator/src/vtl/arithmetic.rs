//! Velocity's operators.

use std::cmp::Ordering;

use super::ast::Operator;
use super::heap::Heap;
use super::print::print;
use super::value::Value;
use crate::java::{Decimal, nearest_double};

/// Bytes of text that two values of different kinds are compared by.
const TEXT: usize = 1 << 20;

/// A number as the operators see it.
#[derive(Debug, Clone, Copy)]
enum Operand {
    Integer(i128),
    Decimal(Decimal),
    Double(f64),
}

fn operand(value: &Value<'_>) -> Option<Operand> {
    match value {
        Value::Integer(number) => Some(Operand::Integer(*number)),
        Value::Double(number) => Some(Operand::Double(*number)),
        Value::Exact(text) => match Decimal::parse(text) {
            Some(decimal) => Some(Operand::Decimal(decimal)),
            None => nearest_double(text).map(Operand::Double),
        },
        _ => None,
    }
}

impl Operand {
    fn double(self) -> f64 {
        match self {
            Self::Integer(number) => number as f64,
            Self::Decimal(number) => number.to_string().parse().unwrap_or(f64::NAN),
            Self::Double(number) => number,
        }
    }

    fn decimal(self) -> Option<Decimal> {
        match self {
            Self::Integer(number) => Decimal::parse(&number.to_string()),
            Self::Decimal(number) => Some(number),
            Self::Double(_) => None,
        }
    }

    fn order(self, other: Self) -> Option<Ordering> {
        if let (Self::Integer(left), Self::Integer(right)) = (self, other) {
            return Some(left.cmp(&right));
        }
        match self.decimal().zip(other.decimal()).and_then(|(left, right)| left.compare(right)) {
            Some(order) => Some(order),
            None => self.double().partial_cmp(&other.double()),
        }
    }
}

/// The result of any operator but `&&` and `||`. A comparison of what has no order is false; arithmetic on what is no
/// number is null, where Velocity logs an error and goes on.
pub(super) fn apply<'r>(
    heap: &Heap<'r>,
    left: &Value<'r>,
    operator: Operator,
    right: &Value<'r>,
) -> Result<Value<'r>, String> {
    let ordered = |holds: fn(Ordering) -> bool| {
        let order = operand(left).zip(operand(right)).and_then(|(left, right)| left.order(right));
        Value::Bool(order.is_some_and(holds))
    };
    Ok(match operator {
        Operator::Equal => Value::Bool(equal(heap, left, right)?),
        Operator::Unequal => Value::Bool(!equal(heap, left, right)?),
        Operator::Less => ordered(Ordering::is_lt),
        Operator::LessOrEqual => ordered(Ordering::is_le),
        Operator::Greater => ordered(Ordering::is_gt),
        Operator::GreaterOrEqual => ordered(Ordering::is_ge),
        _ => match (operand(left), operand(right)) {
            (Some(Operand::Integer(left)), Some(Operand::Integer(right))) => integers(left, operator, right),
            (Some(left), Some(right)) => match left.decimal().zip(right.decimal()) {
                Some((left, right)) => decimals(left, operator, right),
                None => doubles(left.double(), operator, right.double()),
            },
            _ => Value::Null,
        },
    })
}

/// `==`: numbers by value, values of one kind by `equals`, all others by their text.
fn equal<'r>(heap: &Heap<'r>, left: &Value<'r>, right: &Value<'r>) -> Result<bool, String> {
    if let (Some(left), Some(right)) = (operand(left), operand(right)) {
        return Ok(left.order(right) == Some(Ordering::Equal));
    }
    let absent = |value: &Value<'_>| matches!(value, Value::Null | Value::Missing);
    if absent(left) || absent(right) || std::mem::discriminant(left) == std::mem::discriminant(right) {
        return Ok(heap.equal(left, right)?);
    }
    let text = |value: &Value<'r>| {
        let mut out = String::new();
        print(heap, value, &mut out, TEXT).map(|()| out)
    };
    Ok(text(left)? == text(right)?)
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

fn decimals<'r>(left: Decimal, operator: Operator, right: Decimal) -> Value<'r> {
    let result = match operator {
        Operator::Add => left.add(right),
        Operator::Subtract => left.subtract(right),
        Operator::Multiply => left.multiply(right),
        Operator::Divide => left.divide(right),
        _ => None,
    };
    result.map_or(Value::Null, |number| Value::Exact(number.to_string().into()))
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
