//! What the tests share: traces made to measure, and what is read from them.

#![allow(dead_code, unreachable_pub, reason = "each test uses a part of it")]

pub mod builder;
pub mod builder_v1;
pub mod describe;
pub mod faults;
pub mod held;
pub mod hostile;
pub mod schedule;
pub mod script;
pub mod simulator;
pub mod touch;
