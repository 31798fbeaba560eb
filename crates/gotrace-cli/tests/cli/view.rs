//! `gotrace view`, asked as a browser would ask it, and as others try to.
#![cfg(unix)]

#[path = "view/finds.rs"]
mod finds;
#[path = "view/logs.rs"]
mod logs;

use super::builder_v1::File;
use super::{Scratch, command, gotrace, trace};
use gotrace::Version;
use gotrace::spec::v1::EventType::{
    Batch, Frequency, GoCreate, GoSched, GoStart, Gomaxprocs, HeapAlloc, ProcStart, UserLog, UserRegion,
    UserTaskCreate, UserTaskEnd,
};
use serde_json::{Value, json};
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::process::{Child, Stdio};
use std::time::{Duration, Instant};

/// A server under test.
struct Server {
    child: Child,
    host: String,
    token: String,
}

/// An answer.
struct Answer {
    status: u16,
    head: String,
    body: Vec<u8>,
}

impl Answer {
    #[track_caller]
    fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_else(|e| panic!("{e}: {}", String::from_utf8_lossy(&self.body)))
    }
}

impl Server {
    fn of(path: &str) -> Server {
        Server::start(&["view", "--no-open", path], b"")
    }

    fn start(args: &[&str], input: &[u8]) -> Server {
        let mut child =
            command(args).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        let mut stdin = child.stdin.take().unwrap();
        let mut url = String::new();
        if input.is_empty() {
            drop(stdin);
        } else {
            // The address is there before the trace is.
            BufReader::new(child.stdout.as_mut().unwrap()).read_line(&mut url).unwrap();
            stdin.write_all(input).unwrap();
            drop(stdin);
        }
        if url.is_empty() {
            BufReader::new(child.stdout.as_mut().unwrap()).read_line(&mut url).unwrap();
        }
        let (host, token) = url.trim().strip_prefix("http://").unwrap().split_once("/#token=").unwrap();
        Server { host: host.into(), token: token.into(), child }
    }

    fn connect(&self) -> TcpStream {
        let stream = TcpStream::connect(&self.host).unwrap();
        stream.set_read_timeout(Some(Duration::from_secs(60))).unwrap();
        stream
    }

    /// Sends bytes as they are.
    fn raw(&self, request: &str) -> Answer {
        let mut stream = self.connect();
        let _ = stream.write_all(request.as_bytes());
        let mut bytes = Vec::new();
        let _ = stream.read_to_end(&mut bytes);
        let end = bytes.windows(4).position(|four| four == b"\r\n\r\n").unwrap_or(bytes.len());
        let head = String::from_utf8(bytes[..end].to_vec()).unwrap().to_lowercase();
        let mut body = bytes.get(end + 4..).unwrap_or_default().to_vec();
        if head.contains("transfer-encoding: chunked") {
            body = unchunked(&body);
        }
        let status = head.split(' ').nth(1).and_then(|status| status.parse().ok()).unwrap_or(0);
        Answer { status, head, body }
    }

    fn with(&self, path: &str, headers: &[(&str, &str)]) -> Answer {
        let headers: String = headers.iter().map(|(name, value)| format!("{name}: {value}\r\n")).collect();
        self.raw(&format!("GET {path} HTTP/1.1\r\n{headers}Connection: close\r\n\r\n"))
    }

    fn get(&self, path: &str) -> Answer {
        self.with(&format!("/api/{path}"), &[("Host", &self.host), ("X-Gotrace-Token", &self.token)])
    }

    #[track_caller]
    fn good(&self, path: &str) -> Answer {
        let answer = self.get(path);
        assert_eq!(answer.status, 200, "{path}: {}", String::from_utf8_lossy(&answer.body));
        answer
    }

