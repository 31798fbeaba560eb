//! Traces are fetched from servers. Each server here answers one request, in the way that
//! its test says; `tests/live_capture.rs` has real servers.

use super::{Scratch, command, gotrace, trace};
use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::thread::JoinHandle;
use std::time::Duration;

/// A server that reads one request and lets `answer` write what it likes.
pub(super) struct Server {
    pub(super) url: String,
    thread: JoinHandle<String>,
}

impl Server {
    pub(super) fn new(answer: impl FnOnce(&mut TcpStream) + Send + 'static) -> Server {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let thread = std::thread::spawn(move || {
            let (mut stream, _) = listener.accept().unwrap();
            let request = read_request(&mut stream);
            answer(&mut stream);
            request
        });
        Server { url, thread }
    }

    /// Starts a server that answers with a status, headers and a body.
    pub(super) fn answering(status: &str, headers: &str, body: Vec<u8>) -> Server {
        let head = format!("HTTP/1.1 {status}\r\nContent-Length: {}\r\n{headers}\r\n", body.len());
        Server::new(move |stream| {
            stream.write_all(head.as_bytes()).unwrap();
            stream.write_all(&body).unwrap();
        })
    }

    /// Returns the request that it got.
    fn request(self) -> String {
        self.thread.join().unwrap()
    }
}

pub(super) fn read_request(stream: &mut TcpStream) -> String {
    let (mut request, mut byte) = (Vec::new(), [0]);
    while !request.ends_with(b"\r\n\r\n") {
        stream.read_exact(&mut byte).unwrap();
        request.push(byte[0]);
    }
    String::from_utf8(request).unwrap()
}

pub(super) fn chunk(stream: &mut TcpStream, data: &[u8]) {
    write!(stream, "{:x}\r\n", data.len()).unwrap();
    stream.write_all(data).unwrap();
    stream.write_all(b"\r\n").unwrap();
}

pub(super) const CHUNKED: &[u8] =
    b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nContent-Type: application/octet-stream\r\n\r\n";

#[test]
fn every_command_takes_a_url() {
    let path = trace("go1.27/hello");
    let bytes = std::fs::read(&path).unwrap();
    for args in [&["count", "--json"][..], &["dump"], &["events"], &["check"]] {
        let server = Server::answering("200 OK", "", bytes.clone());
        let fetched = gotrace(&[args, &[&server.url]].concat());
        let asked = format!("{}/debug/pprof/trace?seconds=5", server.url);
        let text = fetched.good().replace(&asked, &path);
        assert_eq!(text, gotrace(&[args, &[&path]].concat()).good(), "{args:?}");
        let request = server.request();
        assert!(request.starts_with("GET /debug/pprof/trace?seconds=5 HTTP/1.1\r\n"), "{request}");
        assert!(request.contains("gotrace/"), "{request}");
    }
}

#[test]
fn what_is_asked_for_and_what_is_kept() {
    let bytes = std::fs::read(trace("go1.27/hello")).unwrap();
    let scratch = Scratch::new("capture");
    let saved = scratch.path("saved.trace");
    let server = Server::answering("200 OK", "", bytes.clone());
    let args =
        ["summary", "--seconds", "0.25", "--save", &saved, "--user", "me:secret", "--header", "X-A: b", &server.url];
    gotrace(&args).good();
    assert_eq!(std::fs::read(&saved).unwrap(), bytes);
    let request = server.request().to_ascii_lowercase();
    for part in ["get /debug/pprof/trace?seconds=0.25 ", "authorization: basic bwu6c2vjcmv0\r\n", "x-a: b\r\n"] {
        assert!(request.contains(part), "{part} in {request}");
    }

    let token = scratch.file("token", b"abc.def\n");
    let server = Server::answering("200 OK", "", bytes.clone());
    let to = scratch.path("captured.trace");
    let ran = gotrace(&["capture", "--bearer", &format!("@{token}"), "-o", &to, &server.url]);
    assert_eq!((ran.code, ran.text()), (Some(0), ""));
    assert!(ran.stderr.starts_with("captured ") && ran.stderr.contains(&to), "{}", ran.stderr);
    assert_eq!(std::fs::read(&to).unwrap(), bytes);
    assert!(server.request().to_ascii_lowercase().contains("authorization: bearer abc.def\r\n"));
}

