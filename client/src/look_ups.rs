use crate::endpoint::Endpoint;
use crate::error::Error;
use std::sync::atomic::{AtomicBool, Ordering};

/// The deployment's route for looking executions up, and whether it is known to start none.
#[derive(Debug)]
pub(crate) struct LookUps {
    /// Where the caller says that it is, around the name.
    around: Option<(String, String)>,
    start_nothing: AtomicBool,
}

impl LookUps {
    const NAME: &str = "{name}";

    /// `route`: what the caller says of it.
    pub(crate) fn new(endpoint: &Endpoint, route: Option<&str>) -> Result<Self, Error> {
        let Some(route) = route else { return Ok(Self { around: None, start_nothing: AtomicBool::new(false) }) };
        let around = route.split_once(Self::NAME).filter(|(before, after)| {
            !after.contains(Self::NAME) && ![before, after].into_iter().any(|part| part.contains(['?', '#']))
        });
        let (before, after) = around.ok_or_else(|| {
            Error::config(format!(
                "`{}` is not a route for look-ups: give a path such as `executions/{{name}}`",
                route.escape_debug()
            ))
        })?;
        let around = Some((before.to_owned(), after.to_owned()));
        let look_ups = Self { around, start_nothing: AtomicBool::new(true) };
        look_ups.uri(endpoint, "order-17")?;
        Ok(look_ups)
    }

    /// Where the execution of this name is looked up.
    pub(crate) fn uri(&self, endpoint: &Endpoint, name: &str) -> Result<http::Uri, Error> {
        match &self.around {
            Some((before, after)) => endpoint.link(&format!("{before}{name}{after}")),
            None => endpoint.beside(&["executions", name]),
        }
    }

    pub(crate) fn start_nothing(&self) -> bool {
        self.start_nothing.load(Ordering::Relaxed)
    }

    /// An answer has told of an execution, or that there is none.
    pub(crate) fn learn(&self) {
        // Usually known: the cache line stays shared between threads.
        if !self.start_nothing() {
            self.start_nothing.store(true, Ordering::Relaxed);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn uri(route: Option<&str>) -> Result<String, Error> {
        let endpoint = Endpoint::parse("https://a.example/v1/orders/?token=abc").unwrap();
        Ok(LookUps::new(&endpoint, route)?.uri(&endpoint, "bestellung-\u{e4}")?.to_string())
    }

    #[test]
    fn a_route_is_read_as_a_link_and_keeps_the_query() {
        for (route, expected) in [
            (None, "https://a.example/v1/executions/bestellung-%C3%A4?token=abc"),
            (Some("/v1/executions/{name}"), "https://a.example/v1/executions/bestellung-%C3%A4?token=abc"),
            (Some("{name}/status"), "https://a.example/v1/orders/bestellung-%C3%A4/status?token=abc"),
        ] {
            assert_eq!(uri(route).unwrap(), expected);
        }
        for route in ["", "executions", "{name}/{name}", "a?x={name}", "https://b.example/{name}", "//b.example/{name}"]
        {
            assert!(uri(Some(route)).unwrap_err().to_string().contains('`'), "{route}");
        }
    }
}
