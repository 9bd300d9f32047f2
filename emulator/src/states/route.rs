//! Who answers a task: a handler, an endpoint, a mocked response, another execution, a worker; or nobody.

use std::sync::Arc;

use serde_json::{Value, json};

use super::asl::{Resource, Target};
use super::data::Data;
use super::functions::Functions;
use super::run::{Call, Executed, Failure, TaskResult};
use crate::doubles::{Answered, Doubles, EndpointRequest, Mock, Protocol, Web, invocation, log_result, payload};
use crate::functions::{FunctionError, Qualifier, local_part};

/// Where a task goes.
#[derive(Debug)]
pub(crate) enum Route {
    /// To a handler, by its place in the library.
    Handler {
        /// Which.
        function: usize,
        /// What it is given.
        payload: Data,
        /// Whether its answer is the payload of a function; else it is the result of the task.
        is_payload: bool,
        /// How it is invoked.
        manner: Manner,
    },
    /// To an endpoint.
    Endpoint(EndpointRequest, Reading),
    /// It is answered already.
    Answered(Result<TaskResult, Failure>),
    /// To an execution that is to be started.
    Execution,
    /// To a worker that asks for it.
    Worker,
}

/// How a function is invoked.
#[derive(Debug, Clone, Default)]
pub(crate) struct Manner {
    /// Whether nobody waits for it (`InvocationType` `Event`).
    pub(crate) event: bool,
    /// Whether the end of its log is wanted (`LogType` `Tail`).
    pub(crate) tail: bool,
    /// Which version of it.
    pub(crate) qualifier: Qualifier,
}

/// How the answer of an endpoint is read.
#[derive(Debug, Clone)]
pub(crate) enum Reading {
    /// As that of a function.
    Function(Manner),
    /// As that of a service; `sdk` for `aws-sdk:` integrations.
    Service { protocol: &'static Protocol, sdk: bool },
    /// As that of any web server.
    Web(Web),
}

/// Knows everybody who may answer.
#[derive(Debug)]
pub(crate) struct Router {
    /// Handlers by ARN and name, in the order of the library.
    pub(crate) functions: Functions,
    /// Why the function at a place has no handler; `None` for those that have one.
    pub(crate) unhandled: Vec<Option<String>>,
    /// Whether each function fails as on Lambda, since its module does not load.
    pub(crate) unloaded: Vec<bool>,
    pub(crate) doubles: Arc<Doubles>,
    pub(crate) region: String,
    /// Partition, region and account, for the ARN of a function that is not there.
    pub(crate) function_prefix: String,
}

impl Router {
    /// The way of a call.
    pub(crate) fn route(&self, call: &Call, request_id: &str) -> Route {
        let resource = &call.resource;
        match &resource.target {
            Target::Function => self.function(&resource.text, call, &call.input, Manner::default()),
            Target::Activity => self.named(call, &[&resource.text]).unwrap_or(Route::Worker),
            Target::Service { service, action, sdk } => {
                let mut names = vec![resource.name(), service];
                if *sdk {
                    // What is declared for an action or a service holds for both of its integrations.
                    let action = resource.name().strip_prefix("aws-sdk:").unwrap_or_default();
                    names.insert(1, action);
                }
                let (parameters, web) = (call.input.value(), Web::of(service, action));
                if let Some(cause) = web.and_then(|web| web.refusal(parameters)) {
                    return Route::Answered(Err(Failure::new("States.Runtime", cause)));
                }
                let protocol = Protocol::of(service);
                for name in protocol.into_iter().flat_map(Protocol::names) {
                    names.push(name);
                }
                if resource.invokes_function() {
                    return self.invoke(call, &names, request_id);
                }
                if let Some(route) = self.action_handler(&names, &call.input) {
                    return route;
                }
                let url = web.and_then(|_| parameters.get("ApiEndpoint")?.as_str());
                let endpoint = url.and_then(|url| self.doubles.endpoint_of_url(url));
                if let Some(endpoint) = endpoint.or_else(|| self.doubles.endpoint_of(&names)) {
                    if let Some(web) = web {
                        return match web.request(endpoint, parameters, &self.region) {
                            Ok(exchange) => Route::Endpoint(exchange, Reading::Web(web)),
                            Err(why) => refused(resource, &why),
                        };
                    }
                    let Some(protocol) = protocol else {
                        let known = Protocol::all().collect::<Vec<_>>().join(", ");
                        let why = format!(
                            "its protocol is not spoken here, so that no endpoint can answer it (these can: {known}); \
                             mock it by --mocks or handle it by --function {}=FILE.js",
                            resource.name()
                        );
                        return refused(resource, &why);
                    };
                    let exchange = protocol.call(endpoint, action, parameters, &self.region);
                    return Route::Endpoint(exchange, Reading::Service { protocol, sdk: *sdk });
                }
                self.mocked(call, &names).unwrap_or_else(|| {
                    if resource.starts_execution() { Route::Execution } else { self.nobody(resource, service) }
                })
            }
        }
    }

