//! Distribution of the time of windows over their utilization (`internal/trace/mud.go`).

use crate::base::pdqsort::sort;

/// Number of buckets of the histogram that is kept up to date.
const BUCKETS: usize = 1024;

/// A distribution of time over utilization: a sum of uniform pieces, and of single points.
#[derive(Clone, Debug)]
pub(super) struct Distribution {
    edges: Vec<Edge>,
    sorted: bool,
    /// Mass whose place is kept up to date.
    tracked: f64,
    /// Bucket in which that mass is reached; `BUCKETS` if it is not yet.
    bucket: usize,
    /// Mass below that bucket.
    below: f64,
    histogram: Box<[f64; BUCKETS]>,
}

/// A rise of the density by `delta` at `x`, with a point of that mass there.
#[derive(Clone, Copy, Debug)]
struct Edge {
    x: f64,
    delta: f64,
    mass: f64,
}

impl Distribution {
    pub(super) fn new(tracked: f64) -> Distribution {
        let mut new = Distribution {
            edges: Vec::new(),
            sorted: true,
            tracked,
            bucket: 0,
            below: 0.0,
            histogram: Box::new([0.0; BUCKETS]),
        };
        new.track();
        new
    }

    /// Adds mass, spread evenly between two utilizations.
    pub(super) fn add(&mut self, a: f64, b: f64, mass: f64) {
        if mass == 0.0 {
            return;
        }
        let (left, right) = if b < a { (b, a) } else { (a, b) };
        self.sorted = false;
        // A constant stretch has no width in utilization: all its mass is at one point.
        if left == right {
            self.edges.push(Edge { x: left, delta: 0.0, mass });
        } else {
            let delta = mass / (right - left);
            self.edges.push(Edge { x: left, delta, mass: 0.0 });
            self.edges.push(Edge { x: right, delta: -delta, mass: 0.0 });
        }
        self.fill(left, right, mass);
        let limit = self.bucket as f64 / BUCKETS as f64;
        // Mass below the tracked bucket moves the place at which the tracked mass is
        // reached.
        if left < limit {
            self.below += if right < limit { mass } else { mass * (limit - left) / (right - left) };
            if self.below >= self.tracked {
                self.track();
            }
        }
    }

    fn fill(&mut self, left: f64, right: f64, mass: f64) {
        let place = |x: f64| {
            let scaled = x * BUCKETS as f64;
            let bucket = scaled.trunc() as usize;
            if bucket >= BUCKETS { (BUCKETS - 1, 1.0) } else { (bucket, scaled - scaled.trunc()) }
        };
        let (first, first_part) = place(left);
        let (last, last_part) = place(right);
        let mut put = |bucket: usize, mass: f64| {
            if let Some(sum) = self.histogram.get_mut(bucket) {
                *sum += mass;
            }
        };
        if left == right || first == last {
            return put(first, mass);
        }
        let each = mass / (right - left) / BUCKETS as f64;
        put(first, each * (1.0 - first_part));
        put(last, each * last_part);
        (first + 1..last).for_each(|bucket| put(bucket, each));
    }

    /// Finds the bucket in which the tracked mass is reached.
    fn track(&mut self) {
        let mut sum = 0.0;
        for (bucket, mass) in self.histogram.iter().enumerate() {
            if sum + mass > self.tracked {
                (self.bucket, self.below) = (bucket, sum);
                return;
            }
            sum += mass;
        }
        (self.bucket, self.below) = (BUCKETS, sum);
    }

    /// Returns a utilization at which the tracked mass is certainly reached.
    pub(super) fn bound(&self) -> Option<f64> {
        (self.bucket < BUCKETS).then(|| (self.bucket + 1) as f64 / BUCKETS as f64)
    }

    /// Returns the utilization up to which there is a given mass; none if there is no mass
    /// at all.
    pub(super) fn quantile(&mut self, mass: f64) -> Option<f64> {
        if self.edges.is_empty() {
            return None;
        }
        if !self.sorted {
            // Go's order of equal edges decides the last bits of the sums.
            sort(&mut self.edges, &|a: &Edge, b: &Edge| a.x < b.x);
            self.sorted = true;
        }
        let (mut sum, mut rate, mut before) = (0.0, 0.0, 0.0);
        for edge in &self.edges {
            let reached = sum + (edge.x - before) * rate;
            // Between two edges the mass grows evenly, except at points.
            if reached >= mass {
                return Some(if rate == 0.0 { edge.x } else { (mass - sum) / rate + before });
            }
            let reached = reached + edge.mass;
            if reached >= mass {
                return Some(edge.x);
            }
            (sum, before) = (reached, edge.x);
            rate += edge.delta;
        }
        Some(before)
    }
}