/// A capture without `-o` names its file after the host, and prints only that name. A host
/// without a scheme means HTTP.
#[test]
fn a_capture_names_its_file() {
    let bytes = std::fs::read(trace("go1.27/hello")).unwrap();
    let scratch = Scratch::new("capture-name");
    let server = Server::answering("200 OK", "", bytes.clone());
    let host = server.url.strip_prefix("http://").unwrap();
    let output = command(&["capture", host]).current_dir(scratch.path("")).output().unwrap();
    let name = String::from_utf8(output.stdout).unwrap();
    assert!(name.starts_with("127.0.0.1-20") && name.ends_with(".trace\n"), "{name}");
    assert_eq!(std::fs::read(scratch.path(name.trim_end())).unwrap(), bytes);
}

#[test]
fn an_answer_that_is_no_trace_is_shown() {
    let page = b"<html><head><style>a{}</style></head><body><h1>Please log in</h1><script>x()</script></body>";
    for (status, headers, body, hints) in [
        (
            "404 Not Found",
            "Content-Type: text/plain\r\n",
            &b"404 page not found\n"[..],
            &["404", "404 page not found", "net/http/pprof"][..],
        ),
        ("200 OK", "Content-Type: text/html\r\n", page, &["200", "Please log in", "login page"]),
        ("401 Unauthorized", "", b"", &["401", "nothing", "--bearer"]),
        (
            "500 Internal Server Error",
            "X-Go-Pprof: 1\r\n",
            b"Could not enable tracing: execution tracer already enabled\n",
            &["500", "traced already"],
        ),
        ("200 OK", "", b"\x1f\x8b\x08\0\0", &["compressed"]),
        ("200 OK", "", b"go 1", &["go 1", "expected a trace"]),
    ] {
        let server = Server::answering(status, headers, body.to_vec());
        let scratch = Scratch::new("capture-error");
        let to = scratch.path("never.trace");
        let ran = gotrace(&["capture", "-o", &to, &server.url]);
        let said = ran.bad(1);
        for hint in [server.url.as_str(), "error: "].iter().chain(hints) {
            assert!(said.contains(hint), "{status}: {hint:?} in {said}");
        }
        assert!(!said.contains("x()") && !said.contains("a{}"), "{said}");
        assert!(!std::path::Path::new(&to).exists(), "nothing is left behind");
    }
}

#[test]
fn a_server_that_dies_leaves_what_it_sent() {
    let bytes = std::fs::read(trace("go1.25/gc-gens")).unwrap();
    let half = bytes[..bytes.len() / 2].to_vec();
    let dying = |half: Vec<u8>| {
        Server::new(move |stream| {
            stream.write_all(CHUNKED).unwrap();
            half.chunks(10_000).for_each(|part| chunk(stream, part));
        })
    };
    let server = dying(half.clone());
    let ran = gotrace(&["summary", &server.url]);
    assert!(ran.bad(1).contains("the connection broke"), "{}", ran.stderr);
    assert!(ran.text().contains("Goroutines"), "what came is read");

    let scratch = Scratch::new("capture-dies");
    let to = scratch.path("half.trace");
    let server = dying(half.clone());
    let ran = gotrace(&["capture", "-o", &to, &server.url]);
    let part = format!("{to}.partial");
    assert!(ran.bad(1).contains(&format!("what had come is kept in {part}")), "{}", ran.stderr);
    assert_eq!(std::fs::read(&part).unwrap(), half);
    assert_eq!(scratch.names(), ["half.trace.partial"]);
}

