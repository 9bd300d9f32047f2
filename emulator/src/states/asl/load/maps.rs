//! Map states.

use super::fields::{Bounds, LARGEST};
use super::language::Language;
use super::{Loader, distributed, fields};
use crate::document::{LoadError, Node};
use crate::states::asl::{Amount, Items, Map, PayloadTemplate, Processor, Reach, StatePath};

/// Whether `ProcessorConfig` asks for child executions.
fn is_distributed(what: &str, processor: &Node) -> Result<bool, LoadError> {
    let Some(config) = processor.get("ProcessorConfig") else { return Ok(false) };
    config.expect_keys(&format!("`ProcessorConfig` of {what}"), &["Mode", "ExecutionType"])?;
    let Some(mode) = config.get("Mode") else { return Ok(false) };
    match mode.expect_str("`Mode`")? {
        "INLINE" => Ok(false),
        "DISTRIBUTED" => Ok(true),
        _ => Err(mode.unexpected(&format!("`Mode` of {what}"), "INLINE or DISTRIBUTED")),
    }
}

impl Loader<'_> {
    pub(super) fn map(&mut self, what: &str, node: &Node, language: Language) -> Result<Map, LoadError> {
        let processor = fields::one_of(
            what,
            node,
            [("ItemProcessor", node.get("ItemProcessor")), ("Iterator", node.get("Iterator"))],
        )?;
        let processor =
            processor.ok_or_else(|| LoadError::at(&node.position, format!("{what} needs `ItemProcessor`")))?;
        let processor_name = format!("the processor of {what}");
        processor.expect_keys(&processor_name, &["StartAt", "States", "Comment", "ProcessorConfig"])?;
        let distributed = is_distributed(&processor_name, processor)?;
        let own = node.expect_map(what)?.iter().find(|entry| {
            // An inline Map may have a threshold (recorded on AWS) and a label (machines that are deployed have one), which
            // mean nothing there.
            let is_idle = entry.key.starts_with("ToleratedFailure") || entry.key == "Label";
            distributed::FIELDS.contains(&entry.key.as_str()) && !is_idle
        });
        if let Some(entry) = own.filter(|_| !distributed) {
            let message = format!(
                "{what}: `{}` belongs to the distributed Map: set `\"Mode\": \"DISTRIBUTED\"` in `ProcessorConfig`",
                entry.key
            );
            return Err(LoadError::at(&entry.position, message));
        }
        let selector = language.template(what, node, "ItemSelector", Reach::default())?;
        // The older name.
        let parameters = language.template(what, node, "Parameters", Reach::default())?;
        let concurrency = fields::amount(what, node, "MaxConcurrency", Bounds::Whole(0, LARGEST), language)?;
        let items = match language {
            Language::JsonPath => match fields::source(what, node, "ItemsPath")? {
                Some(items) => Items::Path(items),
                None => Items::Path(StatePath::parse("$").map_err(LoadError::nowhere)?),
            },
            Language::Jsonata => {
                let listed = language.template(what, node, "Items", Reach::default())?;
                if let (Some(written), Some(PayloadTemplate::Literal(_) | PayloadTemplate::Object(_))) =
                    (node.get("Items"), &listed)
                {
                    return Err(written.unexpected(&format!("`Items` of {what}"), "a list or an expression"));
                }
                listed.map_or(Items::Input, Items::Listed)
            }
        };
        let processor = if distributed {
            Processor::Distributed(Box::new(self.distributed(what, node, processor, language)?))
        } else {
            Processor::Inline(self.scope(&processor_name, processor)?)
        };
        Ok(Map {
            items,
            item: fields::one_of(what, node, [("ItemSelector", selector), ("Parameters", parameters)])?,
            processor,
            concurrency: concurrency.unwrap_or(Amount::Of(0.into())),
        })
    }
}
