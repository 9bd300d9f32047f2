//! The named repairs without which the deployment as posted does not load at all; each is said in the warnings.

use super::scope::Scope;

/// The stage that the posted template refers to without declaring a parameter for it.
const STAGE: (&str, &str) = ("Environment", "dev");

/// The folder that a build of the posted project would have made, and the file that it holds.
const BUILT: (&str, &str) = ("../dist/src/step-functions", "step-functions.js");

/// The value of a parameter that the template forgot to declare.
pub(super) fn undeclared_parameter(scope: &Scope, name: &str) -> Option<String> {
    let (parameter, value) = STAGE;
    if !scope.repairs() || name != parameter {
        return None;
    }
    scope.warn(format!("parameter `{parameter}` is not declared; taken as `{value}`"));
    Some(value.to_owned())
}

/// The file beside the template that stands in for a folder outside of it.
pub(super) fn module_outside(scope: &Scope, path: &str) -> Option<&'static str> {
    let (folder, file) = BUILT;
    if !scope.repairs() || path != folder {
        return None;
    }
    scope.warn(format!("code `{folder}` lies outside the template's folder; taken from `{file}` beside the template"));
    Some(file)
}
