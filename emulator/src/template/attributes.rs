//! The properties of a resource, and what `Ref` and `Fn::GetAtt` say of it.

use super::evaluator::Evaluator;
use super::resource::Resource;
use super::stand_in::{self, StandIn};
use super::types::Type;
use crate::deployment::Stack;
use crate::document::{LoadError, Node, Position, scalar};

impl Resource {
    /// The value of a property, resolved; `None` when it is absent or has no value.
    pub(super) fn property(&self, evaluator: &dyn Evaluator, key: &str) -> Result<Option<Node>, LoadError> {
        self.properties.get(key).map_or(Ok(None), |node| evaluator.resolve(node))
    }

    /// The value of a property that must be there.
    pub(super) fn required(&self, evaluator: &dyn Evaluator, key: &str) -> Result<Node, LoadError> {
        let missing = || LoadError::at(&self.position, format!("{} needs `{key}`", self.what()));
        self.property(evaluator, key)?.ok_or_else(missing)
    }

    /// The text of a property, resolved.
    pub(super) fn text(&self, evaluator: &dyn Evaluator, key: &str) -> Result<Option<String>, LoadError> {
        self.property(evaluator, key)?.map(|node| scalar::text(&node, &format!("`{key}`"))).transpose()
    }

    /// Resolves the properties without effect too: a mistake in them also stops a deployment.
    pub(super) fn check(&self, evaluator: &dyn Evaluator) -> Result<(), LoadError> {
        let keys = self.schema.map_or(&[][..], |schema| schema.without_effect);
        keys.iter().try_for_each(|key| self.property(evaluator, key).map(drop))
    }

    /// The name in AWS: the one given, or one made from the logical id.
    pub(super) fn name(&self, evaluator: &dyn Evaluator) -> Result<String, LoadError> {
        let key = match self.kind {
            Type::ServerlessFunction | Type::Function => "FunctionName",
            Type::ServerlessStateMachine | Type::RestModel => "Name",
            Type::StateMachine => "StateMachineName",
            Type::Role => "RoleName",
            Type::LogGroup => "LogGroupName",
            _ => "",
        };
        if let Some(name) = self.text(evaluator, key)? {
            return Ok(name);
        }
        let stack = evaluator.scope().stack();
        Ok(match self.kind {
            Type::StateMachine | Type::ServerlessStateMachine => stack.generated_machine_name(&self.id),
            Type::ServerlessApi
            | Type::ServerlessHttpApi
            | Type::RestApi
            | Type::HttpApi
            | Type::RestResource
            | Type::RestValidator
            | Type::RestDeployment
            | Type::HttpIntegration
            | Type::HttpRoute => stack.api_id(&self.id),
            // A model's name must be alphanumeric, and so is its logical id.
            Type::RestModel => self.id.clone(),
            _ => stack.generated_name(&self.id),
        })
    }

    /// Its ARN.
    pub(super) fn arn(&self, evaluator: &dyn Evaluator) -> Result<String, LoadError> {
        let (stack, name) = (evaluator.scope().stack(), self.name(evaluator)?);
        Ok(match self.kind {
            Type::ServerlessFunction | Type::Function => stack.arn("lambda", &format!("function:{name}")),
            Type::ServerlessStateMachine | Type::StateMachine => stack.arn("states", &format!("stateMachine:{name}")),
            Type::LogGroup => stack.arn("logs", &format!("log-group:{name}:*")),
            Type::Role => {
                let path = self.text(evaluator, "Path")?;
                stack.iam_arn(&format!("role{}{name}", path.as_deref().unwrap_or("/")))
            }
            _ => name,
        })
    }

    /// The ARN by which SAM has a function called: that of the alias which it publishes, if it publishes one.
    pub(super) fn called_arn(&self, evaluator: &dyn Evaluator) -> Result<String, LoadError> {
        let arn = self.arn(evaluator)?;
        let is_function = self.kind == Type::ServerlessFunction;
        let alias = if is_function { self.text(evaluator, "AutoPublishAlias")? } else { None };
        Ok(match alias {
            Some(alias) => format!("{arn}:{alias}"),
            None => arn,
        })
    }

