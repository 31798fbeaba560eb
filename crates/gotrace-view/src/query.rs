//! Questions of requests: the parameters of an address.

use crate::answer::Failure;
use std::str::FromStr;

/// No more parameters are looked at.
const MOST: usize = 64;

/// The parameters of a request.
#[derive(Clone, Debug, Default)]
pub(crate) struct Query(Vec<(String, String)>);

impl Query {
    /// Reads what stands behind the `?`.
    pub(crate) fn parse(text: &str) -> Result<Query, Failure> {
        let parts: Vec<&str> = text.split('&').filter(|part| !part.is_empty()).collect();
        if parts.len() > MOST {
            return Err(Failure::parameter("too many parameters"));
        }
        let pairs = parts.into_iter().map(|part| {
            let (name, value) = part.split_once('=').unwrap_or((part, ""));
            Ok((decode(name)?, decode(value)?))
        });
        pairs.collect::<Result<_, _>>().map(Query)
    }

    /// All of them, in order.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.iter().map(|(name, value)| (name.as_str(), value.as_str()))
    }

    /// A parameter, if it is there and not empty.
    pub(crate) fn get(&self, name: &str) -> Option<&str> {
        self.iter().find(|(other, value)| *other == name && !value.is_empty()).map(|(_, value)| value)
    }

    /// A parameter that is read as something else.
    pub(crate) fn value<T: FromStr>(&self, name: &str) -> Result<Option<T>, Failure> {
        let Some(text) = self.get(name) else { return Ok(None) };
        let bad = || Failure::parameter(format!("{name}={text} is not what it should be"));
        text.parse().map(Some).map_err(|_| bad())
    }

    /// A time in nanoseconds since the first event: fractions are cut off.
    pub(crate) fn nanos(&self, name: &str) -> Result<Option<i64>, Failure> {
        match self.value::<f64>(name)? {
            // More than that, no clock tells exactly.
            Some(nanos) if !nanos.is_finite() || nanos.abs() > 4e18 => {
                Err(Failure::parameter(format!("{name} is no time")))
            }
            nanos => Ok(nanos.map(|nanos| nanos as i64)),
        }
    }

    /// A stretch of time that does not end before it begins.
    pub(crate) fn stretch(&self) -> Result<Option<(i64, i64)>, Failure> {
        match (self.nanos("from")?, self.nanos("to")?) {
            (None, None) => Ok(None),
            (from, to) => {
                let (from, to) = (from.unwrap_or(0), to.unwrap_or(i64::MAX / 4));
                if to <= from { Err(Failure::parameter("to is not after from")) } else { Ok(Some((from, to))) }
            }
        }
    }

    /// Returns a number of things that is asked for, at most `most`.
    pub(crate) fn count(&self, name: &str, usual: usize, most: usize) -> Result<usize, Failure> {
        Ok(self.value::<usize>(name)?.unwrap_or(usual).min(most))
    }
}

/// Decodes `%41` and `+`.
fn decode(text: &str) -> Result<String, Failure> {
    let bad = || Failure::parameter("the address is not encoded as it should be");
    let digit = |byte: Option<u8>| byte.and_then(|byte| char::from(byte).to_digit(16)).ok_or_else(bad);
    let (mut bytes, mut decoded) = (text.bytes(), Vec::with_capacity(text.len()));
    while let Some(byte) = bytes.next() {
        decoded.push(match byte {
            b'+' => b' ',
            b'%' => (digit(bytes.next())? << 4 | digit(bytes.next())?) as u8,
            other => other,
        });
    }
    String::from_utf8(decoded).map_err(|_| bad())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parameters_are_decoded() {
        let query = Query::parse("q=a%20b+c%3C&from=1.5e3&empty=&switch&n=x").unwrap();
        assert_eq!((query.get("q"), query.get("empty"), query.get("switch")), (Some("a b c<"), None, None));
        assert_eq!(query.nanos("from").unwrap(), Some(1500));
        assert_eq!(query.stretch().unwrap(), Some((1500, i64::MAX / 4)));
        assert!(query.value::<u64>("n").is_err());
        assert_eq!(query.count("limit", 3, 9).unwrap(), 3);
        for bad in ["%", "%4", "%zz", "%ff", &"a&".repeat(65)] {
            assert!(Query::parse(bad).is_err(), "{bad}");
        }
        for bad in ["from=nan", "from=inf", "from=1e300", "from=5&to=5", "to=-1"] {
            assert!(Query::parse(bad).unwrap().stretch().is_err(), "{bad}");
        }
    }
}
