//! An agent in a terminal of its own.

use baton_terminal::{AgentOutput, Exit};

use crate::bench::{Bench, Heard, end, hear, is_alive, pid_in};

#[tokio::test]
async fn an_agent_leads_a_session_with_a_terminal_of_its_size() {
    let script = "tty -s && echo yes >&2; stty size; ps -o pid=,pgid=,sid=,tty= -p $$; exit 3";
    let bench = Bench::on_terminal(script);
    let mut heard = Heard::default();
    let mut hosted = bench.launch().await;
    let ended = end(&mut hosted, &mut heard).await.unwrap();
    assert_eq!(ended.exit, Exit::Code(3));
    let pid = heard.started.unwrap().pid.to_string();
    let lines: Vec<&str> = heard.shown.lines().collect();
    assert_eq!(&lines[..2], ["yes", "40 120"]);
    let words: Vec<&str> = lines[2].split_whitespace().collect();
    assert_eq!(&words[..3], [&pid; 3]);
    assert!(words[3].starts_with("pts/"));
    assert_eq!((heard.stdout, heard.stderr), Default::default());
}

#[tokio::test]
async fn piped_output_is_data_and_the_terminal_still_controls_the_agent() {
    let script = "cat; echo data; echo words >&2; echo more > /dev/tty; stty size < /dev/tty";
    let mut bench = Bench::on_terminal(script);
    bench.terminal().output = AgentOutput::Piped;
    bench.order.input = Some(b"input,".to_vec());
    let mut heard = Heard::default();
    end(&mut bench.launch().await, &mut heard).await.unwrap();
    assert_eq!(heard.stdout, "input,data\n40 120\n");
    assert_eq!(heard.shown, "words\r\nmore\r\n");
    assert_eq!(heard.stderr, "");
}

#[tokio::test]
async fn everything_that_was_printed_is_there_when_the_agent_has_ended() {
    for last in ["", "sleep 300 & "] {
        let script = format!("{last}i=0; while [ $i -lt 4000 ]; do i=$((i+1)); echo $i; done");
        let mut heard = Heard::default();
        let mut hosted = Bench::on_terminal(&script).launch().await;
        end(&mut hosted, &mut heard).await.unwrap();
        let counted = heard.shown.lines().map(|line| line.parse::<u32>().unwrap());
        assert!(counted.eq(1..=4000), "{last}: {}", heard.shown.len());
    }
}

// W-11
#[tokio::test]
async fn an_agent_in_a_terminal_is_ended_with_all_that_it_has_started() {
    let script = "(setsid env -i sh -c 'echo $$ > daemon; exec sleep 300' &); echo begun; cat";
    let bench = Bench::on_terminal(script);
    let mut hosted = bench.launch().await;
    let mut heard = Heard::default();
    hear(&mut hosted, &mut heard, |heard| {
        heard.shown.contains("begun")
    })
    .await;
    let daemon = pid_in(&bench.folder.path().join("daemon")).await;
    hosted.remote().ask_to_end();
    let ended = end(&mut hosted, &mut heard).await.unwrap();
    assert_eq!(ended.exit, Exit::Signal(2));
    assert!(!is_alive(daemon));
}

#[tokio::test]
async fn a_worker_shows_a_text_once_whoever_reads_the_journal_again() {
    let mut bench = Bench::on_terminal("sleep 300");
    bench.terminal().output = AgentOutput::Piped;
    let mut hosted = bench.launch().await;
    let remote = hosted.remote();
    remote.show("one\n", Some(3));
    remote.show("one\n", Some(3));
    remote.mark("turn");
    remote.show("two\n", Some(9));
    remote.show("a word\n", None);
    let mut heard = Heard::default();
    hear(&mut hosted, &mut heard, |heard| {
        heard.shown.contains("a word")
    })
    .await;
    assert_eq!(heard.shown, "[one\r\n](turn)[two\r\n][a word\r\n]");
    remote.end();
    end(&mut hosted, &mut heard).await.unwrap();
}
