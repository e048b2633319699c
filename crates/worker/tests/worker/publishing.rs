//! Repositories: clones, patches and branches.

use baton_domain::Attempt;
use baton_testkit::git::{BRANCH, SampleRepository};
use baton_wire::{Event, LeaseStep};
use serde_json::{Value, json};

use crate::bench::{Bench, Story};

fn change(repository: &str, script: &str) -> Value {
    json!({
        "type": "command",
        "title": "Change something",
        "repository": repository,
        "task": { "argv": ["sh", "-c", script], "publish": { "mode": "branch" } },
    })
}

const CHANGES: &str = "echo more >> README.md; printf '\\000\\001' > picture; rm src/greet.sh; \
    mkdir new; echo new > 'new/a file'; echo ignored > debug.log; echo '*.log' > .gitignore";

fn pushed(story: &Story) -> (String, String) {
    let pushed = story.events().into_iter().find_map(|event| match event {
        Event::BranchPushed { branch, commit } => Some((branch.clone(), commit.clone())),
        _ => None,
    });
    pushed.unwrap_or_else(|| panic!("nothing was pushed: {story:#?}"))
}

fn is_good(story: &Story) -> bool {
    matches!(story.last(), Some(Event::Succeeded { .. }))
}

// W-10
#[tokio::test]
async fn all_changes_become_a_patch_and_a_branch() {
    let bench = Bench::new().await;
    let worker = bench.work();
    let repository = SampleRepository::new();
    let script = format!("{CHANGES}; git add README.md; git commit -qm 'my own commit'");
    let run = bench.submit(change(&repository.url(), &script)).await;
    let story = bench.end(run).await;
    assert!(is_good(&story), "{story:#?}");
    let (branch, commit) = pushed(&story);
    assert!(branch.starts_with("task/20"), "{branch}");
    assert!(branch.ends_with(&run.short()), "{branch}");
    let tip = repository.ask(&["rev-parse", &branch]);
    assert_eq!(tip, commit);
    let files = repository.ask(&["ls-tree", "-r", "--name-only", &branch]);
    assert_eq!(files, ".gitignore\nREADME.md\nnew/a file\npicture");
    assert_eq!(
        repository.subjects(&branch),
        ["Change something", "Say hello"]
    );
    let body = repository.ask(&["log", "-1", "--format=%an <%ae>%n%b", &branch]);
    assert_eq!(body, format!("Baton <baton@localhost>\nBaton-Run: {run}"));
    assert!(story.has(|event| *event
        == Event::PatchWritten {
            files: 5,
            insertions: 3,
            deletions: 2
        }));
    let patch = bench.sink.kept()[&format!("{run}/1/patches/changes.patch")].clone();
    assert_patch_gives(&repository, &patch, &branch);
    worker.leave().await;
}

/// The patch, applied to the start, gives the branch's files.
fn assert_patch_gives(repository: &SampleRepository, patch: &[u8], branch: &str) {
    let folder = tempfile::tempdir().unwrap();
    let git = |words: &[&str]| {
        let said = std::process::Command::new("git")
            .args(words)
            .current_dir(folder.path())
            .output()
            .unwrap();
        assert!(said.status.success(), "{said:?}");
        String::from_utf8(said.stdout).unwrap()
    };
    std::fs::write(folder.path().join("p"), patch).unwrap();
    git(&["clone", "-q", &repository.url(), "copy"]);
    git(&["-C", "copy", "apply", "--index", "../p"]);
    let tree = git(&["-C", "copy", "write-tree"]);
    let wanted = repository.ask(&["rev-parse", &format!("{branch}^{{tree}}")]);
    assert_eq!(tree.trim(), wanted);
}

#[tokio::test]
async fn settings_that_an_agent_leaves_in_its_copy_are_not_obeyed() {
    let bench = Bench::new().await;
    let worker = bench.work();
    let repository = SampleRepository::new();
    let script = "git config core.fsmonitor 'touch $HOME/obeyed; false'; \
        git config diff.external 'touch $HOME/obeyed'; git config core.sshCommand 'touch $HOME/obeyed'; \
        printf '#!/bin/sh\\ntouch $HOME/obeyed\\n' > .git/hooks/pre-push; chmod +x .git/hooks/pre-push; \
        git config remote.origin.url /nowhere; git config filter.x.clean 'touch $HOME/obeyed; cat'; \
        echo '* filter=x' > .gitattributes; echo more >> README.md";
    let run = bench.submit(change(&repository.url(), script)).await;
    let story = bench.end(run).await;
    assert!(is_good(&story), "{story:#?}");
    assert!(!bench.workspace(run, 1).join("home/obeyed").exists());
    let readme = repository.file(&pushed(&story).0, "README.md").unwrap();
    assert!(readme.ends_with("more"));
    worker.leave().await;
}

