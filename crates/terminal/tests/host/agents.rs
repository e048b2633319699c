//! What an agent reads, prints and returns.

use baton_terminal::{Exit, FollowError, attach};

use crate::bench::{Bench, Heard, end, is_alive};

#[tokio::test]
async fn everything_is_told_in_order_and_can_be_told_again() {
    let bench = Bench::new("echo one; echo two >&2; cat; exit 3");
    let mut bench = bench;
    let input = "x".repeat(300_000);
    bench.order.input = Some(input.clone().into_bytes());
    let mut hosted = bench.launch().await;
    let host = hosted.status().host;
    let mut heard = Heard::default();
    let ended = end(&mut hosted, &mut heard).await.unwrap();
    assert_eq!(ended.exit, Exit::Code(3));
    assert_eq!(heard.stdout, format!("one\n{input}"));
    assert_eq!(heard.stderr, "two\n");
    assert!(heard.at.is_sorted());
    let mut again = Heard::default();
    let mut hosted = attach(&bench.host()).await.unwrap();
    assert_eq!(end(&mut hosted, &mut again).await.unwrap(), ended);
    assert_eq!((again.stdout, again.stderr), (heard.stdout, heard.stderr));
    assert_eq!((again.at, again.started), (heard.at, heard.started));
    crate::bench::wait_until(|| !is_alive(host)).await;
}

#[tokio::test]
async fn an_agent_that_prints_too_much_is_not_held_up() {
    let mut bench = Bench::new("head -c 300000 /dev/zero; echo the end >&2");
    bench.order.journal_bytes = 100_000;
    let mut hosted = bench.launch().await;
    let mut heard = Heard::default();
    let ended = end(&mut hosted, &mut heard).await.unwrap();
    assert_eq!(ended.exit, Exit::Code(0));
    let kept = heard.stdout.len() + heard.stderr.len();
    assert!(kept < 100_000);
    assert_eq!(heard.lost + kept as u64, 300_008);
}

#[tokio::test]
async fn a_program_that_is_missing_is_told_from_one_that_cannot_be_started() {
    for (program, folder, missing) in [
        ("no-such-program", "/", true),
        ("/dev/null", "/", false),
        ("sh", "/no/such/folder", false),
    ] {
        let mut bench = Bench::new("");
        bench.order.program = program.into();
        bench.order.folder = folder.into();
        let mut hosted = bench.launch().await;
        match end(&mut hosted, &mut Heard::default()).await {
            Err(FollowError::NotStarted(why)) => assert_eq!(why.missing, missing, "{program}"),
            other => panic!("{other:?}"),
        }
    }
}

#[tokio::test]
async fn what_it_uses_is_measured_with_its_children() {
    let bench = Bench::new("sh -c 'i=0; while [ $i -lt 300000 ]; do i=$((i+1)); done'; sleep 300");
    let mut hosted = bench.launch().await;
    let remote = hosted.remote();
    let measuring = async {
        let mut looks = tokio::time::interval(std::time::Duration::from_millis(20));
        loop {
            looks.tick().await;
            remote.measure();
        }
    };
    let mut heard = Heard::default();
    tokio::select! {
        () = measuring => {}
        () = crate::bench::hear(&mut hosted, &mut heard, |heard| heard.status.cpu_ms >= 50) => {}
    }
    hosted.remote().end();
    end(&mut hosted, &mut heard).await.unwrap();
}
