//! `completions` and `man`: what shells and manual readers know of the command line, made from its definition.

use std::io;

use clap::{Command, CommandFactory};
use clap_complete::Shell;
use clap_mangen::Man;
use clap_mangen::roff::{Roff, line_break, roman};

use super::Io;
use super::arguments::Arguments;
use super::misplaced::hidden;
use crate::exit::Exit;
use crate::mistake::Mistake;

/// The completions of a shell.
pub(super) fn completions(shell: Shell, io: &mut Io<'_>) -> Exit {
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut visible(Arguments::command()), "loadgen", &mut script);
    // A closed pipe is nobody's error.
    let _ = io.stdout.write_all(&script);
    Exit::Pass
}

/// The manual page of loadgen, or of one of its commands.
pub(super) fn man(name: Option<&str>, io: &mut Io<'_>) -> Result<Exit, Mistake> {
    let mut root = visible(Arguments::command()).disable_help_subcommand(true);
    root.build();
    let page = match name {
        None => root,
        Some(name) => {
            let command = root.find_subcommand(name).filter(|command| !command.is_hide_set());
            let command = command.ok_or_else(|| Mistake::usage(format!("`{name}` is not a command of loadgen")))?;
            // Built as part of the whole, it knows itself as loadgen-NAME.
            command.clone()
        }
    };
    let mut text = Vec::new();
    render(page, &mut text).map_err(|e| Mistake::other(e.to_string()))?;
    let _ = io.stdout.write_all(&text);
    Ok(Exit::Pass)
}

/// The sections of a page. Examples are a table of commands and their meaning: their lines stay as they are.
fn render(page: Command, out: &mut Vec<u8>) -> io::Result<()> {
    let examples = page.get_after_help().map(ToString::to_string);
    let commands = page.get_subcommands().any(|command| !command.is_hide_set());
    let version = page.get_version().is_some();
    let man = Man::new(page);
    man.render_title(out)?;
    man.render_name_section(out)?;
    man.render_synopsis_section(out)?;
    man.render_description_section(out)?;
    man.render_options_section(out)?;
    if commands {
        man.render_subcommands_section(out)?;
    }
    if let Some(examples) = examples {
        let mut section = Roff::new();
        section.control("SH", ["EXAMPLES AND MORE"]);
        // What is indented is a table, whose lines stay as they are; the rest are paragraphs, each a line.
        let mut within_table = false;
        for line in examples.lines() {
            let table = line.starts_with(' ');
            if table != within_table {
                section.control(if table { "nf" } else { "fi" }, []);
                within_table = table;
            }
            if line.is_empty() {
                section.control("PP", []);
            } else {
                section.text([roman(line), line_break()]);
            }
        }
        if within_table {
            section.control("fi", []);
        }
        section.to_writer(out)?;
    }
    if version {
        man.render_version_section(out)?;
    }
    Ok(())
}

/// The command line without what only loadgen itself says, as `serve`.
fn visible(command: Command) -> Command {
    let command = hidden(command);
    let own: Vec<String> =
        command.get_subcommands().filter(|c| c.is_hide_set()).map(|c| c.get_name().to_owned()).collect();
    own.iter().fold(command, |command, name| command.mut_subcommand(name, |_| Command::new("serve").hide(true)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_command_line_is_consistent() {
        Arguments::command().debug_assert();
    }
}
