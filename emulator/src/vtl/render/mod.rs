//! Rendering: a walk over the template with its bounds.

mod access;
mod call;
mod context;
mod halt;
mod set;

use std::borrow::Cow;
use std::fmt;

use super::arithmetic;
use super::ast::{Block, Expression, Operator, Root, Statement, Written};
use super::facts::Facts;
use super::heap::Heap;
use super::methods;
use super::overrides::Overrides;
use super::print::print;
use super::value::{Host, Value};
use crate::budget::Budget;
use crate::document::Position;
use crate::java;
use halt::Halt;

/// Units of work that a node, an access or an iteration costs.
const STEP: usize = 20;
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
pub(crate) struct Rendered {
    /// The text.
    pub(crate) text: String,
    /// What it and those before it set in `$context`; `None` if it has not looked there.
    pub(crate) overrides: Option<Overrides>,
}

/// Why a template could not be rendered. API Gateway answers 500 and keeps the reason for its log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct RenderError {
    /// Where.
    pub(crate) position: Position,
    /// Why.
    pub(crate) message: String,
}

impl fmt::Display for RenderError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.position, self.message)
    }
}

impl std::error::Error for RenderError {}

/// What goes wrong before its place is known, or ends rendering early.
type Step<T> = Result<T, Halt>;

/// A value, and the expression that stands for it, if it is one.
type Operand<'r> = (Value<'r>, Option<&'r Expression>);

/// One #foreach under way.
struct Loop {
    index: usize,
    length: usize,
}

pub(super) struct Renderer<'r> {
    facts: &'r Facts<'r>,
    budget: &'r Budget,
    variables: Vec<Value<'r>>,
    heap: Heap<'r>,
    loops: Vec<Loop>,
    /// Blocks of #define under way.
    blocks: usize,
    /// Bytes that are held for values which end with the node at work.
    temporary: usize,
    /// `$context`, once it is more than looked up.
    context: Option<usize>,
    /// The reference at work, for errors.
    at: Option<&'r Position>,
}

impl<'r> Renderer<'r> {
    pub(super) fn new(facts: &'r Facts<'r>, variables: usize) -> Self {
        Self {
            facts,
            budget: facts.budget,
            variables: vec![Value::Null; variables],
            heap: Heap::new(facts.budget),
            loops: Vec::new(),
            blocks: 0,
            temporary: 0,
            context: None,
            at: None,
        }
    }

    pub(super) fn run(mut self, block: &'r Block) -> Result<Rendered, RenderError> {
        let mut text = String::with_capacity(512);
        let rendered = match self.block(block, &mut text) {
            Err(Halt::Fault(message)) => Err(Halt::Fault(message)),
            // What a #stop or #break leaves behind is the answer.
            Ok(()) | Err(_) => self.overrides(),
        };
        match rendered {
            Ok(overrides) => Ok(Rendered { text: java::without_lone(text), overrides }),
            Err(halt) => {
                let nowhere = || Position { file: "".into(), line: 1, column: 1 };
                let message = if let Halt::Fault(message) = halt { message } else { "#stop in a header".to_owned() };
                Err(RenderError { position: self.at.cloned().unwrap_or_else(nowhere), message })
            }
        }
    }

    /// Charges a step, and the bytes or items that it copies.
    fn charge(&self, bytes_or_items: usize) -> Step<()> {
        Ok(self.budget.work(STEP + bytes_or_items / 4)?)
    }

