//! Rules: what to do to calls that match. Predicates over raw words and captured bytes, compiled from names
//! elsewhere; like the capture plan, they know no call's meaning.

use std::collections::HashMap;

use crate::Abi;
use crate::capture::{Call, find_entry_capture};
use crate::error::Error;
use crate::plan::{Value, value};
use crate::wire::Reader;

const MAGIC: u32 = 0x4c52_5053;
const VERSION: u16 = 1;
const MAX_DEPTH: usize = 8;

/// What a rule does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Action {
    /// The call does not run and fails with this errno.
    Fail { errno: i32 },
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Rule {
    /// Told in the record of each call that the rule acted on.
    pub(crate) id: u16,
    pub(crate) action: Action,
    /// Whether calls it acts on are recorded. Where not, the kernel's filter may answer alone.
    pub(crate) report: bool,
    pub(crate) when: Predicate,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Predicate {
    Always,
    All(Vec<Predicate>),
    Any(Vec<Predicate>),
    Not(Box<Predicate>),
    Word { value: Value, mask: u64, compare: Compare, operand: u64 },
    Bytes { key: u8, offset: u32, compare: CompareBytes, operand: Vec<u8> },
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

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum CompareBytes {
    Equal,
    Prefix,
}

/// Validated rules, in the order in which they are tried.
#[derive(Clone, Debug, Default)]
pub struct Rules {
    rules: Vec<Rule>,
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
            let id = reader.u16()?;
            if id == 0 {
                return Err(reader.malformed("a rule's id starts at 1"));
            }
            let action = reader.u8()?;
            let report = reader.u8()? & 1 != 0;
            let errno = reader.u32()?;
            let action = match (action, i32::try_from(errno)) {
                (1, Ok(errno @ 1..=4095)) => Action::Fail { errno },
                _ => return Err(reader.malformed("unknown action, or an errno outside 1..4095")),
            };
            for _ in 0..reader.u32()? {
                let abi = reader.abi()?;
                reader.bytes(3)?;
                rules.by_call.entry((abi, reader.u32()?)).or_default().push(index);
            }
            let when = predicate(&mut reader, 0)?;
            rules.rules.push(Rule { id, action, report, when });
        }
        reader.end()?;
        Ok(rules)
    }

    pub(crate) fn any(&self) -> bool {
        !self.rules.is_empty()
    }

    /// Whether any rule concerns this call.
    pub(crate) fn concern(&self, abi: Abi, number: u32) -> bool {
        !self.by_call.is_empty() && self.by_call.contains_key(&(abi, number))
    }

    /// The first rule that matches.
    pub(crate) fn first_match(&self, call: &Call<'_>, entry_captures: &[u8]) -> Option<&Rule> {
        let candidates = self.by_call.get(&(call.abi, call.number))?;
        candidates
            .iter()
            .filter_map(|index| self.rules.get(*index))
            .find(|rule| holds(&rule.when, call, entry_captures))
    }

    /// x86_64 numbers that some rule concerns, with the errno that the filter may answer by itself: the first rule
    /// for the call asks for no report and has no condition.
    pub(crate) fn filtered(&self) -> impl Iterator<Item = (u32, Option<i32>)> + '_ {
        self.by_call.iter().filter(|((abi, _), _)| *abi == Abi::X86_64).map(|((_, number), indices)| {
            let first = indices.first().and_then(|index| self.rules.get(*index));
            let alone = first.filter(|rule| !rule.report && rule.when == Predicate::Always);
            (
                *number,
                alone.map(|rule| {
                    let Action::Fail { errno } = rule.action;
                    errno
                }),
            )
        })
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
            let key = reader.u8()?;
            let offset = reader.u32()?;
            let compare = match reader.u8()? {
                0 => CompareBytes::Equal,
                1 => CompareBytes::Prefix,
                _ => return Err(reader.malformed("unknown comparison")),
            };
            let length = reader.u32()? as usize;
            Predicate::Bytes { key, offset, compare, operand: reader.bytes(length)?.to_vec() }
        }
        _ => return Err(reader.malformed("unknown predicate")),
    })
}

fn several(reader: &mut Reader<'_>, depth: usize) -> Result<Vec<Predicate>, Error> {
    (0..reader.u8()?).map(|_| predicate(reader, depth + 1)).collect()
}

/// A value or bytes that can't be had match nothing, whichever way the comparison goes.
fn holds(when: &Predicate, call: &Call<'_>, captures: &[u8]) -> bool {
    match when {
        Predicate::Always => true,
        Predicate::All(several) => several.iter().all(|one| holds(one, call, captures)),
        Predicate::Any(several) => several.iter().any(|one| holds(one, call, captures)),
        Predicate::Not(one) => !holds(one, call, captures),
        Predicate::Word { value, mask, compare, operand } => {
            call.constant_value(*value, captures).is_some_and(|word| {
                let word = word & mask;
                match compare {
                    Compare::Equal => word == *operand,
                    Compare::NotEqual => word != *operand,
                    Compare::Less => word < *operand,
                    Compare::LessOrEqual => word <= *operand,
                    Compare::Greater => word > *operand,
                    Compare::GreaterOrEqual => word >= *operand,
                }
            })
        }
        Predicate::Bytes { key, offset, compare, operand } => find_entry_capture(captures, *key).is_some_and(|bytes| {
            bytes.get(*offset as usize..).is_some_and(|bytes| match compare {
                CompareBytes::Equal => bytes == operand,
                CompareBytes::Prefix => bytes.starts_with(operand),
            })
        }),
    }
}
