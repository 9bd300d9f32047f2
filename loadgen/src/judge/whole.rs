//! A threshold judged by the run as a whole.

use super::condition::{Aggregate, Operator, State};
use super::evidence::{Evidence, Sureness, Within};
use super::facts::Facts;
use super::finding::{Finding, Judged};
use super::metric::Metric;
use super::population::Population;
use super::threshold::Threshold;
use crate::record::{Kind, WorkflowEnds};
use crate::statistics::{CensoredTime, CensoredTimes, SparseHistogram, TimeSeries, Total, Trials};

impl Threshold {
    /// What the run as a whole says about it.
    #[must_use]
    pub(crate) fn judge(&self, facts: &Facts<'_>) -> Judged {
        self.concluded(self.find(&self.evidence(facts)))
    }

    /// What the run would say had the generator never kept a request waiting; `None` where it has no part in it.
    pub(super) fn judge_unlagged(&self, facts: &Facts<'_>) -> Option<Judged> {
        let population = self.unlagged(facts)?;
        let evidence = self.evidence_of_times(&population.series(facts.tally, facts.history));
        Some(self.concluded(self.find(&evidence)))
    }

    /// Whose times it would be had the generator never kept a request waiting; `None` where it has no part in them.
    fn unlagged(&self, facts: &Facts<'_>) -> Option<Population> {
        let kind = self.subject.kind(facts.places);
        let lags = self.subject.metric == Metric::ResponseTime && kind.starts();
        lags.then(|| Population::unlagged(kind).among(&self.subject.selection(facts.places)))
    }

    fn find(&self, evidence: &Evidence) -> Finding {
        evidence.judge(self.condition(), Sureness::plain(self.terms.confidence))
    }

    fn evidence(&self, facts: &Facts<'_>) -> Evidence {
        if self.subject.metric.is_of_workflows() {
            match facts.workflows {
                Some(ends) => return self.evidence_of_workflows(ends),
                // Where they are waited for, answers tell, one by one.
                None if facts.places.starting_kind() == Kind::ExecuteSync => {}
                None => return Evidence::Nothing,
            }
        }
        if let Some(population) = self.subject.population(facts.places) {
            return self.evidence_of_times(&population.series(facts.tally, facts.history));
        }
        let selection = self.subject.selection(facts.places);
        let metric = self.subject.metric;
        let mut all = metric.tally(&facts.tally.counts_of(&selection));
        match metric {
            Metric::Unsent => {
                all.hits += facts.tally.unsent_early;
                all.total += facts.tally.unsent_early;
            }
            Metric::Duplicates => all.hits = facts.duplicates,
            _ => {}
        }
        let (lost, unknown) = match metric {
            Metric::Duplicates => (facts.uncompared, "names were lost, not compared"),
            Metric::WorkflowsFailed => (facts.tally.counts_of(&selection).unseen(), "were not seen to end"),
            _ => (0, ""),
        };
        let bins = || facts.history.bins().iter().map(|s| metric.tally(&s.counts(&selection)));
        match self.condition().aggregate {
            Aggregate::Count => Evidence::Count { least: all.hits, most: all.hits + lost, unknown },
            Aggregate::Pace => {
                // The last second is seldom whole: it counts in the figure, and is no evidence of how it varies.
                let length = facts.history.seconds_per_bin();
                #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "seconds of a run")]
                let whole = facts.seconds as u64 / length;
                let whole = bins().zip(0..whole).map(|(tally, _)| Total { count: length, sum: tally.hits as f64 });
                let overall = if facts.seconds > 0.0 { all.hits as f64 / facts.seconds } else { 0.0 };
                Evidence::Pace { bins: whole.collect(), overall }
            }
            _ if lost > 0 && metric == Metric::Duplicates => Evidence::Nothing,
            // What is known only at the end has no order of time.
            _ if self.condition().is_about_the_run() || metric == Metric::Duplicates => {
                Evidence::Share { all, bins: vec![all], hit: metric.hit() }
            }
            _ => Evidence::Share { all, bins: bins().collect(), hit: metric.hit() },
        }
    }

    /// Workflows that are still running have neither failed nor succeeded, and may take any time.
    fn evidence_of_workflows(&self, ends: &WorkflowEnds) -> Evidence {
        if self.subject.metric == Metric::WorkflowTime {
            let answered = ends.times();
            let mut sparse = SparseHistogram::default();
            sparse.add_answered(&answered);
            sparse.add_unanswered(ends.open);
            return self
                .evidence_of_times(&TimeSeries::new(CensoredTimes::new([&answered], [], ends.open), vec![sparse]));
        }
        if self.condition().aggregate == Aggregate::Count {
            let most = ends.failed + ends.open;
            return Evidence::Count { least: ends.failed, most, unknown: "are still running" };
        }
        let all = Trials { total: ends.succeeded + ends.failed, hits: ends.failed };
        Evidence::Share { all, bins: vec![all], hit: self.subject.metric.hit() }
    }

    fn evidence_of_times(&self, series: &TimeSeries) -> Evidence {
        let times = series.times();
        match self.condition().aggregate {
            Aggregate::Quantile(q) => {
                let (limit, included) = (self.condition().limit, self.condition().includes_limit());
                let (surely, perhaps) = times.within(limit, included);
                let bins = series.within(limit, included);
                let within = Within { surely, perhaps, total: times.count(), bins };
                Evidence::Quantile { estimate: series.percentile(q, self.terms.confidence), within }
            }
            Aggregate::Mean => {
                let bins: Vec<Total> = series.bins().iter().map(SparseHistogram::known).collect();
                Evidence::Mean { bins, complete: times.is_complete() }
            }
            Aggregate::Most => Evidence::Extreme(times.longest()),
            Aggregate::Least => Evidence::Extreme(times.shortest().map(CensoredTime::Exactly)),
            Aggregate::Count | Aggregate::Rate | Aggregate::Pace => {
                unreachable!("conditions on times are read without counts and rates")
            }
        }
    }

    /// Whether the run is to end now, as far as all of it tells.
    pub(super) fn has_failed(&self, facts: &Facts<'_>) -> bool {
        // What only grows towards its limit, as `started count>0`, has not failed before the end.
        let may_still_hold = self.condition().aggregate == Aggregate::Count
            && matches!(self.condition().operator, Operator::Above | Operator::AtLeast | Operator::Unequal);
        !may_still_hold && self.find(&self.evidence(facts)).state == State::Fail
    }
}
