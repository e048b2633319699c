//! The dashboard's folder exists before it is embedded, and a new page means a new binary.

use std::{fs, path::Path};

fn main() {
    let page = Path::new("../../static/dist");
    if let Err(error) = fs::create_dir_all(page) {
        println!("cargo::warning=the dashboard's folder cannot be made: {error}");
    }
    println!("cargo::rerun-if-changed=../../static/dist");
    println!("cargo::rerun-if-changed=build.rs");
}
