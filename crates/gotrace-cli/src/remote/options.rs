//! The options for a TRACE that is a URL.

use super::target::Target;
use crate::outcome::Usage;
use anyhow::{Context, Result};
use clap::Args;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// Options for a TRACE that is a URL.
#[derive(Args, Clone)]
#[command(next_help_heading = "Options for a TRACE that is a URL")]
pub(crate) struct CaptureOptions {
    /// Trace for N seconds [default: that of the URL, or else 5]
    #[arg(long, value_name = "N", value_parser = seconds, global = true)]
    pub(crate) seconds: Option<Duration>,

    /// Keep the trace in FILE as well
    #[arg(long, value_name = "FILE", global = true)]
    pub(crate) save: Option<PathBuf>,

    /// Trace even if it takes more than 10 seconds
    #[arg(long, global = true)]
    pub(crate) yes: bool,

    /// Give up when the server is silent for N seconds longer than the capture
    #[arg(long, value_name = "N", value_parser = seconds, default_value = "15", global = true, hide_short_help = true)]
    pub(crate) timeout: Duration,

    /// Give up when the trace is not complete after N seconds [default: 60 more than the
    /// capture]; the part that has come is kept
    #[arg(long, value_name = "N", value_parser = seconds, global = true, hide_short_help = true)]
    pub(crate) max_time: Option<Duration>,

    /// Give up when more than SIZE comes, such as 500M or 2G; the part that has come is kept
    #[arg(long, value_name = "SIZE", value_parser = size, default_value = "1G", global = true, hide_short_help = true)]
    pub(crate) max_size: u64,

    /// Log in with NAME:PASSWORD; @FILE reads them from a file
    #[arg(long, value_name = "NAME:PASSWORD", global = true, conflicts_with = "bearer", hide_short_help = true)]
    pub(crate) user: Option<String>,

    /// Send this bearer token; @FILE reads it from a file
    #[arg(long, value_name = "TOKEN", global = true, hide_short_help = true)]
    pub(crate) bearer: Option<String>,

    /// Send a header, such as 'X-Debug: 1'; can be repeated
    #[arg(long, value_name = "NAME: VALUE", global = true, hide_short_help = true)]
    pub(crate) header: Vec<String>,

    /// Go through this proxy, `none` for no proxy [default: as HTTPS_PROXY, HTTP_PROXY,
    /// ALL_PROXY and NO_PROXY say; none for this machine]
    #[arg(long, value_name = "URL", global = true, hide_short_help = true)]
    pub(crate) proxy: Option<String>,

    /// Connect to this Unix socket, whatever the host of the URL
    #[arg(long, value_name = "PATH", global = true, hide_short_help = true)]
    pub(crate) unix_socket: Option<PathBuf>,

    /// Trust the certificates in this PEM file instead of the system's; a self-signed
    /// certificate is trusted as it is
    #[arg(long, value_name = "FILE", global = true, hide_short_help = true)]
    pub(crate) cacert: Option<PathBuf>,

    /// Do not check the server's certificate
    #[arg(long, global = true, hide_short_help = true)]
    pub(crate) insecure: bool,
}

/// Parses a number of seconds above 0.
fn seconds(text: &str) -> Result<Duration, String> {
    let seconds = text.strip_suffix('s').unwrap_or(text).parse().ok().filter(|seconds| *seconds > 0.0);
    seconds
        .and_then(|seconds| Duration::try_from_secs_f64(seconds).ok())
        .ok_or_else(|| "expected seconds, such as 5 or 0.5".into())
}

/// Parses a size in bytes, or with a unit: K, M, G and T are powers of 1024.
fn size(text: &str) -> Result<u64, String> {
    let text = text.trim_end_matches(['b', 'B']).trim_end_matches('i');
    let (digits, unit) = match text.char_indices().last() {
        Some((at, unit)) if !unit.is_ascii_digit() => (&text[..at], unit.to_ascii_uppercase()),
        _ => (text, ' '),
    };
    let shift = [(' ', 0), ('K', 10), ('M', 20), ('G', 30), ('T', 40)].into_iter().find(|(name, _)| *name == unit);
    let bytes = digits.trim().parse::<u64>().ok().zip(shift).and_then(|(n, (_, shift))| n.checked_mul(1 << shift));
    bytes.filter(|&bytes| bytes > 0).ok_or_else(|| "expected a size, such as 500M or 2G".into())
}

impl CaptureOptions {
    /// Returns whether a password, a token or a header of the user is sent.
    pub(super) fn sends_something(&self, target: &Target) -> bool {
        self.bearer.is_some() || self.user.is_some() || target.user.is_some() || !self.header.is_empty()
    }

    /// Returns the value of the `Authorization` header, if there is to be one.
    pub(super) fn authorization(&self, in_url: Option<&str>) -> Result<Option<String>> {
        if let Some(token) = &self.bearer {
            return Ok(Some(format!("Bearer {}", secret(token)?)));
        }
        let user = self.user.as_deref().map(secret).transpose()?;
        let user = user.as_deref().or(in_url);
        Ok(user.map(|user| {
            use base64::Engine;
            format!("Basic {}", base64::engine::general_purpose::STANDARD.encode(user))
        }))
    }

    /// Returns the extra headers, as names and values.
    pub(super) fn headers(&self) -> Result<Vec<(&str, &str)>> {
        self.header
            .iter()
            .map(|header| match header.split_once(':') {
                Some((name, value)) => Ok((name.trim(), value.trim())),
                // The message does not quote the header, which may hold a secret.
                None => Err(Usage("--header: expected NAME: VALUE".into()).into()),
            })
            .collect()
    }
}

/// Returns a secret as it is given, or from the file that `@FILE` names.
fn secret(given: &str) -> Result<String> {
    let Some(file) = given.strip_prefix('@') else { return Ok(given.to_string()) };
    let text = std::fs::read_to_string(Path::new(file)).with_context(|| file.to_string())?;
    Ok(text.trim_end_matches(['\r', '\n']).to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_seconds() {
        assert_eq!(["5", "0.5", "2s"].map(|text| seconds(text).unwrap().as_millis()), [5000, 500, 2000]);
        for bad in ["0", "-1", "soon", "", "nan", "inf", "1e300"] {
            assert!(seconds(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn sizes_have_units() {
        for (text, bytes) in [("17", 17), ("17B", 17), ("2k", 2048), ("3 MiB", 3 << 20), ("1G", 1 << 30)] {
            assert_eq!(size(text), Ok(bytes), "{text}");
        }
        for bad in ["", "0", "-1", "G", "1X", "1.5M", "99999999999T", "é"] {
            assert!(size(bad).is_err(), "{bad}");
        }
    }
}
