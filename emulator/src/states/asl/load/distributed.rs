//! `ItemReader`, `ItemBatcher`, `ResultWriter` and what else only distributed Map states have.

use std::sync::Arc;

use super::fields::{Bounds, LARGEST};
use super::language::Language;
use super::{Loader, fields};
use crate::digest;
use crate::document::{LoadError, Node};
use crate::states::asl::{
    Contents, Csv, Distributed, ItemBatcher, ItemFormat, ItemReader, Machine, PayloadTemplate, Reach, ReaderAction,
    ResultShape, ResultWriter, Transformation,
};

/// The fields that only a distributed Map may have.
pub(super) const FIELDS: &[&str] = &[
    "ItemReader",
    "ItemBatcher",
    "ResultWriter",
    "ToleratedFailurePercentage",
    "ToleratedFailurePercentagePath",
    "ToleratedFailureCount",
    "ToleratedFailureCountPath",
    "Label",
];

/// Longest `Label`, in characters (recorded).
const LONGEST_LABEL: usize = 40;

impl Loader<'_> {
    /// What a Map state has whose processor, `processor`, is distributed.
    pub(super) fn distributed(
        &mut self,
        what: &str,
        node: &Node,
        processor: &Node,
        language: Language,
    ) -> Result<Distributed, LoadError> {
        let processor_name = format!("the processor of {what}");
        // Names are unique in the whole machine, but the states are those of another one.
        let around = std::mem::take(&mut self.states);
        let start = self.scope(&processor_name, processor);
        let states = std::mem::replace(&mut self.states, around).into_iter().flatten().collect();
        let machine = Machine { start: start?, states, timeout: None };
        Ok(Distributed {
            machine: Arc::new(machine),
            express: is_express(&processor_name, processor)?,
            label: label(what, node)?,
            reader: reader(what, node, language)?,
            batcher: batcher(what, node, language)?,
            writer: writer(what, node, language)?,
            tolerated_count: fields::amount(what, node, "ToleratedFailureCount", Bounds::Whole(0, LARGEST), language)?,
            tolerated_percentage: fields::amount(
                what,
                node,
                "ToleratedFailurePercentage",
                Bounds::Percentage,
                language,
            )?,
        })
    }
}

fn is_express(what: &str, processor: &Node) -> Result<bool, LoadError> {
    let kind = processor.get("ProcessorConfig").and_then(|config| config.get("ExecutionType"));
    let Some(kind) = kind else { return Ok(false) };
    match kind.expect_str(&format!("`ExecutionType` of {what}"))? {
        "STANDARD" => Ok(false),
        "EXPRESS" => Ok(true),
        _ => Err(kind.unexpected(&format!("`ExecutionType` of {what}"), "STANDARD or EXPRESS")),
    }
}

fn label(what: &str, node: &Node) -> Result<String, LoadError> {
    let Some(label) = node.get("Label") else {
        // AWS makes one up; this one is the same on every load.
        let digits = digest::digits("SHA-256", what.as_bytes()).expect("SHA-256 is known");
        let parts = [0..8, 8..12, 12..16, 16..20, 20..32].map(|range| &digits[range]);
        return Ok(parts.join("-"));
    };
    let text = label.expect_str(&format!("`Label` of {what}"))?;
    let fail = |why: String| Err(LoadError::at(&label.position, format!("`Label` of {what} {why}")));
    if text.is_empty() {
        return fail("cannot be empty".to_owned());
    }
    if text.chars().count() > LONGEST_LABEL {
        return fail(format!("cannot exceed {LONGEST_LABEL} characters"));
    }
    // Recorded, one by one.
    let illegal = |symbol: char| symbol.is_control() || " ?*<>{}[]:;,\\|^~$#%&`\"".contains(symbol);
    match text.chars().find(|symbol| illegal(*symbol)) {
        Some(symbol) => fail(format!("contains an invalid character: {symbol:?}")),
        None => Ok(text.to_owned()),
    }
}

/// The parameters of a reader or a writer.
fn arguments(what: &str, node: &Node, language: Language) -> Result<Option<PayloadTemplate>, LoadError> {
    let field = if language == Language::Jsonata { "Arguments" } else { "Parameters" };
    language.template(what, node, field, Reach::default())
}

