//! A body against its model.

use std::collections::{HashMap, HashSet};

use serde::de::IgnoredAny;
use serde_json::Value;

use super::compile::{SchemaError, compile, says_nothing};
use super::equal::{all_differ, equal, number_work};
use super::faults::Faults;
use super::format;
use super::rules::{AllowedValues, Dependency, ListRules, MapRules, Others, Rules};
use crate::budget::{Budget, Exhausted};
use crate::vtl::{Json, Leniency, Number};

/// Schemas nest and refer to themselves at most this deep while a body is checked.
const DEPTH: usize = 300;
/// Units of work that one schema costs at one value.
const CHECK: usize = 100;
/// Bytes that its result keeps.
const RESULT: usize = 64;
/// Units of work that a name which the schema does not allow costs: it is sorted among the others and told.
const UNNAMED: usize = 300;

/// A compiled model.
#[derive(Debug)]
pub(crate) struct Schema {
    root: Rules,
    definitions: HashMap<String, Rules>,
    /// Whether every JSON value fits.
    fits_all: bool,
}

/// How a body is read and checked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct ValidationOptions {
    /// Whether it may be what json-smart takes for JSON.
    pub(crate) lenient: bool,
    /// Whether `format` is looked at.
    pub(crate) formats: bool,
}

impl Default for ValidationOptions {
    fn default() -> Self {
        Self { lenient: false, formats: true }
    }
}

/// Why a body is not checked to its end.
#[derive(Debug)]
pub(crate) enum Refusal {
    /// It is not JSON, in the words of the parser.
    NotJson(String),
    /// It is more work than one request may ask for.
    Exhausted,
}

impl From<Exhausted> for Refusal {
    fn from(_: Exhausted) -> Self {
        Self::Exhausted
    }
}

impl Schema {
    /// Compiles a model; what draft 4 does not know is refused.
    pub(crate) fn compile(schema: &Value) -> Result<Self, SchemaError> {
        let (root, definitions) = compile(schema)?;
        Ok(Self { root, definitions, fits_all: says_nothing(schema) })
    }

    /// What is wrong with a body, in the words of the validator that API Gateway is known by; empty where it fits.
    pub(crate) fn faults_of(
        &self,
        body: &[u8],
        options: ValidationOptions,
        budget: &Budget,
    ) -> Result<Vec<String>, Refusal> {
        let not_json = |error: &dyn std::fmt::Display| Refusal::NotJson(error.to_string());
        let text = str::from_utf8(body).map_err(|error| not_json(&error))?;
        if self.fits_all && !options.lenient {
            budget.work(body.len())?;
            return match serde_json::from_str::<IgnoredAny>(text) {
                Ok(_) => Ok(Vec::new()),
                Err(error) => Err(not_json(&error)),
            };
        }
        let before = budget.memory_left();
        let leniency = if options.lenient { Leniency::Lenient } else { Leniency::Strict };
        let body = Json::read(text, leniency, budget).map_err(|why| not_json(&why))?;
        let mut checker = Checker {
            schema: self,
            budget,
            formats: options.formats,
            known: HashMap::new(),
            pending: HashSet::new(),
            endless: false,
        };
        let mut faults = Faults::all(budget);
        checker.check(&self.root, &body, &mut faults, 0)?;
        if checker.endless {
            faults.add(0, || "the schema refers to itself without end".to_owned())?;
        }
        budget.release(usize::try_from(before.saturating_sub(budget.memory_left())).unwrap_or(usize::MAX));
        Ok(faults.list())
    }

    fn definition(&self, name: &str) -> Option<&Rules> {
        if name.is_empty() { Some(&self.root) } else { self.definitions.get(name) }
    }
}

type Checked = Result<(), Exhausted>;

/// A body under check. What one schema has said of one value is not worked out twice.
struct Checker<'c> {
    schema: &'c Schema,
    budget: &'c Budget,
    /// Whether formats are looked at.
    formats: bool,
    known: HashMap<(usize, usize), bool>,
    /// What is being worked out: to meet it again means to go on for ever.
    pending: HashSet<(usize, usize)>,
    endless: bool,
}

