use crate::delivery::Delivery;
use crate::transport::Phase;

/// How an attempt ended, as far as sending again is concerned.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Event {
    Started,
    /// `ours`: the name is the key of this call.
    AlreadyExists {
        ours: bool,
    },
    CreationFailed,
    Throttled,
    /// A usage plan's quota, which returns with its next period.
    QuotaExceeded,
    /// The gateway's clock and ours differ too much for the signature, and the difference is now known.
    #[cfg_attr(not(any(feature = "sigv4", test)), expect(dead_code, reason = "only signatures age"))]
    ClockSkewed,
    /// The session token expired, and there is a provider to ask for another.
    #[cfg_attr(not(any(feature = "sigv4", test)), expect(dead_code, reason = "only signatures age"))]
    CredentialsExpired,
    Forbidden,
    Rejected,
    ServerError,
    Unrecognized,
    /// No whole answer: a fault or a time-out in this phase.
    Lost(Phase),
}

/// What to do after an attempt.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Decision {
    /// It runs.
    Accept,
    /// It runs since an earlier request under the same key.
    Deduplicate,
    /// Send again after a pause.
    Resend(Pause),
    /// Report the failure.
    Fail,
}

/// How long to pause.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Pause {
    /// The cause is mended.
    None,
    /// A passing failure.
    Short,
    /// Somebody asked for less.
    Long,
}

/// The whole policy. `keys_honoured`: the deployment is known to make one execution of this call's key.
pub(crate) fn decide(delivery: Delivery, keys_honoured: bool, event: Event) -> Decision {
    use Decision::{Accept, Deduplicate, Fail, Resend};
    match event {
        Event::Started => Accept,
        Event::AlreadyExists { ours: true } => Deduplicate,
        Event::AlreadyExists { ours: false }
        | Event::CreationFailed
        | Event::QuotaExceeded
        | Event::Forbidden
        | Event::Rejected => Fail,

        // Nothing was started, whatever the delivery.
        Event::Throttled => Resend(Pause::Long),
        Event::ClockSkewed | Event::CredentialsExpired => Resend(Pause::None),
        Event::Lost(Phase::Connecting) => Resend(Pause::Short),

        // Nobody knows whether it was started.
        Event::ServerError | Event::Unrecognized | Event::Lost(Phase::Sending | Phase::Waiting | Phase::Reading) => {
            match (delivery, keys_honoured) {
                (Delivery::AtMostOnce, _) | (Delivery::Idempotent, false) => Fail,
                (Delivery::Idempotent, true) | (Delivery::AtLeastOnce, _) => Resend(Pause::Short),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use Decision::{Accept, Deduplicate, Fail, Resend};
    use Delivery::{AtLeastOnce, AtMostOnce, Idempotent};

    /// Each row for: at most once, idempotent unproven, idempotent proven, at least once.
    fn row(event: Event, expected: [Decision; 4]) {
        let modes = [(AtMostOnce, false), (Idempotent, false), (Idempotent, true), (AtLeastOnce, false)];
        for ((delivery, honoured), expected) in modes.into_iter().zip(expected) {
            assert_eq!(decide(delivery, honoured, event), expected, "{event:?} {delivery:?} {honoured}");
        }
    }

    #[test]
    fn a_started_execution_ends_the_call() {
        row(Event::Started, [Accept; 4]);
    }

    #[test]
    fn an_execution_under_our_own_key_is_a_success() {
        row(Event::AlreadyExists { ours: true }, [Deduplicate; 4]);
    }

    #[test]
    fn an_execution_under_a_name_of_somebody_else_is_none() {
        row(Event::AlreadyExists { ours: false }, [Fail; 4]);
    }

    #[test]
    fn a_refusal_is_final() {
        for event in [Event::CreationFailed, Event::Forbidden, Event::Rejected, Event::QuotaExceeded] {
            row(event, [Fail; 4]);
        }
    }

    #[test]
    fn throttling_started_nothing_and_is_sent_again_later() {
        row(Event::Throttled, [Resend(Pause::Long); 4]);
    }

    #[test]
    fn a_mended_signature_is_sent_again_at_once() {
        row(Event::ClockSkewed, [Resend(Pause::None); 4]);
        row(Event::CredentialsExpired, [Resend(Pause::None); 4]);
    }

    #[test]
    fn what_was_never_written_is_sent_again() {
        row(Event::Lost(Phase::Connecting), [Resend(Pause::Short); 4]);
    }

    #[test]
    fn what_may_have_started_is_sent_again_only_by_those_who_may() {
        let ambiguous = [Fail, Fail, Resend(Pause::Short), Resend(Pause::Short)];
        row(Event::ServerError, ambiguous);
        row(Event::Unrecognized, ambiguous);
        row(Event::Lost(Phase::Sending), ambiguous);
        row(Event::Lost(Phase::Waiting), ambiguous);
        row(Event::Lost(Phase::Reading), ambiguous);
    }
}
