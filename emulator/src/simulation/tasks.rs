//! Tasks that run on the thread of a simulation, in the order in which they were woken.

use std::collections::VecDeque;
use std::future::Future;
use std::pin::Pin;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Wake, Waker};

use slab::Slab;

type Task = Pin<Box<dyn Future<Output = ()>>>;

/// Tasks, and which of them can go on.
#[derive(Default)]
pub(super) struct Tasks {
    tasks: Slab<Task>,
    ready: Arc<Ready>,
}

/// The tasks that were woken, by their number; other threads wake them too.
#[derive(Default)]
struct Ready {
    queue: Mutex<VecDeque<usize>>,
    woken: Condvar,
}

impl Ready {
    fn queue(&self) -> MutexGuard<'_, VecDeque<usize>> {
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn push(&self, number: usize) {
        self.queue().push_back(number);
        self.woken.notify_one();
    }
}

struct Alert {
    number: usize,
    ready: Arc<Ready>,
}

impl Wake for Alert {
    fn wake(self: Arc<Self>) {
        self.ready.push(self.number);
    }
}

impl Tasks {
    /// Adds a task, which begins at the next [`Tasks::run`].
    pub(super) fn spawn(&mut self, task: impl Future<Output = ()> + 'static) {
        let number = self.tasks.insert(Box::pin(task));
        self.ready.push(number);
    }

    /// Runs until no task can go on.
    pub(super) fn run(&mut self) {
        loop {
            let next = self.ready.queue().pop_front();
            let Some(number) = next else { return };
            // A task that has ended may have been woken once more.
            let Some(task) = self.tasks.get_mut(number) else { continue };
            let waker = Waker::from(Arc::new(Alert { number, ready: Arc::clone(&self.ready) }));
            if task.as_mut().poll(&mut Context::from_waker(&waker)) == Poll::Ready(()) {
                drop(self.tasks.remove(number));
            }
        }
    }

    /// Whether a task can go on.
    pub(super) fn are_ready(&self) -> bool {
        !self.ready.queue().is_empty()
    }

    /// Waits until a task can go on.
    pub(super) fn wait(&self) {
        let waiting = self.ready.woken.wait_while(self.ready.queue(), |queue| queue.is_empty());
        drop(waiting.unwrap_or_else(PoisonError::into_inner));
    }
}
