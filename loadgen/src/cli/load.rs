//! From arguments to a scenario, its thresholds and its target.

use std::path::Path;

use super::arguments::{LoadArguments, SigningRegion};
use super::file::{open as open_file, read_text};
use crate::authorization::{Auth, shown_url};
use crate::endpoint::Endpoint;
use crate::engine::Route;
use crate::judge::{Metric, Subject, Threshold};
use crate::mistake::Mistake;
use crate::payload::{Content, Payload, Source, Template, TemplateContext, constant_text, is_template};
use crate::run::Plan;
use crate::scenario::{EmbeddedQuotas, Outside, Overrides, Scenario, check_header};

/// The variable that names a target where nothing else does.
const URL: &str = "STEPGATE_URL";

/// The word for the embedded endpoint where a URL may stand.
pub(super) const EMBEDDED: &str = "embedded";

/// A scenario with everything that the command line says over it.
#[derive(Debug)]
pub(super) struct ResolvedScenario {
    pub(super) scenario: Scenario,
    /// The scenario as written, if it is a file.
    pub(super) source: Option<String>,
    /// The target, unless it is the embedded endpoint.
    pub(super) endpoint: Option<Endpoint>,
    /// How to reach it.
    pub(super) route: Route,
    /// A word on the proxy that the environment names.
    pub(super) proxy: Option<String>,
}

impl ResolvedScenario {
    pub(super) fn of(arguments: &LoadArguments, overrides: &Overrides) -> Result<Self, Mistake> {
        if let Some(url) = arguments.scenario.as_deref().and_then(Path::to_str).filter(|word| word.contains("://")) {
            let shown = shown_url(url);
            return Err(Mistake::usage(format!(
                "`{shown}` is a URL, but a scenario file is expected here: write --url {shown}"
            )));
        }
        let (mut scenario, source) = match &arguments.scenario {
            Some(_) if arguments.kind.is_some() => {
                return Err(Mistake::usage(
                    "--kind cannot be used with a scenario, whose payloads say theirs: write kind = \"…\" in its [[payload]]",
                ));
            }
            Some(path) if arguments.body.is_none() => {
                let (scenario, source) = read(path)?;
                (scenario, Some(source))
            }
            Some(_) => {
                return Err(Mistake::usage("--body cannot be used with a scenario, which has payloads of its own"));
            }
            None if !says_what(arguments) => {
                return Err(Mistake::usage(
                    "name a scenario file, a target with --url, or a load for the embedded endpoint, as --rps 50 -d 30s; \
                     see --help",
                ));
            }
            None => (ad_hoc(arguments)?, None),
        };
        overrides.apply(&mut scenario)?;
        if let Some(auth) = arguments.auth {
            scenario.target.auth = auth;
        }
        if let Some(SigningRegion(region)) = &arguments.aws_sigv4 {
            scenario.target.auth = Auth::Sigv4;
            scenario.target.region = region.clone().or(scenario.target.region);
        }
        scenario.target.names = arguments.names.or(scenario.target.names);
        if let Some(timeout) = arguments.timeout {
            scenario.target.timeout = timeout;
        }
        if let Some(quotas) = arguments.quotas {
            scenario.target.quotas = quotas;
        }
        for (what, file) in [("template", &arguments.template), ("mocks", &arguments.mocks)] {
            // What they say is the embedded endpoint's to understand.
            let Some(file) = file else { continue };
            open_file(file).map_err(|e| Mistake::usage(format!("cannot read the {what} {}: {e}", file.display())))?;
        }
        scenario.target.template.clone_from(&arguments.template);
        scenario.target.mocks.clone_from(&arguments.mocks);
        scenario.target.parameters.clone_from(&arguments.parameters);
        for header in &arguments.headers {
            // What was written may be the secret itself: it is not repeated.
            let (name, value) = header
                .split_once(':')
                .ok_or_else(|| Mistake::usage("a header has no colon: write -H 'NAME: VALUE'"))?;
            let value = constant_text(value.trim(), variable, &mut scenario.target.variables)
                .map_err(|e| e.mistake.about(format_args!("the header {name}")))?;
            check_header(name, &value)?;
            scenario.target.headers.push((name.into(), value));
        }
        let url = arguments.url.as_ref().or(scenario.target.url.as_ref()).filter(|url| *url != EMBEDDED);
        let endpoint = url.map(|url| Endpoint::parse(url).map_err(|mistake| named(url, mistake))).transpose()?;
        if endpoint.is_some() && scenario.target.faults.is_some() {
            return Err(Mistake::usage("`faults` work on the embedded endpoint only, and another target is named"));
        }
        if endpoint.is_some() && scenario.target.quotas != EmbeddedQuotas::Off {
            return Err(Mistake::usage("`quotas` are those of the embedded endpoint, and another target is named"));
        }
        let ca = scenario.target.ca.as_deref();
        let (route, proxy) = arguments.network.route(endpoint.as_ref(), ca)?;
        Ok(Self { scenario, source, endpoint, route, proxy })
    }
}

