//! The account: what was planned and answered on one side, what Step Functions has on the other.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::durations::{Durations, WorkflowTimes};
use super::join::{Found, Owner};
use super::rows::Standing;
use crate::aws::Bill;
use crate::json;
use crate::record::{Class, Counts, WorkflowEnds};
use crate::scenario::Names;

/// How executions ended.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Endings {
    /// Came to their end.
    pub succeeded: u64,
    /// Failed.
    pub failed: u64,
    /// Took longer than the state machine allows.
    pub timed_out: u64,
    /// Were stopped.
    pub aborted: u64,
    /// Have not ended.
    pub open: u64,
}

impl Endings {
    pub(super) fn of(&mut self, standing: Standing) -> &mut u64 {
        match standing {
            Standing::Open => &mut self.open,
            Standing::Succeeded => &mut self.succeeded,
            Standing::Failed => &mut self.failed,
            Standing::TimedOut => &mut self.timed_out,
            Standing::Aborted => &mut self.aborted,
        }
    }

    /// All of them.
    #[must_use]
    pub const fn total(&self) -> u64 {
        self.succeeded + self.failed + self.timed_out + self.aborted + self.open
    }
}

/// Executions that were started although no answer said so.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct LostAnswers {
    /// Requests whose answers leave open whether they started an execution.
    pub may_have_started: u64,
    /// Executions that they did start; where `exact` is false, at most so many.
    pub did_start: u64,
    /// Whether each was found by its key. Otherwise they are what nothing else accounts for in the time of the run.
    pub exact: bool,
    /// How they ended; where `exact` is false, those that nothing else accounts for.
    pub endings: Endings,
}

/// What became of every arrival: `reconciliation.json`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[schemars(title = "loadgen reconciliation")]
pub struct Reconciliation {
    /// Version of this format: 1.
    pub schema: u32,
    /// The state machines, by ARN.
    pub state_machines: Vec<String>,
    /// When the records were read, RFC 3339 in UTC.
    pub read_at: String,
    /// Executions that Step Functions listed since shortly before the run.
    pub listed: u64,
    /// Executions that were described one by one.
    pub described: u64,
    /// Arrivals planned: `sent + dropped + unsent`.
    pub planned: u64,
    /// Requests sent, of all kinds.
    pub sent: u64,
    /// Arrivals that were dropped because too many requests were in flight.
    pub dropped: u64,
    /// Arrivals that were not sent because the run ended first.
    pub unsent: u64,
    /// Requests to start an execution: `answered_started + not_started + lost.may_have_started`.
    pub executes: u64,
    /// Answers that said that an execution was started.
    pub answered_started: u64,
    /// Answers, or failures to connect, that say that none was.
    pub not_started: u64,
    /// How the executions ended that answers said were started.
    pub started: Endings,
    /// Of the executions that answers said were started, those that Step Functions does not know.
    pub unknown: u64,
    /// Answers that named an execution that another answer had named already.
    pub named_twice: u64,
    /// Executions without an answer.
    pub lost: LostAnswers,
    /// Executions of attempts that another attempt replaced, in a merged run.
    pub replaced: Endings,
    /// Executions in the time of the run that are not the run's; where `lost.exact` is false, at least so many.
    pub others: u64,
    /// Errors of failed executions of the run, by name, as far as they were described.
    pub errors: BTreeMap<String, u64>,
    /// How long the run's workflows took, in milliseconds; `null` where none has ended.
    pub workflow_time_ms: Option<WorkflowTimes>,
    /// What the run cost, without what a remark says is left out; `null` where that is not known.
    pub bill: Option<Bill>,
    /// Histories that were read to know what executions took.
    pub histories: u64,
    /// Executions that were stopped by `--stop`.
    pub stopped: u64,
    /// Why the account does not close; empty where it does.
    pub open_questions: Vec<String>,
    /// What bears on the account and opens no question.
    pub remarks: Vec<String>,
}

impl Reconciliation {
    /// Whether everything is accounted for.
    #[must_use]
    pub fn closes(&self) -> bool {
        self.open_questions.is_empty()
    }

    /// Executions of the run that have not ended.
    #[must_use]
    pub const fn open(&self) -> u64 {
        let lost = if self.lost.exact { self.lost.endings.open } else { 0 };
        self.started.open + self.replaced.open + lost
    }

    /// As JSON, with a line feed at the end.
    #[must_use]
    pub fn to_json(&self) -> String {
        json::to_json(self)
    }

