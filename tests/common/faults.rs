//! Faults: damage to a trace between the runtime that writes it and its reader.
//! Each is named by three words, from which it can be made again:
//!
//! ```text
//! go1.27/mixed cut 17         the 17th random cut of that trace
//! go1.22/hello flip-bytes 3
//! ```
//!
//! A [`Damaged`] trace is made of pieces of good ones, and knows where they went.
//! So it can say which of their events are still there, without reading them
//! as the reader under test does.
//!
//! ```text
//! good     header batch batch batch ...          delete-bytes in the second
//!          └─────────────┐ ┌───────────
//! damaged  header batch ba│ch batch ...          two pieces
//! ```

use super::simulator::Dice;
use gotrace::spec::v1::EventType as V1EventType;
use gotrace::spec::v2::EventType;
use gotrace::wire::v1;
use gotrace::wire::v2::batch::{Batch, BatchKind};
use gotrace::wire::v2::event::RawEvents;
use gotrace::{HEADER_LEN, ThreadId, Timestamp, Trace, Version};
use std::collections::HashSet;
use std::fmt;
use std::ops::Range;
use std::path::Path;

/// A kind of damage.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Kind {
    /// An end between two batches: a crash between two writes.
    CutAtBatch,
    /// An end anywhere: a full disk, an abandoned download.
    Cut,
    /// Changed bytes in a row.
    FlipBytes,
    /// Missing bytes in a row.
    DeleteBytes,
    /// Bytes in a row that are there twice.
    DuplicateBytes,
    /// Two stretches of bytes that have changed places.
    SwapBytes,
    /// A missing batch.
    DeleteBatch,
    /// A batch that is there twice.
    DuplicateBatch,
    /// Two batches that have changed places.
    SwapBatches,
    /// An HTTP header in front.
    LeadingBytes,
    /// Other bytes behind.
    TrailingBytes,
    /// Another trace behind.
    TwoTraces,
    /// A missing beginning, header included: the tail of a ring buffer.
    MissingStart,
}

impl Kind {
    /// All kinds, with the most faults of each that a trace is put to.
    pub const ALL: [(Kind, usize); 13] = [
        (Kind::CutAtBatch, usize::MAX),
        (Kind::Cut, 200),
        (Kind::FlipBytes, 20),
        (Kind::DeleteBytes, 20),
        (Kind::DuplicateBytes, 20),
        (Kind::SwapBytes, 20),
        (Kind::DeleteBatch, 20),
        (Kind::DuplicateBatch, 20),
        (Kind::SwapBatches, 20),
        (Kind::LeadingBytes, 2),
        (Kind::TrailingBytes, 4),
        (Kind::TwoTraces, 4),
        (Kind::MissingStart, 20),
    ];

    /// Returns the name in a fault's words.
    pub fn name(self) -> &'static str {
        match self {
            Kind::CutAtBatch => "cut-at-batch",
            Kind::Cut => "cut",
            Kind::FlipBytes => "flip-bytes",
            Kind::DeleteBytes => "delete-bytes",
            Kind::DuplicateBytes => "duplicate-bytes",
            Kind::SwapBytes => "swap-bytes",
            Kind::DeleteBatch => "delete-batch",
            Kind::DuplicateBatch => "duplicate-batch",
            Kind::SwapBatches => "swap-batches",
            Kind::LeadingBytes => "leading-bytes",
            Kind::TrailingBytes => "trailing-bytes",
            Kind::TwoTraces => "two-traces",
            Kind::MissingStart => "missing-start",
        }
    }
}

/// One fault.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Fault<'c> {
    pub trace: &'c Source,
    pub kind: Kind,
    /// The number of the batch for a cut at a batch, else the seed of the dice.
    pub seed: usize,
}

impl fmt::Display for Fault<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {} {}", self.trace.name, self.kind.name(), self.seed)
    }
}

/// A batch of a good trace, and its events.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct WireBatch {
    /// The bytes in the file, header included.
    pub range: Range<usize>,
    /// The offset of the data.
    pub data: usize,
    /// The offsets of the events or CPU samples, and of the end of the last one;
    /// empty for other batches.
    borders: Vec<u32>,
    /// The offsets of those that are not read as events but only add to another.
    silent: HashSet<u32>,
    is_samples: bool,
}

impl WireBatch {
    /// Iterates over the byte ranges of the events.
    pub fn events(&self) -> impl Iterator<Item = Range<usize>> + '_ {
        let events = self.borders.windows(2).filter(|pair| !self.silent.contains(&pair[0]));
        events.map(|pair| pair[0] as usize..pair[1] as usize)
    }
}

