//! The page itself.

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use sha2::{Digest, Sha256};

/// The page, as `web/` was built.
pub(crate) const PAGE: &[u8] = include_bytes!("../page/index.html");

/// Returns the Content-Security-Policy of the page: its own scripts run, and nothing is
/// loaded from anywhere.
pub(crate) fn policy(page: &[u8]) -> String {
    let hashes: Vec<String> =
        scripts(page).map(|script| format!("'sha256-{}'", BASE64_STANDARD.encode(Sha256::digest(script)))).collect();
    let scripts = if hashes.is_empty() { "'none'".into() } else { hashes.join(" ") };
    format!(
        "default-src 'none'; script-src {scripts}; style-src 'unsafe-inline'; connect-src 'self'; \
         img-src data: blob:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    )
}

/// Returns the text of each script.
fn scripts(page: &[u8]) -> impl Iterator<Item = &[u8]> {
    let mut rest = page;
    std::iter::from_fn(move || {
        let tag = find(rest, b"<script")?;
        let begin = tag + find(rest.get(tag..)?, b">")? + 1;
        let script = rest.get(begin..)?;
        let end = find(script, b"</script")?;
        rest = script.get(end..)?;
        script.get(..end)
    })
}

fn find(text: &[u8], what: &[u8]) -> Option<usize> {
    text.windows(what.len()).position(|part| part.eq_ignore_ascii_case(what))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scripts_are_known_by_their_hash() {
        // As browsers reckon it.
        let policy = policy(b"<p><script type=module>alert(1)</script><SCRIPT></SCRIPT>");
        assert!(policy.contains("'sha256-bhHHL3z2vDgxUt0W3dWQOrprscmda2Y5pLsLg4GF+pI='"), "{policy}");
        assert!(policy.contains("'sha256-47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU='"), "{policy}");
        assert!(super::policy(b"no script").contains("script-src 'none'"));
        assert!(!PAGE.is_empty());
    }
}
