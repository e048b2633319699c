//! The schema says what the domain says, and says it in words too.

use std::collections::BTreeSet;

use baton_domain::{
    Channel, FailureCode, HelpEnd, HelpKind, MessageKind, MessageState, PauseCause, PauseMethod,
    PauseMode, Provider, Refusal, Role, SessionHealth, SessionStatus, Stage as Work, StateName,
    TerminalName, TokenKind,
    run::{PauseKind, control::PausePhase},
    session::ChainLink,
};

use crate::stage::{Stage, store};

/// The words that a check constraint allows.
async fn words(stage: &Stage, constraint: &str) -> BTreeSet<String> {
    let definition: String = sqlx::query_scalar(
        "SELECT pg_get_constraintdef(oid) FROM pg_constraint WHERE conname = $1",
    )
    .bind(constraint)
    .fetch_one(&mut stage.raw().await)
    .await
    .expect("the constraint is there");
    let quoted = definition.split('\'').skip(1).step_by(2);
    quoted.map(str::to_owned).collect()
}

fn set<'a>(words: impl IntoIterator<Item = &'a str>) -> BTreeSet<String> {
    words.into_iter().map(str::to_owned).collect()
}

// B-01
#[tokio::test(flavor = "multi_thread")]
async fn the_checks_allow_the_words_of_the_domain_and_no_others() {
    let stage = Stage::start().await;
    let states = StateName::ALL.iter().map(|state| state.as_str());
    assert_eq!(words(&stage, "task_runs_state").await, set(states));
    let codes = FailureCode::ALL.iter().map(|code| code.as_str());
    assert_eq!(words(&stage, "task_runs_failure_code").await, set(codes));
    let stages = Work::ALL.iter().map(|work| work.as_str());
    assert_eq!(words(&stage, "task_runs_stage").await, set(stages));
    let kinds = PauseKind::ALL.iter().map(|kind| kind.as_str());
    assert_eq!(words(&stage, "task_runs_pause_kind").await, set(kinds));
    let kinds = TokenKind::ALL.iter().map(|kind| kind.as_str());
    assert_eq!(words(&stage, "tokens_kind").await, set(kinds));
    let roles = Role::ALL.iter().map(|role| role.as_str());
    assert_eq!(words(&stage, "tokens_role").await, set(roles));
    let terminal = StateName::ALL.iter().filter(|state| state.is_terminal());
    let terminal = set(terminal.map(|state| state.as_str()));
    assert_eq!(words(&stage, "task_runs_finished_known").await, terminal);
    let refusals = [
        Refusal::Duplicate,
        Refusal::OtherAttempt,
        Refusal::NotHolder,
        Refusal::WrongState,
        Refusal::StaleFence,
    ];
    let mut refusals = set(refusals.iter().map(|refusal| refusal.as_str()));
    refusals.extend(["other_gate", "unknown_run", "unknown_command"].map(str::to_owned));
    assert_eq!(words(&stage, "task_run_events_refusal").await, refusals);
}

// H-05 H-06
#[tokio::test(flavor = "multi_thread")]
async fn the_checks_on_control_allow_the_words_of_the_domain_and_no_others() {
    let stage = Stage::start().await;
    let mut ends = set(HelpEnd::ALL.iter().map(|it| it.as_str()));
    ends.insert("open".to_owned());
    let allowed = [
        (
            "task_run_control_phase",
            set(PausePhase::ALL.iter().map(|it| it.as_str())),
        ),
        (
            "task_run_control_cause",
            set(PauseCause::ALL.iter().map(|it| it.as_str())),
        ),
        (
            "task_run_control_mode",
            set(PauseMode::ALL.iter().map(|it| it.as_str())),
        ),
        (
            "task_run_control_method",
            set(PauseMethod::ALL.iter().map(|it| it.as_str())),
        ),
        (
            "task_run_messages_kind",
            set(MessageKind::ALL.iter().map(|it| it.as_str())),
        ),
        (
            "task_run_messages_state",
            set(MessageState::ALL.iter().map(|it| it.as_str())),
        ),
        (
            "task_run_help_requests_kind",
            set(HelpKind::ALL.iter().map(|it| it.as_str())),
        ),
        ("task_run_help_requests_state", ends),
    ];
    for (constraint, expected) in allowed {
        assert_eq!(words(&stage, constraint).await, expected, "{constraint}");
    }
}