/// A committed trace, with its batches.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Source {
    /// The name, such as `go1.27/hello`.
    pub name: String,
    pub bytes: Vec<u8>,
    pub batches: Vec<WireBatch>,
    /// The byte ranges of the whole generations.
    pub generations: Vec<Range<usize>>,
}

/// Reads the varint at `*at`.
fn number(bytes: &[u8], at: &mut usize) -> Option<u64> {
    let mut value = 0;
    for shift in (0..64).step_by(7) {
        let byte = *bytes.get(*at)?;
        *at += 1;
        value |= u64::from(byte & 0x7f) << shift;
        if byte < 0x80 {
            return Some(value);
        }
    }
    None
}

/// Returns the batch whose header stands at `offset`, with as much of its data as the file
/// has; and the offset at which it should end.
fn batch_at(bytes: &[u8], offset: usize) -> Option<(Batch<'_>, usize)> {
    let mut at = offset + 1;
    let mut experiment = 0;
    match EventType::from_wire(*bytes.get(offset)?)? {
        EventType::EventBatch => {}
        EventType::ExperimentalBatch => {
            experiment = *bytes.get(at)?;
            at += 1;
        }
        _ => return None,
    }
    let [generation, thread, time, size] = [(); 4].map(|()| number(bytes, &mut at));
    let size = usize::try_from(size?).ok()?;
    let data = &bytes[at..at.saturating_add(size).min(bytes.len())];
    let thread = thread.filter(|&m| m != u64::MAX).map(ThreadId);
    let (generation, time) = (generation?, Timestamp(time?));
    Some((Batch { offset, data_offset: at, generation, thread, time, experiment, data }, size))
}

/// Returns the offsets of the whole events of a batch, and of the end of the last one.
fn borders(batch: &Batch<'_>, is_samples: bool) -> Vec<u32> {
    let mut borders = vec![batch.data_offset as u32];
    if is_samples {
        // A byte says what the batch holds; each sample is a byte and five numbers.
        let mut at = 1;
        borders[0] += 1;
        while batch.data.get(at) == Some(&(EventType::CPUSample as u8)) {
            at += 1;
            if (0..5).any(|_| number(batch.data, &mut at).is_none()) {
                break;
            }
            borders.push((batch.data_offset + at) as u32);
        }
        return borders;
    }
    let mut events = RawEvents::new(batch);
    while let Some(Ok(event)) = events.next() {
        let mut at = event.offset - batch.data_offset + 1;
        event.event.spec().args.iter().for_each(|_| _ = number(batch.data, &mut at));
        borders.push((batch.data_offset + at) as u32);
    }
    borders
}

/// Returns the v1 batch whose header stands at `offset`, up to the next one, a defect or
/// the end: the offset of its data, those of its events and entries of the tables,
/// and that of the end of the last one.
fn v1_batch_at(bytes: &[u8], offset: usize, version: Version) -> Option<(usize, Vec<u32>)> {
    // The slice begins as much earlier as a header is long, for the reader skips one.
    let mut events = v1::event::RawEvents::new(&bytes[offset - HEADER_LEN..], version).map_while(Result::ok);
    let header = events.next().filter(|event| event.event == V1EventType::Batch)?;
    let at = |place: usize| (place + offset - HEADER_LEN) as u32;
    let data = header.offset + header.size;
    let mut borders = vec![at(data)];
    let data = at(data) as usize;
    for event in events.take_while(|event| event.event != V1EventType::Batch) {
        borders.push(at(event.offset + event.size));
    }
    Some((data, borders))
}

