//! The packages of the standard library.

/// Import paths, sorted. `testdata/std.sh` writes them: those of Go 1.21 to 1.27, and those
/// that older releases had instead.
const PACKAGES: &str = include_str!("std_packages.txt");

/// Returns whether a package is one of the standard library.
pub(super) fn has(package: &[u8]) -> bool {
    let Ok(package) = std::str::from_utf8(package) else { return false };
    // Few enough to look at, as each name is looked up once; sorted by bytes.
    !package.is_empty() && LIST.with(|list| list.binary_search(&package).is_ok())
}

thread_local! {
    static LIST: Vec<&'static str> = PACKAGES.lines().collect();
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sorted_and_without_programs() {
        let all: Vec<_> = PACKAGES.lines().collect();
        assert!(all.is_sorted() && all.len() > 300);
        for there in ["runtime", "net/http", "internal/poll", "runtime/internal/atomic", "internal/runtime/atomic"] {
            assert!(has(there.as_bytes()), "{there}");
        }
        for other in ["", "main", "net/http/x", "example.com/net/http", "github.com", "cmd/go", "http", "go"] {
            assert!(!has(other.as_bytes()), "{other}");
        }
    }
}
