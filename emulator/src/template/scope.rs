//! What an intrinsic function can see: parameters, pseudo parameters, mappings, conditions and resources of one stack.

use std::cell::{Cell, OnceCell, RefCell};
use std::collections::{BTreeMap, HashMap};
use std::path::PathBuf;
use std::rc::{Rc, Weak};

use super::LoadOptions;
use super::assets::Assets;
use super::made::Made;
use super::resource::Resource;
use super::source::Source;
use super::types::Type;
use crate::deployment::Stack;
use crate::document::{self, LoadError, Node, Notes, Position};
use crate::openapi::ImportOptions;

/// How deep one value may be nested, all that it refers to and includes counted: this bounds the stack.
const MAX_DEPTH: usize = 2 * document::MAX_DEPTH;

/// Values and conditions that are worked out for one deployment: those that refer to each other twice at every level would
/// have no end.
const MOST_STEPS: usize = 2_000_000;

/// What all stacks of a deployment have in common.
pub(super) struct Loading {
    repairs: bool,
    no_auth: bool,
    notes: Notes,
    depth: Cell<usize>,
    /// Values and conditions that have been worked out.
    steps: Cell<usize>,
    made: Made,
    /// Nested stacks that have been opened.
    stacks: Cell<usize>,
    /// The stack that has all others, once it is open.
    root: RefCell<Weak<Scope>>,
}

impl Loading {
    pub(super) fn new(options: &LoadOptions, notes: Notes) -> Rc<Self> {
        let ([depth, steps, stacks], made) = (<[Cell<usize>; 3]>::default(), Made::default());
        let (repairs, no_auth, root) = (options.as_posted, options.no_auth, RefCell::default());
        Rc::new(Self { repairs, no_auth, notes, depth, steps, made, stacks, root })
    }

    /// What is said of the deployment.
    pub(super) fn notes(&self) -> &Notes {
        &self.notes
    }

    /// Keeps the stack that has all others.
    pub(super) fn set_root(&self, root: &Rc<Scope>) {
        *self.root.borrow_mut() = Rc::downgrade(root);
    }

    /// The stack that has all others, once it is open.
    pub(super) fn root(&self) -> Option<Rc<Scope>> {
        self.root.borrow().upgrade()
    }

    /// What has been made and copied.
    pub(super) fn made(&self) -> &Made {
        &self.made
    }

    /// Counts a nested stack, and says how many there are.
    pub(super) fn count_stack(&self) -> usize {
        self.stacks.set(self.stacks.get() + 1);
        self.stacks.get()
    }
}

/// Where a stack stands.
#[derive(Clone)]
pub(super) struct Place {
    pub(super) source: Source,
    pub(super) stack: Stack,
    /// The logical ids of the nested stacks that lead here from the root.
    pub(super) path: Vec<String>,
    /// The template files that lead here, its own included.
    pub(super) files: Vec<PathBuf>,
    pub(super) assets: Rc<Assets>,
}

/// A nested stack; `None` is one whose template is not here.
type Nested = OnceCell<Option<Box<Scope>>>;

/// The sections of one template, and what has been noted while it was read.
pub(super) struct Scope {
    loading: Rc<Loading>,
    place: Place,
    template: Node,
    parameters: BTreeMap<String, Node>,
    resources: Vec<Resource>,
    /// The place of each resource by its id; of two of one id, the first.
    places: HashMap<String, usize>,
    nested: BTreeMap<String, Nested>,
    visited: RefCell<Vec<String>>,
    /// The conditions whose truth is known.
    decided: RefCell<BTreeMap<String, bool>>,
}

impl Scope {
    /// A template of whose resources nothing is known yet.
    pub(super) fn new(loading: &Rc<Loading>, place: Place, template: Node, parameters: BTreeMap<String, Node>) -> Self {
        Self {
            loading: Rc::clone(loading),
            place,
            template,
            parameters,
            resources: Vec::new(),
            places: HashMap::new(),
            nested: BTreeMap::new(),
            visited: RefCell::default(),
            decided: RefCell::default(),
        }
    }

    /// The same with a template whose macros are written out, and with its resources.
    pub(super) fn with_resources(mut self, template: Node, resources: Vec<Resource>) -> Self {
        let stacks = resources.iter().filter(|resource| resource.kind == Type::NestedStack);
        self.nested = stacks.map(|resource| (resource.id.clone(), OnceCell::new())).collect();
        for (place, resource) in resources.iter().enumerate() {
            self.places.entry(resource.id.clone()).or_insert(place);
        }
        self.template = template;
        self.resources = resources;
        self
    }

    pub(super) fn loading(&self) -> &Rc<Loading> {
        &self.loading
    }

    pub(super) fn place(&self) -> &Place {
        &self.place
    }

    pub(super) fn source(&self) -> &Source {
        &self.place.source
    }

