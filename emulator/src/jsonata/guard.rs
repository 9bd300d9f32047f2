//! What the library does in one go, however much it is: nothing is made that would take it too long.
//!
//! Between its steps the library looks at the time, but reading a name in nested lists, comparing, printing or copying a
//! value is one step. Values share their parts, so that a small one can stand for 2^60 of them. So values are counted
//! where they are made, not where they are used: whatever may make one (a call, a constructor, a path that is more than
//! names, a chain, a sort, a group) and whatever a function is given goes through primitives of ours, whose names no expression
//! can write. What then has a name is never larger than `MAX_PARTS`, by whatever way a function gets to it.

use std::cell::Cell;
use std::collections::BTreeSet;

use jsonata_core::ast::{AstNode, BinaryOp, PathStep, Stage};
use jsonata_core::value::with_stack;

use super::patterns::{SEARCHING, check_pattern, searched};

/// Counts its argument, and gives it back.
pub(super) const MADE: &str = "made!";
/// Counts its arguments; gives nothing.
pub(super) const ENTERED: &str = "entered!";
/// Counts its argument, once for each time it occurs in what is made of it, and gives it back.
pub(super) const EACH: &str = "each!";
/// Counts the items of its argument, not what they are made of, and gives it back.
pub(super) const LISTED: &str = "listed!";
/// Charges what it takes to join each of its items with what stands before it, and gives it back.
pub(super) const JOINED: &str = "joined!";
/// The same as `EACH`, as a filter that lets everything pass.
pub(super) const PASSED: &str = "passed!";
/// Charges the copy of its argument, and gives it back.
pub(super) const COPIED: &str = "copied!";
/// Functions of ours that are called without the function around them, and with how many arguments: it takes most of the time
/// of a short call to check their types, and the primitive checks what it is given.
const DIRECT: &[(&str, usize, usize)] = &[
    ("append", 2, 2),
    ("contains", 2, 2),
    ("keys", 1, 1),
    ("match", 2, 3),
    ("replace", 3, 4),
    ("split", 2, 3),
    ("string", 1, 2),
];

/// What values go through.
const PASSED_THROUGH: &[&str] = &[MADE, ENTERED, EACH, LISTED, JOINED, PASSED, COPIED, WRITTEN, SPAN, PLACES];

/// Charges its argument as what it is written as, and gives it back.
pub(super) const WRITTEN: &str = "written!";
/// Charges the list that begins with its first argument and ends with its second, and gives back the second.
pub(super) const SPAN: &str = "span!";
/// Charges the search for its first argument, places, in its second, and gives back the first.
pub(super) const PLACES: &str = "places!";

/// Functions that copy their arguments: the name, and in value position the parameters and their types.
pub(super) const COPYING: &[(&str, &[&str], Option<&str>)] = &[
    ("base64decode", &["a"], Some("<s-:s>")),
    ("base64encode", &["a"], Some("<s-:s>")),
    ("decodeUrl", &["a"], Some("<s-:s>")),
    ("decodeUrlComponent", &["a"], Some("<s-:s>")),
    ("encodeUrl", &["a"], Some("<s-:s>")),
    ("encodeUrlComponent", &["a"], Some("<s-:s>")),
    ("lowercase", &["a"], Some("<s-:s>")),
    ("merge", &["a"], Some("<a<o>:o>")),
    ("reverse", &["a"], Some("<a:a>")),
    ("spread", &["a"], Some("<x-:a<o>>")),
    ("substring", &["a", "b", "c"], Some("<s-nn?:s>")),
    ("substringAfter", &["a", "b"], Some("<s-s:s>")),
    ("substringBefore", &["a", "b"], Some("<s-s:s>")),
    ("trim", &["a"], Some("<s-:s>")),
    ("uppercase", &["a"], Some("<s-:s>")),
    ("zip", &["a", "b", "c", "d", "e", "f", "g", "h"], None),
];

/// Longest signature of a function, in bytes: the library makes a pattern of it, and one of each of its beginnings, whenever
/// the function is called.
const MAX_SIGNATURE: usize = 200;

/// The name under which a function that copies is passed on.
pub(super) fn value_name(name: &str) -> String {
    format!("{name}!value")
}

