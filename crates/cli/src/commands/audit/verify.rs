//! `baton audit verify`: pure checking, and how its answer is told.

use std::collections::BTreeMap;

use baton_domain::{Attempt, RunId, session::ChainLink};
use baton_wire::{
    audit,
    http::{InputHead, InputRecord},
};
use serde::Serialize;

use super::{Typed, read};
use crate::{args::AuditArgs, client::Client, exit::Exit, output};

pub(super) async fn run(args: AuditArgs) -> anyhow::Result<Exit> {
    let typed = read(&Client::new(&args.client)?, args.run).await?;
    let verdict = verify(args.run, &typed);
    if args.client.json {
        output::print_json(&verdict)?;
    } else {
        output::print(&told(&verdict))?;
    }
    Ok(if verdict.intact {
        Exit::Done
    } else {
        Exit::Failed
    })
}

/// What was found.
#[derive(Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
struct Verdict {
    run: RunId,
    /// Whether every chain is whole.
    intact: bool,
    attempts: Vec<Chain>,
}

/// One attempt's chain.
#[derive(Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
struct Chain {
    attempt: u32,
    /// How many records there are.
    records: u64,
    /// Where the chain ends.
    head: String,
    breaks: Vec<Break>,
}

/// Where a chain is not whole.
#[derive(Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
struct Break {
    /// The record's place in its attempt, as it says itself; none when the end is missing.
    number: Option<u64>,
    why: String,
}

fn verify(run: RunId, typed: &Typed) -> Verdict {
    let mut chains: BTreeMap<u32, Vec<&InputRecord>> = BTreeMap::new();
    for head in &typed.heads {
        chains.entry(head.attempt).or_default();
    }
    for record in &typed.records {
        chains.entry(record.attempt).or_default().push(record);
    }
    let attempts: Vec<Chain> = chains
        .into_iter()
        .map(|(attempt, records)| {
            let head = typed.heads.iter().find(|head| head.attempt == attempt);
            chain(run, attempt, &records, head)
        })
        .collect();
    Verdict {
        run,
        intact: attempts.iter().all(|chain| chain.breaks.is_empty()),
        attempts,
    }
}

fn chain(run: RunId, attempt: u32, records: &[&InputRecord], counted: Option<&InputHead>) -> Chain {
    let first = Attempt::new(attempt.into()).unwrap_or(Attempt::FIRST);
    let mut found = Chain {
        attempt,
        records: 0,
        head: audit::genesis(run, first),
        breaks: Vec::new(),
    };
    let (mut number, mut ends) = (0, Vec::new());
    for record in records {
        let typed = &record.typed;
        let link = audit::judge(&found.head, number, typed);
        if link != ChainLink::Continues {
            found.breaks.push(Break {
                number: Some(typed.number),
                why: why(link, number).to_owned(),
            });
        }
        found.head.clone_from(&typed.hash);
        (number, found.records) = (typed.number, found.records + 1);
        ends.push(typed.hash.as_str());
    }
    found.breaks.extend(end(&found, &ends, counted));
    found
}

/// Whether the chain has the end that the recorder counted. More may have come since.
fn end(found: &Chain, ends: &[&str], counted: Option<&InputHead>) -> Option<Break> {
    let why = match counted {
        None => "the run's session counts no records of this attempt".to_owned(),
        Some(head) if found.records < head.count => format!(
            "the run's session counts {} records, {} are there: {} are missing",
            head.count,
            found.records,
            head.count - found.records
        ),
        Some(head) if head.count == 0 => return None,
        Some(head) => {
            let last = usize::try_from(head.count.saturating_sub(1)).unwrap_or(usize::MAX);
            if ends.get(last).copied() == Some(&*head.hash) {
                return None;
            }
            format!(
                "the run's session says that record {} has the hash {}: it has another",
                head.count, head.hash
            )
        }
    };
    Some(Break { number: None, why })
}

const fn why(link: ChainLink, before: u64) -> &'static str {
    match link {
        ChainLink::Continues => "it continues the chain",
        ChainLink::OtherPrevious if before == 0 => {
            "it does not begin the chain: records before it are missing, or it is of another run"
        }
        ChainLink::OtherPrevious => {
            "it does not continue from the record before it: one between them is missing, or one of \
             them was changed"
        }
        ChainLink::OtherNumber => "its number is not the next one: records were left out or put in",
        ChainLink::OtherHash => "its hash is not of what it says: it was changed",
    }
}

