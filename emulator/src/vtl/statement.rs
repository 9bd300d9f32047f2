//! Tokens to template: the outer language of text, references and directives.

use super::ast::{Access, Block, Expression, Own, Reference, Root, Statement, Written};
use super::lexicon::TokenKind;
use super::parser::{Parsed, Parser};
use super::vocabulary;

/// The directives that Velocity knows beside those of its grammar.
const DIRECTIVES: [&str; 9] =
    ["foreach", "include", "parse", "macro", "literal", "evaluate", "break", "define", "stop"];
/// Those that API Gateway does not have.
const UNSUPPORTED: [&str; 5] = ["include", "parse", "macro", "literal", "evaluate"];

/// What stands in the parentheses of a directive.
enum Argument {
    Word(usize),
    Value(Expression, usize),
}

impl Parser<'_, '_> {
    /// The whole text as a block.
    pub(super) fn template(&mut self) -> Parsed<Block> {
        let block = self.block()?;
        let closes = match self.peek()? {
            TokenKind::Eof => return Ok(block),
            TokenKind::Else => "#else",
            TokenKind::ElseIf => "#elseif",
            TokenKind::End => "#end",
            _ => {
                let token = self.next()?;
                let text = self.image(&token).trim();
                return Err(self.error(token.start, format!("`{text}` cannot stand here, put a space before it")));
            }
        };
        self.expected(format!("{closes} closes nothing, remove it"))
    }

    /// Nodes up to the end of the text or a token that closes a block.
    fn block(&mut self) -> Parsed<Block> {
        self.enter()?;
        let mut nodes = Vec::new();
        let mut text = String::new();
        loop {
            let kind = self.peek()?;
            let node = match kind {
                TokenKind::If => Some(self.condition()?),
                TokenKind::Set => Some(self.set()?),
                TokenKind::Word | TokenKind::BracedWord => self.directive(&mut text)?,
                TokenKind::Identifier | TokenKind::CurlyOpen if self.begins_reference()? => self.written(&mut text)?,
                TokenKind::LineComment | TokenKind::Comment => {
                    self.comment(&mut text)?;
                    None
                }
                TokenKind::Verbatim => {
                    let token = self.next()?;
                    let image = self.image(&token);
                    text.push_str(image.get("#[[".len()..image.len() - "]]#".len()).unwrap_or_default());
                    None
                }
                TokenKind::EscapedDirective => {
                    let token = self.next()?;
                    escaped_directive(self.image(&token), &mut text);
                    None
                }
                TokenKind::DoubleEscape => {
                    self.escapes(&mut text)?;
                    None
                }
                TokenKind::Text
                | TokenKind::Dot
                | TokenKind::ParenOpen
                | TokenKind::ParenClose
                | TokenKind::Integer
                | TokenKind::Fraction
                | TokenKind::String
                | TokenKind::Escape
                | TokenKind::CurlyOpen
                | TokenKind::CurlyClose
                | TokenKind::EmptyIndex => {
                    let token = self.next()?;
                    text.push_str(&token.stray);
                    text.push_str(self.image(&token));
                    None
                }
                _ => break,
            };
            if let Some(node) = node {
                flush(&mut nodes, &mut text);
                nodes.push(node);
            }
        }
        flush(&mut nodes, &mut text);
        self.leave();
        Ok(nodes)
    }

    /// Of a comment, what stands before it in its token is shown.
    fn comment(&mut self, text: &mut String) -> Parsed<()> {
        let token = self.next()?;
        let image = self.image(&token);
        if let Some(at) = image.find("##").or_else(|| image.find("#*")) {
            text.push_str(&image[..at]);
        }
        if token.kind == TokenKind::LineComment {
            self.take(TokenKind::LineEnd)?;
        }
        Ok(())
    }

    /// Pairs of backslashes: each stands for one before a directive, and for itself elsewhere.
    fn escapes(&mut self, text: &mut String) -> Parsed<()> {
        let mut pairs = 0;
        while self.take(TokenKind::DoubleEscape)? {
            pairs += 1;
        }
        let kind = self.peek()?;
        let mut name = self.peek_image()?.chars();
        name.next();
        let halved = matches!(kind, TokenKind::If | TokenKind::Else | TokenKind::ElseIf | TokenKind::End)
            || DIRECTIVES.contains(&name.as_str());
        text.extend(std::iter::repeat_n('\\', if halved { pairs } else { 2 * pairs }));
        Ok(())
    }