impl<'c> Checker<'c> {
    fn fits(&mut self, rules: &'c Rules, value: &Json<'_>, depth: usize) -> Result<bool, Exhausted> {
        let key = (std::ptr::from_ref(rules).addr(), std::ptr::from_ref(value).addr());
        if let Some(known) = self.known.get(&key) {
            self.budget.work(CHECK)?;
            return Ok(*known);
        }
        let mut faults = Faults::whether(self.budget);
        self.check(rules, value, &mut faults, depth)?;
        self.budget.hold(RESULT)?;
        self.known.insert(key, faults.is_empty());
        Ok(faults.is_empty())
    }

    fn check(&mut self, rules: &'c Rules, value: &Json<'_>, faults: &mut Faults<'_>, depth: usize) -> Checked {
        let key = (std::ptr::from_ref(rules).addr(), std::ptr::from_ref(value).addr());
        self.budget.work(CHECK)?;
        if let Some(known) = self.known.get(&key) {
            // What is wrong with it has been told, or does not count.
            if !known && faults.first_only() {
                faults.add(0, String::new)?;
            }
            if *known || faults.first_only() {
                return Ok(());
            }
        }
        if depth > DEPTH || !self.pending.insert(key) {
            self.endless = true;
            return Ok(());
        }
        let before = faults.len();
        let done = self.check_new(rules, value, faults, depth);
        self.pending.remove(&key);
        let fits = faults.len() == before;
        if done.is_ok() && (fits || faults.first_only()) {
            self.budget.hold(RESULT)?;
            self.known.insert(key, fits);
        }
        done
    }

    fn check_new(&mut self, rules: &'c Rules, value: &Json<'_>, faults: &mut Faults<'_>, depth: usize) -> Checked {
        let depth = depth + 1;
        if let Some(name) = &rules.reference {
            // Compilation has looked for it.
            let target = self.schema.definition(name).expect("a reference that names nothing is refused");
            return self.check(target, value, faults, depth);
        }
        if !rules.types.is_empty() {
            self.budget.work(type_work(value))?;
            let found = type_of(value);
            if !rules.types.iter().any(|wanted| is_type(found, wanted)) {
                return faults.add(100, || {
                    let allowed = quoted(&rules.types);
                    format!("instance type ({found}) does not match any allowed primitive type (allowed: [{allowed}])")
                });
            }
        }
        if let Some(values) = &rules.values {
            self.check_values(values, value, faults)?;
        }
        for inner in &rules.all {
            self.check(inner, value, faults, depth)?;
            if faults.enough() {
                return Ok(());
            }
        }
        self.check_choices(rules, value, faults, depth)?;
        if let Some(name) = rules.format.as_deref().filter(|name| self.formats && !format::is_known(name)) {
            // A warning that API Gateway takes for a fault.
            faults.add(name.len(), || format!("format attribute \"{name}\" not supported"))?;
        }
        match value {
            _ if faults.enough() => Ok(()),
            Json::Number(number) => {
                self.budget.work(number_work(number))?;
                rules.number.check(number, faults)
            }
            Json::String(text) => {
                rules.string.check(text, faults, self.budget)?;
                match rules.format.as_deref().filter(|_| self.formats) {
                    Some(format) => format::check(format, text, faults, self.budget),
                    None => Ok(()),
                }
            }
            Json::List(list) => self.check_list(&rules.list, list, faults, depth),
            Json::Map(members) => self.check_map(&rules.map, value, members, faults, depth),
            Json::Null | Json::Bool(_) => Ok(()),
        }
    }

    fn check_values(&self, allowed: &AllowedValues, value: &Json<'_>, faults: &mut Faults<'_>) -> Checked {
        for allowed in &allowed.values {
            if equal(allowed, value, self.budget)? {
                return Ok(());
            }
        }
        if !faults.takes_words() {
            return faults.add(0, String::new);
        }
        let mut found = String::new();
        value.write_within(&mut found, self.budget)?;
        let possible = &allowed.words;
        faults.add(found.len() + possible.len(), || {
            format!("instance value ({found}) not found in enum (possible values: [{possible}])")
        })
    }

