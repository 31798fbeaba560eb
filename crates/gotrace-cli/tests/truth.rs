//! Every figure of every report is close to what the traced program measured of itself, in
//! two committed traces (`testdata/truth`). `live_truth` runs the program with every version
//! of Go.

mod known;

use known::{Recorded, Row, compare};
use std::path::Path;

#[test]
fn the_reports_say_what_the_program_measured() {
    let mut wrong = Vec::new();
    for name in ["go1.21", "go1.27"] {
        let dir = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../..")).join("testdata/truth");
        let recorded = Recorded::read(&dir.join(format!("{name}.json")));
        let table = compare(&dir.join(format!("{name}.trace")), &recorded);
        assert!(table.rows.len() > 200, "{name}: only {} figures", table.rows.len());
        wrong.extend(table.wrong().map(|row: &Row| format!("{name} {row}")));
    }
    assert!(wrong.is_empty(), "{} figures are wrong:\n{}", wrong.len(), wrong.join("\n"));
}