    /// `lambda:invoke`: the parameters name the function.
    fn invoke(&self, call: &Call, names: &[&str], request_id: &str) -> Route {
        let parameters = call.input.value();
        let name = parameters.get("FunctionName").and_then(Value::as_str).unwrap_or_default();
        let payload = match lambda_payload(parameters.get("Payload")) {
            Ok(payload) => payload,
            Err(why) => {
                let cause = format!(
                    "Could not parse request body into json: {why} (Service: AWSLambda; Status Code: 400; Error Code: \
                     InvalidRequestContentException; Request ID: {request_id}; Proxy: null)"
                );
                return Route::Answered(Err(Failure::new("Lambda.InvalidRequestContentException", cause)));
            }
        };
        let event = match parameters.get("InvocationType").and_then(Value::as_str) {
            None | Some("RequestResponse") => false,
            Some("Event") => true,
            Some("DryRun") => return Route::Answered(Ok(TaskResult::Result(Data::from(json!({"StatusCode": 204}))))),
            Some(other) => return refused(&call.resource, &format!("`{other}` is not an `InvocationType`")),
        };
        let tail = !event && parameters.get("LogType").and_then(Value::as_str) == Some("Tail");
        if let Some(route) = self.named(call, &names[..names.len().min(1)]) {
            return route;
        }
        if self.functions.find(name).is_none() && !call.names_function {
            // As recorded on AWS.
            let prefix = if name.starts_with("arn:") { "" } else { &self.function_prefix };
            let cause = format!(
                "Function not found: {prefix}{name}:$LATEST (Service: AWSLambda; Status Code: 404; Error Code: \
                 ResourceNotFoundException; Request ID: {request_id}; Proxy: null)"
            );
            if self.doubles.endpoint_of(&[name, "lambda"]).is_none()
                && self.doubles.response_of(&[name, "lambda"]).is_none()
            {
                return Route::Answered(Err(Failure::new("Lambda.ResourceNotFoundException", cause)));
            }
        }
        let qualifier = Qualifier::named(parameters.get("Qualifier").and_then(Value::as_str));
        self.function(name, call, &payload, Manner { event, tail, qualifier })
    }

    /// A function by its name or ARN.
    fn function(&self, reference: &str, call: &Call, payload: &Data, asked: Manner) -> Route {
        let manner = Manner { qualifier: asked.qualifier.or(Qualifier::of(reference)), ..asked };
        let name = function_name(reference);
        let names = [reference, name, self.functions.logical_id(reference).unwrap_or(name), "lambda"];
        if let Some(route) = self.handler(&names[..2], payload, &manner) {
            return route;
        }
        if let Some(endpoint) = self.doubles.endpoint_of(&names) {
            // `sam local start-lambda` knows no names that CloudFormation makes up.
            let called = self.functions.called(name);
            let request = invocation(endpoint, called, payload.text(), manner.event, manner.tail);
            return Route::Endpoint(request, Reading::Function(manner));
        }
        if let Some(route) = self.mocked(call, &names) {
            return route;
        }
        match self.functions.find(reference).filter(|place| self.unloaded[*place]) {
            Some(function) => Route::Handler { function, payload: payload.clone(), is_payload: true, manner },
            None => self.nobody(&call.resource, name),
        }
    }

    fn handler(&self, names: &[&str], payload: &Data, manner: &Manner) -> Option<Route> {
        let found =
            names.iter().find_map(|name| self.functions.find(name).filter(|place| self.unhandled[*place].is_none()));
        found.map(|function| {
            let (payload, manner) = (payload.clone(), manner.clone());
            Route::Handler { function, payload, is_payload: true, manner }
        })
    }

    /// A handler in the place of an action, whose name has a colon in it as no function's has.
    fn action_handler(&self, names: &[&str], input: &Data) -> Option<Route> {
        let actions = names.iter().filter(|name| name.contains(':'));
        let found =
            actions.filter_map(|name| self.functions.exactly(name)).find(|place| self.unhandled[*place].is_none());
        found.map(|function| {
            let (payload, manner) = (input.clone(), Manner::default());
            Route::Handler { function, payload, is_payload: false, manner }
        })
    }

