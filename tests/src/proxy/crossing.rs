use super::connection::Message;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;
use tokio::sync::oneshot;

/// How long an answer waits for another one to change places with.
const PATIENCE: Duration = Duration::from_millis(20);

/// Where two answers change places.
#[derive(Default)]
pub(super) struct Crossing(Mutex<Option<(Message, oneshot::Sender<Message>)>>);

impl Crossing {
    /// The answer of somebody else who came meanwhile; the own one if nobody did.
    pub(super) async fn exchange(&self, own: Message) -> Message {
        let waiting = self.waiting().take();
        if let Some((other, sender)) = waiting {
            // Whoever waited may have given up just now.
            return if sender.send(own.clone()).is_ok() { other } else { own };
        }
        let (sender, receiver) = oneshot::channel();
        *self.waiting() = Some((own.clone(), sender));
        match tokio::time::timeout(PATIENCE, receiver).await {
            Ok(Ok(other)) => other,
            _ => own,
        }
    }

    fn waiting(&self) -> std::sync::MutexGuard<'_, Option<(Message, oneshot::Sender<Message>)>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
