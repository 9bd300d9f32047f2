//! A threshold judged by the run as a whole.

use super::condition::{Aggregate, State};
use super::evidence::{Counting, Evidence, Sureness, Within};
use super::facts::Facts;
use super::finding::{Finding, Judged};
use super::metric::Metric;
use super::population::Population;
use super::threshold::{Threshold, is_known_at_the_end};
use crate::record::{Counts, Kind, Selection, WorkflowEnds};
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
        let evidence = self.evidence_of_times(&population.series(facts.tally, facts.history), None);
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
        let selection = self.subject.selection(facts.places);
        let in_flight = facts.ahead.map(|ahead| ahead.in_flight_of(&selection));
        if let Some(population) = self.subject.population(facts.places) {
            return self.evidence_of_times(&population.series(facts.tally, facts.history), in_flight);
        }
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
        // What is dropped is so at once; of everything else, what is in flight may become one or not.
        let open = if metric == Metric::Dropped { in_flight.map(|_| 0) } else { in_flight };
        let bins = || facts.history.bins().iter().map(|s| metric.tally(&s.counts(&selection)));
        match self.condition().aggregate {
            Aggregate::Count => {
                // While the run goes on, more may come.
                let most = facts.ahead.is_none().then_some(all.hits + lost);
                Evidence::Count { least: all.hits, most, unknown }
            }
            Aggregate::Pace => self.evidence_of_pace(facts, &selection, in_flight),
            _ if facts.ahead.is_some() && is_known_at_the_end(metric) => Evidence::Nothing,
            _ if lost > 0 && metric == Metric::Duplicates => Evidence::Nothing,
            // What is known only at the end has no order of time.
            _ if self.condition().is_about_the_run() || metric == Metric::Duplicates => {
                Evidence::Share { all, bins: vec![all], open, hit: metric.hit() }
            }
            _ => Evidence::Share { all, bins: bins().collect(), open, hit: metric.hit() },
        }
    }

    /// Events per second are told by when their requests were sent: answers come later, and the wait for the last ones is
    /// no time in which fewer came. So they are the requests sent per second, times the share of them that counted.
    fn evidence_of_pace(&self, facts: &Facts<'_>, selection: &Selection, in_flight: Option<u64>) -> Evidence {
        let metric = self.subject.metric;
        // What is dropped is so at once.
        let at_once = metric == Metric::Dropped;
        let sent = |counts: &Counts| if at_once { counts.dropped } else { counts.sent };
        let ended = |counts: &Counts| Trials { total: counts.concluded(), hits: metric.tally(counts).hits };
        let counts = facts.tally.counts_of(selection);
        let all = ended(&counts);
        let open = if at_once { None } else { in_flight };
        let span = facts.span(self.subject.stage.as_deref());
        let long = span.end - span.start;
        let seconds = |total: f64| if long > 0.0 { total / long } else { 0.0 };
        let overall = if at_once || all.total == 0 {
            seconds(all.hits as f64)
        } else {
            seconds(sent(&counts) as f64) * all.rate()
        };
        let counts_by_bin: Vec<Counts> = facts.history.bins().iter().map(|bin| bin.counts(selection)).collect();
        // The last second is seldom whole: it counts in the figure, and is no evidence of how it varies.
        let length = facts.history.seconds_per_bin();
        let is_whole = |bin: u64| span.start <= (bin * length) as f64 && ((bin + 1) * length) as f64 <= span.end;
        let whole = counts_by_bin.iter().zip(0..).filter(|(_, bin)| is_whole(*bin));
        let ends = facts.ahead.and_then(|ahead| ahead.planned).map(|(coming, seconds)| {
            let span = Facts { seconds, ..*facts }.span(self.subject.stage.as_deref());
            let seconds = span.end - span.start;
            let least = all.hits as f64 / seconds;
            (least, (all.hits + open.unwrap_or(0) + coming) as f64 / seconds)
        });
        Evidence::Pace {
            bins: whole.map(|(counts, _)| Total { count: length, sum: sent(counts) as f64 }).collect(),
            counting: (!at_once).then(|| Counting {
                all,
                // That a request ended is no matter of chance.
                bins: (metric != Metric::HttpReqs).then(|| counts_by_bin.iter().map(ended).collect()),
                open,
            }),
            overall,
            ends,
        }
    }

    /// Workflows that are still running have neither failed nor succeeded, and may take any time.
    fn evidence_of_workflows(&self, ends: &WorkflowEnds) -> Evidence {
        if self.subject.metric == Metric::WorkflowTime {
            let answered = ends.times();
            let mut sparse = SparseHistogram::default();
            sparse.add_answered(&answered);
            sparse.add_unanswered(ends.open);
            return self.evidence_of_times(
                &TimeSeries::new(CensoredTimes::new([&answered], [], ends.open), vec![sparse]),
                None,
            );
        }
        if self.condition().aggregate == Aggregate::Count {
            let most = ends.failed + ends.open;
            return Evidence::Count { least: ends.failed, most: Some(most), unknown: "are still running" };
        }
        let all = Trials { total: ends.succeeded + ends.failed, hits: ends.failed };
        Evidence::Share { all, bins: vec![all], open: None, hit: self.subject.metric.hit() }
    }

    /// Of a run that goes on, so many requests are `in_flight` that may take any time.
    fn evidence_of_times(&self, series: &TimeSeries, in_flight: Option<u64>) -> Evidence {
        let (times, open) = (series.times(), in_flight.unwrap_or(0));
        match self.condition().aggregate {
            Aggregate::Quantile(q) => {
                let (limit, included) = (self.condition().limit, self.condition().includes_limit());
                let (surely, perhaps) = times.within(limit, included);
                let bins = series.within(limit, included);
                let within = Within { surely, perhaps: perhaps + open, total: times.count() + open, bins };
                // What is in flight has no rank yet: then the share that takes longer is all there is.
                let estimate = if in_flight.is_none() { series.percentile(q, self.terms.confidence) } else { None };
                Evidence::Quantile { estimate, within }
            }
            Aggregate::Mean => {
                let bins: Vec<Total> = series.bins().iter().map(SparseHistogram::known).collect();
                Evidence::Mean { bins, complete: times.is_complete() && in_flight.is_none(), open }
            }
            // A run that goes on may bring longer ones, and shorter ones.
            Aggregate::Most if in_flight.is_some() => {
                Evidence::Extreme(times.longest().map(|longest| CensoredTime::AtLeast(longest.micros())))
            }
            Aggregate::Least if in_flight.is_some() => times.shortest().map_or(Evidence::Nothing, Evidence::AtMost),
            Aggregate::Most => Evidence::Extreme(times.longest()),
            Aggregate::Least => Evidence::Extreme(times.shortest().map(CensoredTime::Exactly)),
            Aggregate::Count | Aggregate::Rate | Aggregate::Pace => {
                unreachable!("conditions on times are read without counts and rates")
            }
        }
    }

    /// What it says if it has surely failed in a run that goes on.
    pub(super) fn failed_already(&self, facts: &Facts<'_>) -> Option<Judged> {
        let finding = self.find(&self.evidence(facts));
        (finding.state == State::Fail).then(|| self.concluded(finding))
    }
}
