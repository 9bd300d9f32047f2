//! The names of a crate's types, where they can be seen.

use std::collections::{BTreeMap, BTreeSet};

use syn::{Item, Visibility};

use crate::source::{Definition, Source, imports, joined, named};

/// The names that can be seen outside of their top-level module and yet denote more than one type of the crate, and
/// where each is defined. A type that stays inside its module counts too: it takes the name of one that is seen.
#[must_use]
pub fn shared_names(source: &Source) -> BTreeMap<String, BTreeSet<Definition>> {
    let mut names = visible_types(source);
    for (path, module) in &source.0 {
        for name in module.items.iter().filter_map(type_name) {
            if let Some(definitions) = names.get_mut(&name) {
                definitions.insert((path.clone(), name));
            }
        }
    }
    names.retain(|_, definitions| definitions.len() > 1);
    names
}

/// The types of a crate that can be named outside of their top-level module: name, and every definition of it.
fn visible_types(source: &Source) -> BTreeMap<String, BTreeSet<Definition>> {
    let mut names: BTreeMap<String, BTreeSet<Definition>> = BTreeMap::new();
    for path in source.0.keys().filter(|path| path.len() <= 1) {
        gather(source, path, &mut names);
    }
    names
}

fn gather(source: &Source, path: &[String], names: &mut BTreeMap<String, BTreeSet<Definition>>) {
    for item in &source.0[path].items {
        match item {
            Item::Use(item) if is_seen(&item.vis) => {
                for import in imports(&item.tree) {
                    let Some(definition) = source.resolve(path, &import.path) else { continue };
                    if is_type(source, &definition) {
                        names.entry(import.name).or_default().insert(definition);
                    }
                }
            }
            Item::Mod(module) if is_seen(&module.vis) && !path.is_empty() => {
                gather(source, &joined(path, &module.ident.to_string()), names);
            }
            item => {
                let Some((visibility, name)) = named(item) else { continue };
                let definition = (path.to_vec(), name.clone());
                if is_seen(visibility) && is_type(source, &definition) {
                    names.entry(name).or_default().insert(definition);
                }
            }
        }
    }
}

fn is_seen(visibility: &Visibility) -> bool {
    match visibility {
        Visibility::Public(_) => true,
        Visibility::Restricted(restricted) => restricted.path.is_ident("crate"),
        Visibility::Inherited => false,
    }
}

fn is_type(source: &Source, (path, name): &Definition) -> bool {
    source.0[path].items.iter().any(|item| type_name(item).is_some_and(|it| it == *name))
}

fn type_name(item: &Item) -> Option<String> {
    let ident = match item {
        Item::Enum(item) => &item.ident,
        Item::Struct(item) => &item.ident,
        Item::Trait(item) => &item.ident,
        Item::Type(item) => &item.ident,
        Item::Union(item) => &item.ident,
        _ => return None,
    };
    Some(ident.to_string())
}
