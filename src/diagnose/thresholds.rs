//! Thresholds from which on a state counts as wrong.

/// A threshold: its name, default and meaning.
#[derive(Clone, Copy, PartialEq, Debug)]
#[non_exhaustive]
pub struct Threshold {
    /// Name of the threshold.
    pub name: &'static str,
    /// Default value.
    pub default: f64,
    /// Quantity that is compared with it, with its unit.
    pub meaning: &'static str,
}

macro_rules! thresholds {
    ($($(#[doc = $doc:literal])* $field:ident $name:literal = $default:literal: $meaning:literal;)*) => {
        /// Thresholds from which on a state counts as wrong. Each can be changed.
        #[derive(Clone, Copy, PartialEq, Debug)]
        #[non_exhaustive]
        pub struct Thresholds {
            $(#[doc = $meaning] pub $field: f64,)*
        }

        impl Default for Thresholds {
            fn default() -> Thresholds {
                Thresholds { $($field: $default,)* }
            }
        }

        impl Thresholds {
            /// All thresholds.
            pub const ALL: &'static [Threshold] =
                &[$(Threshold { name: $name, default: $default, meaning: $meaning }),*];

            /// Sets the threshold of a name; returns whether there is one.
            pub fn set(&mut self, name: &str, value: f64) -> bool {
                match name {
                    $($name => self.$field = value,)*
                    _ => return false,
                }
                true
            }
        }
    };
}

thresholds! {
    lasting "lasting" = 0.4: "a state counts as lasting if it holds for this share of the observation";
    samples "samples" = 4.0: "so many samples have to show a state before it is a trend";
    starved "m-starvation.share" = 0.3: "the share of time in which goroutines wait for a thread of their own, or in uneven queues, while Ms spin or Ps idle";
    blocked "syscall-storm.blocked" = 3.0: "Ms blocked in system calls or C code, for each P";
    blocked_least "syscall-storm.least" = 8.0: "Ms blocked in system calls or C code, however few Ps there are";
    io_waiting "netpoller-saturation.waiting" = 200.0: "goroutines that wait for the network at a time, while the queues are short and half of the Ps idle";
    io_share "netpoller-saturation.share" = 0.8: "the share of goroutines that do";
    pause "gc-stall.pause" = 10e6: "a stop-the-world of the collector, in nanoseconds";
    pauses "gc-stall.paused" = 0.03: "the share of time in which the collector stops the world";
    gc_cpu "gc-stall.cpu" = 0.35: "the share of the processors' time that the collector takes";
    stops "gc-stall.lines" = 3.0: "SCHED lines in a row that say gcwaiting, with no collection's end between them";
    stuck "stuck-p.still" = 100e6: "how long a P picks no goroutine, in nanoseconds, though it is not idle and runs no code of Go's (or a log does not tell which)";
    queue "cpu-saturation.queue" = 2.0: "goroutines waiting to run, for each P, while no P is idle";
    network_queue "netpoll-backlog.queue" = 2.0: "goroutines waiting to run, for each P, where most goroutines wait for the network or were woken by it";
    network_share "netpoll-backlog.share" = 0.5: "the share of goroutines (in a trace: of the time spent waiting to run) that is the network's";
    unpreempted "unpreempted.run" = 100e6: "how long a goroutine keeps a P without a break, in nanoseconds; the runtime asks for one after 10 ms";
    idle "idle-ps.share" = 0.3: "the share of time in which a P is idle while a goroutine waits to run";
    growth "goroutine-growth.factor" = 1.5: "how many times as many goroutines there are at the end as at the beginning, with no fall in between";
    grown "goroutine-growth.more" = 50.0: "how many more there have to be at the least";
    pinned "pinned-p.share" = 0.8: "the share of time in which the same goroutine runs, while all other Ps are idle";
    convoy "lock-convoy.waiting" = 8.0: "goroutines that wait for a lock at a time";
    convoy_share "lock-convoy.share" = 0.5: "the share of goroutines that do";
    tail "gc-latency.factor" = 5.0: "how many times as long the slowest hundredth of goroutines waits for a P while the collector marks";
    tail_wait "gc-latency.wait" = 1e6: "how long it waits then at the least, in nanoseconds";
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_can_be_set_by_its_name() {
        for threshold in Thresholds::ALL {
            let mut changed = Thresholds::default();
            assert!(changed.set(threshold.name, threshold.default + 1.0) && changed != Thresholds::default());
            assert!(changed.set(threshold.name, threshold.default) && changed == Thresholds::default());
        }
        assert!(!Thresholds::default().set("nonsense", 1.0));
    }
}
