//! The documents speak of what is there: every path that they name exists, every requirement names its proof.

use std::{
    fs,
    path::{Path, PathBuf},
};

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .parent()
        .expect("the workspace")
        .to_owned()
}

fn read(path: &str) -> String {
    fs::read_to_string(root().join(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
}

/// The words in backquotes that look like paths of the project.
fn paths(text: &str) -> impl Iterator<Item = &str> {
    let quoted = text.split('`').skip(1).step_by(2);
    let top = [
        "crates/",
        "tests/",
        "static/",
        "nats/",
        "migrations",
        "deploy",
        "scripts",
        "docs/",
        ".cargo/",
        ".ci/",
    ];
    quoted.filter(move |word| {
        top.iter().any(|start| word.starts_with(start)) && !word.contains([' ', '*', '<'])
    })
}

#[test]
fn every_path_in_the_documents_exists() {
    for document in [
        "ARCHITECTURE.md",
        "README.md",
        "CONTRIBUTING.md",
        "docs/TRACEABILITY.md",
    ] {
        let text = read(document);
        for path in paths(&text) {
            let file = path.split("::").next().unwrap_or(path);
            assert!(
                root().join(file).exists(),
                "{document} names {path}, which does not exist"
            );
        }
    }
    assert!(
        paths(&read("ARCHITECTURE.md")).count() > 20,
        "the architecture names its rooms"
    );
}

#[test]
fn every_test_in_the_traceability_exists_and_names_its_requirement() {
    let text = read("docs/TRACEABILITY.md");
    let mut rows = 0;
    for line in text.lines().filter(|line| {
        line.starts_with("| W-") || line.starts_with("| H-") || line.starts_with("| B-")
    }) {
        rows += 1;
        let id = line.split_whitespace().nth(1).expect("an id");
        let tests: Vec<&str> = line
            .split('`')
            .skip(1)
            .step_by(2)
            .filter(|word| word.contains("::"))
            .collect();
        assert!(!tests.is_empty(), "{id} names no test");
        for test in &tests {
            let (file, name) = test.split_once("::").expect("file::test");
            let source = read(file);
            assert!(
                source.contains(&format!("fn {name}("))
                    || source.contains(&format!("'{name}'"))
                    || source.contains(&format!("\"{name}\"")),
                "{id}: no test {test}"
            );
        }
        let named = tests
            .iter()
            .any(|test| read(test.split("::").next().unwrap_or(test)).contains(id));
        assert!(named, "no test of {id} names it");
    }
    assert!(
        rows >= 13,
        "W-01..W-10, H-16, B-01 and B-10 are required of this version"
    );
}
