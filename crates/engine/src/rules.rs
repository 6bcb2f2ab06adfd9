//! Rules: what to do to calls that match. Predicates over words, captured bytes and what the kernel says of a process, compiled
//! from names elsewhere; like the capture plan, they know no call's meaning.
//!
//! `conditions` says whether a predicate holds, `filter` what the kernel can say of it by itself, `tracer::acts` does what a
//! rule asks for.

use std::collections::HashMap;
use std::sync::Arc;

use crate::Abi;
use crate::error::Error;
use crate::plan::{Value, value};
use crate::wire::Reader;

const MAGIC: u32 = 0x4c52_5053;
const VERSION: u16 = 2;
const MAX_DEPTH: usize = 12;
/// Most bytes that one action writes into a tracee.
const MAX_POKE: u32 = 1 << 16;
const MAX_SIGNAL: u32 = 64;

/// What a rule does. Several make up one rule.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Action {
    /// The call does not run; this is its result (`-errno` for errors). Another one may run in its place, for programs whose own
    /// filter would not like call -1.
    Skip { result: i64, instead: Option<u32> },
    /// The call runs, and this becomes its result.
    Replace { result: i64 },
    /// An argument register.
    SetArgument { index: u8, value: u64 },
    /// Memory that an argument points to.
    Poke { index: u8, phase: Phase, offset: u32, bytes: Vec<u8> },
    /// To the thread that makes the call.
    Signal { signal: i32 },
    /// The thread waits; others go on.
    Delay { phase: Phase, ns: u64 },
    /// SIGKILL to every process of the run.
    KillTree,
    /// Lets everybody go where that can be, else records nothing more.
    StopTracing,
    /// Somebody else decides.
    Ask { enter: bool, exit: bool },
}

/// The stop at which something is done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Phase {
    Enter,
    Exit,
}

impl Action {
    /// Whether it is done at syscall-exit.
    pub(crate) fn needs_exit(&self) -> bool {
        match self {
            Self::Replace { .. } => true,
            Self::Poke { phase, .. } | Self::Delay { phase, .. } => *phase == Phase::Exit,
            Self::Ask { exit, .. } => *exit,
            Self::Skip { .. } | Self::SetArgument { .. } | Self::Signal { .. } | Self::KillTree | Self::StopTracing => {
                false
            }
        }
    }

    /// Whether it still makes sense when the call is over.
    fn fits_exit(&self) -> bool {
        match self {
            Self::Signal { .. } | Self::KillTree | Self::StopTracing => true,
            Self::Ask { enter, .. } => !enter,
            Self::Replace { .. }
            | Self::Poke { .. }
            | Self::Delay { .. }
            | Self::Skip { .. }
            | Self::SetArgument { .. } => self.needs_exit(),
        }
    }
}

/// Which of the calls that match a rule acts on: `first`, and from there every `step`-th up to `last`; 0: only the first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Occurrence {
    pub(crate) scope: Scope,
    pub(crate) first: u32,
    pub(crate) last: u32,
    pub(crate) step: u32,
}

/// Who counts together.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Scope {
    Tree,
    Process,
    Thread,
    /// Each thread counts each call.
    ThreadAndCall,
}

impl Occurrence {
    fn includes(self, count: u32) -> bool {
        let Some(past) = count.checked_sub(self.first) else { return false };
        count <= self.last && past.checked_rem(self.step).map_or(past == 0, |rest| rest == 0)
    }

