//! `\Q…\E`: Java writes a pattern anew before it reads it, with backslashes in the place of both.

/// The characters of a pattern without quotations.
pub(super) fn unquoted(pattern: &str) -> Vec<char> {
    let mut out = Vec::with_capacity(pattern.len());
    let mut rest = pattern.chars().peekable();
    let (mut quoted, mut first) = (false, false);
    while let Some(character) = rest.next() {
        match (character, quoted) {
            ('\\', true) => {
                if rest.next_if_eq(&'E').is_some() {
                    quoted = false;
                } else {
                    out.extend(['\\', '\\']);
                }
            }
            ('\\', false) if rest.next_if_eq(&'Q').is_some() => {
                (quoted, first) = (true, true);
                continue;
            }
            ('\\', false) => {
                out.push('\\');
                out.extend(rest.next());
            }
            // A digit could become part of an escape before the quotation.
            ('0'..='9', true) if first => out.extend(['\\', 'x', '3', character]),
            (character, true) if character.is_ascii() && !character.is_ascii_alphanumeric() => {
                out.extend(['\\', character]);
            }
            _ => out.push(character),
        }
        first = false;
    }
    out
}