/// Returns the offsets of the records of a good v1 file that come out as no event of their own:
/// entries of the tables; the blocking of a system call, which changes another event; and
/// those at the beginning, where the list of goroutines creates each of them, but for the
/// statuses, which are read.
fn silent_v1(bytes: &[u8], version: Version) -> HashSet<u32> {
    use V1EventType::*;
    let events: Vec<_> = v1::event::RawEvents::new(bytes, version).map_while(Result::ok).collect();
    let mut silent = HashSet::new();
    // The P and the time of each record.
    let (mut proc, mut ticks, mut on) = (0, 0, Vec::new());
    for event in &events {
        if event.event == Batch {
            (proc, ticks) = (event.numbers[0], event.numbers[1]);
        } else if event.event.spec().is_timed() && event.event != CPUSample {
            ticks += event.numbers[0];
        }
        on.push((proc, ticks));
        if !event.event.spec().is_timed() || matches!(event.event, GoSysBlock | FutileWakeup) {
            silent.insert(event.offset as u32);
        }
    }
    let sizes = (0..events.len()).filter(|&at| events[at].event == Gomaxprocs);
    let Some(begun) = sizes.min_by_key(|&at| on[at].1) else { return silent };
    silent.insert(events[begun].offset as u32);
    let goroutine = |at: usize| events[at].numbers.get(1);
    let first = (0..begun).filter(|&at| on[at].0 == on[begun].0);
    let states =
        first.clone().filter(|&at| matches!(events[at].event, GoWaiting | GoInSyscall | GoStart | GoStartLocal));
    let told: HashSet<_> = states.map(goroutine).collect();
    let created = first.filter(|&at| events[at].event == GoCreate && told.contains(&goroutine(at)));
    silent.extend(created.map(|at| events[at].offset as u32));
    silent
}

impl Source {
    /// Returns whether it is a trace of Go 1.5 to 1.21.
    pub fn is_v1(&self) -> bool {
        Version::parse_header(&self.bytes).unwrap().is_v1()
    }

    /// Splits a v1 trace, which is one generation, into its batches.
    fn of_v1(name: String, bytes: Vec<u8>, version: Version) -> Source {
        let (mut batches, mut at) = (Vec::new(), HEADER_LEN);
        while let Some((data, borders)) = v1_batch_at(&bytes, at, version) {
            let end = *borders.last().unwrap() as usize;
            batches.push(WireBatch { range: at..end, data, borders, silent: HashSet::new(), is_samples: false });
            at = end;
        }
        let silent = silent_v1(&bytes, version);
        for batch in &mut batches {
            batch.silent = batch.borders.iter().copied().filter(|at| silent.contains(at)).collect();
        }
        let all = HEADER_LEN..bytes.len();
        Source { name, bytes, batches, generations: Vec::from([all]) }
    }

    /// Splits a trace into its batches and generations.
    pub fn new(name: String, bytes: Vec<u8>) -> Source {
        let version = Version::parse_header(&bytes).unwrap();
        if version.is_v1() {
            return Source::of_v1(name, bytes, version);
        }
        let (mut batches, mut at) = (Vec::new(), HEADER_LEN);
        while at < bytes.len() {
            if bytes[at] == EventType::EndOfGeneration as u8 {
                at += 1;
                continue;
            }
            let Some((batch, _)) = batch_at(&bytes, at) else { break };
            let (data, end) = (batch.data_offset, batch.end());
            let kind = batch.kind(version);
            let is_samples = kind == BatchKind::Samples;
            let has_events = is_samples || kind == BatchKind::Events;
            let borders = if has_events { borders(&batch, is_samples) } else { Vec::new() };
            batches.push(WireBatch { range: at..end, data, borders, silent: HashSet::new(), is_samples });
            at = end;
        }
        let trace = Trace::parse(&bytes).unwrap();
        let generations = trace.generations().iter().map(|g| g.byte_range()).collect();
        drop(trace);
        Source { name, bytes, batches, generations }
    }

    /// Returns the number of events in all batches.
    pub fn wire_events(&self) -> usize {
        self.batches.iter().map(|batch| batch.events().count()).sum()
    }
}

/// The committed traces.
pub struct Corpus(pub Vec<Source>);

impl Corpus {
    pub fn committed() -> Corpus {
        // The tests of the command, whose manifest is elsewhere, use this too.
        let manifest = Path::new(env!("CARGO_MANIFEST_DIR"));
        let mut roots = manifest.ancestors().map(|dir| dir.join("testdata/traces"));
        let root = roots.find(|root| root.is_dir()).unwrap();
        let mut sources = Vec::new();
        for version in std::fs::read_dir(&root).unwrap() {
            for file in std::fs::read_dir(version.unwrap().path()).unwrap() {
                let path = file.unwrap().path();
                let name = path.strip_prefix(&root).unwrap().with_extension("").display().to_string();
                sources.push(Source::new(name, std::fs::read(path).unwrap()));
            }
        }
        sources.sort_by(|a, b| a.name.cmp(&b.name));
        assert!(sources.len() > 100, "{} traces", sources.len());
        Corpus(sources)
    }