/// A capture that fails, however it does, leaves the trace of an earlier one alone.
#[test]
fn an_old_trace_outlives_a_capture_that_fails() {
    let bytes = std::fs::read(trace("go1.25/gc-gens")).unwrap();
    let refused = format!("http://{}", TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap());
    let no_trace = || Server::answering("404 Not Found", "", b"404 page not found".to_vec()).url;
    let cut = || {
        let bytes = bytes.clone();
        // This server promises more than it sends.
        Server::new(move |stream| {
            write!(stream, "HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n", bytes.len()).unwrap();
            stream.write_all(&bytes[..20_000]).unwrap();
        })
        .url
    };
    for (url, part) in [(refused, false), (no_trace(), false), (no_trace(), false), (cut(), true), (cut(), true)] {
        for args in [&["capture", "-o"][..], &["summary", "--save"]] {
            let scratch = Scratch::new("capture-old");
            let old = scratch.file("a.trace", b"old");
            gotrace(&[args, &[&old, &url]].concat()).bad(1);
            assert_eq!(std::fs::read(&old).unwrap(), b"old", "{args:?} {url}");
            let kept = std::fs::read(scratch.path("a.trace.partial")).ok();
            // A server here answers once: a second request is refused.
            assert!(kept.is_none() || (part && kept.as_deref() == bytes.get(..20_000)), "{args:?} {url}");
        }
    }
}

#[cfg(unix)]
#[test]
fn ctrl_c_keeps_what_came() {
    use std::os::unix::process::ExitStatusExt;
    let bytes = std::fs::read(trace("go1.25/gc-gens")).unwrap()[..30_000].to_vec();
    for (name, number) in [("INT", 2), ("TERM", 15), ("HUP", 1)] {
        let scratch = Scratch::new("capture-interrupted");
        let old = scratch.file("a.trace", b"old");
        let sent = bytes.clone();
        let (all_sent, wait) = std::sync::mpsc::channel();
        let server = Server::new(move |stream| {
            stream.write_all(CHUNKED).unwrap();
            chunk(stream, &sent);
            all_sent.send(()).unwrap();
            // The server waits until the other side is gone.
            let _ = stream.read(&mut [0]);
        });
        let child =
            command(&["capture", "-o", &old, &server.url]).stderr(std::process::Stdio::piped()).spawn().unwrap();
        wait.recv_timeout(Duration::from_secs(60)).unwrap();
        std::thread::sleep(Duration::from_millis(300));
        let pid = child.id().to_string();
        assert!(std::process::Command::new("kill").args(["-s", name, &pid]).status().unwrap().success());
        let ended = child.wait_with_output().unwrap();
        let said = String::from_utf8(ended.stderr).unwrap();
        assert_eq!(ended.status.signal(), Some(number), "{said}");
        let part = scratch.path("a.trace.partial");
        assert!(said.contains(&format!("what had come is kept in {part}")), "{said}");
        assert_eq!((std::fs::read(&part).unwrap(), std::fs::read(&old).unwrap()), (bytes.clone(), b"old".to_vec()));
        assert_eq!(scratch.names().len(), 2, "{:?}", scratch.names());
    }
}

#[test]
fn a_capture_has_an_end() {
    let bytes = std::fs::read(trace("go1.25/gc-gens")).unwrap();
    let drip = |bytes: Vec<u8>| {
        Server::new(move |stream| {
            stream.write_all(CHUNKED).unwrap();
            for byte in bytes {
                if write!(stream, "1\r\n").and_then(|()| stream.write_all(&[byte, b'\r', b'\n'])).is_err() {
                    break;
                }
                std::thread::sleep(Duration::from_millis(50));
            }
        })
    };
    let endless = |bytes: Vec<u8>| {
        Server::new(move |stream| {
            stream.write_all(b"HTTP/1.1 200 OK\r\n\r\n").unwrap();
            stream.write_all(&bytes).unwrap();
            while stream.write_all(&[0; 4096]).is_ok() {}
        })
    };
    for (server, args, why) in [
        (drip(bytes.clone()), ["--max-time", "1"], "not complete after 1 s; --max-time N waits longer"),
        (endless(bytes.clone()), ["--max-size", "2M"], "more than 2.00 MiB came; --max-size SIZE takes more"),
    ] {
        let ran = gotrace(&[&["count", &server.url][..], &args].concat());
        assert!(ran.bad(1).contains(why), "{}", ran.stderr);
    }
}

