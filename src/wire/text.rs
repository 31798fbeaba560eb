//! The text form of the wire, both ways.