    /// Returns the fault that three words name.
    pub fn fault(&self, words: &str) -> Fault<'_> {
        let [trace, kind, seed] = words.split(' ').collect::<Vec<_>>()[..] else { panic!("not a fault: {words}") };
        let trace = self.0.iter().find(|source| source.name == trace).unwrap_or_else(|| panic!("no trace {trace}"));
        let kind = Kind::ALL.iter().find(|(known, _)| known.name() == kind);
        Fault { trace, kind: kind.unwrap_or_else(|| panic!("no such kind: {words}")).0, seed: seed.parse().unwrap() }
    }

    /// Returns up to `most` faults of each kind for a trace.
    pub fn faults<'c>(&self, trace: &'c Source, most: impl Fn(usize) -> usize) -> Vec<Fault<'c>> {
        let of_kind = |(kind, full)| {
            let there = if kind == Kind::CutAtBatch { trace.batches.len() } else { full };
            let count = most(there).min(there);
            // Spread out, so that fewer cuts at batches are not those at the beginning.
            (0..count).map(move |n| Fault { trace, kind, seed: n * there / count })
        };
        Kind::ALL.into_iter().flat_map(of_kind).collect()
    }
}

/// A damaged trace.
pub struct Damaged<'c> {
    pub bytes: Vec<u8>,
    /// The traces that it was made of: one, and perhaps one behind it.
    pub sources: Vec<&'c Source>,
    /// The pieces: the number of the source, the range in it, and the offset here.
    pieces: Vec<(usize, Range<usize>, usize)>,
    /// Bytes of the first source that are there more than once.
    doubled: Range<usize>,
}

