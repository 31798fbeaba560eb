//! A builder of v1 traces, of Go 1.5 to 1.21, event by event.

use gotrace::Version;
use gotrace::spec::v1::EventType::{self, *};

/// A v1 file that is being written.
pub struct File {
    pub bytes: Vec<u8>,
    lead: usize,
}

pub fn uvarint(out: &mut Vec<u8>, mut value: u64) {
    while value >= 0x80 {
        out.push(value as u8 | 0x80);
        value >>= 7;
    }
    out.push(value as u8);
}

impl File {
    pub fn new(version: Version) -> File {
        File { bytes: version.header().to_vec(), lead: if version < Version::Go107 { 2 } else { 1 } }
    }

    /// Adds an event with all its numbers, the time first.
    pub fn event(mut self, event: EventType, numbers: &[u64]) -> File {
        let mut body = Vec::new();
        numbers.iter().for_each(|&n| uvarint(&mut body, n));
        let args = numbers.len() - self.lead;
        self.bytes.push(event as u8 | (args.min(3) as u8) << 6);
        if args >= 3 {
            uvarint(&mut self.bytes, body.len() as u64);
        }
        self.bytes.extend(body);
        self
    }

    pub fn text(mut self, text: &str) -> File {
        uvarint(&mut self.bytes, text.len() as u64);
        self.bytes.extend(text.bytes());
        self
    }

    pub fn string(mut self, id: u64, text: &str) -> File {
        self.bytes.push(String as u8);
        uvarint(&mut self.bytes, id);
        self.text(text)
    }

    /// Returns the beginning of a trace of Go 1.7 or later: goroutine 1 runs on P 0, and 2
    /// waits.
    pub fn begun(version: Version) -> File {
        File::new(version)
            .event(Batch, &[0, 1000])
            .event(GoCreate, &[10, 1, 0, 0])
            .event(GoCreate, &[10, 2, 0, 0])
            .event(GoWaiting, &[10, 2])
            .event(ProcStart, &[10, 7])
            .event(GoStart, &[10, 1, 1])
            .event(Gomaxprocs, &[10, 4, 0])
    }

    pub fn done(self) -> Vec<u8> {
        if self.bytes.starts_with(&Version::Go105.header()) {
            return self.bytes;
        }
        self.event(Frequency, &[1_000_000_000]).bytes
    }
}