/// A note says that a server redirects; headers and passwords go to the same server only.
#[test]
fn redirects() {
    let path = trace("go1.27/hello");
    let bytes = std::fs::read(&path).unwrap();
    let there = Server::answering("200 OK", "", bytes);
    let to = format!("{}/other/trace?token=secret", there.url);
    let here = Server::answering("302 Found", &format!("Location: {to}\r\n"), vec![]);
    let url = here.url.clone();
    let ran = gotrace(&["count", "--bearer", "tok", "--header", "X-Key: key", &url]);
    assert_eq!((ran.code, ran.text()), (Some(0), gotrace(&["count", &path]).good()));
    let note = "other/trace?token=..., another server: without your headers and password";
    assert!(ran.stderr.contains(note) && !ran.stderr.contains("secret"), "{}", ran.stderr);
    let (first, second) = (here.request().to_ascii_lowercase(), there.request().to_ascii_lowercase());
    assert!(first.contains("bearer tok") && first.contains("x-key"), "{first}");
    assert!(second.starts_with("get /other/trace?token=secret ") && !second.contains("tok\r\n"), "{second}");
    assert!(!second.contains("x-key") && !second.contains("authorization"), "{second}");

    let circle = Server::answering("302 Found", "Location: ftp://elsewhere/\r\n", vec![]);
    assert!(gotrace(&["count", &circle.url]).bad(1).contains("expected an address of http or https"));
}

#[test]
fn no_secret_is_shown() {
    let refused = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let url = format!("http://me:hidden@{refused}/trace?token=hidden");
    for args in [
        &["count", &url][..],
        &["count", &url, "--user", "me:hidden"],
        &["count", &url, "--bearer", "hidden"],
        &["count", &url, "--header", "X: hidden"],
        &["count", &url, "--header", "hidden"],
        &["count", &url, "--proxy", "http://me:hidden@"],
        &["count", "http://h.invalid/", "--proxy", &format!("http://me:hidden@{refused}")],
        &["capture", &url],
    ] {
        let ran = gotrace(args);
        assert!(!ran.stderr.is_empty() && !ran.stderr.contains("hidden"), "{args:?}: {}", ran.stderr);
    }
}

#[test]
fn a_silent_server_is_given_up() {
    // Servers are silent from the start, after the headers, and in the middle of the trace.
    let begin = std::fs::read(trace("go1.27/hello")).unwrap()[..3000].to_vec();
    for sent in [vec![], CHUNKED.to_vec(), [CHUNKED, b"bb8\r\n", &begin, b"\r\n"].concat()] {
        let (done, wait) = std::sync::mpsc::channel::<()>();
        let begun = sent.len() > CHUNKED.len();
        let server = Server::new(move |stream| {
            stream.write_all(&sent).unwrap();
            let _ = wait.recv_timeout(Duration::from_secs(60));
        });
        let ran = gotrace(&["summary", "--seconds", "0.1", "--timeout", "0.3", &server.url]);
        assert!(ran.bad(1).contains("said nothing for 0.4 s; --timeout"), "{}", ran.stderr);
        assert_eq!(ran.text().contains("Goroutines"), begun);
        drop(done);
    }
}

#[test]
fn a_slow_server_is_waited_for() {
    let path = trace("go1.27/hello");
    let bytes = std::fs::read(&path).unwrap();
    let sent = bytes.clone();
    let server = Server::new(move |stream| {
        stream.write_all(CHUNKED).unwrap();
        // Each of the twenty pieces comes within the timeout; all together take much longer.
        for part in sent.chunks(sent.len() / 20 + 1) {
            std::thread::sleep(Duration::from_millis(40));
            chunk(stream, part);
        }
        stream.write_all(b"0\r\n\r\n").unwrap();
    });
    let ran = gotrace(&["count", "--seconds", "0.01", "--timeout", "0.4", &server.url]);
    assert_eq!(ran.good(), gotrace(&["count", &path]).good());
}

