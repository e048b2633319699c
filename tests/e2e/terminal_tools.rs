//! What sessions through a relay need is installed wherever Baton installs anything, and missed by
//! name where it is not.

use std::fs;

use baton_testkit::{Process, ProcessOptions};
use serde_json::Value;
use tempfile::TempDir;

use crate::stack::binary;

fn text(path: &str) -> String {
    let root = concat!(env!("CARGO_MANIFEST_DIR"), "/../");
    fs::read_to_string(format!("{root}{path}")).expect("a file of the source")
}

// H-15
#[test]
fn images_and_install_steps_carry_the_terminal_tools() {
    let image = text("deploy/Dockerfile");
    let worker = image.split("FROM base AS worker").nth(1);
    let worker = worker.and_then(|rest| rest.split("\nFROM ").next());
    let worker = worker.expect("the worker's image");
    for package in ["tmate", "tmux", "openssh-client", "ca-certificates"] {
        assert!(
            worker.contains(package),
            "the worker's image lacks {package}"
        );
    }
    let bootstrap = text("scripts/bootstrap");
    for package in ["tmate", "openssh-client", "ca-certificates"] {
        let step = format!("need {package}\n");
        assert!(bootstrap.contains(&step), "bootstrap lacks {package}");
    }
}

// H-15
#[tokio::test]
async fn the_doctor_names_a_missing_tmate_and_does_without() {
    let empty = TempDir::new().expect("an empty folder");
    let options = ProcessOptions::new("doctor", binary())
        .args(["doctor", "--json"])
        .env("PATH", empty.path())
        .env("HOME", empty.path())
        // It is looked for in the usual places, too.
        .env("BATON_WORKER_TMATE_BIN", empty.path().join("tmate"));
    let mut doctor = Process::start(options);
    doctor.wait().await;
    let report: Value = serde_json::from_str(&doctor.log()).expect("JSON");
    let findings = report["findings"].as_array().expect("findings");
    let tmate = findings.iter().find(|finding| finding["name"] == "tmate");
    let tmate = tmate.expect("a finding of tmate");
    assert_eq!(tmate["standing"], "lacking", "{tmate}");
    let fix = tmate["fix"].as_str().expect("a fix");
    assert!(fix.contains("install the package tmate"), "{fix}");
}
