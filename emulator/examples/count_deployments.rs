//! How many of the deployments below a folder load: templates with a state machine, and state machines alone.
//!
//! usage: `count_deployments FOLDER`. Prints what is refused, by kind and file, and the two counts.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use stepgate_emulator::Emulator;
use stepgate_emulator::template::Source;

/// What a file deploys.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Deployed {
    Template,
    Machine,
}

/// What a file is, by what stands in it.
fn kind(path: &Path) -> Option<Deployed> {
    let ending = path.extension()?.to_str()?;
    if !["yaml", "yml", "json", "template"].contains(&ending) {
        return None;
    }
    let text = fs::read_to_string(path).ok()?;
    // A template of templates; it is none before it has been filled in.
    if text.contains("{{cookiecutter") || text.contains("{{ cookiecutter") {
        return None;
    }
    if text.contains("AWS::Serverless::StateMachine") || text.contains("AWS::StepFunctions::StateMachine") {
        // Documents that only speak of one have no resources.
        return text.contains("Resources").then_some(Deployed::Template);
    }
    let machine = |key: &str| text.contains(&format!("\"{key}\"")) || text.contains(&format!("\n{key}:"));
    (text.len() < 1_000_000 && machine("StartAt") && machine("States")).then_some(Deployed::Machine)
}

fn files(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        let (path, name) = (entry.path(), entry.file_name());
        match entry.file_type() {
            Ok(kind) if kind.is_dir() && name != "node_modules" && name != ".git" => files(&path, found),
            Ok(kind) if kind.is_file() => found.push(path),
            _ => {}
        }
    }
}

#[expect(clippy::print_stdout, clippy::print_stderr, reason = "what is counted is all that it is for")]
fn main() -> ExitCode {
    let Some(folder) = std::env::args_os().nth(1).map(PathBuf::from) else {
        eprintln!("usage: count_deployments FOLDER");
        return ExitCode::FAILURE;
    };
    let mut all = Vec::new();
    files(&folder, &mut all);
    all.sort();
    let (mut counts, mut refused) = (BTreeMap::<Deployed, (u32, u32)>::new(), BTreeMap::<String, Vec<String>>::new());
    for path in all {
        let Some(deployed) = kind(&path) else { continue };
        let (loaded, of) = counts.entry(deployed).or_default();
        *of += 1;
        match Emulator::builder().source(Source::file(&path)).build() {
            Ok(_) => *loaded += 1,
            Err(error) => {
                let reason: String = error.message.chars().take(100).collect();
                refused.entry(reason).or_default().push(format!("{deployed:?} {error}"));
            }
        }
    }
    let mut ranked: Vec<_> = refused.into_iter().collect();
    ranked.sort_by_key(|(_, files)| std::cmp::Reverse(files.len()));
    for (reason, files) in ranked {
        println!("{} × {reason}", files.len());
        for file in files {
            println!("    {file}");
        }
    }
    for (deployed, (loaded, of)) in counts {
        println!("{deployed:?}: {loaded} of {of} load");
    }
    ExitCode::SUCCESS
}
