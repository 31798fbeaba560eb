//! Repair of any trace that lenient reading accepts: strict reading accepts the
//! result, which has all that was kept and needs no repair.

#![no_main]

use gotrace::export::EventWriter;
use gotrace::export::repair::{RepairWriter, Report};
use gotrace::{Mode, Options, Trace};
use libfuzzer_sys::fuzz_target;

fn repair(data: &[u8], mode: Mode) -> Option<(Vec<u8>, Report)> {
    let trace = Trace::with_options(data, Options::default().mode(mode)).ok()?;
    let mut out = Vec::new();
    let mut writer = RepairWriter::new(&trace, &mut out).expect("memory takes all");
    for event in trace.events() {
        writer.event(&event.expect("no defect")).expect("memory takes all");
    }
    let report = writer.finish().expect("memory takes all");
    Some((out, report))
}

fuzz_target!(|data: &[u8]| {
    let Some((out, report)) = repair(data, Mode::Lenient) else { return };
    let (_, again) = repair(&out, Mode::Strict).expect("a trace");
    assert!(again.kept >= report.kept, "{report:?} {again:?}");
    assert_eq!(again.synthesised + again.dropped + again.restated + again.experimental, 0, "{report:?} {again:?}");
});
