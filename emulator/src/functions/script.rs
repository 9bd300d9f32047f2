//! A function written in JavaScript.

use std::sync::Arc;

use rquickjs::{Ctx, Object};

use super::code_folder::TASK_ROOT;
use super::files::Files;
use super::load_failure::LoadFailure;
use super::qualifier::LATEST;
use crate::deployment::{Function, FunctionCode};
use crate::document::{LoadError, Position};

const VERSION: &str = "AWS_LAMBDA_FUNCTION_VERSION";
/// The one log stream of every function.
const LOG_STREAM: &str = "stepgate";

/// What an environment needs of a function.
#[derive(Debug, Clone)]
pub(crate) struct Script {
    pub(super) position: Position,
    pub(super) arn: String,
    pub(super) name: String,
    /// The way from the module's exports to the handler.
    pub(super) export: String,
    pub(super) files: Arc<Files>,
    pub(super) memory: u32,
    pub(super) environment: Arc<[(String, String)]>,
    /// The major version of Node.js that the runtime names.
    pub(super) node: u32,
    /// `Handler`, as Lambda names it in errors.
    pub(super) handler: String,
    /// The type of the error of a function whose memory is used up.
    pub(super) out_of_memory: &'static str,
}

impl Script {
    /// Checks what can be checked without running it.
    pub(super) fn new(function: &Function, out_of_memory: &'static str) -> Result<Self, LoadFailure> {
        let node = function.runtime.strip_prefix("nodejs").and_then(|rest| rest.split(['.', 'x']).next()?.parse().ok());
        let Some(node) = node else {
            let message = format!(
                "function `{}` needs runtime `{}`; only nodejs runtimes run here",
                function.name, function.runtime
            );
            return Err(LoadFailure::ours(LoadError::at(&function.position, message)));
        };
        let FunctionCode::Script(module) = &function.code else {
            let message = format!("function `{}` has no code here", function.name);
            return Err(LoadFailure::ours(LoadError::at(&function.position, message)));
        };
        let malformed = |message: String, told: &str| {
            let error = LoadError::at(&function.position, message);
            Err(LoadFailure::of_runtime(error, "Runtime.MalformedHandlerName", told))
        };
        if function.handler.contains("..") {
            let message =
                format!("handler `{}` of function `{}` must not contain `..`", function.handler, function.name);
            let told = format!(
                "'{}' is not a valid handler name. Use absolute paths when specifying root directories in handler names.",
                function.handler
            );
            return malformed(message, &told);
        }
        let file = function.handler.rsplit('/').next().unwrap_or_default();
        let Some((_, export)) = file.split_once('.') else {
            let message =
                format!("handler `{}` of function `{}` must be `module.export`", function.handler, function.name);
            return malformed(message, "Bad handler");
        };
        let region = function.arn.split(':').nth(3).unwrap_or_default();
        // The variables of Lambda's guide, without credentials: nothing here could use them.
        let mut environment = vec![
            ("AWS_DEFAULT_REGION".to_owned(), region.to_owned()),
            ("AWS_LAMBDA_INITIALIZATION_TYPE".to_owned(), "on-demand".to_owned()),
            ("AWS_LAMBDA_LOG_GROUP_NAME".to_owned(), format!("/aws/lambda/{}", function.name)),
            ("AWS_LAMBDA_LOG_STREAM_NAME".to_owned(), LOG_STREAM.to_owned()),
            ("LAMBDA_RUNTIME_DIR".to_owned(), "/var/runtime".to_owned()),
            ("LAMBDA_TASK_ROOT".to_owned(), TASK_ROOT.to_owned()),
            (
                "LD_LIBRARY_PATH".to_owned(),
                "/var/lang/lib:/lib64:/usr/lib64:/var/runtime:/var/runtime/lib:/var/task:/var/task/lib:/opt/lib"
                    .to_owned(),
            ),
            (
                "NODE_PATH".to_owned(),
                format!("/opt/nodejs/node{node}/node_modules:/opt/nodejs/node_modules:/var/runtime/node_modules"),
            ),
            ("AWS_XRAY_CONTEXT_MISSING".to_owned(), "LOG_ERROR".to_owned()),
            ("AWS_XRAY_DAEMON_ADDRESS".to_owned(), "169.254.79.129:2000".to_owned()),
            ("LANG".to_owned(), "en_US.UTF-8".to_owned()),
            ("PATH".to_owned(), "/var/lang/bin:/usr/local/bin:/usr/bin/:/bin:/opt/bin".to_owned()),
            ("AWS_LAMBDA_FUNCTION_NAME".to_owned(), function.name.clone()),
            ("AWS_LAMBDA_FUNCTION_MEMORY_SIZE".to_owned(), function.memory.to_string()),
            (VERSION.to_owned(), LATEST.to_owned()),
            ("AWS_REGION".to_owned(), region.to_owned()),
            ("AWS_EXECUTION_ENV".to_owned(), format!("AWS_Lambda_{}", function.runtime)),
            ("_HANDLER".to_owned(), function.handler.clone()),
            ("TZ".to_owned(), ":UTC".to_owned()),
        ];
        environment.extend(function.environment.iter().cloned());
        Ok(Self {
            position: function.position.clone(),
            arn: function.arn.clone(),
            name: function.name.clone(),
            export: export.to_owned(),
            files: Arc::new(Files::new(module)),
            memory: function.memory,
            environment: environment.into(),
            node,
            handler: function.handler.clone(),
            out_of_memory,
        })
    }

    /// `MemorySize` in bytes.
    pub(super) fn memory_bytes(&self) -> usize {
        usize::try_from(self.memory).unwrap_or(usize::MAX).saturating_mul(1024 * 1024)
    }

    /// The environment of a version.
    pub(super) fn environment_of(&self, version: &str) -> Arc<[(String, String)]> {
        if self.environment.iter().any(|(name, value)| name == VERSION && value == version) {
            return Arc::clone(&self.environment);
        }
        let own = |value: &String, name: &str| if name == VERSION { version.to_owned() } else { value.clone() };
        self.environment.iter().map(|(name, value)| (name.clone(), own(value, name))).collect()
    }

    /// `process.version`
    pub(super) fn node_version(&self) -> &'static str {
        match self.node {
            ..=16 => "v16.20.2",
            17..=18 => "v18.20.8",
            19..=20 => "v20.19.5",
            21..=22 => "v22.21.1",
            _ => "v24.11.1",
        }
    }

    /// Callback-style handlers ended with Node.js 24 on Lambda.
    pub(super) fn has_callbacks(&self) -> bool {
        self.node < 24
    }

    /// Whether an async handler that never settles is an error: runtimes that were retired before Lambda's client could
    /// tell (July 2025) answer null.
    pub(super) fn tells_of_unsettled(&self) -> bool {
        self.node >= 18
    }

    /// What the `context` argument tells of every invocation of a version.
    pub(super) fn facts<'js>(&self, ctx: &Ctx<'js>, version: &str) -> rquickjs::Result<Object<'js>> {
        let facts = Object::new(ctx.clone())?;
        facts.set("functionVersion", version)?;
        facts.set("functionName", self.name.as_str())?;
        facts.set("memoryLimitInMB", self.memory.to_string())?;
        facts.set("logGroupName", format!("/aws/lambda/{}", self.name))?;
        facts.set("logStreamName", LOG_STREAM)?;
        Ok(facts)
    }
}
