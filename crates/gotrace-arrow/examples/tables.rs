//! Tables of a trace as Parquet files: `tables TRACE FOLDER [TABLE...]`, all but `events` if
//! none are named. With `-` for the folder nothing is written, which shows what it costs to
//! make them.

use gotrace::{Mode, Options, Trace, TraceFile};
use gotrace_arrow::parquet::TableWriter;
use gotrace_arrow::{Table, Tables};
use std::collections::BTreeMap;
use std::error::Error;
use std::fs::File;
use std::path::PathBuf;

fn main() -> Result<(), Box<dyn Error>> {
    let mut args = std::env::args().skip(1);
    let path = args.next().ok_or("usage: tables TRACE FOLDER [TABLE...]")?;
    let folder = args.next().filter(|folder| folder != "-").map(PathBuf::from);
    let named: Vec<Table> = args.map(|name| name.parse()).collect::<Result<_, _>>()?;
    let wanted = if named.is_empty() { Table::default_set().collect() } else { named };

    let file = TraceFile::open(&path)?;
    let trace = Trace::of_file(&file, Options::default().mode(Mode::Lenient))?;
    let tables = Tables::new(wanted).path(path);
    let mut writers = BTreeMap::new();
    if let Some(folder) = &folder {
        std::fs::create_dir_all(folder)?;
        for table in tables.iter() {
            let to = File::create(folder.join(format!("{table}.parquet")))?;
            writers.insert(table, TableWriter::new(table, tables.schema(table, &trace), to)?);
        }
    }
    let written = tables.write(&trace, |table, batch| {
        writers.get_mut(&table).map_or(Ok(()), |writer| writer.write(&batch)).map_err(gotrace_arrow::Error::from)
    })?;
    for (_, writer) in writers {
        writer.finish()?;
    }
    for table in tables.iter() {
        println!("{:>12} rows of {table}", written.rows(table));
    }
    Ok(())
}
