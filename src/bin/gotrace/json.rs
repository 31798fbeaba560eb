//! What several commands' JSON is made of.

use gotrace::analysis::durations::Durations;
use gotrace::analysis::over_time::OverTime;
use gotrace::analysis::stacks::{StackKey, Stacks};
use serde_json::{Value, json};

/// A distribution.
pub(crate) fn durations(of: &Durations) -> Value {
    json!({
        "sum": of.sum(), "min": of.min(), "mean": of.mean(), "max": of.max(),
        "p50": of.quantile(0.5), "p90": of.quantile(0.9), "p99": of.quantile(0.99), "p999": of.quantile(0.999),
    })
}

/// The same, with how many there are.
pub(crate) fn counted(of: &Durations) -> Value {
    with(durations(of), json!({ "count": of.count() }))
}

/// An object with the fields of both.
pub(crate) fn with(mut object: Value, more: Value) -> Value {
    if let (Some(fields), Value::Object(more)) = (object.as_object_mut(), more) {
        fields.extend(more);
    }
    object
}

/// A stack, innermost frame first.
pub(crate) fn stack(stacks: &Stacks, key: StackKey) -> Value {
    let frames = stacks.frames(key).iter();
    let frames = frames.map(|frame| {
        let (func, file) = (text(stacks.names.get(frame.func)), text(stacks.names.get(frame.file)));
        json!({ "pc": frame.pc, "func": func, "file": file, "line": frame.line })
    });
    frames.collect()
}

/// The means of a figure over `span` nanoseconds.
pub(crate) fn over_time(of: &OverTime, span: i64) -> Value {
    json!({ "width": of.width(), "means": of.means(span).collect::<Vec<_>>() })
}

/// A name, which need not be UTF-8.
pub(crate) fn text(name: &[u8]) -> String {
    String::from_utf8_lossy(name).into_owned()
}
