//! `gotrace convert`.

use crate::input::Input;
use crate::output::{Content, Output};
use crate::{Global, Status, Usage};
use anyhow::Result;
use clap::{Args, ValueEnum};
use gotrace::error::Lookalike;
use gotrace::wire::text::{ConvertError, binary_to_text, text_to_binary};
use gotrace::{ErrorKind, Version};
use std::path::PathBuf;

/// Convert between the binary format and its text form
#[derive(Args)]
#[command(after_help = "\
The text form is that of `dump --mode wire` with a header; nothing is lost either
way, not even of a broken trace. Go's own tools read it too.

Examples:
  gotrace convert trace.out -o trace.txt
  gotrace convert trace.txt -o trace.out
  gotrace convert --from binary - < trace.out | less")]
pub(crate) struct Options {
    /// The file to convert; `-` is standard input
    #[arg(value_name = "IN")]
    input: PathBuf,

    /// What the file is [default: what it looks like]
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

pub(crate) fn run(options: &Options, global: &Global) -> Result<Status> {
    let input = Input::open(&options.input, global)?;
    let from = match options.from {
        Some(from) => from,
        None => look(&input)?,
    };
    let (to, content) = match from {
        Form::Text => (Form::Binary, Content::Binary),
        Form::Binary => (Form::Text, Content::Text),
    };
    if options.to.is_some_and(|wanted| wanted != to) {
        let form = if from == Form::Text { "text" } else { "binary" };
        return Err(Usage(format!("{} is {form} already", input.name())).into());
    }
    let mut out = Output::open(global, content)?;
    let converted = match to {
        Form::Text => binary_to_text(input.bytes(), &mut out),
        Form::Binary => text_to_binary(input.bytes(), &mut out).map(|()| None),
    };
    let defect = converted.map_err(|e| match e {
        ConvertError::Trace(e) => input.error(&e),
        other => other.into(),
    })?;
    if let Some(defect) = defect.as_ref().filter(|_| global.strict) {
        return Err(input.error(defect));
    }
    out.finish()?;
    Ok(input.warn(defect.as_slice()))
}

/// What a file is, by its beginning.
fn look(input: &Input) -> Result<Form> {
    match Version::parse_header(input.bytes()) {
        Ok(_) => Ok(Form::Binary),
        Err(e) => match e.kind() {
            ErrorKind::NotATrace { found: Lookalike::TraceText } => Ok(Form::Text),
            // The text form may begin with a comment.
            _ if input.bytes().trim_ascii_start().starts_with(b"#") => Ok(Form::Text),
            _ => Err(input.error(&e)),
        },
    }
}
