//! Records as values, read by the format's description and not by the engine's own code.

use std::collections::{BTreeMap, BTreeSet};

/// A copy from tracee memory.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Capture {
    pub(crate) key: u8,
    pub(crate) phase: u8,
    pub(crate) status: u8,
    pub(crate) wanted: u32,
    pub(crate) bytes: Vec<u8>,
    pub(crate) children: Vec<Capture>,
}

pub(crate) const OK: u8 = 0;
pub(crate) const NULL: u8 = 1;
pub(crate) const FAULT: u8 = 2;
pub(crate) const TRUNCATED: u8 = 3;
pub(crate) const REFUSED: u8 = 4;

/// A completed or pending system call.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Call {
    pub(crate) abi: u8,
    pub(crate) number: u32,
    pub(crate) args: [u64; 6],
    pub(crate) result: i64,
    pub(crate) is_error: bool,
    pub(crate) unfinished: bool,
    pub(crate) entry_unseen: bool,
    pub(crate) injected: bool,
    pub(crate) announced: bool,
    pub(crate) rule: u32,
    pub(crate) deeds: u32,
    pub(crate) entry_seq: u64,
    pub(crate) ip: u64,
    pub(crate) resumes: u32,
    pub(crate) captures: Vec<Capture>,
}

impl Call {
    pub(crate) fn is(&self, number: i64) -> bool {
        self.abi == 0 && i64::from(self.number) == number
    }

