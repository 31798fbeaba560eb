//! `gotrace mmu`: Go's minimum mutator utilization, worst windows and quantiles,
//! to the last bit, with all of its flags.

use super::{Figures, traces};
use serde_json::{Map, Value};

/// The lengths of windows, the same as in `mmu.go`.
const WINDOWS: [&str; 12] =
    ["1ns", "100ns", "1us", "3.7us", "10us", "68us", "100us", "1ms", "2.5ms", "10ms", "50ms", "1s"];

/// Returns a value with all its numbers as floats, since Go prints 1 for 1.0.
fn floats(value: &Value) -> Value {
    match value {
        Value::Number(number) => number.as_f64().into(),
        Value::Array(list) => list.iter().map(floats).collect(),
        Value::Object(fields) => {
            fields.iter().map(|(name, value)| (name.clone(), floats(value))).collect::<Map<_, _>>().into()
        }
        _ => value.clone(),
    }
}

#[test]
fn utilizations_are_gos() {
    let figures = Figures::of("mmu");
    let mut curves = 0;
    for file in traces() {
        let Some(go) = figures.go(&file) else { continue };
        for (flags, theirs) in go.as_object().unwrap() {
            let bits: u32 = flags.parse().unwrap();
            let parts = [(1, "stw"), (2, "background"), (4, "assist"), (8, "sweep")];
            let of: Vec<&str> = parts.iter().filter(|(bit, _)| bits & bit != 0).map(|(_, name)| *name).collect();
            if of.is_empty() {
                continue; // If the collector took nothing, there is no worst window.
            }
            let of = of.join(",");
            let mut args = vec!["mmu", "--json", "--of", &of];
            WINDOWS.iter().for_each(|window| args.extend(["--window", window]));
            if bits & 16 != 0 {
                args.push("--per-proc");
            }
            let report = figures.ours(&args, &file);
            for (ours, theirs) in report["windows"].as_array().unwrap().iter().zip(theirs.as_array().unwrap()) {
                assert_eq!(floats(ours), floats(theirs), "{} --of {of}, flags {flags}", file.display());
            }
            curves += 1;
        }
    }
    println!("{curves} curves at {} windows are Go's to the last bit", WINDOWS.len());
    assert!(curves > 9_000);
}
