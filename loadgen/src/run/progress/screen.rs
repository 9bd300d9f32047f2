//! Draws a picture over the one before, on the terminal at stderr.
//!
//! Each frame is one write, ends below the picture, and leaves cursor, colours and scrolling as they were: a process
//! that is killed between two frames leaves nothing to mend.

use std::fmt::Write as _;
use std::io::{self, Write};

use super::picture::Line;

/// The place of the picture.
#[derive(Debug, Default)]
pub(super) struct Screen {
    /// Widths of the lines that are on the terminal.
    drawn: Vec<usize>,
    colour: bool,
}

impl Screen {
    pub(super) fn new(colour: bool) -> Self {
        Self { drawn: Vec::new(), colour }
    }

    /// Draws over what is there. `width` is the terminal's now, which may not be that of the frame before.
    pub(super) fn draw(&mut self, lines: &[Line], width: usize, out: &mut dyn Write) -> io::Result<()> {
        let mut frame = self.back(width);
        for line in lines {
            // Whatever was longer there before goes with the rest of the line.
            let _ = writeln!(frame, "{}\x1b[K", line.paint(width, self.colour));
        }
        frame += "\x1b[J";
        self.drawn = lines.iter().map(|line| line.width().min(width)).collect();
        out.write_all(frame.as_bytes())?;
        out.flush()
    }

    /// Takes the picture away.
    pub(super) fn clear(&mut self, width: usize, out: &mut dyn Write) -> io::Result<()> {
        let mut frame = self.back(width);
        if frame.is_empty() {
            return Ok(());
        }
        frame += "\x1b[J";
        self.drawn.clear();
        out.write_all(frame.as_bytes())?;
        out.flush()
    }

    /// What brings the cursor to the first line of the picture. A terminal that became narrower has folded its lines.
    fn back(&self, width: usize) -> String {
        let rows: usize = self.drawn.iter().map(|line| line.div_ceil(width.max(1)).max(1)).sum();
        if rows == 0 { String::new() } else { format!("\r\x1b[{rows}A") }
    }
}

/// Columns and rows of the terminal at stderr; those of old where they cannot be had.
pub(super) fn size() -> (usize, usize) {
    match rustix::termios::tcgetwinsize(io::stderr()) {
        Ok(size) if size.ws_col > 0 && size.ws_row > 0 => (size.ws_col.into(), size.ws_row.into()),
        _ => (80, 24),
    }
}

#[cfg(test)]
mod tests {
    use super::super::picture::picture;
    use super::super::state::ProgressState;
    use super::*;

    #[test]
    fn a_frame_covers_the_one_before_also_when_the_terminal_became_narrower() {
        let lines = picture(&ProgressState::default(), 80, 24);
        let mut screen = Screen::new(false);
        let mut frame = |width: usize| {
            let mut out = Vec::new();
            screen.draw(&lines, width, &mut out).unwrap();
            String::from_utf8(out).unwrap()
        };
        let count = lines.len();
        assert!(!frame(80).starts_with("\r\x1b["), "there is nothing to draw over");
        assert!(frame(80).starts_with(&format!("\r\x1b[{count}A")));
        let folded: usize = lines.iter().map(|line| line.width().div_ceil(10).max(1)).sum();
        assert!(folded > count);
        assert!(frame(10).starts_with(&format!("\r\x1b[{folded}A")));
        let mut out = Vec::new();
        screen.clear(10, &mut out).unwrap();
        assert_eq!(String::from_utf8(out).unwrap(), format!("\r\x1b[{count}A\x1b[J"));
    }
}
