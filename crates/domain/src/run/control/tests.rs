//! The control of a run: every state of a pause, a message and a request for help with every fact.

mod hand_backs;
mod lives;
mod overlaps;
mod runs;
mod words;

use runs::*;
use words::*;

/// Rows are facts, columns are states; a cell is the state that follows, or the refusal (`!`).
/// `asked` to `resuming` are the phases of a pause by command 1, whose end command 2 wishes;
/// `takeover` is wished, `taken` has begun, `handing` is to be handed back.
const PAUSES: &str = "
fact              | idle         | asked        | delivered    | held         | resuming     | takeover     | taken        | handing
pause             | asked        | asked        | asked        | held         | held         | !wrong_state | !wrong_state | !wrong_state
pause again       | asked        | !duplicate   | !duplicate   | !duplicate   | !duplicate   | !wrong_state | !wrong_state | !wrong_state
resume            | !wrong_state | resuming     | resuming     | resuming     | !duplicate   | handing      | !wrong_state | !wrong_state
takeover          | takeover     | takeover     | takeover     | takeover     | takeover     | !duplicate   | !duplicate   | !duplicate
hand back         | !wrong_state | !wrong_state | !wrong_state | !wrong_state | !wrong_state | handing      | handing      | !duplicate
cancel            | idle         | idle         | idle         | resuming     | resuming     | idle         | handing      | handing
delivered 1       | idle         | delivered    | delivered    | held         | resuming     | takeover     | taken        | handing
delivered 2       | idle         | asked        | delivered    | held         | resuming     | takeover     | taken        | handing
delivered other   | idle         | asked        | delivered    | held         | resuming     | takeover     | taken        | handing
refused 1         | idle         | idle         | idle         | held         | resuming     | idle         | held         | resuming
refused 2         | idle         | asked        | delivered    | held         | held         | takeover     | taken        | taken
paused            | held         | held         | held         | held         | resuming     | takeover     | taken        | handing
paused by policy  | held         | held         | held         | held         | held         | takeover     | taken        | handing
resumed           | !wrong_state | !wrong_state | !wrong_state | idle         | idle         | !wrong_state | idle         | idle
takeover began    | !wrong_state | !wrong_state | !wrong_state | taken        | handing      | !wrong_state | taken        | handing
takeover expired  | !wrong_state | !wrong_state | !wrong_state | !wrong_state | !wrong_state | asked        | held         | resuming
takeover over     | !wrong_state | !wrong_state | !wrong_state | !wrong_state | !wrong_state | asked        | held         | resuming
other one over    | !wrong_state | !wrong_state | !wrong_state | !wrong_state | !wrong_state | !wrong_state | !wrong_state | !wrong_state
lost              | idle         | asked        | asked        | asked        | idle         | asked        | asked        | idle
failed            | idle         | idle         | idle         | idle         | idle         | idle         | idle         | idle
succeeded         | idle         | idle         | idle         | !wrong_state | !wrong_state | idle         | !wrong_state | !wrong_state
progress          | idle         | asked        | delivered    | held         | resuming     | takeover     | taken        | handing
agent started     | idle         | asked        | delivered    | held         | resuming     | takeover     | taken        | handing
";

// H-05 H-09 B-03
#[test]
fn every_phase_of_a_pause_answers_every_fact_as_the_table_says() {
    check(PAUSES, pause_in, pause_fact, |run, _| pause_of(run));
}

/// The same while nobody holds the run: what is wished is wished of the next attempt.
const WAITING: &str = "
fact            | idle         | asked
pause           | asked        | asked
resume          | !wrong_state | idle
takeover        | !wrong_state | !wrong_state
hand back       | !wrong_state | !wrong_state
cancel          | idle         | idle
delivered 1     | !wrong_state | !wrong_state
";

// H-05 W-12
#[test]
fn a_run_that_waits_is_held_and_let_go_without_a_worker() {
    check(WAITING, waiting_in, pause_fact, |run, _| pause_of(run));
}

/// `back` is a message that somebody wants back; `over` is what became of it for good.
const MESSAGES: &str = "
fact            | none         | queued       | back         | delivered    | dropped      | over
send            | queued       | !duplicate   | !duplicate   | !duplicate   | !duplicate   | queued
take back       | !wrong_state | back         | !duplicate   | !wrong_state | !wrong_state | !wrong_state
handed over     | !wrong_state | delivered    | delivered    | !wrong_state | delivered    | !wrong_state
seen            | !wrong_state | !wrong_state | !wrong_state | seen         | !wrong_state | !wrong_state
dropped         | !wrong_state | dropped      | cancelled    | !wrong_state | !wrong_state | !wrong_state
taken back      | !wrong_state | cancelled    | cancelled    | !wrong_state | !wrong_state | !wrong_state
lost            | none         | queued       | cancelled    | queued       | queued       | none
failed          | none         | undelivered  | cancelled    | delivered    | undelivered  | none
succeeded       | none         | undelivered  | cancelled    | delivered    | undelivered  | none
progress        | none         | queued       | back         | delivered    | dropped      | none
";

// H-06 H-10 B-04
#[test]
fn every_state_of_a_message_answers_every_fact_as_the_table_says() {
    check(MESSAGES, message_in, message_fact, message_of);
}

/// `own` is what a run asks that is given up; `over` is over.
const HELP: &str = "
fact            | none         | open         | answered     | own             | over
ask             | open         | !wrong_state | !wrong_state | !wrong_state    | open
ask as the run  | !wrong_state | !wrong_state | !wrong_state | !wrong_state    | !wrong_state
answer          | !wrong_state | answered     | !duplicate   | closed answered | !wrong_state
close           | !wrong_state | closed answered | closed answered | !wrong_state | !wrong_state
lost            | none         | closed run_ended | closed run_ended | !wrong_state | none
succeeded       | none         | closed run_ended | closed run_ended | !wrong_state | none
redriven        | !wrong_state | !wrong_state | !wrong_state | closed withdrawn | !wrong_state
progress        | none         | open         | answered     | !wrong_state    | none
";

// W-12
#[test]
fn every_state_of_a_request_for_help_answers_every_fact_as_the_table_says() {
    check(HELP, help_in, help_fact, help_of);
}

/// Applies every fact of a table to every state of it.
fn check(
    table: &'static str,
    state: fn(&str) -> Run,
    kind: fn(&str, &Run) -> FactKind,
    name: fn(&Run, &Told) -> String,
) {
    let mut lines = table.trim().lines();
    let cells = |line: &'static str| line.split('|').map(str::trim).collect::<Vec<_>>();
    let header = cells(lines.next().expect("a header"));
    for line in lines {
        let row = cells(line);
        for (column, expected) in header[1..].iter().zip(&row[1..]) {
            let run = state(column);
            let fact = fact(run.position.get() + 1, kind(row[0], &run));
            let answer = match run.step_with(&fact) {
                Ok((next, told)) => {
                    agrees(&next);
                    name(&next, &told)
                }
                Err(step) => format!("!{}", step.refusal.as_str()),
            };
            assert_eq!(answer, *expected, "'{column}' and '{}'", row[0]);
        }
    }
}
