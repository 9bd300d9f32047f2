//! What may be said on the command line, and what it means.

use std::env;
use std::fmt::Display;
use std::fs;
use std::net::IpAddr;
use std::ops::RangeInclusive;
use std::path::{Path, PathBuf};
use std::str::FromStr;
use std::time::Duration;

use super::terminal::cannot;
use crate::clock::{Clock, SystemClock};
use crate::deployment::Stack;
use crate::doubles::DoubleArgs;
use crate::faults::FaultPlan;
use crate::recording::Recording;
use crate::signature::AccessKey;
use crate::states::{self, Quotas};
use crate::switches::{self, Switch, Switches};
use crate::template::{LoadOptions, Source};

/// Letters of a temporary key's session token; AWS's are of several hundred.
const SESSION_TOKEN: usize = 356;

/// What is served, and where.
#[derive(Debug, Clone, clap::Args)]
#[expect(clippy::struct_excessive_bools, reason = "each is a switch of the command line")]
pub struct Args {
    /// A SAM or CloudFormation template, or a state machine (`machine.asl.json`); files that it names by
    /// relative paths are read [default: the corrected deployment, with Auth=NONE]
    #[arg(value_name = "FILE", conflicts_with = "template")]
    pub(super) file: Option<PathBuf>,
    /// The same as FILE
    #[arg(long, value_name = "FILE")]
    pub(super) template: Option<PathBuf>,
    /// The API to serve, by its logical id, or `STACK.ID` in a nested stack [default: the first one that starts executions]
    #[arg(long, value_name = "NAME")]
    pub(super) api: Option<String>,
    /// The state machine to put an API in front of, where the template has none, by its name, logical id or `STACK.ID`
    /// [default: the first one]
    #[arg(long, value_name = "NAME")]
    pub(super) machine: Option<String>,
    /// Refuse a template with anything that would otherwise be ignored because it changes no answer
    #[arg(long)]
    pub(super) strict: bool,
    /// Serve the original deployment of 2019; with FILE, load that file with the same repairs
    #[arg(long)]
    pub(super) as_posted: bool,
    /// A parameter of the template; may be given many times
    #[arg(long = "param", value_name = "NAME=VALUE", value_parser = parameter)]
    pub(super) parameters: Vec<(String, String)>,
    /// Port to listen on; 0 takes a free one
    #[arg(long, default_value_t = 0, value_parser = whole(0..=u16::MAX))]
    pub(super) port: u16,
    /// Address to listen on; anything but a loopback address lets others start workflows here
    #[arg(long, default_value = "127.0.0.1")]
    pub(super) host: IpAddr,
    /// Apply AWS's token buckets and concurrency
    #[arg(long, value_name = "off|aws", default_value = "off", value_parser = quotas)]
    pub(super) quotas: Quotas,
    /// Most invocations of handlers at a time; more fail with Lambda.TooManyRequestsException, as on Lambda. Each one that
    /// waits takes some 200 kB [default: 5000, or 1000 with --quotas aws]
    #[arg(long, value_name = "N", value_parser = whole(1..=u32::MAX))]
    pub(super) concurrency: Option<u32>,
    /// How many MiB all environments of handlers hold together, busy and idle. Invocations that find no room fail with
    /// Lambda.TooManyRequestsException, and handlers that need more than is left with Runtime.OutOfMemory
    #[arg(long, value_name = "N", default_value_t = 2048, value_parser = whole(16..=u32::MAX))]
    pub(super) handler_memory_mib: u32,
    /// Most executions open at a time; more starts fail with `ExecutionLimitExceeded`, as on AWS. Each takes some 2 kB and its
    /// data [default: 250000, or 1000000 with --quotas aws]
    #[arg(long, value_name = "N", value_parser = whole(1..=u32::MAX))]
    pub(super) open_executions: Option<u32>,
    /// How many finished executions to remember; names of forgotten ones can be used again
    #[arg(long, value_name = "N", default_value_t = 100_000, value_parser = whole(0..=usize::MAX))]
    pub(super) retain: usize,
    /// How many MiB of the histories of finished executions to remember, inputs and results among them; beyond that the oldest
    /// are forgotten, and only names, times and status stay
    #[arg(long, value_name = "N", default_value_t = 256, value_parser = whole(0..=usize::MAX))]
    pub(super) retain_mib: usize,
    #[command(flatten)]
    pub(super) doubles: DoubleArgs,
    /// Reload when a file that was read changes; executions are forgotten
    #[arg(long)]
    pub(super) watch: bool,
    /// Inject the faults of FILE (see emulator/examples/faults.toml); `GET /_stepgate/counters` shows what each rule did
    #[arg(long, value_name = "FILE")]
    pub(super) faults: Option<PathBuf>,
    /// Write a line for every answer to FILE, in the Common Log Format; `-` is standard error
    #[arg(long, value_name = "FILE|-")]
    pub(super) access_log: Option<PathBuf>,
    /// Write the handlers' console output to FILE; `-` is standard error
    #[arg(long, value_name = "FILE|-")]
    pub(super) handler_log: Option<PathBuf>,
    /// Ask no caller for a signature, an API key or a token; routes behind authorizers of any kind are then served
    #[arg(long)]
    pub(super) no_auth: bool,
    /// Require calls of the Step Functions API to be signed with the test key, which is printed on standard error. Whoever
    /// reaches the port can still read `/_stepgate/`
    #[arg(long)]
    pub(super) verify_api: bool,
    /// Make the test key a temporary one: with a session token, valid for SECONDS
    #[arg(long, value_name = "SECONDS", value_parser = whole(1..=129_600_u64))]
    pub(super) session: Option<u64>,
    /// Set what is only inferred of AWS, by the names in docs/fidelity.md; may be given many times
    #[arg(long = "switch", value_name = "NAME=WAY", value_parser = switches::parse)]
    pub(super) switches: Vec<(Switch, bool)>,
    /// Set every switch that a recording decides (`loadgen doctor --record FILE`); `--switch` goes before it
    #[arg(long, value_name = "FILE")]
    pub(super) as_recorded: Option<PathBuf>,
    /// Make whatever is drawn at random follow from this number: ids of requests, names of executions, the jitter of `Retry`,
    /// `$uuid()`, random values of handlers. The same requests, one after the other, are then answered alike [default: drawn anew]
    #[arg(long, value_name = "N", value_parser = whole(0..=u64::MAX))]
    pub(super) seed: Option<u64>,
    /// Threads that serve connections
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = whole(1..=256_u16))]
    pub(super) threads: u16,
    /// Name of the stack, `AWS::StackName`
    #[arg(long, value_name = "NAME", default_value = "stepgate", value_parser = stack_name)]
    pub(super) stack: String,
    /// Region of the stack, in its ARNs and signatures; without it that of `AWS_DEFAULT_REGION`, or us-east-1
    #[arg(long, value_name = "NAME", value_parser = region)]
    region: Option<String>,
    /// Account of the stack, in its ARNs; without it that of `AWS_ACCOUNT_ID`, or 123456789012
    #[arg(long, value_name = "DIGITS", value_parser = account)]
    account: Option<String>,
    /// Let time stand still while something is done, and jump to what is due next: a workflow that waits ends at once
    #[arg(long, hide = true)]
    pub(super) virtual_time: bool,
    /// Tell all keys of callers on standard output, each on a line before the URL: for a parent that decides what it signs
    #[arg(long, hide = true)]
    pub(super) tell_keys: bool,
    /// Serve the caller on standard input and output alone, who leads time, from so many seconds after 1970 on
    #[arg(long, value_name = "SECONDS", hide = true, conflicts_with_all = ["virtual_time", "watch"])]
    pub(super) led: Option<u64>,
}

