//! `gotrace count`: the number of events of each kind is Go's.

use super::{Figures, traces};

#[test]
fn counts_are_gos() {
    let figures = Figures::of("count");
    for file in traces() {
        let Some(go) = figures.go(&file) else { continue };
        let ours = figures.ours(&["count", "--json"], &file);
        assert_eq!(ours["events"], go["events"], "{}", file.display());
        assert_eq!(ours["kinds"], go["kinds"], "{}", file.display());
    }
    figures.compared_at_least(300);
}