fn reader(what: &str, node: &Node, language: Language) -> Result<Option<ItemReader>, LoadError> {
    let Some(node) = node.get("ItemReader") else { return Ok(None) };
    let what = format!("`ItemReader` of {what}");
    let parameters = if language == Language::Jsonata { "Arguments" } else { "Parameters" };
    node.expect_keys(&what, &["Resource", "ReaderConfig", parameters, "Comment"])?;
    let resource = node.require(&what, "Resource")?;
    let action = match resource.expect_str(&format!("`Resource` of {what}"))?.splitn(6, ':').nth(5) {
        Some("s3:getObject") => ReaderAction::GetObject,
        Some("s3:listObjectsV2") => ReaderAction::ListObjects,
        _ => {
            let wanted = "arn:aws:states:::s3:getObject or arn:aws:states:::s3:listObjectsV2";
            return Err(resource.unexpected(&format!("`Resource` of {what}"), wanted));
        }
    };
    let config = node.get("ReaderConfig");
    let (contents, most) = match config {
        None => (Contents { format: None, pointer: None }, None),
        Some(config) => {
            let config_name = format!("`ReaderConfig` in {what}");
            let contents = contents(&config_name, config, action)?;
            (contents, fields::amount(&config_name, config, "MaxItems", Bounds::Whole(0, LARGEST), language)?)
        }
    };
    if action == ReaderAction::GetObject && contents.format.is_none() {
        let message = format!("{what} reads an object, so that its `ReaderConfig` needs `InputType`");
        return Err(LoadError::at(&node.position, message));
    }
    let arguments = arguments(&what, node, language)?;
    Ok(Some(ItemReader { action, arguments, most, contents: Arc::new(contents) }))
}

fn contents(what: &str, node: &Node, action: ReaderAction) -> Result<Contents, LoadError> {
    const KEYS: &[&str] = &[
        "InputType",
        "Transformation",
        "ManifestType",
        "CSVDelimiter",
        "CSVHeaderLocation",
        "CSVHeaders",
        "ItemsPointer",
        "MaxItems",
        "MaxItemsPath",
    ];
    node.expect_keys(what, KEYS)?;
    let loads = match node.get("Transformation") {
        None => false,
        Some(value) => match value.expect_str("`Transformation`")? {
            "NONE" => false,
            "LOAD_AND_FLATTEN" => true,
            _ => return Err(value.unexpected(&format!("`Transformation` of {what}"), "NONE or LOAD_AND_FLATTEN")),
        },
    };
    let text = |field: &str| node.get(field).map(|value| value.expect_str(&format!("`{field}` of {what}"))).transpose();
    let pointer = text("ItemsPointer")?;
    if let (Some(pointer), Some(value)) = (pointer, node.get("ItemsPointer"))
        && !pointer.starts_with('/')
    {
        return Err(value.unexpected(&format!("`ItemsPointer` of {what}"), "a JSON pointer such as /data/items"));
    }
    let format = match text("InputType")? {
        // A list of objects is a list of their descriptions, unless they are to be opened.
        _ if action == ReaderAction::ListObjects && !loads => None,
        None => None,
        Some(_) => Some(format(what, node)?),
    };
    Ok(Contents { format, pointer: pointer.map(str::to_owned) })
}

fn format(what: &str, node: &Node) -> Result<ItemFormat, LoadError> {
    let kind = node.require(what, "InputType")?;
    let wanted = "CSV, JSON, JSONL, PARQUET or MANIFEST";
    let plain = |name: &str| match name {
        "JSON" => Ok(ItemFormat::Json),
        "JSONL" => Ok(ItemFormat::JsonLines),
        "CSV" => csv(what, node).map(ItemFormat::Csv),
        "PARQUET" => Ok(ItemFormat::Parquet),
        _ => Err(kind.unexpected(&format!("`InputType` of {what}"), wanted)),
    };
    let name = kind.expect_str(&format!("`InputType` of {what}"))?;
    match node.get("ManifestType") {
        None if name == "MANIFEST" => Ok(ItemFormat::Inventory),
        None => plain(name),
        Some(manifest) => match manifest.expect_str(&format!("`ManifestType` of {what}"))? {
            "S3_INVENTORY" => Ok(ItemFormat::Inventory),
            "ATHENA_DATA" if name != "MANIFEST" => Ok(ItemFormat::Athena(Box::new(plain(name)?))),
            "ATHENA_DATA" => Err(kind.unexpected(&format!("`InputType` of {what}"), "CSV, JSONL or PARQUET")),
            _ => Err(manifest.unexpected(&format!("`ManifestType` of {what}"), "ATHENA_DATA or S3_INVENTORY")),
        },
    }
}