    /// Holds what a value keeps until the node at work ends.
    fn temporary(&mut self, value: Value<'r>) -> Step<Value<'r>> {
        self.hold(value.size())?;
        Ok(value)
    }

    fn hold(&mut self, bytes: usize) -> Step<()> {
        self.budget.work(bytes / 8)?;
        self.budget.hold(bytes)?;
        self.temporary += bytes;
        Ok(())
    }

    /// Gives back what was held since so many bytes were.
    fn settle(&mut self, held: usize) {
        self.budget.release(self.temporary - held);
        self.temporary = held;
    }

    fn block(&mut self, block: &'r Block, out: &mut String) -> Step<()> {
        for node in block {
            self.charge(0)?;
            let held = self.temporary;
            if out.len() > OUTPUT {
                return Err(format!("more than {OUTPUT} bytes of output").into());
            }
            match node {
                Statement::Text(text) => {
                    self.charge(text.len())?;
                    out.push_str(text);
                }
                Statement::Reference(written) => self.write_reference(written, out)?,
                Statement::Set { target, value } => {
                    // A block stays one under its new name.
                    let value = match value {
                        Expression::Reference(reference) if target.accesses.is_empty() => self.reference(reference)?,
                        other => self.stored(other)?,
                    };
                    self.set(target, value)?;
                }
                Statement::Define { slot, body } => self.assign(*slot, Value::Block(body))?,
                Statement::If { branches, otherwise } => self.condition(branches, otherwise, out)?,
                Statement::Foreach { slot, list, body } => self.foreach(*slot, list, body, out)?,
                Statement::Stop(message) => {
                    message.iter().try_for_each(|message| self.value(message).map(|_| ()))?;
                    return Err(Halt::All);
                }
                Statement::Break(None) => return Err(Halt::Innermost),
                Statement::Break(Some(target)) => match self.value(target)? {
                    Value::Host(Host::Loop(at)) if at < self.loops.len() => return Err(Halt::Loop(at)),
                    _ => return Err("#break needs a loop, such as $foreach.parent".to_owned().into()),
                },
            }
            self.settle(held);
        }
        Ok(())
    }

    fn condition(&mut self, branches: &'r [(Expression, Block)], otherwise: &'r Block, out: &mut String) -> Step<()> {
        for (condition, block) in branches {
            if self.holds(condition)? {
                return self.block(block, out);
            }
        }
        self.block(otherwise, out)
    }

    fn foreach(&mut self, slot: usize, list: &'r Expression, body: &'r Block, out: &mut String) -> Step<()> {
        let value = match self.value(list)? {
            Value::Host(host) => self.host_map(&host)?,
            value => value,
        };
        let length = match value {
            Value::List(id) => self.heap.list(id).items.len(),
            Value::Map(id) => self.heap.map(id).entries.len(),
            _ => return Ok(()),
        };
        let (number, held) = (self.loops.len(), self.temporary);
        let before = self.heap.copy(&self.variables[slot])?;
        self.budget.hold(before.size())?;
        self.loops.push(Loop { index: 0, length });
        let ended = self.iterate(&value, length, slot, body, out);
        self.loops.pop();
        self.budget.release(before.size());
        self.assign(slot, before)?;
        match ended {
            Err(Halt::Innermost) => self.settle(held),
            Err(Halt::Loop(at)) if at == number => self.settle(held),
            ended => return ended,
        }
        Ok(())
    }

    fn iterate(&mut self, of: &Value<'r>, length: usize, slot: usize, body: &'r Block, out: &mut String) -> Step<()> {
        for index in 0..ITERATIONS {
            let Some(item) = self.item(of, index, length)? else { break };
            self.assign(slot, item)?;
            if let Some(inner) = self.loops.last_mut() {
                inner.index = index;
            }
            self.block(body, out)?;
        }
        Ok(())
    }

    /// The next item of a loop over a list or map that had `length` items when it began; `None` after the last one.
    fn item(&self, of: &Value<'r>, index: usize, length: usize) -> Step<Option<Value<'r>>> {
        let changed = || "a list or map that #foreach goes through may not grow or shrink meanwhile".to_owned();
        match of {
            Value::List(id) => {
                let list = self.heap.list(*id);
                let now = list.items.len();
                // Java's map iterators know beforehand which item is the last.
                let most = if list.is_view() { length } else { now };
                match list.items.get(index) {
                    _ if index == most => Ok(None),
                    Some(item) if now == length => Ok(Some(self.heap.copy(item)?)),
                    _ => Err(changed().into()),
                }
            }
            Value::Map(id) => match self.heap.map(*id).entries.get(index) {
                _ if index >= length => Ok(None),
                Some((_, value)) if self.heap.map(*id).entries.len() == length => Ok(Some(self.heap.copy(value)?)),
                _ => Err(changed().into()),
            },
            _ => Ok(None),
        }
    }

    /// Gives a variable another value; what the old one kept is given back.
    fn assign(&mut self, slot: usize, value: Value<'r>) -> Step<()> {
        self.budget.hold(value.size())?;
        let old = std::mem::replace(&mut self.variables[slot], value);
        self.budget.release(old.size());
        Ok(())
    }

    /// Renders what `#define` gave a name; `#break` leaves it, `#stop` the template.
    fn defined(&mut self, block: &'r Block, out: &mut String) -> Step<()> {
        self.blocks += 1;
        if self.blocks > BLOCKS {
            return Err(format!("blocks of #define within each other deeper than {BLOCKS}").into());
        }
        let held = self.temporary;
        let ended = self.block(block, out);
        self.blocks -= 1;
        if matches!(ended, Err(Halt::Innermost)) {
            self.settle(held);
            return Ok(());
        }
        ended
    }

    fn write_reference(&mut self, written: &'r Written, out: &mut String) -> Step<()> {
        let Written { reference, escaped, escapes, before } = written;
        if let (Root::Variable(slot), [], false, 0, "") =
            (reference.root, reference.accesses.as_slice(), *escaped, *escapes, &**before)
            && let Value::Text(text) = &self.variables[slot]
        {
            if out.len() + text.len() > OUTPUT {
                return Err(format!("more than {OUTPUT} bytes of output").into());
            }
            self.charge(text.len())?;
            out.push_str(text);
            return Ok(());
        }
        let value = self.reference(reference)?;
        if let (Value::Block(block), false) = (&value, *escaped) {
            return self.defined(block, out);
        }
        let null = matches!(value, Value::Null);
        let pairs = if null && !escaped { 2 * escapes } else { *escapes };
        out.extend(std::iter::repeat_n('\\', pairs + usize::from(null && *escaped)));
        if *escaped {
            out.push_str(&reference.source);
            return Ok(());
        }
        out.push_str(before);
        if !null {
            return self.print(&value, out);
        }
        if !reference.quiet {
            out.push_str(&reference.source);
        }
        Ok(())
    }

    /// Appends what a value prints as: an object of the gateway's own as the map that it is.
    fn print(&mut self, value: &Value<'r>, out: &mut String) -> Step<()> {
        if let Value::Host(host) = value
            && host.is_map()
        {
            let map = self.host_map(host)?;
            return Ok(print(&self.heap, &map, out, OUTPUT)?);
        }
        Ok(print(&self.heap, value, out, OUTPUT)?)
    }

    /// `toString`; null has none.
    fn text(&mut self, value: Value<'r>) -> Step<Option<Cow<'r, str>>> {
        let mut text = String::new();
        match value {
            Value::Null => return Ok(None),
            Value::Text(text) => return Ok(Some(text)),
            Value::Block(block) => self.defined(block, &mut text)?,
            other => self.print(&other, &mut text)?,
        }
        self.hold(text.len())?;
        Ok(Some(Cow::Owned(text)))
    }

    fn value(&mut self, expression: &'r Expression) -> Step<Value<'r>> {
        self.charge(0)?;
        Ok(match expression {
            Expression::Text(text) => Value::Text(Cow::Borrowed(text)),
            Expression::Interpolated { block, closed } => {
                let mut text = String::new();
                self.block(block, &mut text)?;
                if *closed {
                    text.pop();
                }
                self.temporary(Value::Text(Cow::Owned(text)))?
            }
            Expression::Integer(number) => Value::Integer(*number),
            Expression::Exact(number) => self.temporary(Value::Exact(number.clone()))?,
            Expression::Double(number) => Value::Double(*number),
            Expression::Bool(value) => Value::Bool(*value),
            Expression::List(items) => {
                let items = items.iter().map(|item| self.stored(item)).collect::<Step<_>>()?;
                self.heap.new_list(items)?
            }
            Expression::Range(from, to) => {
                let (from, to) = (self.value(from)?, self.value(to)?);
                self.range(&from, &to)?
            }
            Expression::Map(entries) => {
                let map = self.heap.new_map(false, Vec::new())?;
                for (key, value) in entries {
                    let key = self.stored(key)?;
                    let key = methods::key_of(&self.heap, &key)?;
                    let value = self.stored(value)?;
                    if let Value::Map(id) = map {
                        self.heap.put(id, key, value)?;
                    }
                }
                map
            }
            Expression::Reference(reference) => self.reference(reference)?,
            Expression::Not(_) => Value::Bool(self.holds(expression)?),
            Expression::Chain(first, rest) => match rest[0].0 {
                Operator::And | Operator::Or => Value::Bool(self.holds(expression)?),
                _ => self.chain(first, rest)?,
            },
        })
    }

    /// The value of what a list or a map keeps: of a block, its text.
    fn stored(&mut self, expression: &'r Expression) -> Step<Value<'r>> {
        let value = self.value(expression)?;
        self.without_block(value)
    }

    fn without_block(&mut self, value: Value<'r>) -> Step<Value<'r>> {
        match value {
            block @ Value::Block(_) => Ok(self.text(block)?.map_or(Value::Null, Value::Text)),
            value => Ok(value),
        }
    }

    /// Whether a condition holds. References do unless they are null or false, an empty text too; literals never do.
    fn holds(&mut self, condition: &'r Expression) -> Step<bool> {
        Ok(match condition {
            Expression::Not(inner) => !self.holds(inner)?,
            Expression::Chain(first, rest) => match rest[0].0 {
                // The first that holds, or does not, decides.
                operator @ (Operator::And | Operator::Or) => {
                    let decides = operator == Operator::Or;
                    for part in std::iter::once(&**first).chain(rest.iter().map(|(_, part)| part)) {
                        if self.holds(part)? == decides {
                            return Ok(decides);
                        }
                    }
                    !decides
                }
                operator if operator.compares() => matches!(self.chain(first, rest)?, Value::Bool(true)),
                _ => false,
            },
            Expression::Reference(reference) => match self.reference(reference)? {
                Value::Null | Value::Missing | Value::Bool(false) => false,
                // Velocity asks for its text.
                block @ Value::Block(_) => self.text(block)?.is_some(),
                _ => true,
            },
            Expression::Bool(holds) => *holds,
            // Nothing else holds, nor is it looked at.
            _ => false,
        })
    }

    /// Operators of one level, from the left.
    fn chain(&mut self, first: &'r Expression, rest: &'r [(Operator, Expression)]) -> Step<Value<'r>> {
        let mut left = (self.value(first)?, Some(first));
        for (operator, right) in rest {
            let right = (self.value(right)?, Some(right));
            left = (self.binary(left, *operator, right)?, None);
        }
        Ok(left.0)
    }

    /// One operator between two values, each with the expression that it is the value of.
    fn binary(&mut self, left: Operand<'r>, operator: Operator, right: Operand<'r>) -> Step<Value<'r>> {
        let ((a, left), (b, right)) = (left, right);
        if operator == Operator::Add && (matches!(a, Value::Text(_)) || matches!(b, Value::Text(_))) {
            let mut text = String::new();
            for (value, expression) in [(a, left), (b, right)] {
                match (value, expression) {
                    (Value::Null, Some(Expression::Reference(reference))) => text.push_str(&reference.source),
                    (Value::Block(block), _) => self.defined(block, &mut text)?,
                    (value, _) => self.print(&value, &mut text)?,
                }
            }
            return self.temporary(Value::Text(Cow::Owned(text)));
        }
        let (a, b) = match (a, b) {
            (a @ Value::Block(_), b @ Value::Block(_)) => (a, b),
            (a, b) if operator.compares() => (self.without_block(a)?, self.without_block(b)?),
            both => both,
        };
        Ok(arithmetic::apply(&self.heap, &a, operator, &b)?)
    }

    fn range(&mut self, from: &Value<'r>, to: &Value<'r>) -> Step<Value<'r>> {
        let (Some(from), Some(to)) = (methods::int_value(from), methods::int_value(to)) else {
            return Ok(Value::Null);
        };
        let (from, to) = (&i128::from(from), &i128::from(to));
        let length = (from - to).abs();
        if length >= RANGE {
            return Err(format!("a range of more than {RANGE} numbers").into());
        }
        let size = usize::try_from(length).unwrap_or(usize::MAX).saturating_mul(size_of::<Value<'_>>());
        self.budget.hold(size)?;
        let items: Vec<Value<'r>> = if from <= to {
            (*from..=*to).map(Value::Integer).collect()
        } else {
            (*to..=*from).rev().map(Value::Integer).collect()
        };
        let list = self.heap.new_list(items)?;
        self.budget.release(size);
        Ok(list)
    }
}