    /// A handler or a mock that is declared for one of these names, whatever stands behind them.
    fn named(&self, call: &Call, names: &[&str]) -> Option<Route> {
        self.action_handler(names, &call.input).or_else(|| self.mocked(call, names))
    }

    fn mocked(&self, call: &Call, names: &[&str]) -> Option<Route> {
        let response = self.doubles.response_of(names)?;
        Some(Route::Answered(match response.at(call.attempt) {
            Ok(mock) => mocked(mock),
            Err(why) => Err(Failure::new("States.TaskFailed", why)),
        }))
    }

    fn nobody(&self, resource: &Resource, name: &str) -> Route {
        let why = self.functions.find(name).and_then(|place| self.unhandled[place].as_deref());
        let name = self.functions.called(name);
        let how = match &resource.target {
            Target::Function => format!("--function {name}=FILE.js, --lambda-endpoint {name}=URL"),
            Target::Service { .. } if resource.invokes_function() => {
                format!("--function {name}=FILE.js, --lambda-endpoint {name}=URL")
            }
            Target::Service { service, .. } if Protocol::of(service).is_some() => {
                format!("--service {service}=URL, --function {}=FILE.js", resource.name())
            }
            Target::Service { .. } | Target::Activity => format!("--function {}=FILE.js", resource.name()),
        };
        let what = if resource.invokes_function() {
            format!("{} of function {name}", resource.text)
        } else {
            resource.text.to_string()
        };
        let why = why.map(|why| format!(" ({why})")).unwrap_or_default();
        let cause = format!("{what} has no double here{why}: give it one by {how} or --mocks FILE");
        Route::Answered(Err(Failure::new("States.TaskFailed", cause)))
    }
}

/// What `Payload` of `lambda:invoke` sends. As recorded on AWS, a text is sent as it is, so that the function reads it
/// as JSON, and null becomes an empty object.
fn lambda_payload(payload: Option<&Value>) -> Result<Data, serde_json::Error> {
    match payload {
        None | Some(Value::Null) => Ok(Data::from(json!({}))),
        Some(Value::String(text)) => Data::parse(text),
        Some(value) => Ok(Data::from(value.clone())),
    }
}

/// What a mock answers.
pub(crate) fn mocked(mock: &Mock) -> Result<TaskResult, Failure> {
    match mock {
        Mock::Return(value) => Ok(TaskResult::Result(Data::from(value.clone()))),
        Mock::Throw { error, cause } => {
            Err(Failure { error: Some(error.clone()), cause: cause.clone(), ..Failure::default() })
        }
    }
}

impl From<FunctionError> for Failure {
    fn from(error: FunctionError) -> Self {
        Self::new(error.error, error.cause)
    }
}

/// The answer of a function that is no data.
pub(crate) fn unreadable(why: &serde_json::Error) -> Failure {
    Failure::new("Lambda.Unknown", format!("the function's answer cannot be read as JSON: {why}"))
}

/// A task that cannot be carried out as it is written.
fn refused(resource: &Resource, why: &str) -> Route {
    Route::Answered(Err(Failure::new("States.TaskFailed", format!("{}: {why}", resource.text))))
}

/// The name of a function without what stands around it in an ARN, and without its qualifier.
pub(crate) fn function_name(reference: &str) -> &str {
    let name = local_part(reference);
    let name = name.strip_prefix("${").and_then(|name| name.strip_suffix('}')).unwrap_or(name);
    name.split(':').next().unwrap_or(name)
}

impl Reading {
    /// What a task makes of what has come in.
    pub(crate) fn read(self, answered: Answered) -> Result<TaskResult, Failure> {
        match self {
            Self::Function(Manner { event: true, .. }) => {
                payload(answered)?;
                Ok(TaskResult::Result(Data::from(json!({ "Payload": "", "StatusCode": 202 }))))
            }
            Self::Function(manner) => {
                let log = answered.as_ref().ok().and_then(log_result);
                let text = payload(answered)?;
                let data = Data::parse(&text).map_err(|why| unreadable(&why))?;
                Ok(TaskResult::Payload(data, Executed { log, version: manner.qualifier.version().into() }))
            }
            Self::Service { protocol, sdk } => Ok(TaskResult::Result(Data::from(protocol.result(answered, sdk)?))),
            Self::Web(web) => Ok(TaskResult::Result(Data::from(web.result(answered)?))),
        }
    }
}
