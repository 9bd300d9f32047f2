//! A crate's sources as modules, and what a name in one of them means. Tests are left out.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use syn::punctuated::Punctuated;
use syn::{Attribute, Expr, Item, Lit, Meta, Token, UseTree, Visibility};

/// The path of a module below the crate's root, which is empty.
pub type ModulePath = Vec<String>;

/// Where an item is defined, and its name there.
pub type Definition = (ModulePath, String);

/// One module: a file, or a block of one.
#[derive(Debug)]
pub struct Module {
    /// What it holds, without tests.
    pub items: Vec<Item>,
    /// What its `use` items bring.
    pub imports: Vec<Import>,
    /// What must hold for the module to be compiled.
    pub conditions: Vec<Attribute>,
}

/// One name of a `use`.
#[derive(Debug)]
pub struct Import {
    /// The path as it is written, `crate` and `super` included.
    pub path: Vec<String>,
    /// The name under which it is known in the module.
    pub name: String,
}

/// The modules of one crate, by their paths.
#[derive(Debug)]
pub struct Source(pub BTreeMap<ModulePath, Module>);

impl Source {
    /// Reads the crate whose `lib.rs` stands in `folder`, without its tests.
    ///
    /// # Panics
    /// If a file cannot be read, is not Rust, or hides what it uses behind a glob.
    #[must_use]
    pub fn read(folder: &Path) -> Self {
        let mut source = Self(BTreeMap::new());
        source.add(ModulePath::new(), &folder.join("lib.rs"), folder, Vec::new());
        source
    }

    /// The modules of a crate given as texts: a path such as `a::b`, the root's empty, and what stands in it.
    ///
    /// # Panics
    /// If a text is not Rust.
    #[must_use]
    pub fn parse(modules: &[(&str, &str)]) -> Self {
        let mut source = Self(BTreeMap::new());
        for (path, text) in modules {
            let items = syn::parse_file(text).unwrap_or_else(|error| panic!("{path}: {error}")).items;
            let path = path.split("::").filter(|name| !name.is_empty()).map(str::to_owned).collect();
            source.insert(path, items, Vec::new());
        }
        source
    }

    fn add(&mut self, path: ModulePath, file: &Path, folder: &Path, conditions: Vec<Attribute>) {
        let text = fs::read_to_string(file).unwrap_or_else(|error| panic!("{}: {error}", file.display()));
        let items = syn::parse_file(&text).unwrap_or_else(|error| panic!("{}: {error}", file.display())).items;
        self.add_items(path, items, folder, conditions);
    }

    fn add_items(&mut self, path: ModulePath, mut items: Vec<Item>, folder: &Path, conditions: Vec<Attribute>) {
        items.retain_mut(|item| !attributes_mut(item).is_some_and(|attributes| attributes.iter().any(is_for_tests)));
        for item in &items {
            let Item::Mod(module) = item else { continue };
            let name = module.ident.to_string();
            let child = folder.join(&name);
            if let Some((_, items)) = &module.content {
                let conditions = conditions.iter().cloned().chain(conditions_of(&module.attrs)).collect();
                self.add_items(joined(&path, &name), items.clone(), &child, conditions);
                continue;
            }
            let beside = child.with_extension("rs");
            let file = if beside.is_file() { beside } else { child.join("mod.rs") };
            let conditions = conditions.iter().cloned().chain(conditions_of(&module.attrs)).collect();
            self.add(joined(&path, &name), &file, &child, conditions);
        }
        self.insert(path, items, conditions);
    }

    fn insert(&mut self, path: ModulePath, items: Vec<Item>, conditions: Vec<Attribute>) {
        let uses = items.iter().filter_map(|item| if let Item::Use(item) = item { Some(&item.tree) } else { None });
        let imports = uses.flat_map(imports).collect();
        self.0.insert(path, Module { items, imports, conditions });
    }

    /// The item of that name, as a module sees it; `None` if it is not of this crate.
    #[must_use]
    pub fn resolve(&self, module: &[String], path: &[String]) -> Option<Definition> {
        let (name, folders) = path.split_last()?;
        let mut at = module.to_vec();
        for (index, folder) in folders.iter().enumerate() {
            match folder.as_str() {
                "crate" if index == 0 => at.clear(),
                "self" if index == 0 => {}
                "super" => drop(at.pop()),
                folder => at = self.module(&at, folder)?,
            }
        }
        self.defined(&at, name).or_else(|| {
            let import = self.imports(&at).find(|import| import.name == *name)?;
            self.resolve(&at, &import.path)
        })
    }

