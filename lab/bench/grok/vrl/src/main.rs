//! Reads a JSON list of `{patterns, aliases, lines, rounds, trials}` from standard input. Writes for each one a line of JSON:
//! `{matched, microseconds}`, whether each line matched and the median processor time per line; or `{error}`.

use std::collections::BTreeMap;
use std::io::{Read, stdin};

use cpu_time::ProcessTime;
use serde_json::{Value, from_str, json};
use vrl::datadog_grok::{parse_grok::parse_grok, parse_grok_rules::parse_grok_rules};

fn texts(value: &Value) -> Vec<String> {
    let items = value.as_array().expect("a list");
    items
        .iter()
        .map(|item| item.as_str().expect("a text").to_owned())
        .collect()
}

fn measure(case: &Value) -> Value {
    let aliases: BTreeMap<_, _> = case["aliases"]
        .as_object()
        .expect("an object")
        .iter()
        .map(|(name, pattern)| {
            (
                name.as_str().into(),
                pattern.as_str().expect("a text").to_owned(),
            )
        })
        .collect();
    let rules = match parse_grok_rules(&texts(&case["patterns"]), &aliases) {
        Ok(rules) => rules,
        Err(error) => return json!({ "error": error.to_string() }),
    };
    let lines = texts(&case["lines"]);
    let matched: Vec<bool> = lines
        .iter()
        .map(|line| parse_grok(line, &rules).is_ok())
        .collect();
    let rounds = case["rounds"].as_u64().expect("a number");
    let mut trials: Vec<f64> = (0..case["trials"].as_u64().expect("a number"))
        .map(|_| {
            let start = ProcessTime::now();
            for _ in 0..rounds {
                for line in &lines {
                    let _ = std::hint::black_box(parse_grok(line, &rules));
                }
            }
            start.elapsed().as_secs_f64() * 1e6 / rounds as f64 / lines.len() as f64
        })
        .collect();
    trials.sort_by(f64::total_cmp);
    json!({ "matched": matched, "microseconds": trials[trials.len() / 2] })
}

fn main() {
    let mut input = String::new();
    stdin()
        .read_to_string(&mut input)
        .expect("text on standard input");
    for case in from_str::<Value>(&input)
        .expect("JSON")
        .as_array()
        .expect("a list")
    {
        println!("{}", measure(case));
    }
}