/// A mistake in a URL, which names the variable if that has it.
pub(super) fn named(url: &str, mistake: Mistake) -> Mistake {
    if variable(URL).is_some_and(|set| set == url) { mistake.about(URL) } else { mistake }
}

/// Whether a command line without a scenario says where to, what, or how much to send.
fn says_what(arguments: &LoadArguments) -> bool {
    arguments.url.is_some()
        || arguments.template.is_some()
        || arguments.body.is_some()
        || arguments.rps.is_some()
        || arguments.closed.is_some()
        || arguments.duration.is_some()
        || arguments.requests.is_some()
}

/// What an ad-hoc load of one request a second deserves to be told of, for nobody else's tool is so slow by default.
pub(super) fn slow_by_default(arguments: &LoadArguments) -> Option<String> {
    let paced = arguments.scenario.is_some() || arguments.rps.is_some() || arguments.closed.is_some();
    if paced || arguments.requests.is_none_or(|requests| requests < 5) && arguments.max_in_flight.is_none() {
        return None;
    }
    let clients = arguments.max_in_flight.unwrap_or(10);
    Some(format!(
        "without --rps, one request a second is sent: give a rate, as --rps 50, or for {clients} clients that wait for \
         their answers write --closed {clients}"
    ))
}

pub(super) fn overrides(arguments: &LoadArguments) -> Overrides {
    let count = |n: Option<u32>| n.and_then(|n| usize::try_from(n).ok());
    Overrides {
        rate: arguments.rps,
        scale: arguments.scale,
        duration: arguments.duration,
        requests: arguments.requests,
        closed: count(arguments.closed),
        max_in_flight: count(arguments.max_in_flight),
        arrivals: arguments.arrivals,
        seed: arguments.seed,
    }
}

/// Reads `METRIC:CONDITION`.
pub(super) fn threshold(text: &str) -> Result<Threshold, Mistake> {
    // A colon within braces belongs to a tag.
    let after_tag = text.find('}').unwrap_or(0);
    let (metric, expression) = text[after_tag..]
        .find(':')
        .map(|colon| (&text[..after_tag + colon], &text[after_tag + colon + 1..]))
        .ok_or_else(|| Mistake::usage(format!("`{text}` is not a threshold: write it as \"{}\"", with_metric(text))))?;
    let subject = Subject::parse(metric)?;
    Threshold::parse(subject, expression.trim())
}

/// A threshold that was written without its metric or its aggregate, as it is probably meant.
fn with_metric(text: &str) -> String {
    let reads = |metric: Metric, condition: &str| Threshold::parse(metric, condition).is_ok();
    let named = text.find(['<', '>', '=', '!']).and_then(|at| {
        let (name, rest) = text.split_at(at);
        let subject = Subject::parse(name).ok()?;
        ["p(99)", "rate", "count"]
            .map(|aggregate| format!("{aggregate}{rest}"))
            .into_iter()
            .find(|condition| Threshold::parse(subject.clone(), condition).is_ok())
            .map(|condition| format!("{subject}:{condition}"))
    });
    match named {
        Some(named) => named,
        None if reads(Metric::ResponseTime, text) => format!("response_time:{text}"),
        None if reads(Metric::Failed, text) => format!("failed:{text}"),
        None => "failed:rate<1%".into(),
    }
}

