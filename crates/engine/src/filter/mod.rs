//! The seccomp program: which calls stop, which run untouched and which fail at once. Pure code; `sys::spawn` only installs it.
//!
//! A binary search over ranges of numbers, so that its cost does not grow with the number of calls. Where rules look at the
//! arguments, tests of these follow. What runs whatever its arguments are is decided by its number alone: for such calls
//! kernels since 5.11 do not even run the program.

mod assembler;
mod formula;
#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::ptr;
use std::rc::Rc;

use libc::sock_filter;

use crate::Abi;
use crate::plan::Plan;
use crate::rules::{Action, Rule, Rules};

use assembler::{Assembler, Target};
use formula::{ALWAYS, Formula, Jump, NEVER, Test, Word};

pub(crate) const AUDIT_ARCH_X86_64: u32 = 0xc000_003e;
pub(crate) const AUDIT_ARCH_I386: u32 = 0x4000_0003;
pub(crate) const X32_BIT: u32 = 0x4000_0000;

/// Offsets in `struct seccomp_data` (linux/seccomp.h).
const DATA_NR: u32 = 0;
const DATA_ARCH: u32 = 4;
/// linux/bpf_common.h: `BPF_MAXINSNS`, the longest program that the kernel takes.
const MOST_INSTRUCTIONS: usize = 4096;

/// What the kernel does at a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
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

/// What it costs that a rule is enforced, for the x86_64 calls that it is about; calls of the other ABIs always stop.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Enforced {
    /// The kernel's filter answers alone: no call stops for it.
    Kernel,
    /// Calls stop that may match, or some are answered by the filter.
    Filter,
    /// Every one of these calls stops.
    Stops,
}

impl Enforced {
    /// For two calls of one rule.
    fn and(self, other: Self) -> Self {
        if self == other { self } else { Self::Filter }
    }
}

/// A filter, and what it means for the rules.
#[derive(Debug)]
pub(crate) struct Filter {
    /// For the kernel; it refuses what has more than 4096 instructions.
    pub(crate) program: Vec<sock_filter>,
    /// By a rule's id; rules about no x86_64 call are missing.
    pub(crate) enforced: BTreeMap<u16, Enforced>,
}

/// x86_64 numbers that the engine itself has a use for.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Reserved {
    /// These always stop.
    pub(crate) traced: &'static [i64],
    /// These are never answered by the filter alone.
    pub(crate) unanswered: &'static [i64],
    /// Others may be.
    pub(crate) answers: bool,
}

impl Filter {
    pub(crate) fn of(plan: &Plan, rules: &Rules, reserved: Reserved) -> Self {
        let numbers = rules.calls().filter(|(abi, number)| *abi == Abi::X86_64 && *number < X32_BIT);
        let of_call = |number| rules.of_call(Abi::X86_64, number).map(|(_, rule)| rule.as_ref()).collect();
        let ruled = numbers.map(|(_, number)| (number, of_call(number))).collect();
        Self::compile(plan.stopping_numbers(), &ruled, reserved)
    }

    /// `wanted`: the numbers that stop in any case; `None` for all.
    fn compile(wanted: Option<Vec<u32>>, ruled: &BTreeMap<u32, Vec<&Rule>>, reserved: Reserved) -> Self {
        let otherwise = if wanted.is_some() { Verdict::Allow } else { Verdict::Trace };
        let trace = Rc::new(Chain::plain(Verdict::Trace));
        let mut calls: BTreeMap<u32, Rc<Chain>> =
            wanted.into_iter().flatten().map(|number| (number, Rc::clone(&trace))).collect();
        // Many calls have the same rules, and many rules come to the same: it is all looked at once.
        let mut decided: HashMap<(Vec<*const Rule>, bool, bool), Rc<Chain>> = HashMap::new();
        let mut chains: HashSet<Rc<Chain>> = HashSet::new();
        let mut uses = Vec::new();
        for (&number, rules) in ruled {
            let has = |numbers: &[i64]| numbers.contains(&i64::from(number));
            let stops = otherwise == Verdict::Trace || calls.contains_key(&number) || has(reserved.traced);
            let answers = reserved.answers && !has(reserved.traced) && !has(reserved.unanswered);
            let known = (rules.iter().map(|rule| ptr::from_ref(*rule)).collect(), stops, answers);
            let chain = decided.entry(known).or_insert_with(|| {
                let (chain, of_rules) = decide(rules, stops, answers);
                uses.push((number, of_rules));
                let chain = Rc::new(chain);
                chains.get(&chain).map(Rc::clone).unwrap_or_else(|| {
                    chains.insert(Rc::clone(&chain));
                    chain
                })
            });
            calls.insert(number, Rc::clone(chain));
        }
        let traced = reserved.traced.iter().filter_map(|number| u32::try_from(*number).ok());
        calls.extend(traced.map(|number| (number, Rc::clone(&trace))));

        let (program, simplified) = fitting(calls, otherwise);
        let mut enforced = BTreeMap::new();
        for (number, of_rules) in uses {
            for (id, of_call) in of_rules {
                let of_call = if simplified.contains(&number) { Enforced::Stops } else { of_call };
                enforced.entry(id).and_modify(|all: &mut Enforced| *all = all.and(of_call)).or_insert(of_call);
            }
        }
        Self { program, enforced }
    }
}

