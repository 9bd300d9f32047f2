//! `junit.xml`: each threshold as a test case, for the CI systems that show those.

use std::io;

use quick_xml::Writer;
use quick_xml::events::{BytesDecl, BytesText, Event};

use super::Summary;
use crate::judge::{Judged, State, Verdict};

/// The summary as `JUnit` XML. It has a failure or an error exactly when the run did not pass.
///
/// A threshold that failed is a failure; one that the data cannot tell is an error, unless it counts as passed, as is a measurement that does not
/// stand (it was invalid, interrupted or aborted, or found no steady state) and a result that could not be written.
#[must_use]
pub(crate) fn junit(summary: &Summary) -> String {
    let bytes = write(summary).expect("writing to memory cannot fail");
    String::from_utf8(bytes).expect("what is written is text")
}

/// What is wrong with a test case: its element, its type, and in words.
type Fault = Option<(&'static str, &'static str, String)>;

fn write(summary: &Summary) -> io::Result<Vec<u8>> {
    let run = &summary.run;
    let mut cases: Vec<(String, Fault)> = vec![("the measurement stands".into(), measurement(summary))];
    cases.extend(summary.thresholds.iter().map(|judged| {
        let fault = match judged.state {
            State::Pass => None,
            State::Fail => Some(("failure", "threshold", told(judged))),
            State::Inconclusive => Some(("error", "inconclusive", told(judged))),
        };
        (format!("{} {}", judged.metric, judged.expression), fault)
    }));
    let count =
        |element: &str| cases.iter().filter(|(_, fault)| fault.as_ref().is_some_and(|(e, ..)| *e == element)).count();
    let (tests, failures, errors) = (cases.len().to_string(), count("failure").to_string(), count("error").to_string());
    let seconds = format!("{:.3}", run.seconds);
    // The format has no fractions and no zone; these are seconds in UTC.
    let began = run.started_at.split_once('.').map_or(run.started_at.as_str(), |(began, _)| began);
    let totals = [
        ("name", run.scenario.as_str()),
        ("tests", &tests),
        ("failures", &failures),
        ("errors", &errors),
        ("time", &seconds),
        ("timestamp", began),
    ];
    let seed = run.seed.to_string();
    let properties = [
        ("loadgen", run.loadgen.as_str()),
        ("target", &run.target),
        ("seed", &seed),
        ("digest", &run.digest),
        ("verdict", summary.verdict.as_str()),
    ];
    let mut xml = Writer::new_with_indent(Vec::new(), b' ', 2);
    xml.write_event(Event::Decl(BytesDecl::new("1.0", Some("UTF-8"), None)))?;
    xml.create_element("testsuites").with_attributes(totals).write_inner_content(|xml| {
        xml.create_element("testsuite").with_attributes(totals).write_inner_content(|xml| {
            xml.create_element("properties").write_inner_content(|xml| {
                for (name, value) in properties {
                    let value = legal(value);
                    xml.create_element("property")
                        .with_attributes([("name", name), ("value", &value)])
                        .write_empty()?;
                }
                Ok(())
            })?;
            for (name, fault) in &cases {
                let attributes = [("classname", run.scenario.as_str()), ("name", &legal(name)), ("time", &seconds)];
                let case = xml.create_element("testcase").with_attributes(attributes);
                let Some((element, kind, why)) = fault else {
                    case.write_empty()?;
                    continue;
                };
                let why = legal(why);
                case.write_inner_content(|xml| {
                    let fault = xml.create_element(*element).with_attributes([("type", *kind), ("message", &why)]);
                    fault.write_text_content(BytesText::new(&why)).map(drop)
                })?;
            }
            Ok(())
        })?;
        Ok(())
    })?;
    let mut bytes = xml.into_inner();
    bytes.push(b'\n');
    Ok(bytes)
}

/// What was measured, and why the data cannot tell if they cannot.
fn told(judged: &Judged) -> String {
    match &judged.why {
        Some(why) => format!("{}; {why}", judged.measured),
        None => judged.measured.clone(),
    }
}

/// Why the figures are not to be judged at all, if they are not.
fn measurement(summary: &Summary) -> Fault {
    let reason = || summary.reason.clone().unwrap_or_else(|| summary.verdict.as_str().into());
    match summary.verdict {
        Verdict::Pass if summary.exit_code != 0 => Some(("error", "unwritten", reason())),
        Verdict::Pass | Verdict::Fail => None,
        // A threshold that the data cannot tell is an error of its own.
        Verdict::Inconclusive if summary.thresholds.iter().any(|j| j.state == State::Inconclusive) => None,
        Verdict::Inconclusive => Some(("error", "inconclusive", reason())),
        verdict => Some(("error", verdict.as_str(), reason())),
    }
}

/// The text without the characters that no XML may hold, however they are escaped.
fn legal(text: &str) -> String {
    let is_legal =
        |c: char| matches!(c, '\t' | '\n' | '\r' | ' '..='\u{d7ff}' | '\u{e000}'..='\u{fffd}' | '\u{10000}'..);
    text.chars().map(|c| if is_legal(c) { c } else { '\u{fffd}' }).collect()
}
