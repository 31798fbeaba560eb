//! The server: listens, and hands requests on.

use crate::answer::{Answer, Content, Failure};
use crate::guard::Guard;
use crate::page::{PAGE, policy};
use crate::routes::route;
use crate::view::View;
use bytes::Bytes;
use hyper::body::Incoming;
use hyper::header::{HeaderName, HeaderValue};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Request, Response};
use hyper_util::rt::{TokioIo, TokioTimer};
use std::convert::Infallible;
use std::io;
use std::net::{SocketAddr, TcpListener};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::Semaphore;

/// A request's head is to be there after that long.
const HEAD: Duration = Duration::from_secs(20);
/// No head is larger.
const BUFFER: usize = 64 << 10;
/// So many connections at a time.
const CONNECTIONS: usize = 128;

/// A socket that is bound, and who may ask there.
pub struct Listener {
    socket: TcpListener,
    address: SocketAddr,
    guard: Guard,
}

impl Listener {
    /// Listens at an address: `127.0.0.1:0` for a free port of this machine.
    ///
    /// # Errors
    /// If the address is none, or is taken.
    pub fn bind(address: &str) -> io::Result<Listener> {
        // As Go has it, `:8080` is a port, and `8080` too; but of this machine alone.
        let address = match address.trim().strip_prefix(':').unwrap_or(address.trim()) {
            port if port.bytes().all(|byte| byte.is_ascii_digit()) && !port.is_empty() => format!("127.0.0.1:{port}"),
            _ => address.trim().to_string(),
        };
        let socket = TcpListener::bind(&address)?;
        socket.set_nonblocking(true)?;
        let address = socket.local_addr()?;
        Ok(Listener { socket, address, guard: Guard::new(address)? })
    }

    /// The address of the page, with the secret.
    pub fn url(&self) -> String {
        let mut address = self.address;
        if address.ip().is_unspecified() {
            address.set_ip(if address.is_ipv4() {
                [127, 0, 0, 1].into()
            } else {
                std::net::Ipv6Addr::LOCALHOST.into()
            });
        }
        format!("http://{address}/#token={}", self.guard.token())
    }

    /// Returns whether other machines can reach it.
    pub fn is_open_to_others(&self) -> bool {
        !self.address.ip().is_loopback()
    }

    /// Answers requests until the user interrupts the process.
    ///
    /// # Errors
    /// If the system gives no threads or timers.
    pub fn serve(self, view: Arc<View>) -> io::Result<()> {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        let shared = Arc::new(Shared { guard: self.guard, policy: policy(PAGE), view });
        let done = runtime.block_on(async move {
            let socket = tokio::net::TcpListener::from_std(self.socket)?;
            tokio::spawn(accept(socket, shared));
            interrupted().await
        });
        // What is under way is left as it is.
        runtime.shutdown_background();
        done
    }
}

/// Waits until the user wants an end.
async fn interrupted() -> io::Result<()> {
    #[cfg(unix)]
    {
        use tokio::signal::unix::{SignalKind, signal};
        let (mut interrupt, mut end) = (signal(SignalKind::interrupt())?, signal(SignalKind::terminate())?);
        std::future::poll_fn(|context| match (interrupt.poll_recv(context), end.poll_recv(context)) {
            (std::task::Poll::Pending, std::task::Poll::Pending) => std::task::Poll::Pending,
            _ => std::task::Poll::Ready(Ok(())),
        })
        .await
    }
    #[cfg(not(unix))]
    tokio::signal::ctrl_c().await
}

/// Data that all connections share.
struct Shared {
    guard: Guard,
    policy: String,
    view: Arc<View>,
}

async fn accept(socket: tokio::net::TcpListener, shared: Arc<Shared>) {
    let room = Arc::new(Semaphore::new(CONNECTIONS));
    loop {
        let Ok(place) = Arc::clone(&room).acquire_owned().await else { return };
        let Ok((connection, _)) = socket.accept().await else {
            // There are too many files open, or the client is gone already.
            tokio::time::sleep(Duration::from_millis(50)).await;
            continue;
        };
        let _ = connection.set_nodelay(true);
        let shared = Arc::clone(&shared);
        tokio::spawn(async move {
            let service = service_fn(|request| {
                let shared = Arc::clone(&shared);
                async move { Ok::<_, Infallible>(respond(&shared, &request).await) }
            });
            let served = http1::Builder::new()
                .timer(TokioTimer::new())
                .header_read_timeout(HEAD)
                .max_buf_size(BUFFER)
                .serve_connection(TokioIo::new(connection), service);
            // A client that goes away is no matter.
            let _ = served.await;
            drop(place);
        });
    }
}

async fn respond(shared: &Shared, request: &Request<Incoming>) -> Response<Content> {
    let answer = match shared.guard.admit(request) {
        Ok(()) => answer(shared, request).await,
        Err(failure) => failure.into(),
    };
    let mut response = Response::new(answer.body);
    *response.status_mut() = hyper::StatusCode::from_u16(answer.status).unwrap_or_default();
    let headers = response.headers_mut();
    let mut set = |name: &'static str, value: &str| {
        if let Ok(value) = HeaderValue::from_str(value) {
            headers.insert(HeaderName::from_static(name), value);
        }
    };
    set("content-type", answer.kind);
    set("content-security-policy", &shared.policy);
    set("x-content-type-options", "nosniff");
    set("x-frame-options", "DENY");
    set("referrer-policy", "no-referrer");
    set("cross-origin-resource-policy", "same-origin");
    // No cross-origin-opener-policy: it would cut the tie to the window of Perfetto, to which the
    // page hands a trace.
    set("cache-control", "no-store");
    if let Some(file) = answer.file {
        set("content-disposition", &format!("attachment; filename=\"{file}\""));
    }
    response
}

async fn answer(shared: &Shared, request: &Request<Incoming>) -> Answer {
    let uri = request.uri();
    if uri.path() == "/" {
        return Answer::of("text/html; charset=utf-8", Bytes::from_static(PAGE));
    }
    let Some(path) = uri.path().strip_prefix("/api/") else {
        return Failure::new(404, "there is nothing here").into();
    };
    route(&shared.view, path, uri.query().unwrap_or("")).await.unwrap_or_else(Answer::from)
}
