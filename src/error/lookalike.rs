//! Kinds of files that are taken for a trace, or for a log.

mod sniff;

use std::fmt;

/// The format that a file seems to be of, for messages about files that are no trace.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub enum Lookalike {
    /// gzip data: decompress it first.
    Gzip,
    /// zstd data: decompress it first.
    Zstd,
    /// Data of another compressor: xz.
    Xz,
    /// Data of another compressor: bzip2.
    Bzip2,
    /// Data of another compressor: lz4.
    Lz4,
    /// A zip archive.
    Zip,
    /// A tar archive.
    Tar,
    /// An HTML page, as `curl` saves of an error.
    Html,
    /// JSON of another kind than those below.
    Json,
    /// A timeline in JSON, for Chrome's trace viewer and Perfetto.
    ChromeTrace,
    /// A timeline in Perfetto's own format.
    Perfetto,
    /// A profile in the format of pprof: of the CPU, the heap, goroutines, locks.
    Pprof,
    /// A profile as text, as `/debug/pprof/heap?debug=1` gives.
    TextProfile,
    /// The stacks of goroutines, as `/debug/pprof/goroutine?debug=2` and a crash give.
    GoroutineDump,
    /// A log with `SCHED` lines, of `GODEBUG=schedtrace=1000`.
    SchedLog,
    /// A log with `gc` lines and without `SCHED` lines, of `GODEBUG=gctrace=1`.
    GcLog,
    /// The text form of a trace: `gotrace convert --from text` makes it binary.
    TraceText,
    /// Other readable text.
    Text,
    /// An executable: the program instead of its trace.
    Executable,
    /// A core dump of a program.
    CoreDump,
    /// Anything else.
    Unknown,
}

impl fmt::Display for Lookalike {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Lookalike::Gzip => "gzip data; decompress it first",
            Lookalike::Zstd => "zstd data; decompress it first",
            Lookalike::Xz => "xz data; decompress it first",
            Lookalike::Bzip2 => "bzip2 data; decompress it first",
            Lookalike::Lz4 => "lz4 data; decompress it first",
            Lookalike::Zip => "a zip archive",
            Lookalike::Tar => "a tar archive",
            Lookalike::Html => "an HTML page; was it saved from an error response?",
            Lookalike::Json => "JSON",
            Lookalike::ChromeTrace => "a timeline in JSON, as Chrome and Perfetto show",
            Lookalike::Perfetto => "a timeline in Perfetto's format",
            Lookalike::Pprof => "a pprof profile (of the CPU, the heap, goroutines or locks)",
            Lookalike::TextProfile => "a profile as text, as /debug/pprof gives with debug=1",
            Lookalike::GoroutineDump => "stacks of goroutines, as a crash or /debug/pprof/goroutine?debug=2 gives",
            Lookalike::SchedLog => "a log with SCHED lines of GODEBUG=schedtrace",
            Lookalike::GcLog => "a log with gc lines of GODEBUG=gctrace",
            Lookalike::TraceText => "the text form of a trace; use `convert --from text --to binary`",
            Lookalike::Text => "text",
            Lookalike::Executable => "an executable; the trace is the file it wrote",
            Lookalike::CoreDump => "a core dump; a trace is what the program wrote before it died",
            Lookalike::Unknown => "unknown data",
        })
    }
}
