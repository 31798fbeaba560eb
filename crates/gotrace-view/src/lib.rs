//! A Go execution trace in the browser: a small server, and the page that it serves.
//!
//! ```text
//! Listener ── binds, before there is a trace ──> serve ──> guard: who may ask?
//!                                                  │
//! Source ── a trace, when it can be read ──> View ─┴─> meta, overview, tile, rows, ... (docs/view-api.md)
//! ```
//!
//! Nothing is kept of a trace but a coarse overview, which is made while it is read; what
//! the page looks at in detail is decoded again from the generations that it touches.

#![cfg_attr(not(test), warn(clippy::unwrap_used, clippy::expect_used, clippy::panic))]

mod answer;
mod cache;
mod chain;
mod directory;
mod during;
mod encode;
mod exports;
mod flows;
mod follow;
mod functions;
mod guard;
mod jobs;
mod lanes;
mod meta;
mod opened;
mod overview;
mod page;
mod query;
mod reports;
mod routes;
mod rows;
mod search;
mod serve;
mod span;
mod spans;
mod tile;
mod view;

pub use opened::{LogSource, Source};
pub use reports::{ReportError, Reports, StillWanted};
pub use serve::Listener;
pub use view::View;