#[tokio::test]
async fn the_start_can_be_a_branch_a_tag_or_a_commit_and_nothing_at_all() {
    let bench = Bench::new().await;
    let worker = bench.work();
    let repository = SampleRepository::new();
    let first = repository.ask(&["rev-parse", BRANCH]);
    assert_eq!(repository.ask(&["tag", "v1", BRANCH]), "");
    repository.branch("feature/a");
    repository.write("feature", "yes");
    repository.commit("A feature");
    for (start, wanted) in [
        (None, None),
        (Some("feature/a"), Some("feature/a")),
        (Some("v1"), Some("v1")),
        (Some(first.as_str()), None),
        (Some(&first[..10]), None),
    ] {
        let mut request = change(repository.remote().to_str().unwrap(), "git status -sb");
        request["task"]["git"] = json!({ "startingBranch": start });
        let story = bench.end(bench.submit(request).await).await;
        assert!(is_good(&story), "{story:#?}");
        let commit = match start {
            Some("feature/a") => repository.ask(&["rev-parse", "feature/a"]),
            _ => first.clone(),
        };
        let reference = start.map_or(Some(BRANCH.to_owned()), |_| wanted.map(str::to_owned));
        let expected = Event::CheckedOut {
            commit,
            reference,
            carried_from: None,
        };
        assert!(
            story.has(|event| *event == expected),
            "{start:?} {story:#?}"
        );
        assert!(story.has(|event| matches!(event, Event::PublishSkipped { .. })));
    }
    let empty = SampleRepository::empty();
    let run = bench
        .submit(change(&empty.url(), "echo first > file"))
        .await;
    let story = bench.end(run).await;
    assert!(is_good(&story), "{story:#?}");
    assert_eq!(empty.file(&pushed(&story).0, "file").unwrap(), "first");
    worker.leave().await;
}

// W-09
#[tokio::test]
async fn what_is_wrong_with_a_repository_is_said() {
    let bench = Bench::new().await;
    let worker = bench.work();
    let repository = SampleRepository::new();
    let mut no_ref = change(&repository.url(), "true");
    no_ref["task"]["git"] = json!({ "startingBranch": "no/such" });
    let refusing = SampleRepository::new();
    refusing.refuse_pushes("not on a friday");
    let cases = [
        (
            change("/nowhere/repo", "true"),
            "repository_unreadable",
            "/nowhere/repo",
        ),
        (
            change("file:///etc", "true"),
            "repository_unreadable",
            "git says",
        ),
        (
            change("http://127.0.0.1:9/x", "true"),
            "checkout_failed",
            "could not be reached",
        ),
        (no_ref, "ref_not_found", "'no/such'"),
        (
            change(&refusing.url(), CHANGES),
            "push_refused",
            "not on a friday",
        ),
    ];
    for (request, code, words) in cases {
        let run = bench.submit(request).await;
        let story = bench.end(run).await;
        let (found, message) = story.failure();
        assert_eq!(found, code, "{message}");
        assert!(message.contains(words), "{message}");
        assert!(
            bench
                .sink
                .text(&format!("{run}/1/logs/agent.log"))
                .is_some()
        );
    }
    worker.leave().await;
}

#[tokio::test]
async fn a_second_attempt_replaces_what_the_first_has_pushed_and_nobody_elses_work() {
    let bench = Bench::new().await;
    let worker = bench.work();
    let repository = SampleRepository::new();
    let mut request = change(&repository.url(), "echo $BATON_ATTEMPT > attempt");
    request["task"]["git"] = json!({ "newBranch": "wanted" });
    let run = bench.submit(request.clone()).await;
    let first = bench.end(run).await;
    assert!(is_good(&first), "{first:#?}");
    assert_eq!(repository.file("wanted", "attempt").unwrap(), "1");

    let (lease, _) = first.leases[0];
    bench.offer(run, 2, lease, &request).await;
    let two = |story: &Story| {
        let ends = story
            .events()
            .into_iter()
            .filter(|event| event.ends_attempt());
        ends.count() == 2
    };
    let story = bench.story(run, two).await;
    assert!(is_good(&story), "{story:#?}");
    assert_eq!(story.steps(), [LeaseStep::Taken, LeaseStep::Taken]);
    assert_eq!(repository.file("wanted", "attempt").unwrap(), "2");
    assert_eq!(repository.subjects("wanted").len(), 2);

    let other = bench.submit(request).await;
    let (code, message) = bench.end(other).await.failure();
    assert_eq!(code, "push_refused", "{message}");
    assert_eq!(repository.file("wanted", "attempt").unwrap(), "2");
    worker.leave().await;
}