    pub(super) fn stack(&self) -> &Stack {
        &self.place.stack
    }

    /// What `cdk synth` says of the files that it would put into S3.
    pub(super) fn assets(&self) -> &Assets {
        &self.place.assets
    }

    pub(super) fn template(&self) -> &Node {
        &self.template
    }

    pub(super) fn mappings(&self) -> Option<&Node> {
        self.template.get("Mappings")
    }

    pub(super) fn conditions(&self) -> Option<&Node> {
        self.template.get("Conditions")
    }

    /// Whether the repairs of the deployment as posted are allowed.
    pub(super) fn repairs(&self) -> bool {
        self.loading.repairs
    }

    /// Whether every caller is let in.
    pub(super) fn no_auth(&self) -> bool {
        self.loading.no_auth
    }

    /// How OpenAPI documents are imported.
    pub(super) fn import_options(&self) -> ImportOptions {
        ImportOptions { lenient_headers: self.repairs(), no_auth: self.no_auth() }
    }

    /// The resources that the template declares, in its order, whether they are created or not.
    pub(super) fn declared(&self) -> &[Resource] {
        &self.resources
    }

    /// The resource of a logical id, whether it is created or not.
    pub(super) fn resource(&self, id: &str) -> Option<&Resource> {
        self.places.get(id).map(|place| &self.resources[*place])
    }

    /// The place of a nested stack, empty until it is opened.
    pub(super) fn nested(&self, id: &str) -> &Nested {
        self.nested.get(id).expect("every nested stack of the template has a place")
    }

    /// What a logical id of this stack is called in the whole deployment: `Orders.Machine` in the nested stack `Orders`.
    pub(super) fn qualified(&self, id: &str) -> String {
        self.place.path.iter().map(String::as_str).chain([id]).collect::<Vec<_>>().join(".")
    }

    /// The value of a parameter.
    pub(super) fn parameter(&self, name: &str) -> Option<&Node> {
        self.parameters.get(name)
    }

    /// The REST API that SAM makes for events, with the settings that `Globals` give it.
    pub(super) fn implicit_api(&self, position: &Position) -> Option<Resource> {
        let settings = self.template.get("Globals")?.get("Api")?;
        Some(Resource::implicit_api(position, settings))
    }

    /// What is said of the template.
    pub(super) fn notes(&self) -> &Notes {
        &self.loading.notes
    }

    /// Says something that was mended.
    pub(super) fn warn(&self, message: String) {
        self.notes().warn(message);
    }

    /// Whether something is being visited.
    pub(super) fn is_visiting(&self, what: &str) -> bool {
        self.visited.borrow().iter().any(|visited| visited == what)
    }

    /// Runs `visit` unless it is already being run for the same thing, which then depends on itself.
    pub(super) fn visiting<T>(
        &self,
        what: &str,
        position: &Position,
        visit: impl FnOnce() -> Result<T, LoadError>,
    ) -> Result<T, LoadError> {
        if self.is_visiting(what) {
            return Err(LoadError::at(position, format!("{what} depends on itself")));
        }
        self.visited.borrow_mut().push(what.to_owned());
        let result = visit();
        self.visited.borrow_mut().pop();
        result
    }

    /// The truth of a condition, which is worked out once.
    pub(super) fn decided(
        &self,
        condition: &str,
        decide: impl FnOnce() -> Result<bool, LoadError>,
    ) -> Result<bool, LoadError> {
        let known = self.decided.borrow().get(condition).copied();
        if let Some(known) = known {
            return Ok(known);
        }
        let truth = decide()?;
        self.decided.borrow_mut().insert(condition.to_owned(), truth);
        Ok(truth)
    }

    /// Counts what `maker`, a function or a section, makes or copies at a place.
    pub(super) fn made(&self, maker: &str, bytes: usize, position: &Position) -> Result<(), LoadError> {
        self.loading.made.count(maker, bytes, position)
    }

    /// Runs `resolve` one level deeper, unless that is too deep.
    pub(super) fn deeper<T>(
        &self,
        position: &Position,
        resolve: impl FnOnce() -> Result<T, LoadError>,
    ) -> Result<T, LoadError> {
        let depth = &self.loading.depth;
        if depth.get() >= MAX_DEPTH {
            let message = format!("this value is nested deeper than {MAX_DEPTH}, with all that it refers to");
            return Err(LoadError::at(position, message));
        }
        let steps = &self.loading.steps;
        steps.set(steps.get() + 1);
        if steps.get() > MOST_STEPS {
            let message = format!(
                "this template asks for more than {MOST_STEPS} values: its functions refer to each other too often"
            );
            return Err(LoadError::at(position, message));
        }
        depth.set(depth.get() + 1);
        let result = resolve();
        depth.set(depth.get() - 1);
        result
    }
}
