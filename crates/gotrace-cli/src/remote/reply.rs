//! The reply of a server: a trace, or a text that is shown in an error.

use super::client::Patience;
use crate::human;
use anyhow::{Result, anyhow};
use gotrace::compressed::{Compression, Decompressed};
use std::io::{self, Read};
use ureq::http::{Response, StatusCode};
use ureq::{Body, BodyReader};

/// Bytes of a body that are kept at a time.
const BUFFER: usize = 64 << 10;

/// Bytes of an error's body that are read at most.
const ERROR_BODY: u64 = 64 << 10;

/// Characters of an error's text that are shown at most.
const EXCERPT: usize = 600;

/// The beginning of every trace.
const MAGIC: &[u8] = b"go 1.";

/// A trace as it arrives.
pub(super) struct Reply {
    body: BodyReader<'static>,
    buffer: Box<[u8]>,
    /// Bytes of the buffer that were read, but not handed out yet.
    pending: usize,
    /// The error, if the connection broke while the beginning was read.
    failed: Option<io::Error>,
}

impl Reply {
    /// Takes an answer that begins as a trace does.
    ///
    /// # Errors
    /// If it begins with something else, which is shown, or the connection breaks.
    pub(super) fn of(answer: Response<Body>, wait: &Patience) -> Result<Reply> {
        let status = answer.status();
        let kind = answer.headers().get("content-type").and_then(|kind| kind.to_str().ok()).unwrap_or("").to_string();
        let by_pprof = answer.headers().contains_key("x-go-pprof");
        let body = answer.into_body().into_with_config().limit(u64::MAX).reader();
        let mut reply = Reply { body, buffer: vec![0; BUFFER].into(), pending: 0, failed: None };
        while reply.failed.is_none() && begins_trace(reply.begun()).is_none() && reply.pending < BUFFER {
            let room = reply.buffer.get_mut(reply.pending..).unwrap_or_default();
            match reply.body.read(room) {
                Ok(0) => break,
                Ok(more) => reply.pending += more,
                Err(e) => reply.failed = Some(e),
            }
        }
        let begun = reply.begun();
        if status.is_success() && begins_trace(begun) == Some(true) {
            return Ok(reply);
        }
        let mut text = begun.to_vec();
        if reply.failed.is_none() {
            // If the connection breaks here, the part that was read is shown.
            let _ = reply.body.by_ref().take(ERROR_BODY).read_to_end(&mut text);
        }
        let shown = shown(&text, &kind);
        let advice = advice(status, by_pprof, &shown).map(|advice| format!("\n{advice}")).unwrap_or_default();
        if let Some(e) = reply.failed.filter(|_| status.is_success()) {
            return Err(anyhow!("before a trace began, {}", wait.broken(&e)));
        }
        let kind = if kind.is_empty() { String::new() } else { format!(" ({})", human::name(kind.as_bytes())) };
        Err(anyhow!("the server answered {status}{kind}, expected a trace; it says {shown}{advice}"))
    }

    /// Returns the bytes that were read, but not handed out yet.
    fn begun(&self) -> &[u8] {
        self.buffer.get(..self.pending).unwrap_or_default()
    }

    /// Returns the next bytes of the trace; none at its end.
    pub(super) fn read(&mut self) -> io::Result<&[u8]> {
        let count = match std::mem::take(&mut self.pending) {
            0 => match self.failed.take() {
                Some(e) => return Err(e),
                None => loop {
                    match self.body.read(&mut self.buffer) {
                        Err(e) if e.kind() == io::ErrorKind::Interrupted => {}
                        read => break read?,
                    }
                },
            },
            pending => pending,
        };
        Ok(self.buffer.get(..count).unwrap_or_default())
    }
}

/// Returns whether a body begins as a trace, which may be compressed; none if more of it is
/// needed to know.
fn begins_trace(begun: &[u8]) -> Option<bool> {
    let mut start = [0; MAGIC.len()];
    match Compression::of(begun) {
        None => begun.get(..MAGIC.len()).map(|start| start == MAGIC),
        Some(_) => {
            Decompressed::new(begun).and_then(|mut body| body.read_exact(&mut start)).ok().map(|()| start == MAGIC)
        }
    }
}

