//! Tokens and sign-ins: made, checked, revoked, told of; and what the API's database role may do.

use baton_domain::{Role, RunId, TokenKind, WorkerScope};
use baton_store::{
    Store, StoreOptions,
    accounts::{
        self, AccountsChange, AccountsFeed, Authority, Deed, NewToken, Redeemed, Refused, SignIn,
        Ticket, Token, TokenText, Verdict,
    },
};
use sqlx::Row as _;
use tokio::task::JoinSet;
use uuid::Uuid;

use crate::stage::{Stage, at, run};

fn deed(by: &str, seconds: i64) -> Deed {
    Deed {
        by: by.to_owned().try_into().unwrap(),
        at: at(seconds),
    }
}

fn new(authority: Authority) -> NewToken {
    NewToken {
        id: Uuid::now_v7(),
        name: "ada".to_owned().try_into().unwrap(),
        authority,
        created: deed("root", 0),
        expires_at: Some(at(1000)),
    }
}

fn builder() -> Authority {
    Authority::Worker(WorkerScope {
        workers: "build-*".parse().unwrap(),
        pools: ["gpu".parse().unwrap()].into(),
        repositories: vec!["/srv/*".parse().unwrap()],
        run_types: [baton_domain::RunType::Command].into(),
    })
}

async fn made(stage: &Stage, authority: Authority) -> (Token, TokenText) {
    accounts::create(&stage.store, new(authority))
        .await
        .unwrap()
}