// W-12
#[tokio::test]
async fn the_next_attempt_goes_on_from_the_files_of_the_last_one() {
    let bench = Bench::new().await;
    let worker = bench.work();
    let repository = SampleRepository::new();
    let flag = bench.state.path().join("repaired");
    let script = format!(
        "git status --porcelain; {CHANGES}; git add README.md; git commit -qm 'my own commit'; test -e {}",
        flag.display()
    );
    let mut request = change(&repository.url(), &script);
    request["retry"] = json!({ "workspace": "keep" });
    let run = bench.submit(request.clone()).await;
    let first = bench.end(run).await;
    assert_eq!(first.failure().0, "command_failed");
    std::fs::write(flag, "").unwrap();
    let (lease, _) = first.leases[0];
    bench.offer(run, 2, lease, &request).await;
    let second = bench.story(run, is_good).await;
    let carried = Some(Attempt::FIRST);
    assert!(
        second.has(|event| matches!(event, Event::CheckedOut { carried_from, .. } if *carried_from == carried)),
        "{second:#?}"
    );
    // Nothing is committed or added for the agent: its git shows what is changed, and the rest is there.
    for line in [
        " M README.md",
        " D src/greet.sh",
        "?? .gitignore",
        "?? new/",
        "?? picture",
    ] {
        assert!(second.output().contains(line), "{line}: {second:#?}");
    }
    let (branch, _) = pushed(&second);
    let readme = repository.file(&branch, "README.md").unwrap();
    assert_eq!(readme.matches("more").count(), 2);
    // What git does not see is left behind.
    assert!(bench.workspace(run, 1).join("repo/debug.log").exists());
    worker.leave().await;
}

// W-12
#[tokio::test]
async fn a_fresh_start_and_a_start_that_has_moved_carry_nothing_over() {
    let bench = Bench::new().await;
    let worker = bench.work();
    let repository = SampleRepository::new();
    let flag = bench.state.path().join("repaired");
    let script = format!("cat left; echo left > left; test -e {}", flag.display());
    let fresh = change(&repository.url(), &script);
    let mut moved = fresh.clone();
    moved["retry"] = json!({ "workspace": "keep" });
    let runs = [
        bench.submit(fresh.clone()).await,
        bench.submit(moved.clone()).await,
    ];
    let mut first = Vec::new();
    for run in runs {
        first.push(bench.end(run).await);
    }
    std::fs::write(flag, "").unwrap();
    repository.write("other", "new");
    repository.commit("Something else");
    for ((run, request), first) in runs.into_iter().zip([fresh, moved]).zip(first) {
        bench.offer(run, 2, first.leases[0].0, &request).await;
        let second = bench.story(run, is_good).await;
        assert!(
            second.has(|event| matches!(
                event,
                Event::CheckedOut {
                    carried_from: None,
                    ..
                }
            )),
            "{second:#?}"
        );
        assert!(second.output().contains("No such file"), "{second:#?}");
    }
    worker.leave().await;
}

// W-12
#[tokio::test]
async fn a_repeated_attempt_fetches_only_what_is_new() {
    let bench = Bench::new().await;
    let worker = bench.work();
    let repository = SampleRepository::new();
    let flag = bench.state.path().join("repaired");
    let script = format!(
        "cat README.md src/greet.sh more; test -e {}",
        flag.display()
    );
    let request = change(&repository.url(), &script);
    let run = bench.submit(request.clone()).await;
    let first = bench.end(run).await;
    assert_eq!(first.failure().0, "command_failed");
    let kept = bench.workspace(run, 1).display().to_string();
    let told =
        |event: &Event| matches!(event, Event::Warning { message } if message.contains(&kept));
    assert!(first.has(told), "{first:#?}");
    // The remote can no longer give what it gave before, but has something new.
    repository.write("more", "new");
    repository.commit("More");
    let old = repository.ask(&["rev-parse", "main~1:README.md"]);
    let (folder, name) = old.split_at(2);
    std::fs::remove_file(repository.remote().join("objects").join(folder).join(name)).unwrap();
    std::fs::write(flag, "").unwrap();
    let (lease, _) = first.leases[0];
    bench.offer(run, 2, lease, &request).await;
    let second = bench.story(run, is_good).await;
    assert!(second.output().contains("# Sample"), "{second:#?}");
    let store = bench.workspace(run, 2).join("store.git");
    assert!(!store.join("objects/info/alternates").exists());
    worker.leave().await;
}
