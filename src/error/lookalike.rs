//! What people take for a trace.

use std::fmt;

/// What a file that is not a trace looks like, from its first bytes.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub enum Lookalike {
    /// gzip data: decompress it first.
    Gzip,
    /// zstd data: decompress it first.
    Zstd,
    /// A zip archive.
    Zip,
    /// An HTML page, as `curl` saves of an error.
    Html,
    /// JSON, as the timelines for trace viewers are.
    Json,
    /// The text form of a trace: `gotrace convert --from text` makes it binary.
    TraceText,
    /// Other readable text.
    Text,
    /// An executable: the program instead of its trace.
    Executable,
    /// None of these.
    Unknown,
}

impl fmt::Display for Lookalike {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Lookalike::Gzip => "gzip data; decompress it first",
            Lookalike::Zstd => "zstd data; decompress it first",
            Lookalike::Zip => "a zip archive",
            Lookalike::Html => "an HTML page; was it saved from an error response?",
            Lookalike::Json => "JSON",
            Lookalike::TraceText => "the text form of a trace; use `convert --from text --to binary`",
            Lookalike::Text => "text",
            Lookalike::Executable => "an executable; the trace is the file it wrote",
            Lookalike::Unknown => "unknown data",
        })
    }
}
