//! Any bytes, taken for a line table and for an executable: an error, or names
//! for any address.

#![no_main]

use gotrace::Symbols;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    // Only numbers in the file can be addresses of functions, so those are looked up.
    let numbers = bytes.windows(8).step_by(4).take(500).map(|w| u64::from_le_bytes([w[0], w[1], w[2], w[3], w[4], w[5], w[6], w[7]]));
    let addresses: Vec<u64> = numbers.flat_map(|n| [n, n & 0xffff_ffff, n.wrapping_add(1)]).chain([0, u64::MAX]).collect();
    for symbols in [Symbols::of_line_table(bytes, 0x1000), Symbols::of_executable(bytes)].into_iter().flatten() {
        for &pc in &addresses {
            let Some(at) = symbols.locate(pc) else { continue };
            assert!(!at.func.contains(&0) && !at.file.contains(&0) && at.line <= i32::MAX as u64);
        }
    }
});