impl Args {
    pub(super) fn source(&self) -> Source {
        match self.named() {
            Some(template) => Source::file(template),
            None if self.as_posted => Source::carried("deploy/as-posted", stepgate_deploy::AS_POSTED),
            None => Source::carried("deploy", stepgate_deploy::CORRECTED),
        }
    }

    /// The files beside the template that make what is served.
    pub(super) fn files(&self) -> Vec<PathBuf> {
        self.doubles.files().into_iter().chain(self.faults.clone()).chain(self.as_recorded.clone()).collect()
    }

    /// The folders where a file that is missing may come to lie.
    pub(super) fn folders(&self) -> Vec<PathBuf> {
        let template = self.named().and_then(Path::parent);
        let below = |folder: &Path| if folder.as_os_str().is_empty() { PathBuf::from(".") } else { folder.to_owned() };
        template.into_iter().map(below).collect()
    }

    /// The file that is served, if one is named.
    pub(super) fn named(&self) -> Option<&Path> {
        self.file.as_deref().or(self.template.as_deref())
    }

    /// The stack of the flags, or of the variables of AWS's Step Functions Local where there are none.
    pub(super) fn stack(&self, variable: impl Fn(&str) -> Option<String>) -> Result<Stack, String> {
        let told = |flag: &Option<String>, name: &str, legal: fn(&str) -> Result<String, String>, usual: &str| {
            let Some(text) = flag.clone().or_else(|| variable(name).filter(|text| !text.is_empty())) else {
                return Ok(usual.to_owned());
            };
            legal(&text).map_err(|why| format!("error: the variable {name}: `{text}`: {why}"))
        };
        let region = told(&self.region, "AWS_DEFAULT_REGION", region, "us-east-1")?;
        let account = told(&self.account, "AWS_ACCOUNT_ID", account, "123456789012")?;
        Ok(Stack::new(&self.stack, &region, &account))
    }

