//! Rendering: a walk over the template with its bounds.

mod access;
mod call;
mod set;

use std::borrow::Cow;
use std::fmt;

use super::arithmetic;
use super::ast::{Block, Expression, Node, Operator, Reference, Root};
use super::facts::Facts;
use super::methods;
use super::value::{Heap, Map, Value};
use crate::document::Position;

/// Steps of one rendering: nodes, accesses, iterations, and one for every sixteen bytes or items that are copied.
const STEPS: usize = 4_000_000;
/// Iterations of one #foreach (developer guide, "Amazon API Gateway quotas").
const ITERATIONS: usize = 1_000;
/// Items of one range.
const RANGE: i128 = 100_000;
/// Bytes of the output, and of any text on the way: the payload limit of API Gateway.
const OUTPUT: usize = 10 * 1024 * 1024;
/// Blocks of #define that are rendered within each other; Velocity 1.7 itself ends one that renders itself.
const BLOCKS: usize = 8;

/// What a template came to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rendered {
    /// The text.
    pub text: String,
    /// What it set in `$context`.
    pub overrides: Overrides,
}

/// What a template set in `$context.responseOverride` and `$context.requestOverride`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Overrides {
    /// Status of the answer.
    pub status: Option<u16>,
    /// Headers of the answer.
    pub response_header: Vec<(String, String)>,
    /// Headers of the integration's request.
    pub header: Vec<(String, String)>,
    /// Path parameters of the integration's request.
    pub path: Vec<(String, String)>,
    /// Query string of the integration's request.
    pub querystring: Vec<(String, String)>,
}

/// Why a template could not be rendered. API Gateway answers 500 and keeps the reason for its log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RenderError {
    /// Where.
    pub position: Position,
    /// Why.
    pub message: String,
}

impl fmt::Display for RenderError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.position, self.message)
    }
}

impl std::error::Error for RenderError {}

/// What goes wrong before its place is known.
type Step<T> = Result<T, String>;

/// How rendering goes on after a node.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Flow {
    On,
    Break,
    Stop,
}

/// One #foreach under way.
struct Loop {
    index: usize,
    length: usize,
}

pub(super) struct Renderer<'r> {
    facts: &'r Facts<'r>,
    variables: Vec<Value<'r>>,
    heap: Heap<'r>,
    loops: Vec<Loop>,
    /// Blocks of #define under way.
    blocks: usize,
    steps: usize,
    overrides: Overrides,
    /// The reference at work, for errors.
    at: Option<&'r Position>,
}

impl<'r> Renderer<'r> {
    pub(super) fn new(facts: &'r Facts<'r>, variables: usize) -> Self {
        Self {
            facts,
            variables: vec![Value::Null; variables],
            heap: Heap::default(),
            loops: Vec::new(),
            blocks: 0,
            steps: STEPS,
            overrides: Overrides::default(),
            at: None,
        }
    }

    pub(super) fn run(mut self, block: &'r Block) -> Result<Rendered, RenderError> {
        let mut text = String::with_capacity(256);
        match self.block(block, &mut text) {
            Ok(_) => Ok(Rendered { text, overrides: self.overrides }),
            Err(message) => {
                let nowhere = || Position { file: "".into(), line: 1, column: 1 };
                Err(RenderError { position: self.at.cloned().unwrap_or_else(nowhere), message })
            }
        }
    }

    fn charge(&mut self, bytes_or_items: usize) -> Step<()> {
        self.steps = self
            .steps
            .checked_sub(1 + bytes_or_items / 16)
            .ok_or_else(|| format!("more than {STEPS} steps, the template does too much"))?;
        Ok(())
    }

