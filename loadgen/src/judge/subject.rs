//! What a threshold is about: a metric, perhaps of some requests only.

use std::fmt;

use super::foreign;
use super::metric::Metric;
use super::population::Population;
use crate::mistake::Mistake;
use crate::record::{Class, Kind, Places, Selection};

/// A metric with its tags: `response_time{class:throttled,stage:hold,payload:order}`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Subject {
    /// The metric; the tag `class` is a part of it.
    pub metric: Metric,
    /// The stage in which requests are due.
    pub stage: Option<String>,
    /// The payload that they carry.
    pub payload: Option<String>,
}

impl From<Metric> for Subject {
    fn from(metric: Metric) -> Self {
        Self { metric, stage: None, payload: None }
    }
}

impl Subject {
    /// Reads a metric's name with tags between braces, if it has any.
    ///
    /// # Errors
    /// There is no such metric or tag, or the metric has no such tag.
    ///
    /// ```
    /// use stepgate_loadgen::judge::{Metric, Subject};
    ///
    /// let subject = Subject::parse("response_time{stage:hold, payload:order}").unwrap();
    /// assert_eq!((subject.metric, subject.stage.as_deref()), (Metric::ResponseTime, Some("hold")));
    /// assert_eq!(Subject::parse("faild").unwrap_err().to_string(), "unknown metric `faild`: did you mean `failed`?");
    /// ```
    pub fn parse(text: &str) -> Result<Self, Mistake> {
        let (name, tags) = match text.trim().split_once('{') {
            Some((name, rest)) => (name.trim(), Some(rest.strip_suffix('}').ok_or_else(|| malformed(text))?)),
            None => (text.trim(), None),
        };
        let metric = Metric::all().find(|metric| metric.name() == name).ok_or_else(|| {
            let names: Vec<&str> = Metric::all().map(Metric::name).collect();
            let help = foreign::metric(name).unwrap_or_else(|| nearest(name, &names, "known metrics are"));
            wrong(format!("unknown metric `{name}`"), help)
        })?;
        let mut subject = Self::from(metric);
        for tag in tags.iter().flat_map(|tags| tags.split(',')) {
            let (key, value) = tag.split_once(':').ok_or_else(|| malformed(text))?;
            let (key, value) = (key.trim(), value.trim());
            match key {
                "class" => subject.metric = of_class(metric, value)?,
                "stage" if subject.can_be_placed() => subject.stage = Some(value.into()),
                "payload" if subject.can_be_placed() => subject.payload = Some(value.into()),
                "stage" | "payload" => {
                    let help = "it is counted over the whole run".into();
                    return Err(wrong(format!("`{name}` has no tag `{key}`"), help));
                }
                _ => {
                    let help = nearest(key, &["class", "stage", "payload"], "known tags are");
                    return Err(wrong(format!("unknown tag `{key}`"), help));
                }
            }
        }
        Ok(subject)
    }

    /// Whether it can be told apart by stage and payload: names are compared over the whole run, as are workflows,
    /// and nobody asks of what stage an arrival is that was never due.
    const fn can_be_placed(&self) -> bool {
        !matches!(self.metric, Metric::Duplicates | Metric::Unsent) && !self.metric.is_of_workflows()
    }

    /// Whether a run has the stage and the payload.
    ///
    /// # Errors
    /// It has not, or no request of it can end so.
    pub(crate) fn check(&self, places: &Places) -> Result<(), Mistake> {
        let payloads: Vec<&str> = places.payloads.iter().map(|payload| payload.name.as_str()).collect();
        let (kind, started) = (self.metric.kind(places), places.starting_kind());
        if kind.starts() && kind != started {
            let name = self.metric.class().map_or(self.metric.name(), Class::as_str);
            let message = format!("no request of kind \"{}\" ends as `{name}`", started.as_str());
            let help = format!("all is well where it ends as `{}`", Class::success_of(started).as_str());
            return Err(wrong(message, help));
        }
        let stages: Vec<&str> = places.stages.iter().map(String::as_str).collect();
        for (what, name, known) in [("stage", &self.stage, stages), ("payload", &self.payload, payloads)] {
            if let Some(name) = name.as_deref().filter(|name| !known.contains(name)) {
                let help = nearest(name, &known, "there are");
                return Err(wrong(format!("there is no {what} `{name}`"), help));
            }
        }
        Ok(())
    }

    /// The requests that it is about: without a payload, those of the kind that the metric is about.
    #[must_use]
    pub(crate) fn selection(&self, places: &Places) -> Selection {
        let number = |at: Option<usize>| at.and_then(|at| u16::try_from(at).ok()).unwrap_or(u16::MAX);
        let selection = match &self.payload {
            Some(name) => Selection::with_payload(number(places.payloads.iter().position(|p| p.name == *name))),
            None if self.metric == Metric::HttpReqs => Selection::default(),
            None => places.of_kind(self.metric.kind(places)),
        };
        match &self.stage {
            Some(name) => selection.in_stage(number(places.stages.iter().position(|stage| stage == name))),
            None => selection,
        }
    }

    /// Of which kind its requests are.
    #[must_use]
    pub fn kind(&self, places: &Places) -> Kind {
        let of = |name: &String| places.payloads.iter().find(|p| p.name == *name).map(|p| p.kind);
        self.payload.as_ref().and_then(of).unwrap_or_else(|| self.metric.kind(places))
    }

