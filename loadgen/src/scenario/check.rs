//! From the scenario as written to the scenario as meant: ranges, combinations, templates, thresholds.

use std::ops::Range;
use std::sync::Arc;
use std::time::Duration;

use toml::Spanned;

use super::diagnostic::Diagnostic;
use super::disclosed::secrets_in;
use super::header::check_header;
use super::raw::{self, Executor, Raw};
use super::trace::instants;
use super::{Load, Outside, Profile, Scenario, Target, Warmup, parse_duration};
use crate::judge::{State, Subject, Terms, Threshold};
use crate::mistake::Mistake;
use crate::payload::{Data, constant_text};
use crate::record::Places;
use crate::statistics::Confidence;
use crate::units::{show_duration, show_number};

/// Most arrivals in a burst or requests in flight that a scenario may ask for.
const MOST_IN_FLIGHT: usize = 1_000_000;

/// Most combinations of stage and payload.
const MOST_PLACES: usize = 512;

pub(super) struct Checker<'a> {
    pub(super) file: &'a str,
    pub(super) source: &'a str,
}

pub(super) fn check(file: &str, source: &str, outside: &Outside<'_>) -> Result<Scenario, Diagnostic> {
    let at = Checker { file, source };
    let raw: Raw = toml::from_str(source).map_err(|e| Diagnostic::from_toml(file, source, &e))?;
    if *raw.schema.get_ref() != 1 {
        return Err(at.error(raw.schema.span(), "this loadgen reads schema = 1", None));
    }
    let name = raw.name.get_ref().clone();
    if name.is_empty() || !name.chars().all(|c| c.is_ascii_alphanumeric() || "-_.".contains(c)) {
        let message = "a name consists of letters, digits, `-`, `_` and `.`: it becomes part of a directory's name";
        return Err(at.error(raw.name.span(), message, None));
    }
    let tables = at.tables(raw.data, outside)?;
    let load_span = raw.load.span();
    let written_warmup = raw.load.get_ref().warmup.clone();
    let warmup = at.warmup(written_warmup.as_ref())?;
    let load = at.load(raw.load, outside.open)?;
    if let (Some(written), Warmup::Seconds(seconds), Some(whole)) = (written_warmup, warmup, load.profile.duration())
        && seconds > 0
        && Duration::from_secs(seconds) >= whole
    {
        let whole = show_duration(whole);
        let message = format!("the warm-up takes up the whole run ({whole}) and leaves nothing to judge");
        return Err(at.error(written.span(), message, Some("shorten it, or let the run last longer".into())));
    }
    let mut scenario = Scenario {
        name,
        seed: raw.seed.unwrap_or(1),
        target: at.target(raw.target, outside)?,
        warmup,
        load,
        payloads: at.payloads(raw.payload, &tables, outside)?,
        thresholds: Vec::new(),
        on_inconclusive: raw.on_inconclusive.map_or_else(State::default, |undecided| undecided.0),
        written_secrets: secrets_in(source)
            .into_iter()
            .filter_map(|range| source.get(range))
            .map(str::to_owned)
            .collect(),
    };
    let places = scenario.places();
    scenario.thresholds = at.thresholds(raw.thresholds, &places, scenario.on_inconclusive)?;
    let count = places.stages.len() * places.payloads.len();
    if count > MOST_PLACES {
        let message = format!(
            "{count} combinations of stage and payload: each is accounted for apart, and a run has room for {MOST_PLACES}"
        );
        return Err(at.error(load_span, message, Some("replay a load with so many stages as a trace".into())));
    }
    Ok(scenario)
}

