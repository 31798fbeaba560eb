//! Results of commands, which become exit statuses.

/// The result of a command that could do its work.
pub(crate) enum Status {
    Done,
    /// The trace has defects, which were printed as warnings.
    Flawed,
    /// A finding was met that the user wants to fail on (`diagnose --fail-on`).
    Found,
    /// The exit status of the program that `run` ran.
    Program(u8),
}

/// The error of a command line that asks for something impossible.
#[derive(Debug)]
pub(crate) struct Usage(pub(crate) String);

impl std::fmt::Display for Usage {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for Usage {}

/// The error of a trace that cannot be read, or of a part of it.
#[derive(Debug)]
pub(crate) struct BadTrace {
    /// The message, with the file's name and advice.
    pub(crate) message: String,
    /// The place of the defect in the file, in bytes, if the error is about one.
    pub(crate) offset: Option<u64>,
}

impl std::fmt::Display for BadTrace {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for BadTrace {}
