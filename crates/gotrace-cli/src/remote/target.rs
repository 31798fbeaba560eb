//! Targets of a capture: addresses that URLs stand for, with the time to trace.

use super::options::CaptureOptions;
use crate::human;
use crate::outcome::Usage;
use anyhow::Result;
use std::fmt;
use std::time::Duration;
use ureq::http::Uri;

/// The path at which `net/http/pprof` serves traces.
const TRACE_PATH: &str = "/debug/pprof/trace";

/// The time to trace if neither the options nor the URL say another.
const USUAL: Duration = Duration::from_secs(5);

/// A trace that a server can be asked for.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Target {
    /// The address, without a user and with the time to trace.
    pub(super) uri: Uri,
    /// The user and password in the URL.
    pub(super) user: Option<String>,
    /// The time to trace; none for a server that is not asked for a time, such as one with
    /// a flight recorder.
    pub(crate) duration: Option<Duration>,
}

impl fmt::Display for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&shown(&self.uri.to_string()))
    }
}

impl Target {
    /// Parses a URL.
    ///
    /// # Errors
    /// If it is no URL with a host, or its time is no number of seconds.
    pub(super) fn parse(url: &str, options: &CaptureOptions) -> Result<Target> {
        let bad = |why: &str| Usage(format!("{}: {why}; expected http://HOST:PORT", shown(url)));
        let url = url.split_once('#').map_or(url, |(url, _)| url);
        let (scheme, rest) = url.split_once("://").ok_or_else(|| bad("not a URL"))?;
        let cut = rest.find(['/', '?']).unwrap_or(rest.len());
        let (authority, path) = rest.split_at(cut);
        let (user, host) = match authority.rsplit_once('@') {
            Some((user, host)) => (Some(decoded(user)), host),
            None => (None, authority),
        };
        let (path, query) = path.split_once('?').unwrap_or((path, ""));
        let path = match path.trim_end_matches('/') {
            "" | "/debug/pprof" => TRACE_PATH,
            _ => path,
        };
        let (times, others): (Vec<_>, Vec<_>) =
            query.split('&').filter(|part| !part.is_empty()).partition(|part| part.starts_with("seconds="));
        let in_url = match times.last().and_then(|part| part.strip_prefix("seconds=")) {
            None => None,
            Some(text) => {
                let seconds = text.parse().ok().filter(|seconds| *seconds > 0.0);
                let time = seconds.and_then(|seconds| Duration::try_from_secs_f64(seconds).ok());
                Some(time.ok_or_else(|| bad("seconds= is not a number of seconds"))?)
            }
        };
        // Handlers at other paths may not know the parameter `seconds`.
        let usual = path.ends_with("/trace").then_some(USUAL);
        let duration = options.seconds.or(in_url).or(usual);
        let seconds = duration.map(|time| format!("seconds={}", time.as_secs_f64()));
        let query: Vec<&str> = others.into_iter().chain(seconds.as_deref()).collect();
        let query = if query.is_empty() { String::new() } else { format!("?{}", query.join("&")) };
        let uri: Uri = format!("{scheme}://{host}{path}{query}").parse().map_err(|e| bad(&format!("{e}")))?;
        if uri.host().is_none_or(str::is_empty) {
            return Err(bad("no host").into());
        }
        if uri.port_u16().is_none() && uri.authority().map(|all| all.as_str()) != uri.host() {
            return Err(bad("the port is no number").into());
        }
        Ok(Target { uri, user, duration })
    }

    /// Returns the host's name or address, without brackets.
    pub(crate) fn host(&self) -> &str {
        self.uri.host().unwrap_or_default().trim_matches(['[', ']'])
    }

    /// Returns whether the host is this machine.
    pub(super) fn is_local(&self) -> bool {
        let host = self.host();
        host == "localhost" || host.parse::<std::net::IpAddr>().is_ok_and(|address| address.is_loopback())
    }
}

