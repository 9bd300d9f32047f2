//! A plot: axes, shapes, what they mean, and the table behind it.
//!
//! Shapes are stretched to the width there is; letters are not, so that they can be read on a phone. That takes an SVG
//! for the left axis, one for the area with another in it that is stretched, and one for the axis below.

use std::fmt::Write;

use super::axis::{Axis, Tick};
use super::markup::Text;
use super::path::Canvas;
use super::table::Table;

/// A plot.
#[derive(Debug, Clone)]
pub(super) struct Plot {
    /// Its anchor.
    pub(super) id: &'static str,
    /// What it shows, as a title.
    pub(super) title: String,
    /// What to know in order to read it.
    pub(super) note: String,
    /// What it shows, to those who do not see it.
    pub(super) description: String,
    /// Where it is drawn.
    pub(super) canvas: Canvas,
    /// The axis below.
    pub(super) x: Axis,
    /// The axis on the left.
    pub(super) y: Axis,
    /// Shapes, in the canvas's coordinates.
    pub(super) shapes: String,
    /// Shapes and words above them, in shares of the width.
    pub(super) overlay: String,
    /// What the shapes mean: class and name.
    pub(super) keys: Vec<Key>,
    /// The figures.
    pub(super) table: Table,
    /// Where on the axis below the rows of the table lie; `None`: each is as wide as the next.
    pub(super) places: Option<Vec<f64>>,
}

/// What a shape means.
#[derive(Debug, Clone)]
pub(super) struct Key {
    /// The class that gives it its colour.
    pub(super) class: String,
    /// Whether it is an area rather than a line.
    pub(super) filled: bool,
    /// What it means.
    pub(super) name: String,
}

impl Key {
    /// A line's meaning.
    pub(super) fn line(class: &str, name: &str) -> Self {
        Self { class: class.into(), filled: false, name: name.into() }
    }

    /// An area's meaning.
    pub(super) fn area(class: &str, name: &str) -> Self {
        Self { class: class.into(), filled: true, name: name.into() }
    }

    fn markup(&self) -> String {
        let shape = if self.filled {
            format!("<rect class=\"{}\" width=\"22\" height=\"10\"/>", self.class)
        } else {
            format!("<path class=\"{}\" d=\"M1 5H21\"/>", self.class)
        };
        format!(
            "<li><svg class=\"key\" width=\"22\" height=\"10\" aria-hidden=\"true\">{shape}</svg>{}</li>",
            Text(&self.name)
        )
    }
}

impl Plot {
    /// The plot as a figure.
    pub(super) fn markup(&self) -> String {
        let keys: String = self.keys.iter().map(Key::markup).collect();
        let keys = if keys.is_empty() { keys } else { format!("<ul class=\"keys\">{keys}</ul>\n") };
        let note = if self.note.is_empty() { String::new() } else { format!("<p>{}</p>", Text(&self.note)) };
        let places = self.places.as_ref().map_or_else(String::new, |places| {
            let places: Vec<String> = places.iter().map(|place| format!("{place:.4}")).collect();
            format!(" data-places=\"{}\"", places.join(" "))
        });
        format!(
            "<figure class=\"plot\" id=\"{}\"{places}>\n<figcaption><h3>{}</h3>{note}</figcaption>\n{keys}\
             <div class=\"frame\">\n{}{}{}</div>\n<div class=\"under\"><p class=\"axis\">{}</p><output></output></div>\n{}</figure>\n",
            self.id,
            Text(&self.title),
            self.left(),
            self.area(),
            self.below(),
            Text(&self.x.title),
            self.table.behind(),
        )
    }

    fn left(&self) -> String {
        let height = self.canvas.height;
        let mut out = format!("<svg class=\"left\" width=\"64\" height=\"{height}\" aria-hidden=\"true\">\n");
        for Tick { at, label, .. } in &self.y.ticks {
            let y = (1.0 - at) * f64::from(height) + 4.0;
            // Writing to a `String` cannot fail.
            let _ = writeln!(out, "<text x=\"58\" y=\"{y:.1}\" text-anchor=\"end\">{}</text>", Text(label));
        }
        out + "</svg>\n"
    }

    fn area(&self) -> String {
        let height = self.canvas.height;
        let mut grid = String::new();
        for Tick { at, .. } in &self.y.ticks {
            let y = (1.0 - at) * f64::from(height);
            let _ = writeln!(grid, "<line class=\"grid\" x1=\"0\" x2=\"100%\" y1=\"{y:.1}\" y2=\"{y:.1}\"/>");
        }
        for Tick { at, .. } in &self.x.ticks {
            let x = at * 100.0;
            let _ = writeln!(grid, "<line class=\"grid\" x1=\"{x:.2}%\" x2=\"{x:.2}%\" y1=\"0\" y2=\"{height}\"/>");
        }
        format!(
            "<svg class=\"area\" width=\"100%\" height=\"{height}\" role=\"img\" aria-label=\"{}\">\n{grid}\
             <svg width=\"100%\" height=\"{height}\" viewBox=\"0 0 1000 {height}\" preserveAspectRatio=\"none\">\n{}</svg>\n\
             {}<line class=\"cursor\" x1=\"-9\" x2=\"-9\" y1=\"0\" y2=\"{height}\"/>\n</svg>\n",
            Text(&self.description),
            self.shapes,
            self.overlay,
        )
    }

    fn below(&self) -> String {
        let mut out = String::from("<svg class=\"below\" width=\"100%\" height=\"20\" aria-hidden=\"true\">\n");
        for Tick { at, label, minor } in &self.x.ticks {
            let anchor = match at {
                ..=0.02 => "start",
                0.975.. => "end",
                _ => "middle",
            };
            let minor = if *minor { " class=\"minor\"" } else { "" };
            let (x, label) = (at * 100.0, Text(label));
            let _ = writeln!(out, "<text x=\"{x:.2}%\" y=\"15\" text-anchor=\"{anchor}\"{minor}>{label}</text>");
        }
        out + "</svg>\n"
    }
}
