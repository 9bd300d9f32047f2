//! Settings of an HTTP API's routes: those of its stage, and those of SAM's events, which SAM writes into the stage.

use super::events::Route;
use super::resource::Resource;
use super::scope::Scope;
use super::throttle::{KEYS, Throttle};
use crate::deployment::HttpRoute;
use crate::document::{LoadError, Node, Position};

/// Settings that change no answer.
const WITHOUT_EFFECT: [&str; 3] = ["DataTraceEnabled", "DetailedMetricsEnabled", "LoggingLevel"];

/// The settings of a stage.
#[derive(Default)]
pub(super) struct RouteSettings {
    default: Throttle,
    by_key: Vec<Setting>,
}

/// The settings of one route.
struct Setting {
    position: Position,
    /// The route's key, as `POST /start`.
    key: String,
    throttle: Throttle,
}

impl RouteSettings {
    /// Reads `DefaultRouteSettings` and `RouteSettings` of a stage, or of SAM's API.
    pub(super) fn read(scope: &Scope, stage: &Resource) -> Result<Self, LoadError> {
        let default = stage.property(scope, "DefaultRouteSettings")?;
        let default = default.map(|node| read(scope, &node, "`DefaultRouteSettings`")).transpose()?;
        let mut by_key = Vec::new();
        let settings = stage.property(scope, "RouteSettings")?;
        for entry in settings.as_ref().map_or(Ok(&[][..]), |node| node.expect_map("`RouteSettings`"))? {
            let throttle = read(scope, &entry.value, &format!("the settings of route `{}`", entry.key))?;
            by_key.push(Setting { position: entry.position.clone(), key: entry.key.clone(), throttle });
        }
        Ok(Self { default: default.unwrap_or_default(), by_key })
    }

    /// Adds those of an event for the route that it makes; what it says wins.
    pub(super) fn add(&mut self, event: &Route<'_>, route: &HttpRoute) -> Result<(), LoadError> {
        let Some(node) = event.properties.get("RouteSettings") else { return Ok(()) };
        let added = read(event.scope, node, &format!("`RouteSettings` of event `{}`", event.event))?;
        let key = route.key();
        match self.by_key.iter_mut().find(|setting| setting.key == key) {
            Some(setting) => setting.throttle = added.or(setting.throttle),
            None => self.by_key.push(Setting { position: node.position.clone(), key, throttle: added }),
        }
        Ok(())
    }

    /// Gives each route its throttle. Settings of routes that are not there, at which a deployment would stop, are passed over.
    pub(super) fn apply(&self, scope: &Scope, routes: &mut [HttpRoute]) -> Result<(), LoadError> {
        let keys: Vec<String> = routes.iter().map(HttpRoute::key).collect();
        for Setting { position, key, .. } in self.by_key.iter().filter(|setting| !keys.contains(&setting.key)) {
            let refusal = LoadError::at(position, format!("there are settings for route `{key}`, which is not there"));
            scope.notes().pass_over("settings of a route that is not there", refusal)?;
        }
        for (route, key) in routes.iter_mut().zip(&keys) {
            let own = self.by_key.iter().find(|setting| setting.key == *key).map(|setting| setting.throttle);
            route.throttle = own.unwrap_or_default().or(self.default).settings();
        }
        Ok(())
    }
}

fn read(scope: &Scope, node: &Node, what: &str) -> Result<Throttle, LoadError> {
    let known = [&KEYS[..], &WITHOUT_EFFECT[..]].concat();
    scope.notes().pass_over_keys(node.expect_map(what)?, what, "the settings of routes", &known)?;
    Throttle::read(node)
}
