//! `gotrace anonymize`: a trace with other names, to be shared.

use crate::global::Global;
use crate::human;
use crate::input::Input;
use crate::outcome::{Status, Usage};
use crate::output::{Content, Output};
use crate::select::regex;
use anyhow::{Result, anyhow};
use clap::Args;
use gotrace::anonymize::{Kind, Pseudonyms, REMAINS, Replaced, anonymize};
use gotrace::export::EventWriter;
use gotrace::export::repair::RepairWriter;
use gotrace::wire::text::ConvertError;
use gotrace::{Trace, Warning, Window};
use hmac::{Hmac, Mac};
use sha2::Sha256;
use std::collections::BTreeMap;
use std::io::{self, Write};
use std::ops::ControlFlow;
use std::path::PathBuf;

/// Fewest bytes of a key: whoever guesses it can guess names.
const SHORTEST_KEY: usize = 12;

/// Write a trace with pseudonyms in place of names, to be shared with others
#[derive(Args)]
#[command(after_help = "\
Replaced are the names of functions, types, packages and files outside of the standard
library, types of tasks and regions, categories and messages of logs, labels, and names
of types in AllocFree experiments: everywhere by the same pseudonym, such as
pkg3.(*type7).fn12.func1. Kept are names of the standard library, without the folder
that Go is installed in; main.main; what the compiler names, such as closures; the
runtime's own reasons and labels; events, times and numbers. Reports and Go's tools
give the same figures as before. The file keeps its version.

Without --key, pseudonyms are numbers in the order of the trace, and nothing leads from
them back to names. With --key they are made of the key and the name, and are the same
in all traces; whoever has the key can test whether a name that he guesses occurs.

It prints on standard error what still tells something: times and counts, line numbers,
program counters. docs/sharing.md says more. `gotrace slice` leaves out other parts of
the trace.

A damaged trace is repaired first, as `gotrace repair` does: what cannot be read might
hold names.

Examples:
  gotrace anonymize trace.out -o shared.trace
  gotrace anonymize trace.out --dry-run | less
  gotrace anonymize trace.out --keep '^google.golang.org/grpc' -o shared.trace
  gotrace anonymize before.trace --key \"$(cat key)\" -o a.trace")]
pub(crate) struct Options {
    /// The trace; `-` is standard input
    #[arg(value_name = "TRACE")]
    trace: PathBuf,

    /// Keep names that match, as they are in the trace: functions with their package, files
    /// with their folder, texts
    #[arg(long, value_name = "REGEX")]
    keep: Option<String>,

    /// Make pseudonyms of KEY, a secret of at least 12 bytes, so that they are the same in
    /// all traces
    #[arg(long, value_name = "KEY")]
    key: Option<String>,

    /// Print what would be replaced by what, and what would still tell something; write no
    /// trace
    #[arg(long)]
    dry_run: bool,
}

pub(crate) fn run(options: &Options, global: &Global) -> Result<Status> {
    let mut names = options.pseudonyms()?;
    let content = if options.dry_run { Content::Text } else { Content::Binary };
    let mut out = Output::open(global, content)?;
    let input = Input::open(&options.trace, global)?;
    let trace = input.trace()?;
    let mut written: Box<dyn Write + '_> = if options.dry_run { Box::new(io::sink()) } else { Box::new(&mut out) };
    let warnings = match anonymize(&trace, &mut names, &mut written) {
        Ok(()) => Vec::new(),
        Err(ConvertError::Trace(e)) if global.strict => return Err(input.error(&e)),
        Err(ConvertError::Trace(_)) => {
            let (repaired, warnings) = repaired(&input, &trace)?;
            let whole = Trace::parse(&repaired).map_err(|e| input.error(&e))?;
            anonymize(&whole, &mut names, &mut written)?;
            warnings
        }
        Err(e) => return Err(e.into()),
    };
    drop(written);
    let replaced = names.replaced();
    if options.dry_run {
        for Replaced { kind, name, pseudonym, .. } in &replaced {
            writeln!(out, "{kind:<12}  {}  ->  {}", human::name(name), human::name(pseudonym))?;
        }
        writeln!(out, "{}", told(&replaced, "would be replaced"))?;
        out.finish()?;
    } else {
        out.finish()?;
        global.tell(&told(&replaced, "replaced"));
    }
    Ok(input.warn(&warnings))
}

impl Options {
    fn pseudonyms(&self) -> Result<Pseudonyms> {
        let mut names = Pseudonyms::default();
        if let Some(pattern) = &self.keep {
            let pattern = regex("--keep", pattern)?;
            names = names.keep(move |name| pattern.is_match(&String::from_utf8_lossy(name)));
        }
        let Some(key) = &self.key else { return Ok(names) };
        if key.len() < SHORTEST_KEY {
            let few =
                format!("--key: {} bytes can be guessed, and names with them; give {SHORTEST_KEY} or more", key.len());
            return Err(Usage(few).into());
        }
        let mac = Hmac::<Sha256>::new_from_slice(key.as_bytes()).map_err(|e| anyhow!("--key: {e}"))?;
        Ok(names.numbered_by(move |kind, name| number(mac.clone(), kind, name)))
    }
}

/// Returns a number for a name, which does not tell it to those without the key.
fn number(mut mac: Hmac<Sha256>, kind: Kind, name: &[u8]) -> u64 {
    mac.update(kind.to_string().as_bytes());
    mac.update(&[0]);
    mac.update(name);
    let bytes = mac.finalize().into_bytes();
    bytes.iter().take(8).fold(0, |number, &byte| number << 8 | u64::from(byte))
}

/// Returns a whole trace, made of what can be read of a damaged one, with its defects.
fn repaired(input: &Input, trace: &Trace<'_>) -> Result<(Vec<u8>, Vec<Warning>)> {
    let mut bytes = Vec::new();
    let mut writer = RepairWriter::new(trace, &mut bytes)?;
    let warnings = input.stream(trace, Window::default(), input.progress(trace), |event, _| {
        writer.event(event)?;
        Ok(ControlFlow::Continue(()))
    })?;
    let report = writer.finish()?;
    match (report.kept, warnings.first()) {
        (0, Some(first)) => Err(anyhow!("{}: nothing can be salvaged: {first}", input.name())),
        _ => Ok((bytes, warnings)),
    }
}

/// Returns what was replaced, and what remains, in words.
fn told(replaced: &[Replaced], how: &str) -> String {
    let mut counts: BTreeMap<Kind, u64> = BTreeMap::new();
    replaced.iter().for_each(|replaced| *counts.entry(replaced.kind).or_default() += 1);
    let counts: Vec<_> = counts.into_iter().map(|(kind, count)| plural(count, kind)).collect();
    let mut text = match counts.is_empty() {
        true => "no name is to be replaced".to_string(),
        false => format!("{how}: {}", counts.join(", ")),
    };
    text += "\nIt still tells:";
    REMAINS.iter().for_each(|what| text += &format!("\n- {what}"));
    text
}

fn plural(count: u64, kind: Kind) -> String {
    match kind {
        Kind::Category if count != 1 => format!("{} log categories", human::number(count)),
        kind => human::count(count, &kind.to_string()),
    }
}
