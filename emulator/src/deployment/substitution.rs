//! The templates of gateway responses.

use super::MappingSource;

/// A template that only substitutes variables, without Velocity (developer guide, "Set up a gateway response").
#[derive(Debug, Clone)]
pub(crate) struct Substitution(Vec<SubstitutionPiece>);

/// A piece of such a template.
#[derive(Debug, Clone)]
pub(crate) enum SubstitutionPiece {
    /// Text that stands as it is.
    Text(String),
    /// `$context.…`, `$stageVariables.…` or `$method.request.…`
    Variable(MappingSource),
}

impl Substitution {
    /// Takes a template apart.
    ///
    /// # Errors
    /// At a variable that does not exist, in API Gateway's words.
    pub(crate) fn parse(text: &str) -> Result<Self, String> {
        let mut pieces = Vec::new();
        let mut rest = text;
        while let Some(at) = rest.find('$') {
            let after = &rest[at + 1..];
            let formal = after.starts_with('{');
            let name_start = usize::from(formal);
            let length = after[name_start..]
                .find(|character: char| !character.is_ascii_alphanumeric() && !matches!(character, '.' | '_' | '-'))
                .unwrap_or(after.len() - name_start);
            let name = after[name_start..name_start + length].trim_end_matches('.');
            let end = name_start + name.len() + usize::from(formal);
            let known =
                ["context.", "stageVariables.", "method.request."].iter().any(|prefix| name.starts_with(prefix));
            if !known || (formal && !after[name_start + name.len()..].starts_with('}')) {
                pieces.push(SubstitutionPiece::Text(rest[..=at].to_owned()));
                rest = after;
                continue;
            }
            pieces.push(SubstitutionPiece::Text(rest[..at].to_owned()));
            pieces.push(SubstitutionPiece::Variable(MappingSource::parse(name)?));
            rest = &after[end..];
        }
        pieces.push(SubstitutionPiece::Text(rest.to_owned()));
        Ok(Self(pieces))
    }

    /// Its pieces.
    #[must_use]
    pub(crate) fn pieces(&self) -> &[SubstitutionPiece] {
        &self.0
    }
}
