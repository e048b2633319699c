//! Measuring: every figure stands beside the raw limit of the same run.

use baton_testkit::{Process, ProcessOptions};

use crate::stack::binary;

#[tokio::test]
async fn figures_come_with_the_raw_limit_and_their_number() {
    let options = ProcessOptions::new("bench", binary());
    let mut bench = Process::start(options.args(["bench", "--n", "20", "--rounds", "1", "--json"]));
    assert!(bench.wait().await.success(), "{}", bench.log());
    let log = bench.log();
    let start = log.find("[\n").expect("a list");
    let end = log.rfind(']').expect("its end");
    let figures: Vec<serde_json::Value> = serde_json::from_str(&log[start..=end]).expect("JSON");
    assert_eq!(figures.len(), 3, "{log}");
    for figure in &figures {
        let conditions = figure["conditions"].as_str().expect("conditions");
        assert!(!conditions.is_empty(), "{log}");
        for side in ["ours", "raw"] {
            assert!(figure[side]["n"].as_u64() > Some(0), "{log}");
        }
        assert!(figure["ratio"].as_f64() > Some(0.0), "{log}");
    }
}