fn told(verdict: &Verdict) -> String {
    if verdict.attempts.is_empty() {
        return "nothing was typed".to_owned();
    }
    let mut lines = Vec::new();
    for chain in &verdict.attempts {
        let (attempt, records) = (chain.attempt, chain.records);
        if chain.breaks.is_empty() {
            let head = &chain.head;
            lines.push(format!(
                "attempt {attempt}: {records} records, intact, ending in {head}"
            ));
            continue;
        }
        lines.push(format!("attempt {attempt}: {records} records, BROKEN"));
        lines.extend(chain.breaks.iter().map(|found| {
            let place = found.number.map_or_else(
                || "at its end".to_owned(),
                |number| format!("at record {number}"),
            );
            format!("  {place}: {}", found.why)
        }));
    }
    lines.join("\n")
}

#[cfg(test)]
mod tests {
    use serde_json::json;
    use uuid::Uuid;

    use super::*;

    fn run_id() -> RunId {
        RunId::from_uuid(Uuid::from_u128(7))
    }

    /// `count` records of the first attempt, and where they end.
    fn typed(count: u64) -> Typed {
        let mut head = audit::genesis(run_id(), Attempt::FIRST);
        let mut records = Vec::new();
        for number in 1..=count {
            let mut record: InputRecord = serde_json::from_value(json!({
                "attempt": 1, "at": "2030-01-31T12:00:00Z", "continues": true, "number": number,
                "terminal": "shell", "grant": Uuid::nil(), "holder": "ada", "channel": "web",
                "fence": 1, "firstSeq": 1, "lastSeq": 1, "offset": 0, "length": 3, "echo": true,
                "text": "ls\r", "previous": head, "hash": "",
            }))
            .unwrap();
            record.typed.hash = audit::hash_of(&record.typed);
            head.clone_from(&record.typed.hash);
            records.push(record);
        }
        let heads = vec![InputHead {
            attempt: 1,
            count,
            hash: head,
        }];
        Typed { records, heads }
    }

    fn breaks(typed: &Typed) -> Vec<Option<u64>> {
        let verdict = verify(run_id(), typed);
        let breaks = verdict.attempts.iter().flat_map(|chain| &chain.breaks);
        breaks.map(|found| found.number).collect()
    }

    // B-06
    #[test]
    fn a_whole_chain_is_intact_also_when_more_has_come_meanwhile() {
        assert_eq!(breaks(&typed(3)), []);
        let mut more = typed(4);
        more.heads = typed(3).heads;
        assert_eq!(breaks(&more), []);
        assert!(verify(run_id(), &typed(0)).intact);
        assert!(told(&verify(run_id(), &typed(3))).contains("3 records, intact"));
    }

    // B-06
    #[test]
    fn whatever_is_done_to_the_records_is_told_with_its_place() {
        let mut changed = typed(4);
        changed.records[1].typed.text = Some("rm\r".to_owned());
        assert_eq!(breaks(&changed), [Some(2)]);

        let mut changed_well = typed(4);
        changed_well.records[1].typed.text = Some("rm\r".to_owned());
        changed_well.records[1].typed.hash = audit::hash_of(&changed_well.records[1].typed);
        assert_eq!(breaks(&changed_well), [Some(3)]);

        let mut left_out = typed(4);
        left_out.records.remove(1);
        assert_eq!(breaks(&left_out), [Some(3), None]);

        let mut cut = typed(4);
        cut.records.pop();
        assert_eq!(breaks(&cut), [None]);

        let mut gone = typed(2);
        gone.records.clear();
        assert_eq!(breaks(&gone), [None]);

        let mut put_in = typed(4);
        let twice = put_in.records[1].clone();
        put_in.records.insert(2, twice);
        assert_eq!(breaks(&put_in)[0], Some(2));

        let mut unknown = typed(2);
        unknown.heads.clear();
        assert_eq!(breaks(&unknown), [None]);

        let other_run = RunId::from_uuid(Uuid::from_u128(8));
        let verdict = verify(other_run, &typed(2));
        assert_eq!(verdict.attempts[0].breaks[0].number, Some(1));
        let words = told(&verdict);
        assert!(
            words.contains("BROKEN\n  at record 1: it does not begin"),
            "{words}"
        );
    }
}
