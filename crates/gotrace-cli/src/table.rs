//! Tables as text.

use crate::output::Styles;
use comfy_table::{CellAlignment, Table, presets};
use std::io::{self, Write};

/// Writes an empty line and a table, or nothing if it has no rows. The last column holds
/// names and is aligned to the left, the others hold numbers and are aligned to the right.
pub(crate) fn print(
    out: &mut impl Write,
    styles: Styles,
    header: &[&str],
    rows: impl IntoIterator<Item = Vec<String>>,
) -> io::Result<()> {
    let mut table = Table::new();
    table.load_style(presets::NOTHING).set_header(header.to_vec()).add_rows(rows);
    if table.is_empty() {
        return Ok(());
    }
    for (i, column) in table.column_iter_mut().enumerate() {
        let last = i + 1 == header.len();
        column.set_padding((if i == 0 { 0 } else { 2 }, 0));
        column.set_cell_alignment(if last { CellAlignment::Left } else { CellAlignment::Right });
    }
    let heading = styles.heading;
    writeln!(out)?;
    for (i, line) in table.lines().enumerate() {
        let line = line.trim_end();
        if i == 0 { writeln!(out, "{heading}{line}{heading:#}")? } else { writeln!(out, "{line}")? }
    }
    Ok(())
}
