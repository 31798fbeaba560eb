//! The traces of testdata, for tests.

/// Returns the names and bytes of the traces of every version, by name.
pub(crate) fn traces() -> Vec<(String, Vec<u8>)> {
    let root = concat!(env!("CARGO_MANIFEST_DIR"), "/testdata/traces");
    let mut found = Vec::new();
    for version in std::fs::read_dir(root).unwrap() {
        for file in std::fs::read_dir(version.unwrap().path()).unwrap() {
            let path = file.unwrap().path();
            found.push((path.display().to_string(), std::fs::read(path).unwrap()));
        }
    }
    found.sort();
    assert!(found.len() > 170, "{}", found.len());
    found
}

/// Returns the traces without the large ones, for tests that read each many times.
pub(crate) fn small_traces() -> Vec<(String, Vec<u8>)> {
    traces().into_iter().filter(|(_, bytes)| bytes.len() < 200_000).collect()
}