    pub(super) fn load_options(&self) -> Result<LoadOptions, String> {
        let mut parameters = self.parameters.clone();
        if self.named().is_none() && !self.as_posted {
            // First, so that one given on the command line wins.
            parameters.insert(0, ("Auth".to_owned(), "NONE".to_owned()));
        }
        Ok(LoadOptions {
            parameters,
            stack: self.stack(variable)?,
            as_posted: self.as_posted,
            strict: self.strict,
            no_auth: self.no_auth,
            api: self.api.clone(),
            machine: self.machine.clone(),
        })
    }

    /// Keys that this run accepts, new ones each time: they open nothing but this endpoint.
    pub(super) fn test_keys(&self, stack: &Stack) -> (AccessKey, String) {
        let mut random = [0; 46];
        fastrand::fill(&mut random);
        let api_key = std::iter::repeat_with(fastrand::alphanumeric).take(40).collect();
        let mut key = AccessKey::generate(random, &stack.partition, &stack.account);
        if let Some(seconds) = self.session {
            let token: String = std::iter::repeat_with(fastrand::alphanumeric).take(SESSION_TOKEN).collect();
            key = key.with_session(token, SystemClock::start().now().saturating_add(Duration::from_secs(seconds)));
        }
        (key, api_key)
    }

    /// Which way the switches are set, and what a recording has to do with it.
    pub(super) fn switches(&self) -> Result<(Switches, Vec<String>), String> {
        let (mut switches, mut said) = (Switches::default(), Vec::new());
        if let Some(file) = &self.as_recorded {
            let text = fs::read_to_string(file).map_err(|error| cannot("read", file, &error))?;
            let recording = Recording::read(&text).map_err(|why| format!("error: {} {why}", file.display()))?;
            for observation in recording.observations() {
                let (switch, turned) = (observation.switch, observation.turned);
                switches = switches.set(switch, turned);
                said.push(format!("as recorded: {}={} ({})", switch.row().name, switch.way(turned), observation.case));
            }
        }
        for (switch, turned) in &self.switches {
            switches = switches.set(*switch, *turned);
        }
        Ok((switches, said))
    }

    pub(super) fn faults(&self) -> Result<FaultPlan, String> {
        let Some(file) = &self.faults else { return Ok(FaultPlan::default()) };
        let text = fs::read_to_string(file).map_err(|error| cannot("read", file, &error))?;
        FaultPlan::read(&text).map_err(|error| format!("error: {}: {error}", file.display()))
    }

    pub(super) fn states_options(&self) -> Result<states::StatesOptions, String> {
        let doubles = self.doubles.read(variable).map_err(|error| format!("error: {error}"))?;
        Ok(states::StatesOptions {
            quotas: self.quotas,
            retain: self.retain,
            retain_bytes: self.retain_mib.saturating_mul(1 << 20),
            concurrency: self.concurrency.map(|concurrency| usize::try_from(concurrency).unwrap_or(usize::MAX)),
            handler_bytes: usize::try_from(self.handler_memory_mib).unwrap_or(usize::MAX).saturating_mul(1 << 20),
            open_executions: self.open_executions.map(|open| usize::try_from(open).unwrap_or(usize::MAX)),
            doubles,
            ..states::StatesOptions::default()
        })
    }
}

/// Reads a whole number within a range.
fn whole<N>(range: RangeInclusive<N>) -> impl Fn(&str) -> Result<N, String> + Clone
where
    N: FromStr + PartialOrd + Display + Clone,
{
    move |text| {
        let number = text.parse().ok().filter(|number| range.contains(number));
        number.ok_or_else(|| format!("`{text}` is not a whole number from {} to {}", range.start(), range.end()))
    }
}

fn parameter(text: &str) -> Result<(String, String), String> {
    match text.split_once('=') {
        Some((name, value)) if !name.is_empty() => Ok((name.to_owned(), value.to_owned())),
        _ => Err("expected NAME=VALUE".to_owned()),
    }
}

/// A variable of the environment that is text.
pub(super) fn variable(name: &str) -> Option<String> {
    env::var(name).ok()
}

/// Names of stacks are letters, digits and hyphens after a letter (CloudFormation API reference, `StackName`).
fn stack_name(text: &str) -> Result<String, String> {
    let legal = text.starts_with(|first: char| first.is_ascii_alphabetic())
        && text.len() <= 128
        && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
    if legal { Ok(text.to_owned()) } else { Err("expected a letter, then letters, digits and hyphens".to_owned()) }
}

fn region(text: &str) -> Result<String, String> {
    let legal = text.starts_with(|first: char| first.is_ascii_lowercase())
        && text.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-');
    if legal { Ok(text.to_owned()) } else { Err("expected the name of a region, such as us-east-1".to_owned()) }
}