    fn check_choices(&mut self, rules: &'c Rules, value: &Json<'_>, faults: &mut Faults<'_>, depth: usize) -> Checked {
        if !rules.any.is_empty() {
            let mut any = false;
            for inner in &rules.any {
                any = any || self.fits(inner, value, depth)?;
            }
            if !any {
                let count = rules.any.len();
                faults.add(0, || format!("instance failed to match at least one required schema among {count}"))?;
            }
        }
        if !rules.one.is_empty() {
            let mut matched = 0;
            for inner in &rules.one {
                matched += usize::from(self.fits(inner, value, depth)?);
            }
            if matched != 1 {
                let count = rules.one.len();
                faults.add(0, || {
                    format!("instance failed to match exactly one schema (matched {matched} out of {count})")
                })?;
            }
        }
        if let Some(inner) = &rules.not
            && self.fits(inner, value, depth)?
        {
            faults.add(0, || "instance matched a schema which it should not have".to_owned())?;
        }
        Ok(())
    }

    fn check_list(
        &mut self,
        rules: &'c ListRules,
        list: &[Json<'_>],
        faults: &mut Faults<'_>,
        depth: usize,
    ) -> Checked {
        if let Some(fewest) = rules.fewest.filter(|fewest| list.len() < *fewest) {
            let length = list.len();
            faults.add(0, || {
                format!("array is too short: must have at least {fewest} elements but instance has {length} elements")
            })?;
        }
        if let Some(most) = rules.most.filter(|most| list.len() > *most) {
            let length = list.len();
            faults.add(0, || {
                format!("array is too long: must have at most {most} elements but instance has {length} elements")
            })?;
        }
        if rules.unique && !all_differ(list, self.budget)? {
            faults.add(0, || "array must not contain duplicate elements".to_owned())?;
        }
        for (at, item) in list.iter().enumerate() {
            if faults.enough() {
                return Ok(());
            }
            if let Some(every) = &rules.every {
                self.check(every, item, faults, depth)?;
                continue;
            }
            let Some(each) = &rules.each else { return Ok(()) };
            match (each.get(at), &rules.others) {
                (Some(each), _) => self.check(each, item, faults, depth)?,
                (None, Others::Fitting(other)) => self.check(other, item, faults, depth)?,
                (None, Others::Nothing) => {
                    let (allowed, length) = (each.len(), list.len());
                    return faults.add(0, || {
                        format!("schema only allows {allowed} elements in array but instance has {length} elements")
                    });
                }
                (None, Others::Anything) => return Ok(()),
            }
        }
        Ok(())
    }

    fn check_map(
        &mut self,
        rules: &'c MapRules,
        value: &Json<'_>,
        members: &[(std::borrow::Cow<'_, str>, Json<'_>)],
        faults: &mut Faults<'_>,
        depth: usize,
    ) -> Checked {
        let count = members.len();
        if let Some(fewest) = rules.fewest.filter(|fewest| count < *fewest) {
            faults.add(0, || {
                format!("object has too few properties (found {count} but schema requires at least {fewest})")
            })?;
        }
        if let Some(most) = rules.most.filter(|most| count > *most) {
            faults.add(0, || {
                format!("object has too many properties (found {count} but schema requires at most {most})")
            })?;
        }
        self.check_names(rules, value, members, faults, depth)?;
        let mut unnamed = Vec::new();
        for (name, value) in members {
            if faults.enough() {
                return Ok(());
            }
            self.budget.work(rules.properties.len() * (1 + name.len() / 16))?;
            let mut declared = false;
            for (_, inner) in rules.properties.iter().filter(|(known, _)| known == name) {
                declared = true;
                self.check(inner, value, faults, depth)?;
            }
            for (pattern, inner) in &rules.patterns {
                if pattern.is_in(name, self.budget)? {
                    declared = true;
                    self.check(inner, value, faults, depth)?;
                }
            }
            match &rules.others {
                Others::Nothing if !declared => {
                    self.budget.work(UNNAMED + name.len())?;
                    self.budget.hold(size_of::<&str>() + name.len())?;
                    unnamed.push(&**name);
                }
                Others::Fitting(inner) if !declared => self.check(inner, value, faults, depth)?,
                _ => {}
            }
        }
        if unnamed.is_empty() {
            return Ok(());
        }
        unnamed.sort_unstable();
        let bytes = unnamed.iter().map(|name| name.len() + 3).sum();
        faults.add(bytes, || {
            let unnamed = quoted(&unnamed);
            format!("object instance has properties which are not allowed by the schema: [{unnamed}]")
        })
    }

    /// The names that are required, always or by another.
    fn check_names(
        &mut self,
        rules: &'c MapRules,
        value: &Json<'_>,
        members: &[(std::borrow::Cow<'_, str>, Json<'_>)],
        faults: &mut Faults<'_>,
        depth: usize,
    ) -> Checked {
        if rules.required.is_empty() && rules.dependencies.is_empty() {
            return Ok(());
        }
        let length: usize = members.iter().map(|(name, _)| name.len()).sum();
        self.budget.work(members.len() * CHECK / 2 + length)?;
        self.budget.room(members.len() * 2 * size_of::<&str>())?;
        let names: HashSet<&str> = members.iter().map(|(name, _)| &**name).collect();
        let budget = self.budget;
        let missing = |wanted: &'c [String]| -> Result<Vec<&'c str>, Exhausted> {
            budget.work(wanted.len() * CHECK / 2)?;
            Ok(wanted.iter().map(String::as_str).filter(|name| !names.contains(name)).collect())
        };
        let bytes = |names: &[&str]| names.iter().map(|name| name.len() + 3).sum::<usize>();
        let lacking = missing(&rules.required)?;
        if !lacking.is_empty() {
            faults
                .add(bytes(&lacking), || format!("object has missing required properties ([{}])", quoted(&lacking)))?;
        }
        self.budget.work(rules.dependencies.len() * CHECK / 2)?;
        for (name, dependency) in rules.dependencies.iter().filter(|(name, _)| names.contains(name.as_str())) {
            match dependency {
                Dependency::Members(needed) => {
                    let lacking = missing(needed)?;
                    if !lacking.is_empty() {
                        let needed: Vec<&str> = needed.iter().map(String::as_str).collect();
                        faults.add(name.len() + bytes(&needed) + bytes(&lacking), || {
                            let (needed, lacking) = (quoted(&needed), quoted(&lacking));
                            format!(
                                "property \"{name}\" of object has missing property dependencies (schema requires \
                                 [{needed}]; missing: [{lacking}])"
                            )
                        })?;
                    }
                }
                Dependency::Fits(inner) => self.check(inner, value, faults, depth)?,
            }
        }
        Ok(())
    }
}

fn quoted(names: &[impl AsRef<str>]) -> String {
    names.iter().map(|name| format!("\"{}\"", name.as_ref())).collect::<Vec<_>>().join(",")
}

fn type_of(value: &Json<'_>) -> &'static str {
    match value {
        Json::Null => "null",
        Json::Bool(_) => "boolean",
        Json::Number(Number::Integer(_)) => "integer",
        Json::Number(Number::Exact(text)) if !text.contains('.') && !text.contains('E') => "integer",
        Json::Number(_) => "number",
        Json::String(_) => "string",
        Json::List(_) => "array",
        Json::Map(_) => "object",
    }
}

/// What it costs to tell the type of a value: the digits of a number are looked through.
fn type_work(value: &Json<'_>) -> usize {
    if let Json::Number(Number::Exact(text)) = value { text.len() / 8 } else { 0 }
}

fn is_type(found: &str, wanted: &str) -> bool {
    found == wanted || wanted == "number" && found == "integer"
}
