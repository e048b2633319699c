//! What a test's own binary does when it is started again: a run's host, an agent's step, an
//! agent's question.

use std::{ffi::OsString, path::Path};

use baton_terminal::{Asked, HelpAsk, HostProgram, Step, StepEnd, ask_person, pass_step};

/// No test by itself: what a host runs as, when a worker of a test starts this binary again.
#[test]
fn host_role() {
    if std::env::var_os("BATON_PTY_HOST").is_some() {
        let mut runtime = tokio::runtime::Builder::new_current_thread();
        let runtime = runtime.enable_all().build().unwrap();
        runtime.block_on(baton_terminal::serve()).unwrap();
    }
}

/// No test by itself: an agent's step, when a script of a test starts this binary again. What it is
/// told is added to the file `TOLD`.
#[test]
fn checkpoint_role() {
    let (Some(socket), Some(told)) = (
        std::env::var_os("BATON_AGENT_SOCKET"),
        std::env::var_os("TOLD"),
    ) else {
        return;
    };
    let step = Step {
        label: Some("the next step".to_owned()),
        ended: StepEnd::Step,
    };
    let told = |messages: &[baton_terminal::Handed]| {
        let mut file = std::fs::File::options()
            .create(true)
            .append(true)
            .open(told)?;
        std::io::Write::write_all(&mut file, baton_terminal::text_of(messages).as_bytes())
    };
    pass_step(Path::new(&socket), &step, told).unwrap();
}

/// No test by itself: an agent that asks a person and waits. The answer is added to the file `TOLD`.
#[test]
fn asking_role() {
    let (Some(socket), Some(told)) = (
        std::env::var_os("BATON_AGENT_SOCKET"),
        std::env::var_os("TOLD"),
    ) else {
        return;
    };
    let mut ask = HelpAsk::new("which way?");
    ask.wait = true;
    let asked = ask_person(Path::new(&socket), ask, None).unwrap();
    let Asked::Answered(answered) = asked else {
        panic!("{asked:?}");
    };
    std::fs::write(told, answered.answer).unwrap();
}

/// A shell's words for a question of an agent, whose answer is left in a file.
pub(crate) fn asking(told: &Path) -> String {
    role(told, "asking_role")
}

/// A shell's words for one step of an agent, which adds what it is told to a file.
pub(crate) fn checkpoint(told: &Path) -> String {
    role(told, "checkpoint_role")
}

fn role(told: &Path, role: &str) -> String {
    let program = std::env::current_exe().unwrap();
    format!(
        "TOLD={} {} --exact bench::roles::{role} > /dev/null",
        told.display(),
        program.display()
    )
}

pub(super) fn host_program() -> HostProgram {
    HostProgram {
        program: std::env::current_exe().unwrap(),
        arguments: ["--exact", "bench::roles::host_role", "--nocapture"]
            .map(OsString::from)
            .into(),
    }
}
