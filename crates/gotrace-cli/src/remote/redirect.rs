//! Redirects: the address, and whether the user's headers may be sent there.

use ureq::http::{Response, Uri};

/// The most redirects that are followed.
pub(super) const MOST: usize = 5;

/// Returns the absolute address that an answer redirects to; none if it is no redirect.
///
/// # Errors
/// If it is no address of http or https; the error is the address, fit to be shown.
pub(super) fn of<T>(answer: &Response<T>, asked: &Uri) -> Option<Result<Uri, String>> {
    if !matches!(answer.status().as_u16(), 301 | 302 | 303 | 307 | 308) {
        return None;
    }
    let location = answer.headers().get("location")?;
    let text = String::from_utf8_lossy(location.as_bytes()).into_owned();
    let found = joined(asked, &text).filter(|uri| matches!(uri.scheme_str(), Some("http" | "https")));
    Some(found.ok_or_else(|| super::target::shown(&text)))
}

/// Returns the absolute address of a text that may be relative to another address.
fn joined(base: &Uri, text: &str) -> Option<Uri> {
    let text = text.split_once('#').map_or(text, |(text, _)| text);
    let (scheme, authority) = (base.scheme_str()?, base.authority()?);
    let is_scheme = |text: &str| text.bytes().all(|byte| byte.is_ascii_alphanumeric());
    let absolute = if let Some((scheme, rest)) = text.split_once("://").filter(|(scheme, _)| is_scheme(scheme)) {
        // A user and password in a redirect are not used.
        let cut = rest.find(['/', '?']).unwrap_or(rest.len());
        let (authority, path) = rest.split_at(cut);
        let host = authority.rsplit_once('@').map_or(authority, |(_, host)| host);
        format!("{scheme}://{host}{path}")
    } else if let Some(rest) = text.strip_prefix("//") {
        format!("{scheme}://{rest}")
    } else if text.starts_with('/') {
        format!("{scheme}://{authority}{text}")
    } else if text.starts_with('?') {
        format!("{scheme}://{authority}{}{text}", base.path())
    } else {
        let directory = base.path().rsplit_once('/').map_or("", |(directory, _)| directory);
        format!("{scheme}://{authority}{directory}/{text}")
    };
    absolute.parse().ok()
}

/// Returns whether the user's headers for one address may be sent to another: only to the
/// same host and port, or from port 80 to https on port 443, and never from https to http.
pub(super) fn same_server(from: &Uri, to: &Uri) -> bool {
    let is_secure = |uri: &Uri| uri.scheme_str() == Some("https");
    let port = |uri: &Uri| uri.port_u16().unwrap_or(if is_secure(uri) { 443 } else { 80 });
    let host = |uri: &Uri| uri.host().map(str::to_ascii_lowercase);
    let upgraded = !is_secure(from) && is_secure(to) && (port(from), port(to)) == (80, 443);
    let downgraded = is_secure(from) && !is_secure(to);
    host(from) == host(to) && !downgraded && (port(from) == port(to) || upgraded)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_joined() {
        let base: Uri = "http://h:1/a/b?seconds=5".parse().unwrap();
        for (text, whole) in [
            ("https://x/y", "https://x/y"),
            ("https://me:secret@x/y#z", "https://x/y"),
            ("//x/y", "http://x/y"),
            ("/y?q=1", "http://h:1/y?q=1"),
            ("c", "http://h:1/a/c"),
            ("?q=http://x/", "http://h:1/a/b?q=http://x/"),
        ] {
            assert_eq!(joined(&base, text).unwrap().to_string(), whole, "{text}");
        }
        assert!(joined(&base, "http://a b/").is_none());
    }

    #[test]
    fn only_the_same_server_gets_what_the_user_sends() {
        for (from, to, same) in [
            ("http://h/a", "http://h/b", true),
            ("http://h/a", "http://H:80/b", true),
            ("http://h/a", "https://h/b", true),
            ("http://h:6060/a", "https://h/b", false),
            ("https://h/a", "http://h/b", false),
            ("https://h:1/a", "http://h:1/b", false),
            ("http://h/a", "http://other/b", false),
            ("http://h:1/a", "http://h:2/b", false),
        ] {
            assert_eq!(same_server(&from.parse().unwrap(), &to.parse().unwrap()), same, "{from} {to}");
        }
    }
}