/// Returns a URL as it may be shown: without user and password, and without the values of
/// all parameters but `seconds`, as they may hold a token; fit for a terminal.
pub(super) fn shown(url: &str) -> String {
    let url = match url.split_once("://") {
        Some((scheme, rest)) => {
            let cut = rest.find(['/', '?']).unwrap_or(rest.len());
            let host = rest.get(..cut).and_then(|authority| authority.rfind('@')).map_or(0, |at| at + 1);
            format!("{scheme}://{}", rest.get(host..).unwrap_or_default())
        }
        None => url.to_string(),
    };
    let Some((path, query)) = url.split_once('?') else { return human::name(url.as_bytes()).into_owned() };
    let parts = query.split('&').map(|part| match part.split_once('=') {
        Some((name, _)) if name != "seconds" => format!("{name}=..."),
        _ => part.to_string(),
    });
    human::name(format!("{path}?{}", parts.collect::<Vec<_>>().join("&")).as_bytes()).into_owned()
}

/// Returns a user or password of a URL without percent-encoding.
fn decoded(text: &str) -> String {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((&byte, after)) = rest.split_first() {
        let hex = (byte == b'%').then(|| after.get(..2)).flatten();
        let hex = hex.and_then(|hex| u8::from_str_radix(std::str::from_utf8(hex).ok()?, 16).ok());
        bytes.push(hex.unwrap_or(byte));
        rest = if hex.is_some() { after.get(2..).unwrap_or_default() } else { after };
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::{Args, FromArgMatches};

    fn options(args: &[&str]) -> CaptureOptions {
        let command = CaptureOptions::augment_args(clap::Command::new("test"));
        CaptureOptions::from_arg_matches(&command.get_matches_from([&["test"], args].concat())).unwrap()
    }

    #[test]
    fn a_host_is_enough() {
        for (url, args, asked, seconds) in [
            ("http://localhost:6060", &[][..], "http://localhost:6060/debug/pprof/trace?seconds=5", Some(5.0)),
            ("http://h/", &["--seconds", "0.5"], "http://h/debug/pprof/trace?seconds=0.5", Some(0.5)),
            ("http://h/debug/pprof/", &[], "http://h/debug/pprof/trace?seconds=5", Some(5.0)),
            ("http://h/debug/pprof/trace?seconds=2", &[], "http://h/debug/pprof/trace?seconds=2", Some(2.0)),
            ("http://h/p/trace?a=1&seconds=2", &["--seconds", "3"], "http://h/p/trace?a=1&seconds=3", Some(3.0)),
            ("https://[::1]:8/flight#x", &[], "https://[::1]:8/flight", None),
            ("http://u:p@h", &[], "http://h/debug/pprof/trace?seconds=5", Some(5.0)),
        ] {
            let target = Target::parse(url, &options(args)).unwrap();
            assert_eq!(
                (target.uri.to_string().as_str(), target.duration.map(|time| time.as_secs_f64())),
                (asked, seconds)
            );
        }
    }

    #[test]
    fn users_are_decoded_and_never_shown() {
        let target = Target::parse("http://me:p%40ss@h:1", &options(&[])).unwrap();
        assert_eq!((target.user.as_deref(), target.host()), (Some("me:p@ss"), "h"));
        for (url, safe) in [
            ("http://me:secret@h/trace?token=secret&seconds=2&debug", "http://h/trace?token=...&seconds=2&debug"),
            ("secret-free", "secret-free"),
            ("http://h/\u{9b}31m\u{202e}x", "http://h/\\u{9b}31m\\u{202e}x"),
        ] {
            assert_eq!(shown(url), safe);
        }
        for bad in
            ["http://", "http://me:secret@/x", "http://me:secret@h/trace?seconds=never", "http://me:secret@h:port"]
        {
            let said = Target::parse(bad, &options(&[])).unwrap_err().to_string();
            assert!(said.contains("expected http://HOST:PORT") && !said.contains("secret"), "{said}");
        }
    }
}
