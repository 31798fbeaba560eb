//! A builder of binary traces: well-formed ones by default, broken ones on request.
//!
//! ```text
//! let mut trace = TraceBuilder::new(Version::Go126);
//! let generation = trace.generation(1);
//! let reason = generation.string("chan receive");
//! generation.batch(100, 10)                        // thread 100, from time 10
//!     .event(1, ProcStatus, &[0, 1])
//!     .event(1, GoStatus, &[1, 100, 2])
//!     .event(5, GoBlock, &[reason, 0]);
//! let bytes = trace.build();
//! ```
//!
//! Tables, sync batches and end marks are written as each version has them.

use gotrace::Version;
use gotrace::spec::v2::EventType;

/// "No M", "no P" or "no G" on the wire.
pub const NO: u64 = u64::MAX;

/// The ticks a second of traces unless a test sets others: one a nanosecond.
pub const HZ: u64 = 1_000_000_000;

/// Appends a varint.
pub fn put(out: &mut Vec<u8>, mut value: u64) {
    while value >= 0x80 {
        out.push(value as u8 | 0x80);
        value >>= 7;
    }
    out.push(value as u8);
}

/// A trace to be written.
#[derive(Clone, Debug)]
pub struct TraceBuilder {
    pub version: Version,
    pub generations: Vec<Generation>,
    /// Bytes behind the last generation.
    pub tail: Vec<u8>,
}

/// A file, with the offsets of its marks in the order of the file.
#[derive(Clone, Debug)]
pub struct Built {
    pub bytes: Vec<u8>,
    pub marks: Vec<(usize, usize)>,
}

impl Built {
    /// Returns the offset of a mark in the file, in bytes.
    pub fn mark(&self, mark: usize) -> usize {
        self.marks.iter().find(|(id, _)| *id == mark).unwrap_or_else(|| panic!("no mark {mark}")).1
    }
}

impl TraceBuilder {
    pub fn new(version: Version) -> TraceBuilder {
        TraceBuilder { version, generations: Vec::new(), tail: Vec::new() }
    }

    /// Begins another generation.
    pub fn generation(&mut self, number: u64) -> &mut Generation {
        self.generations.push(Generation::new(number));
        self.generations.last_mut().unwrap()
    }

    /// Returns the last generation.
    pub fn last(&mut self) -> &mut Generation {
        self.generations.last_mut().expect("a generation")
    }

    pub fn build(&self) -> Vec<u8> {
        self.build_marked().bytes
    }

    pub fn build_marked(&self) -> Built {
        let mut built = Built { bytes: self.version.header().to_vec(), marks: Vec::new() };
        for generation in &self.generations {
            generation.write(self.version, &mut built);
        }
        built.bytes.extend(&self.tail);
        built
    }
}

/// A generation to be written.
#[derive(Clone, Debug)]
pub struct Generation {
    pub number: u64,
    /// Batches in the order of the file: events, experiments, and raw ones.
    pub batches: Vec<Batch>,
    pub strings: Vec<(u64, Vec<u8>)>,
    /// Stacks of frames `[pc, function, file, line]`.
    pub stacks: Vec<(u64, Vec<[u64; 4]>)>,
    /// CPU samples `[time, m, p, g, stack]`.
    pub samples: Vec<[u64; 5]>,
    /// The frequencies: one, unless a test wants another number of them.
    pub frequencies: Vec<u64>,
    /// The clock snapshots `[time, mono, secs, nanos]`, from 1.25: one, unless a test wants others.
    pub snapshots: Vec<[u64; 4]>,
    /// True if the mark that ends a generation from 1.26 on is written.
    pub end_mark: bool,
}

impl Generation {
    fn new(number: u64) -> Generation {
        Generation {
            number,
            batches: Vec::new(),
            strings: Vec::new(),
            stacks: Vec::new(),
            samples: Vec::new(),
            frequencies: vec![HZ],
            snapshots: vec![[1, 2, 3, 4]],
            end_mark: true,
        }
    }

    /// Begins another batch of a thread.
    pub fn batch(&mut self, thread: u64, time: u64) -> &mut Batch {
        self.batches.push(Batch { generation: self.number, ..Batch::new(thread, time) });
        self.batches.last_mut().unwrap()
    }

    /// Begins a batch of an experiment.
    pub fn experiment(&mut self, experiment: u8, data: &[u8]) -> &mut Batch {
        let batch = self.batch(NO, 0);
        batch.experiment = Some(experiment);
        batch.data = data.to_vec();
        batch
    }

    /// Returns the ID of a string, which is added if it is new; 0 for the empty one.
    pub fn string(&mut self, text: impl AsRef<[u8]>) -> u64 {
        let text = text.as_ref();
        if text.is_empty() {
            return 0;
        }
        if let Some((id, _)) = self.strings.iter().find(|(_, known)| known == text) {
            return *id;
        }
        let id = self.strings.len() as u64 + 1;
        self.strings.push((id, text.to_vec()));
        id
    }