impl Checker<'_> {
    pub(super) fn error(&self, span: Range<usize>, message: impl Into<String>, help: Option<String>) -> Diagnostic {
        self.wrong(span, Mistake { help, ..Mistake::scenario(message) })
    }

    pub(super) fn wrong(&self, span: Range<usize>, mistake: Mistake) -> Diagnostic {
        Diagnostic::new(self.file, self.source, span, mistake)
    }

    fn target(&self, raw: raw::TargetTable, outside: &Outside<'_>) -> Result<Target, Diagnostic> {
        let default = Target::default();
        let (mut headers, mut variables) = (Vec::new(), Vec::new());
        for (name, value) in raw.headers {
            let value = constant_text(&value, outside.variable, &mut variables);
            let value = value.map_err(|e| self.wrong(name.span(), e.mistake))?;
            check_header(name.get_ref(), &value).map_err(|mistake| self.wrong(name.span(), mistake))?;
            headers.push((name.into_inner(), value));
        }
        if let Some(most) = raw.max_executions.as_ref().filter(|most| *most.get_ref() == 0) {
            let message = "max_executions allows at least 1 execution: leave it out for no limit";
            return Err(self.error(most.span(), message, None));
        }
        if let Some(url) = &raw.url {
            crate::endpoint::Endpoint::parse(url.get_ref()).map_err(|mistake| self.wrong(url.span(), mistake))?;
        }
        let read = |file: &Spanned<String>| {
            let name = file.get_ref();
            let text = (outside.open)(name);
            text.map_err(|e| self.error(file.span(), format!("cannot read {name}: {e}"), None))
        };
        Ok(Target {
            template: None,
            mocks: None,
            parameters: Vec::new(),
            ca: raw.ca.as_ref().map(read).transpose()?,
            url: raw.url.map(Spanned::into_inner),
            names: raw.names,
            timeout: raw.timeout.map_or(default.timeout, |d| d.0),
            connect_timeout: raw.connect_timeout.map_or(default.connect_timeout, |d| d.0),
            auth: raw.auth,
            region: raw.region,
            faults: raw.faults.map(Into::into),
            quotas: raw.quotas,
            headers,
            variables,
            max_executions: raw.max_executions.map(Spanned::into_inner),
        })
    }

    fn load(
        &self,
        raw: Spanned<raw::LoadTable>,
        open: &dyn Fn(&str) -> std::io::Result<String>,
    ) -> Result<Load, Diagnostic> {
        let span = raw.span();
        let raw = raw.into_inner();
        let default = Load::constant(1.0, None);
        let max_in_flight = raw.max_in_flight.unwrap_or(default.max_in_flight);
        if !(1..=MOST_IN_FLIGHT).contains(&max_in_flight) {
            let place = self.find(&span, "max_in_flight");
            return Err(self.error(place, format!("max_in_flight lies between 1 and {MOST_IN_FLIGHT}"), None));
        }
        self.refuse_foreign_keys(&raw, &span)?;
        if raw.requests == Some(0) {
            return Err(self.error(self.find(&span, "requests"), "a run sends at least 1 request", None));
        }
        if raw.bursts.iter().any(|burst| burst.count == 0) {
            return Err(self.error(self.find(&span, "bursts"), "a burst has at least 1 arrival: `count` is 0", None));
        }
        let duration = raw.duration.map(|d| d.0);
        let endless = duration.is_none() && raw.requests.is_none();
        let missing = |key: &str| self.error(span.clone(), format!("this executor needs `{key}`"), None);
        if raw.rate.as_ref().is_some_and(|rate| rate.0 == 0.0) && raw.bursts.is_empty() {
            let message = "a rate of 0 sends nothing: give a rate above 0, or `bursts`";
            return Err(self.error(self.find(&span, "rate"), message, None));
        }
        let profile = match raw.executor {
            Executor::ConstantArrivalRate | Executor::Closed if endless => return Err(missing("duration")),
            Executor::ConstantArrivalRate => {
                Profile::Constant { rate: raw.rate.ok_or_else(|| missing("rate"))?.0, duration }
            }
            Executor::RampingArrivalRate => {
                let stages = raw.stages.ok_or_else(|| missing("stages"))?;
                let start_rate = raw.start_rate.map_or(0.0, |r| r.0);
                if stages.get_ref().iter().all(|s| s.duration.0.is_zero()) {
                    return Err(self.error(stages.span(), "the stages take no time at all", None));
                }
                Profile::Ramping { start_rate, stages: self.stages(stages.get_ref())? }
            }
            Executor::Trace => {
                let file = raw.file.as_ref().ok_or_else(|| missing("file"))?;
                Profile::Trace { instants: self.trace(file, open)? }
            }
            Executor::Closed => {
                let clients = raw.clients.ok_or_else(|| missing("clients"))?;
                if !(1..=MOST_IN_FLIGHT).contains(&clients) {
                    let place = self.find(&span, "clients");
                    return Err(self.error(place, format!("clients lies between 1 and {MOST_IN_FLIGHT}"), None));
                }
                Profile::Closed { clients, duration }
            }
        };
        Ok(Load {
            profile,
            arrivals: raw.arrivals.unwrap_or(default.arrivals),
            bursts: raw.bursts.iter().map(|b| (b.at.0, b.count)).collect(),
            requests: raw.requests,
            max_in_flight,
            on_saturation: raw.on_saturation.unwrap_or(default.on_saturation),
            graceful_stop: raw.graceful_stop.map_or(default.graceful_stop, |d| d.0),
        })
    }

    /// A key that another executor reads would be ignored here, and nothing is ever ignored.
    fn refuse_foreign_keys(&self, raw: &raw::LoadTable, span: &Range<usize>) -> Result<(), Diagnostic> {
        let executor = raw.executor;
        let foreign = [
            ("rate", raw.rate.is_some(), executor == Executor::ConstantArrivalRate),
            ("duration", raw.duration.is_some(), matches!(executor, Executor::ConstantArrivalRate | Executor::Closed)),
            ("start_rate", raw.start_rate.is_some(), executor == Executor::RampingArrivalRate),
            ("stages", raw.stages.is_some(), executor == Executor::RampingArrivalRate),
            ("file", raw.file.is_some(), executor == Executor::Trace),
            ("clients", raw.clients.is_some(), executor == Executor::Closed),
            ("arrivals", raw.arrivals.is_some(), !matches!(executor, Executor::Trace | Executor::Closed)),
            ("max_in_flight", raw.max_in_flight.is_some(), executor != Executor::Closed),
            ("on_saturation", raw.on_saturation.is_some(), executor != Executor::Closed),
            ("bursts", !raw.bursts.is_empty(), executor != Executor::Closed),
        ];
        for (key, present, belongs) in foreign {
            if present && !belongs {
                let span = self.find(span, key);
                return Err(self.error(span, format!("`{key}` belongs to another executor"), None));
            }
        }
        Ok(())
    }

    fn trace(
        &self,
        file: &Spanned<String>,
        open: &dyn Fn(&str) -> std::io::Result<String>,
    ) -> Result<Vec<u64>, Diagnostic> {
        let text = open(file.get_ref())
            .map_err(|e| self.error(file.span(), format!("cannot read `{}`: {e}", file.get_ref()), None))?;
        let wrong = |why| self.error(file.span(), format!("`{}`: {why}", file.get_ref()), None);
        instants(&text).map_err(wrong)
    }

    fn tables(
        &self,
        raw: std::collections::BTreeMap<String, Spanned<raw::DataTable>>,
        outside: &Outside<'_>,
    ) -> Result<Vec<Arc<Data>>, Diagnostic> {
        let mut tables = Vec::new();
        for (name, table) in raw {
            let raw::DataTable { file, order } = table.get_ref();
            let wrong = |why: String| self.error(self.find(&table.span(), "file"), why, None);
            let source = (outside.data)(file).map_err(|e| wrong(format!("cannot read `{file}`: {e}")))?;
            let data = match file.rsplit_once('.').map(|(_, ending)| ending) {
                Some("csv") => Data::csv(&name, *order, source),
                Some("jsonl" | "ndjson") => Data::json_lines(&name, *order, source),
                _ => return Err(wrong(format!("`{file}` is neither .csv nor .jsonl (an object a line)"))),
            };
            tables.push(Arc::new(data.map_err(|e| wrong(format!("`{file}`: {e}")))?));
        }
        Ok(tables)
    }

    fn thresholds(
        &self,
        raw: std::collections::BTreeMap<Spanned<String>, Vec<Spanned<raw::WrittenRule>>>,
        places: &Places,
        on_inconclusive: State,
    ) -> Result<Vec<Threshold>, Diagnostic> {
        let mut thresholds = Vec::new();
        for (name, expressions) in raw {
            let subject = Subject::parse(name.get_ref());
            let subject = subject.and_then(|subject| subject.check(places).map(|()| subject));
            let subject = subject.map_err(|mistake| self.wrong(name.span(), mistake))?;
            for rule in expressions {
                let span = rule.span();
                let threshold = Self::threshold(subject.clone(), &rule.get_ref().0, on_inconclusive);
                thresholds.push(threshold.map_err(|mistake| self.wrong(span, mistake))?);
            }
        }
        Ok(thresholds)
    }

    fn threshold(subject: Subject, rule: &raw::Rule, on_inconclusive: State) -> Result<Threshold, Mistake> {
        let default = Terms::default();
        let confidence = rule.confidence.map(|level| {
            Confidence::new(level).ok_or_else(|| {
                Mistake::usage(format!(
                    "a confidence lies between 0.5 and 0.9999, such as 0.95, not at {}",
                    show_number(level)
                ))
            })
        });
        let terms = Terms {
            confidence: confidence.transpose()?.unwrap_or(default.confidence),
            on_inconclusive: rule.on_inconclusive.map_or(on_inconclusive, |undecided| undecided.0),
            abort_on_fail: rule.abort_on_fail,
            delay_abort_eval: rule.delay_abort_eval.map_or(default.delay_abort_eval, |d| whole_seconds(d.0)),
            window: None,
        };
        let threshold = Threshold::parse(subject, &rule.threshold)?.under(terms);
        match rule.window {
            Some(window) => threshold.in_windows(whole_seconds(window.0)),
            None => Ok(threshold),
        }
    }

    fn warmup(&self, raw: Option<&Spanned<String>>) -> Result<Warmup, Diagnostic> {
        let Some(raw) = raw else { return Ok(Warmup::None) };
        if raw.get_ref() == "auto" {
            return Ok(Warmup::Auto);
        }
        let duration = parse_duration(raw.get_ref());
        let duration = duration.map_err(|mistake| self.error(raw.span(), format!("{mistake}, or \"auto\""), None))?;
        Ok(Warmup::of(duration))
    }

    /// The place of `text` within `span`, so that the caret stands under it rather than under the whole value.
    pub(super) fn find(&self, span: &Range<usize>, text: &str) -> Range<usize> {
        let line_start = self.source[..span.start].rfind("\n[").map_or(0, |i| i + 1).min(span.start);
        let rest = self.source.get(span.start..span.end).unwrap_or_default();
        match rest.find(text) {
            Some(i) if !text.is_empty() => span.start + i..span.start + i + text.len(),
            _ => match self.source.get(line_start..).and_then(|s| s.find(&format!("\n{text}"))) {
                Some(i) if !text.is_empty() => line_start + i + 1..line_start + i + 1 + text.len(),
                _ => span.clone(),
            },
        }
    }
}

fn whole_seconds(duration: Duration) -> u64 {
    duration.as_secs() + u64::from(duration.subsec_nanos() > 0)
}