/// What the kernel does at a call, by its arguments: the verdict of the first condition that holds.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct Chain {
    arms: Vec<(Formula, Verdict)>,
    otherwise: Verdict,
}

impl Chain {
    fn plain(verdict: Verdict) -> Self {
        Self { arms: Vec::new(), otherwise: verdict }
    }

    fn new(arms: Vec<(Verdict, Vec<Formula>)>, otherwise: Verdict) -> Self {
        let mut chain = Self::plain(otherwise);
        for (verdict, conditions) in arms {
            let condition = Formula::any_factored(conditions);
            if condition == ALWAYS {
                chain.otherwise = verdict;
                break;
            }
            if condition != NEVER {
                chain.arms.push((condition, verdict));
            }
        }
        while chain.arms.pop_if(|(_, verdict)| *verdict == chain.otherwise).is_some() {}
        chain
    }

    fn tests(&self) -> usize {
        self.arms.iter().map(|(condition, _)| condition.tests()).sum()
    }
}

/// What becomes of a call that these rules are about, and how they are enforced at it, by id. `stops`: also where none of them
/// matches. `answers`: the filter may do so alone.
fn decide(rules: &[&Rule], stops: bool, answers: bool) -> (Chain, Vec<(u16, Enforced)>) {
    // After a stop that changed an argument the kernel runs the filter again, and what it answers then comes too late.
    let answers = answers && !rules.iter().any(|rule| rewrites(rule));
    // Rules that wait for the outcome are tried where no other has acted.
    let (late, early): (Vec<&Rule>, Vec<&Rule>) = rules.iter().partition(|rule| rule.outcome.is_some());
    let mut arms: Vec<(Verdict, Vec<Formula>)> = Vec::new();
    let mut add = |verdict, condition| match arms.last_mut() {
        Some((last, conditions)) if *last == verdict => conditions.push(condition),
        _ => arms.push((verdict, vec![condition])),
    };
    let mut enforced = Vec::with_capacity(rules.len());
    let mut any_stops = false;
    for rule in early.into_iter().chain(late) {
        let (may, must) = (Formula::may(&rule.when), Formula::must(&rule.when));
        let errno = rule.errno_alone().filter(|_| answers && must != NEVER);
        let exact = may == must;
        enforced.push((
            rule.id,
            match errno {
                Some(_) if exact && !any_stops => Enforced::Kernel,
                None if stops => Enforced::Stops,
                Some(_) | None => Enforced::Filter,
            },
        ));
        if let Some(errno) = errno {
            add(Verdict::Fail { errno }, must);
        }
        if errno.is_none() || !exact {
            any_stops |= may != NEVER;
            add(Verdict::Trace, may);
        }
    }
    (Chain::new(arms, if stops { Verdict::Trace } else { Verdict::Allow }), enforced)
}

/// Whether the rule may change what the filter sees.
fn rewrites(rule: &Rule) -> bool {
    rule.actions.iter().any(|action| matches!(action, Action::SetArgument { .. } | Action::Ask { enter: true, .. }))
}

