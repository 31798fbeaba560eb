//! The guard, which says who may ask. A page of any site can have a browser send requests to
//! this machine; it cannot read answers that are not for it, know a secret, or lie about
//! itself in these headers.

use crate::answer::Failure;
use hyper::header::{CONTENT_LENGTH, HOST, HeaderMap, ORIGIN, TRANSFER_ENCODING};
use hyper::{Method, Request};
use std::net::SocketAddr;

/// The header that carries the token.
const TOKEN: &str = "x-gotrace-token";
const SITE: &str = "sec-fetch-site";

/// No address is longer.
const MOST: usize = 8192;

/// Knows who may ask.
pub(crate) struct Guard {
    token: String,
    /// The names under which this server may be asked for.
    hosts: Vec<String>,
    /// True if others than this machine may ask: then its names are not known.
    any_host: bool,
}

impl Guard {
    /// Returns one for a server at that address, with a secret of its own.
    pub(crate) fn new(address: SocketAddr) -> std::io::Result<Guard> {
        let mut bytes = [0; 16];
        getrandom::fill(&mut bytes).map_err(|e| std::io::Error::other(e.to_string()))?;
        let token = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
        let port = address.port();
        let mut hosts = vec![format!("127.0.0.1:{port}"), format!("localhost:{port}"), format!("[::1]:{port}")];
        hosts.push(address.to_string());
        if port == 80 {
            hosts.extend(["127.0.0.1", "localhost", "[::1]"].map(String::from));
        }
        Ok(Guard { token, hosts, any_host: !address.ip().is_loopback() })
    }

    /// The secret.
    pub(crate) fn token(&self) -> &str {
        &self.token
    }

    /// Refuses what this server does not answer to whoever asks.
    pub(crate) fn admit<B>(&self, request: &Request<B>) -> Result<(), Failure> {
        let headers = request.headers();
        let host = only(headers, HOST.as_str())?.unwrap_or("");
        // A name that was made to mean this machine is not ours.
        let named = self.hosts.iter().any(|own| own.eq_ignore_ascii_case(host));
        if !(named || (self.any_host && is_address(host))) {
            return Err(Failure::new(403, "the Host is not this server"));
        }
        if let Some(origin) = only(headers, ORIGIN.as_str())?
            && origin.strip_prefix("http://").is_none_or(|origin| !origin.eq_ignore_ascii_case(host))
        {
            return Err(Failure::new(403, "the Origin is not this server"));
        }
        let site = only(headers, SITE)?;
        let is_api = request.uri().path().starts_with("/api/");
        if !matches!(site, None | Some("same-origin" | "none")) {
            return Err(Failure::new(403, "another site asks"));
        }
        if request.method() != Method::GET {
            return Err(Failure::new(405, "only GET is answered"));
        }
        let length = only(headers, CONTENT_LENGTH.as_str())?.unwrap_or("0");
        if length != "0" || headers.contains_key(TRANSFER_ENCODING) {
            return Err(Failure::new(413, "a request has no body"));
        }
        if request.uri().to_string().len() > MOST {
            return Err(Failure::new(414, "the address is too long"));
        }
        if is_api && !self.knows(only(headers, TOKEN)?.unwrap_or("")) {
            return Err(Failure::new(403, "the token is missing or wrong: open the address that gotrace printed"));
        }
        Ok(())
    }

    /// Returns whether that is the secret, in a time that does not tell how much of it is right.
    fn knows(&self, token: &str) -> bool {
        let differs = self.token.bytes().zip(token.bytes()).fold(0, |differs, (own, other)| differs | (own ^ other));
        std::hint::black_box(differs) == 0 && token.len() == self.token.len()
    }
}

/// A header that may be there once at most.
fn only<'h>(headers: &'h HeaderMap, name: &str) -> Result<Option<&'h str>, Failure> {
    let mut all = headers.get_all(name).iter();
    let first = all.next().map(|value| value.to_str().unwrap_or("?"));
    if all.next().is_some() { Err(Failure::new(400, format!("more than one {name}"))) } else { Ok(first) }
}

/// Returns whether a host is given by its number: that cannot be made to mean another.
fn is_address(host: &str) -> bool {
    host.parse::<SocketAddr>().is_ok() || host.parse::<std::net::IpAddr>().is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ask(guard: &Guard, path: &str, headers: &[(&str, &str)]) -> u16 {
        let mut request = Request::builder().uri(path);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        guard.admit(&request.body(()).unwrap()).map_or_else(|failure| failure.status, |()| 200)
    }

    #[test]
    fn strangers_are_turned_away() {
        let guard = Guard::new("127.0.0.1:4000".parse().unwrap()).unwrap();
        let token = guard.token().to_string();
        assert_eq!(token.len(), 32);
        let own = ("host", "127.0.0.1:4000");
        let known = ("x-gotrace-token", token.as_str());
        assert_eq!(ask(&guard, "/", &[own]), 200);
        assert_eq!(ask(&guard, "/api/meta", &[own, known]), 200);
        assert_eq!(ask(&guard, "/api/meta", &[("host", "LOCALHOST:4000"), known]), 200);
        let same = [own, known, ("origin", "http://127.0.0.1:4000"), ("sec-fetch-site", "same-origin")];
        assert_eq!(ask(&guard, "/api/meta", &same), 200);
        for host in ["evil.example", "127.0.0.1", "127.0.0.1:4001", "localhost:4000.evil.example", ""] {
            assert_eq!(ask(&guard, "/api/meta", &[("host", host), known]), 403, "{host}");
            assert_eq!(ask(&guard, "/", &[("host", host)]), 403, "{host}");
        }
        assert_eq!(ask(&guard, "/", &[]), 403);
        assert_eq!(ask(&guard, "/", &[own, ("host", "evil.example")]), 400);
        for origin in ["null", "https://127.0.0.1:4000", "http://evil.example", "http://localhost:4000"] {
            assert_eq!(ask(&guard, "/api/meta", &[own, known, ("origin", origin)]), 403, "{origin}");
        }
        for site in ["cross-site", "same-site", "?"] {
            assert_eq!(ask(&guard, "/api/meta", &[own, known, ("sec-fetch-site", site)]), 403, "{site}");
        }
        let last = if token.ends_with('0') { "1" } else { "0" };
        for wrong in ["", "x", &token[..31], &format!("{token}0"), &format!("{}{last}", &token[..31])] {
            assert_eq!(ask(&guard, "/api/meta", &[own, ("x-gotrace-token", wrong)]), 403, "{wrong}");
        }
        assert_eq!(ask(&guard, "/api/meta", &[own, known, ("content-length", "3")]), 413);
        assert_eq!(ask(&guard, "/api/meta", &[own, known, ("transfer-encoding", "chunked")]), 413);
        assert_eq!(ask(&guard, &format!("/api/meta?{}", "a".repeat(MOST)), &[own, known]), 414);
        let post = Request::builder().method("POST").uri("/").header("host", own.1).body(()).unwrap();
        assert_eq!(guard.admit(&post).unwrap_err().status, 405);
    }

    #[test]
    fn a_server_for_others_answers_to_its_address() {
        let guard = Guard::new("0.0.0.0:4000".parse().unwrap()).unwrap();
        assert_eq!(ask(&guard, "/", &[("host", "192.0.2.7:4000")]), 200);
        assert_eq!(ask(&guard, "/", &[("host", "evil.example:4000")]), 403);
    }
}
