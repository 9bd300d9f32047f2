//! How the lists of what is read grow.

/// From here on there may be room for as many again.
const FEW: usize = 16;

/// A list that is whole. A short one gives back the room that it does not need: a document may have a hundred thousand lists and
/// objects of one or two, and most of the memory would be room for the third and the fourth.
pub(crate) fn fitted<T>(mut items: Vec<T>) -> Vec<T> {
    if items.len() < FEW {
        items.shrink_to_fit();
    }
    items
}

/// Reads each item of a list, up to the first mistake. `collect` would begin with room for four, since a mistake may come at once.
pub(crate) fn read_each<T, U, E>(
    items: impl ExactSizeIterator<Item = T>,
    mut read: impl FnMut(T) -> Result<U, E>,
) -> Result<Vec<U>, E> {
    let mut all = Vec::with_capacity(items.len());
    for item in items {
        all.push(read(item)?);
    }
    Ok(all)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_short_list_has_no_room_that_it_does_not_need_and_a_long_one_is_not_moved() {
        for length in 0..FEW {
            let mut items = Vec::new();
            items.extend(0..length);
            items.reserve(20);
            assert_eq!(fitted(items).capacity(), length);
        }
        let long = (0..FEW as u64).collect::<Vec<_>>();
        let (place, room) = (long.as_ptr(), long.capacity());
        let long = fitted(long);
        assert_eq!((long.as_ptr(), long.capacity()), (place, room));
    }
}