    /// The frames of the overview: their kinds and bodies.
    fn overview(&self) -> Vec<(u32, Vec<u8>)> {
        let (bytes, mut frames, mut at) = (self.good("overview").body, Vec::new(), 0);
        let number = |at: usize| u32::from_le_bytes(bytes[at..at + 4].try_into().unwrap());
        while at < bytes.len() {
            let length = number(at + 4) as usize;
            frames.push((number(at), bytes[at + 8..at + 8 + length].to_vec()));
            at += 8 + length;
        }
        frames
    }

    /// Returns the meta data when all is read.
    fn meta(&self) -> Value {
        let frames = self.overview();
        let (kind, last) = frames.last().unwrap();
        assert_eq!(*kind, 3);
        serde_json::from_slice(last).unwrap()
    }

    /// Ends it as Ctrl-C does; returns what it said.
    fn end(mut self) -> String {
        let kill = std::process::Command::new("kill").args(["-INT", &self.child.id().to_string()]).status().unwrap();
        assert!(kill.success());
        let status = self.child.wait().unwrap();
        let mut said = String::new();
        self.child.stderr.take().unwrap().read_to_string(&mut said).unwrap();
        assert_eq!(status.code(), Some(0), "{said}");
        assert!(!said.contains("panicked"), "{said}");
        said
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn unchunked(mut body: &[u8]) -> Vec<u8> {
    let mut whole = Vec::new();
    while let Some(end) = body.windows(2).position(|two| two == b"\r\n") {
        let size = usize::from_str_radix(std::str::from_utf8(&body[..end]).unwrap(), 16).unwrap();
        whole.extend_from_slice(&body[end + 2..end + 2 + size]);
        body = &body[end + 4 + size..];
    }
    whole
}

/// A lane of a tile: its kind, its id, and its items.
struct Lane {
    kind: u8,
    id: f64,
    items: Vec<Item>,
}

/// An item: its time in nanoseconds since the first event; of a counter time and value.
#[derive(Debug)]
struct Item {
    start: f64,
    duration: f64,
    label: f64,
    spans: u32,
    state: u8,
    fill: u8,
}

/// Reads a tile as docs/view-api.md says: its stretch, the length of its cells, its lanes.
fn tile(bytes: &[u8]) -> ([f64; 3], Vec<Lane>) {
    let float = |at: usize| f64::from_le_bytes(bytes[at..at + 8].try_into().unwrap());
    let number = |at: usize| u32::from_le_bytes(bytes[at..at + 4].try_into().unwrap());
    let [from, to, cell, unit] = [0, 8, 16, 24].map(float);
    let (mut at, mut lanes) = (32, Vec::new());
    while at < bytes.len() {
        let (kind, count, id) = (bytes[at], number(at + 4), float(at + 8));
        let size = if kind == 8 { 16 } else { 24 };
        let items = (0..count as usize).map(|index| at + 16 + index * size).map(|at| match kind {
            8 => Item { start: float(at), duration: 0.0, label: float(at + 8), spans: 0, state: 0, fill: 0 },
            _ => Item {
                start: from + f64::from(number(at)) * unit,
                duration: f64::from(number(at + 4)) * unit,
                label: float(at + 8),
                spans: number(at + 16),
                state: bytes[at + 20],
                fill: bytes[at + 21],
            },
        });
        lanes.push(Lane { kind, id, items: items.collect() });
        at += 16 + count as usize * size;
    }
    assert_eq!(at, bytes.len());
    ([from, to, cell], lanes)
}

/// A trace of an old release, with a name that a page must not take for markup.
fn old(version: Version) -> Vec<u8> {
    if version == Version::Go105 {
        return File::new(version)
            .event(Batch, &[0, 90, 1000])
            .event(Frequency, &[1_000_000_000, 0])
            .event(GoCreate, &[1, 10, 1, 0, 0])
            .event(ProcStart, &[1, 10, 7])
            .event(GoStart, &[1, 10, 1])
            .event(HeapAlloc, &[1, 10, 5000])
            .event(GoSched, &[1, 5000, 0])
            .event(GoStart, &[1, 100, 1])
            .done();
    }
    File::begun(version).event(GoSched, &[5000, 0]).event(GoStart, &[100, 1, 2]).event(HeapAlloc, &[10, 5000]).done()
}

/// Every endpoint, on traces of every age.
#[test]
fn every_endpoint_answers_for_every_release() {
    let scratch = Scratch::new("view-releases");
    let paths = [
        scratch.file("go1.5.trace", &old(Version::Go105)),
        scratch.file("go1.11.trace", &old(Version::Go111)),
        trace("go1.21/annotations"),
        trace("go1.22/mixed"),
        trace("go1.27/annotations"),
    ];
    for path in paths {
        let server = Server::of(&path);
        let meta = server.meta();
        let span = meta["span"].as_i64().unwrap();
        assert!(span > 1000 && meta["done"] == true && meta["error"] == Value::Null, "{path}: {meta}");
        assert_eq!(meta["events"], gotrace(&["count", "--json", &path]).json()["events"], "{path}");
        assert_eq!(meta["v1"], !path.contains("1.22") && !path.contains("1.27"));
        let rows = server.good("rows?limit=1000").json();
        let key = rows["rows"][0]["key"].as_str().unwrap().to_string();
        for asked in [
            format!(
                "tile?from=0&to={span}&cells=50&lanes=procs,threads,counters,bands,goroutine:1,group:{key},members:{key}:0:2,tasks,regions:1"
            ),
            format!("span?lane=goroutine:1&at={}", span / 2),
            format!("flows?from=0&to={span}"),
            "search?q=main".into(),
            "search?q=a&kind=reason".into(),
            "rows?by=goroutine&sort=-id".into(),
            "rows?by=creator".into(),
            "rows?by=state".into(),
            "rows?by=task".into(),
            "regions?goroutine=1".into(),
            "names?goroutines=1,2,99".into(),
            "flame?kind=wall".into(),
            "pprof/sched".into(),
            "meta".into(),
        ] {
            server.good(&asked);
        }
        let said = server.end();
        assert_eq!(said.trim(), "note: the page is there until Ctrl-C", "{path}");
    }
}

#[test]
fn reports_are_those_of_the_command() {
    for name in ["go1.21/annotations", "go1.27/annotations"] {
        let path = trace(name);
        let server = Server::of(&path);
        for (report, args, query) in [
            ("summary", &[][..], ""),
            ("goroutines", &["--by", "goroutine", "--top", "3"], "by=goroutine&top=3"),
            ("goroutines", &["--leaks"], "leaks=1"),
            ("goroutines", &["--function", "main.*func"], "function=main.*func"),
            ("tasks", &["--each"], "each=1"),
            ("tasks", &["--type", "paren"], "type=paren"),
            ("regions", &["--each", "--top", "0"], "each=1&top=0"),
            ("procs", &[], ""),
            ("gc", &[], ""),
            ("stw", &["--top", "1"], "top=1"),
            ("path", &["--segments"], "segments=1"),
            ("path", &["--task", "parent", "--slowest", "2"], "task=parent&slowest=2"),
            ("mmu", &["--per-proc", "--of", "stw,sweep"], "per-proc=1&of=stw,sweep"),
            ("latency", &["--worst", "2"], "worst=2&each=0"),
            ("diagnose", &[], ""),
            ("metrics", &[], ""),
            ("count", &[], ""),
        ] {
            for (times, window) in [(&[][..], ""), (&["--from", "500us", "--to", "1500us"], "&from=5e5&to=1500000")] {
                let want = gotrace(&[&[report, "--json"], args, times, &[&path]].concat());
                let answer = server.get(&format!("report/{report}?{query}{window}"));
                // Both refuse, or both answer.
                match want.code {
                    Some(0) => {
                        assert_eq!(answer.status, 200);
                        assert_eq!(String::from_utf8(answer.body).unwrap(), want.text(), "{report} {args:?} {times:?}");
                    }
                    _ => assert_eq!(answer.status, 422, "{report} {args:?} {times:?}: {}", want.stderr),
                }
            }
        }
        let pprof = gotrace(&["pprof", "wall", "--function", "main", &path]);
        assert_eq!(server.good("pprof/wall?function=main").body, pprof.stdout);
        let profile = gotrace(&["pprof", "wall", "--json", &path]).json();
        assert_eq!(server.good("flame?kind=wall").json()["root"]["value"], profile["nanos"]);
        let said = server.end();
        assert_eq!(said.lines().count(), 1, "{said}");
    }
}

/// Time in a tile is that of the reports, and the overview has all of it.
#[test]
fn tiles_add_up() {
    let path = trace("go1.27/mixed");
    let server = Server::of(&path);
    let span = server.meta()["span"].as_i64().unwrap();
    let procs = gotrace(&["procs", "--json", &path]).json();
    // Cells of a nanosecond would be as many as fit; these have every span as it is.
    let mut ran = 0.0;
    for part in 0..20 {
        let (from, to) = (span * part / 20, span * (part + 1) / 20);
        let ([a, b, cell], lanes) =
            tile(&server.good(&format!("tile?from={from}&to={to}&cells=8192&lanes=procs")).body);
        assert_eq!((a, b), (from as f64, to as f64));
        assert!(cell.log2().fract() == 0.0 && (b - a) / cell >= 8192.0 && (b - a) / cell < 16384.1, "{cell}");
        for item in lanes.iter().inspect(|lane| assert_eq!(lane.kind, 0)).flat_map(|lane| &lane.items) {
            assert!(item.fill > 0 && item.start >= a && item.start + item.duration <= b, "{item:?}");
            assert!(item.spans > 1 || item.fill == 255, "one is exact: {item:?}");
            if matches!(item.state, 1 | 7) {
                ran += item.duration * f64::from(item.fill) / 255.0;
            }
        }
    }
    let want: f64 = procs["procs"].as_array().unwrap().iter().map(|p| p["running"].as_f64().unwrap()).sum();
    assert!((ran - want).abs() < want * 0.02, "{ran} {want}");

    let tiles: Vec<_> = server.overview().into_iter().filter(|(kind, _)| *kind == 1).collect();
    let mut end = 0.0;
    for (_, body) in &tiles {
        let ([from, to, _], lanes) = tile(body);
        assert_eq!(from, end);
        end = to;
        let kinds: std::collections::BTreeSet<u8> = lanes.iter().map(|lane| lane.kind).collect();
        assert!([0, 1, 3, 8].iter().all(|kind| kinds.contains(kind)), "{kinds:?}");
        let max = lanes.iter().filter(|lane| lane.kind == 8 && lane.id == 8.0).flat_map(|lane| &lane.items);
        assert!(max.map(|item| item.label).all(|procs| procs > 0.0));
    }
    assert_eq!(end, span as f64);
    server.end();
}

#[test]
fn a_span_is_told_whole() {
    let path = trace("go1.27/mixed");
    let server = Server::of(&path);
    let start = server.meta()["start"].as_i64().unwrap();
    // A wait that a goroutine ended, from another source.
    let lines = gotrace(&["latency", "--json", "--worst", "50", &path]).json();
    let wait = lines["worst"].as_array().unwrap().iter().find(|wait| wait["waker"] != Value::Null).unwrap();
    let (since, nanos) = (wait["time"].as_i64().unwrap() - start, wait["nanos"].as_i64().unwrap());
    let at = since + nanos / 2;
    let span = server.good(&format!("span?lane=goroutine:{}&at={at}", wait["goroutine"])).json();
    assert_eq!(
        (&span["state"], &span["start"], &span["end"]),
        (&json!("runnable"), &json!(since), &json!(since + nanos))
    );
    assert_eq!((&span["unblockedBy"]["goroutine"], &span["next"]["state"]), (&wait["waker"], &json!("running")));
    // What runs next is on a P, whose lane tells the same.
    let next = server.good(&format!("span?lane=goroutine:{}&at={}", wait["goroutine"], since + nanos)).json();
    assert_eq!((&next["state"], &next["previous"]["start"]), (&json!("running"), &json!(since)));
    let same = server.good(&format!("span?lane=proc:{}&at={}", next["proc"], since + nanos)).json();
    assert_eq!(same, next);
    let same = server.good(&format!("span?lane=thread:{}&at={}", next["thread"], since + nanos)).json();
    assert_eq!(same, next);
    let flows = server.good(&format!("flows?from={since}&to={}&goroutine={}", since + 1, wait["goroutine"])).json();
    assert_eq!(flows["flows"][0]["from"], wait["waker"]);
    server.end();
}

#[test]
fn strangers_get_nothing() {
    let server = Server::of(&trace("go1.27/hello"));
    let (host, token) = (("Host", server.host.as_str()), ("X-Gotrace-Token", server.token.as_str()));
    let page = server.with("/", &[host]);
    assert_eq!(page.status, 200);
    for header in [
        "content-security-policy: default-src 'none'; script-src 'sha256-",
        "frame-ancestors 'none'",
        "x-content-type-options: nosniff",
        "referrer-policy: no-referrer",
        "cache-control: no-store",
    ] {
        assert!(page.head.contains(header), "{header}: {}", page.head);
    }
    assert!(!page.head.contains("access-control"));
    let port = server.host.rsplit(':').next().unwrap();
    let local = format!("localhost:{port}");
    assert_eq!(server.with("/api/meta", &[("Host", &local), token]).status, 200);
    let foreign = format!("evil.example:{port}");
    for (headers, status) in [
        (&[("Host", foreign.as_str()), token][..], 403),
        (&[host], 403),
        (&[host, ("X-Gotrace-Token", "0")], 403),
        (&[host, token, ("Origin", "http://evil.example")], 403),
        (&[host, token, ("Origin", "null")], 403),
        (&[host, token, ("Sec-Fetch-Site", "cross-site")], 403),
        (&[host, token, ("Content-Length", "5")], 413),
        (&[token], 403),
    ] {
        let answer = server.with("/api/meta", headers);
        assert_eq!(answer.status, status, "{headers:?}");
        assert!(!answer.head.contains("access-control") && answer.json()["error"].is_string(), "{headers:?}");
    }
    for path in [
        "/../etc/passwd",
        "/%2e%2e/etc/passwd",
        "/index.html",
        "//",
        "/api",
        "/api/",
        "/api/../meta",
        "/api/report/../../x",
    ] {
        assert_eq!(server.with(path, &[host, token]).status, 404, "{path}");
    }
    let long = format!("/api/meta?{}", "a".repeat(10_000));
    assert_eq!(server.with(&long, &[host, token]).status, 414);
    let larger = server.raw(&format!("GET /{} HTTP/1.1\r\nHost: {}\r\n\r\n", "a".repeat(200_000), server.host));
    assert!([0, 400, 414, 431].contains(&larger.status), "{}", larger.status);
    assert_eq!(
        server.raw(&format!("POST / HTTP/1.1\r\nHost: {}\r\nConnection: close\r\n\r\n", server.host)).status,
        405
    );
    assert!([0, 400].contains(&server.raw("nonsense\r\n\r\n").status));
    assert_eq!(server.good("meta").status, 200, "it goes on");
    server.end();
}

#[test]
fn absurd_parameters_are_refused() {
    let server = Server::of(&trace("go1.27/hello"));
    server.meta();
    for (asked, status) in [
        ("tile", 400),
        ("tile?from=0", 400),
        ("tile?from=5&to=5", 400),
        ("tile?from=nan&to=5", 400),
        ("tile?from=0&to=5&cells=0", 400),
        ("tile?from=0&to=5&cells=8193", 400),
        ("tile?from=0&to=5&lanes=nothing", 400),
        ("tile?from=0&to=5&lanes=members:f0:0:5000", 400),
        ("tile?from=0&to=5&lanes=group:f999", 404),
        ("tile?from=0&to=5&lanes=members:x:0:1", 404),
        ("tile?from=%", 400),
        ("span?lane=goroutine:1", 400),
        ("span?lane=x:1&at=0", 400),
        ("span?lane=goroutine:999999&at=0", 404),
        ("rows?by=nothing", 400),
        ("rows?limit=-1", 400),
        ("search", 400),
        ("search?q=a&kind=nothing", 400),
        ("search?kind=span&state=nothing", 400),
        ("search?kind=span&longer=x", 400),
        ("search?kind=task&overlaps=x", 400),
        ("chain?goroutine=1", 400),
        ("chain?at=5", 400),
        ("report/schedtrace", 404),
        ("flows", 400),
        ("report/mmu?window=nothing", 400),
        ("report/summary?output=x", 400),
        ("report/summary?worst=3", 400),
        ("report/goroutines?function=(", 400),
        ("report/run", 404),
        ("pprof/heap", 404),
    ] {
        let answer = server.get(asked);
        assert_eq!(answer.status, status, "{asked}: {}", String::from_utf8_lossy(&answer.body));
        assert!(answer.json()["error"].is_string(), "{asked}");
    }
    for asked in [
        "tile?from=0&to=4e18&lanes=procs,counters,bands,threads",
        "tile?from=1e17&to=2e17&lanes=procs,bands",
        "tile?from=-4e18&to=1&lanes=procs",
        "tile?from=0.1&to=1.9&cells=8192&lanes=",
        "flows?from=1e17&to=2e17",
        "rows?offset=999999999&limit=18446744073709551615",
    ] {
        server.good(asked);
    }
    server.end();
}

/// Names are data: JSON text, and nothing that a page could take for markup.
#[test]
fn names_are_text() {
    let script = "<script>alert(1)</script>\u{202e}";
    let begun = File::new(Version::Go119)
        .string(5, script)
        .event(Batch, &[0, 1000])
        .event(GoCreate, &[10, 1, 0, 0])
        .event(ProcStart, &[10, 7])
        .event(GoStart, &[10, 1, 1])
        .event(Gomaxprocs, &[10, 4, 0])
        .event(UserTaskCreate, &[10, 3, 0, 5, 0])
        .event(UserRegion, &[10, 3, 0, 5, 0])
        .event(UserLog, &[10, 3, 5, 0])
        .text(script)
        .event(UserRegion, &[10, 3, 1, 5, 0])
        .event(UserTaskEnd, &[10, 3, 0])
        .done();
    let scratch = Scratch::new("view-names");
    let server = Server::of(&scratch.file("<img src=x onerror=alert(1)>.trace", &begun));
    let meta = server.meta();
    assert!(meta["name"].as_str().unwrap().contains("<img src=x"), "{meta}");
    for kind in ["task", "region", "log"] {
        let answer = server.good(&format!("search?q=script&kind={kind}"));
        assert!(answer.head.contains("content-type: application/json") && answer.head.contains("nosniff"));
        let text = answer.json()["hits"][0]["text"].as_str().unwrap().to_string();
        assert!(text.contains("<script>"), "{kind}: {text}");
    }
    let missing = server.with("/%3Cscript%3E", &[("Host", &server.host)]);
    assert_eq!(missing.json(), json!({"error": "there is nothing here", "offset": null}));
    server.end();
}

#[test]
fn damaged_traces_are_shown_as_far_as_they_go() {
    let scratch = Scratch::new("view-damaged");
    let bytes = std::fs::read(trace("go1.27/mixed")).unwrap();
    let cut = scratch.file("cut.trace", &bytes[..bytes.len() * 2 / 3]);
    let server = Server::of(&cut);
    let meta = server.meta();
    assert!(!meta["warnings"].as_array().unwrap().is_empty(), "{meta}");
    assert!(meta["span"].as_i64().unwrap() > 0 && meta["error"] == Value::Null, "{meta}");
    server.good("tile?from=0&to=1e7&lanes=procs,counters");
    server.good("report/summary");
    server.end();

    let strict = Server::start(&["view", "--no-open", "--strict", &cut], b"");
    assert!(strict.meta()["error"].is_string());
    strict.end();

    // What is no trace opens no page.
    let none = gotrace(&["view", "--no-open", &format!("{}/Cargo.toml", super::ROOT)]);
    assert!(none.bad(1).contains("not a Go execution trace") && none.stdout.is_empty(), "{none:?}");
    assert!(gotrace(&["view", "--no-open", "nowhere.trace"]).bad(1).contains("nowhere.trace"));
}

#[test]
fn what_comes_through_a_pipe_is_waited_for() {
    let bytes = std::fs::read(trace("go1.25/mixed")).unwrap();
    let server = Server::start(&["view", "--no-open", "-"], &bytes);
    let meta = server.meta();
    assert_eq!((&meta["bytes"], &meta["name"]), (&json!(bytes.len()), &json!("standard input")));
    server.good("report/summary");
    server.end();
}

#[test]
fn a_file_that_changes_is_told_of() {
    let scratch = Scratch::new("view-changing");
    let bytes = std::fs::read(trace("go1.27/mixed")).unwrap();
    let path = scratch.file("t.trace", &bytes);
    let server = Server::of(&path);
    server.meta();
    server.good("tile?from=0&to=1e6");
    std::thread::sleep(Duration::from_millis(20));
    std::fs::write(scratch.0.join("t.trace"), [&bytes[..], b"more"].concat()).unwrap();
    let answer = server.get("tile?from=0&to=2e6");
    assert_eq!(answer.status, 409, "{}", String::from_utf8_lossy(&answer.body));
    assert!(server.good("meta").json()["warnings"][0].as_str().unwrap().contains("was written to"));
    server.end();
}

/// Clients that go away, many at a time, leave the server as it was.
#[test]
fn clients_may_go_away() {
    let server = Server::of(&trace("go1.22/blockedms"));
    server.meta();
    let head = format!("Host: {}\r\nX-Gotrace-Token: {}\r\n", server.host, server.token);
    for round in 0..100 {
        let mut stream = server.connect();
        let path = ["tile?from=0&to=1e9&cells=8192&lanes=procs,threads,counters", "overview", "report/summary", "rows"]
            [round % 4];
        stream.write_all(format!("GET /api/{path}&{round} HTTP/1.1\r\n{head}\r\n").as_bytes()).unwrap();
    }
    // Nor do such as say nothing.
    let _silent: Vec<_> = (0..50).map(|_| server.connect()).collect();
    let begun = Instant::now();
    server.good("tile?from=0&to=1e9&cells=100");
    assert!(begun.elapsed() < Duration::from_secs(20), "{:?}", begun.elapsed());
    server.end();
}

#[test]
fn a_file_alone_is_told_how_to_look_at() {
    let path = trace("go1.27/hello");
    assert!(gotrace(&[&path]).bad(2).contains(&format!("gotrace view {path}")));
    assert!(gotrace(&["no-such-file"]).bad(2).contains("unrecognized subcommand"));
}

#[test]
fn the_address_can_be_chosen() {
    let path = trace("go1.27/hello");
    let server = Server::start(&["view", "--no-open", "--http", "localhost:0", &path], b"");
    assert!(server.host.starts_with("127.0.0.1:"), "{}", server.host);
    let taken = gotrace(&["view", "--no-open", "--http", &server.host, &path]);
    assert!(taken.bad(1).contains("--http"), "{taken:?}");
    server.end();
    let open = Server::start(&["view", "--no-open", "--http", "0.0.0.0:0", &path], b"");
    assert_eq!(open.good("meta").status, 200);
    assert!(open.end().contains("other machines can reach this"));
    assert!(gotrace(&["view", "-o", "x", &path]).bad(2).contains("-o"));
}
