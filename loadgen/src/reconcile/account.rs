//! The account: what was planned and answered on one side, what Step Functions has on the other.

use super::durations::Durations;
use super::join::{Found, Owner};
use super::reconciliation::{Endings, LostAnswers, Reconciliation};
use super::rows::Standing;
use crate::record::{Class, Counts, WorkflowEnds};
use crate::scenario::Names;

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
            failures: Vec::new(),
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
    // What a killed run sent last it has not written down: what has the key of such a request is neither lost nor a riddle.
    let own = exact && run.broken_off;
    let unwritten = if own { did_start.saturating_sub(may_have_started).min(run.counts.unsent) } else { 0 };
    // Where no answer leaves anything open, nothing can be lost.
    let endings = if exact || may_have_started > 0 { endings } else { Endings::default() };
    let lost = LostAnswers { may_have_started, did_start: did_start - unwritten, exact, endings };
    let mut account = Reconciliation {
        schema: 1,
        broken_off: run.broken_off,
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
        unwritten,
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
            if account.lost.exact {
                "the run was killed: what it sent in its last second it may not have written down; what that has started is \
                 found by its keys"
            } else {
                "the run was killed: what it sent in its last second it may not have written down, so some of the executions \
                 that are counted as others' may be its own; with names = \"key\" each is found by its key"
            }
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
    fn what_a_killed_run_had_sent_and_not_written_down_is_its_own_and_no_riddle() {
        let mut all = Sums::default();
        sums(Owner::Named, 58, &mut all);
        sums(Owner::Keyed, 8, &mut all);
        let mut killed = run(Names::Key, 58, 0, 0);
        (killed.broken_off, killed.planned, killed.counts.unsent) = (true, 300, 242);
        let told = account(&killed, &all);
        assert!(told.closes(), "{:?}", told.open_questions);
        assert_eq!((told.unwritten, told.lost.did_start, told.lost.may_have_started), (8, 0, 0));
        let said = told.to_string();
        assert!(said.contains("UNWRITTEN    8 ") && !said.contains("LOST"), "{said}");
        // More than it can have sent, and a run that was not killed, are another matter.
        killed.counts.unsent = 7;
        assert_eq!(account(&killed, &all).lost.did_start, 1);
        (killed.counts.unsent, killed.broken_off) = (242, false);
        assert!(account(&killed, &all).open_questions[0].starts_with("8 executions have the key"));
        // Without keys, nobody can tell them from others.
        let mut all = Sums::default();
        sums(Owner::Within, 8, &mut all);
        let gateway = Answered { names: Names::RequestId, broken_off: true, ..killed };
        let told = account(&gateway, &all);
        assert_eq!((told.others, told.lost.endings.total()), (8, 0), "nothing is lost where no answer leaves it open");
        assert!(told.to_string().contains("8 executions in the time of the run that it does not know of"), "{told}");
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
