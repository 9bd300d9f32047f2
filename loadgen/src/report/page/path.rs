//! Shapes in the coordinates of a plot: 1,000 wide, as high as the plot, 0 at the top.

use std::fmt::Write;

/// Width of a plot in its own coordinates; it is stretched to the page's.
pub(super) const WIDTH: f64 = 1_000.0;

/// Draws on an area of a height. Places are shares of it, from 0 at the left and the bottom.
#[derive(Debug, Clone, Copy)]
pub(super) struct Canvas {
    /// Pixels.
    pub(super) height: u32,
}

impl Canvas {
    /// A line through places; it is interrupted where there is none.
    pub(super) fn line(self, class: &str, places: impl IntoIterator<Item = Option<(f64, f64)>>) -> String {
        let mut d = String::new();
        let mut command = 'M';
        for place in places {
            match place {
                Some((x, y)) => {
                    self.point(&mut d, command, x, y);
                    command = 'L';
                }
                None => command = 'M',
            }
        }
        path(class, &d)
    }

    /// A line that keeps its height over each of equal stretches of the width.
    pub(super) fn steps(self, class: &str, heights: &[Option<f64>]) -> String {
        let mut d = String::new();
        let mut down = false;
        for (i, height) in heights.iter().enumerate() {
            let Some(height) = height else {
                down = false;
                continue;
            };
            let (left, right) = (share(i, heights.len()), share(i + 1, heights.len()));
            if down {
                short(&mut d, 'V', self.y(*height));
            } else {
                self.point(&mut d, 'M', left, *height);
            }
            short(&mut d, 'H', right * WIDTH);
            down = true;
        }
        path(class, &d)
    }

    /// What lies between two heights, over each of equal stretches of the width.
    pub(super) fn band(self, class: &str, heights: &[Option<(f64, f64)>]) -> String {
        let mut d = String::new();
        let count = heights.len();
        let mut i = 0;
        while i < count {
            let run = heights[i..].iter().map_while(|height| *height).collect::<Vec<_>>();
            if run.is_empty() {
                i += 1;
                continue;
            }
            self.point(&mut d, 'M', share(i, count), run[0].0);
            for (k, (low, _)) in run.iter().enumerate() {
                short(&mut d, 'V', self.y(*low));
                short(&mut d, 'H', share(i + k + 1, count) * WIDTH);
            }
            for (k, (_, high)) in run.iter().enumerate().rev() {
                short(&mut d, 'V', self.y(*high));
                short(&mut d, 'H', share(i + k, count) * WIDTH);
            }
            d.push('Z');
            i += run.len();
        }
        path(class, &d)
    }

    /// What lies between two lines, given by places with a lower and an upper height.
    pub(super) fn ribbon(self, class: &str, places: &[(f64, f64, f64)]) -> String {
        let mut d = String::new();
        let there = places.iter().map(|(x, low, _)| (*x, *low));
        let back = places.iter().rev().map(|(x, _, high)| (*x, *high));
        for (i, (x, y)) in there.chain(back).enumerate() {
            self.point(&mut d, if i == 0 { 'M' } else { 'L' }, x, y);
        }
        if !d.is_empty() {
            d.push('Z');
        }
        path(class, &d)
    }

    /// Rectangles: left, right, bottom and top.
    pub(super) fn cells(self, class: &str, cells: &[(f64, f64, f64, f64)]) -> String {
        let mut d = String::new();
        for (left, right, bottom, top) in cells {
            self.point(&mut d, 'M', *left, *top);
            short(&mut d, 'H', right * WIDTH);
            short(&mut d, 'V', self.y(*bottom));
            short(&mut d, 'H', left * WIDTH);
            d.push('Z');
        }
        path(class, &d)
    }

    fn y(self, share: f64) -> f64 {
        (1.0 - share) * f64::from(self.height)
    }

    fn point(self, d: &mut String, command: char, x: f64, y: f64) {
        short(d, command, x * WIDTH);
        d.push(' ');
        d.push_str(&decimal(self.y(y)));
    }
}

fn share(i: usize, of: usize) -> f64 {
    i as f64 / of as f64
}

fn short(d: &mut String, command: char, value: f64) {
    // Writing to a `String` cannot fail.
    let _ = write!(d, "{command}{}", decimal(value));
}

/// A tenth of a pixel is as fine as anything is drawn.
fn decimal(value: f64) -> String {
    let text = format!("{value:.1}");
    text.strip_suffix(".0").map_or_else(|| text.clone(), str::to_owned)
}

fn path(class: &str, d: &str) -> String {
    if d.is_empty() { String::new() } else { format!("<path class=\"{class}\" d=\"{d}\"/>\n") }
}

#[cfg(test)]
mod tests {
    use super::*;

    const CANVAS: Canvas = Canvas { height: 100 };

    #[test]
    fn steps_keep_their_height_and_leave_out_what_is_not_known() {
        let drawn = CANVAS.steps("a", &[Some(0.0), Some(0.5), None, Some(1.0)]);
        assert_eq!(drawn, "<path class=\"a\" d=\"M0 100H250V50H500M750 0H1000\"/>\n");
        assert_eq!(CANVAS.steps("a", &[None]), "", "nothing is drawn of nothing");
    }

    #[test]
    fn a_band_is_closed_and_interrupted() {
        let drawn = CANVAS.band("b", &[Some((0.0, 1.0)), None, Some((0.25, 0.5)), Some((0.0, 1.0))]);
        assert_eq!(drawn, "<path class=\"b\" d=\"M0 100V100H250V0H0ZM500 75V75H750V100H1000V0H750V50H500Z\"/>\n");
    }

    #[test]
    fn lines_and_ribbons_go_through_their_places() {
        let drawn = CANVAS.line("c", [Some((0.0, 0.0)), Some((0.5, 1.0)), None, Some((1.0, 0.25))]);
        assert_eq!(drawn, "<path class=\"c\" d=\"M0 100L500 0M1000 75\"/>\n");
        let drawn = CANVAS.ribbon("d", &[(0.0, 0.1, 0.2), (1.0, 0.3, 0.4)]);
        assert_eq!(drawn, "<path class=\"d\" d=\"M0 90L1000 70L1000 60L0 80Z\"/>\n");
    }
}