    /// The JSON schema of the format, as `docs/schema/reconciliation.json` holds it.
    #[must_use]
    pub fn schema() -> String {
        json::schema::<Self>()
    }
}

/// What a run says of itself.
#[derive(Debug, Clone, Default)]
pub(super) struct Answered {
    pub(super) planned: u64,
    pub(super) counts: Counts,
    /// Those of the requests to start executions alone.
    pub(super) executes: Counts,
    pub(super) names: Names,
    pub(super) duplicates: u64,
    /// Whether what the run wrote ends before the run did.
    pub(super) broken_off: bool,
    /// Whether it is one of several shards.
    pub(super) part: bool,
}

/// Adds up what is found.
#[derive(Debug, Clone, Default)]
pub(super) struct Sums {
    pub(super) started: Endings,
    pub(super) unknown: u64,
    pub(super) keyed: Endings,
    pub(super) replaced: Endings,
    pub(super) within: Endings,
    pub(super) durations: Durations,
}

impl Sums {
    /// Takes one execution as it stands.
    pub(super) fn take(&mut self, found: &Found) {
        let Some(row) = found.row else {
            self.unknown += 1;
            return;
        };
        let endings = match found.owner {
            Owner::Named => &mut self.started,
            Owner::Replaced => &mut self.replaced,
            Owner::Keyed => &mut self.keyed,
            Owner::Within => &mut self.within,
            Owner::Elsewhere => return,
        };
        *endings.of(row.standing) += 1;
        if found.is_ours() && row.standing != Standing::Open {
            self.durations.add(row.took_ms);
        }
    }

    /// Takes one back that turned out to stand otherwise.
    pub(super) fn untake(&mut self, found: &Found) {
        match (found.row, found.owner) {
            (None, _) => self.unknown -= 1,
            (Some(row), Owner::Named) => *self.started.of(row.standing) -= 1,
            (Some(row), Owner::Replaced) => *self.replaced.of(row.standing) -= 1,
            (Some(row), Owner::Keyed) => *self.keyed.of(row.standing) -= 1,
            (Some(_), Owner::Within | Owner::Elsewhere) => {}
        }
    }

    /// How the run's workflows ended, for its own report.
    pub(super) fn workflows(&self) -> WorkflowEnds {
        let all = [self.started, self.keyed, self.replaced];
        let sum = |of: fn(&Endings) -> u64| all.iter().map(of).sum();
        WorkflowEnds {
            succeeded: sum(|e| e.succeeded),
            failed: sum(|e| e.failed + e.timed_out + e.aborted),
            open: sum(|e| e.open),
            durations_ms: self.durations.0.clone(),
        }
    }
}

/// The account of both sides.
pub(super) fn account(run: &Answered, sums: &Sums) -> Reconciliation {
    let executes = &run.executes;
    let of = |wanted: fn(Class) -> bool| -> u64 {
        Class::ALL.into_iter().filter(|class| wanted(*class)).map(|class| executes.ended_in(class)).sum()
    };
    let answered_started = executes.ended_in(Class::Started);
    let not_started = of(|class| class != Class::Started && !class.may_have_started());
    let may_have_started = of(Class::may_have_started) + executes.unfinished;
    let exact = run.names == Names::Key;
    let unclaimed = sums.within.total();
    let (did_start, endings, others) = if exact {
        (sums.keyed.total(), sums.keyed, unclaimed)
    } else {
        (unclaimed.min(may_have_started), sums.within, unclaimed.saturating_sub(may_have_started))
    };
    let lost = LostAnswers { may_have_started, did_start, exact, endings };
    let mut account = Reconciliation {
        schema: 1,
        planned: run.planned,
        sent: run.counts.sent,
        dropped: run.counts.dropped,
        unsent: run.counts.unsent,
        executes: executes.sent,
        answered_started,
        not_started,
        started: sums.started,
        unknown: sums.unknown,
        named_twice: run.duplicates,
        lost,
        replaced: sums.replaced,
        others,
        workflow_time_ms: sums.durations.told(),
        ..Reconciliation::default()
    };
    account.open_questions = questions(run, &account);
    account.remarks = remarks(run, &account);
    account
}