async fn asked(store: &Store, kind: TokenKind, text: &str, seconds: i64) -> Verdict {
    accounts::check(store, kind, text, at(seconds))
        .await
        .unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_is_good_until_it_expires_or_is_revoked_and_says_which() {
    let stage = Stage::start().await;
    for (kind, authority) in [
        (TokenKind::Operator, Authority::Operator(Role::Operator)),
        (TokenKind::Worker, builder()),
    ] {
        let (token, text) = made(&stage, authority).await;
        let text = text.reveal();
        let good = asked(&stage.store, kind, text, 1).await.good().unwrap();
        assert_eq!((good.token, good.until), (token.clone(), Some(at(1000))));
        let used = accounts::get(&stage.store, token.id).await.unwrap();
        assert_eq!(used.unwrap().last_used_at, Some(at(1)));
        let late = asked(&stage.store, kind, text, 1000).await;
        assert_eq!(late, Verdict::Refused(Refused::Expired(at(1000))));
        let revoked = accounts::revoke(&stage.store, token.id, &deed("eve", 7)).await;
        assert_eq!(revoked.unwrap().unwrap().revoked, Some(deed("eve", 7)));
        let again = accounts::revoke(&stage.store, token.id, &deed("bob", 9)).await;
        assert_eq!(again.unwrap().unwrap().revoked, Some(deed("eve", 7)));
        let refused = asked(&stage.store, kind, text, 8).await;
        assert_eq!(refused, Verdict::Refused(Refused::Revoked(at(7))));
    }
    let listed = accounts::list(&stage.store, None, 10).await.unwrap();
    assert_eq!(listed.len(), 2);
    assert_eq!(listed[0].kind(), TokenKind::Worker);
}

#[tokio::test(flavor = "multi_thread")]
async fn another_secret_and_another_kind_are_unknown_and_no_secret_is_kept() {
    let stage = Stage::start().await;
    let (token, text) = made(&stage, Authority::Operator(Role::Admin)).await;
    let (_, other) = made(&stage, Authority::Operator(Role::Admin)).await;
    let unknown = Verdict::Refused(Refused::Unknown);
    let secret = other.reveal().rsplit('_').next().unwrap();
    let mixed = format!("baton_operator_{}_{secret}", token.id.simple());
    for wrong in ["", "baton", &mixed] {
        let said = asked(&stage.store, TokenKind::Operator, wrong, 1).await;
        assert_eq!(said, unknown);
    }
    let said = asked(&stage.store, TokenKind::Worker, text.reveal(), 1).await;
    assert_eq!(said, unknown);
    let rows = sqlx::query("SELECT t::text, encode(hash, 'hex') FROM tokens t")
        .fetch_all(&mut stage.raw().await)
        .await
        .unwrap();
    let secret = text.reveal().rsplit('_').next().unwrap();
    for row in rows {
        assert!(!row.get::<String, _>(0).contains(secret));
        assert_ne!(row.get::<String, _>(1), secret);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_sign_in_is_good_as_long_as_its_token_is() {
    let stage = Stage::start().await;
    let (token, _) = made(&stage, Authority::Operator(Role::Viewer)).await;
    let sign_in = |end| SignIn {
        id: Uuid::now_v7(),
        token: token.id,
        at: at(1),
        expires_at: at(end),
    };
    let short = sign_in(50);
    let cookie = accounts::sign_in(&stage.store, short).await.unwrap();
    let check = async |cookie: &TokenText, seconds| {
        accounts::check_sign_in(&stage.store, cookie.reveal(), at(seconds))
            .await
            .unwrap()
    };
    let good = check(&cookie, 2).await.good().unwrap();
    assert_eq!((good.sign_in, good.until), (Some(short.id), Some(at(50))));
    let late = check(&cookie, 50).await;
    assert_eq!(late, Verdict::Refused(Refused::SignInExpired(at(50))));
    let as_token = asked(&stage.store, TokenKind::Operator, cookie.reveal(), 2).await;
    assert_eq!(as_token, Verdict::Refused(Refused::Unknown));

    assert!(
        accounts::sign_in_is_open(&stage.store, short.id)
            .await
            .unwrap()
    );
    accounts::sign_out(&stage.store, short.id, at(3))
        .await
        .unwrap();
    assert!(
        !accounts::sign_in_is_open(&stage.store, short.id)
            .await
            .unwrap()
    );
    let out = check(&cookie, 4).await;
    assert_eq!(out, Verdict::Refused(Refused::SignedOut(at(3))));

    let long = accounts::sign_in(&stage.store, sign_in(5000))
        .await
        .unwrap();
    assert_eq!(check(&long, 4).await.good().unwrap().until, Some(at(1000)));
    accounts::revoke(&stage.store, token.id, &deed("root", 6))
        .await
        .unwrap();
    assert_eq!(
        check(&long, 7).await,
        Verdict::Refused(Refused::Revoked(at(6)))
    );
}

fn ticket(run: RunId, token: &Token) -> Ticket {
    Ticket {
        id: Uuid::now_v7(),
        run,
        token: Some(token.id),
        sign_in: None,
        at: at(1),
        expires_at: at(31),
    }
}

// H-11
#[tokio::test(flavor = "multi_thread")]
async fn a_ticket_is_good_once_for_its_run_until_its_end_and_while_its_token_is() {
    let stage = Stage::start().await;
    let (token, _) = made(&stage, Authority::Operator(Role::Viewer)).await;
    let (ours, other) = (run().id(), RunId::from_uuid(Uuid::from_u128(9)));
    let refused = Redeemed::Known(Verdict::Refused(Refused::Ticket));
    let written = async |ticket| {
        let text = accounts::write_ticket(&stage.store, ticket).await;
        text.unwrap().reveal().to_owned()
    };
    let redeemed = async |run, text: &str, seconds| {
        let redeemed = accounts::redeem_ticket(&stage.store, run, text, at(seconds)).await;
        redeemed.unwrap()
    };

    let text = written(ticket(ours, &token)).await;
    assert_eq!(redeemed(other, &text, 2).await, refused, "another run's");
    let mut racing = JoinSet::new();
    for _ in 0..20 {
        let (store, text) = (stage.store.clone(), text.clone());
        racing.spawn(async move { accounts::redeem_ticket(&store, ours, &text, at(2)).await });
    }
    let worth = racing.join_all().await;
    let worth: Vec<_> = worth.into_iter().map(Result::unwrap).collect();
    let good: Vec<_> = worth.iter().filter(|worth| **worth != refused).collect();
    let [Redeemed::Known(Verdict::Good(checked))] = good[..] else {
        panic!("good {} times", good.len());
    };
    assert_eq!(checked.token.id, token.id);

    let late = written(ticket(ours, &token)).await;
    assert_eq!(redeemed(ours, &late, 31).await, refused, "too old");
    let twisted = written(ticket(ours, &token)).await;
    let other_secret = format!("{}{}", &twisted[..twisted.len() - 64], "0".repeat(64));
    assert_eq!(redeemed(ours, &other_secret, 2).await, refused);
    let unproven = written(Ticket {
        token: None,
        ..ticket(ours, &token)
    })
    .await;
    assert_eq!(redeemed(ours, &unproven, 2).await, Redeemed::Unproven);

    accounts::revoke(&stage.store, token.id, &deed("eve", 3))
        .await
        .unwrap();
    let revoked = Redeemed::Known(Verdict::Refused(Refused::Revoked(at(3))));
    assert_eq!(redeemed(ours, &twisted, 4).await, revoked);
}

#[tokio::test(flavor = "multi_thread")]
async fn changes_are_told_and_uses_are_not() {
    let mut stage = Stage::start().await;
    let mut feed = AccountsFeed::new(&stage.store);
    assert_eq!(feed.next().await, AccountsChange::Anything);
    let (token, text) = made(&stage, Authority::Operator(Role::Admin)).await;
    let told = AccountsChange::Token(token.id);
    assert_eq!(feed.next().await, told);
    asked(&stage.store, TokenKind::Operator, text.reveal(), 1).await;
    let eve = deed("eve", 2);
    let changed = accounts::change_role(&stage.store, token.id, Role::Viewer, &eve).await;
    let changed = changed.unwrap().unwrap();
    assert_eq!(changed.authority, Authority::Operator(Role::Viewer));
    assert_eq!(changed.role_changed, Some(deed("eve", 2)));
    assert_eq!(feed.next().await, told);
    let new = SignIn {
        id: Uuid::now_v7(),
        token: token.id,
        at: at(3),
        expires_at: at(4),
    };
    accounts::sign_in(&stage.store, new).await.unwrap();
    accounts::sign_out(&stage.store, new.id, at(3))
        .await
        .unwrap();
    assert_eq!(feed.next().await, AccountsChange::SignIn(new.id));

    // Not one of these is lost to an outage: after it anything may be other than it was.
    stage.database.kill9().await;
    stage.database.start_again().await;
    assert_eq!(feed.next().await, AccountsChange::Anything);
    accounts::revoke(&stage.store, token.id, &deed("root", 6))
        .await
        .unwrap();
    assert_eq!(feed.next().await, told);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_apis_role_keeps_accounts_and_can_write_nothing_else() {
    let stage = Stage::start().await;
    stage.keep(run()).await;
    let role = "baton_api".parse().unwrap();
    let missing = stage.store.grant_api(&role).await.unwrap_err();
    assert!(missing.to_string().contains("baton_api"), "{missing}");
    stage.store.set_role(&role, "it's secret").await.unwrap();
    stage.store.set_role(&role, "other").await.unwrap();
    stage.store.grant_api(&role).await.unwrap();
    let url = stage.database.url();
    let (_, place) = url.split_once('@').unwrap();
    let url = format!("postgres://baton_api:other@{place}");
    let store = Store::connect(&StoreOptions {
        url: url.clone(),
        max_connections: 2,
        read_only: true,
        application_name: "test".to_owned(),
    })
    .unwrap();

    store.check_schema().await.unwrap();
    assert_eq!(
        baton_store::runs::get(&store, run().id()).await.unwrap(),
        None
    );
    let (token, text) = accounts::create(&store, new(builder())).await.unwrap();
    let good = asked(&store, TokenKind::Worker, text.reveal(), 1).await;
    assert!(good.good().is_some());
    let id = run().id();
    let written = accounts::write_ticket(&store, ticket(id, &token)).await;
    let written = written.unwrap();
    let redeemed = accounts::redeem_ticket(&store, id, written.reveal(), at(2)).await;
    assert!(matches!(
        redeemed.unwrap(),
        Redeemed::Known(Verdict::Good(_))
    ));
    accounts::revoke(&store, token.id, &deed("root", 2))
        .await
        .unwrap();

    let mut raw = <sqlx::PgConnection as sqlx::Connection>::connect(&url)
        .await
        .unwrap();
    for forbidden in [
        "UPDATE task_runs SET title = 'x'",
        "INSERT INTO recorder_position (position) VALUES (1)",
        "DELETE FROM task_run_events",
        "TRUNCATE task_runs",
        "DELETE FROM tokens",
        "UPDATE terminal_tickets SET expires_at = now()",
        "UPDATE tokens SET hash = hash",
        "UPDATE tokens SET worker_pattern = '*'",
        "CREATE TABLE mine (a int)",
        "DROP TABLE tokens",
    ] {
        let refused = sqlx::raw_sql(forbidden)
            .execute(&mut raw)
            .await
            .unwrap_err();
        let code = refused
            .as_database_error()
            .and_then(|e| e.code().map(|c| c.into_owned()));
        assert_eq!(code.as_deref(), Some("42501"), "{forbidden}: {refused}");
    }
}
