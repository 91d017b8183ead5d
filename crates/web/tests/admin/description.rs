//! The description of the API: complete, consistent, and the one in `docs`.

use crate::common::World;
use causerie_web::admin::openapi;
use serde_json::Value;
use std::{collections::BTreeSet, env, fs, path::Path};

/// Set it to write `docs/openapi.json` anew.
const UPDATE: &str = "CAUSERIE_UPDATE_OPENAPI";

fn document() -> Value {
    serde_json::from_str(openapi()).expect("JSON")
}

#[test]
fn the_file_in_docs_is_what_the_code_says() {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/openapi.json");
    if env::var_os(UPDATE).is_some() {
        fs::write(&file, openapi()).expect("it can be written");
    }
    let written = fs::read_to_string(&file).unwrap_or_default();
    assert!(
        written == openapi(),
        "docs/openapi.json isn't what the code says; write it anew with {UPDATE}=1 cargo test -p causerie-web"
    );
}

#[test]
fn every_operation_is_described_with_its_answers_and_errors() {
    let document = document();
    assert!(
        document["openapi"]
            .as_str()
            .is_some_and(|version| version.starts_with("3.1."))
    );
    let mut ids = BTreeSet::new();
    for (path, item) in document["paths"].as_object().expect("paths") {
        for (method, operation) in item.as_object().expect("operations") {
            let at = format!("{method} {path}");
            assert!(
                ids.insert(operation["operationId"].to_string()),
                "{at}: {operation}"
            );
            assert!(
                operation["summary"]
                    .as_str()
                    .is_some_and(|text| text.ends_with('.')),
                "{at}"
            );
            assert_eq!(operation["security"], serde_json::json!([{"token": []}]), "{at}");
            let responses = operation["responses"].as_object().expect("responses");
            assert!(responses.keys().any(|status| status.starts_with('2')), "{at}");
            for status in ["401", "403", "429", "503"] {
                let schema = &responses[status]["content"]["application/json"]["schema"];
                assert_eq!(schema["$ref"], "#/components/schemas/ErrorBody", "{at}");
            }
            assert!(
                responses.values().all(|response| response["description"]
                    .as_str()
                    .is_some_and(|text| !text.is_empty())),
                "{at}"
            );
            let takes_body = operation.get("requestBody").is_some();
            assert_eq!(responses.contains_key("413"), takes_body, "{at}");
            // Each name in the path is a parameter with words about it.
            let names = path.split('/').filter_map(|part| part.strip_prefix('{'));
            let names: BTreeSet<&str> = names.map(|name| name.trim_end_matches('}')).collect();
            let parameters = operation["parameters"].as_array().cloned().unwrap_or_default();
            let in_path = parameters.iter().filter(|one| one["in"] == "path");
            let told: BTreeSet<&str> = in_path.filter_map(|one| one["name"].as_str()).collect();
            assert_eq!(told, names, "{at}");
            assert!(
                parameters.iter().all(|one| one["description"].is_string()),
                "{at}"
            );
        }
    }
}

/// All values of `$ref` below this.
fn references<'a>(value: &'a Value, found: &mut BTreeSet<&'a str>) {
    match value {
        Value::Object(fields) => {
            found.extend(fields.get("$ref").and_then(Value::as_str));
            fields.values().for_each(|value| references(value, found));
        }
        Value::Array(items) => items.iter().for_each(|value| references(value, found)),
        _ => {}
    }
}

#[test]
fn every_schema_that_is_named_is_there_and_has_words() {
    let document = document();
    let mut found = BTreeSet::new();
    references(&document, &mut found);
    assert!(found.len() > 20, "{found:?}");
    for reference in found {
        let target = document.pointer(reference.trim_start_matches('#'));
        let target = target.unwrap_or_else(|| panic!("{reference} leads nowhere"));
        assert!(target["description"].is_string(), "{reference}");
    }
}

#[tokio::test]
async fn the_server_describes_itself() {
    let world = World::new().await;
    let answer = world.local("GET", "/v1/openapi.json", &Value::Null).await;
    assert_eq!((answer.status, answer.body.as_str()), (200, openapi()));
    assert!(
        answer.head.contains("content-type: application/json"),
        "{}",
        answer.head
    );
}
