//! Files for other viewers.

use crate::answer::{BINARY, Failure, JSON, TEXT};
use crate::meta::Meta;
use crate::query::Query;
use crate::reports::{known_kind, options};

/// Most events of a stretch that is exported as tracks: the file is in memory as a whole, here
/// and in the browser.
const MOST_EVENTS: f64 = 2e7;

/// A file that the command makes.
#[derive(Debug)]
pub(crate) struct Export {
    pub(crate) command: Vec<String>,
    /// The type of the file.
    pub(crate) kind: &'static str,
    /// The name under which it is saved.
    pub(crate) file: String,
    /// True if it has all that happens.
    has_events: bool,
}

impl Export {
    /// Returns the export of a form, which is followed by the kind of a profile: `perfetto`,
    /// `chrome`, `folded/sched`, `speedscope/sched`.
    pub(crate) fn parse(what: &str, query: &Query) -> Result<Export, Failure> {
        let (words, kind, file): (&[&str], _, _) = match what.split_once('/') {
            None if what == "perfetto" => (&["perfetto"], BINARY, "trace.pftrace".to_owned()),
            None if what == "chrome" => (&["chrome"], JSON, "trace.json".to_owned()),
            Some(("folded", of)) => (&["folded", known_kind(of)?], TEXT, format!("{of}.folded")),
            Some(("speedscope", of)) => (&["speedscope", known_kind(of)?], JSON, format!("{of}.speedscope.json")),
            _ => return Err(Failure::new(404, "there is no such export")),
        };
        let mut command = vec!["export".to_owned()];
        command.extend(words.iter().map(|word| word.to_string()));
        options(&mut command, query)?;
        Ok(Export { command, kind, file, has_events: words.len() == 1 })
    }

    /// Refuses a stretch with too many events.
    pub(crate) fn check(&self, known: &Meta, query: &Query) -> Result<(), Failure> {
        let span = known.span.or(known.estimated_span).unwrap_or_default().max(1) as f64;
        let (from, to) = (query.nanos("from")?.unwrap_or_default(), query.nanos("to")?);
        let part = (to.map_or(span, |to| to as f64) - from as f64).clamp(0.0, span) / span;
        if !self.has_events || known.events as f64 * part <= MOST_EVENTS {
            return Ok(());
        }
        let why =
            "that is too much for a browser: select a stretch of the timeline, or let `gotrace export` write a file";
        Err(Failure::new(413, why))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn exports_are_commands() {
        let parse = |what, query| Export::parse(what, &Query::parse(query).unwrap());
        let whole = parse("perfetto", "from=10&to=20").unwrap();
        assert_eq!(whole.command, ["export", "perfetto", "--from=10ns", "--to=20ns"]);
        let folded = parse("folded/sched", "task=7").unwrap();
        assert_eq!((&*folded.command.join(" "), &*folded.file), ("export folded sched --task=7", "sched.folded"));
        for (what, query) in
            [("parquet", ""), ("folded", ""), ("folded/heap", ""), ("perfetto/x", ""), ("chrome", "output=x")]
        {
            assert!(parse(what, query).is_err(), "{what} {query}");
        }
    }

    #[test]
    fn what_a_browser_cannot_hold_is_refused() {
        let known = Meta { span: Some(1000), events: 40_000_000, ..Meta::default() };
        for (what, query, status) in [
            ("perfetto", "", 413),
            ("perfetto", "from=0&to=400", 200),
            ("perfetto", "from=400", 413),
            ("folded/wall", "", 200),
        ] {
            let query = Query::parse(query).unwrap();
            let checked = Export::parse(what, &query).unwrap().check(&known, &query);
            assert_eq!(checked.map_or_else(|failure| failure.status, |()| 200), status, "{what} {query:?}");
        }
    }
}
