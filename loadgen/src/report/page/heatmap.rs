//! How many requests took how long, when.

use std::collections::BTreeMap;

use super::Page;
use super::axis::Axis;
use super::backdrop::Backdrop;
use super::markup::note;
use super::path::Canvas;
use super::plot::{Key, Plot};
use super::table::Table;
use super::time::time_axis;
use super::{axis::show_instant, markup::number};
use crate::report::Timeline;
use crate::units::show_microseconds;

/// Most columns: more would be narrower than a pixel of a phone.
const COLUMNS: usize = 240;
/// Rows of a decade.
const ROWS: f64 = 8.0;
/// Shades.
const SHADES: u32 = 8;

pub(super) fn section(page: &Page<'_>) -> String {
    let map = Map::of(page.timeline);
    if map.cells.is_empty() {
        return note("No request ended in this run.");
    }
    plot(page, &map).markup()
}

/// Counts by column and row.
struct Map {
    cells: BTreeMap<(usize, i32), u64>,
    columns: usize,
    /// Stretches of a column.
    width: usize,
    /// The lowest row and the highest.
    rows: (i32, i32),
    most: u64,
}

impl Map {
    fn of(timeline: &Timeline) -> Self {
        let bins = timeline.bins();
        let width = bins.len().div_ceil(COLUMNS).max(1);
        let mut cells = BTreeMap::new();
        for (i, bin) in bins.iter().enumerate() {
            for (micros, count) in bin.response.histogram.buckets() {
                *cells.entry((i / width, row(micros))).or_insert(0) += count;
            }
        }
        let rows = || cells.keys().map(|(_, row)| *row);
        let rows = (rows().min().unwrap_or(0), rows().max().unwrap_or(0));
        let most = cells.values().copied().max().unwrap_or(0);
        Self { cells, columns: bins.len().div_ceil(width), width, rows, most }
    }

    /// From 1 to [`SHADES`]: each is as many times the one before.
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "clamped to the shades")]
    fn shade(&self, count: u64) -> u32 {
        let share = (count.max(1) as f64).ln() / (self.most.max(2) as f64).ln();
        ((share * f64::from(SHADES)).ceil() as u32).clamp(1, SHADES)
    }
}

#[expect(clippy::cast_possible_truncation, reason = "an hour is in row 76")]
fn row(micros: u64) -> i32 {
    // A hair more, for a power of ten belongs to the row that it begins.
    ((micros.max(1) as f64).log10() * ROWS + 1e-9).floor() as i32
}

/// The shortest time of a row, in microseconds.
fn shortest(row: i32) -> f64 {
    10_f64.powf(f64::from(row) / ROWS)
}

fn plot(page: &Page<'_>, map: &Map) -> Plot {
    let canvas = Canvas { height: 300 };
    let timeline = page.timeline;
    let x = time_axis(timeline);
    let y = Axis::times("time", shortest(map.rows.0), shortest(map.rows.1 + 1));
    let backdrop = Backdrop::of(page, &x, canvas.height);
    let bins = timeline.bins().len();
    let mut by_shade: BTreeMap<u32, Vec<(f64, f64, f64, f64)>> = BTreeMap::new();
    for ((column, row), count) in &map.cells {
        let left = (column * map.width) as f64 / bins as f64;
        let right = ((column + 1) * map.width).min(bins) as f64 / bins as f64;
        let (bottom, top) = (y.at(shortest(*row)), y.at(shortest(row + 1)));
        by_shade.entry(map.shade(*count)).or_default().push((left, right, bottom, top));
    }
    let shapes: String = by_shade.iter().map(|(shade, cells)| canvas.cells(&format!("heat h{shade}"), cells)).collect();
    let least = |shade: u32| ((map.most.max(2) as f64).powf(f64::from(shade - 1) / f64::from(SHADES))).max(1.0);
    let keys = [1, 3, 5, 7, 8].into_iter().map(|shade| {
        let name =
            if shade == SHADES { format!("up to {}", map.most) } else { format!("{}+", number(least(shade).ceil())) };
        Key { class: format!("heat h{shade}"), filled: true, name }
    });
    let keys =
        if map.most > 8 { keys.collect() } else { vec![Key::area("heat h8", &format!("up to {} requests", map.most))] };
    Plot {
        id: "plot-heat-map",
        title: "Requests by time and response time".into(),
        note: format!(
            "Each cell counts the requests that ended within {} s and took about as long as the axis on the left \
             says. Darker cells hold more requests; from one shade to the next the number grows by the same factor. \
             A target with two speeds shows two stripes.",
            map.width as u64 * timeline.seconds_per_bin()
        ),
        description: format!("Requests by time and response time; at most {} in a cell.", map.most),
        canvas,
        x,
        y,
        shapes: backdrop.shapes + &shapes,
        overlay: backdrop.names,
        keys,
        table: table(timeline, map),
        places: None,
    }
}

fn table(timeline: &Timeline, map: &Map) -> Table {
    let rows: Vec<i32> = (map.rows.0..=map.rows.1).collect();
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "at most an hour")]
    let heads = rows.iter().map(|row| format!("from {}", show_microseconds(shortest(*row).round() as u64)));
    let mut table = Table::new("Requests by time and response time", ["Time".to_owned()].into_iter().chain(heads));
    let seconds = map.width as u64 * timeline.seconds_per_bin();
    let of = (timeline.bins().len() as u64 * timeline.seconds_per_bin()) as f64;
    for column in 0..map.columns {
        let counts = rows.iter().map(|row| map.cells.get(&(column, *row)).map_or_else(String::new, u64::to_string));
        table.row([show_instant((column as u64 * seconds) as f64, of)].into_iter().chain(counts));
    }
    table
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_lies_in_its_row() {
        for micros in [1, 9, 10, 133, 1_000, 999_999, 1_000_000, 3_600_000_000] {
            let row = row(micros);
            assert!(shortest(row) <= micros as f64 * 1.000_001 && (micros as f64) < shortest(row + 1), "{micros}");
        }
    }
}
