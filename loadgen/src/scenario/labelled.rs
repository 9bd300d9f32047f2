//! Stages and payloads: what has a name in reports.

use std::collections::BTreeSet;
use std::sync::Arc;

use toml::Spanned;

use super::check::Checker;
use super::diagnostic::Diagnostic;
use super::raw;
use super::{Outside, Stage};
use crate::payload::{Content, Data, Payload, Template, TemplateContext};
use crate::record::Kind;

impl Checker<'_> {
    pub(super) fn stages(&self, raw: &[raw::StageTable]) -> Result<Vec<Stage>, Diagnostic> {
        let mut names = BTreeSet::new();
        let stage = |(number, stage): (usize, &raw::StageTable)| {
            let name = match &stage.name {
                Some(name) => self.name(name, &mut names)?,
                None => number.to_string(),
            };
            Ok(Stage { name, target: stage.target.0, duration: stage.duration.0 })
        };
        (1..).zip(raw).map(stage).collect()
    }

    pub(super) fn payloads(
        &self,
        raw: Vec<raw::PayloadTable>,
        tables: &[Arc<Data>],
        outside: &Outside<'_>,
    ) -> Result<Vec<Payload>, Diagnostic> {
        let around = TemplateContext { variable: outside.variable, tables };
        let end = self.source.len();
        let mut names = BTreeSet::new();
        let mut payloads = Vec::new();
        for payload in raw {
            let name = self.name(&payload.name, &mut names)?;
            let weight = payload.weight.unwrap_or(1);
            payloads.push(Payload { name, weight, content: self.content(payload, &around)? });
        }
        let executes = || payloads.iter().filter(|payload| payload.content.kind().starts());
        if executes().next().is_none() {
            let help = Some("add [[payload]] with a name and json".into());
            return Err(self.error(end..end, "a scenario needs at least one payload that starts executions", help));
        }
        if executes().all(|payload| payload.weight == 0) {
            return Err(self.error(end..end, "every payload that starts executions has weight 0", None));
        }
        self.check_kinds(&payloads, end)?;
        Ok(payloads)
    }

    /// A route either waits for its execution or does not, and one that does has told everything of it; or its answers
    /// tell nothing.
    fn check_kinds(&self, payloads: &[Payload], end: usize) -> Result<(), Diagnostic> {
        let has = |kind| payloads.iter().any(|payload| payload.content.kind() == kind);
        let (sync, http) = (has(Kind::ExecuteSync), has(Kind::ExecuteHttp));
        let (kind, other) = match (has(Kind::Execute), has(Kind::Describe)) {
            _ if sync && http => {
                (Kind::ExecuteHttp, "payloads of kind \"execute-sync\": answers say how executions end, or they do not")
            }
            (true, _) if sync => {
                (Kind::ExecuteSync, "payloads of kind \"execute\": a route waits for its executions, or it does not")
            }
            (true, _) if http => {
                (Kind::ExecuteHttp, "payloads of kind \"execute\": answers say what was started, or they do not")
            }
            (_, true) if sync => (
                Kind::ExecuteSync,
                "payloads of kind \"describe\": Step Functions describes no execution of an EXPRESS workflow",
            ),
            (_, true) if http => {
                (Kind::ExecuteHttp, "payloads of kind \"describe\": answers name no execution that could be described")
            }
            _ => return Ok(()),
        };
        let message = format!("a scenario with payloads of kind \"{}\" has no {other}", kind.as_str());
        Err(self.error(end..end, message, Some("write two scenarios".into())))
    }

    fn content(&self, raw: raw::PayloadTable, around: &TemplateContext<'_>) -> Result<Content, Diagnostic> {
        let kind = raw.kind;
        let foreign = [
            ("origin", raw.origin.as_ref().map(Spanned::span), Kind::Preflight),
            ("headers", raw.headers.as_ref().map(Spanned::span), Kind::Preflight),
        ];
        if let (Some(json), false) = (&raw.json, kind.starts()) {
            return Err(self.error(json.span(), "`json` belongs to a payload that starts executions", None));
        }
        for (key, span, of) in foreign {
            if let (Some(span), true) = (span, of != kind) {
                let message = format!("`{key}` belongs to a payload of kind \"{}\"", of.as_str());
                return Err(self.error(span, message, None));
            }
        }
        let missing = |message: &str| self.error(raw.name.span(), message, None);
        match kind {
            Kind::Execute | Kind::ExecuteSync | Kind::ExecuteHttp => {
                let json = raw.json.ok_or_else(|| missing("this payload needs `json`"))?;
                let value = crate::payload::from_toml(json.get_ref()).map_err(|number| {
                    let message = format!("{number} is not a number in JSON: write a text, or leave it out");
                    self.error(json.span(), message, None)
                })?;
                let template = Template::within(&value, around);
                let template = template.map_err(|e| self.wrong(self.find(&json.span(), &e.text), e.mistake))?;
                Ok(Content::starting(kind, template).expect("each of these kinds starts executions"))
            }
            Kind::Preflight => {
                let why = "a preflight needs `origin`: that of the page, such as \"https://app.example.com\"";
                let origin = raw.origin.ok_or_else(|| missing(why))?;
                let headers = raw.headers.map_or_else(|| vec!["content-type".into()], Spanned::into_inner);
                let clean = |text: &str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_graphic());
                if !clean(origin.get_ref()) || !headers.iter().all(|name| clean(name) && !name.contains(',')) {
                    return Err(self.error(
                        origin.span(),
                        "origin and headers of a preflight hold printable ASCII \
                        without spaces",
                        None,
                    ));
                }
                let headers = headers.iter().map(|name| name.to_ascii_lowercase()).collect();
                Ok(Content::Preflight { origin: origin.into_inner(), headers })
            }
            Kind::Describe => Ok(Content::Describe),
        }
    }

    /// A name that stands for one thing alone, and in thresholds between braces.
    fn name(&self, name: &Spanned<String>, taken: &mut BTreeSet<String>) -> Result<String, Diagnostic> {
        let text = name.get_ref();
        if text.is_empty() || text.contains(['{', '}', ',', ':']) || text.chars().any(char::is_control) {
            let message = "a name has at least one character, and none of `{ } , :`, which thresholds use";
            return Err(self.error(name.span(), message, None));
        }
        if !taken.insert(text.clone()) {
            return Err(self.error(name.span(), format!("the name `{text}` is taken already"), None));
        }
        Ok(text.clone())
    }
}
