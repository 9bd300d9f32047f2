//! What stands behind plots over time: stages, warm-up, and pauses of the generator.

use std::fmt::Write;

use super::Page;
use super::axis::Axis;
use super::markup::Text;
use super::path::WIDTH;
use super::plot::Key;

/// The backdrop of a run.
#[derive(Debug, Clone)]
pub(super) struct Backdrop {
    /// Shapes, below everything else.
    pub(super) shapes: String,
    /// Names of the stages.
    pub(super) names: String,
    /// What the shapes mean.
    pub(super) keys: Vec<Key>,
}

impl Backdrop {
    /// Of a run, in a plot of so many pixels.
    pub(super) fn of(page: &Page<'_>, time: &Axis, height: u32) -> Self {
        let mut backdrop = Self { shapes: String::new(), names: String::new(), keys: Vec::new() };
        let several = page.stages.len() > 1;
        for (number, stage) in page.stages.iter().enumerate().filter(|_| several) {
            let (left, right) = (time.at(stage.start()), time.at(stage.end()));
            if number % 2 == 0 {
                backdrop.rect("stage", left, right, height);
            }
            backdrop.name(&stage.name, left, right);
        }
        let warmup = page.summary.warmup_seconds;
        if warmup > 0 {
            backdrop.rect("warm", 0.0, time.at(warmup as f64), height);
            backdrop.keys.push(Key::area("warm", "warm-up, not judged"));
        }
        backdrop.pauses(page, time, height);
        backdrop
    }

    /// Where the generator stood still, as wide as the longest pause that began in a stretch.
    fn pauses(&mut self, page: &Page<'_>, time: &Axis, height: u32) {
        let length = page.timeline.seconds_per_bin() as f64;
        for (bin, began) in page.timeline.bins().iter().zip(0_u32..) {
            if bin.pauses.count > 0 {
                let start = f64::from(began) * length;
                let end = start + length.max(bin.pauses.longest_us as f64 / 1e6);
                self.rect("pause", time.at(start), time.at(end).min(1.0), height);
            }
        }
        if page.summary.pauses.count > 0 {
            self.keys.push(Key::area("pause", "the generator was paused"));
        }
    }

    fn rect(&mut self, class: &str, left: f64, right: f64, height: u32) {
        let (x, width) = (left * WIDTH, (right - left) * WIDTH);
        // Writing to a `String` cannot fail.
        let _ = writeln!(
            self.shapes,
            "<rect class=\"{class}\" x=\"{x:.1}\" y=\"0\" width=\"{width:.1}\" height=\"{height}\"/>"
        );
    }

    /// The name of a stage, as much of it as there is room for.
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a share of the width")]
    fn name(&mut self, name: &str, left: f64, right: f64) {
        /// Letters across the whole width of a desktop's plot, and of a phone's.
        const LETTERS: (f64, f64) = (150.0, 44.0);
        let room = |letters: f64| ((right - left) * letters) as usize;
        if room(LETTERS.0) < 3 {
            return;
        }
        let letters = name.chars().count();
        let shown = if letters <= room(LETTERS.0) {
            name.to_owned()
        } else {
            name.chars().take(room(LETTERS.0) - 1).chain(['…']).collect()
        };
        let class = if letters > room(LETTERS.1) { " class=\"roomy\"" } else { "" };
        let (x, shown) = (left * 100.0, Text(shown));
        let _ = writeln!(self.names, "<text x=\"{x:.2}%\" dx=\"5\" y=\"14\"{class}>{shown}</text>");
    }
}
