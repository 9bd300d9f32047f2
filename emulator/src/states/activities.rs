//! Activities: tasks that wait for a worker to ask for them.

use std::collections::{BTreeMap, HashSet, VecDeque};
use std::sync::{Mutex, MutexGuard, PoisonError, RwLock};
use std::time::Duration;

use tokio::sync::oneshot;

use super::asl::{Machine, StateKind, Target};
use super::data::Data;
use super::run::{ActivityDirectory, Effect, Happening, Key, TaskToken, TokenSecret};
use super::store::Store;
use super::wire::object;
use crate::deployment::EncryptionConfiguration;

/// How long `GetActivityTask` holds the line before it answers with nothing (API reference).
pub(crate) const LONGEST_POLL: Duration = Duration::from_mins(1);

/// Most activities that callers may make (AWS: so many since 2025).
const MOST: usize = 100_000;

/// Fewer workers than this are not looked through.
const FEW_POLLS: usize = 64;

/// A task that waits, and a worker that waits.
type Task = (u64, Key, Data);

#[derive(Debug)]
struct Poll {
    worker: Option<String>,
    until: Duration,
    answer: oneshot::Sender<Vec<u8>>,
}

/// An activity as it is listed.
#[derive(Debug, Default)]
struct Activity {
    /// In milliseconds since the Unix epoch.
    created: u64,
    encryption: Option<EncryptionConfiguration>,
    tasks: VecDeque<Task>,
    polls: VecDeque<Poll>,
    /// With more workers than this, those who have hung up are looked for.
    most_polls: usize,
}

/// All activities, by ARN.
#[derive(Debug, Default)]
pub(crate) struct Activities {
    all: Mutex<BTreeMap<String, Activity>>,
    /// The ARNs of all of them. Executions look here while a step of theirs is taken, which may be under the other lock.
    known: RwLock<HashSet<String>>,
    /// The ARNs of those whose tasks a double answers, whether they are there or not.
    doubled: HashSet<String>,
    secret: TokenSecret,
}

/// An activity as it was made.
pub(crate) struct CreatedActivity {
    /// When, in milliseconds since the Unix epoch.
    pub(crate) at: u64,
    /// What was said of its encryption.
    pub(crate) encryption: Option<EncryptionConfiguration>,
}

/// What a worker gets.
pub(crate) enum Taken {
    /// A task: the answer, and what the execution wants done.
    Task(Vec<u8>, u64, Vec<Effect>),
    /// A place in the queue.
    Later(oneshot::Receiver<Vec<u8>>),
}

impl ActivityDirectory for Activities {
    fn has(&self, arn: &str) -> bool {
        self.doubled.contains(arn) || self.known.read().unwrap_or_else(PoisonError::into_inner).contains(arn)
    }

    fn secret(&self) -> TokenSecret {
        self.secret
    }
}

