//! Search for the line table of an executable. The source is Go's
//! `cmd/internal/objfile`; a table that no section and no symbol marks, as in
//! stripped PE files, is found by its magic number.

use super::error::SymbolsError;
use super::pclntab::{LineTable, may_begin};
use object::read::{File, Object, ObjectSection, ObjectSymbol};
use object::{FileKind, SectionKind};

/// Reads the line table of an executable.
pub(super) fn line_table(bytes: &[u8]) -> Result<LineTable, SymbolsError> {
    match FileKind::parse(bytes) {
        Ok(FileKind::MachOFat32 | FileKind::MachOFat64) => return Err(SymbolsError::Universal),
        Err(_) => return Err(SymbolsError::NotAnExecutable),
        Ok(_) => {}
    }
    let file = File::parse(bytes).map_err(bad)?;
    let table = match piece(&file)? {
        Some(Piece { bytes, offset }) => LineTable::read(bytes, offset)?,
        None => by_magic(&file).ok_or(SymbolsError::NoLineTable)?,
    };
    let text = text(&file, &table);
    Ok(table.at_text(text))
}

/// A piece of the file and its offset there, in bytes.
struct Piece<'b> {
    bytes: &'b [u8],
    offset: u64,
}

fn bad(error: object::Error) -> SymbolsError {
    SymbolsError::BadExecutable { reason: error.to_string() }
}

/// Returns the bytes that are marked as the table: by a section of its own in ELF and Mach-O
/// files, by symbols in PE files.
fn piece<'b>(file: &File<'b>) -> Result<Option<Piece<'b>>, SymbolsError> {
    const NAMES: [&str; 3] = [".gopclntab", ".data.rel.ro.gopclntab", "__gopclntab"];
    let Some(section) = NAMES.iter().find_map(|name| file.section_by_name(name)) else {
        return Ok(between_symbols(file));
    };
    let offset = section.file_range().map_or(0, |(offset, _)| offset);
    Ok(Some(Piece { bytes: section.data().map_err(bad)?, offset }))
}

fn between_symbols<'b>(file: &File<'b>) -> Option<Piece<'b>> {
    let symbol = |name| file.symbols().find(|symbol| symbol.name() == Ok(name));
    let (begin, end) = (symbol("runtime.pclntab")?, symbol("runtime.epclntab")?);
    let section = file.section_by_index(begin.section_index()?).ok()?;
    let at = begin.address().checked_sub(section.address())?;
    let size = end.address().checked_sub(begin.address())?;
    let bytes = section.data().ok()?.get(usize::try_from(at).ok()?..)?.get(..usize::try_from(size).ok()?)?;
    Some(Piece { bytes, offset: section.file_range()?.0.checked_add(at)? })
}

/// Returns the first table that can be read from any of the sections of data.
fn by_magic(file: &File<'_>) -> Option<LineTable> {
    const ALIGNED: usize = 4;
    // Each try takes time in proportion to the file.
    const MOST_TRIES: usize = 16;
    let data = |kind| matches!(kind, SectionKind::ReadOnlyData | SectionKind::Data | SectionKind::ReadOnlyDataWithRel);
    let sections = file.sections().filter(|section| data(section.kind()));
    let places = sections.filter_map(|section| Some((section.data().ok()?, section.file_range()?.0)));
    let candidates = places.flat_map(|(bytes, offset)| {
        let starts =
            (0..bytes.len()).step_by(ALIGNED).filter_map(move |at| Some((bytes.get(at..)?, offset + at as u64)));
        starts.filter(|(bytes, _)| may_begin(bytes))
    });
    let mut tables = candidates.take(MOST_TRIES).filter_map(|(bytes, offset)| LineTable::read(bytes, offset).ok());
    tables.find(|table| table.len() > 0)
}

/// Returns the address of the text, from which entries count. In a program linked with C it is
/// not that of the section, which begins with C's start-up code.
fn text(file: &File<'_>, table: &LineTable) -> u64 {
    let symbol = file.symbols().find(|symbol| matches!(symbol.name(), Ok("runtime.text" | "_runtime.text")));
    symbol.map(|symbol| symbol.address()).or_else(|| table.stated_text()).unwrap_or_else(|| {
        let section = [".text", "__text"].iter().find_map(|name| file.section_by_name(name));
        section.map_or(0, |section| section.address())
    })
}