impl<'c> Damaged<'c> {
    fn of(source: &'c Source) -> Damaged<'c> {
        Damaged { bytes: Vec::new(), sources: vec![source], pieces: Vec::new(), doubled: 0..0 }
    }

    fn keep_of(mut self, source: usize, range: Range<usize>) -> Self {
        self.pieces.push((source, range.clone(), self.bytes.len()));
        self.bytes.extend(&self.sources[source].bytes[range]);
        self
    }

    fn keep(self, range: Range<usize>) -> Self {
        self.keep_of(0, range)
    }

    fn add(mut self, bytes: &[u8]) -> Self {
        self.bytes.extend(bytes);
        self
    }

    /// Returns the offset at which bytes of a source are now, if they are together.
    pub fn place(&self, source: usize, range: &Range<usize>) -> Option<usize> {
        let holds = |of: &Range<usize>| of.start <= range.start && range.end <= of.end;
        let (_, from, at) = self.pieces.iter().find(|(of, kept, _)| *of == source && holds(kept))?;
        Some(range.start - from.start + at)
    }

    /// Returns the offsets of whole events in batches whose header is whole; behind damage
    /// in a batch, those from where reading falls into step again.
    pub fn wire_events(&self) -> Vec<usize> {
        let mut found = Vec::new();
        for (number, source) in self.sources.iter().enumerate() {
            for batch in source.batches.iter().filter(|batch| batch.borders.len() > 1) {
                if let Some(at) = self.place(number, &batch.range) {
                    found.extend(batch.events().map(|event| event.start - batch.range.start + at));
                } else if let Some(at) = self.place(number, &(batch.range.start..batch.data)) {
                    let read = if source.is_v1() {
                        let version = Version::parse_header(&source.bytes).unwrap();
                        v1_batch_at(&self.bytes, at, version).map(|(_, borders)| borders)
                    } else {
                        batch_at(&self.bytes, at).map(|(now, _)| borders(&now, batch.is_samples))
                    };
                    let Some(read) = read else { continue };
                    let read = &read[..read.len() - 1];
                    let whole = batch.events().filter_map(|event| self.place(number, &event));
                    found.extend(whole.filter(|&at| read.binary_search(&(at as u32)).is_ok()));
                }
            }
        }
        found
    }

    /// Returns the offsets of the events in generations that the fault left alone.
    pub fn untouched(&self) -> Vec<usize> {
        let mut found = Vec::new();
        for (number, source) in self.sources.iter().enumerate() {
            let doubled =
                |range: &Range<usize>| number == 0 && self.doubled.start < range.end && range.start < self.doubled.end;
            for range in source.generations.iter().filter(|range| !doubled(range)) {
                let Some(at) = self.place(number, range) else { continue };
                let first = source.batches.partition_point(|batch| batch.range.start < range.start);
                let batches = source.batches[first..].iter().take_while(|batch| batch.range.start < range.end);
                found.extend(batches.flat_map(|batch| batch.events()).map(|event| event.start - range.start + at));
            }
        }
        found
    }
}

impl<'c> Fault<'c> {
    /// Damages the trace.
    pub fn apply(&self, corpus: &'c Corpus) -> Damaged<'c> {
        let good = self.trace;
        let size = good.bytes.len();
        // The words are the seed, so that kinds and traces get different dice.
        let salt = self.to_string().bytes().fold(0u64, |salt, byte| salt.wrapping_mul(31).wrapping_add(byte.into()));
        let mut dice = Dice::new(salt);
        let out = Damaged::of(good);
        let stretch = |dice: &mut Dice| {
            let long = if dice.roll(2) == 0 { 1 } else { 2 + dice.roll(15) };
            let start = dice.roll(size - long);
            start..start + long
        };
        let batch = |dice: &mut Dice| good.batches[dice.roll(good.batches.len())].range.clone();
        match self.kind {
            Kind::CutAtBatch => out.keep(0..good.batches[self.seed].range.start),
            Kind::Cut => out.keep(0..HEADER_LEN + dice.roll(size - HEADER_LEN)),
            Kind::FlipBytes => {
                let at = stretch(&mut dice);
                let other: Vec<u8> = good.bytes[at.clone()].iter().map(|b| b ^ (1 + dice.roll(255) as u8)).collect();
                out.keep(0..at.start).add(&other).keep(at.end..size)
            }
            Kind::DeleteBytes => {
                let at = stretch(&mut dice);
                out.keep(0..at.start).keep(at.end..size)
            }
            Kind::DuplicateBytes => {
                let at = stretch(&mut dice);
                out.keep(0..at.end).add(&good.bytes[at.clone()]).keep(at.end..size)
            }
            Kind::SwapBytes => {
                let (a, b) = (stretch(&mut dice), stretch(&mut dice));
                let (a, b) = if a.start <= b.start { (a, b) } else { (b, a) };
                let b = b.start.max(a.end)..b.end.max(a.end);
                let (first, second) = (&good.bytes[a.clone()], &good.bytes[b.clone()]);
                out.keep(0..a.start).add(second).keep(a.end..b.start).add(first).keep(b.end..size)
            }
            Kind::DeleteBatch => {
                let at = batch(&mut dice);
                out.keep(0..at.start).keep(at.end..size)
            }
            Kind::DuplicateBatch => {
                let at = batch(&mut dice);
                let out = out.keep(0..at.end).add(&good.bytes[at.clone()]).keep(at.end..size);
                Damaged { doubled: at, ..out }
            }
            Kind::SwapBatches => {
                let (a, b) = (batch(&mut dice), batch(&mut dice));
                let (a, b) = if a.start <= b.start { (a, b) } else { (b, a) };
                if a == b {
                    return out.keep(0..size);
                }
                out.keep(0..a.start).keep(b.clone()).keep(a.end..b.start).keep(a).keep(b.end..size)
            }
            Kind::LeadingBytes => {
                let chunk = if self.seed == 0 { "" } else { "Transfer-Encoding: chunked\r\n" };
                let header = format!("HTTP/1.1 200 OK\r\nContent-Type: application/octet-stream\r\n{chunk}\r\n");
                out.add(header.as_bytes()).keep(0..size)
            }
            Kind::TrailingBytes => {
                let tail = match self.seed {
                    0 => vec![0; 4096],
                    1 => b"\r\n".to_vec(),
                    2 => b"panic: runtime error: index out of range [7] with length 7\n\ngoroutine 1:\n".to_vec(),
                    _ => (0..1 + dice.roll(5000)).map(|_| dice.roll(256) as u8).collect(),
                };
                out.keep(0..size).add(&tail)
            }
            Kind::TwoTraces => {
                // Other traces are small, so that they do not take all the time.
                let of = |other: &&Source| match self.seed {
                    0 => other.name == good.name,
                    1 => other.name.split('/').next() == good.name.split('/').next(),
                    _ => true,
                };
                let others: Vec<_> =
                    corpus.0.iter().filter(of).filter(|s| self.seed == 0 || s.bytes.len() < 64 << 10).collect();
                let other = others[dice.roll(others.len())];
                let mut out = out.keep(0..size);
                out.sources.push(other);
                out.keep_of(1, 0..other.bytes.len())
            }
            Kind::MissingStart => out.keep(1 + dice.roll(size - 1)..size),
        }
    }
}
