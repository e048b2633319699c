//! A private broker and a private database per test.

#![cfg(test)]

use std::{path::Path, process::Command};

use baton_testkit::{TestBroker, TestDatabase};

/// Asks by the real client program of the same installation.
fn ask(database: &TestDatabase, statement: &str) -> String {
    let said = Command::new("psql")
        .args(["-XAtq", &database.url(), "-c", statement])
        .output()
        .unwrap();
    let words = String::from_utf8_lossy(&said.stderr);
    assert!(said.status.success(), "{words}");
    String::from_utf8(said.stdout).unwrap().trim().to_owned()
}

#[tokio::test]
async fn a_broker_comes_back_at_the_same_address() {
    let mut broker = TestBroker::start().await;
    let url = broker.url();
    broker.kill9().await;
    assert_eq!(broker.pid(), None);
    broker.start_again().await;
    broker.restart().await;
    assert_eq!(broker.url(), url);
    assert!(broker.pid().is_some());
}

#[tokio::test]
async fn a_broker_is_gone_with_its_owner() {
    let broker = TestBroker::start().await;
    let process = Path::new("/proc").join(broker.pid().unwrap().to_string());
    assert!(process.exists());
    drop(broker);
    assert!(!process.exists());
}

#[tokio::test]
async fn what_a_database_has_committed_survives_its_death() {
    let mut database = TestDatabase::start().await;
    ask(&database, "CREATE TABLE kept (n INT)");
    for n in 0..5 {
        ask(&database, &format!("INSERT INTO kept VALUES ({n})"));
        database.kill9().await;
        database.start_again().await;
    }
    assert_eq!(ask(&database, "SELECT count(*) FROM kept"), "5");
}

#[tokio::test]
async fn two_databases_know_nothing_of_each_other() {
    let (one, other) = tokio::join!(TestDatabase::start(), TestDatabase::start());
    ask(&one, "CREATE TABLE mine (n INT)");
    let seen = "SELECT count(*) FROM pg_tables WHERE tablename = 'mine'";
    assert_eq!(ask(&one, seen), "1");
    assert_eq!(ask(&other, seen), "0");
    assert_ne!(one.url(), other.url());
}
