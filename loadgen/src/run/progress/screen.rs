//! Draws a picture over the one before, on the terminal at stderr.
//!
//! Each frame is one write, ends below the picture, and leaves cursor, colours and scrolling as they were: a process
//! that is killed between two frames leaves nothing to mend.

use std::fmt::Write as _;
use std::io::{self, Write};

use super::picture::Line;

/// Columns and rows of a terminal.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Size {
    pub(super) width: usize,
    pub(super) height: usize,
}

impl Size {
    /// Columns of a line: the last one stays free, for a terminal may go on to the next row behind it.
    pub(super) const fn line(self) -> usize {
        if self.width > 1 { self.width - 1 } else { 1 }
    }

    /// Rows of a picture: the one below it is the cursor's.
    pub(super) const fn rows(self) -> usize {
        if self.height > 1 { self.height - 1 } else { 1 }
    }
}

/// The place of the picture.
#[derive(Debug, Default)]
pub(super) struct Screen {
    /// Widths of the lines that are on the terminal.
    drawn: Vec<usize>,
    /// Widths of the rows of earlier frames that a terminal which became smaller has pushed out at its top.
    above: Vec<usize>,
    colour: bool,
}

impl Screen {
    pub(super) fn new(colour: bool) -> Self {
        Self { colour, ..Self::default() }
    }

    /// Draws over what is there. `size` is the terminal's now, which may not be that of the frame before.
    pub(super) fn draw(&mut self, lines: &[Line], size: Size, out: &mut dyn Write) -> io::Result<()> {
        let mut frame = self.back(size);
        for line in lines {
            // Whatever was longer there before goes with the rest of the line.
            let _ = writeln!(frame, "{}\x1b[K", line.paint(size.line(), self.colour));
        }
        frame += "\x1b[J";
        self.drawn = lines.iter().map(|line| line.width().min(size.line())).collect();
        out.write_all(frame.as_bytes())?;
        out.flush()
    }

    /// Takes the picture away.
    pub(super) fn clear(&mut self, size: Size, out: &mut dyn Write) -> io::Result<()> {
        let mut frame = self.back(size);
        if frame.is_empty() {
            return Ok(());
        }
        frame += "\x1b[J";
        self.drawn.clear();
        self.above.clear();
        out.write_all(frame.as_bytes())?;
        out.flush()
    }

    /// What brings the cursor to the first line of the picture. A terminal that became narrower has folded its lines, and
    /// one that became lower has pushed rows out at its top, so that the picture begins there. It pulls them back as soon as
    /// it has room above the picture; where it does not, going up too far does no harm, for no terminal goes up past its top.
    fn back(&mut self, size: Size) -> String {
        let width = size.width.max(1);
        let folded = |columns: usize| columns.div_ceil(width).max(1);
        let rows: usize = self.drawn.iter().map(|columns| folded(*columns)).sum();
        let mut room = size.height.saturating_sub(rows + 1);
        let mut pulled = 0;
        while room > 0
            && let Some(columns) = self.above.pop()
        {
            let taken = folded(columns).min(room);
            pulled += taken;
            room -= taken;
            if taken < folded(columns) {
                self.above.push((folded(columns) - taken) * width);
            }
        }
        let pieces = self.drawn.iter().flat_map(|columns| {
            (0..folded(*columns)).map(move |piece| columns.saturating_sub(piece * width).min(width))
        });
        self.above.extend(pieces.take(rows.saturating_sub(size.rows())));
        if rows == 0 { String::new() } else { format!("\r\x1b[{}A", rows + pulled) }
    }
}

/// Columns and rows of the terminal at stderr; those of old where they cannot be had.
pub(super) fn size() -> Size {
    match rustix::termios::tcgetwinsize(io::stderr()) {
        Ok(size) if size.ws_col > 0 && size.ws_row > 0 => {
            Size { width: size.ws_col.into(), height: size.ws_row.into() }
        }
        _ => Size { width: 80, height: 24 },
    }
}

#[cfg(test)]
mod tests;
