//! The items that a user of the crate can name, as Rust without bodies, documentation and private parts.

use contract_tests::source::{
    Definition, Module, ModulePath, Source, attributes_mut, conditions_of, imports, joined, named,
};
use std::collections::{BTreeMap, BTreeSet};
use syn::token::Brace;
use syn::{
    Attribute, Field, Fields, FnArg, ImplItem, Item, ItemImpl, ItemMod, Meta, Pat, Path, Signature, TraitItem, Type,
    Visibility, parse_quote,
};

/// What follows an item: its implementations.
type Impls = BTreeMap<Definition, Vec<Item>>;

/// The listing, in an order that does not follow that of the files.
pub(super) fn of(source: &Source) -> String {
    let mut exported = Impls::new();
    exposed(source, &ModulePath::new(), &mut |definition| {
        exported.insert(definition, Vec::new());
        Vec::new()
    });
    let mut impls = impls(source, &exported.into_keys().collect());
    let items = exposed(source, &ModulePath::new(), &mut |definition| impls.remove(&definition).unwrap_or_default());
    rendered(items)
}

fn rendered(items: Vec<Item>) -> String {
    prettyplease::unparse(&syn::File { shebang: None, attrs: Vec::new(), items })
}

/// What a public module shows, each item followed by what `after` has for it; modules come last.
fn exposed(source: &Source, path: &ModulePath, after: &mut impl FnMut(Definition) -> Vec<Item>) -> Vec<Item> {
    let mut listed: BTreeMap<(bool, String), Vec<Item>> = BTreeMap::new();
    for item in &source.0[path].items {
        match item {
            Item::Mod(module) if is_public(&module.vis) => {
                let name = module.ident.to_string();
                let content = exposed(source, &joined(path, &name), after);
                let attrs = conditions_of(&module.attrs);
                let content = Some((Brace::default(), content));
                listed.insert((true, name), vec![Item::Mod(ItemMod { attrs, content, semi: None, ..module.clone() })]);
            }
            Item::Use(item) if is_public(&item.vis) => {
                for import in imports(&item.tree) {
                    let items = match source.resolve(path, &import.path) {
                        Some(definition) => shown(source, definition, &conditions_of(&item.attrs), after),
                        None => vec![syn::parse_str(&format!("pub use {};", import.path.join("::"))).unwrap()],
                    };
                    listed.insert((false, import.name), items);
                }
            }
            item => match named(item) {
                Some((visibility, name)) if is_public(visibility) => {
                    let items = shown(source, (path.clone(), name.clone()), &[], after);
                    listed.insert((false, name), items);
                }
                _ => {}
            },
        }
    }
    listed.into_values().flatten().collect()
}

/// An item where it is exported, under the conditions of its export and of its own.
fn shown(
    source: &Source,
    definition: Definition,
    conditions: &[Attribute],
    after: &mut impl FnMut(Definition) -> Vec<Item>,
) -> Vec<Item> {
    let (module, name) = &definition;
    let is_it = |item: &&Item| named(item).is_some_and(|(_, ident)| ident == *name);
    let mut item = source.0[module].items.iter().find(is_it).unwrap().clone();
    strip(&mut item);
    if let Some(attributes) = attributes_mut(&mut item) {
        let missing = conditions.iter().filter(|condition| !attributes.contains(condition)).cloned();
        *attributes = missing.chain(attributes.clone()).collect();
    }
    let mut items = vec![item];
    items.extend(after(definition));
    items
}

/// The implementations of exported types and of exported traits. Those of one type with one head are one, so that a
/// method may move from file to file.
fn impls(source: &Source, exported: &BTreeSet<Definition>) -> Impls {
    let mut blocks: BTreeMap<(Definition, String), ItemImpl> = BTreeMap::new();
    for (path, module) in &source.0 {
        for item in &module.items {
            let Item::Impl(item) = item else { continue };
            let Some(owner) = owner(source, path, item, exported) else { continue };
            let block = public_part(module, path, item, &owner);
            if block.trait_.is_none() && block.items.is_empty() {
                continue;
            }
            let head = rendered(vec![Item::Impl(ItemImpl { items: Vec::new(), ..block.clone() })]);
            match blocks.get_mut(&(owner.clone(), head.clone())) {
                Some(known) => known.items.extend(block.items),
                None => drop(blocks.insert((owner, head), block)),
            }
        }
    }
    let mut impls = Impls::new();
    for ((owner, _), mut block) in blocks {
        block.items.sort_by_key(|item| match item {
            ImplItem::Fn(function) => (1, function.sig.ident.to_string()),
            ImplItem::Const(constant) => (0, constant.ident.to_string()),
            _ => (0, String::new()),
        });
        impls.entry(owner).or_default().push(Item::Impl(block));
    }
    impls
}

