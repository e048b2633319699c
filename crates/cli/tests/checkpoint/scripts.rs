//! A script calls it between its steps.

use baton_domain::MessageKind;
use baton_terminal::What;

use crate::agent::Run;
const WRAPPER: &str = "
    for step in build test; do
        \"$BATON\" checkpoint --label \"$step\"
        echo \"did $step\"
    done
    \"$BATON\" checkpoint --end-of-turn
    \"$BATON\" checkpoint < /dev/null
    echo over
    sleep 300";

// B-03, B-04
#[tokio::test]
async fn a_script_that_calls_it_between_its_steps_is_held_and_told() {
    let script = format!("while [ ! -e go ]; do sleep 0.01; done;{WRAPPER}");
    let mut run = Run::start(&script).await;
    run.hold(1).await;
    run.tell(1, MessageKind::Steering, 1).await;
    run.tell(2, MessageKind::Queued, 2).await;
    std::fs::write(run.folder.path().join("go"), "").unwrap();
    let before_build = |what: &What| matches!(what, What::Held(held) if held.before == "build");
    run.until(|heard| heard.told.iter().any(before_build)).await;
    assert_eq!(run.heard.stdout, "");
    run.let_go().await;
    run.until(|heard| heard.stdout.contains("over")).await;
    let said = "(Said by a person who watches this run. Take it into account before you go on.)";
    assert_eq!(
        run.heard.stdout,
        format!(
            "Message from operator anna (steering): text 1\n\n{said}\ndid build\ndid test\n\
             Message from operator anna (queued): text 2\n\n{said}\nover\n"
        )
    );
    assert_eq!(run.delivered(), [1, 2]);
}
