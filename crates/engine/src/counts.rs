//! Counting calls inside the engine, without a record for any of them.

use std::collections::{BTreeMap, HashMap};

use crate::Abi;
use crate::record::Put;
use crate::sys::Tid;

const MAGIC: u32 = 0x544e_4353;

#[derive(Clone, Debug, Default)]
struct Count {
    calls: u64,
    errors: u64,
    total_ns: u64,
    min_ns: u64,
    max_ns: u64,
    system_ns: u64,
    by_errno: BTreeMap<u32, u64>,
}

/// Counts by process and call.
#[derive(Clone, Debug, Default)]
pub(crate) struct Counts {
    counts: HashMap<(Tid, Abi, u32), Count>,
}

impl Counts {
    /// Counts one call. `result` is `None` for one that never returned.
    pub(crate) fn add(&mut self, pid: Tid, abi: Abi, number: u32, times: (u64, u64), result: Option<(i64, bool)>) {
        let (wall_ns, system_ns) = times;
        let count = self.counts.entry((pid, abi, number)).or_default();
        count.min_ns = if count.calls == 0 { wall_ns } else { count.min_ns.min(wall_ns) };
        count.max_ns = count.max_ns.max(wall_ns);
        count.calls += 1;
        count.total_ns = count.total_ns.saturating_add(wall_ns);
        count.system_ns = count.system_ns.saturating_add(system_ns);
        if let Some((value, true)) = result {
            count.errors += 1;
            let errno = u32::try_from(value.wrapping_neg()).unwrap_or(u32::MAX);
            *count.by_errno.entry(errno).or_default() += 1;
        }
    }

    /// The table, as bytes: magic, number of rows, rows with their errnos.
    pub(crate) fn encode(&self) -> Vec<u8> {
        let mut out = Vec::new();
        out.put_u32(MAGIC);
        out.put_u32(u32::try_from(self.counts.len()).unwrap_or(u32::MAX));
        let mut rows: Vec<_> = self.counts.iter().collect();
        rows.sort_by_key(|(key, _)| **key);
        for (&(pid, abi, number), count) in rows {
            out.put_u32(pid.cast_unsigned());
            out.extend_from_slice(&[abi as u8, 0, 0, 0]);
            out.put_u32(number);
            out.put_u32(0);
            for word in [count.calls, count.errors, count.total_ns, count.min_ns, count.max_ns, count.system_ns] {
                out.put_u64(word);
            }
            out.put_u32(u32::try_from(count.by_errno.len()).unwrap_or(u32::MAX));
            out.put_u32(0);
            for (&errno, &calls) in &count.by_errno {
                out.put_u32(errno);
                out.put_u32(0);
                out.put_u64(calls);
            }
        }
        out
    }
}