    /// Returns the ID of the stack of these functions, innermost first.
    pub fn stack(&mut self, functions: &[&str]) -> u64 {
        if functions.is_empty() {
            return 0;
        }
        let file = self.string("main.go");
        let frames: Vec<_> = functions.iter().map(|f| self.string(f)).map(|f| [0x1000 + f, f, file, 10 + f]).collect();
        if let Some((id, _)) = self.stacks.iter().find(|(_, known)| *known == frames) {
            return *id;
        }
        let id = self.stacks.len() as u64 + 1;
        self.stacks.push((id, frames));
        id
    }

    fn write(&self, version: Version, built: &mut Built) {
        if version >= Version::Go125 {
            self.write_sync(version, built);
        }
        for batch in &self.batches {
            batch.write(built);
        }
        if version < Version::Go125 {
            self.write_sync(version, built);
        }
        let mut table = self.table(EventType::CPUSamples);
        for sample in &self.samples {
            table.entry(EventType::CPUSample, sample);
            table.write_if_full(built);
        }
        table.write_if_any(built);

        let mut table = self.table(EventType::Stacks);
        for (id, frames) in &self.stacks {
            table.entry(EventType::Stack, &[*id, frames.len() as u64]);
            frames.iter().flatten().for_each(|&number| put(&mut table.data, number));
            table.write_if_full(built);
        }
        table.write_if_any(built);

        let mut table = self.table(EventType::Strings);
        for (id, text) in &self.strings {
            table.entry(EventType::String, &[*id, text.len() as u64]);
            table.data.extend(text);
            table.write_if_full(built);
        }
        table.write_if_any(built);
        if version >= Version::Go126 && self.end_mark {
            built.bytes.push(EventType::EndOfGeneration as u8);
        }
    }

    fn table(&self, kind: EventType) -> Batch {
        Batch { generation: self.number, data: vec![kind as u8], ..Batch::new(NO, 0) }
    }

    /// Writes one batch for each frequency before 1.25, one batch in all from then on.
    fn write_sync(&self, version: Version, built: &mut Built) {
        let first = self.batches.iter().map(|b| b.time).find(|&t| t != 0).unwrap_or(1);
        let empty = Batch { generation: self.number, ..Batch::new(NO, first) };
        if version < Version::Go125 {
            for &hz in &self.frequencies {
                empty.clone().entry(EventType::Frequency, &[hz]).write(built);
            }
            return;
        }
        let mut batch = empty;
        batch.data.push(EventType::Sync as u8);
        for &hz in &self.frequencies {
            batch.entry(EventType::Frequency, &[hz]);
        }
        for snapshot in &self.snapshots {
            batch.entry(EventType::ClockSnapshot, snapshot);
        }
        batch.write(built);
    }
}

/// A batch to be written.
#[derive(Clone, Debug)]
pub struct Batch {
    pub generation: u64,
    pub thread: u64,
    pub time: u64,
    pub experiment: Option<u8>,
    pub data: Vec<u8>,
    /// The size that the header states, if it is not that of the data.
    pub stated_size: Option<u64>,
    marks: Vec<(usize, usize)>,
}

impl Batch {
    fn new(thread: u64, time: u64) -> Batch {
        Batch { generation: 1, thread, time, experiment: None, data: Vec::new(), stated_size: None, marks: Vec::new() }
    }

    /// Adds a timed event, `dt` ticks behind the one before.
    pub fn event(&mut self, dt: u64, event: EventType, args: &[u64]) -> &mut Batch {
        let want = event.spec().args.len().saturating_sub(1);
        assert_eq!(args.len(), want, "{event} takes {want} arguments behind the time");
        self.data.push(event as u8);
        put(&mut self.data, dt);
        args.iter().for_each(|&arg| put(&mut self.data, arg));
        self
    }

    /// Adds an event that has no time, or a table's entry.
    pub fn entry(&mut self, event: EventType, numbers: &[u64]) -> &mut Batch {
        self.data.push(event as u8);
        numbers.iter().for_each(|&number| put(&mut self.data, number));
        self
    }

    /// Adds bytes as they are.
    pub fn raw(&mut self, bytes: &[u8]) -> &mut Batch {
        self.data.extend(bytes);
        self
    }

    /// Marks the next event.
    pub fn mark(&mut self, mark: usize) -> &mut Batch {
        self.marks.push((mark, self.data.len()));
        self
    }

    fn write(&self, built: &mut Built) {
        let out = &mut built.bytes;
        match self.experiment {
            Some(number) => out.extend([EventType::ExperimentalBatch as u8, number]),
            None => out.push(EventType::EventBatch as u8),
        }
        for number in [self.generation, self.thread, self.time, self.stated_size.unwrap_or(self.data.len() as u64)] {
            put(out, number);
        }
        let start = out.len();
        built.marks.extend(self.marks.iter().map(|&(mark, at)| (mark, start + at)));
        built.bytes.extend(&self.data);
    }

    fn write_if_full(&mut self, built: &mut Built) {
        if self.data.len() > 32 << 10 {
            self.write(built);
            self.data.truncate(1);
        }
    }

    fn write_if_any(&self, built: &mut Built) {
        if self.data.len() > 1 {
            self.write(built);
        }
    }
}
