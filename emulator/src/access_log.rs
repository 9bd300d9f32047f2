//! A line for every answer.

use std::fmt;
use std::sync::{Mutex, PoisonError};

use crate::gateway::common_log_time;
use crate::http::{Arrival, Response};

/// Takes lines as they come, each without its end.
pub(crate) type LineSink = Box<dyn FnMut(&str) + Send>;

/// Where the lines go.
pub(crate) struct AccessLog(Mutex<LineSink>);

impl fmt::Debug for AccessLog {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("AccessLog")
    }
}

impl AccessLog {
    pub(crate) fn new(sink: impl FnMut(&str) + Send + 'static) -> Self {
        Self(Mutex::new(Box::new(sink)))
    }

    /// Writes one answer in the Common Log Format of API Gateway's developer guide ("Set up CloudWatch logging"): source,
    /// caller, user, time, request line, status, length of the body, request id.
    pub(crate) fn write(&self, arrival: &Arrival, method: &str, path: &str, response: &Response) {
        let (source, time) = (arrival.source, common_log_time(arrival.at.as_secs()));
        let (status, length) = (response.status, response.body.len());
        let id = response.header("x-amzn-RequestId").unwrap_or("-");
        // A quote ends the request line.
        let path = path.replace('"', "%22");
        let line = format!("{source} - - [{time}] \"{method} {path} HTTP/1.1\" {status} {length} {id}");
        let mut sink = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        sink(&line);
    }
}