fn csv(what: &str, node: &Node) -> Result<Csv, LoadError> {
    let delimiter = match node.get("CSVDelimiter") {
        None => b',',
        Some(value) => match value.expect_str(&format!("`CSVDelimiter` of {what}"))? {
            "COMMA" => b',',
            "PIPE" => b'|',
            "SEMICOLON" => b';',
            "SPACE" => b' ',
            "TAB" => b'\t',
            _ => {
                let wanted = "COMMA, PIPE, SEMICOLON, SPACE or TAB";
                return Err(value.unexpected(&format!("`CSVDelimiter` of {what}"), wanted));
            }
        },
    };
    let location = node.get("CSVHeaderLocation");
    let given = match location {
        None => node.get("CSVHeaders").is_some(),
        Some(value) => match value.expect_str(&format!("`CSVHeaderLocation` of {what}"))? {
            "FIRST_ROW" => false,
            "GIVEN" => true,
            _ => return Err(value.unexpected(&format!("`CSVHeaderLocation` of {what}"), "FIRST_ROW or GIVEN")),
        },
    };
    if !given {
        return Ok(Csv { delimiter, headers: None });
    }
    let list = node.require(what, "CSVHeaders")?;
    let name = format!("`CSVHeaders` of {what}");
    let headers = list.expect_list(&name)?.iter().map(|header| header.expect_str(&name).map(str::to_owned));
    Ok(Csv { delimiter, headers: Some(headers.collect::<Result<_, _>>()?) })
}

fn batcher(what: &str, node: &Node, language: Language) -> Result<Option<ItemBatcher>, LoadError> {
    const KEYS: &[&str] = &[
        "MaxItemsPerBatch",
        "MaxItemsPerBatchPath",
        "MaxInputBytesPerBatch",
        "MaxInputBytesPerBatchPath",
        "BatchInput",
        "Comment",
    ];
    let Some(node) = node.get("ItemBatcher") else { return Ok(None) };
    let what = format!("`ItemBatcher` of {what}");
    language.check_fields(&what, node)?;
    node.expect_keys(&what, KEYS)?;
    let items = fields::amount(&what, node, "MaxItemsPerBatch", Bounds::Whole(1, LARGEST), language)?;
    let bytes = fields::amount(&what, node, "MaxInputBytesPerBatch", Bounds::Whole(1, 262_144), language)?;
    if items.is_none() && bytes.is_none() {
        let message = format!("{what} needs `MaxItemsPerBatch` or `MaxInputBytesPerBatch`");
        return Err(LoadError::at(&node.position, message));
    }
    let input = language.template(&what, node, "BatchInput", Reach::default())?;
    Ok(Some(ItemBatcher { items, bytes, input }))
}

fn writer(what: &str, node: &Node, language: Language) -> Result<Option<ResultWriter>, LoadError> {
    let Some(node) = node.get("ResultWriter") else { return Ok(None) };
    let what = format!("`ResultWriter` of {what}");
    let parameters = if language == Language::Jsonata { "Arguments" } else { "Parameters" };
    node.expect_keys(&what, &["Resource", "WriterConfig", parameters, "Comment"])?;
    let exports = match node.get("Resource") {
        None => false,
        Some(resource) => {
            let text = resource.expect_str(&format!("`Resource` of {what}"))?;
            if text.splitn(6, ':').nth(5) != Some("s3:putObject") {
                return Err(resource.unexpected(&format!("`Resource` of {what}"), "arn:aws:states:::s3:putObject"));
            }
            true
        }
    };
    let config = node.get("WriterConfig");
    let given = node.get(parameters);
    if exports != given.is_some() || !exports && config.is_none() {
        let message = format!("{what} needs `WriterConfig`, or `Resource` with `{parameters}`, or all three");
        return Err(LoadError::at(&node.position, message));
    }
    let mut shape = ResultShape {
        transformation: if exports { Transformation::Whole } else { Transformation::Compact },
        lines: false,
    };
    if let Some(config) = config {
        let config_name = format!("`WriterConfig` in {what}");
        config.expect_keys(&config_name, &["Transformation", "OutputType"])?;
        if let Some(value) = config.get("Transformation") {
            shape.transformation = match value.expect_str("`Transformation`")? {
                "NONE" => Transformation::Whole,
                "COMPACT" => Transformation::Compact,
                "FLATTEN" => Transformation::Flatten,
                _ => {
                    let field = format!("`Transformation` of {config_name}");
                    return Err(value.unexpected(&field, "NONE, COMPACT or FLATTEN"));
                }
            };
        }
        if let Some(value) = config.get("OutputType") {
            shape.lines = match value.expect_str("`OutputType`")? {
                "JSON" => false,
                "JSONL" => true,
                _ => return Err(value.unexpected(&format!("`OutputType` of {config_name}"), "JSON or JSONL")),
            };
        }
    }
    let arguments = if exports { arguments(&what, node, language)? } else { None };
    Ok(Some(ResultWriter { arguments, shape }))
}
