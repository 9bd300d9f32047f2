//! Java's replacement strings: `$1`, `${name}`, and a backslash before what stands for itself.

use crate::budget::Budget;

/// Units of work that appending a piece costs beside its bytes.
const PIECE: usize = 4;

/// A replacement, read once for all matches of a pattern.
#[derive(Debug)]
pub(super) struct Replacement(Vec<Piece>);

#[derive(Debug)]
enum Piece {
    Text(String),
    Group(usize),
}

impl Replacement {
    /// Reads a replacement for a pattern with so many groups.
    ///
    /// # Errors
    /// Where Java throws.
    pub(super) fn parse(with: &str, groups: usize, names: &[(String, usize)]) -> Result<Self, String> {
        let mut pieces = Vec::new();
        let mut text = String::new();
        let mut rest = with.chars().peekable();
        while let Some(character) = rest.next() {
            let group = match character {
                '\\' => {
                    text.push(rest.next().ok_or("character to be escaped is missing")?);
                    continue;
                }
                '$' if rest.peek() == Some(&'{') => {
                    rest.next();
                    let name: String = rest.by_ref().take_while(|&next| next != '}').collect();
                    let group = names.iter().find(|(known, _)| *known == name).map(|(_, group)| *group);
                    group.ok_or_else(|| format!("no group with name {{{name}}}"))?
                }
                '$' => {
                    let digit = rest.next().and_then(|next| next.to_digit(10)).ok_or("illegal group reference")?;
                    let mut group = digit as usize;
                    if group > groups {
                        return Err(format!("no group {group}"));
                    }
                    // As many digits as still name a group.
                    while let Some(digit) = rest.peek().and_then(|next| next.to_digit(10)) {
                        let longer = group * 10 + digit as usize;
                        if longer > groups {
                            break;
                        }
                        group = longer;
                        rest.next();
                    }
                    group
                }
                _ => {
                    text.push(character);
                    continue;
                }
            };
            if !text.is_empty() {
                pieces.push(Piece::Text(std::mem::take(&mut text)));
            }
            pieces.push(Piece::Group(group));
        }
        if !text.is_empty() {
            pieces.push(Piece::Text(text));
        }
        Ok(Self(pieces))
    }

    /// Appends what it stands for at one match; a group that matched nothing is empty.
    pub(super) fn append(
        &self,
        text: &str,
        places: &[Option<(usize, usize)>],
        out: &mut Bounded<'_>,
    ) -> Result<(), String> {
        for piece in &self.0 {
            match piece {
                Piece::Text(text) => out.push(text)?,
                Piece::Group(group) => {
                    if let Some((from, to)) = places.get(*group).copied().flatten() {
                        out.push(&text[from..to])?;
                    }
                }
            }
        }
        Ok(())
    }
}

/// A text that may not grow past a bound: every piece is charged before it is there.
pub(super) struct Bounded<'b> {
    pub(super) text: String,
    pub(super) most: usize,
    pub(super) budget: &'b Budget,
}

impl Bounded<'_> {
    pub(super) fn push(&mut self, piece: &str) -> Result<(), String> {
        let length = self.text.len() + piece.len();
        if length > self.most {
            return Err(format!("a text grew past {} bytes", self.most));
        }
        self.budget.work(PIECE + piece.len() / 4)?;
        if length > self.text.capacity() {
            self.budget.room(2 * length)?;
        }
        self.text.push_str(piece);
        Ok(())
    }
}
