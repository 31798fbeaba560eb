//! Logs with output of the Go runtime: however they are cut into pieces, the
//! records are the same, and each of them prints and reads again as itself.
#![no_main]

use gotrace::godebug::{History, Item, Record, Release, Scanner};
use libfuzzer_sys::fuzz_target;
use std::convert::Infallible;

fn read(log: &[u8], piece: usize) -> (Vec<(u64, Record<'static>)>, Vec<String>) {
    let (mut records, mut warnings) = (Vec::new(), Vec::new());
    let mut history = History::default();
    let mut scanner = Scanner::default();
    let mut each = |item: Item<'_>| {
        match item {
            Item::Found(found) => {
                records.push((found.line, found.record.clone().into_owned()));
                history.push(found);
                while history.pop().is_some() {}
            }
            Item::Warning(warning) => warnings.push(warning.to_string()),
        }
        Ok::<(), Infallible>(())
    };
    for bytes in log.chunks(piece) {
        let Ok(()) = scanner.feed(bytes, &mut each);
    }
    let Ok(()) = scanner.finish(&mut each);
    history.finish();
    (records, warnings)
}

fuzz_target!(|log: &[u8]| {
    let whole = read(log, log.len().max(1));
    assert_eq!(read(log, 7), whole);
    for (_, record) in &whole.0 {
        let text = record.display(Release::LAST).to_string();
        let again = Record::parse(text.as_bytes());
        // A record of an older release need not print the same, but it has to be readable.
        assert!(again.is_ok(), "{record:?}\n{text}\n{again:?}");
        let again = again.map(|record| record.display(Release::LAST).to_string());
        assert_eq!(again.as_deref(), Ok(text.as_str()));
    }
});
