//! The HTTP client that asks a server for a trace.

use super::options::CaptureOptions;
use super::redirect;
use super::target::{self, Target};
use super::trust::Trust;
use crate::complain::complain;
use crate::outcome::Usage;
use anyhow::{Context, Result, anyhow};
use std::io;
use std::path::Path;
use std::time::{Duration, Instant};
use ureq::http::Response;
use ureq::tls::{PemItem, TlsConfig, parse_pem};
use ureq::unversioned::resolver::DefaultResolver;
use ureq::unversioned::transport::{ConnectProxyConnector, Connector, RustlsConnector, SocksConnector, TcpConnector};
use ureq::{Agent, Body, Error, Proxy, Timeout};

/// The longest that it may take to reach a server.
const CONNECT: Duration = Duration::from_secs(10);

/// The longest that it may take, beyond the time of the capture, until all of the trace is
/// here.
const TRANSFER: Duration = Duration::from_secs(60);

/// Returns the client, set up as the options say.
pub(super) fn agent(target: &Target, options: &CaptureOptions) -> Result<Agent> {
    let patience = Patience::with(target, options);
    let config = Agent::config_builder()
        .http_status_as_error(false)
        // `ask` follows redirects: it knows which headers may go along.
        .max_redirects(0)
        .max_redirects_will_error(false)
        .user_agent(concat!("gotrace/", env!("CARGO_PKG_VERSION")))
        .timeout_connect(Some(CONNECT.min(options.timeout)))
        .timeout_resolve(Some(CONNECT.min(options.timeout)))
        .timeout_per_read(Some(patience.silence))
        .timeout_per_write(Some(options.timeout))
        .timeout_global(Some(patience.whole))
        .proxy(proxy(target, options)?)
        .tls_config(TlsConfig::builder().disable_verification(options.insecure).build())
        .build();
    let trust = options.cacert.as_deref().filter(|_| !options.insecure).map(trust).transpose()?;
    match (&options.unix_socket, trust) {
        (None, None) => Ok(config.into()),
        (None, Some(trust)) => {
            let connector = ().chain(SocksConnector::default()).chain(ConnectProxyConnector::default());
            let connector = connector.chain(TcpConnector::default()).chain(trust).chain(RustlsConnector::default());
            Ok(Agent::with_parts(config, connector, DefaultResolver::default()))
        }
        #[cfg(unix)]
        (Some(path), trust) => Ok(super::unix::agent(config, path, trust)),
        #[cfg(not(unix))]
        (Some(_), _) => Err(Usage("--unix-socket: this system has none".into()).into()),
    }
}

/// Returns the proxy of `--proxy` or of the environment; none for a server on this machine.
fn proxy(target: &Target, options: &CaptureOptions) -> Result<Option<Proxy>> {
    match options.proxy.as_deref() {
        Some("none") => Ok(None),
        Some(url) => match Proxy::new(url) {
            Ok(proxy) => Ok(Some(proxy)),
            Err(_) => {
                Err(Usage(format!("--proxy {}: expected http://HOST:PORT or socks5://HOST:PORT", target::shown(url)))
                    .into())
            }
        },
        None if target.is_local() || options.unix_socket.is_some() => Ok(None),
        None => Ok(Proxy::try_from_env()),
    }
}

/// Reads the certificates of a PEM file, which are to be trusted.
fn trust(path: &Path) -> Result<Trust> {
    let named = || path.display().to_string();
    let pem = std::fs::read(path).with_context(named)?;
    let mut certificates = Vec::new();
    for item in parse_pem(&pem) {
        if let PemItem::Certificate(certificate) = item.with_context(named)? {
            certificates.push(certificate.der().to_vec().into());
        }
    }
    if certificates.is_empty() {
        return Err(anyhow!("{}: no certificate in it; expected PEM", path.display()));
    }
    Trust::new(certificates).with_context(named)
}

