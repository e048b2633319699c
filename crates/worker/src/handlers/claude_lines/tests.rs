use super::*;

fn tokens(input: u64, cached: u64, output: u64) -> Tokens {
    Tokens {
        input_tokens: input,
        cache_read_input_tokens: cached,
        cache_creation_input_tokens: 0,
        output_tokens: output,
    }
}

fn said(text: &str, helper: bool) -> Fact {
    Fact::Said {
        id: "msg_0".to_owned(),
        text: text.to_owned(),
        helper,
    }
}

fn used(id: &str, tool: Tool) -> Fact {
    Fact::Used {
        id: id.to_owned(),
        tool,
    }
}

/// Each line is what is expected of it.
fn check(cases: impl IntoIterator<Item = (&'static str, Vec<Fact>)>) {
    for (line, expected) in cases {
        assert_eq!(parse(line).unwrap(), expected, "{line}");
    }
}

/// Lines as the real program printed them, shortened.
#[test]
fn lines_of_a_turn_become_facts() {
    let asked = Fact::Asked {
        id: "msg_0".to_owned(),
        tokens: tokens(60, 40, 1),
    };
    check([
        (
            r#"{"type":"system","subtype":"init","cwd":"/w","tools":["Bash"],"model":"claude-opus-5-5","permissionMode":"default"}"#,
            vec![Fact::Model("claude-opus-5-5".to_owned())],
        ),
        (
            r#"{"type":"assistant","message":{"id":"msg_0","role":"assistant","model":"m","content":[{"type":"text","text":"I work."}],"usage":{"input_tokens":60,"cache_read_input_tokens":40,"cache_creation_input_tokens":0,"output_tokens":1}},"parent_tool_use_id":null}"#,
            vec![asked, said("I work.", false)],
        ),
        (
            r#"{"type":"assistant","message":{"id":"msg_0","content":[{"type":"thinking","thinking":"hm"},{"type":"text","text":"I help."}]},"parent_tool_use_id":"toolu_1"}"#,
            vec![said("I help.", true)],
        ),
        (
            r#"{"type":"assistant","message":{"id":"m","content":[{"type":"tool_use","id":"t0","name":"Bash","input":{"command":"ls","description":"x"}},{"type":"tool_use","id":"t1","name":"Write","input":{"file_path":"/w/b.txt","content":"hello"}},{"type":"tool_use","id":"t2","name":"Read","input":{"file_path":"/w/c.txt"}},{"type":"tool_use","id":"t3","name":"Brand New"}]}}"#,
            vec![
                used("t0", Tool::Command("ls".to_owned())),
                used("t1", Tool::Change("/w/b.txt".to_owned())),
                used("t2", Tool::Other("Read /w/c.txt".to_owned())),
                used("t3", Tool::Other("Brand New".to_owned())),
            ],
        ),
        (
            r#"{"type":"user","message":{"role":"user","content":[{"type":"tool_result","content":"Exit code 3\nout","is_error":true,"tool_use_id":"t0"}]}}"#,
            vec![Fact::Answered {
                id: "t0".to_owned(),
                failed: true,
                text: "Exit code 3\nout".to_owned(),
            }],
        ),
        (
            r#"{"type":"user","message":{"role":"user","content":[{"type":"tool_result","content":[{"type":"text","text":"a"},{"type":"image"},{"type":"text","text":"b"}],"tool_use_id":"t0"}]}}"#,
            vec![Fact::Answered {
                id: "t0".to_owned(),
                failed: false,
                text: "a\nb".to_owned(),
            }],
        ),
    ]);
}

#[test]
fn lines_about_a_turn_become_facts() {
    check([
        (
            r#"{"type":"system","subtype":"api_retry","attempt":1,"max_retries":10,"retry_delay_ms":589,"error_status":401,"error":"authentication_failed"}"#,
            vec![Fact::Retried("the model's interface did not answer (authentication_failed, status 401): try 1 of 10 follows".to_owned())],
        ),
        (
            r#"{"type":"assistant","message":{"id":"x","model":"<synthetic>","role":"assistant","content":[{"type":"text","text":"API Error: 400"}]},"is_api_error_message":true}"#,
            vec![Fact::GaveUp("API Error: 400".to_owned())],
        ),
        (
            r#"{"isSidechain":true,"type":"assistant","message":{"id":"msg_0","content":[{"type":"text","text":"x"}]}}"#,
            vec![said("x", true)],
        ),
        (
            r#"{"isSidechain":false,"type":"system","subtype":"turn_duration","durationMs":1422}"#,
            vec![Fact::TurnEnded],
        ),
        (
            r#"{"type":"cost-state","totalCostUSD":0.25}"#,
            vec![Fact::Spent(0.25)],
        ),
        (
            r#"{"type":"result","subtype":"success","is_error":false,"result":"done","num_turns":2,"total_cost_usd":0.0129,"usage":{"input_tokens":120,"cache_read_input_tokens":80,"output_tokens":40}}"#,
            vec![Fact::Ended(Box::new(Ending {
                failed: false,
                words: "done".to_owned(),
                dollars: 0.0129,
                turns: 2,
                tokens: tokens(120, 80, 40),
            }))],
        ),
        (
            r#"{"type":"result","subtype":"error_during_execution","is_error":true,"errors":["no sandbox","no luck"]}"#,
            vec![Fact::Ended(Box::new(Ending {
                failed: true,
                words: "no sandbox; no luck".to_owned(),
                ..Ending::default()
            }))],
        ),
    ]);
}

#[test]
fn what_is_unknown_tells_nothing_and_what_is_no_json_is_an_error() {
    for line in [
        r#"{"type":"system","subtype":"hook_started","hook_id":"x"}"#,
        r#"{"type":"system","subtype":"init"}"#,
        r#"{"type":"assistant","message":"changed shape"}"#,
        r#"{"type":"assistant","message":{"id":"m","content":[{"type":"brand_new"}]}}"#,
        r#"{"type":"user","message":{"role":"user","content":"Stop hook feedback"}}"#,
        r#"{"type":"user","message":{"role":"user","content":[{"type":"text","text":"Stop hook feedback"}]}}"#,
        r#"{"type":"stream_event","event":{}}"#,
        r#"{"type":"brand.new","message":7}"#,
    ] {
        assert_eq!(parse(line).unwrap(), [], "{line}");
    }
    for line in ["hello", "{\"type\":", "[]", "{}", "null", ""] {
        assert!(parse(line).is_err(), "{line}");
    }
}
