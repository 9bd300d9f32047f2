//! `Choices`.

use super::language::Language;
use super::{Targets, fields};
use crate::document::{Entry, LoadError, Node, read_each};
use crate::states::asl::choice::{Choice, Family, Operand, Order, Test, Type, timestamp};
use crate::states::asl::{ChoiceRule, Condition, Reach, StatePath};

/// The rules of a Choice state with their targets.
pub(super) fn rules(
    what: &str,
    node: &Node,
    targets: &Targets<'_>,
    language: Language,
) -> Result<Vec<ChoiceRule>, LoadError> {
    let choices = node.require(what, "Choices")?;
    let list = choices.expect_list(&format!("`Choices` of {what}"))?;
    if list.is_empty() {
        return Err(LoadError::at(&choices.position, format!("`Choices` of {what} must not be empty")));
    }
    let what = format!("a choice of {what}");
    let next_of = format!("`Next` of {what}");
    let mut rules = Vec::with_capacity(list.len());
    for entry in list {
        language.check_fields(&what, entry)?;
        let next = entry.require(&what, "Next")?;
        let condition = match language {
            Language::JsonPath => Condition::Holds(rule(&what, entry, true)?),
            Language::Jsonata => condition(&what, entry)?,
        };
        rules.push(ChoiceRule {
            condition,
            next: targets.find(&next_of, next)?,
            assign: fields::assign(&what, entry, language, Reach::default())?,
            output: language.template(&what, entry, "Output", Reach::default())?,
        });
    }
    Ok(rules)
}

/// `Condition`
fn condition(what: &str, entry: &Node) -> Result<Condition, LoadError> {
    entry.expect_keys(what, &["Condition", "Next", "Output", "Assign", "Comment"])?;
    let node = entry.require(what, "Condition")?;
    if let Some(formula) = Language::Jsonata.formula(what, entry, "Condition")? {
        return Ok(Condition::True(formula));
    }
    let wanted = "true, false or an expression such as `{% $states.input.ready %}`";
    node.as_bool().map(Condition::Said).ok_or_else(|| node.unexpected(&format!("`Condition` of {what}"), wanted))
}

/// What a rule has besides its comparison.
const KEYS: [&str; 8] =
    ["Next", "Assign", "And", "Or", "Not", "Variable", "Comment", "a comparison, as `StringEquals`"];

/// Whether a key is a comparison, or joins some.
fn is_operator(name: &str) -> bool {
    matches!(name, "And" | "Or" | "Not")
        || name.starts_with("Is")
        || ["String", "Numeric", "Boolean", "Timestamp"].iter().any(|family| name.starts_with(family))
}

fn rule(what: &str, node: &Node, outermost: bool) -> Result<Choice, LoadError> {
    let mut operator: Option<&Entry> = None;
    let mut variable: Option<&Entry> = None;
    for entry in node.expect_map(what)? {
        match entry.key.as_str() {
            "Comment" => {}
            "Next" | "Assign" if outermost => {}
            "Next" => {
                return Err(LoadError::at(&entry.position, format!("{what}: only the outermost rule has `Next`")));
            }
            "Variable" => variable = Some(entry),
            name if !is_operator(name) => {
                return Err(entry.unsupported(what, if outermost { &KEYS } else { &KEYS[2..] }));
            }
            _ if operator.is_some() => {
                return Err(LoadError::at(
                    &entry.position,
                    format!("{what} has two comparisons: join them with `And`"),
                ));
            }
            _ => operator = Some(entry),
        }
    }
    let Some(operator) = operator else {
        return Err(LoadError::at(&node.position, format!("{what} has no comparison")));
    };
    let joined = |entry: &Entry| {
        let list = entry.value.expect_list(&format!("`{}`", entry.key))?;
        if list.is_empty() {
            return Err(LoadError::at(&entry.position, format!("`{}` of {what} must not be empty", entry.key)));
        }
        read_each(list.iter(), |item| rule(what, item, false))
    };
    match (operator.key.as_str(), variable) {
        ("And", None) => Ok(Choice::And(joined(operator)?)),
        ("Or", None) => Ok(Choice::Or(joined(operator)?)),
        ("Not", None) => Ok(Choice::Not(Box::new(rule(what, &operator.value, false)?))),
        ("And" | "Or" | "Not", Some(variable)) => Err(LoadError::at(
            &variable.position,
            format!("{what}: `Variable` belongs inside the rules of `{}`", operator.key),
        )),
        (_, None) => Err(LoadError::at(&node.position, format!("{what} needs `Variable`"))),
        (_, Some(variable)) => {
            let comparison = test(what, operator)?;
            let source = variable.value.expect_str("`Variable`")?;
            let variable = StatePath::parse(source)
                .map_err(|why| LoadError::at(&variable.value.position, format!("`Variable` of {what}: {why}")))?;
            Ok(Choice::Test { variable: Box::new(variable), test: comparison })
        }
    }
}

fn test(what: &str, entry: &Entry) -> Result<Test, LoadError> {
    let name = entry.key.as_str();
    let kind = match name {
        "IsNull" => Some(Type::Null),
        "IsString" => Some(Type::String),
        "IsNumeric" => Some(Type::Numeric),
        "IsBoolean" => Some(Type::Boolean),
        "IsTimestamp" => Some(Type::Timestamp),
        _ => None,
    };
    if let Some(kind) = kind {
        return Ok(Test::Is(kind, entry.value.expect_bool(&format!("`{name}`"))?));
    }
    match name {
        "IsPresent" => return Ok(Test::Present(entry.value.expect_bool("`IsPresent`")?)),
        "StringMatches" => return Ok(Test::Matches(entry.value.expect_str("`StringMatches`")?.to_owned())),
        _ => {}
    }
    let unknown =
        || LoadError::at(&entry.position, format!("{what}: `{name}` is not a comparison of the States Language"));
    let (compared, path) = name.strip_suffix("Path").map_or((name, false), |compared| (compared, true));
    let (family, order) = [
        ("String", Family::String),
        ("Numeric", Family::Numeric),
        ("Boolean", Family::Boolean),
        ("Timestamp", Family::Timestamp),
    ]
    .into_iter()
    .find_map(|(prefix, family)| Some((family, compared.strip_prefix(prefix)?)))
    .ok_or_else(unknown)?;
    let order = match order {
        "Equals" => Order::Equals,
        _ if family == Family::Boolean => return Err(unknown()),
        "LessThan" => Order::LessThan,
        "GreaterThan" => Order::GreaterThan,
        "LessThanEquals" => Order::LessThanEquals,
        "GreaterThanEquals" => Order::GreaterThanEquals,
        _ => return Err(unknown()),
    };
    let with = if path {
        let text = entry.value.expect_str(&format!("`{name}`"))?;
        Operand::Path(
            StatePath::parse(text)
                .map_err(|why| LoadError::at(&entry.value.position, format!("`{name}` of {what}: {why}")))?,
        )
    } else {
        let field = format!("`{name}` of {what}");
        match family {
            Family::String => drop(entry.value.expect_str(&field)?),
            Family::Numeric => drop(entry.value.expect_f64(&field)?),
            Family::Boolean => drop(entry.value.expect_bool(&field)?),
            Family::Timestamp => {
                if timestamp(entry.value.expect_str(&field)?).is_none() {
                    return Err(entry.value.unexpected(&field, "a timestamp such as 2016-03-14T01:59:00Z"));
                }
            }
        }
        Operand::Literal(entry.value.to_json())
    };
    Ok(Test::Compare { family, order, with: Box::new(with) })
}