    /// What `Ref` says: an ARN for state machines, aliases and versions, the name for anything else.
    pub(super) fn reference(&self, evaluator: &dyn Evaluator) -> Result<String, LoadError> {
        match self.kind {
            Type::ServerlessStateMachine | Type::StateMachine => self.arn(evaluator),
            Type::FunctionAlias | Type::FunctionVersion => {
                let function = self.required(evaluator, "FunctionName")?;
                let function = scalar::text(&function, "`FunctionName`")?;
                let function = function.rsplit("function:").next().unwrap_or(&function).to_owned();
                let qualifier = self.text(evaluator, "Name")?.unwrap_or_else(|| "1".to_owned());
                Ok(evaluator.scope().stack().arn("lambda", &format!("function:{function}:{qualifier}")))
            }
            Type::StateMachineVersion => {
                let machine = self.required(evaluator, "StateMachineArn")?;
                Ok(format!("{}:1", scalar::text(&machine, "`StateMachineArn`")?))
            }
            Type::StateMachineAlias => {
                let routing = self.property(evaluator, "RoutingConfiguration")?;
                let preference = self.property(evaluator, "DeploymentPreference")?;
                let route = routing.as_ref().and_then(|routes| routes.as_list()?.first()).or(preference.as_ref());
                let version = route.and_then(|route| route.get("StateMachineVersionArn")).ok_or_else(|| {
                    let what = self.what();
                    let message = format!("{what} needs a `StateMachineVersionArn` in `RoutingConfiguration`");
                    LoadError::at(&self.position, message)
                })?;
                let version = scalar::text(version, "`StateMachineVersionArn`")?;
                let machine = version.rsplit_once(':').map_or(version.as_str(), |(machine, _)| machine);
                let generated = || evaluator.scope().stack().generated_name(&self.id);
                Ok(format!("{machine}:{}", self.text(evaluator, "Name")?.unwrap_or_else(generated)))
            }
            Type::RestStage | Type::HttpStage => {
                Ok(self.text(evaluator, "StageName")?.unwrap_or_else(|| "prod".to_owned()))
            }
            Type::NestedStack => {
                let stack = evaluator.scope().stack();
                Ok(Stack { name: stack.generated_name(&self.id), ..stack.clone() }.id())
            }
            Type::Other | Type::GatewayKey => Ok(self.stand_in(evaluator)?.reference()),
            _ => self.name(evaluator),
        }
    }

    /// What `Fn::GetAtt` says of an attribute.
    pub(super) fn attribute(
        &self,
        evaluator: &dyn Evaluator,
        key: &str,
        position: &Position,
    ) -> Result<String, LoadError> {
        let stack = evaluator.scope().stack();
        match (self.kind, key) {
            (Type::ServerlessApi | Type::RestApi, "RootResourceId") => Ok(stack.api_id(&format!("{}/", self.id))),
            (Type::ServerlessApi, "Stage") => scalar::text(&self.required(evaluator, "StageName")?, "`StageName`"),
            (Type::ServerlessApi | Type::RestApi | Type::HttpApi, "RestApiId" | "ApiId")
            | (Type::ServerlessStateMachine | Type::StateMachine, "Name") => self.name(evaluator),
            (Type::HttpApi, "ApiEndpoint") => {
                let (id, region, suffix) = (self.name(evaluator)?, &stack.region, stack.url_suffix());
                Ok(format!("https://{id}.execute-api.{region}.{suffix}"))
            }
            (Type::StateMachine, "StateMachineRevisionId") => Ok("INITIAL".to_owned()),
            (Type::FunctionVersion, "Version") => Ok("1".to_owned()),
            (Type::FunctionVersion, "FunctionArn")
            | (Type::FunctionAlias, "AliasArn")
            | (Type::StateMachineVersion | Type::StateMachineAlias, "Arn") => self.reference(evaluator),
            (Type::Role, "RoleId") => Ok(format!("AROA{}", stack.letters_of(&self.id, 17))),
            (
                Type::ServerlessFunction
                | Type::ServerlessStateMachine
                | Type::Function
                | Type::StateMachine
                | Type::Role
                | Type::LogGroup,
                "Arn",
            ) => self.arn(evaluator),
            (Type::NestedStack, _) if key.starts_with("Outputs.") => {
                let output = evaluator.output(self, &key["Outputs.".len()..], position)?;
                output.map_or_else(|| Ok(self.stand_in(evaluator)?.attribute(key)), Ok)
            }
            (Type::Other, "Value") if self.type_name == "AWS::SSM::Parameter" => {
                Ok(self.text(evaluator, "Value")?.unwrap_or_default())
            }
            (Type::Other | Type::GatewayKey, _) => Ok(self.stand_in(evaluator)?.attribute(key)),
            _ => {
                let message = format!("unsupported attribute `{key}` of {}", self.what());
                let what = format!("attribute `{key}` of {}; a stand-in is used", self.type_name);
                evaluator.scope().notes().pass_over(what, LoadError::unsupported(position, message))?;
                Ok(StandIn::new(stack, &self.type_name, &self.id, Some(self.name(evaluator)?)).attribute(key))
            }
        }
    }

    fn stand_in<'s>(&'s self, evaluator: &'s dyn Evaluator) -> Result<StandIn<'s>, LoadError> {
        let key = stand_in::name_property(&self.type_name);
        let name = key.map_or(Ok(None), |key| self.text(evaluator, key))?;
        Ok(StandIn::new(evaluator.scope().stack(), &self.type_name, &self.id, name))
    }
}
