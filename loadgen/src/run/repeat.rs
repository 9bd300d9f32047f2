//! The command line of a run, without its secrets: as it is kept, and as it makes the run again.

use crate::endpoint::Endpoint;

/// The arguments as they are kept. A target that the environment named is named by them from now on.
pub(crate) fn kept(words: &[String], target: Option<&Endpoint>) -> Vec<String> {
    let mut kept = without_secrets(words);
    let named = kept.iter().any(|word| word == "--url" || word.starts_with("--url="));
    if let (Some(target), false) = (target, named) {
        kept.extend(["--url".into(), target.to_string()]);
    }
    kept
}

/// The arguments without the values of headers, which may be credentials, and without queries of URLs.
fn without_secrets(words: &[String]) -> Vec<String> {
    let mut hidden = false;
    let hide = |word: &String| {
        if std::mem::take(&mut hidden) {
            return word.split_once(':').map_or_else(|| "…".into(), |(name, _)| format!("{name}: …"));
        }
        hidden = word == "-H" || word == "--header";
        match word.strip_prefix("--header=").or_else(|| word.strip_prefix("-H").filter(|rest| !rest.is_empty())) {
            Some(_) => "--header=…".into(),
            None => word.split_once('?').map_or_else(|| word.clone(), |(url, _)| format!("{url}?…")),
        }
    };
    words.iter().map(hide).collect()
}

/// The command line that makes a run again, in a directory of its own, from the arguments that were kept.
pub(crate) fn repeat(arguments: &[String]) -> String {
    let mut words = vec!["loadgen".to_owned()];
    let mut left = arguments.iter();
    while let Some(word) = left.next() {
        match word.as_str() {
            // The directory of the first run is taken.
            "-o" | "--output" => drop(left.next()),
            _ if word.starts_with("--output=") || (word.starts_with("-o") && !word.starts_with("--")) => {}
            _ => words.push(quoted(word)),
        }
    }
    words.join(" ")
}

/// A word as a POSIX shell reads it back.
fn quoted(word: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_./:=@,+%".contains(c);
    if !word.is_empty() && word.chars().all(plain) { word.into() } else { format!("'{}'", word.replace('\'', r"'\''")) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(text: &[&str]) -> Vec<String> {
        text.iter().map(|word| (*word).to_owned()).collect()
    }

    #[test]
    fn headers_and_queries_are_no_part_of_what_is_kept() {
        let given =
            words(&["-H", "X-Api-Key: hidden", "--header=a: hidden", "-Ha:hidden", "--url", "http://h/x?k=hidden"]);
        let kept = without_secrets(&given);
        assert_eq!(kept, words(&["-H", "X-Api-Key: …", "--header=…", "--header=…", "--url", "http://h/x?…"]));
    }

    #[test]
    fn a_run_is_repeated_in_a_directory_of_its_own() {
        let given = words(&["run", "--rps", "50", "-o", "out", "--output=out", "-D", "{\"a\": 'b'}", "s.toml"]);
        assert_eq!(repeat(&given), r#"loadgen run --rps 50 -D '{"a": '\''b'\''}' s.toml"#);
    }
}
