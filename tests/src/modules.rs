//! Which module of a crate uses which.

use std::collections::{BTreeMap, BTreeSet};

use syn::visit::{self, Visit};
use syn::{Item, Macro, UseTree};

use crate::source::{ModulePath, Source, joined};

/// The modules directly below one module, and for each the neighbours that it uses.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Graph(pub BTreeMap<String, BTreeSet<String>>);

impl Graph {
    /// Who uses whom among the modules directly below `parent`, whatever lies deeper counted with them.
    /// A name that a module passes on (`pub use`) counts as the one who defines it.
    #[must_use]
    pub fn below(source: &Source, parent: &[String]) -> Self {
        let child_of = |path: &[String]| -> Option<String> {
            path.starts_with(parent).then(|| path.get(parent.len()).cloned()).flatten()
        };
        let mut graph = Self::default();
        for (path, module) in &source.0 {
            let Some(child) = child_of(path) else { continue };
            let used = paths(&module.items).into_iter().filter_map(|used| definer(source, path, &used));
            let neighbours: BTreeSet<String> =
                used.filter_map(|used| child_of(&used)).filter(|neighbour| *neighbour != child).collect();
            graph.0.entry(child).or_default().extend(neighbours);
        }
        graph
    }

    /// The circles: each is a set of modules of which every one reaches every other.
    #[must_use]
    pub fn circles(&self) -> Vec<BTreeSet<String>> {
        let reach: BTreeMap<&String, BTreeSet<&String>> =
            self.0.keys().map(|from| (from, self.reached(from))).collect();
        let circle = |from: &String| -> BTreeSet<String> {
            let back = |to: &&&String| reach.get(**to).is_some_and(|reached| reached.contains(from));
            reach[from].iter().filter(back).map(|to| (*to).clone()).collect()
        };
        let circles: BTreeSet<_> = self.0.keys().map(circle).filter(|circle| circle.len() > 1).collect();
        circles.into_iter().collect()
    }

    fn reached(&self, from: &String) -> BTreeSet<&String> {
        let mut reached = BTreeSet::new();
        let mut next: Vec<&String> = self.0[from].iter().collect();
        while let Some(module) = next.pop() {
            if reached.insert(module) {
                next.extend(self.0.get(module).into_iter().flatten());
            }
        }
        reached
    }

    /// The graph in Mermaid's notation, without the arrows that a longer way implies already.
    #[must_use]
    pub fn to_mermaid(&self) -> String {
        let mut lines = vec!["graph LR".to_owned()];
        for (from, used) in &self.0 {
            let implied: BTreeSet<&String> =
                used.iter().filter(|other| self.0.contains_key(*other)).flat_map(|other| self.reached(other)).collect();
            let direct: Vec<&String> = used.iter().filter(|to| !implied.contains(to)).collect();
            if direct.is_empty() {
                lines.push(format!("    {from}"));
            }
            lines.extend(direct.iter().map(|to| format!("    {from} --> {to}")));
        }
        lines.join("\n")
    }
}

/// The module that defines what a path names, seen from a module; `None` if it is not of this crate.
fn definer(source: &Source, at: &[String], path: &[String]) -> Option<ModulePath> {
    let mut module = match path.first()?.as_str() {
        "crate" => ModulePath::new(),
        "self" => at.to_vec(),
        "super" => at.split_last()?.1.to_vec(),
        child if source.0.contains_key(&joined(at, child)) => joined(at, child),
        _ => return None,
    };
    for name in &path[1..] {
        let child = joined(&module, name);
        if name == "super" {
            module.pop();
        } else if source.0.contains_key(&child) {
            module = child;
        } else if let Some(import) = imported(source, &module, name) {
            // Passed on: whoever defines it, not who passes it on. What comes of another crate is the passer's own.
            return definer(source, &module, import).or(Some(module));
        } else {
            break;
        }
    }
    Some(module)
}

fn imported<'a>(source: &'a Source, module: &[String], name: &str) -> Option<&'a Vec<String>> {
    source.0[module].imports.iter().find(|import| import.name == name).map(|import| &import.path)
}

/// Every path that the items write, those within macros included.
fn paths(items: &[Item]) -> Vec<Vec<String>> {
    let mut paths = Paths(Vec::new());
    for item in items {
        paths.visit_item(item);
    }
    paths.0
}

struct Paths(Vec<Vec<String>>);

impl<'ast> Visit<'ast> for Paths {
    fn visit_item_mod(&mut self, _: &'ast syn::ItemMod) {
        // A module of its own.
    }

    fn visit_item_use(&mut self, item: &'ast syn::ItemUse) {
        self.add_tree(&item.tree, &[]);
    }

    fn visit_path(&mut self, path: &'ast syn::Path) {
        self.0.push(path.segments.iter().map(|segment| segment.ident.to_string()).collect());
        visit::visit_path(self, path);
    }

    fn visit_visibility(&mut self, _: &'ast syn::Visibility) {
        // `pub(in crate::a)` uses nothing.
    }

    fn visit_macro(&mut self, mac: &'ast Macro) {
        let text = mac.tokens.to_string().replace(" :: ", "::").replace(":: ", "::").replace(" ::", "::");
        let is_of_a_path = |c: char| c.is_alphanumeric() || c == '_' || c == ':';
        for word in text.split(|c| !is_of_a_path(c)).filter(|word| word.contains("::")) {
            self.0.push(word.split("::").filter(|name| !name.is_empty()).map(str::to_owned).collect());
        }
        visit::visit_macro(self, mac);
    }
}

impl Paths {
    fn add_tree(&mut self, tree: &UseTree, before: &[String]) {
        match tree {
            UseTree::Path(path) => self.add_tree(&path.tree, &joined(before, &path.ident.to_string())),
            UseTree::Name(name) => self.0.push(joined(before, &name.ident.to_string())),
            UseTree::Rename(rename) => self.0.push(joined(before, &rename.ident.to_string())),
            UseTree::Group(group) => group.items.iter().for_each(|tree| self.add_tree(tree, before)),
            UseTree::Glob(_) => self.0.push(before.to_vec()),
        }
    }
}