/// Where a part stands, which decides whether it may be put into a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Place {
    /// Its value is all that matters.
    Value,
    /// The first step of a path, or what is sorted or grouped: lists and paths are told by their form.
    First,
    /// A later step of a path: it is evaluated for each item.
    Step,
    /// What stands around it counts it, and it must keep its form: the last call of a function, a list within a list.
    Kept,
}

/// Has everything that may make a value counted. An error says what the library could not be stopped at.
pub(super) fn guard(tree: &mut AstNode, is_bound: &dyn Fn(&str) -> bool) -> Result<(), String> {
    let guard = Guard { is_bound, searched: searched(tree), mistake: Cell::default() };
    guard.rewrite(tree, Place::Value);
    guard.mistake.take().map_or(Ok(()), Err)
}

struct Guard<'b> {
    /// Whether the expression itself gives that name to something.
    is_bound: &'b dyn Fn(&str) -> bool,
    /// Its variables that are given to searches and to nothing else.
    searched: BTreeSet<String>,
    /// What is wrong with it.
    mistake: Cell<Option<String>>,
}

impl Guard<'_> {
    fn check(&self, checked: Result<(), String>) {
        if let Err(mistake) = checked {
            self.mistake.set(Some(mistake));
        }
    }

    fn rewrite(&self, node: &mut AstNode, place: Place) {
        // A parsed expression may be a thousand levels deep.
        with_stack(|| {
            self.rewrite_below(node, place);
            match place {
                Place::Value if may_make(node) => pass_through(MADE, node),
                Place::First if may_make(node) && !has_form(node) => pass_through(MADE, node),
                Place::Step if may_repeat(node) && !has_form(node) => pass_through(EACH, node),
                _ => {}
            }
        });
    }

    fn rewrite_all(&self, nodes: &mut [AstNode], place: Place) {
        for node in nodes {
            self.rewrite(node, place);
        }
    }

    fn rewrite_pairs(&self, pairs: &mut [(AstNode, AstNode)]) {
        for (key, value) in pairs {
            self.rewrite(key, Place::Value);
            self.rewrite(value, Place::Value);
        }
    }

    fn rewrite_below(&self, node: &mut AstNode, place: Place) {
        match node {
            AstNode::Path { steps } => self.rewrite_path(steps, place),
            AstNode::Binary { op, lhs, rhs } => self.rewrite_binary(*op, lhs, rhs),
            AstNode::Unary { operand, .. } => self.rewrite(operand, Place::Value),
            AstNode::Function { name, args, .. } => self.rewrite_function(name, args, place),
            AstNode::Call { procedure, args } => {
                self.rewrite(procedure, Place::Kept);
                self.rewrite_all(args, Place::Value);
            }
            AstNode::Lambda { params, body, signature, .. } => {
                let longest = signature.as_ref().map_or(0, String::len);
                if longest > MAX_SIGNATURE {
                    self.check(Err(format!("the signature of a function is longer than {MAX_SIGNATURE} bytes")));
                }
                self.rewrite(body, Place::Kept);
                // One without parameters can call itself, too.
                let given = params.iter().cloned().map(AstNode::Variable).collect();
                let inner = std::mem::replace(&mut **body, AstNode::Null);
                **body = AstNode::Block(vec![call(ENTERED, given), inner]);
            }
            AstNode::Array(items) | AstNode::ArrayGroup(items) => {
                for item in items {
                    // A list in a list is told by its form.
                    let is_list = matches!(item, AstNode::Array(_) | AstNode::ArrayGroup(_));
                    match (place, is_list) {
                        (Place::Step, true) => self.rewrite(item, Place::Step),
                        (_, true) => self.rewrite(item, Place::Kept),
                        (Place::Step, false) => {
                            self.rewrite(item, Place::Kept);
                            if !is_literal(item) {
                                pass_through(EACH, item);
                            }
                        }
                        (_, false) => self.rewrite(item, Place::Value),
                    }
                }
            }
            AstNode::Object(pairs) => self.rewrite_pairs(pairs),
            AstNode::Block(items) => {
                if let Some((last, before)) = items.split_last_mut() {
                    self.rewrite_all(before, Place::Value);
                    self.rewrite(last, place);
                }
            }
            AstNode::ObjectTransform { input, pattern } => {
                self.rewrite(input, Place::First);
                self.rewrite_pairs(pattern);
                // Each name is evaluated for each item.
                for (key, _) in pattern.iter_mut() {
                    pass_through(LISTED, key);
                }
            }
            AstNode::Conditional { condition, then_branch, else_branch } => {
                self.rewrite(condition, Place::Value);
                self.rewrite(then_branch, place);
                if let Some(branch) = else_branch {
                    self.rewrite(branch, place);
                }
            }
            AstNode::FunctionApplication(inner) => self.rewrite(inner, place),
            AstNode::Sort { input, terms } => {
                self.rewrite(input, Place::First);
                for (term, _) in terms {
                    self.rewrite(term, Place::Value);
                    // All terms are evaluated for all items before the first are compared.
                    pass_through(LISTED, term);
                }
            }
            AstNode::Transform { location, update, delete } => {
                self.rewrite(location, Place::Value);
                let places = std::mem::replace(&mut **location, AstNode::Null);
                **location = call(PLACES, vec![places, context()]);
                self.rewrite(update, Place::Kept);
                if let Some(delete) = delete {
                    self.rewrite(delete, Place::Value);
                }
            }
            AstNode::Regex { pattern, flags } => self.check(check_pattern(pattern, flags, false)),
            // A function that is passed on, whoever calls it.
            AstNode::Variable(name) if copies(name) && !(self.is_bound)(name) => *name = value_name(name),
            _ => {}
        }
    }

    fn rewrite_function(&self, name: &mut String, args: &mut Vec<AstNode>, place: Place) {
        let is_own = (self.is_bound)(name);
        let searches = SEARCHING.contains(&name.as_str()) && !is_own;
        for argument in &mut *args {
            match argument {
                AstNode::Regex { pattern, flags } if searches => self.check(check_pattern(pattern, flags, true)),
                _ => self.rewrite(argument, Place::Value),
            }
        }
        let is_whole = args.iter().all(|argument| !matches!(argument, AstNode::Placeholder));
        if is_whole && !is_own {
            // Where nothing is put before its arguments, it is called with its context.
            if name == "string" && args.is_empty() && place != Place::Kept {
                args.push(context());
            }
            let is_direct = |(direct, least, most): &(&str, usize, usize)| {
                *direct == name.as_str() && (*least..=*most).contains(&args.len())
            };
            if DIRECT.iter().any(is_direct) {
                name.push('!');
            }
        }
        if copies(name) {
            args.iter_mut().filter(|it| !keeps_its_form(it)).for_each(|it| pass_through(COPIED, it));
        }
    }

    fn rewrite_binary(&self, op: BinaryOp, lhs: &mut AstNode, rhs: &mut AstNode) {
        match op {
            BinaryOp::ColonEqual => {
                if let (AstNode::Variable(name), AstNode::Regex { pattern, flags }) = (&*lhs, &*rhs)
                    && self.searched.contains(name)
                {
                    return self.check(check_pattern(pattern, flags, true));
                }
                let is_function = matches!(rhs, AstNode::Lambda { .. });
                self.rewrite(rhs, if is_function { Place::Kept } else { Place::Value });
            }
            BinaryOp::ChainPipe => {
                self.rewrite(lhs, Place::Value);
                self.rewrite(rhs, Place::Kept);
                if matches!(rhs, AstNode::Function { name, .. } if copies(name)) && !keeps_its_form(lhs) {
                    pass_through(COPIED, lhs);
                }
            }
            BinaryOp::Range => {
                self.rewrite(lhs, Place::Value);
                self.rewrite(rhs, Place::Value);
                let last = std::mem::replace(rhs, AstNode::Null);
                // The first number is evaluated twice. One that is more than a name or a number is taken to be the smallest
                // that matters, so that ranges in ranges are not evaluated again and again.
                let first = match lhs {
                    AstNode::Number(_) | AstNode::Variable(_) | AstNode::Unary { .. } => lhs.clone(),
                    _ => AstNode::Undefined,
                };
                *rhs = call(SPAN, vec![first, last]);
            }
            BinaryOp::Concatenate => {
                for operand in [lhs, rhs] {
                    self.rewrite(operand, Place::Value);
                    if !is_literal(operand) {
                        pass_through(WRITTEN, operand);
                    }
                }
            }
            _ => {
                self.rewrite(lhs, Place::Value);
                self.rewrite(rhs, Place::Value);
            }
        }
    }

    fn rewrite_path(&self, steps: &mut [PathStep], place: Place) {
        // From the first step on that gives its items names, or whose items are asked for by `%`, each item carries them.
        let mut is_joined = false;
        for index in 0..steps.len() {
            let step = &mut steps[index];
            for stage in &mut step.stages {
                if let Stage::Filter(filter) = stage {
                    self.rewrite(filter, Place::Value);
                }
            }
            let carries = step.is_tuple || step.inner_tuple || step.focus.is_some() || step.index_var.is_some();
            is_joined |= carries || step.ancestor_label.is_some();
            // `[]` asks whether it is a list that the library made, which it would not be any more; the whole path is counted.
            let is_kept = place == Place::Kept || step.stages.contains(&Stage::KeepArray);
            match &mut step.node {
                node if index == 0 => self.rewrite(node, if is_kept { Place::Kept } else { Place::First }),
                // The library would take every item for every one before, and not look at the time.
                node @ (AstNode::Name(_) | AstNode::Variable(_)) if is_joined && !is_context(node) => {
                    pass_through(JOINED, node);
                }
                node if carries => self.rewrite(node, Place::Kept),
                // Of what has a name, only what the path goes on to is repeated.
                node @ AstNode::Variable(_) => {
                    self.rewrite(node, Place::Kept);
                    pass_through(LISTED, node);
                    let names = steps[index + 1..].iter().take_while(|step| matches!(step.node, AstNode::Name(_)));
                    let last = index + names.count();
                    steps[last].stages.push(pass());
                }
                // What is below is below each of the levels between, too.
                AstNode::Descendant => steps[index - 1].stages.push(pass()),
                node => self.rewrite(node, Place::Step),
            }
        }
    }
}