    fn block(&mut self, block: &'r Block, out: &mut String) -> Step<Flow> {
        for node in block {
            self.charge(0)?;
            if out.len() > OUTPUT {
                return Err(format!("more than {OUTPUT} bytes of output"));
            }
            let flow = match node {
                Node::Text(text) => {
                    out.push_str(text);
                    Flow::On
                }
                Node::Reference { reference, backslashes } => self.write_reference(reference, *backslashes, out)?,
                Node::Set { target, value } => {
                    // A block stays one under its new name.
                    let value = match value {
                        Expression::Reference(reference) if target.accesses.is_empty() => self.reference(reference)?,
                        other => self.value(other)?,
                    };
                    self.set(target, value)?;
                    Flow::On
                }
                Node::Define { slot, body } => {
                    self.variables[*slot] = Value::Block(body);
                    Flow::On
                }
                Node::If { branches, otherwise } => self.condition(branches, otherwise, out)?,
                Node::Foreach { slot, list, body } => self.foreach(*slot, list, body, out)?,
                Node::Stop => Flow::Stop,
                Node::Break => Flow::Break,
            };
            if flow != Flow::On {
                return Ok(flow);
            }
        }
        Ok(Flow::On)
    }

    fn condition(&mut self, branches: &'r [(Expression, Block)], otherwise: &'r Block, out: &mut String) -> Step<Flow> {
        for (condition, block) in branches {
            if self.holds(condition)? {
                return self.block(block, out);
            }
        }
        self.block(otherwise, out)
    }

