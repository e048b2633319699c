//! The rooms stay apart: what a crate must not use is refused, not only agreed upon.

use std::{path::Path, process::Command};

// W-02
#[test]
fn adding_sql_to_the_worker_or_the_broker_to_the_api_is_refused() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"))
        .parent()
        .expect("the workspace");
    let answer = Command::new("scripts/fences")
        .current_dir(root)
        .output()
        .expect("the script runs");
    let said = String::from_utf8_lossy(&answer.stderr);
    assert!(answer.status.success(), "{said}");
}
