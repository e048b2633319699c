//! The OpenAPI document.

use std::{fs, path::PathBuf};

use baton_wire::http::PROBLEM_TYPES;
use serde_json::Value;

fn checked_in() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../docs/openapi.json")
}

// H-16
#[test]
fn the_checked_in_document_is_the_one_that_is_served() {
    let made = baton_api::openapi_json();
    if option_env!("BATON_UPDATE").is_some() {
        fs::write(checked_in(), &made).unwrap();
    }
    let kept = fs::read_to_string(checked_in()).unwrap();
    assert!(
        kept == made,
        "docs/openapi.json is stale: run BATON_UPDATE=1 cargo test -p baton-api document"
    );
}

#[test]
fn every_operation_has_a_summary_and_describes_its_parameters_and_problems() {
    let document: Value = serde_json::from_str(&baton_api::openapi_json()).unwrap();
    let paths = document["paths"].as_object().unwrap();
    assert!(paths.len() >= 12, "{}", paths.len());
    for (path, item) in paths {
        for (method, operation) in item.as_object().unwrap() {
            let name = format!("{method} {path}");
            assert!(
                operation["summary"].as_str().is_some_and(|s| s.len() > 10),
                "{name}"
            );
            assert!(operation["operationId"].is_string(), "{name}");
            assert!(operation["responses"]["500"].is_object(), "{name}");
            for parameter in operation["parameters"].as_array().into_iter().flatten() {
                assert!(parameter["description"].is_string(), "{name} {parameter}");
                let schema = &parameter["schema"];
                assert!(schema.is_object(), "{name} {parameter}");
            }
            for part in path.split('/').filter(|part| part.starts_with('{')) {
                let given = operation["parameters"].as_array().unwrap();
                let wanted = part.trim_matches(['{', '}']);
                assert!(
                    given
                        .iter()
                        .any(|p| p["name"] == wanted && p["required"] == true),
                    "{name}"
                );
            }
        }
    }
}

#[test]
fn every_problem_is_explained() {
    let page = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../docs/errors.md");
    let page = fs::read_to_string(page).unwrap();
    for (name, status, title) in PROBLEM_TYPES {
        let line = page
            .lines()
            .find(|line| line.starts_with(&format!("| `{name}` | {status} |")));
        assert!(
            line.is_some_and(|line| line.contains(title)),
            "{name} {status} {title}"
        );
    }
}