/// Whose listing an implementation belongs to: the type's if that is exported, else the trait's.
fn owner(source: &Source, path: &[String], item: &ItemImpl, exported: &BTreeSet<Definition>) -> Option<Definition> {
    let definition = |named: &Path| {
        let path_of: Vec<String> = named.segments.iter().map(|segment| segment.ident.to_string()).collect();
        source.resolve(path, &path_of)
    };
    let of_trait = item.trait_.as_ref().and_then(|(_, named, _)| definition(named));
    if of_trait.as_ref().is_some_and(|of_trait| !exported.contains(of_trait)) {
        return None;
    }
    let of_type = if let Type::Path(named) = &*item.self_ty { definition(&named.path) } else { None };
    match of_type {
        Some(of_type) => Some(of_type).filter(|of_type| exported.contains(of_type)),
        None => of_trait,
    }
}

/// What of an implementation can be named. Functions of a trait are the trait's.
fn public_part(module: &Module, path: &[String], item: &ItemImpl, owner: &Definition) -> ItemImpl {
    let mut block = item.clone();
    block.attrs = conditions_of(&block.attrs);
    if owner.0 != path {
        block.attrs.extend(module.conditions.iter().cloned());
    }
    let of_trait = block.trait_.is_some();
    block.items.retain(|item| match item {
        ImplItem::Const(item) => of_trait || is_public(&item.vis),
        ImplItem::Fn(item) => !of_trait && is_public(&item.vis),
        ImplItem::Type(_) => true,
        _ => false,
    });
    for item in &mut block.items {
        match item {
            ImplItem::Const(item) => keep_meaning(&mut item.attrs),
            ImplItem::Fn(item) => {
                keep_meaning(&mut item.attrs);
                keep_contract(&mut item.sig);
                item.block = parse_quote!({});
            }
            ImplItem::Type(item) => keep_meaning(&mut item.attrs),
            _ => {}
        }
    }
    block
}

/// Leaves of an item what a user can rely on.
fn strip(item: &mut Item) {
    if let Some(attributes) = attributes_mut(item) {
        keep_meaning(attributes);
    }
    match item {
        Item::Struct(item) => keep_public(&mut item.fields),
        Item::Enum(item) => {
            for variant in &mut item.variants {
                keep_meaning(&mut variant.attrs);
                variant.fields.iter_mut().for_each(|field| keep_meaning(&mut field.attrs));
            }
        }
        Item::Fn(item) => {
            keep_contract(&mut item.sig);
            item.block = parse_quote!({});
        }
        Item::Trait(item) => {
            for item in &mut item.items {
                if let TraitItem::Fn(function) = item {
                    keep_meaning(&mut function.attrs);
                    keep_contract(&mut function.sig);
                    function.default = function.default.as_ref().map(|_| parse_quote!({}));
                }
            }
        }
        _ => {}
    }
}

/// Public fields, and whether there are others.
fn keep_public(fields: &mut Fields) {
    fields.iter_mut().for_each(|field| keep_meaning(&mut field.attrs));
    let is_hidden = |field: &Field| !is_public(&field.vis);
    match fields {
        Fields::Named(fields) if fields.named.iter().any(is_hidden) => {
            let public = fields.named.iter().filter(|field| !is_hidden(field)).cloned();
            fields.named = public.chain([parse_quote!(_private: _)]).collect();
        }
        // Their number and order are part of a public field's name.
        Fields::Unnamed(fields) => {
            for field in fields.unnamed.iter_mut().filter(|field| is_hidden(field)) {
                field.ty = parse_quote!(_);
            }
        }
        Fields::Named(_) | Fields::Unit => {}
    }
}

/// Attributes that a user can tell.
fn keep_meaning(attributes: &mut Vec<Attribute>) {
    const TOLD: [&str; 6] = ["cfg", "default", "deprecated", "derive", "must_use", "non_exhaustive"];
    attributes.retain(|attribute| TOLD.iter().any(|told| attribute.path().is_ident(told)));
    for attribute in attributes {
        if attribute.path().is_ident("must_use") {
            // The reason may be worded anew.
            attribute.meta = Meta::Path(attribute.path().clone());
        }
    }
}

/// A signature without what is a matter of the body only.
fn keep_contract(signature: &mut Signature) {
    for input in &mut signature.inputs {
        match input {
            FnArg::Receiver(receiver) if receiver.reference.is_none() => receiver.mutability = None,
            FnArg::Receiver(_) => {}
            FnArg::Typed(argument) => {
                argument.attrs.clear();
                if let Pat::Ident(pattern) = &mut *argument.pat {
                    pattern.mutability = None;
                }
            }
        }
    }
}

fn is_public(visibility: &Visibility) -> bool {
    matches!(visibility, Visibility::Public(_))
}
