//! Program names in the text in front of its lines.
//!
//! | prefix | name |
//! | --- | --- |
//! | `[pod/api-a/app] 2026-11-23T10:00:00Z ` | `pod/api-a/app` |
//! | `api-1  \| ` | `api-1` |
//! | `api-a app ` | `api-a app` |
//! | `Nov 23 10:00:00 host api[12]: ` | `host api[12]` |
//! | `<14>1 2026-11-23T10:00:00Z host api 12 - - ` | `host api[12]` |
//! | `logs/api-a.log:12:` | `logs/api-a.log` |
//! | `{pod="api-a"} ` | `api-a` |
//!
//! Times, levels, figures and places in source code differ from line to line, and so are no
//! part of a name.

use super::labels::Labels;

/// Form in which a prefix names a program. Text of another writer that was cut off may look
/// like any of them but [`Certain`](Shape::Certain), so a log has to keep to one form.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Shape {
    /// No name.
    Bare,
    /// `[pod/..]`, or `{pod="api-a"}`.
    Certain,
    /// `pod=api-a`.
    Labels,
    /// `[NAME]`.
    Bracket,
    /// `NAME |`.
    Pipe,
    /// `NAME[PID]:`, `NAME:`.
    Tag,
    /// A number of names.
    Words(u8),
}

/// Most names that a prefix may consist of.
const MOST_WORDS: usize = 3;
/// Length that no name exceeds.
const LONGEST: usize = 256;

/// Returns the form of a prefix, and the name in it.
pub(super) fn read(prefix: &[u8]) -> (Shape, String) {
    if prefix.is_empty() || prefix.len() > 1024 {
        return (Shape::Bare, String::new());
    }
    let text = String::from_utf8_lossy(prefix);
    let mut rest = text.trim_start();
    if let Some(found) = syslog(rest) {
        return (Shape::Tag, found);
    }
    rest = without_noise(rest);
    let named = |shape, name: &str| (shape, name.trim().to_string());
    if let Some((name, _)) = rest.strip_prefix('[').and_then(|rest| rest.split_once(']')) {
        let certain = ["pod/", "deployment/", "job/"].iter().any(|kind| name.starts_with(kind));
        let process = name.strip_prefix("pid").is_some_and(|pid| is_figure(pid.trim_start_matches([' ', '=', ':'])));
        return match (name.contains(char::is_whitespace) && !process) || name.is_empty() || name.len() > LONGEST {
            true => (Shape::Bare, String::new()),
            false => named(if certain { Shape::Certain } else { Shape::Bracket }, name),
        };
    }
    if let Some(labels) = labels(rest) {
        return (if rest.starts_with('{') { Shape::Certain } else { Shape::Labels }, labels);
    }
    if let Some((name, _)) = rest.split_once(['|', '│']) {
        let name = name.trim();
        let fits = !name.is_empty() && name.split_whitespace().count() <= MOST_WORDS && name.len() <= LONGEST;
        if fits && name.split_whitespace().all(is_name) {
            return named(Shape::Pipe, name);
        }
    }
    words(rest)
}

/// Returns the first names, if there are as many.
pub(super) fn first_words(name: &str, words: u8) -> Option<String> {
    let first: Vec<&str> = name.split(' ').take(usize::from(words)).collect();
    (first.len() == usize::from(words)).then(|| first.join(" "))
}

/// Reads names like `api-a app `, `host api[12]: `, `logs/api-a.log:12:`.
fn words(rest: &str) -> (Shape, String) {
    let mut names: Vec<String> = Vec::new();
    for word in rest.split_whitespace() {
        let tags = [word.strip_suffix(':'), word.split_once(':').map(|(name, _)| name)];
        if let Some(tag) = tags.into_iter().flatten().find(|tag| is_tag(tag)) {
            names.push(tag.to_string());
            return (Shape::Tag, names.join(" "));
        }
        if names.len() == MOST_WORDS || !is_name(word) || is_noise(word) {
            break;
        }
        names.push(word.to_string());
    }
    match names.len() {
        0 => (Shape::Bare, String::new()),
        // A level or a time may have been in front, but not behind the first names.
        n => (Shape::Words(n as u8), names.join(" ")),
    }
}

