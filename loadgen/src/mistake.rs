//! Why a command ends without a result: what is wrong, what to do about it, and the exit code that this has.

use std::fmt;

use crate::exit::Exit;

/// What is wrong, named and in lower case, and what to do about it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mistake {
    /// How the command ends because of it.
    pub exit: Exit,
    /// What is wrong.
    pub message: String,
    /// What to do about it, where the message does not say so.
    pub(crate) help: Option<String>,
}

impl Mistake {
    /// A mistake that ends the command in a certain way.
    #[must_use]
    pub fn new(exit: Exit, message: impl Into<String>) -> Self {
        Self { exit, message: message.into(), help: None }
    }

    /// 2: what the user asked for does not make sense.
    #[must_use]
    pub fn usage(message: impl Into<String>) -> Self {
        Self::new(Exit::Usage, message)
    }

    /// 104: the scenario is not valid.
    #[must_use]
    pub fn scenario(message: impl Into<String>) -> Self {
        Self::new(Exit::BadScenario, message)
    }

    /// 1: anything else.
    #[must_use]
    pub fn other(message: impl Into<String>) -> Self {
        Self::new(Exit::Other, message)
    }

    /// The same with what to do about it.
    #[must_use]
    pub(crate) fn with_help(self, help: impl Into<String>) -> Self {
        Self { help: Some(help.into()), ..self }
    }

    /// The same, naming what it is about: `--scale 2: a rate lies …`.
    #[must_use]
    pub(crate) fn about(self, what: impl fmt::Display) -> Self {
        Self { message: format!("{what}: {}", self.message), ..self }
    }
}

impl fmt::Display for Mistake {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)?;
        self.help.as_ref().map_or(Ok(()), |help| write!(f, ": {help}"))
    }
}

impl std::error::Error for Mistake {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mistake_ends_with_its_help() {
        let mistake = Mistake::usage("unknown metric `faild`").with_help("did you mean `failed`?");
        assert_eq!(mistake.exit, Exit::Usage);
        assert_eq!(mistake.to_string(), "unknown metric `faild`: did you mean `failed`?");
    }
}
