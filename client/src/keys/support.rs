use super::IdempotencyKey;
use std::sync::atomic::{AtomicU8, Ordering};

/// What is known of a deployment and keys of one form.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub(crate) enum Support {
    Unproven = 0,
    /// An answer had the key as its name, or the caller says so.
    Honoured = 1,
    /// An answer had another name. For good: a deployment may be half rolled out.
    Ignored = 2,
}

/// What this client has learnt about its deployment and keys. A UUID may be honoured as request id where the header
/// `Idempotency-Key` is not; whoever honours that header honours UUIDs in it, too.
#[derive(Debug, Default)]
pub(crate) struct KeySupport {
    uuid: AtomicU8,
    other: AtomicU8,
}

impl KeySupport {
    pub(crate) fn declare_honoured(&self) {
        self.uuid.store(Support::Honoured as u8, Ordering::Relaxed);
        self.other.store(Support::Honoured as u8, Ordering::Relaxed);
    }

    pub(crate) fn of(&self, key: &IdempotencyKey) -> Support {
        match self.cell(key).load(Ordering::Relaxed) {
            1 => Support::Honoured,
            2 => Support::Ignored,
            _ => Support::Unproven,
        }
    }

    /// Notes what one answer showed.
    pub(crate) fn learn(&self, key: &IdempotencyKey, honoured: bool) {
        if !honoured {
            self.cell(key).store(Support::Ignored as u8, Ordering::Relaxed);
            return;
        }
        let prove = |cell: &AtomicU8| {
            if cell.load(Ordering::Relaxed) == Support::Unproven as u8 {
                let (unproven, honoured) = (Support::Unproven as u8, Support::Honoured as u8);
                // Lost only to somebody who has just learnt more.
                let _ = cell.compare_exchange(unproven, honoured, Ordering::Relaxed, Ordering::Relaxed);
            }
        };
        prove(self.cell(key));
        if !key.is_uuid() {
            prove(&self.uuid);
        }
    }

    fn cell(&self, key: &IdempotencyKey) -> &AtomicU8 {
        if key.is_uuid() { &self.uuid } else { &self.other }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn keys() -> (IdempotencyKey, IdempotencyKey) {
        let key = |key| IdempotencyKey::new(key).unwrap();
        (key("9c3d8aab-83bf-4542-8256-36c9f42b6b01"), key("order-17"))
    }

    #[test]
    fn a_uuid_that_is_honoured_proves_nothing_for_other_keys() {
        let (uuid, other) = keys();
        let support = KeySupport::default();
        support.learn(&uuid, true);
        assert_eq!((support.of(&uuid), support.of(&other)), (Support::Honoured, Support::Unproven));
    }

    #[test]
    fn a_deployment_that_honours_any_key_honours_uuids() {
        let (uuid, other) = keys();
        let support = KeySupport::default();
        support.learn(&other, true);
        assert_eq!((support.of(&uuid), support.of(&other)), (Support::Honoured, Support::Honoured));
    }

    #[test]
    fn one_answer_with_another_name_is_never_forgotten() {
        let (uuid, other) = keys();
        let support = KeySupport::default();
        support.declare_honoured();
        support.learn(&uuid, false);
        support.learn(&uuid, true);
        support.learn(&other, true);
        assert_eq!(support.of(&uuid), Support::Ignored);
    }
}
