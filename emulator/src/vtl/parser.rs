//! Text to template: the outer language of text, references and directives.
//!
//! Velocity 1.7's grammar switches its lexer by context, so that lexer and parser are one here: a cursor over the text
//! and a method per construct. What blanks are swallowed where is measured on Velocity 1.7 (vectors/velocity.tsv).

use super::ast::{Access, Block, Own, Reference, Root, Statement};
use super::cursor::{Cursor, Parsed};
use super::vocabulary;
use crate::document::LoadError;

/// How a block ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Ending {
    Text,
    End,
    Else,
    ElseIf,
}

/// Parses one template; variables get numbers in the order of their first mention.
pub(super) struct Parser<'t, 'n> {
    pub(super) cursor: Cursor<'t>,
    pub(super) names: &'n mut Vec<String>,
    /// What renders as nothing since nobody knows it, with its place.
    pub(super) unknown: &'n mut Vec<LoadError>,
}

impl Parser<'_, '_> {
    /// The whole text as a block.
    pub(super) fn template(&mut self) -> Parsed<Block> {
        let start = self.cursor.at;
        match self.block()? {
            (block, Ending::Text) => Ok(block),
            (_, ending) => {
                let name = match ending {
                    Ending::Else => "#else",
                    Ending::ElseIf => "#elseif",
                    _ => "#end",
                };
                Err(self.cursor.error_at(self.cursor.at.max(start), format!("{name} closes nothing, remove it")))
            }
        }
    }

    /// Nodes up to the end of the text or a directive that closes a block.
    fn block(&mut self) -> Parsed<(Block, Ending)> {
        self.cursor.enter()?;
        let mut nodes = Vec::new();
        let mut text = String::new();
        // Whether a token of text is not under way: only then are the blanks before #set swallowed.
        let mut fresh = true;
        let ending = loop {
            if fresh {
                self.skip_blanks_before_set();
            }
            let before = text.len();
            match self.cursor.peek() {
                None => break Ending::Text,
                Some('\\') => self.backslashes(&mut nodes, &mut text)?,
                Some('$') if self.cursor.begins_reference() => {
                    let reference = self.reference()?;
                    flush(&mut nodes, &mut text);
                    nodes.push(Statement::Reference { reference, backslashes: 0 });
                }
                Some('$') => self.dollar(&mut text),
                Some('#') => {
                    if let Some(ending) = self.hash(&mut nodes, &mut text)? {
                        break ending;
                    }
                }
                Some(character) => {
                    text.push(character);
                    self.cursor.bump();
                }
            }
            fresh = text.len() <= before;
        };
        flush(&mut nodes, &mut text);
        self.cursor.leave();
        Ok((nodes, ending))
    }

    /// Whether there were some.
    fn skip_blanks_before_set(&mut self) -> bool {
        let start = self.cursor.at;
        self.cursor.skip_blanks();
        if self.cursor.at > start && !self.cursor.begins_set() {
            self.cursor.at = start;
        }
        self.cursor.at > start
    }

    /// A `$` that begins no reference is lost before what the grammar itself knows, and makes text of other directives.
    fn dollar(&mut self, text: &mut String) {
        let start = self.cursor.at;
        let swallowed = self.cursor.swallows_dollar();
        let _ = self.cursor.take("$!") || self.cursor.take("$");
        if swallowed {
            return;
        }
        if let Some(name) = self.cursor.directive() {
            self.cursor.skip_directive(name);
            text.push_str(self.cursor.since(start));
            self.skip_blanks_before_set();
        } else {
            self.cursor.at = start;
            self.cursor.skip_dollar();
            text.push('$');
        }
    }

    /// Backslashes keep a reference or directive from being one, in pairs stand for themselves, and elsewhere are text.
    fn backslashes(&mut self, nodes: &mut Block, text: &mut String) -> Parsed<()> {
        let mut backslashes = 0;
        while self.cursor.take("\\") {
            backslashes += 1;
        }
        if self.cursor.begins_reference() {
            let reference = self.reference()?;
            flush(nodes, text);
            nodes.push(Statement::Reference { reference, backslashes });
        } else if self.cursor.begins_directive() {
            let escaped = backslashes % 2 == 1;
            // Before #set Velocity keeps both of a pair.
            let kept = if self.cursor.begins_set() && !escaped { backslashes } else { backslashes / 2 };
            text.extend(std::iter::repeat_n('\\', kept));
            if escaped {
                text.push('#');
                self.cursor.bump();
            }
        } else if !self.cursor.swallows_dollar() {
            text.extend(std::iter::repeat_n('\\', backslashes));
        }
        Ok(())
    }

