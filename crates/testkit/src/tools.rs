//! Where the tests find the programs that they run for real.

use std::path::{Path, PathBuf};

use baton_standalone::Search;

/// The folder of the workspace's `Cargo.toml`.
pub(crate) fn workspace() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .ancestors()
        .nth(2)
        .expect("the crate lies two folders below the workspace")
}

/// `PATH`, then `.tools/bin` of the workspace, then the usual places.
pub(crate) fn search() -> Search {
    Search {
        path: std::env::var_os("PATH").unwrap_or_default(),
        extra: vec![workspace().join(".tools/bin")],
    }
}

/// A program by its name; a panic that says how to get it when it is not there.
pub(crate) fn program(name: &str) -> PathBuf {
    search().program(name).unwrap_or_else(|| {
        panic!("{name} not found on PATH or in .tools/bin; run scripts/bootstrap")
    })
}
