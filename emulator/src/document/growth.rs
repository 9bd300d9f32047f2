//! How the lists of what is read grow.

/// From here on there is room for as many again.
const FEW: usize = 16;

/// Adds an item to a list that is read. Room for the first few is made one by one: a document may have a hundred thousand lists
/// and objects of one or two, and most of the memory would be room for the third and the fourth.
pub(crate) fn push<T>(items: &mut Vec<T>, item: T) {
    if items.len() == items.capacity() && items.len() < FEW {
        items.reserve_exact(1);
    }
    items.push(item);
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
    fn a_short_list_has_no_room_that_it_does_not_need_and_a_long_one_is_seldom_moved() {
        let (mut items, mut rooms) = (Vec::new(), Vec::new());
        for item in 0..10_000_u64 {
            push(&mut items, item);
            rooms.push(items.capacity());
        }
        assert_eq!(rooms[..16], (1..17).collect::<Vec<_>>());
        rooms.dedup();
        assert!(rooms.len() < 30, "{rooms:?}");
    }
}