    /// Whose times it is; `None` where it counts.
    #[must_use]
    pub(crate) fn population(&self, places: &Places) -> Option<Population> {
        Some(self.metric.population(self.kind(places))?.among(&self.selection(places)))
    }
}

/// A metric of the requests alone that ended in a class.
fn of_class(metric: Metric, name: &str) -> Result<Metric, Mistake> {
    let names = Class::ALL.map(Class::as_str);
    let class = Class::ALL.into_iter().find(|class| class.as_str() == name);
    let class = class.ok_or_else(|| wrong(format!("unknown class `{name}`"), nearest(name, &names, "classes are")))?;
    match metric {
        Metric::ResponseTime if class == Class::Started => Ok(Metric::ResponseTime),
        Metric::ResponseTime => Ok(Metric::ResponseTimeOf(class)),
        Metric::ServiceTime => Ok(Metric::ServiceTimeOf(class)),
        Metric::ScheduleLag => Ok(Metric::ScheduleLagOf(class)),
        Metric::Failed if !class.is_success() => Ok(Metric::Ended(class)),
        other => Err(wrong(
            format!("`{}` has no tag `class:{name}`", other.name()),
            format!("the metric `{name}` counts the requests that end so"),
        )),
    }
}

fn wrong(message: String, help: String) -> Mistake {
    Mistake::usage(message).with_help(help)
}

fn malformed(text: &str) -> Mistake {
    let help = "write it as failed, or with tags as response_time{stage:hold,payload:order}".into();
    wrong(format!("`{text}` is not a metric with tags"), help)
}

fn nearest(name: &str, known: &[&str], otherwise: &str) -> String {
    match crate::spelling::nearest(name, known) {
        Some(near) => format!("did you mean `{near}`?"),
        None if known.len() == 1 => format!("the only one is `{}`", known[0]),
        None => format!("{otherwise} {}", known.join(", ")),
    }
}

impl fmt::Display for Subject {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.metric.name())?;
        let tags = [
            ("class", self.metric.class().map(Class::as_str)),
            ("stage", self.stage.as_deref()),
            ("payload", self.payload.as_deref()),
        ];
        let mut between = "{";
        for (key, value) in tags {
            if let Some(value) = value {
                write!(f, "{between}{key}:{value}")?;
                between = ",";
            }
        }
        f.write_str(if between == "," { "}" } else { "" })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record::{Labelled, Place};

    fn places() -> Places {
        let labelled = |name: &str, kind| Labelled { name: name.into(), kind };
        Places {
            stages: vec!["ramp".into(), "hold".into()],
            payloads: vec![labelled("order", Kind::Execute), labelled("page", Kind::Preflight)],
        }
    }

    #[test]
    fn a_subject_is_shown_as_it_is_read() {
        for text in [
            "failed",
            "throttled",
            "response_time{class:throttled}",
            "service_time{class:timeout,stage:hold}",
            "schedule_lag{payload:order}",
            "dropped{stage:ramp,payload:order}",
        ] {
            assert_eq!(Subject::parse(text).unwrap().to_string(), text);
        }
        assert_eq!(Subject::parse("response_time{class:started}").unwrap().to_string(), "response_time");
        assert_eq!(Subject::parse("failed{class:throttled}").unwrap().to_string(), "throttled");
    }

    #[test]
    fn tags_pick_requests_by_their_names() {
        let places = places();
        let held = |text: &str| {
            let subject = Subject::parse(text).unwrap();
            let all = (0..2).flat_map(|stage| (0..2).map(move |payload| Place { stage, payload }));
            all.filter(|place| subject.selection(&places).holds(*place)).count()
        };
        assert_eq!((held("failed"), held("refused"), held("failed{stage:hold}")), (2, 2, 1));
        assert_eq!((held("failed{payload:page}"), held("failed{stage:hold,payload:page}")), (2, 1));
        assert_eq!(held("failed{payload:nobody}"), 0);
        let page = Subject::parse("response_time{payload:page}").unwrap();
        assert_eq!(
            page.population(&places).unwrap(),
            Population::succeeded(Kind::Preflight).among(&page.selection(&places))
        );
    }

    #[test]
    fn what_does_not_exist_is_named_with_the_nearest() {
        let parse = |text: &str| Subject::parse(text).unwrap_err();
        assert_eq!(parse("http_req_duration").help.unwrap(), "that is one of k6's: write `response_time`");
        assert_eq!(parse("response_time{stag:hold}").help.unwrap(), "did you mean `stage`?");
        assert_eq!(parse("response_time{class:throtled}").help.unwrap(), "did you mean `throttled`?");
        assert_eq!(parse("duplicates{payload:order}").message, "`duplicates` has no tag `payload`");
        assert!(parse("failed{class:started}").help.unwrap().contains("the metric `started` counts"));
        assert!(parse("failed{stage}").message.contains("is not a metric with tags"));
        let check = |text: &str| Subject::parse(text).unwrap().check(&places()).unwrap_err();
        assert_eq!(check("failed{stage:holt}").help.unwrap(), "did you mean `hold`?");
        assert_eq!(check("failed{payload:xyz}").message, "there is no payload `xyz`");
        let one = Places { stages: vec!["all".into()], ..places() };
        let missing = Subject::parse("failed{stage:bogus}").unwrap().check(&one).unwrap_err();
        assert_eq!(missing.help.unwrap(), "the only one is `all`");
    }
}
