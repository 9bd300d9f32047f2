//! Slots in an order: in at the end, out at either end or from the middle, all in constant time.

/// No slot.
const NONE: usize = usize::MAX;

/// An ordered set of slots. It allocates only when a slot beyond all earlier ones comes in.
#[derive(Debug)]
pub(super) struct Chain {
    links: Vec<Option<Link>>,
    first: usize,
    last: usize,
    length: usize,
}

/// The neighbours of a slot that is in.
#[derive(Debug, Clone, Copy)]
struct Link {
    before: usize,
    after: usize,
}

impl Default for Chain {
    fn default() -> Self {
        Self { links: Vec::new(), first: NONE, last: NONE, length: 0 }
    }
}

impl Chain {
    /// Puts a slot that is not in at the end.
    pub(super) fn push(&mut self, slot: usize) {
        if self.links.len() <= slot {
            self.links.resize(slot + 1, None);
        }
        self.length += 1;
        let before = std::mem::replace(&mut self.last, slot);
        self.links[slot] = Some(Link { before, after: NONE });
        match self.links.get_mut(before) {
            Some(Some(link)) => link.after = slot,
            _ => self.first = slot,
        }
    }

    /// Takes a slot out; false when it is not in.
    pub(super) fn remove(&mut self, slot: usize) -> bool {
        let Some(Link { before, after }) = self.links.get_mut(slot).and_then(Option::take) else { return false };
        self.length -= 1;
        match self.links.get_mut(before) {
            Some(Some(link)) => link.after = after,
            _ => self.first = after,
        }
        match self.links.get_mut(after) {
            Some(Some(link)) => link.before = before,
            _ => self.last = before,
        }
        true
    }

    /// How many slots are in.
    pub(super) const fn len(&self) -> usize {
        self.length
    }

    /// The slot that has been in longest.
    pub(super) fn first(&self) -> Option<usize> {
        (self.first != NONE).then_some(self.first)
    }

    /// Takes the slot out that came in last.
    pub(super) fn pop(&mut self) -> Option<usize> {
        let last = self.last;
        self.remove(last).then_some(last)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[derive(Debug, Clone, Copy)]
    enum Step {
        Push(usize),
        Remove(usize),
        Pop,
    }

    proptest! {
        #[test]
        fn it_does_what_a_plain_list_does(steps in prop::collection::vec(
            prop_oneof![3 => (0_usize..12).prop_map(Step::Push), 2 => (0_usize..14).prop_map(Step::Remove), 1 => Just(Step::Pop)],
            0..200,
        )) {
            let (mut chain, mut list) = (Chain::default(), Vec::new());
            for step in steps {
                match step {
                    Step::Push(slot) if !list.contains(&slot) => {
                        chain.push(slot);
                        list.push(slot);
                    }
                    Step::Push(_) => {}
                    Step::Remove(slot) => {
                        let at = list.iter().position(|s| *s == slot);
                        prop_assert_eq!(chain.remove(slot), at.is_some());
                        at.map(|at| list.remove(at));
                    }
                    Step::Pop => prop_assert_eq!(chain.pop(), list.pop()),
                }
                prop_assert_eq!((chain.first(), chain.len()), (list.first().copied(), list.len()));
            }
        }
    }
}
