//! Captures work with real Go servers of several versions, with `net/http/pprof`, on
//! the loopback interface: plain, with TLS and a password, over a Unix socket, from slow
//! servers, and from servers that die.
//!
//! It installs toolchains, so it needs the feature `live`:
//! `cargo test --release -p gotrace-cli --features live --test live_capture`.

#![cfg(all(feature = "live", unix))]

use serde_json::Value;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::sync::atomic::{AtomicU32, Ordering::Relaxed};

const ROOT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../testdata");

/// A server of one version of Go; it ends when this is dropped.
struct Server {
    child: Child,
    dir: PathBuf,
    plain: String,
    secure: String,
    socket: String,
}

impl Server {
    fn start(version: &str) -> Server {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let name = format!("capture-{}-{}", std::process::id(), COUNT.fetch_add(1, Relaxed));
        // The system limits the length of a socket's path.
        let dir = std::env::temp_dir().join(name);
        std::fs::create_dir_all(&dir).unwrap();
        let go = Command::new(format!("{ROOT}/toolchains.sh")).arg(version).output().unwrap();
        let go = String::from_utf8(go.stdout).unwrap();
        let built = Command::new(go.trim())
            .args(["build", "-trimpath", "-o"])
            .args([&dir.join("server"), Path::new("./pprofserver")])
            .current_dir(format!("{ROOT}/programs"))
            .env("GOTOOLCHAIN", "local")
            .output()
            .unwrap();
        assert!(built.status.success(), "{}", String::from_utf8_lossy(&built.stderr));
        let mut child = Command::new(dir.join("server"))
            .arg(&dir)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines().map(Result::unwrap);
        let mut line = || lines.next().unwrap();
        let (plain, secure, socket) = (line(), line(), line());
        Server { child, dir, plain, secure, socket }
    }

    fn certificate(&self) -> String {
        self.dir.join("cert.pem").display().to_string()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        drop(self.child.stdin.take());
        let _ = self.child.wait();
        let _ = std::fs::remove_dir_all(&self.dir);
    }
}

fn gotrace(args: &[&str]) -> Output {
    let output = Command::new(env!("CARGO_BIN_EXE_gotrace")).args(args).output().unwrap();
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert!(!stderr.contains("panicked") && output.status.code().is_some(), "{args:?}: {stderr}");
    output
}

/// Returns the summary of a capture, which must succeed.
fn summary(args: &[&str]) -> Value {
    let output = gotrace(&[&["summary", "--json"], args].concat());
    assert!(output.status.success(), "{args:?}: {}", String::from_utf8_lossy(&output.stderr));
    serde_json::from_slice(&output.stdout).unwrap()
}

#[test]
fn servers_of_several_versions() {
    for version in ["1.21.13", "1.24.11", "1.27.3"] {
        let server = Server::start(version);
        let plain = summary(&[&server.plain, "--seconds", "0.3"]);
        let span = plain["span"].as_i64().unwrap();
        assert!((250_000_000..2_000_000_000).contains(&span), "{version}: {span}");
        assert!(plain["events"].as_u64().unwrap() > 200, "{version}: {plain}");
        let socket = summary(&["http://app", "--unix-socket", &server.socket, "--seconds", "0.2"]);
        assert!(socket["events"].as_u64().unwrap() > 100, "{version}: {socket}");
        let slow = summary(&[&format!("{}/slow", server.plain)]);
        assert!(slow["span"].as_i64().unwrap() > 400_000_000, "{version}: {slow}");
    }
}

#[test]
fn tls_is_checked_and_users_are_asked_for() {
    let server = Server::start("1.27.3");
    let user = server.secure.replace("https://", "https://me:secret@");
    let certificate = server.certificate();
    let report = summary(&[&user, "--cacert", &certificate, "--seconds", "0.1"]);
    assert!(!report.to_string().contains("secret"), "{report}");
    summary(&[&server.secure, "--user", "me:secret", "--insecure", "--seconds", "0.1"]);
    for (args, hint) in [
        (&[user.as_str()][..], "certificate"),
        (&[&server.secure, "--cacert", &certificate], "who are you?"),
        (&[&server.plain.replace("http://", "https://")], "plain HTTP"),
        (&[&user, "--cacert", &format!("{ROOT}/README.md")], "no certificate"),
    ] {
        let output = gotrace(&[&["summary", "--seconds", "0.1"], args].concat());
        let stderr = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.code() == Some(1) && stderr.contains(hint), "{args:?}: {stderr}");
        assert!(!stderr.contains("secret"), "{stderr}");
    }
}

#[test]
fn two_captures_at_once_are_one_too_many() {
    let server = Server::start("1.27.3");
    std::thread::scope(|scope| {
        let first = scope.spawn(|| summary(&[&server.plain, "--seconds", "1.5"]));
        std::thread::sleep(std::time::Duration::from_millis(500));
        let output = gotrace(&["summary", "--seconds", "0.1", &server.plain]);
        let stderr = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.code() == Some(1) && stderr.contains("is being traced already"), "{stderr}");
        first.join().unwrap();
    });
}

#[test]
fn what_a_dying_server_sent_is_salvaged() {
    for version in ["1.22.10", "1.27.3"] {
        let server = Server::start(version);
        let kept = server.dir.join("kept.trace").display().to_string();
        let output = gotrace(&["summary", "--json", "--save", &kept, &format!("{}/dies", server.plain)]);
        let stderr = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(1), "{stderr}");
        assert!(stderr.contains("the connection broke"), "{stderr}");
        let report: Value = serde_json::from_slice(&output.stdout).unwrap();
        assert!(report["events"].as_u64().unwrap() > 0, "{report}");
        let part = format!("{kept}.partial");
        assert!(stderr.contains(&format!("what had come is kept in {part}")), "{stderr}");
        assert!(std::fs::metadata(part).unwrap().len() > 1000 && !Path::new(&kept).exists());
    }
}

/// On a terminal, standard error shows the progress of a capture.
#[test]
fn progress_is_shown_on_a_terminal() {
    let server = Server::start("1.27.3");
    let output = Command::new("python3")
        .args(["-c", "import pty, sys; sys.exit(pty.spawn(sys.argv[1:]) >> 8)"])
        .args([env!("CARGO_BIN_EXE_gotrace"), "summary", "--seconds", "0.8", &server.plain])
        .stdin(Stdio::null())
        .output()
        .unwrap();
    let shown = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{shown}");
    assert!(shown.contains("tracing 127.0.0.1 for 0.8 s") && shown.contains("so far"), "{shown}");
    assert!(shown.contains("Goroutines"), "{shown}");
}
