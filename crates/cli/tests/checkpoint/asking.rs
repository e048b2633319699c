//! A person is asked.

use baton_domain::HelpEnd;
use baton_terminal::{HelpAnswer, What};

use crate::agent::{Heard, Run, output};
#[tokio::test]
async fn a_person_is_asked_and_the_answer_is_printed() {
    let mut run = Run::start("sleep 300").await;
    let arguments = [
        "need-operator",
        "--wait",
        "--option",
        "no=Keep it",
        "--option",
        "yes",
        "Drop the table?",
    ];
    let asking = run.call(&arguments).spawn().unwrap();
    let needed = |heard: &Heard| {
        heard.told.iter().find_map(|what| match what {
            What::HelpNeeded(needed) => Some(needed.clone()),
            _ => None,
        })
    };
    run.until(|heard| needed(heard).is_some()).await;
    let needed = needed(&run.heard).unwrap();
    assert_eq!(needed.question, "Drop the table?");
    let labels: Vec<&str> = needed.options.iter().map(|o| o.label.as_str()).collect();
    assert_eq!((labels, needed.free_text), (vec!["Keep it", "yes"], false));
    run.hosted.remote().answer(HelpAnswer {
        help: needed.help,
        answer: "no".to_owned(),
        note: Some("it is needed".to_owned()),
        from: Some("operator anna".to_owned()),
        command: None,
    });
    let answered =
        |what: &What| matches!(what, What::HelpClosed(closed) if closed.end == HelpEnd::Answered);
    run.until(|heard| heard.told.iter().any(answered)).await;
    let printed = output(asking).await;
    assert_eq!(
        String::from_utf8_lossy(&printed.stdout),
        "no\nit is needed\n"
    );
    let late = ["need-operator", "--wait", "--timeout", "1", "Anybody?"];
    let nobody = run.call(&late).spawn().unwrap();
    let nobody = output(nobody).await;
    assert_eq!(nobody.status.code(), Some(1));
    assert!(String::from_utf8_lossy(&nobody.stderr).contains("nobody has answered in 1 s"));
}
