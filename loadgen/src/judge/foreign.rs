//! What the metrics of other load generators are called here.

/// A tool with the names of its metrics, and what to do instead of writing them.
type Tool = (&'static str, &'static [(&'static str, &'static str)]);

const TOOLS: [Tool; 5] = [
    (
        "k6",
        &[
            ("http_req_failed", "write `failed`"),
            ("http_req_duration", "write `response_time`"),
            ("http_req_waiting", "write `service_time`, which ends with the whole answer"),
            ("http_req_sending", "write `service_time`, of which it is a part"),
            ("http_req_receiving", "write `service_time`, of which it is a part"),
            ("http_req_blocked", "write `schedule_lag`, of which it is a part"),
            ("http_req_connecting", "summary.json has it as connect_us, and no threshold can be set on it"),
            ("http_req_tls_handshaking", "summary.json has it as handshake_us, and no threshold can be set on it"),
            ("iterations", "write `http_reqs`"),
            ("iteration_duration", "write `response_time`"),
            ("dropped_iterations", "write `dropped`"),
            ("checks", "write `started`: every answer is checked, and what passes has started an execution"),
        ],
    ),
    (
        "Artillery",
        &[
            ("http.response_time", "write `response_time`"),
            ("http.requests", "write `http_reqs`"),
            ("http.request_rate", "write `http_reqs`"),
            ("http.responses", "write `http_reqs`"),
            ("vusers.failed", "write `failed`"),
            ("vusers.completed", "write `started`"),
            ("errors.ECONNREFUSED", "write `connect_refused`"),
            ("errors.ECONNRESET", "write `reset`"),
            ("errors.ETIMEDOUT", "write `timeout`"),
            ("maxErrorRate", "write `failed`"),
        ],
    ),
    (
        "vegeta",
        &[
            ("success", "write `started`, such as \"rate>99%\""),
            ("latencies", "write `response_time`"),
            ("throughput", "write `started`, such as \"rate>40/s\""),
        ],
    ),
    (
        "Locust",
        &[
            ("fail_ratio", "write `failed`"),
            ("num_failures", "write `failed`"),
            ("num_requests", "write `http_reqs`"),
            ("avg_response_time", "write `response_time`, such as \"avg<200ms\""),
        ],
    ),
    (
        "Gatling",
        &[
            ("responseTime", "write `response_time`"),
            ("failedRequests", "write `failed`"),
            ("successfulRequests", "write `started`"),
        ],
    ),
];

/// Words that many tools have for the same.
const WORDS: [(&[&str], &str); 2] = [
    (&["latency", "duration", "response", "responsetime", "http_req"], "write `response_time`"),
    (&["error", "errors", "error_rate", "errorrate", "failure", "failures", "failure_rate"], "write `failed`"),
];

/// What to do about a metric that another tool has; `None` for a name that none of them knows.
pub(super) fn metric(name: &str) -> Option<String> {
    // Artillery writes the percentile behind a name with dots.
    let is = |known: &str| {
        let rest = name.strip_prefix(known);
        rest.is_some_and(|rest| rest.is_empty() || known.contains('.') && rest.starts_with('.'))
    };
    let of = |(tool, metrics): &Tool| {
        let (_, instead) = metrics.iter().find(|(known, _)| is(known))?;
        Some(format!("that is one of {tool}'s: {instead}"))
    };
    let lower = name.to_lowercase();
    let word = || WORDS.iter().find(|(words, _)| words.contains(&lower.as_str())).map(|(_, instead)| (*instead).into());
    TOOLS.iter().find_map(of).or_else(word)
}

#[cfg(test)]
mod tests {
    use super::super::metric::Metric;
    use super::*;

    #[test]
    fn the_metrics_of_other_tools_lead_to_ours() {
        for (foreign, ours) in [
            ("http_req_failed", "`failed`"),
            ("http_req_duration", "`response_time`"),
            ("http_req_waiting", "`service_time`"),
            ("iterations", "`http_reqs`"),
            ("dropped_iterations", "`dropped`"),
            ("checks", "`started`"),
            ("http.response_time.p95", "`response_time`"),
            ("errors.ECONNREFUSED", "`connect_refused`"),
            ("success", "`started`"),
            ("fail_ratio", "`failed`"),
            ("latency", "`response_time`"),
            ("error_rate", "`failed`"),
        ] {
            let help = metric(foreign).unwrap();
            assert!(help.contains(ours), "{foreign}: {help}");
        }
        assert_eq!(metric("faild"), None);
    }

    #[test]
    fn every_metric_that_is_pointed_to_exists_and_no_name_is_ours() {
        let is_ours = |name: &str| Metric::all().any(|metric| metric.name() == name);
        let metrics = || TOOLS.iter().flat_map(|(_, metrics)| metrics.iter());
        for (foreign, instead) in metrics() {
            assert!(!is_ours(foreign), "{foreign}");
            assert!(instead.split('`').nth(1).is_none_or(is_ours), "{instead}");
        }
        for (foreign, instead) in WORDS {
            assert!(!foreign.iter().any(|word| is_ours(word)) && instead.split('`').nth(1).is_some_and(is_ours));
        }
    }
}
