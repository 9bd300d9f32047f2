//! The resources that a template declares.

use super::made::Made;
use super::types::{self, ResourceSchema, Type};
use crate::document::{Entry, Kind, LoadError, Node, Notes, Position};

/// A resource.
pub(super) struct Resource {
    /// Its logical id.
    pub(super) id: String,
    /// Where the id stands.
    pub(super) position: Position,
    pub(super) kind: Type,
    /// The name of its type.
    pub(super) type_name: String,
    pub(super) schema: Option<&'static ResourceSchema>,
    /// The name of the condition under which it is created.
    pub(super) condition: Option<Node>,
    /// Its properties, not yet resolved; those of `Globals` merged in.
    pub(super) properties: Node,
    /// `Metadata`, where `cdk synth` says in which folder code lies.
    pub(super) metadata: Option<Node>,
}

/// What may stand beside the properties of a resource; what else does is passed over.
const ATTRIBUTES: [&str; 7] =
    ["Type", "Properties", "Condition", "DependsOn", "DeletionPolicy", "UpdateReplacePolicy", "Metadata"];

/// Reads the `Resources` section; `globals` is the section of that name.
pub(super) fn declared(
    section: &Node,
    globals: Option<&Node>,
    notes: &Notes,
    made: &Made,
) -> Result<Vec<Resource>, LoadError> {
    let entries = section.expect_map("`Resources`")?;
    let resources = entries.iter().map(|entry| resource(entry, globals, notes, made)).collect::<Result<Vec<_>, _>>()?;
    for entry in entries {
        let named = entry.value.get("DependsOn").map(|node| node.as_list().unwrap_or(std::slice::from_ref(node)));
        for name in named.unwrap_or_default() {
            let id = name.expect_str("`DependsOn`")?;
            // What SAM makes of a resource, such as its role or stage, begins with its id.
            let is_made = |resource: &Resource| {
                id == resource.id || resource.type_name.starts_with("AWS::Serverless::") && id.starts_with(&resource.id)
            };
            if !resources.iter().any(is_made) && !id.starts_with("Serverless") {
                return Err(LoadError::at(&name.position, format!("`DependsOn` names no resource: `{id}`")));
            }
        }
    }
    Ok(resources)
}

fn resource(entry: &Entry, globals: Option<&Node>, notes: &Notes, made: &Made) -> Result<Resource, LoadError> {
    let (id, node) = (&entry.key, &entry.value);
    for attribute in node.expect_map(&format!("resource `{id}`"))? {
        if !ATTRIBUTES.contains(&attribute.key.as_str()) {
            let refusal = attribute.unsupported(&format!("resource `{id}`"), &ATTRIBUTES);
            notes.pass_over(format!("`{}` of resources", attribute.key), refusal)?;
        }
    }
    let name = node.require(&format!("resource `{id}`"), "Type")?;
    let type_name = name.expect_str("`Type`")?.to_owned();
    let schema = types::of_name(&type_name);
    let own = node.get("Properties").filter(|node| !node.is_null()).cloned();
    let mut properties = own.unwrap_or_else(|| Node { position: node.position.clone(), kind: Kind::Map(Vec::new()) });
    match schema {
        None => {
            let refusal = LoadError::unsupported(&name.position, format!("unsupported resource type `{type_name}`"));
            notes.pass_over(type_name.as_str(), refusal)?;
        }
        Some(schema) => {
            let section = type_name.strip_prefix("AWS::Serverless::");
            if let Some(defaults) = section.and_then(|section| globals?.get(section)) {
                made.count("Globals", defaults.size().in_memory(), &name.position)?;
                properties = merged(defaults, &properties);
            }
            check_properties(id, schema, &properties, notes)?;
        }
    }
    Ok(Resource {
        id: id.clone(),
        position: entry.position.clone(),
        kind: schema.map_or(Type::Other, |schema| schema.kind),
        type_name,
        schema,
        condition: node.get("Condition").cloned(),
        properties,
        metadata: node.get("Metadata").cloned(),
    })
}

/// Passes over the properties that are neither interpreted nor without effect.
fn check_properties(id: &str, schema: &ResourceSchema, properties: &Node, notes: &Notes) -> Result<(), LoadError> {
    let what = format!("the properties of `{id}` ({})", schema.name);
    let supported: Vec<_> = schema.interpreted.iter().chain(schema.without_effect).copied().collect();
    for entry in properties.expect_map(&what)? {
        if !supported.contains(&entry.key.as_str()) && !entry.key.starts_with("Fn::") {
            notes.pass_over(format!("`{}` of {}", entry.key, schema.name), entry.unsupported(&what, &supported))?;
        }
    }
    Ok(())
}

/// `own` laid over `globals`: maps are merged, anything else is replaced, as SAM does.
fn merged(globals: &Node, own: &Node) -> Node {
    let (Some(defaults), Some(entries)) = (globals.as_map(), own.as_map()) else { return own.clone() };
    let mut entries = entries.to_vec();
    for default in defaults {
        match entries.iter_mut().find(|entry| entry.key == default.key) {
            Some(entry) => entry.value = merged(&default.value, &entry.value),
            None => entries.push(default.clone()),
        }
    }
    Node { position: own.position.clone(), kind: Kind::Map(entries) }
}

impl Resource {
    /// The REST API that SAM makes for events that name none.
    pub(super) fn implicit_api(position: &Position, settings: &Node) -> Self {
        Self {
            id: "ServerlessRestApi".to_owned(),
            position: position.clone(),
            kind: Type::ServerlessApi,
            type_name: "AWS::Serverless::Api".to_owned(),
            schema: types::of_name("AWS::Serverless::Api"),
            condition: None,
            properties: settings.clone(),
            metadata: None,
        }
    }

    /// What messages call it.
    pub(super) fn what(&self) -> String {
        format!("`{}` ({})", self.id, self.type_name)
    }
}

/// The logical id that a node refers to by `Ref` or `Fn::GetAtt`, or by an `Fn::Sub` of nothing else.
pub(super) fn referred(node: &Node) -> Option<&str> {
    let [Entry { key, value, .. }] = node.as_map()? else { return None };
    let first = |text| str::split_once(text, '.').map_or(text, |(id, _)| id);
    match (key.as_str(), value.as_list()) {
        ("Ref", _) => value.as_str(),
        ("Fn::GetAtt", Some([id, ..])) => id.as_str(),
        ("Fn::GetAtt", _) => value.as_str().map(first),
        ("Fn::Sub", None) => value.as_str()?.strip_prefix("${")?.strip_suffix('}').map(first),
        _ => None,
    }
}
