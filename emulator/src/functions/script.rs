//! A function written in JavaScript.

use std::sync::Arc;

use rquickjs::{Ctx, Object};

use super::code_folder::TASK_ROOT;
use super::files::Files;
use super::invocation::Invocation;
use crate::deployment::{Function, FunctionCode};
use crate::document::{LoadError, Position};

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
    pub(super) environment: Vec<(String, String)>,
    /// The major version of Node.js that the runtime names.
    pub(super) node: u32,
}

impl Script {
    /// Checks what can be checked without running it.
    pub(super) fn new(function: &Function) -> Result<Self, LoadError> {
        let node = function.runtime.strip_prefix("nodejs").and_then(|rest| rest.split(['.', 'x']).next()?.parse().ok());
        let Some(node) = node else {
            let message = format!(
                "function `{}` needs runtime `{}`; only nodejs runtimes run here",
                function.name, function.runtime
            );
            return Err(LoadError::at(&function.position, message));
        };
        let FunctionCode::Script(module) = &function.code else {
            let message = format!("function `{}` has no code here", function.name);
            return Err(LoadError::at(&function.position, message));
        };
        let file = function.handler.rsplit('/').next().unwrap_or_default();
        let Some((_, export)) = file.split_once('.') else {
            let message =
                format!("handler `{}` of function `{}` must be `module.export`", function.handler, function.name);
            return Err(LoadError::at(&function.position, message));
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
            ("LANG".to_owned(), "en_US.UTF-8".to_owned()),
            ("PATH".to_owned(), "/var/lang/bin:/usr/local/bin:/usr/bin/:/bin:/opt/bin".to_owned()),
            ("AWS_LAMBDA_FUNCTION_NAME".to_owned(), function.name.clone()),
            ("AWS_LAMBDA_FUNCTION_MEMORY_SIZE".to_owned(), function.memory.to_string()),
            ("AWS_LAMBDA_FUNCTION_VERSION".to_owned(), "$LATEST".to_owned()),
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
            environment,
            node,
        })
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

    /// The data fields of the `context` argument.
    pub(super) fn context<'js>(&self, ctx: &Ctx<'js>, invocation: &Invocation) -> rquickjs::Result<Object<'js>> {
        let context = Object::new(ctx.clone())?;
        context.set("functionVersion", "$LATEST")?;
        context.set("functionName", self.name.as_str())?;
        context.set("memoryLimitInMB", self.memory.to_string())?;
        context.set("logGroupName", format!("/aws/lambda/{}", self.name))?;
        context.set("logStreamName", LOG_STREAM)?;
        context.set("invokedFunctionArn", self.arn.as_str())?;
        context.set("awsRequestId", invocation.request_id.as_str())?;
        Ok(context)
    }
}
