//! The lanes that a request asks for.

use crate::answer::Failure;

/// Lanes that a request asks for.
#[derive(Clone, PartialEq, Debug)]
pub(crate) enum Asked {
    Procs,
    Threads,
    Counters,
    Bands,
    Goroutine(u64),
    /// The lane of the group with that key.
    Group(String),
    /// Lanes of the goroutines of the group with that key: so many packed lanes from one on.
    Members {
        key: String,
        first: u32,
        count: u32,
    },
    Tasks,
    /// Lanes of the regions of that goroutine.
    Regions(u64),
}

/// So many lanes can be asked for at a time.
const MOST: u32 = 1024;

/// Reads the list of lanes.
pub(crate) fn parse(text: &str) -> Result<Vec<Asked>, Failure> {
    let asked: Vec<Asked> = text.split(',').filter(|lane| !lane.is_empty()).map(one).collect::<Result<_, _>>()?;
    let lanes = asked.iter().map(|asked| match asked {
        Asked::Members { count, .. } => u64::from(*count),
        _ => 1,
    });
    if lanes.sum::<u64>() > u64::from(MOST) { Err(Failure::parameter("too many lanes")) } else { Ok(asked) }
}

fn one(text: &str) -> Result<Asked, Failure> {
    let bad = || Failure::parameter(format!("there is no lane {text}"));
    let (kind, rest) = text.split_once(':').unwrap_or((text, ""));
    let number = |text: &str| text.parse().map_err(|_| bad());
    Ok(match (kind, rest) {
        ("procs", "") => Asked::Procs,
        ("threads", "") => Asked::Threads,
        ("counters", "") => Asked::Counters,
        ("bands", "") => Asked::Bands,
        ("tasks", "") => Asked::Tasks,
        ("goroutine", id) => Asked::Goroutine(number(id)?),
        ("regions", id) => Asked::Regions(number(id)?),
        ("group", key) if !key.is_empty() => Asked::Group(key.into()),
        ("members", rest) => {
            let mut parts = rest.split(':');
            let (Some(key), Some(first), Some(count), None) = (parts.next(), parts.next(), parts.next(), parts.next())
            else {
                return Err(bad());
            };
            let number = |text: &str| text.parse::<u32>().map_err(|_| bad());
            Asked::Members { key: key.into(), first: number(first)?, count: number(count)? }
        }
        _ => return Err(bad()),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lanes_are_read() {
        let asked = parse("procs,bands,goroutine:7,group:f3,members:f3:10:20,regions:9").unwrap();
        let members = Asked::Members { key: "f3".into(), first: 10, count: 20 };
        let group = Asked::Group("f3".into());
        assert_eq!(asked, [Asked::Procs, Asked::Bands, Asked::Goroutine(7), group, members, Asked::Regions(9)]);
        assert_eq!(parse("").unwrap(), []);
        for bad in
            ["goroutine", "goroutine:x", "goroutine:-1", "group:", "members:f1:2", "members:f1:0:2000", "x", "procs:1"]
        {
            assert!(parse(bad).is_err(), "{bad}");
        }
    }
}
