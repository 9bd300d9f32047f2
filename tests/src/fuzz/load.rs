//! What the client and loadgen read.

use std::fs;
use std::io;

use stepgate::wire::{HeaderLookup, Outcome, classify as classified};
use stepgate_loadgen::archive::{RunDirectory, rebuild};
use stepgate_loadgen::engine::{Context, Parsed, fields, parse};
use stepgate_loadgen::judge::{Subject, Threshold};
use stepgate_loadgen::payload::{Data, Order};
use stepgate_loadgen::scenario::{Outside, Scenario};

struct Fields<'b>(Vec<(&'b str, &'b [u8])>);

impl HeaderLookup for Fields<'_> {
    fn header(&self, name: &str) -> Option<&[u8]> {
        self.0.iter().find(|(found, _)| found.eq_ignore_ascii_case(name)).map(|(_, value)| *value)
    }
}

fn text(bytes: &[u8]) -> Option<&str> {
    std::str::from_utf8(bytes).ok()
}

fn field(line: &[u8]) -> Option<(&str, &[u8])> {
    let colon = line.iter().position(|byte| *byte == b':')?;
    Some((text(&line[..colon])?, line[colon + 1..].trim_ascii()))
}

/// A line with the status, lines of headers, an empty line, and the body.
pub(super) fn classify(bytes: &[u8]) -> bool {
    let end = bytes.windows(2).position(|two| two == b"\n\n").unwrap_or(bytes.len());
    let (head, rest) = bytes.split_at(end);
    let mut lines = head.split(|byte| *byte == b'\n');
    let status = lines.next().and_then(text).and_then(|status| status.parse().ok()).unwrap_or(200);
    let headers = Fields(lines.filter_map(field).collect());
    let read = classified(status, &headers, rest.strip_prefix(b"\n\n").unwrap_or(rest));
    matches!(read, Outcome::Started(_))
}

/// An answer as it comes over the wire; also its beginnings.
pub(super) fn response(bytes: &[u8]) -> bool {
    let mut is_whole = false;
    for (closed, to_head) in [(false, false), (true, false), (true, true)] {
        for end in [bytes.len() / 2, bytes.len()] {
            let mut room = fields();
            if let Parsed::Complete(response) = parse(&bytes[..end], Context { closed, to_head }, &mut room) {
                assert!(response.length <= end, "an answer is no longer than what has come");
                is_whole = true;
            }
        }
    }
    is_whole
}

pub(super) fn scenario(bytes: &[u8]) -> bool {
    let Ok(text) = std::str::from_utf8(bytes) else { return false };
    let table = || -> Box<Vec<u8>> { Box::new(b"a,b\n1,2\n".to_vec()) };
    let outside =
        Outside { open: &|_| Ok("{\"a\": 1}".to_owned()), data: &|_| Ok(table()), variable: |_| Some("x".to_owned()) };
    Scenario::parse("fuzzed.toml", text, &outside).map(|scenario| scenario.digest()).is_ok()
}

/// A subject and a condition on it, each on a line.
pub(super) fn thresholds(bytes: &[u8]) -> bool {
    let Ok(text) = std::str::from_utf8(bytes) else { return false };
    let (subject, condition) = text.split_once('\n').unwrap_or((text, "rate<1%"));
    Subject::parse(subject).is_ok_and(|subject| Threshold::parse(subject, condition).is_ok())
}

/// A table, read as each kind of table.
pub(super) fn table(bytes: &[u8]) -> bool {
    let csv = Data::csv("fuzzed", Order::Sequential, Box::new(bytes.to_vec()));
    let lines = Data::json_lines("fuzzed", Order::Random, Box::new(bytes.to_vec()));
    csv.is_ok() || lines.is_ok()
}

/// The files of a run, each after a line `==> NAME`.
pub(super) fn run_directory(bytes: &[u8]) -> bool {
    let folder = super::scratch("run");
    let _ = fs::remove_dir_all(&folder);
    let read = || -> io::Result<()> {
        fs::create_dir_all(folder.join("names"))?;
        let starts: Vec<usize> = (0..bytes.len()).filter(|at| bytes[*at..].starts_with(b"==> ")).collect();
        for (index, start) in starts.iter().enumerate() {
            let part = &bytes[start + 4..starts.get(index + 1).copied().unwrap_or(bytes.len())];
            let Some(end) = part.iter().position(|byte| *byte == b'\n') else { continue };
            let known = ["manifest.json", "intervals.hlog", "counters.jsonl", "DONE", "names/tail.run"];
            if let Some(name) = known.iter().find(|name| name.as_bytes() == &part[..end]) {
                let content = &part[end + 1..];
                fs::write(folder.join(name), content.strip_suffix(b"\n").unwrap_or(content))?;
            }
        }
        let (directory, manifest) = RunDirectory::open(&folder)?;
        rebuild(&directory, &manifest).map(drop)
    };
    let is_understood = read().is_ok();
    let _ = fs::remove_dir_all(&folder);
    is_understood
}
