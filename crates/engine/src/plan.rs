//! The capture plan: which calls to record and which bytes to copy at their stops.
//!
//! A small, total, bounded language, validated once at the door. Nothing in it can loop, read without limit or panic: nodes
//! nest at most [`MAX_DEPTH`] deep, every copy has a constant upper bound, and every read of tracee memory can fail
//! without consequence. The engine learns from it *what to copy*, never what a call means.

use std::collections::HashMap;

use crate::Abi;
use crate::descriptor::{pid_wish, wish};
use crate::error::Error;
use crate::proc::Counted;
use crate::wire::Reader;

const MAGIC: u32 = 0x4e4c_5053;
const VERSION: u16 = 1;
const MAX_DEPTH: usize = 5;
const MAX_NODES_PER_CALL: usize = 1024;
/// Most bytes that one copy may ask for.
pub(crate) const MAX_BYTES: u32 = 1 << 20;
/// Most elements of one array.
pub(crate) const MAX_COUNT: u32 = 1 << 16;

/// A number that can be computed at a stop.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Source {
    Constant(u64),
    Argument(u8),
    Result,
    /// A field of the bytes that the enclosing node copied.
    Field(u32),
    /// The same, of the node around that.
    OuterField(u32),
    /// Tracee memory at argument + offset.
    Deref(u8, u32),
    /// A field of what was captured at entry under a key.
    Entry(u8, u32),
    /// Stack pointer at entry + offset.
    Stack(u32),
    /// The thread group that makes the call.
    Process,
    /// The thread.
    Thread,
    /// How many forks lie between the first process and this one.
    Depth,
    Absent,
}

/// A source, cut to its C type.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Value {
    pub(crate) source: Source,
    /// 1, 2, 4 or 8.
    pub(crate) width: u8,
    pub(crate) signed: bool,
}

impl Value {
    /// The bits of `word` that this type has, sign- or zero-extended.
    pub(crate) fn cut(self, word: u64) -> u64 {
        let unused = 64 - u32::from(self.width.clamp(1, 8)) * 8;
        let shifted = word.wrapping_shl(unused);
        if self.signed { (shifted.cast_signed() >> unused).cast_unsigned() } else { shifted >> unused }
    }
}

/// When a capture is made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum When {
    Entry,
    ExitIfOk,
    Exit,
    ExitIfFailed,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Node {
    pub(crate) key: u8,
    pub(crate) when: When,
    pub(crate) op: Op,
    pub(crate) children: Vec<Node>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Op {
    CString {
        pointer: Value,
        max: u32,
    },
    Bytes {
        pointer: Value,
        length: Value,
        scale: u32,
        limit: Value,
        max: u32,
    },
    Array {
        pointer: Value,
        count: Value,
        budget: Value,
        stride: u32,
        max_count: u32,
    },
    Strings {
        pointer: Value,
        max_count: u32,
        max_length: u32,
    },
    Switch {
        on: Value,
        cases: Vec<Case>,
        otherwise: Vec<Node>,
    },
    /// Link of a descriptor, and what else is wished for (`descriptor::wish`).
    FdPath {
        fd: Value,
        wishes: u8,
        owner: Owner,
    },
    /// The same for every descriptor in the bytes that the enclosing node copied, one capture each.
    Fds {
        end: Value,
        list: FdsIn,
        wishes: u8,
    },
    /// What is known of a process or thread (`descriptor::pid_wish`).
    Process {
        number: Value,
        counted: Counted,
        wishes: u8,
    },
}

/// Whose descriptor a number is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Owner {
    Caller,
    Process(Value),
    /// The process that a descriptor of the caller is for.
    Pidfd(Value),
}

/// How bytes hold descriptors.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum FdsIn {
    /// As the numbers of the bits that are set; `end` is a number of bits.
    Bits,
    /// As control messages carry them, cmsg(3); `end` is a number of bytes.
    Messages,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Case {
    pub(crate) mask: u64,
    pub(crate) equals: u64,
    pub(crate) nodes: Vec<Node>,
}

/// What to do about one system call.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct CallPlan {
    pub(crate) record: bool,
    /// Stop at it even if it is not recorded.
    pub(crate) stop: bool,
    pub(crate) nodes: Vec<Node>,
}

/// A validated capture plan.
#[derive(Clone, Debug, Default)]
pub struct Plan {
    record_unlisted: bool,
    /// Each call comes with the name of its thread.
    pub(crate) names_threads: bool,
    /// x86_64 calls by number: the hot ones.
    native: Vec<Option<CallPlan>>,
    others: HashMap<(Abi, u32), CallPlan>,
}

