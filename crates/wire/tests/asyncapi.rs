//! The document for other services: its examples are the golden ones, its subjects ours.

use std::{collections::BTreeMap, fs, path::Path};

use baton_wire::Subject;
use serde_json::Value;

fn read(path: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../..")
        .join(path);
    fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// The document's examples by name; each payload is written as JSON on one line.
fn examples(document: &str) -> BTreeMap<&str, Value> {
    let mut lines = document.lines().map(str::trim);
    let mut examples = BTreeMap::new();
    while let Some(line) = lines.next() {
        let Some(name) = line.strip_prefix("- name: ") else {
            continue;
        };
        let payload = lines.next().and_then(|line| line.strip_prefix("payload: "));
        let payload = payload.unwrap_or_else(|| panic!("{name} has no payload"));
        let payload = serde_json::from_str(payload).unwrap_or_else(|e| panic!("{name}: {e}"));
        assert!(
            examples.insert(name, payload).is_none(),
            "{name} is there twice"
        );
    }
    examples
}

// B-10
#[test]
fn the_examples_of_the_document_are_the_golden_ones() {
    let document = read("nats/asyncapi.yaml");
    let shown = examples(&document);
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("golden");
    let mut golden = BTreeMap::new();
    for entry in fs::read_dir(folder).expect("the folder of examples") {
        let path = entry.expect("an entry").path();
        if path.extension().is_some_and(|ext| ext == "json") {
            let name = path
                .file_stem()
                .expect("a name")
                .to_string_lossy()
                .into_owned();
            let text = fs::read_to_string(&path).expect("an example");
            let value: Value = serde_json::from_str(&text).expect("JSON");
            golden.insert(name, value);
        }
    }
    for (name, payload) in &shown {
        assert_eq!(Some(payload), golden.get(*name), "{name}");
    }
    let missing: Vec<_> = golden
        .keys()
        .filter(|n| !shown.contains_key(n.as_str()))
        .collect();
    assert!(missing.is_empty(), "the document lacks {missing:?}");
}

// B-10
#[test]
fn the_subjects_of_the_document_are_ours() {
    let document = read("nats/asyncapi.yaml");
    let run = "019a2b3c-4d5e-7f60-8a1b-2c3d4e5f607a";
    let addresses: Vec<&str> = document
        .lines()
        .filter_map(|line| line.trim().strip_prefix("address: "))
        .collect();
    assert_eq!(addresses.len(), 14);
    for address in addresses {
        let subject = address
            .replace("{shard}", "a")
            .replace("{run}", run)
            .replace("{worker}", "builder-1")
            .replace("{route}", "default_command")
            .replace("{priority}", "high")
            .replace("{terminal}", "agent")
            .replace("{scope}", "pool.gpu");
        let parsed: Subject = subject.parse().unwrap_or_else(|e| panic!("{e}"));
        assert_eq!(parsed.to_string(), subject);
    }
}
