//! Every percentile: how long the quickest took, half of them, nine in ten, and on to the last.

use std::fmt::Write;

use super::Page;
use super::axis::Axis;
use super::markup::note;
use super::path::{Canvas, WIDTH};
use super::plot::{Key, Plot};
use super::table::Table;
use crate::statistics::{CensoredTime, Confidence, TimeSeries};
use crate::units::{show_microseconds, show_range};

/// The percentiles of a distribution of times, ascending.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Spectrum {
    /// Some of them, evenly spread on a scale of 1/(1 - p).
    pub(crate) points: Vec<Point>,
    /// Requests.
    pub(crate) count: u64,
}

/// A percentile.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Point {
    /// Which one, as a fraction.
    pub(crate) q: f64,
    /// Its value, in microseconds.
    pub(crate) micros: u64,
    /// Whether the value is a lower bound.
    pub(crate) at_least: bool,
    /// Whether the data bounds it on both sides; if not, it tells little of another run.
    pub(crate) told: bool,
    /// The lower end of its interval, where the data has one.
    pub(crate) low: Option<u64>,
    /// The upper end.
    pub(crate) high: Option<u64>,
}

/// Percentiles that everybody asks for.
const NAMED: [f64; 11] = [0.0, 0.5, 0.75, 0.9, 0.95, 0.99, 0.995, 0.999, 0.9999, 0.99999, 0.999_999];

/// Points for each doubling of 1/(1 - p).
const STEPS: i32 = 4;

impl Spectrum {
    /// The spectrum of times.
    #[must_use]
    pub(crate) fn of(series: &TimeSeries) -> Self {
        let count = series.times().count();
        let last = 1.0 - 1.0 / count.max(1) as f64;
        let mut all: Vec<f64> = (0..64 * STEPS)
            .map(|k| 1.0 - 2_f64.powf(-f64::from(k) / f64::from(STEPS)))
            .take_while(|q| *q < last)
            .chain(NAMED.into_iter().filter(|q| *q < last))
            .chain([last])
            .collect();
        all.sort_by(f64::total_cmp);
        all.dedup_by(|a, b| (*a - *b).abs() < 1e-9);
        let points = all.into_iter().filter_map(|q| {
            // The least time is that of the first request, whatever share of them it is.
            let percentile = series.percentile(q.max(0.5 / count.max(1) as f64), Confidence::default())?;
            let high =
                percentile.high.and_then(|high| if let CensoredTime::Exactly(high) = high { Some(high) } else { None });
            Some(Point {
                q,
                micros: percentile.value.micros(),
                at_least: matches!(percentile.value, CensoredTime::AtLeast(_)),
                told: percentile.is_told(),
                low: percentile.low,
                high,
            })
        });
        Self { points: points.collect(), count }
    }

    /// The value of the nearest percentile at or below `q`.
    fn at_or_below(&self, q: f64) -> Option<Point> {
        self.points.iter().copied().take_while(|point| point.q <= q + 1e-9).last()
    }

    fn extent(&self) -> impl Iterator<Item = u64> {
        self.points.iter().map(|point| point.micros)
    }
}

impl Point {
    /// 1/(1 - p).
    fn nines(&self) -> f64 {
        1.0 / (1.0 - self.q).max(1e-12)
    }

    /// Its value as text.
    pub(super) fn show(&self) -> String {
        let mark = match (self.at_least, self.told) {
            (true, _) => "≥",
            (false, false) => "~",
            (false, true) => "",
        };
        format!("{mark}{}", show_microseconds(self.micros))
    }
}

pub(super) fn section(page: &Page<'_>) -> String {
    if page.response.points.is_empty() {
        return note("No request ended in this run.");
    }
    plot(page).markup()
}

