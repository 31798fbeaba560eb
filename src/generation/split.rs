//! Cutting a file into its generations.
//!
//! From Go 1.26 a mark ends a generation; before, the first batch of the next
//! one does, or the end of the file.

use crate::error::{Error, ErrorKind, Result};
use crate::generation::v1::index::Index;
use crate::generation::{Draft, Generation};
use crate::spec::version::{HEADER_LEN, Version};
use crate::wire::v2::batch::{Frame, Frames};

/// A file cut into generations, and the defect that ended the cutting early.
pub(crate) struct Split<'a> {
    pub(crate) generations: Vec<Generation<'a>>,
    pub(crate) defect: Option<Error>,
}

/// Cuts `file` (header included) into generations. `framed` is called with each generation once
/// its frames have been read.
pub(crate) fn split<'a>(file: &'a [u8], version: Version, framed: &dyn Fn(&Generation<'a>)) -> Split<'a> {
    let mut splitter = Splitter { file, version, generations: Vec::new(), draft: None, framed };
    let mut frames = Frames::new(file, HEADER_LEN);
    let defect = loop {
        let start = frames.offset();
        let taken = match frames.next() {
            None => break splitter.end_of_file(),
            Some(Err(e)) => {
                // Before 1.26 the error may concern the next generation's
                // first batch: what came before it counts as whole.
                let end = start;
                break Some(match splitter.draft.take() {
                    Some(draft) if version < Version::Go126 => match draft.check(version, end) {
                        Ok(()) => {
                            splitter.keep(draft, end);
                            e
                        }
                        Err(missing) => {
                            splitter.draft = Some(draft);
                            if e.is_truncation() { e } else { missing }
                        }
                    },
                    draft => {
                        splitter.draft = draft;
                        e
                    }
                });
            }
            Some(Ok(frame)) => splitter.take(frame),
        };
        if let Err(e) = taken {
            break Some(e);
        }
    };
    Split { generations: splitter.generations, defect }
}

/// Reads a v1 trace as its one generation; none if it has a defect.
pub(crate) fn split_v1<'a>(file: &'a [u8], version: Version, framed: &dyn Fn(&Generation<'a>)) -> Split<'a> {
    let (index, defect) = Index::scan(file, version);
    // A frequency may be missing because the table's entry was bad: then that is the defect.
    let blemish = || index.blemishes.list().first().map(|blemish| blemish.error().clone());
    let missing = || blemish().unwrap_or_else(|| Error::at(file.len(), ErrorKind::MissingFrequency));
    let defect = defect.or_else(|| index.hz.is_none().then(missing));
    if defect.is_some() {
        return Split { generations: Vec::new(), defect };
    }
    let generation = Generation::of_v1(file, HEADER_LEN, index, true);
    framed(&generation);
    Split { generations: vec![generation], defect }
}

struct Splitter<'a, 'f> {
    file: &'a [u8],
    version: Version,
    generations: Vec<Generation<'a>>,
    draft: Option<Draft>,
    framed: &'f dyn Fn(&Generation<'a>),
}

impl<'a> Splitter<'a, '_> {
    fn keep(&mut self, draft: Draft, end: usize) {
        let index = self.generations.len();
        let generation = draft.finish(self.file, self.version, index, end, true);
        (self.framed)(&generation);
        self.generations.push(generation);
    }

    fn take(&mut self, frame: Frame<'a>) -> Result<()> {
        match frame {
            Frame::EndOfGeneration(offset) if self.version >= Version::Go126 => {
                let draft = self.draft.take().unwrap_or_else(|| Draft::new(0, offset));
                if let Err(e) = draft.check(self.version, offset) {
                    self.draft = Some(draft);
                    return Err(e);
                }
                self.keep(draft, offset + 1);
                Ok(())
            }
            Frame::EndOfGeneration(offset) => {
                let found = crate::spec::v2::EventType::EndOfGeneration as u8;
                Err(Error::at(offset, ErrorKind::ExpectedBatch { found }))
            }
            Frame::Batch(batch) => {
                let (number, start) = (batch.generation, batch.offset);
                if number == 0 {
                    return Err(Error::at(start, ErrorKind::ZeroGeneration));
                }
                let draft = match self.draft.take() {
                    Some(draft) if draft.number == number => draft,
                    Some(draft) if self.version < Version::Go126 && draft.number.wrapping_add(1) == number => {
                        if let Err(e) = draft.check(self.version, start) {
                            self.draft = Some(draft);
                            return Err(e);
                        }
                        self.keep(draft, start);
                        Draft::new(number, start)
                    }
                    Some(draft) => {
                        let expected = draft.number;
                        self.draft = Some(draft);
                        return Err(Error::at(start, ErrorKind::GenerationsMixed { expected, found: number }));
                    }
                    None => Draft::new(number, start),
                };
                let draft = self.draft.insert(draft);
                draft.add(&batch, self.version).map_err(|e| e.in_generation(number))
            }
        }
    }

    fn end_of_file(&mut self) -> Option<Error> {
        let end = self.file.len();
        let Some(draft) = self.draft.take() else {
            // From 1.26 a file of a header alone is a whole, empty trace.
            let empty = self.generations.is_empty() && self.version < Version::Go126;
            return empty.then(|| Error::at(end, ErrorKind::MissingFrequency));
        };
        let checked = if self.version >= Version::Go126 {
            if !draft.has_events {
                // No event is lost, and Go's reader lets it pass.
                return None;
            }
            Err(Error::at(end, ErrorKind::MissingEndOfGeneration).in_generation(draft.number))
        } else {
            draft.check(self.version, end)
        };
        match checked {
            Ok(()) => self.keep(draft, end),
            Err(_) => self.draft = Some(draft),
        }
        checked.err()
    }
}
