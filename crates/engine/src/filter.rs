//! The seccomp program: which calls stop and which run untouched. Pure code; `sys::spawn` only installs it.
//!
//! A binary search over ranges of numbers, not a chain of comparisons, so that its cost does not grow with the number
//! of calls and no jump outgrows its 8 bits.

use std::collections::BTreeMap;

use libc::sock_filter;

pub(crate) const AUDIT_ARCH_X86_64: u32 = 0xc000_003e;
pub(crate) const AUDIT_ARCH_I386: u32 = 0x4000_0003;
pub(crate) const X32_BIT: u32 = 0x4000_0000;

/// Offsets in `struct seccomp_data` (linux/seccomp.h).
const DATA_NR: u32 = 0;
const DATA_ARCH: u32 = 4;

/// What the kernel does at a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// Runs; costs no stop.
    Allow,
    /// One ptrace-stop.
    Trace,
    /// Fails at once, unseen by us.
    Fail { errno: i32 },
}

impl Verdict {
    fn encoded(self) -> u32 {
        match self {
            Self::Allow => libc::SECCOMP_RET_ALLOW,
            Self::Trace => libc::SECCOMP_RET_TRACE,
            Self::Fail { errno } => libc::SECCOMP_RET_ERRNO | (errno.cast_unsigned() & libc::SECCOMP_RET_DATA),
        }
    }
}

/// Builds the program for x86_64 numbers with a verdict of their own; all others get `otherwise`. Calls of the other ABIs always
/// stop: i386's `socketcall` and `ipc` hide their operation behind a pointer that no filter can follow.
pub(crate) fn program(verdicts: &BTreeMap<u32, Verdict>, otherwise: Verdict) -> Vec<sock_filter> {
    let trace = ret(Verdict::Trace);
    let mut out = vec![
        load(DATA_ARCH),
        jump(libc::BPF_JEQ, AUDIT_ARCH_X86_64, 1, 0),
        trace,
        load(DATA_NR),
        jump(libc::BPF_JGE, X32_BIT, 0, 1),
        trace,
    ];
    out.extend(search(&ranges(verdicts, otherwise)));
    out
}

/// Starts of ranges of numbers with the same verdict, ascending, the first at 0.
fn ranges(verdicts: &BTreeMap<u32, Verdict>, otherwise: Verdict) -> Vec<(u32, Verdict)> {
    let mut ranges = vec![(0, otherwise)];
    let mut next = 0;
    for (&number, &verdict) in verdicts {
        if number >= X32_BIT {
            continue;
        }
        if number > next {
            push(&mut ranges, next, otherwise);
        }
        push(&mut ranges, number, verdict);
        next = number + 1;
    }
    push(&mut ranges, next, otherwise);
    ranges
}

fn push(ranges: &mut Vec<(u32, Verdict)>, start: u32, verdict: Verdict) {
    match ranges.last_mut() {
        Some((_, last)) if *last == verdict => {}
        Some((at, last)) if *at == start => *last = verdict,
        _ => ranges.push((start, verdict)),
    }
}

fn search(ranges: &[(u32, Verdict)]) -> Vec<sock_filter> {
    let (left, right) = ranges.split_at(ranges.len() / 2);
    let (Some(_), Some((pivot, _))) = (left.first(), right.first()) else {
        return ranges.first().map(|(_, verdict)| ret(*verdict)).into_iter().collect();
    };
    let below = search(left);
    let above = search(right);
    let mut out = Vec::with_capacity(below.len() + above.len() + 2);
    match u8::try_from(below.len()) {
        Ok(over) => out.push(jump(libc::BPF_JGE, *pivot, over, 0)),
        Err(_) => {
            out.push(jump(libc::BPF_JGE, *pivot, 0, 1));
            out.push(instruction(libc::BPF_JMP | libc::BPF_JA, 0, 0, below.len() as u32));
        }
    }
    out.extend(below);
    out.extend(above);
    out
}