    fn set(&mut self) -> Parsed<Statement> {
        self.next()?;
        self.skip_space()?;
        if !self.begins_reference()? {
            return self.expected("#set needs a reference to set, such as $name");
        }
        let start = self.place()?;
        let target = self.reference()?;
        let settable = match (target.root, target.accesses.last()) {
            (_, Some(Access::Call(_))) | (Root::Loop | Root::Count | Root::HasNext, _) => false,
            (Root::Own(Own::Context), Some(_)) => vocabulary::is_override(&target.accesses),
            (Root::Own(_), last) => last.is_none(),
            (Root::Variable(_) | Root::Shadowed(..) | Root::Nothing, _) => true,
        };
        if !settable {
            return Err(self.error(start, format!("{} cannot be set", target.source)));
        }
        self.skip_space()?;
        self.expect(TokenKind::Assign, "`=`")?;
        let value = self.expression()?;
        self.close()?;
        self.lexer.leave_set();
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

    fn condition(&mut self) -> Parsed<Statement> {
        let start = self.place()?;
        self.next()?;
        let mut branches = Vec::new();
        loop {
            self.skip_space()?;
            self.expect(TokenKind::ParenOpen, "`(`")?;
            let condition = self.expression()?;
            self.close()?;
            branches.push((condition, self.block()?));
            if !self.take(TokenKind::ElseIf)? {
                break;
            }
        }
        let otherwise = if self.take(TokenKind::Else)? { self.block()? } else { Vec::new() };
        self.end("#if", start)?;
        Ok(Statement::If { branches, otherwise })
    }

    /// The parenthesis that closes an expression.
    pub(super) fn close(&mut self) -> Parsed<()> {
        self.expect(TokenKind::ParenClose, "an operator or `)`").map(|_| ())
    }

    /// `#end`
    fn end(&mut self, name: &str, start: usize) -> Parsed<()> {
        match self.peek()? {
            TokenKind::End => self.next().map(|_| ()),
            TokenKind::Else | TokenKind::ElseIf => self.expected(format!("#else and #elseif cannot follow {name}")),
            TokenKind::Eof => Err(self.error(start, format!("{name} is never closed, add #end"))),
            _ => self.expected("this cannot stand here, put a space before it"),
        }
    }

    /// `#name`, with what belongs to it; text if it is none that Velocity knows.
    fn directive(&mut self, text: &mut String) -> Parsed<Option<Statement>> {
        let token = self.next()?;
        let image = self.image(&token);
        let name = match token.kind {
            TokenKind::BracedWord => image.get(2..image.len() - 1),
            _ => image.get(1..),
        }
        .unwrap_or_default();
        let refused = format!(
            "#{name} is not supported, only #set, #if, #elseif, #else, #foreach, #define, #stop, #break and #end are"
        );
        // A name with a `$` before its `#` is no call of what may be meant.
        let called = self.since(token.end, token.end + 1) == "(" && !name.starts_with(['#', '$', '!', '\\']);
        if UNSUPPORTED.contains(&name) || called && !DIRECTIVES.contains(&name) {
            return Err(self.error(token.start, refused));
        }
        self.lexer.enter_directive();
        if !self.lexer.opens() {
            self.lexer.leave_directive();
            return match name {
                "stop" => Ok(Some(Statement::Stop(None))),
                "break" => Ok(Some(Statement::Break(None))),
                "foreach" | "define" => self.expected("`(` is expected"),
                _ => {
                    text.push_str(image);
                    Ok(None)
                }
            };
        }
        if name.starts_with('@') {
            return Err(self.error(token.start, refused));
        }
        let mut arguments = self.arguments()?;
        Ok(match name {
            "foreach" => Some(self.foreach(arguments, token.start)?),
            "define" => self.define(&arguments, token.start)?,
            "stop" | "break" => {
                let only = match arguments.pop() {
                    None => None,
                    Some(Argument::Value(value, _)) if arguments.is_empty() => Some(value),
                    Some(_) => return Err(self.error(token.start, format!("#{name} takes one value at most"))),
                };
                Some(if name == "stop" { Statement::Stop(only) } else { Statement::Break(only) })
            }
            _ => {
                text.push_str(self.since(token.start, self.at));
                None
            }
        })
    }

    /// What stands in the parentheses of a directive, with or without commas.
    fn arguments(&mut self) -> Parsed<Vec<Argument>> {
        self.enter()?;
        self.skip_space()?;
        self.expect(TokenKind::ParenOpen, "`(`")?;
        let mut arguments = Vec::new();
        loop {
            self.skip_space()?;
            if self.peek()? == TokenKind::ParenClose {
                break;
            }
            if self.take(TokenKind::Comma)? {
                self.skip_space()?;
            }
            let place = self.place()?;
            arguments.push(if self.take(TokenKind::Word)? {
                Argument::Word(place)
            } else {
                Argument::Value(self.value()?, place)
            });
        }
        self.close()?;
        self.leave();
        Ok(arguments)
    }

    fn foreach(&mut self, arguments: Vec<Argument>, start: usize) -> Parsed<Statement> {
        let mut arguments = arguments.into_iter();
        let slot = match arguments.next() {
            Some(Argument::Value(Expression::Reference(Reference { root: Root::Variable(slot), accesses, .. }), _))
                if accesses.is_empty() =>
            {
                slot
            }
            Some(Argument::Value(_, at) | Argument::Word(at)) => {
                return Err(self.error(at, "#foreach needs a variable, such as #foreach($item in $list)"));
            }
            None => return Err(self.error(start, "#foreach needs a variable, such as #foreach($item in $list)")),
        };
        match arguments.next() {
            Some(Argument::Word(at)) if self.since(at, at + 2) == "in" => {}
            Some(Argument::Value(_, at) | Argument::Word(at)) => return Err(self.error(at, "`in` is expected")),
            None => return Err(self.error(self.at, "`in` is expected")),
        }
        let list = match (arguments.next(), arguments.next()) {
            (Some(Argument::Value(list, _)), None) => list,
            (Some(Argument::Word(at)), _) => return Err(self.error(at, "a list is expected")),
            (_, Some(Argument::Value(_, at) | Argument::Word(at))) => {
                return Err(self.error(at, "`)` is expected: no operators can stand here, #set the result before"));
            }
            (None, None) => return Err(self.error(self.at, "a list is expected")),
        };
        let body = self.block()?;
        self.end("#foreach", start)?;
        Ok(Statement::Foreach { slot, list, body })
    }

    /// Nothing where the name is one that no reference can ask for, as in `#define(${x})`.
    fn define(&mut self, arguments: &[Argument], start: usize) -> Parsed<Option<Statement>> {
        let wrong = |at: usize| self.error(at, "#define needs a variable, such as #define($block)");
        let (slot, named) = match arguments {
            [Argument::Value(Expression::Reference(reference), at)] => match reference.root {
                Root::Variable(slot) if reference.accesses.is_empty() => (slot, !reference.formal && !reference.quiet),
                _ => return Err(wrong(*at)),
            },
            [Argument::Value(_, at) | Argument::Word(at), ..] => return Err(wrong(*at)),
            [] => return Err(wrong(start)),
        };
        let body = self.block()?;
        self.end("#define", start)?;
        Ok(named.then_some(Statement::Define { slot, body }))
    }

    /// A reference in text, with what stands before it in its token.
    fn written(&mut self, text: &mut String) -> Parsed<Option<Statement>> {
        let (reference, image) = self.named()?;
        if reference.root == Root::Nothing {
            text.push_str(&dead(image));
            return Ok(None);
        }
        let backslashes = image.len() - image.trim_start_matches('\\').len();
        let (escapes, rest) = (backslashes / 2, &image[backslashes..]);
        let before = rest.rfind('$').map_or("", |at| &rest[..at]).into();
        Ok(Some(Statement::Reference(Written { reference, escaped: backslashes % 2 == 1, escapes, before })))
    }
}

/// What is shown of a reference that is none: without a `$`, its first word; with a backslash before its `!`, the same
/// without one of those.
fn dead(image: &str) -> String {
    match image.find("\\!") {
        Some(at) => [&image[..at], &image[at + 1..]].concat(),
        None => image.to_owned(),
    }
}

fn escaped_directive(image: &str, text: &mut String) {
    let last = image.rfind('\\').unwrap_or_default();
    let name = image[last + 1..].trim_start_matches(['#', '{']).trim_end_matches('}');
    if DIRECTIVES.contains(&name) || ["if", "end", "set", "else", "elseif"].contains(&name) {
        text.push_str(&image[..last / 2]);
        text.push_str(&image[last + 1..]);
    } else {
        text.push_str(image);
    }
}

fn flush(nodes: &mut Block, text: &mut String) {
    if !text.is_empty() {
        nodes.push(Statement::Text(std::mem::take(text).into()));
    }
}
