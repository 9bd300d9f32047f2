//! Whether every execution has a name of its own, the one expected, and a legal one.

use super::Page;
use super::markup::{grouped, note};
use super::table::Table;
use crate::record::Violation;

pub(super) fn section(page: &Page<'_>) -> String {
    let names = &page.summary.names;
    let mut counts = Table::new("Names of started executions", ["Names", "executions"]);
    for (name, n) in [
        ("checked", names.checked),
        ("unique", names.unique),
        ("duplicates", names.duplicates),
        ("mismatched", names.mismatched),
        ("illegal", names.illegal),
    ] {
        counts.row([name.to_owned(), grouped(n)]);
    }
    let examples = if names.examples.is_empty() {
        note("Every name is unique, legal and the expected one.")
    } else {
        let mut table = Table::new("The first violations", ["Violation", "request", "name", "expected"]);
        for example in &names.examples {
            let (what, expected) = match example.violation {
                Violation::Mismatched if example.expected.is_empty() => {
                    ("mismatched", "that of x-amzn-RequestId, which the answer does not have".into())
                }
                Violation::Mismatched => ("mismatched", example.expected.clone()),
                Violation::Illegal => ("illegal", String::new()),
                Violation::Duplicate => ("duplicate", format!("the only one; request {} has it too", example.expected)),
            };
            table.row([what.to_owned(), example.k.to_string(), example.name.clone(), expected]);
        }
        format!("<h3>The first violations</h3>\n<div class=\"whole cards\">{}</div>\n", table.of_words().markup())
    };
    let empty = names.checked == 0;
    let examples = if empty { note("No execution was started, so there is no name to check.") } else { examples };
    format!("<div class=\"whole\">{}</div>\n{examples}", counts.markup())
}
