use proptest::prelude::*;

use super::super::picture::picture;
use super::super::state::ProgressState;
use super::*;

/// A terminal as far as the picture uses one. Either it folds its lines anew when its width changes and pulls rows back from
/// above when it grows, as most do, or it does neither, as xterm.
struct Terminal {
    size: Size,
    folds: bool,
    /// All rows, also those that went out at the top, each with whether its line goes on in the next one.
    rows: Vec<(String, bool)>,
    /// The first row that is seen.
    top: usize,
    row: usize,
    column: usize,
}

impl Terminal {
    fn new(size: Size, folds: bool) -> Self {
        Self { size, folds, rows: vec![(String::new(), false)], top: 0, row: 0, column: 0 }
    }

    fn down(&mut self) {
        self.row += 1;
        if self.row == self.rows.len() {
            self.rows.push((String::new(), false));
        }
        self.top = self.top.max((self.row + 1).saturating_sub(self.size.height));
    }

    fn put(&mut self, symbol: char) {
        if self.column == self.size.width {
            self.rows[self.row].1 = true;
            self.down();
            self.column = 0;
        }
        let row = &mut self.rows[self.row].0;
        let mut symbols: Vec<char> = row.chars().collect();
        symbols.resize(symbols.len().max(self.column + 1), ' ');
        symbols[self.column] = symbol;
        *row = symbols.into_iter().collect();
        self.column += 1;
    }

    fn write(&mut self, text: &str) {
        let mut rest = text.chars();
        while let Some(symbol) = rest.next() {
            match symbol {
                '\r' => self.column = 0,
                '\n' => {
                    self.down();
                    self.column = 0;
                }
                '\x1b' => {
                    let code: String = rest.by_ref().skip(1).take_while_inclusive(char::is_ascii_alphabetic);
                    self.obey(&code);
                }
                other => self.put(other),
            }
        }
    }

    fn obey(&mut self, code: &str) {
        let erase = |row: &mut (String, bool), column: usize| {
            *row = (row.0.chars().take(column).collect(), false);
        };
        match code.split_at(code.len() - 1) {
            (count, "A") => self.row = self.row.saturating_sub(count.parse().unwrap()).max(self.top),
            ("", "K") => erase(&mut self.rows[self.row], self.column),
            ("", "J") => {
                erase(&mut self.rows[self.row], self.column);
                self.rows.truncate(self.row + 1);
            }
            other => panic!("{other:?}"),
        }
    }

    /// Takes another size. The cursor stands at the beginning of an empty last line, as between two frames.
    fn resize(&mut self, size: Size) {
        assert_eq!((self.row + 1, self.column), (self.rows.len(), 0));
        if self.folds && size.width != self.size.width {
            let mut lines = vec![String::new()];
            for (text, goes_on) in &self.rows {
                lines.last_mut().unwrap().push_str(text);
                if !goes_on {
                    lines.push(String::new());
                }
            }
            lines.pop();
            self.rows.clear();
            for line in lines {
                let symbols: Vec<char> = line.chars().collect();
                let pieces: Vec<String> = symbols.chunks(size.width).map(|piece| piece.iter().collect()).collect();
                let last = pieces.len().saturating_sub(1);
                self.rows.extend(pieces.into_iter().enumerate().map(|(index, piece)| (piece, index < last)));
                if symbols.is_empty() {
                    self.rows.push((String::new(), false));
                }
            }
            self.row = self.rows.len() - 1;
        }
        let lowest = self.rows.len().saturating_sub(size.height);
        self.top = if self.folds { lowest } else { self.top.max(lowest) };
        self.size = size;
    }

    fn seen(&self) -> Vec<&str> {
        self.rows[self.top..].iter().map(|(text, _)| text.as_str()).collect()
    }
}

/// Takes up to and with the first that meets a condition.
trait TakeWhileInclusive: Iterator<Item = char> {
    fn take_while_inclusive(self, last: impl Fn(&char) -> bool) -> String;
}

impl<I: Iterator<Item = char>> TakeWhileInclusive for I {
    fn take_while_inclusive(self, last: impl Fn(&char) -> bool) -> String {
        let mut taken = String::new();
        for symbol in self {
            taken.push(symbol);
            if last(&symbol) {
                break;
            }
        }
        taken
    }
}

/// Draws a picture at each of the sizes, below some lines that were there before.
fn drawn(sizes: &[Size], folds: bool, mut look: impl FnMut(&Terminal, &[Line])) -> Terminal {
    let mut terminal = Terminal::new(sizes[0], folds);
    terminal.write("$ one\n$ two\n$ three\n");
    let mut screen = Screen::new(false);
    for size in sizes {
        terminal.resize(*size);
        let lines = picture(&ProgressState::default(), size.line(), size.rows());
        let mut frame = Vec::new();
        screen.draw(&lines, *size, &mut frame).unwrap();
        terminal.write(str::from_utf8(&frame).unwrap());
        look(&terminal, &lines);
    }
    let mut frame = Vec::new();
    screen.clear(*sizes.last().unwrap(), &mut frame).unwrap();
    terminal.write(str::from_utf8(&frame).unwrap());
    terminal
}

const fn size(width: usize, height: usize) -> Size {
    Size { width, height }
}

proptest! {
    #[test]
    fn after_every_resize_one_picture_is_seen_and_no_line_of_an_earlier_one(
        sizes in prop::collection::vec((12_usize..100, 3_usize..30), 1..8), folds: bool
    ) {
        let sizes: Vec<Size> = sizes.into_iter().map(|(width, height)| size(width, height)).collect();
        let left = drawn(&sizes, folds, |terminal, lines| {
            let expected: Vec<String> = lines.iter().map(|line| line.paint(terminal.size.line(), false)).collect();
            let seen = terminal.seen();
            let pictured = seen.len() - 1 - expected.len();
            assert_eq!(&seen[pictured..seen.len() - 1], expected, "{sizes:?}");
            assert!(seen[..pictured].iter().all(|line| line.starts_with("$ ")), "{sizes:?}: {seen:?}");
        });
        prop_assert!(left.seen().iter().all(|line| line.is_empty() || line.starts_with("$ ")), "{:?}", left.seen());
    }
}

#[test]
fn what_stood_above_the_picture_stays_there_while_a_window_is_made_smaller_and_larger() {
    for sizes in [
        &[size(80, 24), size(80, 6), size(80, 24)][..],
        &[size(80, 24), size(40, 24), size(80, 24)],
        &[size(80, 24), size(80, 9), size(80, 4), size(80, 10), size(80, 30)],
        &[size(40, 10), size(90, 40)],
    ] {
        let left = drawn(sizes, true, |_, _| ());
        assert_eq!(left.seen(), ["$ one", "$ two", "$ three", ""], "{sizes:?}");
    }
}
