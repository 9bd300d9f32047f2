//! The picture of a run in progress on a terminal of its own.

use std::fs::File;
use std::io::Read;
use std::process::Stdio;

use rustix::fd::OwnedFd;
use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};
use rustix::termios::{Winsize, tcsetwinsize};

use super::loadgen::{Scratch, command};
use super::server::Server;

/// A terminal of eighty columns: the side that a user sees, and the side of the program.
fn terminal() -> (OwnedFd, File) {
    let seen = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY).unwrap();
    grantpt(&seen).unwrap();
    unlockpt(&seen).unwrap();
    let name = ptsname(&seen, Vec::new()).unwrap();
    let own = File::options().read(true).write(true).open(name.to_str().unwrap()).unwrap();
    tcsetwinsize(&own, Winsize { ws_row: 24, ws_col: 80, ws_xpixel: 0, ws_ypixel: 0 }).unwrap();
    (seen, own)
}

/// What the terminal got until that was enough, or until nobody writes to it any more.
fn seen(terminal: &mut File, is_enough: impl Fn(&str) -> bool) -> String {
    let mut text = Vec::new();
    let mut buffer = [0; 4 << 10];
    loop {
        // Where the other side is gone, Linux reports an error in place of an end.
        match terminal.read(&mut buffer) {
            Ok(0) | Err(_) => break,
            Ok(length) => text.extend_from_slice(&buffer[..length]),
        }
        if is_enough(&String::from_utf8_lossy(&text)) {
            break;
        }
    }
    String::from_utf8(text).unwrap()
}

/// A run that is interrupted once the terminal holds `mark`, and after what `meanwhile` does with the terminal.
fn run_while(
    arguments: &[&str],
    variables: &[(&str, &str)],
    mark: &str,
    meanwhile: impl FnOnce(&mut File) -> String,
) -> (String, String) {
    let server = Server::healthy();
    let scratch = Scratch::new();
    let directory = scratch.path("run");
    let (side, own) = terminal();
    let mut side = File::from(side);
    let mut command = command(&["--rps", "50", "-d", "60s", "--url", &server.url, "-o", directory.to_str().unwrap()]);
    command.args(arguments).env("TERM", "xterm-256color").env_remove("NO_COLOR").envs(variables.iter().copied());
    let mut child = command.stdout(Stdio::piped()).stderr(own).spawn().unwrap();
    // The builder keeps a copy of the program's side.
    drop(command);
    let mut text = seen(&mut side, |text| text.contains(mark)) + &meanwhile(&mut side);
    let interrupt = std::process::Command::new("kill").args(["-TERM", &child.id().to_string()]).status().unwrap();
    assert!(interrupt.success());
    text += &seen(&mut side, |_| false);
    let mut stdout = String::new();
    child.stdout.take().unwrap().read_to_string(&mut stdout).unwrap();
    assert_eq!(child.wait().unwrap().code(), Some(105));
    (text, stdout)
}

fn run(arguments: &[&str], variables: &[(&str, &str)], mark: &str) -> (String, String) {
    run_while(arguments, variables, mark, |_| String::new())
}

/// By how many rows the cursor went up, each time.
fn ascents(text: &str) -> Vec<u32> {
    let after = text.split("\u{1b}[").skip(1).filter_map(|code| code.split_once('A'));
    after.filter_map(|(count, _)| count.parse().ok()).collect()
}

#[test]
fn a_frame_covers_the_rows_that_a_narrower_terminal_made_of_the_one_before() {
    let (text, _) = run_while(&[], &[], "\u{1b}[9A", |side| {
        tcsetwinsize(&*side, Winsize { ws_row: 24, ws_col: 40, ws_xpixel: 0, ws_ypixel: 0 }).unwrap();
        // The first line has 79 columns and the last one 51: each folds into two rows.
        seen(side, |text| ascents(text).iter().any(|rows| *rows >= 11))
    });
    assert!(ascents(&text).iter().any(|rows| *rows >= 11), "{text:?}");
}

#[test]
fn the_picture_is_drawn_in_its_place_and_taken_away_also_from_an_interrupted_run() {
    // Nine lines a frame: the second one begins by going back up.
    let (text, stdout) = run(&[], &[], "\u{1b}[9A");
    assert!(text.contains("\u{1b}[1mad-hoc\u{1b}[0m  1s of 1m00s, 59s left"), "{text:?}");
    assert!(text.ends_with("\r\n\u{1b}[J\r\u{1b}[9A\u{1b}[J") || text.ends_with("\u{1b}[9A\u{1b}[J"), "{text:?}");
    for mode in ["\u{1b}[?25l", "\u{1b}[?1049h", "\u{1b}[?7l"] {
        assert!(!text.contains(mode), "the cursor, the screen and its folding stay as they are: {text:?}");
    }
    assert!(!stdout.contains('\u{1b}') && stdout.contains("INTERRUPTED exit 105"), "{stdout}");
}

#[test]
fn without_colours_and_without_a_picture_where_that_is_asked_for() {
    let (plain, _) = run(&[], &[("NO_COLOR", "1")], "\u{1b}[9A");
    assert!(plain.contains("ad-hoc  1s of 1m00s") && !plain.contains("\u{1b}[1m"), "{plain:?}");
    let (lines, _) = run(&["--no-tui"], &[], "  sent ");
    assert!(lines.starts_with("1s/1m00s  sent ") && !lines.contains('\u{1b}'), "{lines:?}");
    let (dumb, _) = run(&[], &[("TERM", "dumb")], "  sent ");
    assert!(dumb.starts_with("1s/1m00s  sent ") && !dumb.contains('\u{1b}'), "{dumb:?}");
}