/// Reads `<14>1 2026-11-23T10:00:00Z HOST APP PROCID MSGID `, as RFC 5424 has it.
fn syslog(text: &str) -> Option<String> {
    let (priority, rest) = text.strip_prefix('<')?.split_once('>')?;
    let mut parts = rest.split(' ');
    let version = parts.next()?;
    if !is_figure(priority) || !is_figure(version) || version.len() > 2 {
        return None;
    }
    let (_, host, app, pid) = (parts.next()?, parts.next()?, parts.next()?, parts.next()?);
    let name = [host, app].iter().filter(|part| **part != "-").copied().collect::<Vec<_>>().join(" ");
    Some(if pid == "-" { name } else { format!("{name}[{pid}]") })
}

/// Reads names that have a key: `{pod="api-a", app="x"} `, `pod=api-a container=app `.
fn labels(text: &str) -> Option<String> {
    let mut labels = Labels::default();
    // Jobs, tasks and the like in plain text may be the program's own.
    let own = |key: &str| !text.starts_with('{') && matches!(key, "job" | "task" | "tag" | "node" | "host" | "id");
    for (at, _) in text.match_indices('=') {
        let (before, after) = (text.get(..at)?, text.get(at + 1..)?);
        let key = before.rsplit(|c: char| !(c.is_ascii_alphanumeric() || "_.-@".contains(c))).next()?;
        let value = match after.strip_prefix('"') {
            Some(quoted) => quoted.split('"').next()?,
            None => after.split(|c: char| c.is_whitespace() || ",;}])".contains(c)).next()?,
        };
        if !own(key) {
            labels.add("", key, value);
        }
    }
    labels.name()
}

/// Returns the text without times, levels and the like at its beginning.
fn without_noise(mut text: &str) -> &str {
    loop {
        text = text.trim_start();
        // `[12.3]` and `[ 12.3]`, `(INFO)`, `<6>`.
        let closes = match text.chars().next() {
            Some('[') => Some(']'),
            Some('(') => Some(')'),
            Some('<') => Some('>'),
            _ => None,
        };
        if let Some(end) = closes
            && let Some((inner, rest)) = text.get(1..).and_then(|inner| inner.split_once(end))
            && inner.split_whitespace().all(is_noise)
        {
            text = rest.strip_prefix(':').unwrap_or(rest);
            continue;
        }
        let end = text.find(char::is_whitespace).unwrap_or(text.len());
        let (word, rest) = text.split_at(end);
        if word.is_empty() || !is_noise(word) {
            return text;
        }
        text = rest;
    }
}

/// Returns whether a word is a time, a level, a figure, or a place in source code.
fn is_noise(word: &str) -> bool {
    let bare = word.trim_matches(|c: char| "[](){}<>,;:|\"'".contains(c));
    let first = bare.chars().next();
    let level = |text: &str| {
        const LEVELS: [&str; 24] = [
            "trace",
            "debug",
            "dbg",
            "info",
            "inf",
            "information",
            "notice",
            "warn",
            "wrn",
            "warning",
            "error",
            "err",
            "fatal",
            "panic",
            "critical",
            "crit",
            "emerg",
            "alert",
            "stderr",
            "stdout",
            "out",
            "verbose",
            "default",
            "log",
        ];
        LEVELS.iter().any(|level| text.eq_ignore_ascii_case(level))
    };
    // glog begins lines with a level and a date, as `I1123`.
    let glog = |text: &str| {
        text.len() == 5 && text.starts_with(['I', 'W', 'E', 'D', 'F']) && text.get(1..).is_some_and(is_figure)
    };
    let source = || bare.split_once(".go:").is_some_and(|(_, line)| is_figure(line.trim_end_matches(':')));
    let single = bare.len() == 1 && !bare.starts_with(|c: char| c.is_lowercase());
    bare.is_empty() || bare == "-" || single || level(bare) || glog(bare) || source() || is_time(bare) || {
        let word = first.is_some_and(char::is_uppercase) && (bare.len() == 3 || bare.len() == 4);
        const CALENDAR: [&str; 24] = [
            "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec", "Mon", "Tue", "Wed",
            "Thu", "Fri", "Sat", "Sun", "UTC", "GMT", "CET", "CEST", "MSK",
        ];
        word && CALENDAR.contains(&bare)
    }
}

/// Returns whether a text is a figure, a date, a time of day or a duration, but not an
/// address.
fn is_time(text: &str) -> bool {
    let digits = text.bytes().filter(u8::is_ascii_digit).count();
    let others = text.bytes().filter(|c| !c.is_ascii_digit() && !b".:,/-+TZtzsmunh".contains(c)).count();
    let begins = text.starts_with(|c: char| c.is_ascii_digit() || "+-.".contains(c));
    let address = text.matches('.').count() == 3 && !text.contains(['-', 'T']);
    let letters = text.bytes().filter(u8::is_ascii_alphabetic).count();
    begins && digits > 0 && others == 0 && letters <= 3 && !address
}

