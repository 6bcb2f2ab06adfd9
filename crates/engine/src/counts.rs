//! Counting calls inside the engine, without a record for any of them.

use std::collections::{BTreeMap, HashMap};

use crate::Abi;
use crate::record::Put;
use crate::sys::Tid;

const MAGIC: u32 = 0x544e_4353;

/// How long calls took: what src/histogram.ts does, with the same buckets.
#[derive(Clone, Debug, Default)]
struct Times {
    total_ns: u64,
    min_ns: u64,
    max_ns: u64,
    buckets: BTreeMap<u32, u64>,
}

impl Times {
    fn add(&mut self, ns: u64) {
        self.min_ns = if self.buckets.is_empty() { ns } else { self.min_ns.min(ns) };
        self.max_ns = self.max_ns.max(ns);
        self.total_ns = self.total_ns.saturating_add(ns);
        *self.buckets.entry(bucket_of(ns)).or_default() += 1;
    }
}

/// Each power of two is cut into 32 buckets, so that a bucket is at most 3 % wide.
fn bucket_of(ns: u64) -> u32 {
    let exponent = ns.checked_ilog2().unwrap_or(0);
    // Below 32 the bucket is the number; above, its five bits behind the leading one.
    exponent.checked_sub(5).map_or(ns as u32, |shift| (shift << 5) + (ns >> shift) as u32)
}

#[derive(Clone, Debug, Default)]
struct Count {
    calls: u64,
    unfinished: u64,
    wall: Times,
    system: Times,
    by_errno: BTreeMap<u32, u64>,
}

/// Counts by process and call.
#[derive(Clone, Debug, Default)]
pub(crate) struct Counts {
    counts: HashMap<(Tid, Abi, u32), Count>,
}

impl Counts {
    /// Counts a call that came back: how long it took from start to end, and on a processor in the kernel.
    pub(crate) fn add(
        &mut self,
        call: (Tid, Abi, u32),
        (wall_ns, system_ns): (u64, u64),
        (result, is_error): (i64, bool),
    ) {
        let count = self.counts.entry(call).or_default();
        count.calls += 1;
        count.wall.add(wall_ns);
        count.system.add(system_ns);
        if is_error {
            let errno = u32::try_from(result.wrapping_neg()).unwrap_or(u32::MAX);
            *count.by_errno.entry(errno).or_default() += 1;
        }
    }

    /// Counts a call that never came back.
    pub(crate) fn add_unfinished(&mut self, call: (Tid, Abi, u32)) {
        let count = self.counts.entry(call).or_default();
        count.calls += 1;
        count.unfinished += 1;
    }

    /// The table, as bytes: magic, number of rows, rows with their errnos and buckets.
    pub(crate) fn encode(&self) -> Vec<u8> {
        let mut out = Vec::new();
        out.put_u32(MAGIC);
        out.put_u32(length_of(self.counts.len()));
        let mut rows: Vec<_> = self.counts.iter().collect();
        rows.sort_by_key(|(key, _)| **key);
        for (&(pid, abi, number), count) in rows {
            let Count { calls, unfinished, wall, system, by_errno } = count;
            out.put_u32(pid.cast_unsigned());
            out.extend_from_slice(&[abi as u8, 0, 0, 0]);
            out.put_u32(number);
            out.put_u32(length_of(by_errno.len()));
            for word in [*calls, *unfinished] {
                out.put_u64(word);
            }
            for Times { total_ns, min_ns, max_ns, .. } in [wall, system] {
                for word in [*total_ns, *min_ns, *max_ns] {
                    out.put_u64(word);
                }
            }
            for map in [&wall.buckets, &system.buckets] {
                out.put_u32(length_of(map.len()));
            }
            for map in [by_errno, &wall.buckets, &system.buckets] {
                for (&key, &calls) in map {
                    out.put_u32(key);
                    out.put_u32(0);
                    out.put_u64(calls);
                }
            }
        }
        out
    }
}

fn length_of(length: usize) -> u32 {
    u32::try_from(length).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use super::bucket_of;

    #[test]
    fn buckets_follow_one_another_without_gaps() {
        let first: Vec<u32> = (0..100).map(bucket_of).collect();
        assert_eq!(first.first(), Some(&0));
        assert!(first.iter().zip(first.iter().skip(1)).all(|(a, b)| b - a <= 1), "{first:?}");
        assert_eq!(bucket_of(31), 31);
        assert_eq!(bucket_of(32), 32);
        assert_eq!(bucket_of(64), 64);
        assert_eq!(bucket_of(u64::MAX), 59 * 32 + 31);
    }
}
