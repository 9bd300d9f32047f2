//! Colours, for terminals that want them.

/// How a piece of text is meant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Tone {
    /// As any other text.
    Plain,
    /// Of less weight, as labels and intervals.
    Quiet,
    /// As a heading.
    Strong,
    /// As it should be.
    Good,
    /// Not known to be good or bad.
    Doubtful,
    /// As it should not be.
    Bad,
}

impl Tone {
    /// The text in this tone: with the terminal's own colours, or as it is.
    #[must_use]
    pub(crate) fn paint(self, text: &str, colour: bool) -> String {
        let code = match self {
            Self::Plain => return text.into(),
            Self::Quiet => "2",
            Self::Strong => "1",
            Self::Good => "32",
            Self::Doubtful => "33",
            Self::Bad => "31",
        };
        if colour && !text.is_empty() { format!("\x1b[{code}m{text}\x1b[0m") } else { text.into() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tone_is_a_colour_of_the_terminal_or_nothing() {
        assert_eq!(Tone::Bad.paint("99", false), "99");
        assert_eq!(Tone::Bad.paint("99", true), "\u{1b}[31m99\u{1b}[0m");
    }
}