fn plot(page: &Page<'_>) -> Plot {
    let canvas = Canvas { height: 320 };
    let mut drawn: Vec<(&str, &str, &Spectrum)> =
        vec![("blue", "response", &page.response), ("green", "service", &page.service)];
    if let Some(baseline) = &page.baseline {
        drawn.push(("grey dashed", "response, baseline", &baseline.response));
        drawn.push(("grey dotted", "service, baseline", &baseline.service));
    }
    let all = || drawn.iter().flat_map(|(_, _, spectrum)| spectrum.extent());
    let (shortest, longest) = (all().min().unwrap_or(1), all().max().unwrap_or(1));
    let count = drawn.iter().map(|(_, _, spectrum)| spectrum.count).max().unwrap_or(1);
    let (x, y) = (Axis::nines(count as f64), Axis::times("time", shortest as f64, longest as f64));

    let told: Vec<(f64, f64, f64)> = page
        .response
        .points
        .iter()
        .filter(|point| point.told)
        .filter_map(|point| {
            let high = point.high.map_or(1.0, |high| y.at(high as f64));
            Some((x.at(point.nines()), y.at(point.low? as f64), high))
        })
        .collect();
    let mut shapes = canvas.ribbon("fill blue fainter", &told);
    let untold = Some(told.last().map_or(0.0, |(x, _, _)| *x)).filter(|x| *x < 0.995);
    if let Some(from) = untold {
        let (x, width) = (from * WIDTH, (1.0 - from) * WIDTH);
        // Writing to a `String` cannot fail.
        let _ = writeln!(
            shapes,
            "<rect class=\"untold\" x=\"{x:.1}\" y=\"0\" width=\"{width:.1}\" height=\"{}\"/>",
            canvas.height
        );
    }
    for (class, _, spectrum) in drawn.iter().rev() {
        let places = spectrum.points.iter().map(|point| Some((x.at(point.nines()), y.at(point.micros as f64))));
        shapes += &canvas.line(class, places);
    }
    let mut keys: Vec<Key> = drawn.iter().map(|(class, name, _)| Key::line(class, name)).collect();
    keys.push(Key::area("fill blue fainter", "95% interval of response"));
    if untold.is_some() {
        keys.push(Key::area(
            "untold",
            "says something about this run only: too few independent requests to bound the \
            figure of another run",
        ));
    }
    let p99 = page.response.at_or_below(0.99).map_or_else(String::new, |point| {
        format!("; {}% of the responses took at most {}", short_percent(point.q), point.show())
    });
    Plot {
        id: "plot-spectrum",
        title: "Response and service time at every percentile".into(),
        note: "Each additional nine takes the same width: the scale is 1/(1 − p). Response time counts from the \
            instant at which a request was due, service time from its sending. The time between them is waiting that \
            the target caused, or the generator's own lag."
            .into(),
        description: format!(
            "Percentiles of {} requests up to the longest, {}{p99}.",
            page.response.count,
            show_microseconds(longest)
        ),
        canvas,
        places: Some(page.response.points.iter().map(|point| x.at(point.nines())).collect()),
        x,
        y,
        shapes,
        overlay: String::new(),
        keys,
        table: table(&drawn),
    }
}

/// Rows are the points of the first spectrum; the others show theirs at or below.
fn table(drawn: &[(&str, &str, &Spectrum)]) -> Table {
    let heads = ["Percentile", "95% interval"].into_iter().map(str::to_owned);
    let mut heads: Vec<String> = heads.collect();
    for (i, (_, name, _)) in drawn.iter().enumerate() {
        heads.insert(i + 1, (*name).to_owned());
    }
    let mut table = Table::new("Percentiles", heads);
    for point in &drawn[0].2.points {
        let mut cells = vec![format!("{}%", short_percent(point.q))];
        for (_, _, spectrum) in drawn {
            let there = spectrum.at_or_below(point.q).filter(|found| found.q > point.q - 0.2 * (1.0 - point.q) - 1e-9);
            cells.push(there.map_or_else(String::new, |found| found.show()));
        }
        cells.push(show_range(point.low, point.high, show_microseconds));
        table.row(cells);
    }
    table
}

/// A percentile with as many digits as tell it from its neighbours.
fn short_percent(q: f64) -> String {
    let nines = (1.0 / (1.0 - q).max(1e-12)).log10().floor().max(0.0);
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "between 0 and 12")]
    let digits = nines as usize + 1;
    let text = format!("{:.digits$}", q * 100.0);
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

#[cfg(test)]
mod tests {
    use hdrhistogram::Histogram;

    use super::*;
    use crate::statistics::CensoredTimes;

    #[test]
    fn a_spectrum_ends_at_the_longest_and_tells_what_the_data_can() {
        let mut histogram = Histogram::<u64>::new(3).unwrap();
        (1..=1_000).for_each(|micros| histogram.record(micros).unwrap());
        let spectrum = Spectrum::of(&TimeSeries::new(CensoredTimes::new([&histogram], [], 0), Vec::new()));
        let (first, last) = (spectrum.points[0], *spectrum.points.last().unwrap());
        assert_eq!((first.micros, last.micros, spectrum.count), (1, 999, 1_000));
        assert_eq!(spectrum.at_or_below(0.99).map(|point| point.micros), Some(990));
        assert!(spectrum.points.windows(2).all(|pair| pair[0].q < pair[1].q && pair[0].micros <= pair[1].micros));
    }

    #[test]
    fn percentiles_have_the_digits_that_tell_them_apart() {
        assert_eq!([0.0, 0.5, 0.95, 0.99, 0.999, 0.9999].map(short_percent), ["0", "50", "95", "99", "99.9", "99.99"]);
        assert_eq!(short_percent(0.840_896_4), "84.1");
    }
}
