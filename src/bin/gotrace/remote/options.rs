//! How to reach a server.

use crate::Usage;
use anyhow::{Context, Result};
use clap::Args;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// Options for a TRACE that is a URL.
#[derive(Args, Clone)]
#[command(next_help_heading = "Options for a TRACE that is a URL")]
pub(crate) struct CaptureOptions {
    /// Trace for N seconds [default: 5, or what the URL says]
    #[arg(long, value_name = "N", value_parser = seconds, global = true)]
    pub(crate) seconds: Option<Duration>,

    /// Keep the trace in FILE
    #[arg(long, value_name = "FILE", global = true)]
    pub(crate) save: Option<PathBuf>,

    /// Do trace for more than 10 seconds
    #[arg(long, global = true)]
    pub(crate) yes: bool,

    /// Give up when the server is silent for N seconds longer than the capture
    #[arg(long, value_name = "N", value_parser = seconds, default_value = "15", global = true, hide_short_help = true)]
    pub(crate) timeout: Duration,

    /// Log in with NAME:PASSWORD; @FILE reads them from a file
    #[arg(long, value_name = "NAME:PASSWORD", global = true, conflicts_with = "bearer", hide_short_help = true)]
    pub(crate) user: Option<String>,

    /// Send this bearer token; @FILE reads it from a file
    #[arg(long, value_name = "TOKEN", global = true, hide_short_help = true)]
    pub(crate) bearer: Option<String>,

    /// Send a header, as in 'X-Debug: 1'; can be repeated
    #[arg(long, value_name = "NAME: VALUE", global = true, hide_short_help = true)]
    pub(crate) header: Vec<String>,

    /// Go through this proxy, `none` for no proxy [default: what HTTPS_PROXY,
    /// HTTP_PROXY, ALL_PROXY and NO_PROXY say; none for this machine]
    #[arg(long, value_name = "URL", global = true, hide_short_help = true)]
    pub(crate) proxy: Option<String>,

    /// Connect to this Unix socket, whatever the host of the URL
    #[arg(long, value_name = "PATH", global = true, hide_short_help = true)]
    pub(crate) unix_socket: Option<PathBuf>,

    /// Trust the certificates in this PEM file instead of the system's
    #[arg(long, value_name = "FILE", global = true, hide_short_help = true)]
    pub(crate) cacert: Option<PathBuf>,

    /// Do not check the server's certificate
    #[arg(long, global = true, hide_short_help = true)]
    pub(crate) insecure: bool,
}

/// A time that a server can be asked for.
fn seconds(text: &str) -> Result<Duration, String> {
    let seconds = text.strip_suffix('s').unwrap_or(text).parse().ok().filter(|seconds| *seconds > 0.0);
    seconds
        .and_then(|seconds| Duration::try_from_secs_f64(seconds).ok())
        .ok_or_else(|| "expected seconds, such as 5 or 0.5".into())
}

impl CaptureOptions {
    /// What the `Authorization` header says, if there is to be one.
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

    /// The extra headers, as names and values.
    pub(super) fn headers(&self) -> Result<Vec<(&str, &str)>> {
        self.header
            .iter()
            .map(|header| match header.split_once(':') {
                Some((name, value)) => Ok((name.trim(), value.trim())),
                None => Err(Usage(format!("--header {header:?}: expected NAME: VALUE")).into()),
            })
            .collect()
    }
}

/// A secret as it is given, or from the file that it names.
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
}