    /// A comment, a directive, or a `#` that is text.
    fn hash(&mut self, nodes: &mut Block, text: &mut String) -> Parsed<Option<Ending>> {
        if self.cursor.take("##") {
            self.cursor.skip_line();
            return Ok(None);
        }
        let start = self.cursor.at;
        for (open, close) in [("#*", "*#"), ("#[[", "]]#")] {
            if self.cursor.take(open) {
                let Some(inner) = self.cursor.until(close) else {
                    return Err(self.cursor.error_at(start, format!("`{open}` is never closed, add `{close}`")));
                };
                if open == "#[[" {
                    text.push_str(inner);
                    self.skip_blanks_before_set();
                }
                return Ok(None);
            }
        }
        let Some(name) = self.cursor.directive() else {
            if self.cursor.ends_template("#") {
                return Err(self.cursor.error("a template cannot end with `#`, put a space or a line end behind it"));
            }
            self.cursor.bump();
            // One before blanks and #set is lost with them.
            if !self.skip_blanks_before_set() {
                text.push('#');
            }
            return Ok(None);
        };
        let node = match name {
            "set" if self.cursor.begins_set() => self.set()?,
            "if" => self.condition()?,
            "foreach" => self.foreach()?,
            "define" if self.cursor.calls("define") => self.define()?,
            "stop" => {
                self.cursor.skip_directive(name);
                self.cursor.skip_rest_of_line();
                Statement::Stop
            }
            "break" => self.break_off()?,
            "end" => {
                self.cursor.skip_directive(name);
                self.cursor.skip_rest_of_line();
                return Ok(Some(Ending::End));
            }
            "else" => {
                self.cursor.skip_directive(name);
                self.cursor.skip_rest_of_line();
                return Ok(Some(Ending::Else));
            }
            "elseif" => {
                self.cursor.skip_directive(name);
                return Ok(Some(Ending::ElseIf));
            }
            name if self.cursor.calls(name) => {
                return Err(self.cursor.error(format!(
                    "#{name} is not supported, only #set, #if, #elseif, #else, #foreach, #define, #stop, #break and #end are"
                )));
            }
            _ => {
                let start = self.cursor.at;
                self.cursor.skip_directive(name);
                text.push_str(self.cursor.since(start));
                self.skip_blanks_before_set();
                return Ok(None);
            }
        };
        flush(nodes, text);
        nodes.push(node);
        Ok(None)
    }

    fn set(&mut self) -> Parsed<Statement> {
        self.cursor.skip_directive("set");
        self.cursor.open()?;
        if !self.cursor.begins_reference() {
            return Err(self.cursor.error("#set needs a reference to set, such as $name"));
        }
        let start = self.cursor.at;
        let target = self.reference()?;
        let settable = match (target.root, target.accesses.last()) {
            (_, Some(Access::Call(_))) | (Root::Loop | Root::Count | Root::HasNext, _) => false,
            (Root::Own(Own::Context), Some(_)) => vocabulary::is_override(&target.accesses),
            (Root::Own(_), last) => last.is_none(),
            (Root::Variable(_) | Root::Shadowed(..), _) => true,
        };
        if !settable {
            return Err(self.cursor.error_at(start, format!("{} cannot be set", target.source)));
        }
        self.cursor.skip_space();
        if !self.cursor.take("=") {
            return Err(self.cursor.error("`=` is expected"));
        }
        let value = self.expression()?;
        self.cursor.close()?;
        Ok(Statement::Set { target: self.shadowing(target), value })
    }

    /// A name of API Gateway's own becomes a variable where a template sets it.
    fn shadowing(&mut self, target: Reference) -> Reference {
        let Root::Own(own) = target.root else { return target };
        if !target.accesses.is_empty() {
            return target;
        }
        let name = match own {
            Own::Input => "input",
            Own::Util => "util",
            Own::Context => "context",
            Own::StageVariables => "stageVariables",
        };
        self.names.push(name.to_owned());
        Reference { root: Root::Shadowed(self.names.len() - 1, own), ..target }
    }

    /// `#break`, or `#break($foreach.parent)`.
    fn break_off(&mut self) -> Parsed<Statement> {
        self.cursor.skip_directive("break");
        let target = if self.cursor.peek() == Some('(') {
            self.cursor.open()?;
            let target = self.expression()?;
            self.cursor.close()?;
            Some(target)
        } else {
            self.cursor.skip_rest_of_line();
            None
        };
        Ok(Statement::Break(target))
    }

    fn condition(&mut self) -> Parsed<Statement> {
        let start = self.cursor.at;
        self.cursor.skip_directive("if");
        let mut branches = Vec::new();
        loop {
            self.cursor.open()?;
            let condition = self.expression()?;
            self.cursor.close()?;
            let (block, ending) = self.block()?;
            branches.push((condition, block));
            let otherwise = match ending {
                Ending::ElseIf => continue,
                Ending::End => Vec::new(),
                Ending::Else => self.closed_block("#else", start)?,
                Ending::Text => return Err(self.cursor.error_at(start, "#if is never closed, add #end")),
            };
            return Ok(Statement::If { branches, otherwise });
        }
    }

