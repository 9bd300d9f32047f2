//! The command line that makes a run again.

/// The arguments that were kept, as a POSIX shell reads them back.
pub(crate) fn repeat(arguments: &[String]) -> String {
    let words = ["loadgen"].into_iter().chain(arguments.iter().map(String::as_str));
    words.map(quoted).collect::<Vec<_>>().join(" ")
}

fn quoted(word: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_./:=@,+%".contains(c);
    if !word.is_empty() && word.chars().all(plain) { word.into() } else { format!("'{}'", word.replace('\'', r"'\''")) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_quoted_for_a_shell() {
        let given = ["--rps", "50", "--body", "{\"a\": 'b'}", "s.toml", ""].map(str::to_owned);
        assert_eq!(repeat(&given), r#"loadgen --rps 50 --body '{"a": '\''b'\''}' s.toml ''"#);
    }
}