#[test]
fn nobody_there() {
    let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let ran = gotrace(&["count", &format!("http://127.0.0.1:{port}")]);
    assert!(ran.bad(1).contains("refused") && ran.stderr.contains("ListenAndServe"), "{}", ran.stderr);
    let ran = gotrace(&["count", "http://no-such-host.invalid"]);
    assert!(ran.bad(1).contains("no-such-host.invalid"), "{}", ran.stderr);
}

#[test]
fn wrong_usage_asks_nobody() {
    for (args, hint) in [
        (&["count", "http://127.0.0.1:1", "--seconds", "11"][..], "--yes"),
        (&["count", "http://127.0.0.1:1/trace?seconds=60"], "--yes"),
        (&["count", "http://127.0.0.1:1", "--seconds", "soon"], "seconds"),
        (&["count", "http://"], "expected http://HOST:PORT"),
        (&["count", "http://127.0.0.1:1", "--header", "nonsense"], "NAME: VALUE"),
        (&["capture", "ftp://host"], "expected http"),
    ] {
        let ran = gotrace(args);
        assert!(ran.bad(2).contains(hint), "{args:?}: {}", ran.stderr);
    }
}

/// A proxy is asked for the whole URL; this machine is reached without one.
#[test]
fn proxies() {
    let bytes = std::fs::read(trace("go1.27/hello")).unwrap();
    let proxy = Server::new(move |stream| {
        // A tunnel begins with CONNECT.
        stream.write_all(b"HTTP/1.1 200 OK\r\n\r\n").unwrap();
        let request = read_request(stream);
        assert!(request.contains("/debug/pprof/trace?seconds=5"), "{request}");
        write!(stream, "HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n", bytes.len()).unwrap();
        stream.write_all(&bytes).unwrap();
    });
    gotrace(&["count", "--proxy", &proxy.url, "http://inside.example:6060"]).good();
    assert!(proxy.request().starts_with("CONNECT inside.example:6060 "));

    let bytes = std::fs::read(trace("go1.27/hello")).unwrap();
    let server = Server::answering("200 OK", "", bytes);
    let output = command(&["count", &server.url]).env("HTTP_PROXY", "http://127.0.0.1:1").output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}

#[cfg(unix)]
#[test]
fn unix_sockets() {
    use std::os::unix::net::UnixListener;
    let scratch = Scratch::new("capture-unix");
    let path = scratch.path("socket");
    let listener = UnixListener::bind(&path).unwrap();
    let bytes = std::fs::read(trace("go1.27/hello")).unwrap();
    let server = std::thread::spawn(move || {
        let (mut stream, _) = listener.accept().unwrap();
        let mut request = [0; 1 << 12];
        let count = stream.read(&mut request).unwrap();
        write!(stream, "HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n", bytes.len()).unwrap();
        stream.write_all(&bytes).unwrap();
        String::from_utf8_lossy(&request[..count]).into_owned()
    });
    gotrace(&["count", "--unix-socket", &path, "http://app"]).good();
    assert!(server.join().unwrap().starts_with("GET /debug/pprof/trace?seconds=5 "));
    let ran = gotrace(&["count", "--unix-socket", &scratch.path("none"), "http://app"]);
    assert!(ran.bad(1).contains("there is no such socket"), "{}", ran.stderr);
}

/// A trace that a server stores may be compressed.
#[test]
fn a_compressed_trace_is_read() {
    let whole = std::fs::read(trace("go1.27/hello")).unwrap();
    let body = super::compressed::gzip(&whole);
    let server = Server::answering("200 OK", "Content-Type: application/gzip\r\n", body);
    let ran = gotrace(&["count", &format!("{}/stored/trace.out.gz", server.url)]);
    assert_eq!(ran.good(), gotrace(&["count", &trace("go1.27/hello")]).good());
    server.request();
}
