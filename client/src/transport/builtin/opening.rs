use super::failure::SharedFailure;
use crate::transport::TransportError;
use tokio::sync::watch;

/// A connection that a task is opening for all who wait for it. Whoever gives up leaves it to the others, and whoever is
/// not driven holds nobody up.
#[derive(Clone)]
pub(super) struct Opening<T>(watch::Receiver<Told<T>>);

/// Tells all who wait what came of it.
pub(super) struct Teller<T>(watch::Sender<Told<T>>);

type Told<T> = Option<Result<T, SharedFailure>>;

impl<T: Clone> Opening<T> {
    pub(super) fn new() -> (Teller<T>, Self) {
        let (teller, opening) = watch::channel(None);
        (Teller(teller), Self(opening))
    }

    pub(super) fn is(&self, other: &Self) -> bool {
        self.0.same_channel(&other.0)
    }

    /// Whether there is still somebody to tell what comes of it: its runtime may have ended.
    pub(super) fn is_under_way(&self) -> bool {
        self.0.has_changed().is_ok()
    }

    pub(super) async fn outcome(&mut self) -> Result<T, TransportError> {
        let ended = || TransportError::new("the task that opened the connection has ended");
        let outcome = self.0.wait_for(Option::is_some).await.map_err(|_| ended())?.clone();
        outcome.ok_or_else(ended)?.map_err(SharedFailure::into_error)
    }
}

impl<T> Teller<T> {
    pub(super) fn tell(&self, outcome: Result<T, TransportError>) {
        self.0.send_replace(Some(outcome.map_err(Into::into)));
    }
}
