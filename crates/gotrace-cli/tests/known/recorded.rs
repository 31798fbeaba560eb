//! The program's own measurements.

use serde_json::Value;
use std::path::Path;

/// The JSON that `testdata/programs/truth` writes.
#[derive(Clone, Debug)]
pub struct Recorded(Value);

impl Recorded {
    pub fn read(path: &Path) -> Recorded {
        Recorded(serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap())
    }

    /// Returns the minor version of Go: 21 for Go 1.21.
    pub fn minor(&self) -> u32 {
        self.0["go"].as_str().unwrap().split('.').nth(1).unwrap().parse().unwrap()
    }

    /// Returns the bounds of a figure.
    pub fn bounds(&self, name: &str) -> (f64, f64) {
        self.find(name).unwrap_or_else(|| panic!("the program did not measure {name}"))
    }

    fn find(&self, name: &str) -> Option<(f64, f64)> {
        self.0["figures"].get(name).map(pair)
    }

    /// Returns the figures whose names have this prefix and suffix: the part of the name
    /// between the two, and the bounds.
    pub fn between(&self, prefix: &str, suffix: &str) -> Vec<(String, (f64, f64))> {
        let figures = self.0["figures"].as_object().unwrap();
        let inner = |name: &str| Some(name.strip_prefix(prefix)?.strip_suffix(suffix)?.to_string());
        figures.iter().filter_map(|(name, bounds)| Some((inner(name)?, pair(bounds)))).collect()
    }

    /// Returns pairs of times, such as `walls_unix_ns`.
    pub fn pairs(&self, name: &str) -> Vec<(f64, f64)> {
        self.0[name].as_array().unwrap().iter().map(pair).collect()
    }

    pub fn numbers(&self, name: &str) -> Vec<f64> {
        self.0[name].as_array().unwrap().iter().map(|n| n.as_f64().unwrap()).collect()
    }

    pub fn number(&self, name: &str) -> f64 {
        self.0[name].as_f64().unwrap()
    }

    /// Returns a counter of the runtime or the system at the end of the trace.
    pub fn after(&self, name: &str) -> f64 {
        self.0["after"][name].as_f64().unwrap()
    }

    /// Returns by how much such a counter grew during the trace.
    pub fn during(&self, name: &str) -> f64 {
        self.after(name) - self.0["before"][name].as_f64().unwrap()
    }

    /// Returns a metric at the end of the trace; none if this version of Go lacks it.
    pub fn metric(&self, name: &str) -> Option<f64> {
        self.0["after"]["metrics"][name].as_f64()
    }

    /// Returns by how much a metric grew during the trace.
    pub fn growth(&self, name: &str) -> Option<f64> {
        Some(self.metric(name)? - self.0["before"]["metrics"][name].as_f64()?)
    }

    /// Returns the count of a distribution during the trace, and the bounds of its sum, in
    /// nanoseconds.
    pub fn distribution(&self, name: &str) -> Option<(f64, (f64, f64))> {
        let sums = |when: &str| {
            let buckets = self.0[when]["histograms"][name].as_array()?;
            let sum = |of: &str| -> f64 {
                buckets
                    .iter()
                    .map(|b| b["count"].as_f64().unwrap() * b.get(of).map_or(1.0, |n| n.as_f64().unwrap()))
                    .sum()
            };
            Some([sum("none"), sum("from_s"), sum("to_s")])
        };
        let (before, after) = (sums("before")?, sums("after")?);
        let [count, least, most] = std::array::from_fn(|i| after[i] - before[i]);
        Some((count, (least * 1e9, most * 1e9)))
    }
}

fn pair(bounds: &Value) -> (f64, f64) {
    (bounds["least"].as_f64().unwrap(), bounds["most"].as_f64().unwrap())
}
