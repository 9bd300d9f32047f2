//! `toString`.

use std::fmt::Write as _;

use super::heap::{Heap, VALUE};
use super::json::{quoted_length, write_string};
use super::value::{Host, Key, Value};
use crate::budget::Budget;
use crate::java;

/// Lists in lists deeper than this are not printed.
const DEPTH: usize = 450;
/// Units of work that a number with a fraction costs besides.
const DOUBLE: usize = 100;

/// Appends what a value prints as. The text may not grow past `most` bytes.
pub(super) fn print<'r>(heap: &Heap<'r>, value: &Value<'r>, out: &mut String, most: usize) -> Result<(), String> {
    let charged = out.len();
    let mut printer = Printer { heap, budget: heap.budget, out, most, charged };
    printer.print(value, 0)?;
    printer.step(0)
}

struct Printer<'p, 'r> {
    heap: &'p Heap<'r>,
    budget: &'r Budget,
    out: &'p mut String,
    most: usize,
    /// How much of the text has been charged.
    charged: usize,
}

impl<'r> Printer<'_, 'r> {
    /// Charges a value, and what has been written since the last one.
    fn step(&mut self, depth: usize) -> Result<(), String> {
        self.budget.work(VALUE + (self.out.len() - self.charged) / 4)?;
        self.charged = self.out.len();
        if depth > DEPTH { Err(self.fault()) } else { self.reserve(0) }
    }

    /// Whether so many bytes more may be written.
    fn reserve(&self, bytes: usize) -> Result<(), String> {
        let length = self.out.len() + bytes;
        if length > self.most {
            return Err(self.fault());
        }
        if length > self.out.capacity() {
            self.budget.room(length)?;
        }
        Ok(())
    }

    fn fault(&self) -> String {
        format!("a value is nested too deep or prints as more than {} bytes", self.most)
    }

    fn push(&mut self, text: &str) -> Result<(), String> {
        self.reserve(text.len())?;
        self.budget.work(text.len() / 4)?;
        self.charged += text.len();
        self.out.push_str(text);
        Ok(())
    }

    /// A string in quotes. A list writes a slash as `\/`, which `$input.json` does not.
    fn quoted(&mut self, text: &str) -> Result<(), String> {
        self.budget.work(text.len() / 4)?;
        let (start, slashes) = (self.out.len(), text.matches('/').count());
        let length = quoted_length(text) + slashes;
        self.reserve(length)?;
        self.budget.work(length)?;
        write_string(text, self.out);
        if slashes > 0 {
            let escaped = self.out.split_off(start).replace('/', "\\/");
            self.out.push_str(&escaped);
        }
        self.charged = self.out.len();
        Ok(())
    }

    fn print(&mut self, value: &Value<'r>, depth: usize) -> Result<(), String> {
        self.step(depth)?;
        match value {
            Value::Null => self.out.push_str("null"),
            Value::Host(Host::Loop(_)) => self.out.push_str("{}"),
            Value::Missing | Value::Host(_) | Value::Block(_) => {}
            Value::Bool(value) => self.out.push_str(if *value { "true" } else { "false" }),
            Value::Integer(number) => write!(self.out, "{number}").expect("a string takes everything"),
            Value::Exact(text) => self.push(text)?,
            Value::Double(number) => {
                self.budget.work(DOUBLE)?;
                java::double(*number, self.out);
            }
            Value::Text(text) => self.push(text)?,
            Value::List(id) if self.heap.list(*id).is_json() => return self.json(value, depth),
            Value::List(id) => {
                self.out.push('[');
                for (at, item) in self.heap.list(*id).items.iter().enumerate() {
                    if at > 0 {
                        self.out.push_str(", ");
                    }
                    match item {
                        Value::List(inner) if inner == id => self.out.push_str("(this Collection)"),
                        _ => self.print(item, depth + 1)?,
                    }
                }
                self.out.push(']');
            }
            Value::Map(id) => {
                self.out.push('{');
                for (at, (key, item)) in self.heap.map(*id).entries.iter().enumerate() {
                    if at > 0 {
                        self.out.push_str(", ");
                    }
                    self.key(key, depth)?;
                    self.out.push('=');
                    match item {
                        Value::Map(inner) if inner == id => self.out.push_str("(this Map)"),
                        _ => self.print(item, depth + 1)?,
                    }
                }
                self.out.push('}');
            }
            Value::Entry(id) => {
                self.key(&self.heap.pair(*id).key, depth)?;
                self.out.push('=');
                self.print(&self.heap.pair_value(*id)?, depth + 1)?;
            }
        }
        Ok(())
    }

    fn key(&mut self, key: &Key<'r>, depth: usize) -> Result<(), String> {
        match key {
            Key::Text(text) => self.push(text),
            Key::Other(value) => self.print(value, depth + 1),
        }
    }

    /// A list that came from JSON prints as JSON with all that is in it.
    fn json(&mut self, value: &Value<'r>, depth: usize) -> Result<(), String> {
        self.step(depth)?;
        match value {
            Value::Null | Value::Missing => self.out.push_str("null"),
            Value::Double(number) if !number.is_finite() => self.out.push_str("null"),
            Value::Text(text) => self.quoted(text)?,
            Value::List(id) => {
                self.out.push('[');
                for (at, item) in self.heap.list(*id).items.iter().enumerate() {
                    if at > 0 {
                        self.out.push(',');
                    }
                    self.json(item, depth + 1)?;
                }
                self.out.push(']');
            }
            Value::Map(id) => {
                self.out.push('{');
                for (at, (key, item)) in self.heap.map(*id).entries.iter().enumerate() {
                    if at > 0 {
                        self.out.push(',');
                    }
                    match key {
                        Key::Text(text) => self.quoted(text)?,
                        Key::Other(value) => {
                            let mut text = String::new();
                            print(self.heap, value, &mut text, self.most)?;
                            self.quoted(&text)?;
                        }
                    }
                    self.out.push(':');
                    self.json(item, depth + 1)?;
                }
                self.out.push('}');
            }
            other => return self.print(other, depth),
        }
        Ok(())
    }
}
