//! What a server answers: a trace, or something to be shown to people.

use super::client::Patience;
use crate::human;
use anyhow::{Result, anyhow};
use std::io::{self, Read};
use ureq::http::{Response, StatusCode};
use ureq::{Body, BodyReader};

/// How much of a body is kept at a time.
const BUFFER: usize = 64 << 10;
/// How much of an error's body is read, and how much of its text is shown.
const ERROR_BODY: u64 = 64 << 10;
const EXCERPT: usize = 600;
/// What every trace begins with.
const MAGIC: &[u8] = b"go 1.";

/// A trace as it arrives.
pub(super) struct Reply {
    body: BodyReader<'static>,
    buffer: Box<[u8]>,
    /// How much of the buffer has been read, but not handed out.
    pending: usize,
    /// The connection broke while the beginning was read.
    failed: Option<io::Error>,
}

impl Reply {
    /// Takes an answer, if it begins as a trace does.
    pub(super) fn of(answer: Response<Body>, wait: &Patience) -> Result<Reply> {
        let status = answer.status();
        let kind = answer.headers().get("content-type").and_then(|kind| kind.to_str().ok()).unwrap_or("").to_string();
        let by_pprof = answer.headers().contains_key("x-go-pprof");
        let body = answer.into_body().into_with_config().limit(u64::MAX).reader();
        let mut reply = Reply { body, buffer: vec![0; BUFFER].into(), pending: 0, failed: None };
        while reply.pending < MAGIC.len() && reply.failed.is_none() {
            let room = reply.buffer.get_mut(reply.pending..).unwrap_or_default();
            match reply.body.read(room) {
                Ok(0) => break,
                Ok(more) => reply.pending += more,
                Err(e) => reply.failed = Some(e),
            }
        }
        let begun = reply.buffer.get(..reply.pending).unwrap_or_default();
        if status.is_success() && begun.starts_with(MAGIC) {
            return Ok(reply);
        }
        let mut text = begun.to_vec();
        if reply.failed.is_none() {
            // What could be read is all there is to show.
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

    /// The next bytes of the trace; none at its end.
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

/// A body as people can read it.
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
    if text.is_empty() { "nothing that is to be seen".into() } else { format!("\n  {text}") }
}

fn advice(status: StatusCode, by_pprof: bool, said: &str) -> Option<&'static str> {
    Some(match status {
        StatusCode::NOT_FOUND => "does the program import net/http/pprof, and serve its handlers there?",
        StatusCode::UNAUTHORIZED => "--user NAME:PASSWORD or --bearer TOKEN logs in",
        StatusCode::FORBIDDEN => "whoever it is that asks may not; --user, --bearer and --header tell who you are",
        _ if said.contains("already") && said.contains("trac") => {
            "somebody else is tracing the program; try again later"
        }
        _ if said.contains("WriteTimeout") => "--seconds N traces for less",
        StatusCode::BAD_REQUEST | StatusCode::INTERNAL_SERVER_ERROR if by_pprof => "that is what net/http/pprof says",
        status if status.is_success() => "a proxy or a login page may have answered in its place",
        _ => return None,
    })
}

/// The text of a page, roughly: no tags, scripts or styles.
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

/// The beginning of a text, on one line, fit for a terminal.
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
