//! The bill of materials: every crate that is built into the programs or their tests, in the form of `CycloneDX` 1.6.

use serde_json::{Value, json};

/// Makes it of what `cargo metadata --format-version 1` prints.
///
/// # Panics
/// When `metadata` is something else.
#[must_use]
pub fn of(metadata: &Value) -> Value {
    let list = |value: &Value| value.as_array().cloned().unwrap_or_default();
    let packages = list(&metadata["packages"]);
    assert!(!packages.is_empty(), "this is not what `cargo metadata --format-version 1` prints: it has no packages");
    let components: Vec<Value> = packages.iter().map(component).collect();
    let url_of = |id: &Value| packages.iter().find(|package| &package["id"] == id).map(url);
    let dependencies: Vec<Value> = list(&metadata["resolve"]["nodes"])
        .iter()
        .map(|node| {
            let needed: Vec<String> = list(&node["dependencies"]).iter().filter_map(url_of).collect();
            json!({ "ref": url_of(&node["id"]), "dependsOn": needed })
        })
        .collect();
    json!({
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "version": 1,
        "metadata": { "component": { "type": "application", "bom-ref": "stepgate", "name": "stepgate" } },
        "components": components,
        "dependencies": dependencies,
    })
}

fn component(package: &Value) -> Value {
    let mut component = json!({
        "type": "library",
        "bom-ref": url(package),
        "name": package["name"],
        "version": package["version"],
        "purl": url(package),
    });
    if let Some(licence) = package["license"].as_str() {
        // Older crates write `MIT/Apache-2.0`.
        component["licenses"] = json!([{ "expression": licence.replace('/', " OR ") }]);
    }
    if let Some(repository) = package["repository"].as_str() {
        component["externalReferences"] = json!([{ "type": "vcs", "url": repository }]);
    }
    component
}

/// The package URL.
fn url(package: &Value) -> String {
    let text = |name: &str| package[name].as_str().unwrap_or_default();
    format!("pkg:cargo/{}@{}", text("name"), text("version"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_crate_is_listed_with_its_licence_and_what_it_needs() {
        let package = |name: &str, licence: Value| json!({ "id": format!("id-{name}"), "name": name, "version": "1.0.0", "license": licence, "repository": null });
        let bill = of(&json!({
            "packages": [package("a", json!("MIT/Apache-2.0")), package("b", Value::Null)],
            "resolve": { "nodes": [
                { "id": "id-a", "dependencies": ["id-b"] },
                { "id": "id-b", "dependencies": [] },
            ]},
        }));
        assert_eq!(bill["components"][0]["licenses"][0]["expression"], "MIT OR Apache-2.0");
        assert_eq!(bill["components"][1].get("licenses"), None);
        assert_eq!(bill["dependencies"][0], json!({ "ref": "pkg:cargo/a@1.0.0", "dependsOn": ["pkg:cargo/b@1.0.0"] }));
    }
}