fn copies(name: &str) -> bool {
    COPYING.iter().any(|(copying, ..)| *copying == name)
}

/// Whether it may make a value, and not only a number, a truth, or a part of another value.
fn may_make(node: &AstNode) -> bool {
    match node {
        AstNode::Function { args, .. } | AstNode::Call { args, .. } => {
            // With a place left open it is a function.
            !is_primitive(node) && !args.iter().any(|argument| matches!(argument, AstNode::Placeholder))
        }
        AstNode::Array(_)
        | AstNode::ArrayGroup(_)
        | AstNode::Object(_)
        | AstNode::ObjectTransform { .. }
        | AstNode::Sort { .. }
        | AstNode::Descendant
        | AstNode::Binary { op: BinaryOp::ChainPipe, .. } => true,
        AstNode::Path { steps } => steps.iter().enumerate().any(|(index, step)| match step.node {
            AstNode::Name(_) => false,
            AstNode::Variable(_) | AstNode::ParentVariable(_) => index > 0,
            _ => true,
        }),
        _ => false,
    }
}

/// Whether it may give the same value for each item.
fn may_repeat(node: &AstNode) -> bool {
    may_make(node) || matches!(node, AstNode::Variable(_) | AstNode::ParentVariable(_) | AstNode::Path { .. })
}

/// Whether the library looks at what it is, not only at its value.
fn has_form(node: &AstNode) -> bool {
    match node {
        AstNode::Array(_) | AstNode::ArrayGroup(_) | AstNode::Sort { .. } | AstNode::ObjectTransform { .. } => true,
        AstNode::Path { steps } => steps.iter().any(|step| step.is_tuple) || matches!(steps[0].node, AstNode::Array(_)),
        _ => false,
    }
}

fn is_primitive(node: &AstNode) -> bool {
    matches!(node, AstNode::Function { name, .. } if PASSED_THROUGH.contains(&name.as_str()))
}

/// The filter that counts what passes.
fn pass() -> Stage {
    Stage::Filter(Box::new(call(PASSED, vec![context()])))
}

fn is_context(node: &AstNode) -> bool {
    matches!(node, AstNode::Variable(name) if name.is_empty())
}

fn context() -> AstNode {
    AstNode::Variable(String::new())
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

fn keeps_its_form(node: &AstNode) -> bool {
    is_literal(node) || matches!(node, AstNode::Lambda { .. } | AstNode::Transform { .. })
}
