//! `report.html`: the run on one page, in one file that asks for nothing else.
//!
//! Pure: plain data in, a text out. Plots are SVG, each drawn from the table that stands behind it; the page says
//! everything without its script, and the script sends nothing anywhere (see `policy`).

mod axis;
mod backdrop;
mod comparison;
mod errors;
mod generator;
mod heatmap;
mod latency;
mod load;
mod markup;
mod names;
mod parts;
mod path;
mod plot;
mod policy;
mod shards;
mod spectrum;
mod table;
mod thresholds;
mod time;
mod verdict;

#[cfg(test)]
mod tests;

pub(crate) use self::comparison::Baseline;
pub(crate) use self::markup::Text;
pub(crate) use self::spectrum::Spectrum;
use super::{Summary, Timeline};
use crate::judge::Verdict;
use crate::schedule::Ramp;

/// Everything that the page shows.
#[derive(Debug, Clone)]
pub(crate) struct Page<'a> {
    /// The figures.
    pub(crate) summary: &'a Summary,
    /// What was run, how and where: name and value.
    pub(crate) configuration: Vec<(String, String)>,
    /// The scenario as written; `None` for one made on the command line.
    pub(crate) scenario: Option<&'a str>,
    /// The run in order of time, up to its end.
    pub(crate) timeline: &'a Timeline,
    /// The stages of the load, in order of time; none of a closed loop.
    pub(crate) stages: &'a [Ramp],
    /// Response times of all due arrivals.
    pub(crate) response: Spectrum,
    /// Service times of all requests.
    pub(crate) service: Spectrum,
    /// A run to compare with.
    pub(crate) baseline: Option<Baseline>,
}

/// A section: anchor, name and content.
type Chapter = (&'static str, &'static str, String);

/// The page.
#[must_use]
pub(crate) fn page(page: &Page<'_>) -> String {
    let sections: [Chapter; 12] = [
        ("verdict", "Verdict", verdict::section(page)),
        ("thresholds", "Thresholds", thresholds::section(page)),
        ("load", "Load", load::section(page)),
        ("latency", "Latency over time", latency::section(page)),
        ("spectrum", "Percentiles", spectrum::section(page)),
        ("heat-map", "Heat map", heatmap::section(page)),
        ("errors", "Errors", errors::section(page)),
        ("generator", "Generator", generator::section(page)),
        ("parts", "Stages and payloads", parts::section(page)),
        ("shards", "Shards", shards::section(page)),
        ("names", "Names", names::section(page)),
        ("comparison", "Comparison", comparison::section(page)),
    ];
    let links: Vec<String> =
        sections.iter().map(|(id, name, _)| format!("<li><a href=\"#{id}\">{name}</a></li>")).collect();
    let content: Vec<String> = sections
        .iter()
        .map(|(id, name, content)| {
            format!("<section id=\"{id}\" aria-labelledby=\"{id}-title\">\n<h2 id=\"{id}-title\">{name}</h2>\n{content}</section>\n")
        })
        .collect();
    let (links, content) = (links.concat(), content.concat());
    let run = &page.summary.run;
    let (scenario, target) = (Text(&run.scenario), Text(&run.target));
    let caveat = Some(run.caveat()).filter(|caveat| !caveat.is_empty());
    let caveat = caveat.map_or_else(String::new, |caveat| format!(", {caveat}"));
    let (head, script) = (policy::head(), policy::script());
    let (started, version, seconds) = (Text(&run.started_at), Text(&run.loadgen), markup::number(run.seconds));
    let verdict = page.summary.verdict.as_str();
    format!(
        "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n{head}<title>{scenario}: {verdict} · loadgen</title>\n</head>\n<body>\n\
         <a class=\"skip\" href=\"#verdict\">To the verdict</a>\n\
         <header>\n<div class=\"top\">\n<div><h1>{scenario}</h1>\n\
         <p class=\"subtitle\">POST {target}{caveat}</p>\n\
         <p class=\"subtitle\">{started}, {seconds} s</p></div>\n{THEMES}</div>\n</header>\n\
         <nav aria-label=\"Sections\"><ul>{links}</ul></nav>\n\
         <main>\n{content}</main>\n\
         <footer>Made by loadgen {version}. Times count from the instant at which each request was due, unless said \
         otherwise.</footer>\n{script}</body>\n</html>\n"
    )
}

/// The choice between light and dark works without a script.
const THEMES: &str = "<fieldset><legend>Colours</legend>\
    <label><input type=\"radio\" name=\"colours\" id=\"auto\" checked=\"checked\"/>Auto</label>\
    <label><input type=\"radio\" name=\"colours\" id=\"light\"/>Light</label>\
    <label><input type=\"radio\" name=\"colours\" id=\"dark\"/>Dark</label></fieldset>\n";

/// The class of a verdict.
const fn class_of(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Pass => "pass",
        Verdict::Fail | Verdict::Aborted | Verdict::Torn => "fail",
        Verdict::Inconclusive | Verdict::Invalid | Verdict::Interrupted | Verdict::Partial => "unsure",
    }
}