pub(super) fn variable(name: &str) -> Option<String> {
    std::env::var(name).ok()
}

fn read(path: &Path) -> Result<(Scenario, String), Mistake> {
    let shown = path.display().to_string();
    let source = read_text(path).map_err(|e| {
        let command = super::hint::meant_command(&shown);
        let help = command.map_or_else(String::new, |command| format!("; did you mean the command `{command}`?"));
        Mistake::scenario(format!("cannot read {shown}: {e}{help}"))
    })?;
    let folder = path.parent().unwrap_or(Path::new(""));
    let open = |file: &str| read_text(&folder.join(file));
    let data = |file: &str| -> std::io::Result<Box<dyn Source>> { Ok(Box::new(open_file(&folder.join(file))?)) };
    let outside = Outside { open: &open, data: &data, variable };
    let mut scenario = Scenario::parse(&shown, &source, &outside)?;
    scenario.target.faults = scenario.target.faults.map(|file| folder.join(file));
    if let Some(file) = &scenario.target.faults {
        // What they say is the embedded endpoint's to understand.
        open_file(file)
            .map_err(|e| Mistake::scenario(format!("{shown}: cannot read the faults {}: {e}", file.display())))?;
    }
    Ok((scenario, source))
}

fn ad_hoc(arguments: &LoadArguments) -> Result<Scenario, Mistake> {
    let body = match arguments.body.as_deref() {
        None => "{}".to_owned(),
        Some(body) => match body.strip_prefix('@') {
            Some(file) => read_text(Path::new(file)).map_err(|e| Mistake::usage(format!("cannot read {file}: {e}")))?,
            None => body.to_owned(),
        },
    };
    // JSON may hold expressions; anything else is sent as it is.
    let template = match serde_json::from_str(&body) {
        Ok(json) if is_template(&body) => Template::within(&json, &TemplateContext { variable, tables: &[] })
            .map_err(|e| e.mistake.about("the body"))?,
        Err(e) if is_template(&body) => {
            return Err(Mistake::usage(format!(
                "the body holds a template but is not JSON, and templates are read in JSON only: {e}"
            )));
        }
        _ => Template::constant(&body),
    };
    let content = Content::starting(arguments.kind.unwrap_or_default(), template);
    let content = content.expect("--kind takes no kind that starts nothing");
    Ok(Scenario::ad_hoc(Payload { name: "body".into(), weight: 1, content }))
}

/// Refuses what would be a surprise on somebody's bill.
pub(super) fn check_size(plan: &Plan, endpoint: &Endpoint, yes: bool) -> Result<(), Mistake> {
    const MOST: u64 = 10_000;
    let (most, arrivals) = (plan.scenario.target.max_executions, plan.arrivals());
    if endpoint.is_loopback() || yes || most.is_some() {
        return Ok(());
    }
    let too_many = match arrivals {
        Some(arrivals) if arrivals <= MOST => return Ok(()),
        Some(arrivals) => format!("{arrivals} executions are planned"),
        None => "a closed loop has no planned end".into(),
    };
    Err(Mistake::usage(format!(
        "{too_many} on {endpoint}, and each may cost money: say --yes, or set max_executions in the scenario's \
         [target]"
    )))
}

#[cfg(test)]
mod tests {
    use super::threshold;

    #[test]
    fn a_threshold_without_its_metric_is_written_out() {
        for (written, meant) in [
            ("p(99)<800ms", "response_time:p(99)<800ms"),
            ("rate<1%", "failed:rate<1%"),
            ("response_time<800ms", "response_time:p(99)<800ms"),
            ("failed<1%", "failed:rate<1%"),
            ("nonsense", "failed:rate<1%"),
        ] {
            let error = threshold(written).unwrap_err().message;
            assert!(error.ends_with(&format!("write it as \"{meant}\"")), "{error}");
        }
    }
}
