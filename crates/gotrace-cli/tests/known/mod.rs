//! Figures of gotrace beside those that the traced program measured of itself
//! (`testdata/programs/truth`, which says how).

mod agreement;
mod annotations;
mod collector;
mod goroutines;
mod recorded;
mod reports;
mod runtime;
mod table;
mod whole;

pub use recorded::Recorded;
pub use reports::Reports;
pub use table::{Row, Table};

use std::path::Path;

/// Returns the table of all figures of a trace, beside the program's own.
pub fn compare(trace: &Path, recorded: &Recorded) -> Table {
    let reports = Reports::of(trace);
    let mut table = Table::new(recorded.minor());
    goroutines::rows(&mut table, recorded, &reports);
    annotations::rows(&mut table, recorded, &reports);
    collector::rows(&mut table, recorded, &reports);
    runtime::rows(&mut table, recorded, &reports);
    whole::rows(&mut table, recorded, &reports);
    agreement::rows(&mut table, &reports);
    table
}
