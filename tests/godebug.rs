//! Output of the Go runtime with GODEBUG, of every version.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

#[path = "godebug/arbitrary.rs"]
mod arbitrary;
#[path = "godebug/forms.rs"]
mod forms;
#[path = "godebug/found.rs"]
mod found;
#[path = "godebug/logs.rs"]
mod logs;
#[path = "godebug/wrappers.rs"]
mod wrappers;

use gotrace::godebug::{Item, Record, Release, Scanner};

/// The records of a log, each with its line and prefix, and the warnings.
#[derive(Debug, Default, PartialEq)]
struct Read {
    records: Vec<(u64, String, Record<'static>)>,
    warnings: Vec<String>,
}

impl Read {
    /// Reads a log in pieces of `piece` bytes.
    fn pieces(log: &[u8], piece: usize) -> Read {
        let mut read = Read::default();
        let mut scanner = Scanner::default();
        let mut each = |item: Item<'_>| {
            match item {
                Item::Found(found) => {
                    let prefix = String::from_utf8_lossy(found.prefix).into_owned();
                    read.records.push((found.line, prefix, found.record.into_owned()));
                }
                Item::Warning(warning) => read.warnings.push(warning.to_string()),
            }
            Ok::<(), std::convert::Infallible>(())
        };
        for bytes in log.chunks(piece) {
            scanner.feed(bytes, &mut each).unwrap();
        }
        scanner.finish(&mut each).unwrap();
        read
    }

    fn of(log: &[u8]) -> Read {
        Read::pieces(log, log.len().max(1))
    }

    fn lines(&self, release: Release) -> Vec<String> {
        self.records.iter().map(|(_, _, record)| record.display(release).to_string()).collect()
    }
}
