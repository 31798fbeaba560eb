//! Logs of made-up programs, and the forms in which they come.

/// Returns the output of a program: `SCHED` and `gc` lines, and a line of its own.
pub(crate) fn summary(base: u64, queue: u64) -> Vec<String> {
    let lines = (0..5).flat_map(|i| {
        let ms = 1000 * i;
        [
            format!(
                "SCHED {ms}ms: gomaxprocs=2 idleprocs=0 threads=5 spinningthreads=0 needspinning=0 idlethreads=1 \
                 runqueue={} [ 1 0 ] schedticks=[ {} {} ]",
                queue + i,
                10 + i,
                20 + i
            ),
            "GET /a 200".to_string(),
            format!(
                "gc {n} @{n}.500s 1%: 0.010+1.0+0.020 ms clock, 0.020+0.1/1.0/0.1+0.040 ms cpu, 4->4->2 MB, {n} MB \
                 goal, 0 MB stacks, 0 MB globals, 2 P",
                n = base + i
            ),
        ]
    });
    lines.collect()
}

/// Returns the output of a program with `scheddetail`.
pub(crate) fn detail(queue: u64) -> Vec<String> {
    let lines = (0..3).flat_map(|i| {
        let header = format!(
            "SCHED {}ms: gomaxprocs=2 idleprocs=0 threads=3 spinningthreads=0 needspinning=0 idlethreads=1 \
             runqueue={} gcwaiting=false nmidlelocked=0 stopwait=0 sysmonwait=false",
            1000 * i,
            queue + i
        );
        let p = |p: u64| {
            format!("  P{p}: status=1 schedtick={} syscalltick=3 m={p} runqsize={p} gfreecnt=0 timerslen=1", 7 + i)
        };
        let m = |m: u64| {
            format!(
                "  M{m}: p={m} curg={} mallocing=0 throwing=0 preemptoff= locks=0 dying=0 spinning=false \
                 blocked=false lockedg=nil",
                m + 1
            )
        };
        let g = |g: u64, status: &str| format!("  G{g}: status={status} m=nil lockedm=nil");
        [header, p(0), p(1), m(1), m(0), g(1, "2(chan receive)"), g(2, "4(force gc (idle))"), "hello".into()]
    });
    lines.collect()
}

/// Formats a text as a string of JSON, as Go escapes it.
pub(crate) fn json(text: &str) -> String {
    format!("{text:?}").replace('>', "\\u003e")
}

/// Formats a text as an array of its bytes.
fn bytes(text: &str) -> String {
    format!("{:?}", text.as_bytes()).replace(' ', "")
}

pub(crate) type Wrapper = fn(u64, &str, &str) -> String;

