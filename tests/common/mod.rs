//! The modules that tests share: builders of traces, faults, and readers of everything.

#![allow(dead_code, unreachable_pub, reason = "each test uses a part of it")]

pub mod allocator;
pub mod builder;
pub mod builder_v1;
pub mod describe;
pub mod faults;
pub mod hostile;
pub mod schedule;
pub mod script;
pub mod simulator;
pub mod touch;
