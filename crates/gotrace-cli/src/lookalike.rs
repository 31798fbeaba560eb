//! Advice for files that are not of the kind that a command reads.

use gotrace::error::Lookalike;

/// The kind of file that a command reads.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Wanted {
    Trace,
    Log,
}

/// The hint where a trace can be had.
const TRACE: &str = "a trace comes from /debug/pprof/trace?seconds=5";

/// Returns what to do with a file that looks like something else, if that is known.
pub(crate) fn advice(found: Lookalike, name: &str, wanted: Wanted) -> Option<String> {
    let name = if name == "standard input" { "FILE" } else { name };
    let command = match wanted {
        Wanted::Trace => "gotrace summary -",
        Wanted::Log => "gotrace schedtrace -",
    };
    Some(match found {
        Lookalike::Gzip => format!("try: gunzip -c {name} | {command}"),
        Lookalike::Zstd => format!("try: zstd -dc {name} | {command}"),
        Lookalike::Xz => format!("try: xz -dc {name} | {command}"),
        Lookalike::Bzip2 => format!("try: bzip2 -dc {name} | {command}"),
        Lookalike::Lz4 => format!("try: lz4 -dc {name} | {command}"),
        Lookalike::Zip => format!("try: unzip -p {name} | {command}"),
        Lookalike::Tar => format!("try: tar -xOf {name} | {command}"),
        Lookalike::Pprof | Lookalike::TextProfile => format!("try: go tool pprof {name}\n  {TRACE}"),
        Lookalike::GoroutineDump => {
            format!("read it as it is; what goroutines do over time is in a trace, and {TRACE}")
        }
        Lookalike::ChromeTrace | Lookalike::Perfetto => {
            "open it at https://ui.perfetto.dev; gotrace reads the Go trace that it was made of".into()
        }
        Lookalike::CoreDump => format!("try: dlv core PROGRAM {name}"),
        Lookalike::TraceText => format!("try: gotrace convert {name} -o {name}.trace"),
        Lookalike::SchedLog if wanted == Wanted::Trace => {
            format!("try: gotrace schedtrace {name}, or gotrace diagnose {name}")
        }
        Lookalike::GcLog if wanted == Wanted::Trace => {
            format!("try: gotrace gctrace {name}, or gotrace diagnose {name}")
        }
        Lookalike::Executable if wanted == Wanted::Log => format!("try: gotrace run {name}"),
        Lookalike::Html | Lookalike::Text | Lookalike::Json if wanted == Wanted::Trace => {
            format!("look at what it says; {TRACE}")
        }
        Lookalike::Html => "look at what it says".into(),
        _ => return None,
    })
}