    /// The module that a name stands for: a child, or one that a `use` names.
    fn module(&self, at: &[String], name: &str) -> Option<ModulePath> {
        let child = joined(at, name);
        if self.0.contains_key(&child) {
            return Some(child);
        }
        let import = self.imports(at).find(|import| import.name == name && import.path.len() > 1)?;
        let (head, rest) = import.path.split_first()?;
        let start = match head.as_str() {
            "crate" => ModulePath::new(),
            "super" => at.split_last()?.1.to_vec(),
            _ => return None,
        };
        let path = [start, rest.to_vec()].concat();
        self.0.contains_key(&path).then_some(path)
    }

    fn imports(&self, module: &[String]) -> impl Iterator<Item = &Import> {
        self.0[module].imports.iter()
    }

    fn defined(&self, module: &[String], name: &str) -> Option<Definition> {
        let is_it = |item: &&Item| named(item).is_some_and(|(_, ident)| ident == name);
        self.0[module].items.iter().find(is_it).map(|_| (module.to_vec(), name.to_owned()))
    }
}

/// The path of a module's child.
#[must_use]
pub fn joined(path: &[String], name: &str) -> ModulePath {
    [path, &[name.to_owned()]].concat()
}

/// Visibility and name of an item that has both, but for modules.
#[must_use]
pub fn named(item: &Item) -> Option<(&Visibility, String)> {
    let (visibility, ident) = match item {
        Item::Const(item) => (&item.vis, &item.ident),
        Item::Enum(item) => (&item.vis, &item.ident),
        Item::Fn(item) => (&item.vis, &item.sig.ident),
        Item::Static(item) => (&item.vis, &item.ident),
        Item::Struct(item) => (&item.vis, &item.ident),
        Item::Trait(item) => (&item.vis, &item.ident),
        Item::Type(item) => (&item.vis, &item.ident),
        Item::Union(item) => (&item.vis, &item.ident),
        _ => return None,
    };
    Some((visibility, ident.to_string()))
}

/// The attributes of an item that can have some.
pub fn attributes_mut(item: &mut Item) -> Option<&mut Vec<Attribute>> {
    Some(match item {
        Item::Const(item) => &mut item.attrs,
        Item::Enum(item) => &mut item.attrs,
        Item::Fn(item) => &mut item.attrs,
        Item::Impl(item) => &mut item.attrs,
        Item::Mod(item) => &mut item.attrs,
        Item::Static(item) => &mut item.attrs,
        Item::Struct(item) => &mut item.attrs,
        Item::Trait(item) => &mut item.attrs,
        Item::Type(item) => &mut item.attrs,
        Item::Union(item) => &mut item.attrs,
        Item::Use(item) => &mut item.attrs,
        _ => return None,
    })
}

/// Every name that a `use` brings.
///
/// # Panics
/// At a glob, which hides what it brings.
#[must_use]
pub fn imports(tree: &UseTree) -> Vec<Import> {
    let import = |path: String, name: String| vec![Import { path: vec![path], name }];
    match tree {
        UseTree::Path(path) => {
            let mut imports = imports(&path.tree);
            for import in &mut imports {
                import.path.insert(0, path.ident.to_string());
            }
            imports
        }
        UseTree::Name(name) => import(name.ident.to_string(), name.ident.to_string()),
        UseTree::Rename(rename) => import(rename.ident.to_string(), rename.rename.to_string()),
        UseTree::Group(group) => group.items.iter().flat_map(imports).collect(),
        UseTree::Glob(_) => panic!("a glob hides what it brings: name it"),
    }
}

/// The `#[cfg(…)]` among attributes.
#[must_use]
pub fn conditions_of(attributes: &[Attribute]) -> Vec<Attribute> {
    attributes.iter().filter(|attribute| attribute.path().is_ident("cfg")).cloned().collect()
}

/// For tests alone, or for those and what measures and fuzzes.
fn is_for_tests(condition: &Attribute) -> bool {
    fn is_a_test(meta: &Meta) -> bool {
        match meta {
            Meta::Path(path) => path.is_ident("test"),
            Meta::NameValue(it) => {
                let is_fuzzing = |value: &Expr| matches!(value, Expr::Lit(it) if matches!(&it.lit, Lit::Str(name) if name.value() == "fuzzing"));
                it.path.is_ident("feature") && is_fuzzing(&it.value)
            }
            Meta::List(list) => {
                let parts = list.parse_args_with(Punctuated::<Meta, Token![,]>::parse_terminated);
                list.path.is_ident("any") && parts.is_ok_and(|parts| parts.iter().all(is_a_test))
            }
        }
    }
    condition.path().is_ident("cfg") && condition.parse_args().is_ok_and(|meta| is_a_test(&meta))
}