/// Numbers below this are looked up by index.
const NATIVE_NUMBERS: u32 = 1024;

impl Plan {
    /// Records every call and copies nothing.
    #[must_use]
    pub fn everything() -> Self {
        Self { record_unlisted: true, ..Self::default() }
    }

    /// Reads a plan.
    ///
    /// # Errors
    /// [`Error::Malformed`] with the offset of the first byte that makes no sense.
    pub fn parse(bytes: &[u8]) -> Result<Self, Error> {
        let mut reader = Reader::new("plan", bytes);
        reader.expect_u32(MAGIC, "not a plan")?;
        reader.expect_u16(VERSION, "unknown version")?;
        let flags = reader.u16()?;
        let mut plan = Self { record_unlisted: flags & 1 != 0, names_threads: flags & 2 != 0, ..Self::default() };
        for _ in 0..reader.u32()? {
            let abi = reader.abi()?;
            let flags = reader.u8()?;
            let count = usize::from(reader.u16()?);
            let number = reader.u32()?;
            let mut budget = MAX_NODES_PER_CALL;
            let nodes = nodes(&mut reader, count, 0, &mut budget)?;
            plan.insert(abi, number, CallPlan { record: flags & 1 != 0, stop: flags & 2 != 0, nodes });
        }
        reader.end()?;
        Ok(plan)
    }

    fn insert(&mut self, abi: Abi, number: u32, call: CallPlan) {
        if abi == Abi::X86_64 && number < NATIVE_NUMBERS {
            let index = number as usize;
            if self.native.len() <= index {
                self.native.resize(index + 1, None);
            }
            if let Some(slot) = self.native.get_mut(index) {
                *slot = Some(call);
            }
        } else {
            self.others.insert((abi, number), call);
        }
    }

    pub(crate) fn get(&self, abi: Abi, number: u32) -> Option<&CallPlan> {
        if abi == Abi::X86_64 && number < NATIVE_NUMBERS {
            self.native.get(number as usize)?.as_ref()
        } else {
            self.others.get(&(abi, number))
        }
    }

    /// Whether this call is to be recorded.
    pub(crate) fn records(&self, abi: Abi, number: u32) -> bool {
        self.get(abi, number).map_or(self.record_unlisted, |call| call.record)
    }

    /// x86_64 numbers that have to stop, or `None` when unlisted calls do, so that no filter would spare anything.
    pub(crate) fn stopping_numbers(&self) -> Option<Vec<u32>> {
        if self.record_unlisted {
            return None;
        }
        let wanted = |call: &Option<CallPlan>| call.as_ref().is_some_and(|call| call.record || call.stop);
        let low = self.native.iter().enumerate().filter(|(_, call)| wanted(call)).map(|(number, _)| number as u32);
        let high = self.others.iter().filter(|((abi, _), call)| *abi == Abi::X86_64 && (call.record || call.stop));
        Some(low.chain(high.map(|((_, number), _)| *number)).collect())
    }
}

fn nodes(reader: &mut Reader<'_>, count: usize, depth: usize, budget: &mut usize) -> Result<Vec<Node>, Error> {
    if depth >= MAX_DEPTH && count > 0 {
        return Err(reader.malformed("nested too deep"));
    }
    let mut found = Vec::new();
    for _ in 0..count {
        *budget = budget.checked_sub(1).ok_or_else(|| reader.malformed("too many nodes for one call"))?;
        found.push(node(reader, depth, budget)?);
    }
    Ok(found)
}