fn is_figure(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|c| c.is_ascii_digit())
}

/// Returns whether a word is the name of a host, a container or a file.
fn is_name(word: &str) -> bool {
    let fits = |c: char| c.is_alphanumeric() || "._-/@#~+\\".contains(c);
    word.len() <= LONGEST && word.chars().all(fits) && word.contains(char::is_alphabetic)
        || is_address(word)
        || is_tag(word)
}

fn is_address(word: &str) -> bool {
    let digits = |c: char| c.is_ascii_digit() || c == '.' || c == ':';
    word.matches('.').count() == 3 && word.chars().all(digits)
}

/// Returns whether a word is like `api[12]`, or a name before a `:`.
fn is_tag(word: &str) -> bool {
    if is_noise(word) {
        return false;
    }
    let name = match word.strip_suffix(']').and_then(|word| word.rsplit_once('[')) {
        Some((name, pid)) if pid.chars().all(|c| c.is_alphanumeric() || "._-".contains(c)) => name,
        Some(_) => return false,
        None => word,
    };
    let fits = |c: char| c.is_alphanumeric() || "._-/@#~+()\\".contains(c);
    !name.is_empty() && name.len() <= LONGEST && name.chars().all(fits) && name.contains(char::is_alphabetic)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_many_prefixes() {
        use Shape::*;
        for (prefix, shape, name) in [
            ("[pod/api-a/app] ", Certain, "pod/api-a/app"),
            ("[pod/api-a/app] 2026-11-23T10:00:00.1Z ", Certain, "pod/api-a/app"),
            ("[pid 12] ", Bracket, "pid 12"),
            ("2026-11-23T10:00:00Z [APP/PROC/WEB/0] ERR ", Bracket, "APP/PROC/WEB/0"),
            ("api-1  | ", Pipe, "api-1"),
            ("api-1  | 2026-11-23T10:00:00.1Z ", Pipe, "api-1"),
            ("10:00:00 web.1  | ", Pipe, "web.1"),
            ("api-7d9f-x app ", Words(2), "api-7d9f-x app"),
            ("api-7d9f-x app 2026-11-23T10:00:00Z ", Words(2), "api-7d9f-x app"),
            ("Nov 23 10:00:00 host api[12]: ", Tag, "host api[12]"),
            ("Nov  3 10:00:00 host api: ", Tag, "host api"),
            ("2026-11-23T10:00:00.123456+01:00 host api[12]: ", Tag, "host api[12]"),
            ("<14>1 2026-11-23T10:00:00Z host api 12 - - ", Tag, "host api[12]"),
            ("<30>Nov 23 10:00:00 host api[12]: ", Tag, "host api[12]"),
            ("2026-11-23T10:00:00.123456+00:00 app[web.1]: ", Tag, "app[web.1]"),
            ("[   12.345678] host api[12]: ", Tag, "host api[12]"),
            ("logs/api-a.log:", Tag, "logs/api-a.log"),
            ("logs/api-a.log:12:", Tag, "logs/api-a.log"),
            ("2026-11-23T10:00:00Z {pod=\"api-a\", app=\"x\"} ", Certain, "api-a"),
            ("time=10:00 level=info pod=api-a msg=\"", Labels, "api-a"),
            ("level=info worker=0 job=12 msg=\"", Bare, ""),
            ("pod-7 ", Words(1), "pod-7"),
            ("10.0.0.7 ", Words(1), "10.0.0.7"),
            ("", Bare, ""),
            ("2026/11/23 10:00:00 ", Bare, ""),
            ("2026-11-23 10:00:00,123 INFO ", Bare, ""),
            ("[2026-11-23 10:00:00] [info] ", Bare, ""),
            ("12:", Bare, ""),
            ("   12  ", Bare, ""),
            ("[12] ", Bare, ""),
            ("I1123 10:00:00.123456   12345 main.go:10] ", Bare, ""),
            ("level=info msg=\"", Bare, ""),
            ("Mon Nov 23 10:00:00 UTC 2026 ", Bare, ""),
            ("1700000000.123 ", Bare, ""),
            ("WARN main.go:12: ", Bare, ""),
        ] {
            assert_eq!(read(prefix.as_bytes()), (shape, name.to_string()), "{prefix:?}");
        }
    }
}
