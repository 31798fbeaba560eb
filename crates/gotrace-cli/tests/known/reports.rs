//! The reports of a trace, as JSON.

use serde_json::Value;
use std::path::{Path, PathBuf};
use std::process::Command;

/// A trace with its reports that hold most figures.
#[derive(Debug)]
pub struct Reports {
    trace: PathBuf,
    pub summary: Value,
    /// The report with each goroutine by itself.
    pub goroutines: Value,
    pub latency: Value,
    pub procs: Value,
    pub gc: Value,
    pub stw: Value,
    pub metrics: Value,
    pub count: Value,
}

impl Reports {
    pub fn of(trace: &Path) -> Reports {
        let ask = |args: &[&str]| ask(trace, args);
        Reports {
            trace: trace.into(),
            summary: ask(&["summary"]),
            goroutines: ask(&["goroutines", "--by", "goroutine", "--top", "0"]),
            latency: ask(&["latency", "--top", "0"]),
            procs: ask(&["procs"]),
            gc: ask(&["gc", "--top", "0"]),
            stw: ask(&["stw"]),
            metrics: ask(&["metrics"]),
            count: ask(&["count"]),
        }
    }

    /// Returns the report of another command.
    pub fn ask(&self, args: &[&str]) -> Value {
        ask(&self.trace, args)
    }

    /// Returns the goroutines that began with a function.
    pub fn goroutines_of(&self, function: &str) -> Vec<&Value> {
        list(&self.goroutines["goroutines"]).filter(|goroutine| goroutine["name"] == function).collect()
    }

    /// Returns the total time of a profile and its number of spans, for the goroutines that
    /// began with functions that match.
    pub fn profile(&self, of: &str, function: &str) -> [Option<f64>; 2] {
        let profile = self.ask(&["pprof", of, "--function", function]);
        [profile["nanos"].as_f64(), profile["count"].as_f64()]
    }
}

fn ask(trace: &Path, args: &[&str]) -> Value {
    let output = Command::new(env!("CARGO_BIN_EXE_gotrace")).args(args).arg("--json").arg(trace).output().unwrap();
    assert!(output.status.success(), "{args:?} {}: {}", trace.display(), String::from_utf8_lossy(&output.stderr));
    let text = String::from_utf8(output.stdout).unwrap();
    if args[0] == "events" {
        return text.lines().map(|line| serde_json::from_str::<Value>(line).unwrap()).collect();
    }
    serde_json::from_str(&text).unwrap()
}

/// Returns the elements of a JSON list.
pub fn list(value: &Value) -> impl Iterator<Item = &Value> {
    value.as_array().into_iter().flatten()
}

/// Returns the element of a list that has this text in a field.
pub fn pick<'a>(value: &'a Value, field: &str, text: &str) -> &'a Value {
    list(value).find(|one| one[field] == text).unwrap_or(&Value::Null)
}
