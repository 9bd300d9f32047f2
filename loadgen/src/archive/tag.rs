//! How a log names the place and the series of a histogram.

use crate::record::{Place, Series};

/// The tag of a series of a place.
pub(super) fn tag(place: Place, series: Series, placed: bool) -> String {
    let tag = series.tag();
    if placed { format!("{tag}/{}/{}", place.stage, place.payload) } else { tag }
}

/// The place and the series of a tag.
pub(super) fn of_tag(tag: &str) -> Option<(Place, Series)> {
    let mut words = tag.split('/');
    let series = Series::of_tag(words.next()?)?;
    let place = match (words.next(), words.next(), words.next()) {
        (None, ..) => Place::default(),
        (Some(stage), Some(payload), None) => Place { stage: stage.parse().ok()?, payload: payload.parse().ok()? },
        _ => return None,
    };
    Some((place, series))
}
