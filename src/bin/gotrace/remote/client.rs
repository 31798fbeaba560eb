//! Asking a server for a trace.

use super::options::CaptureOptions;
use super::target::Target;
use crate::Usage;
use anyhow::{Context, Result, anyhow};
use std::io;
use std::sync::Arc;
use std::time::Duration;
use ureq::http::Response;
use ureq::tls::{Certificate, PemItem, RootCerts, TlsConfig, parse_pem};
use ureq::{Agent, Body, Error, Proxy, Timeout};

/// How long it may take to reach a server.
const CONNECT: Duration = Duration::from_secs(10);

/// What asks the server, set up as the options say.
pub(super) fn agent(target: &Target, options: &CaptureOptions) -> Result<Agent> {
    let Patience(silence) = Patience::with(target, options);
    let config = Agent::config_builder()
        .http_status_as_error(false)
        .user_agent(concat!("gotrace/", env!("CARGO_PKG_VERSION")))
        .timeout_connect(Some(CONNECT.min(options.timeout)))
        .timeout_resolve(Some(CONNECT.min(options.timeout)))
        .timeout_per_read(Some(silence))
        .timeout_per_write(Some(options.timeout))
        .proxy(proxy(target, options)?)
        .tls_config(tls(options)?)
        .build();
    match &options.unix_socket {
        None => Ok(config.into()),
        #[cfg(unix)]
        Some(path) => Ok(super::unix::agent(config, path)),
        #[cfg(not(unix))]
        Some(_) => Err(Usage("--unix-socket: this system has none".into()).into()),
    }
}

fn proxy(target: &Target, options: &CaptureOptions) -> Result<Option<Proxy>> {
    match options.proxy.as_deref() {
        Some("none") => Ok(None),
        Some(url) => match Proxy::new(url) {
            Ok(proxy) => Ok(Some(proxy)),
            Err(_) => Err(Usage(format!("--proxy {url}: expected http://HOST:PORT or socks5://HOST:PORT")).into()),
        },
        None if target.is_local() || options.unix_socket.is_some() => Ok(None),
        None => Ok(Proxy::try_from_env()),
    }
}

fn tls(options: &CaptureOptions) -> Result<TlsConfig> {
    let roots = match &options.cacert {
        None => RootCerts::PlatformVerifier,
        Some(path) => {
            let named = || path.display().to_string();
            let pem = std::fs::read(path).with_context(named)?;
            let mut certificates: Vec<Certificate<'static>> = Vec::new();
            for item in parse_pem(&pem) {
                if let PemItem::Certificate(certificate) = item.with_context(named)? {
                    certificates.push(certificate);
                }
            }
            if certificates.is_empty() {
                return Err(anyhow!("{}: no certificate in it; expected PEM", path.display()));
            }
            RootCerts::Specific(Arc::new(certificates))
        }
    };
    Ok(TlsConfig::builder().root_certs(roots).disable_verification(options.insecure).build())
}

/// Asks; the answer may still be anything.
pub(super) fn ask(agent: &Agent, target: &Target, options: &CaptureOptions) -> Result<Response<Body>> {
    let mut request = agent.get(target.uri.clone());
    if let Some(authorization) = options.authorization(target.user.as_deref())? {
        request = request.header("Authorization", authorization);
    }
    for (name, value) in options.headers()? {
        request = request.header(name, value);
    }
    request.call().map_err(|e| explained(&e, target, options))
}

fn explained(error: &Error, target: &Target, options: &CaptureOptions) -> anyhow::Error {
    let advice = match error {
        Error::Io(e) => match e.kind() {
            io::ErrorKind::ConnectionRefused => {
                "nothing listens there; does the program run, and call http.ListenAndServe with that address?"
            }
            io::ErrorKind::NotFound => "there is no such socket",
            io::ErrorKind::UnexpectedEof | io::ErrorKind::ConnectionReset => {
                "the server hung up; it may speak HTTPS, or have a WriteTimeout shorter than the capture"
            }
            _ if e.to_string().contains("certificate") => {
                "--cacert FILE trusts another certificate, --insecure trusts any"
            }
            // What rustls makes of an answer without TLS.
            io::ErrorKind::InvalidData => "the server may speak plain HTTP: http:// instead of https://",
            _ => "",
        },
        Error::HostNotFound => "no such host",
        Error::Protocol(_) => "the server may speak HTTPS, or not HTTP at all",
        Error::Tls(_) | Error::Rustls(_) => {
            "the server may speak plain HTTP; --cacert FILE trusts another certificate, --insecure trusts any"
        }
        Error::Timeout(Timeout::Connect | Timeout::Resolve) => "the host may be down, or a firewall in between",
        Error::Timeout(_) => return anyhow!("{}", Patience::with(target, options).exhausted()),
        _ => "",
    };
    let said = match error {
        Error::Io(e) => e.to_string(),
        other => other.to_string(),
    };
    if advice.is_empty() { anyhow!("{said}") } else { anyhow!("{said}\n  {advice}") }
}

/// How long the server may be silent.
#[derive(Clone, Copy)]
pub(super) struct Patience(Duration);

impl Patience {
    /// The runtime hands out a trace in pieces, the first perhaps only at the end.
    pub(super) fn with(target: &Target, options: &CaptureOptions) -> Patience {
        Patience(target.duration.unwrap_or_default() + options.timeout)
    }

    fn exhausted(self) -> String {
        format!("the server said nothing for {} s; --timeout N waits longer", self.0.as_secs_f64())
    }

    /// Why the rest of an answer could not be read.
    pub(super) fn broken(self, error: &io::Error) -> String {
        match error.get_ref().and_then(|e| e.downcast_ref()) {
            Some(Error::Timeout(_)) => self.exhausted(),
            _ => format!("the connection broke: {error}"),
        }
    }
}