fn account(text: &str) -> Result<String, String> {
    let legal = text.len() == 12 && text.bytes().all(|byte| byte.is_ascii_digit());
    if legal { Ok(text.to_owned()) } else { Err("expected the twelve digits of an account".to_owned()) }
}

fn quotas(text: &str) -> Result<Quotas, String> {
    match text {
        "off" => Ok(Quotas::Off),
        "aws" => Ok(Quotas::Aws),
        _ => Err("expected off or aws".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::*;

    #[derive(Parser)]
    struct Line {
        #[command(flatten)]
        args: Args,
    }

    fn args(line: &[&str]) -> Result<Args, clap::error::ErrorKind> {
        let line = ["stepgate-emulator"].iter().chain(line);
        Line::try_parse_from(line).map(|line| line.args).map_err(|error| error.kind())
    }

    #[test]
    fn the_default_deployment_is_open_unless_said_otherwise() {
        let options = args(&[]).unwrap().load_options().unwrap();
        assert_eq!(options.parameters, [("Auth".to_owned(), "NONE".to_owned())]);
        let options = args(&["--param", "Auth=AWS_IAM"]).unwrap().load_options().unwrap();
        assert_eq!(options.parameters.last(), Some(&("Auth".to_owned(), "AWS_IAM".to_owned())));
        for line in [&["--as-posted"][..], &["--template", "t.yaml"]] {
            assert_eq!(args(line).unwrap().load_options().unwrap().parameters, []);
        }
    }

    #[test]
    fn a_test_key_may_be_a_temporary_one() {
        let (key, _) =
            args(&["--session", "60"]).unwrap().test_keys(&Stack::new("stepgate", "us-east-1", "123456789012"));
        assert_eq!(key.session_token().map(str::len), Some(SESSION_TOKEN));
        assert_eq!(
            args(&[]).unwrap().test_keys(&Stack::new("stepgate", "us-east-1", "123456789012")).0.session_token(),
            None
        );
    }

    #[test]
    fn values_may_hold_equals_signs_and_be_empty() {
        let options = args(&["--as-posted", "--param", "A=b=c", "--param", "D="]).unwrap().load_options().unwrap();
        let expected = [("A", "b=c"), ("D", "")].map(|(name, value)| (name.to_owned(), value.to_owned()));
        assert_eq!(options.parameters, expected);
    }

    #[test]
    fn services_actions_and_hosts_may_have_an_endpoint() {
        for name in [
            "dynamodb",
            "eventbridge",
            "sqs:sendMessage",
            "aws-sdk:sfn:startExecution",
            "http",
            "a.example:8080",
            "localhost",
            "backend:8080",
            "lambda",
        ] {
            args(&["--service", &format!("{name}=http://127.0.0.1:1")]).unwrap();
        }
    }

    #[test]
    fn mistakes_are_usage_errors() {
        for line in [
            &["--param", "A"][..],
            &["--quotas", "some"],
            &["--threads", "0"],
            &["--host", "localhost"],
            &["--account", "12"],
            &["--region", ""],
            &["--region", "US EAST"],
            &["--stack", "my_stack"],
            &["--service", "sns=http://127.0.0.1:1"],
            &["--service", "aws-sdk:s3:getObject=http://127.0.0.1:1"],
        ] {
            assert_eq!(args(line).unwrap_err(), clap::error::ErrorKind::ValueValidation, "{line:?}");
        }
    }

    #[test]
    fn the_stack_is_that_of_the_flags_or_of_the_variables_of_step_functions_local() {
        let set = |name: &str| match name {
            "AWS_DEFAULT_REGION" => Some("eu-west-1".to_owned()),
            "AWS_ACCOUNT_ID" => Some("111122223333".to_owned()),
            _ => None,
        };
        let stack = args(&[]).unwrap().stack(set).unwrap();
        assert_eq!((stack.region.as_str(), stack.account.as_str()), ("eu-west-1", "111122223333"));
        let flags = ["--region", "cn-north-1", "--account", "444455556666"];
        let stack = args(&flags).unwrap().stack(set).unwrap();
        assert_eq!((stack.region.as_str(), stack.account.as_str()), ("cn-north-1", "444455556666"));
        let stack = args(&[]).unwrap().stack(|_| Some(String::new())).unwrap();
        assert_eq!((stack.region.as_str(), stack.account.as_str()), ("us-east-1", "123456789012"));
        let wrong = args(&[]).unwrap().stack(|name| (name == "AWS_ACCOUNT_ID").then(|| "12".to_owned())).unwrap_err();
        assert_eq!(wrong, "error: the variable AWS_ACCOUNT_ID: `12`: expected the twelve digits of an account");
    }
}
