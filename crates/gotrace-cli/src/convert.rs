//! `gotrace convert`: the binary form of a trace from its text form, and back.

use crate::global::Global;
use crate::input::{Forms, Input, begins_text};
use crate::outcome::{Status, Usage};
use crate::output::{Content, Output};
use anyhow::Result;
use clap::{Args, ValueEnum};
use gotrace::Version;
use gotrace::limits::SEARCHED;
use gotrace::wire::text::{ConvertError, binary_to_text_with, text_to_binary};
use std::path::PathBuf;

/// Convert between the binary format and its text form
#[derive(Args)]
#[command(after_help = "\
The text form is that of `dump --mode wire` with a header; nothing is lost either
way, not even of a broken trace. Go's own tools read it too.

Examples:
  gotrace convert trace.out -o trace.txt
  gotrace convert trace.txt -o trace.out
  gotrace convert --input-form binary - < trace.out | less")]
pub(crate) struct Options {
    /// The file to convert; `-` is standard input
    #[arg(value_name = "IN")]
    input: PathBuf,

    /// Form of the file [default: what it looks like]
    #[arg(long, value_enum)]
    input_form: Option<Form>,

    /// Form to convert to [default: the other one]
    #[arg(long, value_enum)]
    output_form: Option<Form>,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Form {
    /// A line for each record
    Text,
    /// The bytes that Go programs write
    Binary,
}

pub(crate) fn run(options: &Options, global: &Global) -> Result<Status> {
    let input = Input::open_form(&options.input, Forms::Any, global)?;
    let from = match options.input_form {
        Some(from) => from,
        None => form_of(&input)?,
    };
    let (to, content) = match from {
        Form::Text => (Form::Binary, Content::Binary),
        Form::Binary => (Form::Text, Content::Text),
    };
    if options.output_form.is_some_and(|wanted| wanted != to) {
        let form = if from == Form::Text { "text" } else { "binary" };
        return Err(Usage(format!("{} is {form} already", input.name())).into());
    }
    let mut out = Output::open(global, content)?;
    let converted = match to {
        Form::Text => binary_to_text_with(input.bytes(), global.threads(), &mut out),
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
    let warnings = defect.iter().map(|defect| {
        let left = (input.bytes().len() as u64).saturating_sub(defect.offset());
        let all = if left > SEARCHED as u64 {
            format!("; of the {left} bytes from there on {SEARCHED} are kept")
        } else {
            String::new()
        };
        format!("{defect}{all}")
    });
    Ok(input.warn(&warnings.collect::<Vec<_>>()))
}

/// Returns the form of a file, by its beginning.
fn form_of(input: &Input) -> Result<Form> {
    match Version::parse_header(input.bytes()) {
        Ok(_) => Ok(Form::Binary),
        Err(_) if begins_text(input.bytes()) => Ok(Form::Text),
        Err(e) => Err(input.error(&e)),
    }
}
