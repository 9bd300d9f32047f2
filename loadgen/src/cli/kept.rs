//! The command line as it is kept with a run: what makes the run again, without secrets and in a directory of its own.

use clap::parser::ValueSource;
use clap::{Arg, ArgMatches, Command};

use crate::authorization::{shown_header, shown_url};

/// The arguments that clap has read, each under its long name. Left out are the run directory, which is taken, and those
/// in `without`. Values of headers and queries of URLs may be credentials: they are
/// hidden, but for those that come from the environment. A target that the environment
/// named is named by the arguments from now on.
pub(super) fn kept(command: &Command, matches: &ArgMatches, without: &[&str]) -> Vec<String> {
    let mut kept: Vec<(bool, usize, Vec<String>)> = Vec::new();
    for argument in command.get_arguments() {
        let id = argument.get_id().as_str();
        let given = match matches.value_source(id) {
            Some(ValueSource::CommandLine) => true,
            Some(ValueSource::EnvVariable) => id == "url",
            _ => false,
        };
        if !given || id == "directory" || without.contains(&id) {
            continue;
        }
        let mut indices = matches.indices_of(id).into_iter().flatten();
        if !argument.get_action().takes_values() {
            kept.push((false, indices.next().unwrap_or(0), vec![option(argument)]));
            continue;
        }
        for occurrence in matches.get_raw_occurrences(id).into_iter().flatten() {
            let values: Vec<String> = occurrence.map(|value| shown(id, &value.to_string_lossy())).collect();
            let index = indices.by_ref().take(values.len().max(1)).next().unwrap_or(0);
            kept.push((argument.is_positional(), index, written(argument, &values)));
        }
    }
    // Options as they were given, and then what they are for.
    kept.sort_by_key(|(positional, index, _)| (*positional, *index));
    kept.into_iter().flat_map(|(.., words)| words).collect()
}

fn option(argument: &Arg) -> String {
    let long = argument.get_long().map(|long| format!("--{long}"));
    long.or(argument.get_short().map(|short| format!("-{short}"))).unwrap_or_default()
}

fn written(argument: &Arg, values: &[String]) -> Vec<String> {
    let values = match argument.get_value_delimiter() {
        Some(delimiter) => vec![values.join(&delimiter.to_string())],
        None => values.to_vec(),
    };
    if argument.is_positional() {
        return values;
    }
    match values.as_slice() {
        [value] if argument.is_require_equals_set() && !value.is_empty() => {
            vec![format!("{}={value}", option(argument))]
        }
        [value] if argument.is_require_equals_set() && value.is_empty() => vec![option(argument)],
        values => [option(argument)].into_iter().chain(values.iter().cloned()).collect(),
    }
}

/// A value without what may be a secret in it.
fn shown(id: &str, value: &str) -> String {
    match id {
        "url" => shown_url(value),
        "headers" => shown_header(value),
        _ => value.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::super::arguments::Arguments;
    use super::*;

    fn of(words: &[&str]) -> Vec<String> {
        let mut command = Arguments::command();
        command.build();
        let matches = command.clone().try_get_matches_from([&["loadgen"], words].concat()).unwrap();
        match matches.subcommand() {
            Some((name, matches)) => kept(command.find_subcommand(name).unwrap(), matches, &["a", "b", "rounds"]),
            None => kept(&command, &matches, &[]),
        }
    }

    #[test]
    fn what_makes_the_run_again_is_kept_as_it_was_read() {
        let body = r#"{"q":"why?"}"#;
        let given = ["-q", "50", "-D", body, "-o", "out", "--spin", "--pin", "0,1", "-n10", "--out=csv", "s.toml"];
        let expected =
            ["--rps", "50", "--body", body, "--spin", "--pin", "0,1", "--requests", "10", "--out", "csv", "s.toml"];
        assert_eq!(of(&given), expected);
        assert_eq!(
            of(&["run", "s.toml", "--aws-sigv4=aws:amz:eu-west-1"]),
            ["--aws-sigv4=aws:amz:eu-west-1", "s.toml"]
        );
        assert_eq!(of(&["--aws-sigv4", "s.toml"]), ["--aws-sigv4", "s.toml"]);
        assert_eq!(of(&["ab", "x.toml", "y.toml", "--rounds", "3", "-d", "1m"]), ["--duration", "1m"]);
    }

    #[test]
    fn headers_and_queries_are_no_part_of_what_is_kept() {
        let given =
            ["-H", "X-Api-Key: hidden", "--header=a: hidden", "-Hhidden", "--url", "http://h/x?k=hidden", "-n", "1"];
        let expected = [
            "--header",
            "X-Api-Key: …",
            "--header",
            "a: …",
            "--header",
            "…",
            "--url",
            "http://h/x?…",
            "--requests",
            "1",
        ];
        assert_eq!(of(&given), expected);
    }
}
