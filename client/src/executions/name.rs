use crate::error::Error;

/// Whether Step Functions takes it as an execution's name: 1 to 80 characters, none of them white space, a bracket, a wildcard,
/// a control or another of those that the API reference of `StartExecution` names.
pub(crate) fn is_execution_name(name: &str) -> bool {
    let illegal = |character: char| {
        character.is_whitespace()
            || character.is_control()
            || matches!(character, '\u{fffe}' | '\u{ffff}')
            || "<>{}[]?*\"#%\\^|~`$&,;:/".contains(character)
    };
    (1..=80).contains(&name.chars().count()) && !name.contains(illegal)
}

/// Refuses what is no name, and the two names for which no URL can ask.
pub(super) fn check(name: &str) -> Result<(), Error> {
    if is_execution_name(name) && !matches!(name, "." | "..") {
        return Ok(());
    }
    Err(Error::config(format!(
        "`{}` cannot be an execution's name: use 1 to 80 characters, none of them white space or one of \
         < > {{ }} [ ] ? * \" # % \\ ^ | ~ ` $ & , ; : /",
        name.escape_debug()
    )))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_what_step_functions_takes_and_a_url_can_ask_for() {
        for legal in ["a", "...", "bestellung-\u{e4}", "\u{6ce8}\u{6587}-17", "a!'()+.=@_-Z", &"\u{e4}".repeat(80)] {
            check(legal).unwrap();
        }
        for illegal in ["", ".", "..", "a b", "a/b", "a:b", "a%b", "a\n", "\u{85}", "\u{ffff}", &"x".repeat(81)] {
            assert!(check(illegal).unwrap_err().to_string().contains("execution's name"), "{illegal}");
        }
    }
}