    fn foreach(&mut self, slot: usize, list: &'r Expression, body: &'r Block, out: &mut String) -> Step<Flow> {
        let items: Vec<Value<'r>> = match self.value(list)? {
            Value::List(id) => self.heap.list(id).items.clone(),
            Value::Map(id) => self.heap.map(id).entries.iter().map(|(_, value)| value.clone()).collect(),
            _ => return Ok(Flow::On),
        };
        self.charge(items.len())?;
        let before = self.variables[slot].clone();
        self.loops.push(Loop { index: 0, length: items.len() });
        let mut flow = Flow::On;
        for (index, item) in items.into_iter().take(ITERATIONS).enumerate() {
            self.variables[slot] = item;
            if let Some(inner) = self.loops.last_mut() {
                inner.index = index;
            }
            flow = self.block(body, out)?;
            if flow != Flow::On {
                break;
            }
        }
        self.loops.pop();
        self.variables[slot] = before;
        Ok(if flow == Flow::Stop { Flow::Stop } else { Flow::On })
    }

    /// Renders what `#define` gave a name; `#break` leaves it, `#stop` the template.
    fn defined(&mut self, block: &'r Block, out: &mut String) -> Step<Flow> {
        self.blocks += 1;
        if self.blocks > BLOCKS {
            return Err(format!("blocks of #define within each other deeper than {BLOCKS}"));
        }
        let flow = self.block(block, out)?;
        self.blocks -= 1;
        Ok(if flow == Flow::Stop { Flow::Stop } else { Flow::On })
    }

    fn write_reference(&mut self, reference: &'r Reference, backslashes: usize, out: &mut String) -> Step<Flow> {
        if let (Root::Variable(slot), [], 0) = (reference.root, reference.accesses.as_slice(), backslashes)
            && let Value::Text(text) = &self.variables[slot]
        {
            out.push_str(text);
            let length = text.len();
            return self.charge(length).map(|()| Flow::On);
        }
        let value = self.reference(reference)?;
        let null = matches!(value, Value::Null);
        let kept = if null { backslashes } else { backslashes / 2 };
        out.extend(std::iter::repeat_n('\\', kept));
        if !null && backslashes % 2 == 1 || null && !reference.quiet {
            out.push_str(&reference.source);
            return Ok(Flow::On);
        }
        match value {
            Value::Null => Ok(Flow::On),
            Value::Block(block) => self.defined(block, out),
            value => self.print(&value, out).map(|()| Flow::On),
        }
    }

    fn print(&mut self, value: &Value<'r>, out: &mut String) -> Step<()> {
        let before = out.len();
        if !self.heap.print(value, out, OUTPUT) {
            return Err(format!("a value is nested too deep or prints as more than {OUTPUT} bytes"));
        }
        self.charge(out.len() - before)
    }

    /// `toString`; null has none.
    fn text(&mut self, value: Value<'r>) -> Step<Option<Cow<'r, str>>> {
        match value {
            Value::Null => Ok(None),
            Value::Text(text) => Ok(Some(text)),
            Value::Block(block) => {
                let mut text = String::new();
                self.defined(block, &mut text)?;
                Ok(Some(Cow::Owned(text)))
            }
            other => {
                let mut text = String::new();
                self.print(&other, &mut text)?;
                Ok(Some(Cow::Owned(text)))
            }
        }
    }

    fn value(&mut self, expression: &'r Expression) -> Step<Value<'r>> {
        self.charge(0)?;
        Ok(match expression {
            Expression::Text(text) => Value::Text(Cow::Borrowed(text)),
            Expression::Interpolated(block) => {
                let mut text = String::new();
                self.block(block, &mut text)?;
                self.charge(text.len())?;
                Value::Text(Cow::Owned(text))
            }
            Expression::Integer(number) => Value::Integer(*number),
            Expression::Double(number) => Value::Double(*number),
            Expression::Bool(value) => Value::Bool(*value),
            Expression::List(items) => {
                let items = items.iter().map(|item| self.value(item)).collect::<Step<_>>()?;
                self.heap.new_list(items)
            }
            Expression::Range(from, to) => {
                let (from, to) = (self.value(from)?, self.value(to)?);
                self.range(&from, &to)?
            }
            Expression::Map(entries) => {
                let mut map = Map::default();
                for (key, value) in entries {
                    let key = self.value(key)?;
                    let key = methods::key_of(&self.heap, &key).unwrap_or(Cow::Borrowed("null"));
                    map.put(key, self.value(value)?);
                }
                self.heap.new_map(map)
            }
            Expression::Reference(reference) => match self.reference(reference)? {
                block @ Value::Block(_) => self.text(block)?.map_or(Value::Null, Value::Text),
                value => value,
            },
            Expression::Not(_) | Expression::Binary(_, Operator::And | Operator::Or, _) => {
                Value::Bool(self.holds(expression)?)
            }
            Expression::Binary(left, operator, right) => self.binary(left, *operator, right)?,
        })
    }

    /// Whether a condition holds. References do unless they are null or false, an empty text too; literals never do.
    fn holds(&mut self, condition: &'r Expression) -> Step<bool> {
        Ok(match condition {
            Expression::Not(inner) => !self.holds(inner)?,
            Expression::Binary(left, Operator::And, right) => self.holds(left)? && self.holds(right)?,
            Expression::Binary(left, Operator::Or, right) => self.holds(left)? || self.holds(right)?,
            Expression::Reference(reference) => {
                !matches!(self.reference(reference)?, Value::Null | Value::Missing | Value::Bool(false))
            }
            other => matches!(self.value(other)?, Value::Bool(true)),
        })
    }

    fn binary(&mut self, left: &'r Expression, operator: Operator, right: &'r Expression) -> Step<Value<'r>> {
        let (a, b) = (self.value(left)?, self.value(right)?);
        if operator == Operator::Add && (matches!(a, Value::Text(_)) || matches!(b, Value::Text(_))) {
            let mut text = String::new();
            for (value, expression) in [(a, left), (b, right)] {
                match (&value, expression) {
                    (Value::Null, Expression::Reference(reference)) => text.push_str(&reference.source),
                    _ => self.print(&value, &mut text)?,
                }
            }
            return Ok(Value::Text(Cow::Owned(text)));
        }
        if let (Value::List(_) | Value::Map(_), _) | (_, Value::List(_) | Value::Map(_)) = (&a, &b) {
            // Comparing two trees costs what they hold.
            self.charge(1 << 12)?;
        }
        Ok(arithmetic::apply(&self.heap, &a, operator, &b))
    }

    fn range(&mut self, from: &Value<'r>, to: &Value<'r>) -> Step<Value<'r>> {
        let (Value::Integer(from), Value::Integer(to)) = (from, to) else { return Ok(Value::Null) };
        let length = from.checked_sub(*to).map_or(i128::MAX, i128::abs);
        if length >= RANGE {
            return Err(format!("a range of more than {RANGE} numbers"));
        }
        let items: Vec<Value<'r>> = if from <= to {
            (*from..=*to).map(Value::Integer).collect()
        } else {
            (*to..=*from).rev().map(Value::Integer).collect()
        };
        self.charge(items.len())?;
        Ok(self.heap.new_list(items))
    }
}