    pub(crate) fn capture(&self, key: u8) -> &Capture {
        self.captures
            .iter()
            .find(|capture| capture.key == key)
            .unwrap_or_else(|| panic!("no capture {key} in {self:#?}"))
    }
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Body {
    Session { mode: u32 },
    Syscall(Call),
    Pending(Call),
    Signal { signal: i32, info: Option<Vec<u8>>, names: Vec<Capture> },
    Fork { child_pid: i32, child_tid: i32, how: u32 },
    Exec { former_tid: i32, program: Vec<u8> },
    Exit { code: i32, signal: Option<i32>, core_dumped: bool },
    Stop { signal: i32 },
    Continue,
    Attach { threads: u32 },
    Detach,
    Superseded { by: i32 },
    Gap { reason: u32, detail: u32 },
    Leaked,
    End { incomplete: u32 },
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Record {
    pub(crate) pid: i32,
    pub(crate) tid: i32,
    pub(crate) seq: u64,
    pub(crate) time_ns: u64,
    pub(crate) body: Body,
}

/// All records of a run, in the order in which they were written.
#[derive(Clone, Debug, Default)]
pub(crate) struct Records {
    pub(crate) all: Vec<Record>,
}

impl Records {
    /// Reads the chunks of a whole run and asserts what holds for every one.
    pub(crate) fn parse(chunks: &[Vec<u8>]) -> Self {
        let records = Self::parse_open(chunks);
        let ends = records.all.iter().filter(|record| matches!(record.body, Body::End { .. })).count();
        assert_eq!(ends, 1, "one end");
        assert!(matches!(records.all.last().map(|record| &record.body), Some(Body::End { .. })), "the end is last");
        let open = records.all.iter().filter(|record| matches!(record.body, Body::Pending(_))).count();
        let closed = records.calls().filter(|(_, call)| call.announced).count();
        // A call that was in flight when recording was stopped is closed as well.
        assert_eq!(open, closed, "every announced call is completed");
        records
    }

    /// Reads the chunks of a run that goes on.
    pub(crate) fn parse_open(chunks: &[Vec<u8>]) -> Self {
        let mut all = Vec::new();
        let mut announced = BTreeSet::new();
        let mut points = BTreeSet::new();
        let mut before = 0;
        for chunk in chunks {
            let first = all.len();
            let mut bytes = chunk.as_slice();
            while !bytes.is_empty() {
                let size = u32_at(bytes, 0) as usize;
                assert!(size >= 32 && size.is_multiple_of(8) && size <= bytes.len(), "a record of {size} bytes");
                let (record, rest) = bytes.split_at(size);
                all.push(parse_record(record));
                bytes = rest;
            }
            let mut latest = before;
            for record in &all[first..] {
                latest = latest.max(record.seq);
                match &record.body {
                    Body::Pending(call) => {
                        assert!(announced.insert(call.entry_seq), "announced once");
                        assert!(points.insert(record.seq), "every point has a number of its own");
                        assert_eq!(record.seq, call.entry_seq);
                    }
                    Body::Syscall(call) => {
                        assert!(call.entry_seq < record.seq, "entry before completion");
                        assert!(points.insert(record.seq), "every point has a number of its own");
                        assert_eq!(call.announced, announced.contains(&call.entry_seq), "{call:?}");
                        if !call.announced {
                            assert!(points.insert(call.entry_seq), "every point has a number of its own");
                            assert!(
                                call.entry_seq > before,
                                "an entry in an earlier chunk was announced there: {call:?}"
                            );
                        }
                    }
                    _ => assert!(points.insert(record.seq), "every point has a number of its own"),
                }
            }
            before = latest;
        }
        if let Some(first) = all.first() {
            assert!(matches!(first.body, Body::Session { .. }), "the session's record is first");
        }
        Self { all }
    }

    pub(crate) fn calls(&self) -> impl Iterator<Item = (&Record, &Call)> {
        self.all.iter().filter_map(|record| match &record.body {
            Body::Syscall(call) => Some((record, call)),
            _ => None,
        })
    }

    /// Completed calls by the `syscall` instruction with this number.
    pub(crate) fn of(&self, number: i64) -> Vec<&Call> {
        self.calls().map(|(_, call)| call).filter(|call| call.is(number)).collect()
    }

    /// Labels of the marks that fixtures make, in order of completion, with their threads.
    pub(crate) fn marks(&self) -> Vec<(i32, u64)> {
        let marks = self.calls().filter(|(_, call)| call.is(libc::SYS_getppid) && !call.unfinished);
        marks.map(|(record, call)| (record.tid, call.args[0])).collect()
    }

    pub(crate) fn labels(&self) -> Vec<u64> {
        self.marks().into_iter().map(|(_, label)| label).collect()
    }

    pub(crate) fn gaps(&self) -> Vec<(u32, u32)> {
        let gaps = self.all.iter().filter_map(|record| match record.body {
            Body::Gap { reason, detail } => Some((reason, detail)),
            _ => None,
        });
        gaps.collect()
    }

    pub(crate) fn count(&self, so: impl Fn(&Body) -> bool) -> usize {
        self.all.iter().filter(|record| so(&record.body)).count()
    }

    /// What became of each thread: exit status, or 1000 + signal.
    pub(crate) fn exits(&self) -> BTreeMap<i32, i32> {
        let mut exits = BTreeMap::new();
        for record in &self.all {
            if let Body::Exit { code, signal, .. } = record.body {
                let told = signal.map_or(code, |signal| 1000 + signal);
                assert_eq!(exits.insert(record.tid, told), None, "thread {} ended twice", record.tid);
            }
        }
        exits
    }

    /// Every new thread or process.
    pub(crate) fn forks(&self) -> Vec<(i32, i32, u32)> {
        let forks = self.all.iter().filter_map(|record| match record.body {
            Body::Fork { child_tid, how, .. } => Some((record.tid, child_tid, how)),
            _ => None,
        });
        forks.collect()
    }

    pub(crate) fn signals(&self) -> Vec<i32> {
        let signals = self.all.iter().filter_map(|record| match record.body {
            Body::Signal { signal, .. } => Some(signal),
            _ => None,
        });
        signals.collect()
    }

    pub(crate) fn position(&self, so: impl Fn(&Record) -> bool) -> usize {
        self.all.iter().position(so).expect("such a record")
    }
}

fn u32_at(bytes: &[u8], at: usize) -> u32 {
    u32::from_le_bytes(bytes[at..at + 4].try_into().unwrap())
}

fn i32_at(bytes: &[u8], at: usize) -> i32 {
    u32_at(bytes, at).cast_signed()
}

fn u64_at(bytes: &[u8], at: usize) -> u64 {
    u64::from_le_bytes(bytes[at..at + 8].try_into().unwrap())
}

fn parse_record(bytes: &[u8]) -> Record {
    let flags = bytes[5];
    let (pid, tid) = (i32_at(bytes, 8), i32_at(bytes, 12));
    assert_eq!(bytes[7], 0, "reserved");
    let fixed = |size: usize| assert_eq!(bytes.len(), size, "kind {}", bytes[4]);
    let plain = |body: Body| {
        fixed(40);
        body
    };
    let body = match bytes[4] {
        1 => {
            fixed(64);
            assert_eq!(u32_at(bytes, 32), 1, "version");
            assert!(u64_at(bytes, 40) > 0 && u64_at(bytes, 48) > 0, "clocks");
            Body::Session { mode: u32_at(bytes, 36) }
        }
        kind @ (2 | 3) => {
            let call = Call {
                abi: bytes[6],
                number: u32_at(bytes, 48),
                args: std::array::from_fn(|index| u64_at(bytes, 56 + 8 * index)),
                result: u64_at(bytes, 104).cast_signed(),
                is_error: flags & 1 != 0,
                unfinished: flags & 2 != 0,
                entry_unseen: flags & 4 != 0,
                injected: flags & 8 != 0,
                announced: flags & 16 != 0,
                rule: u32_at(bytes, 52) & 0xffff,
                deeds: u32_at(bytes, 52) >> 16,
                entry_seq: u64_at(bytes, 32),
                ip: u64_at(bytes, 112),
                resumes: u32_at(bytes, 120),
                captures: captures(&bytes[128..]),
            };
            assert!(call.abi <= 2 && flags < 32);
            assert_eq!(call.injected, call.rule > 0);
            assert!(u64_at(bytes, 40) <= u64_at(bytes, 24), "starts before it ends");
            if kind == 2 { Body::Syscall(call) } else { Body::Pending(call) }
        }
        4 => Body::Signal {
            signal: i32_at(bytes, 32),
            info: (flags & 1 != 0).then(|| bytes[40..168].to_vec()),
            names: captures(&bytes[168..]),
        },
        5 => {
            fixed(48);
            Body::Fork { child_pid: i32_at(bytes, 32), child_tid: i32_at(bytes, 36), how: u32_at(bytes, 40) }
        }
        6 => {
            let mut captures = captures(&bytes[40..]);
            assert_eq!(captures.len(), 1);
            Body::Exec { former_tid: i32_at(bytes, 32), program: captures.remove(0).bytes }
        }
        7 => plain(Body::Exit {
            code: i32_at(bytes, 32),
            signal: (flags & 1 != 0).then(|| i32_at(bytes, 36)),
            core_dumped: flags & 2 != 0,
        }),
        8 => plain(Body::Stop { signal: i32_at(bytes, 32) }),
        9 => plain(Body::Continue),
        10 => plain(Body::Attach { threads: u32_at(bytes, 32) }),
        11 => plain(Body::Detach),
        12 => plain(Body::Superseded { by: i32_at(bytes, 32) }),
        13 => plain(Body::Gap { reason: u32_at(bytes, 32), detail: u32_at(bytes, 36) }),
        14 => plain(Body::Leaked),
        15 => plain(Body::End { incomplete: u32_at(bytes, 32) }),
        kind => panic!("unknown kind {kind}"),
    };
    Record { pid, tid, seq: u64_at(bytes, 16), time_ns: u64_at(bytes, 24), body }
}

/// Reads captures that fill `bytes` exactly.
pub(crate) fn captures(mut bytes: &[u8]) -> Vec<Capture> {
    let mut found = Vec::new();
    while !bytes.is_empty() {
        let (total, length) = (u32_at(bytes, 0) as usize, u32_at(bytes, 4) as usize);
        let children_at = 16 + length.next_multiple_of(8);
        assert!(total.is_multiple_of(8) && children_at <= total && total <= bytes.len(), "a capture of {total} bytes");
        assert!(bytes[8 + 1] <= 1 && bytes[8 + 2] <= 4 && bytes[8 + 3] == 0);
        assert!(bytes[16 + length..children_at].iter().all(|byte| *byte == 0), "padding is zero");
        found.push(Capture {
            key: bytes[8],
            phase: bytes[9],
            status: bytes[10],
            wanted: u32_at(bytes, 12),
            bytes: bytes[16..16 + length].to_vec(),
            children: captures(&bytes[children_at..total]),
        });
        bytes = &bytes[total..];
    }
    found
}