/// The program, where that is possible one that the kernel takes: for that the calls with most to test simply stop. They are
/// told, too.
fn fitting(mut calls: BTreeMap<u32, Rc<Chain>>, otherwise: Verdict) -> (Vec<sock_filter>, BTreeSet<u32>) {
    let trace = Rc::new(Chain::plain(Verdict::Trace));
    let mut simplified = BTreeSet::new();
    loop {
        let program = assembled(&calls, otherwise);
        let mut excess = program.len().saturating_sub(MOST_INSTRUCTIONS);
        let mut longest = if excess > 0 { by_length(&calls) } else { Vec::new() };
        if longest.is_empty() {
            return (program, simplified);
        }
        while excess > 0
            && let Some((tests, numbers)) = longest.pop()
        {
            // A test is seldom more than three instructions, and what this leaves over is for the next round.
            excess = excess.saturating_sub(3 * tests);
            calls.extend(numbers.iter().map(|number| (*number, Rc::clone(&trace))));
            simplified.extend(numbers);
        }
    }
}

/// The numbers that share each chain, those with the longest one last.
fn by_length(calls: &BTreeMap<u32, Rc<Chain>>) -> Vec<(usize, Vec<u32>)> {
    let mut alike: HashMap<*const Chain, (usize, Vec<u32>)> = HashMap::new();
    for (number, chain) in calls.iter().filter(|(_, chain)| !chain.arms.is_empty()) {
        let (_, numbers) = alike.entry(Rc::as_ptr(chain)).or_insert_with(|| (chain.tests(), Vec::new()));
        numbers.push(*number);
    }
    let mut all: Vec<_> = alike.into_values().collect();
    all.sort_unstable();
    all
}

/// The program for x86_64 numbers with a chain of their own; all others get `otherwise`. Calls of the other ABIs always stop:
/// i386's `socketcall` and `ipc` hide their operation behind a pointer that no filter can follow.
fn assembled(calls: &BTreeMap<u32, Rc<Chain>>, otherwise: Verdict) -> Vec<sock_filter> {
    let mut assembler = Assembler::default();
    let mut known: HashMap<*const Chain, Target> = HashMap::new();
    let mut targets = BTreeMap::new();
    for (number, chain) in calls {
        let target = *known.entry(Rc::as_ptr(chain)).or_insert_with(|| {
            let end = Target::Verdict(chain.otherwise);
            let arms = chain.arms.iter().rev();
            arms.fold(end, |next, (condition, verdict)| assembler.formula(condition, Target::Verdict(*verdict), next))
        });
        targets.insert(*number, target);
    }
    let trace = Target::Verdict(Verdict::Trace);
    let found = search(&mut assembler, &ranges(&targets, Target::Verdict(otherwise)));
    let number = |jump, operand| Test { word: Word::whole(DATA_NR), jump, operand };
    let native = assembler.test(number(Jump::GreaterOrEqual, X32_BIT), trace, found);
    let arch = Test { word: Word::whole(DATA_ARCH), jump: Jump::Equal, operand: AUDIT_ARCH_X86_64 };
    let start = assembler.test(arch, native, trace);
    assembler.finish(start)
}

/// Starts of ranges of numbers with the same target, ascending, the first at 0.
fn ranges(targets: &BTreeMap<u32, Target>, otherwise: Target) -> Vec<(u32, Target)> {
    let mut ranges = vec![(0, otherwise)];
    let mut next = 0;
    for (&number, &target) in targets {
        if number >= X32_BIT {
            continue;
        }
        if number > next {
            push(&mut ranges, next, otherwise);
        }
        push(&mut ranges, number, target);
        next = number + 1;
    }
    push(&mut ranges, next, otherwise);
    ranges
}

fn push(ranges: &mut Vec<(u32, Target)>, start: u32, target: Target) {
    match ranges.last_mut() {
        Some((_, last)) if *last == target => {}
        Some((at, last)) if *at == start => *last = target,
        _ => ranges.push((start, target)),
    }
}

fn search(assembler: &mut Assembler, ranges: &[(u32, Target)]) -> Target {
    let (left, right) = ranges.split_at(ranges.len() / 2);
    match (left, right) {
        ([_, ..], [(pivot, _), ..]) => {
            let below = search(assembler, left);
            let above = search(assembler, right);
            let test = Test { word: Word::whole(DATA_NR), jump: Jump::GreaterOrEqual, operand: *pivot };
            assembler.test(test, above, below)
        }
        (_, [(_, target), ..]) => *target,
        _ => Target::Verdict(Verdict::Trace),
    }
}