/// The forms of wrapped lines: a name, a function of the line's number, the line and
/// the program, and the name that a program has in that form.
pub(crate) const LINES: &[(&str, Wrapper, &str)] = &[
    ("docker", |_, line, _| format!(r#"{{"log":{},"stream":"stderr"}}"#, json(&format!("{line}\n"))), ""),
    ("cri", |i, line, _| format!("2026-11-23T10:00:{i:02}.123456789Z stderr F {line}"), ""),
    ("time", |i, line, _| format!("2026/11/23 10:00:{i:02} {line}"), ""),
    ("time and level", |i, line, _| format!("2026-11-23 10:00:{i:02},123 INFO {line}"), ""),
    ("glog", |i, line, _| format!("I1123 10:00:{i:02}.123456   12345 main.go:1{i}] {line}"), ""),
    ("cat -n", |i, line, _| format!("{i:6}\t{line}"), ""),
    ("grep -n", |i, line, _| format!("{i}:{line}"), ""),
    ("ANSI", |_, line, _| format!("\x1b[1;33m{line}\x1b[0m\x1b(B"), ""),
    ("CRLF", |_, line, _| format!("{line}\r"), ""),
    ("HTML", |_, line, _| format!("<p>{}</p>", line.replace('>', "&gt;")), ""),
    ("CSV", |i, line, _| format!("\"2026-11-23T10:00:{i:02}Z\",\"{line}\""), ""),
    ("logger", |i, line, _| format!(r#"time=10:00:{i:02} level=info job={i} msg="{line}""#), ""),
    ("JSON in JSON", |_, line, _| format!(r#"{{"log":{}}}"#, json(&format!(r#"{{"msg":{}}}"#, json(line)))), ""),
    ("colours in JSON", |_, line, _| format!(r#"{{"msg":"\u001b[33m{line}\u001b[0m"}}"#), ""),
    ("fluentd", |_, line, of| format!(r#"{{"log":{},"kubernetes":{{"pod_name":"{of}"}}}}"#, json(line)), "a"),
    ("name first", |_, line, of| format!(r#"{{"pod":"{of}","log":{}}}"#, json(line)), "a"),
    (
        "Elastic",
        |_, line, of| {
            let at = format!(r#""kubernetes":{{"pod":{{"name":"{of}"}},"container":{{"name":"app"}}}}"#);
            format!(r#"{{"_id":"1","_source":{{"message":{},{at}}}}}"#, json(line))
        },
        "a/app",
    ),
    (
        "Google Cloud",
        |_, line, of| format!(r#"{{"textPayload":{},"resource":{{"labels":{{"pod_name":"{of}"}}}}}}"#, json(line)),
        "a",
    ),
    (
        "CloudWatch",
        |i, line, of| format!(r#"{{"timestamp":{i},"message":{},"logStreamName":"ecs/{of}"}}"#, json(line)),
        "ecs/a",
    ),
    (
        "Datadog",
        |_, line, of| format!(r#"{{"content":{{"message":{},"tags":["env:x","pod_name:{of}"]}}}}"#, json(line)),
        "a",
    ),
    (
        "OpenTelemetry",
        |_, line, of| {
            let pod = format!(r#"{{"key":"k8s.pod.name","value":{{"stringValue":"{of}"}}}}"#);
            let record = format!(r#"{{"body":{{"stringValue":{}}}}}"#, json(line));
            format!(r#"{{"resource":{{"attributes":[{pod}]}},"scopeLogs":[{{"logRecords":[{record}]}}]}}"#)
        },
        "a",
    ),
    (
        "Loki",
        |i, line, of| format!(r#"{{"stream":{{"pod":"{of}","level":"{i}"}},"values":[["{i}",{}]]}}"#, json(line)),
        "a",
    ),
    (
        "journald",
        |i, line, of| format!(r#"{{"__CURSOR":"{i}","MESSAGE":{},"_PID":"{}"}}"#, json(line), of.as_bytes()[0]),
        "97",
    ),
    (
        "journald's bytes",
        |_, line, of| format!(r#"{{"MESSAGE":{},"_PID":"{}"}}"#, bytes(&format!("\x1b[33m{line}")), of.as_bytes()[0]),
        "97",
    ),
    (
        "CRI and JSON",
        |i, line, of| format!(r#"2026-11-23T10:00:{i:02}Z stderr F {{"msg":{},"pod":"{of}"}}"#, json(line)),
        "a",
    ),
    ("kubectl", |_, line, of| format!("[pod/api-{of}/app] {line}"), "pod/api-a/app"),
    (
        "kubectl with times",
        |i, line, of| format!("[pod/api-{of}/app] 2026-11-23T10:00:{i:02}.1Z {line}"),
        "pod/api-a/app",
    ),
    ("compose", |_, line, of| format!("api-{of}-1  | {line}"), "api-a-1"),
    ("compose in colour", |_, line, of| format!("\x1b[36mapi-{of}-1  |\x1b[0m {line}"), "api-a-1"),
    ("compose and JSON", |_, line, of| format!(r#"api-{of}-1  | {{"msg":{}}}"#, json(line)), "api-a-1"),
    ("stern", |_, line, of| format!("api-{of} app {line}"), "api-a app"),
    ("stern with times", |i, line, of| format!("api-{of} app 2026-11-23T10:00:{i:02}Z {line}"), "api-a app"),
    ("syslog", |i, line, of| format!("Nov 23 10:00:{i:02} host api[{}]: {line}", of.as_bytes()[0]), "host api[97]"),
    (
        "rsyslog's escapes",
        |i, line, of| format!("Nov 23 10:00:{i:02} host api[{}]: #033[33m{line}#033[0m", of.as_bytes()[0]),
        "host api[97]",
    ),
    (
        "RFC 5424",
        |i, line, of| format!("<14>1 2026-11-23T10:00:{i:02}Z host api {} - - {line}", of.as_bytes()[0]),
        "host api[97]",
    ),
    (
        "Cloud Foundry",
        |i, line, of| format!("   2026-11-23T10:00:{i:02}.12+0100 [APP/PROC/{of}/0] ERR {line}"),
        "APP/PROC/a/0",
    ),
    ("grep", |i, line, of| format!("logs/{of}.log:{i}:{line}"), "logs/a.log"),
    ("logcli", |i, line, of| format!(r#"2026-11-23T10:00:{i:02}Z {{app="x", pod="{of}"}} {line}"#), "a"),
    ("logfmt", |i, line, of| format!(r#"time=10:00:{i:02} level=info pod={of} msg="{line}""#), "a"),
];

/// A function that lays the records of a log out as one document.
pub(crate) type Layout = fn(&[String]) -> String;

/// The layouts of a list of records.
pub(crate) const LAYOUTS: &[(&str, Layout)] = &[
    ("a line each", |records| records.join("\n") + "\n"),
    ("one line", |records| records.concat()),
    ("a list", |records| format!("[{}]", records.join(","))),
    ("a list over lines", |records| format!("[\n  {}\n]\n", records.join(",\n  "))),
    ("a search", |records| format!(r#"{{"took":3,"hits":{{"total":{{"value":3}},"hits":[{}]}}}}"#, records.join(","))),
    ("laid out", |records| format!("[\n{}\n]\n", records.iter().map(|r| laid_out(r)).collect::<Vec<_>>().join(",\n"))),
    ("laid out, no list", |records| records.iter().map(|r| laid_out(r) + "\n").collect()),
];

/// Lays JSON out with each value on a line of its own.
fn laid_out(record: &str) -> String {
    let (mut out, mut depth, mut quoted, mut escaped) = (String::new(), 0, false, false);
    for c in record.chars() {
        let line = |out: &mut String, depth: usize| {
            out.push('\n');
            out.extend(std::iter::repeat_n("  ", depth));
        };
        if quoted {
            (quoted, escaped) = (c != '"' || escaped, c == '\\' && !escaped);
            out.push(c);
            continue;
        }
        match c {
            '{' | '[' => {
                depth += 1;
                out.push(c);
                line(&mut out, depth);
            }
            '}' | ']' => {
                depth -= 1;
                line(&mut out, depth);
                out.push(c);
            }
            ',' => {
                out.push(c);
                line(&mut out, depth);
            }
            ':' => out.push_str(": "),
            _ => {
                quoted = c == '"';
                out.push(c);
            }
        }
    }
    out
}