fn questions(run: &Answered, account: &Reconciliation) -> Vec<String> {
    let mut questions = Vec::new();
    let mut ask = |holds: bool, text: String| {
        if holds {
            questions.push(text);
        }
    };
    let Reconciliation { unknown, named_twice, lost, answered_started, started, .. } = account;
    let named = started.total() + unknown + named_twice;
    ask(*unknown > 0, format!("{unknown} executions were answered as started, and Step Functions does not know them"));
    ask(*named_twice > 0, format!("{named_twice} answers named an execution that another answer had named already"));
    ask(
        lost.exact && lost.did_start > lost.may_have_started,
        format!(
            "{} executions have the key of a request without a started answer, and only {} answers leave that open: others \
             said that nothing was started",
            lost.did_start, lost.may_have_started
        ),
    );
    ask(
        !run.broken_off && named < *answered_started,
        format!("{answered_started} answers said that an execution was started, and the run kept {named} names"),
    );
    let (planned, sent) = (account.planned, account.sent);
    let accounted = sent + account.dropped + account.unsent;
    ask(planned != accounted, format!("{planned} arrivals were planned, and the run accounts for {accounted}"));
    questions
}

fn remarks(run: &Answered, account: &Reconciliation) -> Vec<String> {
    let mut remarks = Vec::new();
    if run.broken_off {
        remarks.push(
            "the run was killed: what it sent in its last second it may not have written down, so it may have started more \
             than this says"
                .into(),
        );
    }
    if run.part {
        remarks.push(
            "this is one shard of several: executions of the others count as not its own; reconcile the merged run instead"
                .into(),
        );
    }
    if !account.lost.exact && account.lost.endings.total() > 0 {
        remarks.push(
            "names are the service's choice, so lost answers are counted by elimination: executions in the time of the run \
             that nothing else accounts for; with names = \"key\" each is found by its key"
                .into(),
        );
    }
    remarks
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::reconcile::rows::Listed;

    fn run(names: Names, started: u64, throttled: u64, lost: u64) -> Answered {
        let mut executes = Counts { sent: started + throttled + lost, ..Counts::default() };
        executes.ended[Class::Started as usize] = started;
        executes.ended[Class::Throttled as usize] = throttled;
        executes.ended[Class::Timeout as usize] = lost;
        Answered { planned: executes.sent, counts: executes.clone(), executes, names, ..Answered::default() }
    }

    fn sums(owner: Owner, count: u64, sums: &mut Sums) {
        for n in 0..count {
            let row = Listed { id: [n, 0], standing: Standing::Succeeded, took_ms: 3_000, start_s: 0 };
            sums.take(&Found { id: row.id, owner, row: Some(row), text: None });
        }
    }

    proptest! {
        #[test]
        fn whatever_was_lost_the_account_closes_and_bounds_the_truth(
            started in 0_u64..50, throttled in 0_u64..20, silent in 0_u64..20, did_start in 0_u64..20, others in 0_u64..20,
        ) {
            for names in [Names::Key, Names::RequestId, Names::Service] {
                let mut all = Sums::default();
                sums(Owner::Named, started, &mut all);
                let owner = if names == Names::Key { Owner::Keyed } else { Owner::Within };
                sums(owner, did_start, &mut all);
                sums(Owner::Within, others, &mut all);
                let account = account(&run(names, started, throttled, silent + did_start), &all);
                prop_assert!(account.closes(), "{:?}", account.open_questions);
                prop_assert_eq!(account.executes, account.answered_started + account.not_started + account.lost.may_have_started);
                if names == Names::Key {
                    prop_assert_eq!((account.lost.did_start, account.others), (did_start, others));
                } else {
                    prop_assert!(account.lost.did_start >= did_start && account.others <= others);
                    prop_assert_eq!(account.lost.did_start + account.others, did_start + others);
                }
            }
        }
    }

    #[test]
    fn what_was_refused_and_started_all_the_same_leaves_the_account_open() {
        let mut all = Sums::default();
        sums(Owner::Named, 5, &mut all);
        sums(Owner::Keyed, 3, &mut all);
        let account = account(&run(Names::Key, 5, 3, 1), &all);
        assert!(account.open_questions[0].contains("only 1 answers leave that open"), "{:?}", account.open_questions);
    }

    #[test]
    fn a_list_that_was_behind_is_mended_by_what_is_described() {
        let mut all = Sums::default();
        let id = [7, 7];
        let lacking = Found { id, owner: Owner::Named, row: None, text: None };
        all.take(&lacking);
        assert!(!account(&run(Names::RequestId, 1, 0, 0), &all).closes());
        all.untake(&lacking);
        let row = Listed { id, standing: Standing::TimedOut, took_ms: 9, start_s: 0 };
        all.take(&Found { row: Some(row), ..lacking });
        let told = account(&run(Names::RequestId, 1, 0, 0), &all);
        assert!(told.closes());
        assert_eq!((told.started.timed_out, told.unknown), (1, 0));
    }
}
