//! `gotrace convert`.

use crate::{Global, Status};
use anyhow::Result;
use clap::{Args, ValueEnum};
use std::path::PathBuf;

/// Convert between the binary format and its text form
#[derive(Args)]
#[command(after_help = "\
The text form is that of `dump --mode wire` with a header; nothing is lost either
way. Without --from, what the file begins with decides.

Examples:
  gotrace convert trace.out -o trace.txt
  gotrace convert trace.txt -o trace.out")]
pub(crate) struct Options {
    /// The file to convert; `-` is standard input
    #[arg(value_name = "IN")]
    input: PathBuf,

    /// What the file is [default: as it looks]
    #[arg(long, value_enum)]
    from: Option<Form>,

    /// What it becomes [default: the other]
    #[arg(long, value_enum)]
    to: Option<Form>,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Form {
    /// A line for each record
    Text,
    /// What Go programs write
    Binary,
}

pub(crate) fn run(_options: &Options, _global: &Global) -> Result<Status> {
    todo!()
}