fn node(reader: &mut Reader<'_>, depth: usize, budget: &mut usize) -> Result<Node, Error> {
    let op = reader.u8()?;
    let key = reader.u8()?;
    let when = match reader.u8()? {
        0 => When::Entry,
        1 => When::ExitIfOk,
        2 => When::Exit,
        3 => When::ExitIfFailed,
        _ => return Err(reader.malformed("unknown time of capture")),
    };
    let children = usize::from(reader.u8()?);
    let op = match op {
        1 => Op::CString { pointer: value(reader)?, max: bounded(reader, MAX_BYTES)? },
        2 => Op::Bytes {
            pointer: value(reader)?,
            length: value(reader)?,
            scale: reader.u32()?,
            limit: value(reader)?,
            max: bounded(reader, MAX_BYTES)?,
        },
        3 => Op::Array {
            pointer: value(reader)?,
            count: value(reader)?,
            budget: value(reader)?,
            stride: bounded(reader, 4096)?,
            max_count: bounded(reader, MAX_COUNT)?,
        },
        4 => Op::Strings {
            pointer: value(reader)?,
            max_count: bounded(reader, MAX_COUNT)?,
            max_length: bounded(reader, MAX_BYTES)?,
        },
        5 => {
            let on = value(reader)?;
            let cases = (0..reader.u16()?).map(|_| case(reader, depth, budget)).collect::<Result<_, _>>()?;
            let count = usize::from(reader.u8()?);
            Op::Switch { on, cases, otherwise: nodes(reader, count, depth + 1, budget)? }
        }
        6 => Op::FdPath { fd: value(reader)?, wishes: wishes(reader)?, owner: owner(reader)? },
        7 => Op::Fds {
            end: value(reader)?,
            list: match reader.u8()? {
                0 => FdsIn::Bits,
                1 => FdsIn::Messages,
                _ => return Err(reader.malformed("unknown list of descriptors")),
            },
            wishes: wishes(reader)?,
        },
        8 => Op::Process { number: value(reader)?, counted: counted(reader)?, wishes: pid_wishes(reader)? },
        _ => return Err(reader.malformed("unknown operation")),
    };
    if children > 0 && !matches!(op, Op::Bytes { .. } | Op::Array { .. }) {
        return Err(reader.malformed("this operation takes no children"));
    }
    if matches!(op, Op::Array { stride: 0, .. }) {
        return Err(reader.malformed("an array of empty elements"));
    }
    Ok(Node { key, when, op, children: nodes(reader, children, depth + 1, budget)? })
}

fn case(reader: &mut Reader<'_>, depth: usize, budget: &mut usize) -> Result<Case, Error> {
    let mask = reader.u64()?;
    let equals = reader.u64()?;
    let count = usize::from(reader.u8()?);
    Ok(Case { mask, equals, nodes: nodes(reader, count, depth + 1, budget)? })
}

fn owner(reader: &mut Reader<'_>) -> Result<Owner, Error> {
    match reader.u8()? {
        0 => Ok(Owner::Caller),
        1 => Ok(Owner::Process(value(reader)?)),
        2 => Ok(Owner::Pidfd(value(reader)?)),
        _ => Err(reader.malformed("unknown owner of a descriptor")),
    }
}

fn counted(reader: &mut Reader<'_>) -> Result<Counted, Error> {
    match reader.u8()? {
        0 => Ok(Counted::Thread),
        1 => Ok(Counted::Process),
        2 => Ok(Counted::Group),
        3 => Ok(Counted::Session),
        _ => Err(reader.malformed("unknown kind of process")),
    }
}

fn pid_wishes(reader: &mut Reader<'_>) -> Result<u8, Error> {
    let wishes = reader.u8()?;
    if wishes & !pid_wish::ALL == 0 { Ok(wishes) } else { Err(reader.malformed("unknown wish")) }
}

fn wishes(reader: &mut Reader<'_>) -> Result<u8, Error> {
    let wishes = reader.u8()?;
    if wishes & !wish::ALL == 0 { Ok(wishes) } else { Err(reader.malformed("unknown wish")) }
}

fn bounded(reader: &mut Reader<'_>, most: u32) -> Result<u32, Error> {
    let number = reader.u32()?;
    if number > most { Err(reader.malformed("a limit above what is allowed")) } else { Ok(number) }
}

pub(crate) fn value(reader: &mut Reader<'_>) -> Result<Value, Error> {
    let kind = reader.u8()?;
    let width = reader.u8()?;
    let signed = reader.u8()? != 0;
    let index = reader.u8()?;
    let offset = reader.u32()?;
    let constant = reader.u64()?;
    if !matches!(width, 1 | 2 | 4 | 8) && kind != 255 {
        return Err(reader.malformed("a width other than 1, 2, 4 and 8"));
    }
    if matches!(kind, 1 | 4) && index > 5 {
        return Err(reader.malformed("there are six arguments"));
    }
    let source = match kind {
        0 => Source::Constant(constant),
        1 => Source::Argument(index),
        2 => Source::Result,
        3 => Source::Field(offset),
        4 => Source::Deref(index, offset),
        5 => Source::Entry(index, offset),
        6 => Source::OuterField(offset),
        7 => Source::Stack(offset),
        8 => Source::Process,
        9 => Source::Thread,
        10 => Source::Depth,
        255 => Source::Absent,
        _ => return Err(reader.malformed("unknown source of a value")),
    };
    Ok(Value { source, width, signed })
}
