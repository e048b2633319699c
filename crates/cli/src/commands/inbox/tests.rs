use serde_json::{Value, json};

use super::{answer::meant, *};

fn help(changes: &Value) -> HelpRequest {
    let opened = SystemClock.now() - chrono::TimeDelta::seconds(125);
    let mut help = json!({
        "id": "0198c5f2-7e7b-7d3a-9c55-1f6b0a4d2e33",
        "taskRunId": "0198c5f2-7e7b-7d3a-9c55-1f6b0a4d2e31",
        "runTitle": "Mend the parser", "attempt": 1, "workerId": "w-1", "kind": "permission",
        "question": "May it run this?", "detail": "Bash: make test\nin /srv/repo",
        "options": [{"answer": "deny", "label": "No"}, {"answer": "allow", "label": "Yes, once"}],
        "freeText": false, "blocking": true, "state": "open", "openedAt": opened,
    });
    for (name, value) in changes.as_object().unwrap() {
        help[name] = value.clone();
    }
    serde_json::from_value(help).unwrap()
}

#[test]
fn a_request_reads_as_what_is_asked_and_how_to_answer() {
    let asked = shown(&help(&json!({})));
    let question = json!({
        "kind": "question", "detail": null, "options": [], "freeText": true, "blocking": false,
        "question": "Which of the two schemas?",
    });
    let question = shown(&help(&question));
    let over = shown(&help(&json!({
        "state": "answered", "answer": "allow", "answeredBy": "ada", "note": "the test database",
        "answeredAt": SystemClock.now(),
    })));
    let timed_out = shown(&help(&json!({"state": "timed_out"})));
    insta::assert_snapshot!([asked, question, over, timed_out].join("\n"));
}

#[test]
fn an_answer_may_be_the_number_of_an_option() {
    let asked = help(&json!({}));
    for (given, answer) in [
        ("allow", "allow"),
        ("1", "deny"),
        ("2", "allow"),
        ("3", "3"),
        ("0", "0"),
    ] {
        assert_eq!(meant(&asked, given), answer, "{given}");
    }
    let numbers =
        json!({"options": [{"answer": "2", "label": "two"}, {"answer": "1", "label": "one"}]});
    assert_eq!(meant(&help(&numbers), "1"), "1", "an answer is itself");
}
