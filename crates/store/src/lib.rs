//! The only crate that speaks SQL: readers, the recorder's writer, migrations.
