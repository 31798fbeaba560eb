use super::*;
use flate2::write::GzEncoder;
use ruzstd::encoding::{CompressionLevel, compress_to_vec};
use std::io::Write;

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut out = GzEncoder::new(Vec::new(), flate2::Compression::default());
    out.write_all(bytes).unwrap();
    out.finish().unwrap()
}

fn zstd(bytes: &[u8]) -> Vec<u8> {
    compress_to_vec(bytes, CompressionLevel::Fastest)
}

/// Returns data in which no part is like another.
fn sample() -> Vec<u8> {
    (0..100_000_u32).flat_map(|i| (i.wrapping_mul(i) % 7919).to_string().into_bytes()).collect()
}

/// A compressor, and the bytes that all its output begins with.
type Compressor = (fn(&[u8]) -> Vec<u8>, &'static [u8]);

/// Frame that is to be skipped.
const SKIPPED: &[u8] = b"\x53\x2a\x4d\x18\x03\0\0\0abc";
const WAYS: [Compressor; 3] = [(gzip, b""), (zstd, b""), (zstd, SKIPPED)];

fn whole(data: &[u8]) -> (Vec<u8>, Option<CompressionErrorKind>) {
    let (bytes, defect) = Decompressed::new(data).unwrap().read_whole().unwrap();
    (bytes, defect.map(|defect| defect.kind))
}

#[test]
fn members_and_frames_come_out() {
    let sample = sample();
    for (compress, before) in WAYS {
        let (first, second) = sample.split_at(sample.len() / 3);
        let data = [before, &compress(first), &compress(b""), before, &compress(second)].concat();
        assert_eq!(whole(&data), (sample.clone(), None));
    }
    let mut named = gzip(&sample);
    named[3] = EVERY_FLAG;
    named.splice(10..10, *b"\x02\0exname\0comment\0cc");
    assert_eq!(whole(&named), (sample.clone(), None));
    assert_eq!(whole(&[gzip(&sample), vec![0; 100_000], gzip(b"x")].concat()).0.len(), sample.len() + 1);
}

/// Flags of an extra field, a name, a comment and a checksum.
const EVERY_FLAG: u8 = 0b11110;

#[test]
fn what_comes_before_damage_is_kept() {
    let sample = sample();
    for (compress, before) in WAYS {
        let data = [before, &compress(&sample)].concat();
        let keeps = |bytes: &[u8]| sample.starts_with(bytes) && bytes.len() > sample.len() / 3;
        let (bytes, defect) = whole(&data[..data.len() * 2 / 3]);
        assert_eq!((keeps(&bytes), defect), (true, Some(CompressionErrorKind::Cut)));
        let (bytes, defect) = whole(&data[..data.len() - 1]);
        assert_eq!((bytes == sample, defect), (true, Some(CompressionErrorKind::Cut)));
        let (bytes, defect) = whole(&[&data[..], b"and more"].concat());
        assert_eq!((bytes == sample, defect), (true, Some(CompressionErrorKind::Trailing)));
        let mut flipped = data.clone();
        *flipped.last_mut().unwrap() ^= 1;
        let (bytes, defect) = whole(&flipped);
        assert_eq!((bytes == sample, defect), (true, Some(CompressionErrorKind::Checksum)));
    }
}

#[test]
fn no_damage_is_too_much() {
    let sample = &sample()[..5000];
    for (compress, before) in WAYS {
        let data = [before, &compress(sample)].concat();
        for at in 0..data.len() {
            let mut flipped = data.clone();
            flipped[at] ^= 0x41;
            for damaged in [&data[..at], &flipped] {
                let mut from = Decompressed::new(damaged).unwrap();
                let length = io::copy(&mut from, &mut io::sink()).unwrap();
                assert!(length < 1 << 20, "{length} bytes of {at}");
                assert!(
                    from.compression().is_none() || at < 10 + before.len() || from.defect().is_some() || length == 5000,
                    "{at}"
                );
            }
        }
    }
}

#[test]
fn what_becomes_too_large_is_told() {
    let bomb_size = DECOMPRESSED_AT_LEAST as usize + (1 << 20);
    let bomb = gzip(&vec![0; bomb_size]);
    let (bytes, defect) = Decompressed::new(&bomb[..]).unwrap().read_whole().unwrap();
    assert!(bytes.len() as u64 > DECOMPRESSED_AT_LEAST && bytes.len() < bomb_size, "what came is kept");
    let error = defect.unwrap().to_string();
    assert!(error.contains(&DECOMPRESSED_AT_LEAST.to_string()) && error.contains("64 MiB"), "{error}");
    // As a stream it takes little memory.
    let mut stream = Decompressed::new(&bomb[..]).unwrap();
    assert!(io::copy(&mut stream, &mut io::sink()).unwrap() > DECOMPRESSED_AT_LEAST);
    // A frame whose window is of 2 GiB.
    let error = Decompressed::new(&b"\x28\xb5\x2f\xfd\0\xa8\x01\0\0"[..]).unwrap().read_whole().unwrap_err();
    assert!(error.to_string().contains("a window of 2048 MiB in memory, at most 128 MiB"), "{error}");
}

/// An error of the source is no damage.
#[test]
fn a_broken_disk_is_no_damage() {
    struct Broken;
    impl Read for Broken {
        fn read(&mut self, _: &mut [u8]) -> io::Result<usize> {
            Err(io::Error::other("the disk is broken"))
        }
    }
    for (compress, _) in WAYS {
        let data = compress(&sample());
        let from = data[..data.len() / 2].chain(Broken);
        let error = Decompressed::new(from).unwrap().read_whole().unwrap_err();
        assert_eq!(error.to_string(), "the disk is broken");
    }
}