fn load(offset: u32) -> sock_filter {
    instruction(libc::BPF_LD | libc::BPF_W | libc::BPF_ABS, 0, 0, offset)
}

fn jump(condition: u32, k: u32, if_true: u8, if_false: u8) -> sock_filter {
    instruction(libc::BPF_JMP | condition | libc::BPF_K, if_true, if_false, k)
}

fn ret(verdict: Verdict) -> sock_filter {
    instruction(libc::BPF_RET | libc::BPF_K, 0, 0, verdict.encoded())
}

fn instruction(code: u32, jt: u8, jf: u8, k: u32) -> sock_filter {
    sock_filter { code: code as u16, jt, jf, k }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What the kernel's interpreter does with the few instructions used here.
    fn run(program: &[sock_filter], arch: u32, nr: u32) -> u32 {
        let (mut at, mut accumulator) = (0usize, 0u32);
        loop {
            let step = program[at];
            at += 1;
            match u32::from(step.code) {
                code if code == libc::BPF_LD | libc::BPF_W | libc::BPF_ABS => {
                    accumulator = if step.k == DATA_ARCH { arch } else { nr };
                }
                code if code == libc::BPF_JMP | libc::BPF_JA => at += step.k as usize,
                code if code == libc::BPF_JMP | libc::BPF_JEQ | libc::BPF_K => {
                    at += usize::from(if accumulator == step.k { step.jt } else { step.jf });
                }
                code if code == libc::BPF_JMP | libc::BPF_JGE | libc::BPF_K => {
                    at += usize::from(if accumulator >= step.k { step.jt } else { step.jf });
                }
                code if code == libc::BPF_RET | libc::BPF_K => return step.k,
                code => panic!("unexpected instruction {code:#x}"),
            }
        }
    }

    #[test]
    fn every_number_gets_its_own_verdict_and_all_others_run() {
        for step in [1u32, 2, 3, 7] {
            let verdicts: BTreeMap<u32, Verdict> = (0..600)
                .step_by(step as usize)
                .map(|nr| (nr, if nr % 5 == 0 { Verdict::Fail { errno: 13 } } else { Verdict::Trace }))
                .collect();
            let program = program(&verdicts, Verdict::Allow);
            assert!(program.len() < 4096, "the kernel takes at most 4096 instructions");
            for nr in (0..700).chain([X32_BIT - 1]) {
                let wanted = verdicts.get(&nr).copied().unwrap_or(Verdict::Allow).encoded();
                assert_eq!(run(&program, AUDIT_ARCH_X86_64, nr), wanted, "number {nr}, every {step}");
            }
        }
    }

    #[test]
    fn numbers_beyond_any_table_get_the_verdict_of_the_others() {
        let verdicts = BTreeMap::from([(0, Verdict::Allow), (7, Verdict::Fail { errno: 1 })]);
        let program = program(&verdicts, Verdict::Trace);
        for nr in [1, 6, 8, 1023, 5000, X32_BIT - 1] {
            assert_eq!(run(&program, AUDIT_ARCH_X86_64, nr), libc::SECCOMP_RET_TRACE, "number {nr}");
        }
        assert_eq!(run(&program, AUDIT_ARCH_X86_64, 0), libc::SECCOMP_RET_ALLOW);
        assert_eq!(run(&program, AUDIT_ARCH_X86_64, 7), libc::SECCOMP_RET_ERRNO | 1);
    }

    #[test]
    fn calls_of_other_abis_always_stop() {
        let program = program(&BTreeMap::new(), Verdict::Allow);
        for nr in [0, 1, 102, 500] {
            assert_eq!(run(&program, AUDIT_ARCH_I386, nr), libc::SECCOMP_RET_TRACE);
            assert_eq!(run(&program, AUDIT_ARCH_X86_64, X32_BIT | nr), libc::SECCOMP_RET_TRACE);
            assert_eq!(run(&program, AUDIT_ARCH_X86_64, nr), libc::SECCOMP_RET_ALLOW);
        }
    }
}
