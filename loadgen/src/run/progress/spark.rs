//! Figures over time as one line of blocks.

const BLOCKS: [char; 8] = ['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];

/// How heights follow from figures.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Scale {
    /// From zero to the highest: for rates and counts.
    FromZero,
    /// By ratios, for times: from the lowest to the highest, at least an octave, so that noise looks like noise.
    Ratios,
}

/// A block for each figure, and a space where there is none.
pub(super) fn sparkline(figures: &[Option<f64>], scale: Scale) -> String {
    let place = |figure: f64| match scale {
        Scale::FromZero => figure,
        Scale::Ratios => figure.max(1.0).log2(),
    };
    let places: Vec<Option<f64>> = figures.iter().map(|figure| figure.map(place)).collect();
    let told = || places.iter().flatten().copied();
    let (lowest, highest) = match scale {
        Scale::FromZero => (0.0, told().fold(0.0, f64::max)),
        Scale::Ratios => {
            let lowest = told().fold(f64::INFINITY, f64::min);
            (lowest, told().fold(f64::NEG_INFINITY, f64::max).max(lowest + 1.0))
        }
    };
    let block = |place: f64| {
        let share = if highest > lowest { (place - lowest) / (highest - lowest) } else { 0.0 };
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a share of seven")]
        let index = (share * 7.0).round() as usize;
        BLOCKS[index.min(7)]
    };
    places.into_iter().map(|place| place.map_or(' ', block)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rate_is_drawn_from_zero() {
        let figures = [0.0, 10.0, 20.0].map(Some);
        assert_eq!(sparkline(&figures, Scale::FromZero), "▁▅█");
        assert_eq!(sparkline(&[Some(20.0); 3], Scale::FromZero), "███");
        assert_eq!(sparkline(&[Some(0.0); 3], Scale::FromZero), "▁▁▁");
    }

    #[test]
    fn a_little_noise_in_times_is_drawn_as_little() {
        let steady = [100.0, 105.0, 98.0, 102.0].map(Some);
        assert_eq!(sparkline(&steady, Scale::Ratios), "▁▂▁▁");
        assert_eq!(sparkline(&[Some(100.0), None, Some(100_000.0)], Scale::Ratios), "▁ █");
    }
}