    fn is_always(self) -> bool {
        self.first == 1 && self.step == 1 && self.last == u32::MAX
    }
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Rule {
    /// Told in the record of each call that the rule acted on. Rules of one id are parts of one.
    pub(crate) id: u16,
    /// Whether calls it acts on are recorded. Where not, the kernel's filter may answer alone.
    pub(crate) report: bool,
    pub(crate) occurrence: Occurrence,
    /// At syscall-entry.
    pub(crate) when: Predicate,
    /// At syscall-exit, for a rule that acts there.
    pub(crate) outcome: Option<Predicate>,
    pub(crate) actions: Vec<Action>,
}

impl Rule {
    /// The errno that the kernel's filter can answer with, where the rule asks for nothing else.
    pub(crate) fn errno_alone(&self) -> Option<i32> {
        let [Action::Skip { result, instead: None }] = self.actions.as_slice() else { return None };
        let errno = i32::try_from(result.checked_neg()?).ok().filter(|errno| (1..=4095).contains(errno))?;
        (!self.report && self.outcome.is_none() && self.occurrence.is_always()).then_some(errno)
    }
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Predicate {
    Always,
    All(Vec<Predicate>),
    Any(Vec<Predicate>),
    Not(Box<Predicate>),
    /// A number, unsigned.
    Word {
        value: Value,
        mask: u64,
        compare: Compare,
        operand: u64,
    },
    /// The bytes that the predicate around this one is about.
    Bytes {
        offset: u32,
        compare: CompareBytes,
        operand: Vec<u8>,
    },
    /// Some capture under this key, at top level or within the bytes around, is such that …
    Within {
        key: u8,
        holds: Box<Predicate>,
    },
    /// A captured C string, made an absolute path.
    Path {
        key: u8,
        directory: Value,
        follows_links: bool,
        matcher: Matcher,
    },
    /// What a descriptor is a link to.
    Descriptor {
        fd: Value,
        matcher: Matcher,
    },
    /// A descriptor is a socket; its domain and type (u32 each), its own address (128 bytes) and its peer's are such that …
    Socket {
        fd: Value,
        holds: Box<Predicate>,
    },
    /// The file that the process executes.
    Program {
        matcher: Matcher,
    },
    /// `argv[0]`, or any argument.
    Argv {
        any: bool,
        matcher: Matcher,
    },
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Compare {
    Equal,
    NotEqual,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum CompareBytes {
    Equal,
    Prefix,
    /// A prefix, in the bits of this mask, which is as long as the operand.
    Masked(Vec<u8>),
}

/// A path or word that is looked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Matcher {
    pub(crate) how: Match,
    /// Compared with the last component only.
    pub(crate) last_component: bool,
    pub(crate) operand: Vec<u8>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Match {
    Exact,
    /// The operand itself, or what lies beneath it.
    Beneath,
    /// As `fast_glob` has them.
    Glob,
}

/// Validated rules, in the order in which they are tried.
#[derive(Clone, Debug, Default)]
pub struct Rules {
    rules: Vec<Arc<Rule>>,
    by_call: HashMap<(Abi, u32), Vec<usize>>,
}

impl Rules {
    /// Reads rules.
    ///
    /// # Errors
    /// [`Error::Malformed`] with the offset of the first byte that makes no sense.
    pub fn parse(bytes: &[u8]) -> Result<Self, Error> {
        let mut reader = Reader::new("rules", bytes);
        reader.expect_u32(MAGIC, "not rules")?;
        reader.expect_u16(VERSION, "unknown version")?;
        let mut rules = Self::default();
        for index in 0..usize::from(reader.u16()?) {
            let rule = rules.rule(&mut reader, index)?;
            rules.rules.push(Arc::new(rule));
        }
        reader.end()?;
        Ok(rules)
    }

    fn rule(&mut self, reader: &mut Reader<'_>, index: usize) -> Result<Rule, Error> {
        const REPORT: u8 = 1;
        const AT_EXIT: u8 = 2;
        let id = reader.u16()?;
        if id == 0 {
            return Err(reader.malformed("a rule's id starts at 1"));
        }
        let flags = reader.u8()?;
        let occurrence = occurrence(reader)?;
        for _ in 0..reader.u32()? {
            let abi = reader.abi()?;
            reader.bytes(3)?;
            let of_call = self.by_call.entry((abi, reader.u32()?)).or_default();
            if of_call.last() != Some(&index) {
                of_call.push(index);
            }
        }
        let when = predicate(reader, 0)?;
        let outcome = if flags & AT_EXIT != 0 { Some(predicate(reader, 0)?) } else { None };
        let actions = read_actions(reader)?;
        if outcome.is_some() && !actions.iter().all(Action::fits_exit) {
            return Err(reader.malformed("an action that comes too late at syscall-exit"));
        }
        Ok(Rule { id, report: flags & REPORT != 0, occurrence, when, outcome, actions })
    }

    pub(crate) fn any(&self) -> bool {
        !self.rules.is_empty()
    }

    /// All rules, in order.
    pub(crate) fn iter(&self) -> impl Iterator<Item = &Rule> {
        self.rules.iter().map(Arc::as_ref)
    }

    /// The calls that some rule concerns.
    pub(crate) fn calls(&self) -> impl Iterator<Item = (Abi, u32)> + '_ {
        self.by_call.keys().copied()
    }

    /// Whether any rule concerns this call.
    pub(crate) fn concern(&self, abi: Abi, number: u32) -> bool {
        !self.by_call.is_empty() && self.by_call.contains_key(&(abi, number))
    }

    /// The rules that concern this call, in order, by their indices.
    pub(crate) fn of_call(&self, abi: Abi, number: u32) -> impl Iterator<Item = (usize, &Arc<Rule>)> {
        let indices = self.by_call.get(&(abi, number)).map_or(&[][..], Vec::as_slice);
        indices.iter().filter_map(|index| Some((*index, self.rules.get(*index)?)))
    }

    pub(crate) fn get(&self, index: usize) -> Option<&Arc<Rule>> {
        self.rules.get(index)
    }
}

/// How often calls have matched, by rule and by whoever counts for himself.
#[derive(Debug, Default)]
pub(crate) struct Counters {
    seen: HashMap<(u16, Scope, i32, u32), u32>,
}

impl Counters {
    /// Counts a match, and says whether the rule acts on it.
    pub(crate) fn count(&mut self, rule: &Rule, pid: i32, tid: i32, number: u32) -> bool {
        if rule.occurrence.is_always() {
            return true;
        }
        let scope = rule.occurrence.scope;
        let (who, what) = match scope {
            Scope::Tree => (0, 0),
            Scope::Process => (pid, 0),
            Scope::Thread => (tid, 0),
            Scope::ThreadAndCall => (tid, number),
        };
        let count = self.seen.entry((rule.id, scope, who, what)).or_default();
        *count = count.saturating_add(1);
        rule.occurrence.includes(*count)
    }

    /// A thread or process has ended, and another one may get its number.
    pub(crate) fn forget(&mut self, who: i32) {
        self.seen.retain(|(_, _, counted, _), _| *counted != who);
    }

    /// A thread has executed a program and got the number of its process; the thread that had that is gone.
    pub(crate) fn renumber(&mut self, former: i32, pid: i32) {
        let is_of_threads = |scope| matches!(scope, Scope::Thread | Scope::ThreadAndCall);
        self.seen.retain(|(_, scope, counted, _), _| *counted != pid || !is_of_threads(*scope));
        let moved: Vec<_> = self.seen.extract_if(|(_, _, counted, _), _| *counted == former).collect();
        self.seen.extend(moved.into_iter().map(|((rule, scope, _, call), count)| ((rule, scope, pid, call), count)));
    }
}

/// Actions on their own: a handler's decision.
///
/// # Errors
/// [`Error::Malformed`].
pub(crate) fn parse_decision(bytes: &[u8]) -> Result<Vec<Action>, Error> {
    let mut reader = Reader::new("decision", bytes);
    let actions = read_actions(&mut reader)?;
    reader.end()?;
    Ok(actions)
}

fn occurrence(reader: &mut Reader<'_>) -> Result<Occurrence, Error> {
    let scope = match reader.u8()? {
        0 => Scope::Tree,
        1 => Scope::Process,
        2 => Scope::Thread,
        3 => Scope::ThreadAndCall,
        _ => return Err(reader.malformed("unknown scope of counting")),
    };
    let occurrence = Occurrence { scope, first: reader.u32()?, last: reader.u32()?, step: reader.u32()? };
    if occurrence.first == 0 || occurrence.last < occurrence.first {
        return Err(reader.malformed("an occurrence that never comes"));
    }
    Ok(occurrence)
}

fn read_actions(reader: &mut Reader<'_>) -> Result<Vec<Action>, Error> {
    const INSTEAD: u8 = 3;
    let (mut actions, mut another) = (Vec::new(), None);
    for _ in 0..reader.u16()? {
        match reader.u8()? {
            INSTEAD => another = Some(reader.u32()?),
            op => actions.push(action(op, reader)?),
        }
    }
    let skipped = actions.iter_mut().find_map(|action| match action {
        Action::Skip { instead, .. } => Some(instead),
        Action::Replace { .. }
        | Action::SetArgument { .. }
        | Action::Poke { .. }
        | Action::Signal { .. }
        | Action::Delay { .. }
        | Action::KillTree
        | Action::StopTracing
        | Action::Ask { .. } => None,
    });
    match (skipped, another) {
        (Some(instead), _) => *instead = another,
        (None, Some(_)) => return Err(reader.malformed("a call in the place of none")),
        (None, None) => {}
    }
    Ok(actions)
}

fn action(op: u8, reader: &mut Reader<'_>) -> Result<Action, Error> {
    Ok(match op {
        1 => match reader.u32()? {
            errno @ 1..=4095 => Action::Skip { result: -i64::from(errno), instead: None },
            _ => return Err(reader.malformed("an errno outside 1..4095")),
        },
        2 => Action::Skip { result: reader.u64()?.cast_signed(), instead: None },
        4 => Action::Replace { result: reader.u64()?.cast_signed() },
        5 => Action::SetArgument { index: argument(reader)?, value: reader.u64()? },
        6 => {
            let (index, phase, offset, length) = (argument(reader)?, phase(reader)?, reader.u32()?, reader.u32()?);
            if length > MAX_POKE {
                return Err(reader.malformed("more bytes than may be written"));
            }
            Action::Poke { index, phase, offset, bytes: reader.bytes(length as usize)?.to_vec() }
        }
        7 => match reader.u32()? {
            signal @ 1..=MAX_SIGNAL => Action::Signal { signal: signal.cast_signed() },
            _ => return Err(reader.malformed("a signal outside 1..64")),
        },
        8 => Action::Delay { phase: phase(reader)?, ns: reader.u64()? },
        9 => Action::KillTree,
        10 => Action::StopTracing,
        11 => {
            let phases = reader.u8()?;
            Action::Ask { enter: phases & 1 != 0, exit: phases & 2 != 0 }
        }
        _ => return Err(reader.malformed("unknown action")),
    })
}

fn argument(reader: &mut Reader<'_>) -> Result<u8, Error> {
    let index = reader.u8()?;
    if index > 5 { Err(reader.malformed("there are six arguments")) } else { Ok(index) }
}

fn phase(reader: &mut Reader<'_>) -> Result<Phase, Error> {
    match reader.u8()? {
        0 => Ok(Phase::Enter),
        1 => Ok(Phase::Exit),
        _ => Err(reader.malformed("a stop other than entry and exit")),
    }
}

fn predicate(reader: &mut Reader<'_>, depth: usize) -> Result<Predicate, Error> {
    if depth > MAX_DEPTH {
        return Err(reader.malformed("nested too deep"));
    }
    Ok(match reader.u8()? {
        0 => Predicate::Always,
        1 => Predicate::All(several(reader, depth)?),
        2 => Predicate::Any(several(reader, depth)?),
        3 => Predicate::Not(Box::new(predicate(reader, depth + 1)?)),
        4 => Predicate::Word {
            value: value(reader)?,
            mask: reader.u64()?,
            compare: match reader.u8()? {
                0 => Compare::Equal,
                1 => Compare::NotEqual,
                2 => Compare::Less,
                3 => Compare::LessOrEqual,
                4 => Compare::Greater,
                5 => Compare::GreaterOrEqual,
                _ => return Err(reader.malformed("unknown comparison")),
            },
            operand: reader.u64()?,
        },
        5 => {
            let offset = reader.u32()?;
            let compare = reader.u8()?;
            let length = reader.u32()? as usize;
            let operand = reader.bytes(length)?.to_vec();
            let compare = match compare {
                0 => CompareBytes::Equal,
                1 => CompareBytes::Prefix,
                2 => CompareBytes::Masked(reader.bytes(length)?.to_vec()),
                _ => return Err(reader.malformed("unknown comparison")),
            };
            Predicate::Bytes { offset, compare, operand }
        }
        6 => Predicate::Within { key: reader.u8()?, holds: Box::new(predicate(reader, depth + 1)?) },
        7 => Predicate::Path {
            key: reader.u8()?,
            directory: value(reader)?,
            follows_links: reader.u8()? & 1 != 0,
            matcher: matcher(reader)?,
        },
        8 => Predicate::Descriptor { fd: value(reader)?, matcher: matcher(reader)? },
        9 => Predicate::Socket { fd: value(reader)?, holds: Box::new(predicate(reader, depth + 1)?) },
        10 => Predicate::Program { matcher: matcher(reader)? },
        11 => Predicate::Argv { any: reader.u8()? != 0, matcher: matcher(reader)? },
        _ => return Err(reader.malformed("unknown predicate")),
    })
}

fn several(reader: &mut Reader<'_>, depth: usize) -> Result<Vec<Predicate>, Error> {
    (0..reader.u16()?).map(|_| predicate(reader, depth + 1)).collect()
}

fn matcher(reader: &mut Reader<'_>) -> Result<Matcher, Error> {
    let how = match reader.u8()? {
        0 => Match::Exact,
        1 => Match::Beneath,
        2 => Match::Glob,
        _ => return Err(reader.malformed("unknown way to match")),
    };
    let last_component = reader.u8()? & 1 != 0;
    let length = reader.u32()? as usize;
    let operand = reader.bytes(length)?.to_vec();
    if how == Match::Glob && fast_glob::validate(&operand).is_err() {
        return Err(reader.malformed("a glob that is none"));
    }
    Ok(Matcher { how, last_component, operand })
}
