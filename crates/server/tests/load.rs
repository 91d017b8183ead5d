//! Small runs of `causerie load`, by the program itself: everything is delivered once and in order, however endpoints
//! connect and sign in, and the result says so.

use serde_json::{Value, json};
use std::process::{Command, Output};

fn run(arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_causerie"))
        .arg("load")
        .args(arguments)
        .output()
        .unwrap()
}

/// The result of a run that has found no fault.
#[track_caller]
fn result(arguments: &str) -> Value {
    let arguments: Vec<&str> = arguments.split_whitespace().chain(["--json"]).collect();
    let output = run(&arguments);
    let told = String::from_utf8_lossy(&output.stderr);
    assert!(
        output.status.success(),
        "{arguments:?}: {told}{}",
        String::from_utf8_lossy(&output.stdout)
    );
    let result: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(result["faults"], json!([]), "{arguments:?}");
    result
}

#[track_caller]
fn number(value: &Value) -> u64 {
    value.as_u64().unwrap_or_else(|| panic!("{value} is no number"))
}

#[test]
fn every_member_sees_every_message_once_and_in_order_however_it_connects() {
    for (transport, authentication) in [("tcp", "none"), ("tcp", "ntlm"), ("tls", "none"), ("tls", "ntlm")] {
        let access = format!("--transport {transport} --authentication {authentication}");
        let told = result(&format!(
            "fanout --rooms 10 --members 5 --window 4 --warm-up 0 --seconds 1 --verify all {access}"
        ));
        let results = &told["results"];
        let messages = number(&results["messages_checked"]);
        assert!(messages > 0, "{access}: {told}");
        assert_eq!(number(&results["deliveries_checked"]), messages * 5, "{access}");
        assert_eq!(
            told["settings"]["access"],
            json!({"transport": transport, "authentication": authentication})
        );
        assert_eq!(told["workload"], "fanout");
    }
}

#[test]
fn posts_at_a_fixed_rate_come_once_and_in_order() {
    let told = result("paced --rate 100 --spacing even --rooms 4 --members 5 --warm-up 1 --seconds 1");
    // What was posted to warm up is checked, and not measured.
    let measured = number(&told["results"]["until_last_delivery"]["count"]);
    assert!(measured < number(&told["results"]["messages_checked"]));
    let deliveries = number(&told["results"]["deliveries_checked"]);
    assert!(number(&told["results"]["until_delivery"]["count"]) < deliveries);
    let results = &told["results"];
    let messages = number(&results["messages_checked"]);
    assert!(messages > 0, "{told}");
    assert_eq!(number(&results["deliveries_checked"]), messages * 5);
    assert_eq!(results["answers"], json!({"200": messages}));
}

#[test]
fn a_thousandth_of_the_pool_gets_everything_once_and_in_order() {
    let told = result("pool-80k --scale 0.001 --rate by-room --rate-scale 1 --warm-up 0 --seconds 2");
    let results = &told["results"];
    assert_eq!(number(&results["users"]), 80);
    assert_eq!(number(&results["devices"]), 120);
    let (messages, deliveries) = (
        number(&results["messages_checked"]),
        number(&results["deliveries_checked"]),
    );
    assert_eq!(results["answers"], json!({"200": messages}));
    assert_eq!(number(&results["totals"]["deliveries"]), deliveries);
    // Every second user has a second device: 24 in a large room, 45 in a small one, 120 in the medium one.
    assert!((messages * 24..=messages * 120).contains(&deliveries), "{told}");
}

#[test]
fn a_floor_is_compared_in_turns() {
    let told = result(
        "fanout --rooms 2 --members 5 --warm-up 0 --seconds 1 --transport tcp --authentication none --floor --turns 1",
    );
    let floor = &told["results"]["floor"]["turn_1"];
    assert_eq!(number(&floor["deliveries"]), number(&floor["posts"]) * 5);
    assert!(
        told["results"]["compared"]["deliveries_per_second"]["ratio"]
            .as_f64()
            .unwrap()
            > 0.0
    );
}

#[test]
fn twenty_endpoints_storm_in_and_stay_idle() {
    for access in ["--transport tcp --authentication none", ""] {
        let told = result(&format!("storm --users 20 --rooms 2 --members 10 {access}"));
        assert_eq!(number(&told["results"]["sign_in"]["endpoints"]), 20, "{told}");
        let told = result(&format!(
            "idle --users 20 --rooms 2 --members 10 --seconds 1 {access}"
        ));
        assert_eq!(number(&told["results"]["sign_in"]["endpoints"]), 20, "{told}");
    }
}

#[test]
fn history_is_read_and_searched() {
    let told = result("history --messages 300 --pages 20 --searches 5 --transport tcp");
    let results = &told["results"];
    assert_eq!(number(&results["page"]["count"]), 20);
    assert_eq!(number(&results["page_after"]["count"]), 20);
    for search in ["three_words", "prefix_of_two", "part_of_run"] {
        assert_eq!(
            number(&results[format!("search_{search}")]["count"]),
            5,
            "{search}"
        );
    }
    assert_eq!(results["newest_page"]["through"], "sip");
}

#[test]
fn a_world_is_kept_and_the_result_written() {
    let folder = tempfile::tempdir().unwrap();
    let (world, file) = (folder.path().join("world"), folder.path().join("result.json"));
    let arguments = |messages: &'static str| {
        let mut arguments = vec![
            "history",
            "--pages",
            "1",
            "--searches",
            "1",
            "--messages",
            messages,
        ];
        arguments.extend([
            "--world",
            world.to_str().unwrap(),
            "--output",
            file.to_str().unwrap(),
        ]);
        run(&arguments)
    };
    let first = arguments("60");
    assert!(first.status.success(), "{first:?}");
    let table = String::from_utf8(first.stdout).unwrap();
    assert!(
        table.starts_with("history of Causerie ") && table.ends_with("\nno faults\n"),
        "{table}"
    );
    let written: Value = serde_json::from_slice(&std::fs::read(&file).unwrap()).unwrap();
    assert_eq!(written["settings"]["messages"], 60);
    assert!(arguments("60").status.success(), "the kept world is used again");
    let refused = arguments("61");
    assert_eq!(refused.status.code(), Some(1));
    let told = String::from_utf8(refused.stderr).unwrap();
    assert!(told.contains("holds another world"), "{told}");
}

#[test]
fn a_result_that_could_not_be_written_is_told_before_the_run() {
    let output = run(&[
        "idle",
        "--seconds",
        "86400",
        "--output",
        "/nonexistent/result.json",
    ]);
    assert!(!output.status.success());
    let told = String::from_utf8_lossy(&output.stderr);
    assert!(
        told.contains("/nonexistent/result.json can't be written"),
        "{told}"
    );
}

#[test]
fn wrong_usage_is_told() {
    for wrong in [
        "fanout --rooms 0",
        "fanout --senders 0",
        "fanout --turns 3", // needs --floor
        "paced --rate=inf",
        "paced --rate=-1",
        "paced --text-bytes 8193",
        "pool-80k --scale 1.1",
        "pool-80k --rate-scale 0",
        "overload --times NaN",
        "overload --sign-ins-at-once 0",
        "idle --sign-ins-per-second 0",
        "storm --full-handshakes",
    ] {
        let arguments: Vec<&str> = wrong.split_whitespace().collect();
        assert_eq!(run(&arguments).status.code(), Some(2), "{wrong}");
    }
}