// H-01 H-02
#[tokio::test(flavor = "multi_thread")]
async fn the_checks_on_sessions_allow_the_words_of_the_domain_and_no_others() {
    let stage = Stage::start().await;
    let table = "task_run_live_sessions";
    let statuses = SessionStatus::ALL.iter().map(|status| status.as_str());
    // A run without a row is disabled.
    let statuses = set(statuses.filter(|status| *status != "disabled"));
    assert_eq!(words(&stage, &format!("{table}_status")).await, statuses);
    let providers = set(Provider::ALL.iter().map(|provider| provider.as_str()));
    for constraint in ["provider", "wished"] {
        let allowed = words(&stage, &format!("{table}_{constraint}")).await;
        assert_eq!(allowed, providers, "{constraint}");
    }
    let healths = SessionHealth::ALL.iter().map(|health| health.as_str());
    assert_eq!(
        words(&stage, &format!("{table}_health")).await,
        set(healths)
    );
    let roles = Role::ALL.iter().map(|role| role.as_str());
    assert_eq!(words(&stage, &format!("{table}_role")).await, set(roles));
    let channels = set(Channel::ALL.iter().map(|channel| channel.as_str()));
    assert_eq!(words(&stage, &format!("{table}_channel")).await, channels);
    assert_eq!(words(&stage, "task_run_inputs_channel").await, channels);
    let terminals = TerminalName::ALL.iter().map(|name| name.as_str());
    assert_eq!(
        words(&stage, "task_run_inputs_terminal").await,
        set(terminals)
    );
    let links = ChainLink::ALL.iter().map(|link| link.as_str());
    assert_eq!(words(&stage, "task_run_inputs_chain").await, set(links));
}

#[tokio::test(flavor = "multi_thread")]
async fn every_table_and_every_column_is_explained() {
    let stage = Stage::start().await;
    let silent: Vec<String> = sqlx::query_scalar(
        "SELECT c.relname || coalesce('.' || a.attname, '')
         FROM pg_class c
         LEFT JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
         WHERE c.relnamespace = 'public'::regnamespace AND c.relkind = 'r'
           AND c.relname <> '_sqlx_migrations'
           AND (col_description(c.oid, a.attnum) IS NULL OR obj_description(c.oid) IS NULL)",
    )
    .fetch_all(&mut stage.raw().await)
    .await
    .expect("the catalogue can be read");
    assert_eq!(silent, Vec::<String>::new());
}

#[tokio::test(flavor = "multi_thread")]
async fn migrating_twice_is_migrating_once_and_a_bare_database_is_told_apart() {
    let database = baton_testkit::TestDatabase::start().await;
    let store = store(&database, false);
    let before = store.schema_version().await.expect("the database answers");
    assert_eq!(before.found, 0);
    let refused = store.writer().await.expect_err("there are no tables");
    assert!(refused.to_string().contains("baton migrate"), "{refused}");
    store.migrate().await.expect("a first time");
    store.migrate().await.expect("a second time");
    let after = store.schema_version().await.expect("the database answers");
    assert_eq!(after.found, after.needed);
}

#[tokio::test(flavor = "multi_thread")]
async fn no_index_holds_what_changes_with_everything_that_is_said_of_a_run() {
    let stage = Stage::start().await;
    let held: Vec<String> = sqlx::query_scalar(
        "SELECT indexdef FROM pg_indexes WHERE tablename = 'task_runs'
             AND indexdef ~ '\\m(position|lease_last_seq|usage_[a-z_]+)\\M'",
    )
    .fetch_all(&mut stage.raw().await)
    .await
    .expect("the database answers");
    // One such index, and every change is written into all of them.
    assert_eq!(held, [""; 0]);
}