/// Returns a body as text for a message: an excerpt, or what it is instead of text.
fn shown(body: &[u8], kind: &str) -> String {
    match body {
        [] => return "nothing".into(),
        [0x1f, 0x8b, ..] => return "something compressed, perhaps a profile".into(),
        _ if body.contains(&0) => return "something that is not text".into(),
        _ => {}
    }
    let text = String::from_utf8_lossy(body);
    let is_page = kind.contains("html") || text.trim_start().starts_with('<');
    let text = excerpt(&if is_page { visible(&text) } else { text.into() });
    if text.is_empty() { "no visible text".into() } else { format!("\n  {text}") }
}

/// Returns what to do about an answer that is no trace, if that is known.
fn advice(status: StatusCode, by_pprof: bool, said: &str) -> Option<&'static str> {
    Some(match status {
        StatusCode::NOT_FOUND => "does the program import net/http/pprof, and serve its handlers there?",
        StatusCode::UNAUTHORIZED => "--user NAME:PASSWORD or --bearer TOKEN logs in",
        StatusCode::FORBIDDEN => "access is denied; --user, --bearer or --header log in",
        _ if said.contains("already") && said.contains("trac") => {
            "the program is being traced already; try again later"
        }
        _ if said.contains("WriteTimeout") => "a shorter --seconds N may do",
        StatusCode::BAD_REQUEST | StatusCode::INTERNAL_SERVER_ERROR if by_pprof => "the message is from net/http/pprof",
        status if status.is_success() => "a proxy or a login page may have answered in its place",
        _ => return None,
    })
}

/// Returns the text of a page, roughly, without tags, scripts and styles.
fn visible(html: &str) -> String {
    let mut out = String::new();
    let mut rest = html;
    while let Some(open) = rest.find('<') {
        out.push_str(&rest[..open]);
        out.push(' ');
        rest = &rest[open..];
        let lower: String = rest.chars().take(8).collect::<String>().to_ascii_lowercase();
        let end = ["script", "style"].into_iter().find(|tag| lower[1..].starts_with(tag));
        let skip = match end {
            Some(tag) => rest.to_ascii_lowercase().find(&format!("</{tag}")).unwrap_or(rest.len()),
            None => 0,
        };
        rest = &rest[skip..];
        rest = rest.find('>').map_or("", |close| &rest[close + 1..]);
    }
    out.push_str(rest);
    [("&lt;", "<"), ("&gt;", ">"), ("&quot;", "\""), ("&#39;", "'"), ("&nbsp;", " "), ("&amp;", "&")]
        .into_iter()
        .fold(out, |text, (entity, character)| text.replace(entity, character))
}

/// Returns the beginning of a text, on one line, fit for a terminal.
fn excerpt(text: &str) -> String {
    let words: Vec<&str> = text.split_whitespace().collect();
    let text = words.join(" ");
    let short: String = text.chars().take(EXCERPT).collect();
    let more = if short.len() < text.len() { " ..." } else { "" };
    format!("{}{more}", human::name(short.as_bytes()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pages_are_read_as_people_do() {
        let page = "<!DOCTYPE html><html><head><title>Log in</title><style>p {x}</style></head>\
                    <body>\n<p class=\"a\">Who are you&#39;re &amp; why?<script>if (a < b) {}</script></body>";
        assert_eq!(excerpt(&visible(page)), "Log in Who are you're & why?");
        assert_eq!(excerpt(&visible("<")), "");
        assert_eq!(excerpt(&visible("<scr")), "");
        assert_eq!(excerpt("a\x1b[2J\n b"), "a\\u{1b}[2J b");
        assert_eq!(excerpt(&"é".repeat(EXCERPT + 1)), format!("{} ...", "é".repeat(EXCERPT)));
    }
}