impl Activities {
    /// No activities, but for those that a double stands in for; the tokens of tasks are marked with a secret.
    pub(crate) fn new<'n>(names: impl IntoIterator<Item = &'n str>, secret: TokenSecret) -> Self {
        let doubled = names.into_iter().filter(|name| name.contains(":activity:"));
        Self { doubled: doubled.map(str::to_owned).collect(), secret, ..Self::default() }
    }

    fn all(&self) -> MutexGuard<'_, BTreeMap<String, Activity>> {
        self.all.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Makes an activity, if it is not there.
    pub(crate) fn create(&self, arn: &str, encryption: Option<&EncryptionConfiguration>, now: u64) -> CreatedActivity {
        let mut all = self.all();
        let new = || Activity { created: now, encryption: encryption.cloned(), ..Activity::default() };
        let activity = all.entry(arn.to_owned()).or_insert_with(new);
        self.known.write().unwrap_or_else(PoisonError::into_inner).insert(arn.to_owned());
        CreatedActivity { at: activity.created, encryption: activity.encryption.clone() }
    }

    /// Makes the activities that the tasks of a machine name.
    pub(crate) fn create_named_in(&self, machine: &Machine, now: u64) {
        for state in &machine.states {
            if let StateKind::Task(task) = &state.kind
                && task.resource.target == Target::Activity
            {
                self.create(&task.resource.text, None, now);
            }
        }
    }

    /// An activity that is there.
    pub(crate) fn find(&self, arn: &str) -> Option<CreatedActivity> {
        let all = self.all();
        all.get(arn).map(|it| CreatedActivity { at: it.created, encryption: it.encryption.clone() })
    }

    /// Removes an activity; tasks that wait for it run into their time-outs.
    pub(crate) fn delete(&self, arn: &str) {
        let mut all = self.all();
        if all.remove(arn).is_some() {
            self.known.write().unwrap_or_else(PoisonError::into_inner).remove(arn);
        }
    }

    /// Whether there is room for another one.
    pub(crate) fn has_room(&self) -> bool {
        self.all().len() < MOST
    }

    /// ARNs and when they were made, in order.
    pub(crate) fn list(&self) -> Vec<(String, u64)> {
        self.all().iter().map(|(arn, activity)| (arn.clone(), activity.created)).collect()
    }

    /// A task is there for whoever asks; if somebody does already, what the execution wants done then.
    pub(crate) fn offer(
        &self,
        arn: &str,
        caller: (u64, Key),
        input: &Data,
        store: &Store,
        now: Duration,
    ) -> Option<Vec<Effect>> {
        let mut all = self.all();
        // It may have been deleted since the task was scheduled.
        let activity = all.get_mut(arn)?;
        let (execution, key) = caller;
        while let Some(poll) = activity.polls.pop_front() {
            // Whoever has hung up has taken nothing up.
            if poll.answer.is_closed() {
                continue;
            }
            let effects = store.step(execution, Happening::TakenUp(key, poll.worker.clone()), now);
            // Who hangs up from now on has the task all the same, and keeps it until its time-out.
            let _ = poll.answer.send(self.task(execution, key, input));
            return Some(effects);
        }
        // Those that nobody waits for any more go, two for each that comes: without a worker they would pile up.
        for _ in 0..2 {
            if activity.tasks.front().is_some_and(|(execution, key, _)| !store.awaits(*execution, *key)) {
                activity.tasks.pop_front();
            }
        }
        activity.tasks.push_back((execution, key, input.clone()));
        None
    }

    /// A worker asks for a task.
    pub(crate) fn poll(&self, arn: &str, worker: Option<&str>, store: &Store, now: Duration) -> Taken {
        let mut all = self.all();
        let activity = all.entry(arn.to_owned()).or_default();
        while let Some((execution, key, input)) = activity.tasks.pop_front() {
            // Its execution may have ended, or the task may have timed out.
            if store.awaits(execution, key) {
                let effects = store.step(execution, Happening::TakenUp(key, worker.map(str::to_owned)), now);
                return Taken::Task(self.task(execution, key, &input), execution, effects);
            }
        }
        let (answer, later) = oneshot::channel();
        let worker = worker.map(str::to_owned);
        if activity.polls.len() >= activity.most_polls.max(FEW_POLLS) {
            activity.polls.retain(|poll| !poll.answer.is_closed());
            activity.most_polls = 2 * activity.polls.len();
        }
        activity.polls.push_back(Poll { worker, until: now.saturating_add(LONGEST_POLL), answer });
        Taken::Later(later)
    }

    /// Whether somebody waits for a task.
    pub(crate) fn is_polled(&self) -> bool {
        self.all().values().any(|activity| activity.polls.iter().any(|poll| !poll.answer.is_closed()))
    }

    fn task(&self, execution: u64, key: Key, input: &Data) -> Vec<u8> {
        let token = TaskToken::of(execution, key, self.secret);
        object(|answer| {
            answer.text("taskToken", &token.text()).text("input", input.text());
        })
    }

    /// Answers those who have waited long enough with nothing.
    pub(crate) fn give_up(&self, now: Duration) {
        for activity in self.all().values_mut() {
            while activity.polls.front().is_some_and(|poll| poll.until <= now || poll.answer.is_closed()) {
                let poll = activity.polls.pop_front().expect("the first one was just looked at");
                // Whoever waited may have gone.
                let _ = poll.answer.send(nothing());
            }
        }
    }
}

/// The answer to a worker for whom there is no task.
pub(crate) fn nothing() -> Vec<u8> {
    br#"{"taskToken":null}"#.to_vec()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::states::store::{OpenLimits, Retained};

    #[test]
    fn workers_who_hang_up_do_not_pile_up_behind_one_who_waits() {
        let (activities, now) = (Activities::default(), Duration::from_secs(1_000));
        let (retained, open) =
            (Retained { executions: 10, bytes: 1 << 20 }, OpenLimits { executions: 10, bytes: 1 << 20 });
        let store = Store::new(retained, open);
        let waits = activities.poll("arn", None, &store, now);
        for _ in 0..10_000 {
            drop(activities.poll("arn", None, &store, now));
        }
        assert!(activities.all()["arn"].polls.len() <= FEW_POLLS);
        assert!(activities.is_polled());
        drop(waits);
        assert!(!activities.is_polled());
    }
}
