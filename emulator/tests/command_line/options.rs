//! The options as `--help` shows them and as the documentation explains them.

use std::collections::BTreeMap;

use super::{Result, emulator};

/// By the option as it is written, with its value: its default, where that is a value.
type Options = BTreeMap<String, Option<String>>;

fn told(help: &str) -> Options {
    let mut options = Options::new();
    let mut last = None;
    for line in help.lines() {
        // What is said of an option stands further to the right.
        if let Some(option) = line.strip_prefix("      --") {
            let option = format!("--{}", option.replace(['<', '>'], ""));
            options.insert(option.clone(), None);
            last = Some(option);
        } else if let Some(default) = line.trim().strip_prefix("[default: ").and_then(|rest| rest.strip_suffix(']'))
            && let Some(option) = last.clone()
        {
            options.insert(option, Some(default.to_owned()));
        }
    }
    options
}

fn explained(page: &str) -> Options {
    let row = |row: &str| {
        let row = row.replace("\\|", "\u{0}");
        let mut cells = row.split('|').map(|cell| cell.trim().replace('\u{0}', "|"));
        let (option, default) = (cells.next()?, cells.next()?);
        let value = default.strip_prefix('`').and_then(|rest| rest.strip_suffix('`'));
        Some((format!("--{}", option.trim_end_matches('`')), value.map(str::to_owned)))
    };
    page.lines().filter_map(|line| row(line.strip_prefix("| `--")?)).collect()
}

#[test]
fn help_and_docs_name_the_same_options() -> Result {
    let help = emulator(&["--help"]).env_remove("SFN_MOCK_CONFIG").output()?;
    let told = told(&String::from_utf8(help.stdout)?);
    assert!(told.len() > 30, "{told:?}");
    assert_eq!(explained(include_str!("../../../docs/emulator.md")), told);
    Ok(())
}

#[test]
fn a_number_that_is_none_is_told_what_it_should_be() -> Result {
    for (option, given) in [("--threads", "0"), ("--concurrency", "x"), ("--session", "1h"), ("--retain", "all")] {
        let ended = emulator(&[option, given]).output()?;
        let said = String::from_utf8(ended.stderr)?;
        assert_eq!(ended.status.code(), Some(2), "{said}");
        assert!(said.contains(&format!("`{given}` is not a whole number from ")), "{option} {given}: {said}");
    }
    Ok(())
}