    fn foreach(&mut self) -> Parsed<Statement> {
        let start = self.cursor.at;
        self.cursor.skip_directive("foreach");
        self.cursor.open()?;
        let Some(slot) = self.variable()? else {
            return Err(self.cursor.error("#foreach needs a variable, such as #foreach($item in $list)"));
        };
        self.cursor.skip_space();
        if !self.cursor.take("in") {
            return Err(self.cursor.error("`in` is expected"));
        }
        let list = self.parameter()?;
        self.cursor.close()?;
        let body = self.closed_block("#foreach", start)?;
        Ok(Statement::Foreach { slot, list, body })
    }

    fn define(&mut self) -> Parsed<Statement> {
        let start = self.cursor.at;
        self.cursor.skip_directive("define");
        self.cursor.open()?;
        let Some(slot) = self.variable()? else {
            return Err(self.cursor.error("#define needs a variable, such as #define($block)"));
        };
        self.cursor.close()?;
        Ok(Statement::Define { slot, body: self.closed_block("#define", start)? })
    }

    /// The number of a variable that stands alone.
    fn variable(&mut self) -> Parsed<Option<usize>> {
        if !self.cursor.begins_reference() {
            return Ok(None);
        }
        let reference = self.reference()?;
        Ok(match reference.root {
            Root::Variable(slot) if reference.accesses.is_empty() => Some(slot),
            _ => None,
        })
    }

    /// A block that only #end may close.
    fn closed_block(&mut self, name: &str, start: usize) -> Parsed<Block> {
        match self.block()? {
            (block, Ending::End) => Ok(block),
            (_, Ending::Text) => Err(self.cursor.error_at(start, format!("{name} is never closed, add #end"))),
            _ => Err(self.cursor.error(format!("#else and #elseif cannot follow {name}"))),
        }
    }

    /// `$name`, `$!name`, `${name}` with what follows it; the cursor is known to stand at one.
    pub(super) fn reference(&mut self) -> Parsed<Reference> {
        let start = self.cursor.at;
        self.cursor.bump();
        let quiet = self.cursor.take("!");
        let formal = self.cursor.take("{");
        let name = self.cursor.identifier().to_owned();
        let root = self.root(&name);
        let mut accesses = Vec::new();
        loop {
            if self.cursor.peek() == Some('[') {
                self.cursor.bump();
                let index = self.index()?;
                if !self.cursor.take("]") {
                    return Err(self.cursor.error("`]` is expected"));
                }
                accesses.push(Access::Index(index));
            } else if self.cursor.begins_property() {
                self.cursor.bump();
                let place = self.cursor.at;
                let name = self.cursor.identifier().to_owned();
                accesses.push(if self.cursor.take("(") {
                    self.call(root, &accesses, &name, place)?
                } else {
                    vocabulary::check_property(root, &accesses, &name)
                        .map_err(|why| self.cursor.error_at(place, why))?;
                    if let Some(unknown) = vocabulary::unknown_variable(root, &accesses, &name) {
                        self.unknown.push(self.cursor.error_at(place, unknown));
                    }
                    Access::Property(name.into())
                });
            } else {
                break;
            }
        }
        if formal && !self.cursor.take("}") {
            return Err(self.cursor.error("`}` is expected"));
        }
        let source = self.cursor.since(start).into();
        Ok(Reference { source, quiet, formal, root, accesses, position: self.cursor.position(start) })
    }

    fn root(&mut self, name: &str) -> Root {
        let known = self.names.iter().position(|known| known == name);
        let own = match name {
            "input" => Own::Input,
            "util" => Own::Util,
            "context" => Own::Context,
            "stageVariables" => Own::StageVariables,
            "foreach" => return Root::Loop,
            "velocityCount" => return Root::Count,
            "velocityHasNext" => return Root::HasNext,
            _ => {
                return Root::Variable(known.unwrap_or_else(|| {
                    self.names.push(name.to_owned());
                    self.names.len() - 1
                }));
            }
        };
        known.map_or(Root::Own(own), |slot| Root::Shadowed(slot, own))
    }

    fn call(&mut self, root: Root, before: &[Access], name: &str, place: usize) -> Parsed<Access> {
        let mut arguments = Vec::new();
        self.cursor.enter()?;
        self.cursor.skip_space();
        while !self.cursor.take(")") {
            if !arguments.is_empty() {
                self.comma(")")?;
            }
            arguments.push(self.parameter()?);
        }
        self.cursor.leave();
        let host = before.is_empty().then_some(root);
        vocabulary::call(host, name, arguments).map(Access::Call).map_err(|why| self.cursor.error_at(place, why))
    }
}

fn flush(nodes: &mut Block, text: &mut String) {
    if !text.is_empty() {
        nodes.push(Statement::Text(std::mem::take(text).into()));
    }
}

/// The errors of a template nested in a string are those of the template.
pub(super) fn nested(
    cursor: Cursor<'_>,
    names: &mut Vec<String>,
    unknown: &mut Vec<LoadError>,
) -> Result<Block, LoadError> {
    Parser { cursor, names, unknown }.template()
}
