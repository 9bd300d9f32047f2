//! Prints how large each crate is, without its tests, as a table in Markdown: files, lines, lines of code (neither blank
//! nor a comment), and types that are defined.
//!
//! `cargo run -p contract-tests --bin code-size [CHECKOUT]`

#![allow(clippy::print_stdout, reason = "its output is what it is for")]

use std::fs;
use std::ops::AddAssign;
use std::path::{Path, PathBuf};

#[derive(Default)]
struct Size {
    files: usize,
    lines: usize,
    code: usize,
    types: usize,
}

impl AddAssign for Size {
    fn add_assign(&mut self, other: Self) {
        self.files += other.files;
        self.lines += other.lines;
        self.code += other.code;
        self.types += other.types;
    }
}

fn main() {
    let here = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let checkout = std::env::args().nth(1).map_or(here, PathBuf::from);
    println!("| crate | files | lines | code | types |\n| --- | ---: | ---: | ---: | ---: |");
    for member in ["client", "emulator", "loadgen"] {
        let Size { files, lines, code, types } = of_folder(&checkout.join(member).join("src"));
        println!("| {member} | {files} | {lines} | {code} | {types} |");
    }
}

fn of_folder(folder: &Path) -> Size {
    let entries = fs::read_dir(folder).unwrap_or_else(|e| panic!("{}: {e}", folder.display()));
    let mut size = Size::default();
    for path in entries.map(|entry| entry.expect("a folder that can be listed").path()) {
        match path.file_stem().and_then(|stem| stem.to_str()) {
            Some("tests") => {}
            _ if path.is_dir() => size += of_folder(&path),
            _ if path.extension().is_some_and(|extension| extension == "rs") => size += of_file(&path),
            _ => {}
        }
    }
    size
}

/// Tests stand last in a file.
fn of_file(path: &Path) -> Size {
    let text = fs::read_to_string(path).unwrap_or_else(|e| panic!("{}: {e}", path.display()));
    let mut size = Size { files: 1, ..Size::default() };
    let mut lines = text.lines().peekable();
    while let Some(line) = lines.next() {
        let tests = line == "#[cfg(test)]" && lines.peek().is_some_and(|next| next.starts_with("mod "));
        if tests {
            break;
        }
        size.lines += 1;
        size.code += usize::from(!line.trim().is_empty() && !line.trim().starts_with("//"));
        size.types += usize::from(defines_a_type(line));
    }
    size
}

/// At the margin: what stands further in belongs to a trait, or is known to one function.
fn defines_a_type(line: &str) -> bool {
    let line = line.strip_prefix("pub").map_or(line, |rest| {
        let after = rest.strip_prefix('(').and_then(|rest| rest.split_once(')'));
        after.map_or(rest, |(_, rest)| rest).trim_start()
    });
    ["struct ", "enum ", "trait ", "union ", "type "].iter().any(|word| line.starts_with(word))
}