/// Asks the server, follows redirects and prints a note about each. The answer may be
/// anything, also an error.
pub(super) fn ask(agent: &Agent, target: &Target, options: &CaptureOptions) -> Result<Response<Body>> {
    let began = Instant::now();
    let patience = Patience::with(target, options);
    let mut uri = target.uri.clone();
    let mut sends = true;
    for _ in 0..=redirect::MOST {
        let left = patience.whole.saturating_sub(began.elapsed());
        let mut request = agent.get(uri.clone()).config().timeout_global(Some(left)).build();
        if sends {
            if let Some(authorization) = options.authorization(target.user.as_deref())? {
                request = request.header("Authorization", authorization);
            }
            for (name, value) in options.headers()? {
                request = request.header(name, value);
            }
        }
        let answer = request.call().map_err(|e| explained(&e, target, options))?;
        let next = match redirect::of(&answer, &uri) {
            None => return Ok(answer),
            Some(Err(to)) => {
                return Err(anyhow!("the server redirects to {to:?}, expected an address of http or https"));
            }
            Some(Ok(next)) => next,
        };
        // Headers and passwords are not sent again once a redirect has left the server,
        // even if another one comes back to it.
        let kept = sends && redirect::same_server(&uri, &next);
        let without = if sends && !kept && options.sends_something(target) {
            ", another server: without your headers and password"
        } else {
            ""
        };
        complain(
            "note",
            &format!("{} redirects to {}{without}", target::shown(&uri.to_string()), target::shown(&next.to_string())),
        );
        (uri, sends) = (next, kept);
    }
    Err(anyhow!("the server redirects for ever: more than {} times", redirect::MOST))
}

/// Returns an error with advice on what to do about it.
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
            // This is the error that rustls gives for an answer without TLS.
            io::ErrorKind::InvalidData => "the server may speak plain HTTP: http:// instead of https://",
            _ => "",
        },
        Error::HostNotFound => "no such host",
        Error::Protocol(_) => "the server may speak HTTPS, or not HTTP at all",
        Error::Tls(_) | Error::Rustls(_) => {
            "the server may speak plain HTTP; --cacert FILE trusts another certificate, --insecure trusts any"
        }
        Error::Timeout(Timeout::Connect | Timeout::Resolve) => "the host may be down, or a firewall in between",
        Error::Timeout(Timeout::Global) => return anyhow!("{}", Patience::with(target, options).overdue()),
        Error::Timeout(_) => return anyhow!("{}", Patience::with(target, options).exhausted()),
        _ => "",
    };
    let text = match error {
        Error::Io(e) => e.to_string(),
        other => other.to_string(),
    };
    if advice.is_empty() { anyhow!("{text}") } else { anyhow!("{text}\n  {advice}") }
}

/// The limits on how long a server may take.
#[derive(Clone, Copy)]
pub(super) struct Patience {
    /// The longest that it may be silent.
    silence: Duration,
    /// The longest that all may take.
    whole: Duration,
}

impl Patience {
    /// Returns the limits for a capture. Silence may last as long as the capture, since the
    /// runtime may hand out the first piece of a trace only at its end.
    pub(super) fn with(target: &Target, options: &CaptureOptions) -> Patience {
        let capture = target.duration.unwrap_or_default();
        Patience { silence: capture + options.timeout, whole: options.max_time.unwrap_or(capture + TRANSFER) }
    }

    /// Returns the message that the server was silent for too long.
    fn exhausted(self) -> String {
        format!("the server said nothing for {} s; --timeout N waits longer", self.silence.as_secs_f64())
    }

    /// Returns the message that the capture took too long.
    fn overdue(self) -> String {
        format!("the capture was not complete after {} s; --max-time N waits longer", self.whole.as_secs_f64())
    }

    /// Returns why the rest of an answer could not be read.
    pub(super) fn broken(self, error: &io::Error) -> String {
        match error.get_ref().and_then(|e| e.downcast_ref()) {
            Some(Error::Timeout(Timeout::Global)) => self.overdue(),
            Some(Error::Timeout(_)) => self.exhausted(),
            _ => format!("the connection broke: {error}"),
        }
    }
}
