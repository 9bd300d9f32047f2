//! What the workflow thread is told.

use std::sync::mpsc::Sender;
use std::time::Duration;

use tokio::sync::oneshot;

use crate::functions::Returned;
use crate::states::data::Data;
use crate::states::map_runs::ChildEnded;
use crate::states::run::{Effect, Failure, Key, TaskResult};

/// What the thread is told.
pub(super) enum Command {
    /// An execution wants something done.
    Effects(u64, Vec<Effect>),
    /// A thread for handlers has come back.
    Returned(Returned),
    /// A request wants a function invoked.
    Invoke(Box<Invoke>),
    /// An endpoint or a nested execution has answered.
    Answered(Caller, Result<TaskResult, Failure>),
    /// An execution of a map run has ended.
    ChildEnded(Box<ChildEnded>),
    /// The limits of a map run were changed.
    MapRunChanged(u64),
    /// An endpoint has answered, or files were read or written, whoever waited for it.
    CameIn,
    /// Somebody wants to know when all is done that can be done by now, and when the next thing happens by itself.
    Settle(Sender<Option<Duration>>),
    /// Somebody waits for the task of an activity.
    Poll(Duration),
    /// The end.
    Stop,
}

/// Whose a call is.
pub(super) type Caller = (u64, Key);

/// A function to be invoked for a request.
pub(crate) struct Invoke {
    /// Its ARN or name.
    pub(crate) function: String,
    pub(crate) payload: Data,
    /// Told what came of it.
    pub(crate) told: oneshot::Sender<Result<Data, Failure>>,
}
