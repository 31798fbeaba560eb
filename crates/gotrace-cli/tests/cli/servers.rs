//! With a server that goes wrong, `capture` and a command that reads a URL end with status 1,
//! say why, and keep what was good.

use super::capture::{CHUNKED, Server, chunk, read_request};
use super::{Scratch, gotrace, trace};
use std::io::Write;
use std::net::{TcpListener, TcpStream};
use std::time::Duration;

/// The answer of a server, which has the whole trace to send.
type Answer = fn(&mut TcpStream, &[u8]);

/// The file that is kept.
#[derive(Clone, Copy, PartialEq, Debug)]
enum Kept {
    /// Nothing, as the server's answer is no trace.
    Nothing,
    /// A part of the trace, under a name that marks it as a part.
    Part,
    /// All that the server promised, which is not a whole trace.
    AsPromised,
}

const OK: &str = "HTTP/1.1 200 OK\r\n";
/// Bytes of the trace that servers send which send only a part.
const PART: usize = 40_000;

const SERVERS: &[(&str, Answer, &[&str], Kept, &str)] = &[
    ("dies before it answers", |_, _| (), &[], Kept::Nothing, "the server hung up"),
    ("dies in its headers", |to, _| write!(to, "{OK}Content-Ty").unwrap(), &[], Kept::Nothing, "the server hung up"),
    ("sends nothing", |to, _| write!(to, "{OK}Content-Length: 0\r\n\r\n").unwrap(), &[], Kept::Nothing, "nothing"),
    (
        "dies before the trace",
        |to, trace| write!(to, "{OK}Content-Length: {}\r\n\r\n", trace.len()).unwrap(),
        &[],
        Kept::Nothing,
        "the connection broke",
    ),
    (
        "promises more than it sends",
        |to, trace| {
            write!(to, "{OK}Content-Length: {}\r\n\r\n", trace.len()).unwrap();
            to.write_all(&trace[..PART]).unwrap();
        },
        &[],
        Kept::Part,
        "the connection broke",
    ),
    (
        "sends more than it promises",
        |to, trace| {
            write!(to, "{OK}Content-Length: {PART}\r\n\r\n").unwrap();
            // The other side may close the connection before all is sent.
            let _ = to.write_all(trace);
        },
        &[],
        Kept::AsPromised,
        "byte 40000: ",
    ),
    (
        "promises a number that is none",
        |to, trace| {
            write!(to, "{OK}Content-Length: many\r\n\r\n").unwrap();
            let _ = to.write_all(trace);
        },
        &[],
        Kept::Nothing,
        "content-length header not a number",
    ),
    (
        "dies between chunks",
        |to, trace| {
            to.write_all(CHUNKED).unwrap();
            trace[..PART].chunks(10_000).for_each(|part| chunk(to, part));
        },
        &[],
        Kept::Part,
        "the connection broke",
    ),
    (
        "dies in a chunk",
        |to, trace| {
            to.write_all(CHUNKED).unwrap();
            write!(to, "{:x}\r\n", trace.len()).unwrap();
            to.write_all(&trace[..PART]).unwrap();
        },
        &[],
        Kept::Part,
        "the connection broke",
    ),
    (
        "sends a chunk without a size",
        |to, trace| {
            to.write_all(CHUNKED).unwrap();
            trace.chunks(10_000).for_each(|part| chunk(to, part));
            let _ = to.write_all(b"more\r\n");
        },
        &[],
        Kept::Part,
        "chunk length",
    ),
    (
        "drips",
        |to, trace| {
            to.write_all(CHUNKED).unwrap();
            chunk(to, &trace[..PART]);
            while write!(to, "1\r\n\0\r\n").is_ok() {
                std::thread::sleep(Duration::from_millis(20));
            }
        },
        &["--max-time", "1"],
        Kept::Part,
        "not complete after 1 s; --max-time N waits longer",
    ),
    (
        "falls silent",
        |to, trace| {
            to.write_all(CHUNKED).unwrap();
            chunk(to, &trace[..PART]);
            // The server waits until the other side is gone.
            let _ = std::io::Read::read(to, &mut [0]);
        },
        &["--seconds", "0.1", "--timeout", "0.3"],
        Kept::Part,
        "said nothing for 0.4 s; --timeout",
    ),
    (
        "never ends, and sends too much",
        |to, trace| {
            write!(to, "{OK}\r\n").unwrap();
            to.write_all(&trace[..PART]).unwrap();
            while to.write_all(&[0; 4096]).is_ok() {}
        },
        &["--max-size", "2M"],
        Kept::Part,
        "more than 2.00 MiB came; --max-size SIZE takes more",
    ),
    (
        "never ends, and sends no trace any more",
        |to, trace| {
            write!(to, "{OK}\r\n").unwrap();
            to.write_all(trace).unwrap();
            while to.write_all(&[0; 1 << 16]).is_ok() {}
        },
        &[],
        Kept::Part,
        "had nothing of a trace",
    ),
];

#[test]
fn servers_that_go_wrong() {
    let whole = std::fs::read(trace("go1.25/gc-gens")).unwrap();
    for &(what, answer, options, kept, why) in SERVERS {
        for (first, option) in [("capture", "-o"), ("summary", "--save")] {
            let scratch = Scratch::new("servers");
            let (name, sent) = (scratch.path("a.trace"), whole.clone());
            let server = Server::new(move |to| answer(to, &sent));
            let ran = gotrace(&[&[first, option, &name], options, &[&server.url]].concat());
            let said = ran.bad(1);
            assert!(said.contains(why) && (said.contains(&name) || said.contains(&server.url)), "{what}: {said}");
            let names: &[&str] = match kept {
                Kept::Nothing => &[],
                Kept::Part => &["a.trace.partial"],
                Kept::AsPromised => &["a.trace"],
            };
            assert_eq!(scratch.names(), names, "{what}: {said}");
            if let [name] = names {
                assert!(std::fs::read(scratch.path(name)).unwrap().starts_with(&whole[..PART]), "{what}, {first}");
                assert!(ran.text().contains("Goroutines") || first == "capture", "{what}: what came is read");
            }
        }
    }
}

/// Redirects in a circle, or without end, are an error.
#[test]
fn redirects_in_a_circle_end() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    std::thread::spawn(move || {
        for (n, stream) in listener.incoming().enumerate() {
            let mut stream = stream.unwrap();
            let _ = read_request(&mut stream);
            let head = "HTTP/1.1 302 Found\r\nContent-Length: 0\r\nConnection: close\r\n";
            let _ = write!(stream, "{head}Location: /debug/pprof/trace?seconds=5&n={n}\r\n\r\n");
        }
    });
    for (first, option) in [("capture", "-o"), ("summary", "--save")] {
        let scratch = Scratch::new("servers-circle");
        let name = scratch.path("a.trace");
        let ran = gotrace(&[first, option, &name, &url]);
        assert!(ran.bad(1).contains("redirect") && ran.stdout.is_empty(), "{}", ran.stderr);
        assert!(scratch.names().is_empty());
    }
}
