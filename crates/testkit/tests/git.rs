//! Sample repositories.

#![cfg(test)]

use baton_testkit::git::{BRANCH, SampleRepository};

#[test]
fn the_same_sample_has_the_same_commits_everywhere() {
    let (one, other) = (SampleRepository::new(), SampleRepository::new());
    let tip = one.ask(&["rev-parse", BRANCH]);
    assert_eq!(tip, other.ask(&["rev-parse", BRANCH]));
    assert_eq!(one.branches(), [BRANCH]);
    assert_eq!(one.subjects(BRANCH), ["Say hello"]);
}

#[test]
fn a_remote_shows_what_was_pushed() {
    let sample = SampleRepository::new();
    sample.branch("feature/one");
    sample.write("docs/new.md", "new\n");
    let id = sample.commit("Add a page");
    assert_eq!(sample.branches(), ["feature/one", BRANCH]);
    assert_eq!(
        sample.file("feature/one", "docs/new.md").as_deref(),
        Some("new")
    );
    assert_eq!(sample.file(BRANCH, "docs/new.md"), None);
    assert_eq!(sample.ask(&["rev-parse", "feature/one"]), id);
}

#[test]
#[should_panic(expected = "not on my watch")]
fn a_remote_can_refuse_pushes() {
    let sample = SampleRepository::new();
    sample.refuse_pushes("not on my watch");
    sample.write("a", "b");
    sample.commit("Refused");
}
