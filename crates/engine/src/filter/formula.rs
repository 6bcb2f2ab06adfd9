//! What the kernel's filter can say of a predicate: its words are the number of the call and the six arguments, in halves of 32
//! bits, and it follows no pointer.

use std::cmp::Ordering;

use crate::plan::{Source, Value};
use crate::rules::{Compare, Predicate};

/// Offset of the arguments in `struct seccomp_data` (linux/seccomp.h), each eight bytes, the low half first.
const DATA_ARGS: u32 = 16;

/// Four bytes of `struct seccomp_data`, and which bits of them count.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) struct Word {
    pub(super) offset: u32,
    pub(super) mask: u32,
}

impl Word {
    pub(super) const fn whole(offset: u32) -> Self {
        Self { offset, mask: u32::MAX }
    }
}

/// One conditional jump.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) struct Test {
    pub(super) word: Word,
    pub(super) jump: Jump,
    pub(super) operand: u32,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Jump {
    Equal,
    Greater,
    GreaterOrEqual,
    /// Some bit of the operand is set.
    AnyBit,
}

/// A condition that the filter can decide.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) enum Formula {
    Constant(bool),
    Test(Test),
    Not(Box<Formula>),
    All(Vec<Formula>),
    Any(Vec<Formula>),
}

pub(super) const ALWAYS: Formula = Formula::Constant(true);
pub(super) const NEVER: Formula = Formula::Constant(false);

impl Formula {
    /// Holds wherever the predicate may hold.
    pub(super) fn may(predicate: &Predicate) -> Self {
        Self::bound(predicate, true)
    }

    /// Holds only where the predicate does, whatever the filter can't see. The predicate is exact if this is [`Self::may`].
    pub(super) fn must(predicate: &Predicate) -> Self {
        Self::bound(predicate, false)
    }

    fn bound(predicate: &Predicate, unseen: bool) -> Self {
        let several = |several: &[Predicate]| several.iter().map(|one| Self::bound(one, unseen)).collect();
        match predicate {
            Predicate::Always => ALWAYS,
            Predicate::All(predicates) => Self::all(several(predicates)),
            Predicate::Any(predicates) => Self::any(several(predicates)),
            Predicate::Not(negated) => Self::bound(negated, !unseen).negated(),
            Predicate::Word { value, mask, compare, operand } => match value.source {
                Source::Argument(index) => of_argument((index, *value), *mask, *compare, *operand),
                Source::Constant(constant) => {
                    Self::Constant(holds((value.cut(constant) & mask).cmp(operand), *compare))
                }
                Source::Result
                | Source::Field(_)
                | Source::OuterField(_)
                | Source::Deref(..)
                | Source::Entry(..)
                | Source::Stack(_)
                | Source::Process
                | Source::Thread
                | Source::Depth
                | Source::Absent => Self::Constant(unseen),
            },
            Predicate::Bytes { .. }
            | Predicate::Within { .. }
            | Predicate::Path { .. }
            | Predicate::Descriptor { .. }
            | Predicate::Socket { .. }
            | Predicate::Program { .. }
            | Predicate::Argv { .. } => Self::Constant(unseen),
        }
    }

    fn negated(self) -> Self {
        match self {
            Self::Constant(holds) => Self::Constant(!holds),
            Self::Not(formula) => *formula,
            formula @ (Self::Test(_) | Self::All(_) | Self::Any(_)) => Self::Not(Box::new(formula)),
        }
    }

    pub(super) fn all(several: Vec<Self>) -> Self {
        let mut kept = Vec::with_capacity(several.len());
        for one in several {
            match one {
                Self::Constant(true) => {}
                Self::Constant(false) => return NEVER,
                Self::All(inner) => kept.extend(inner),
                one @ (Self::Test(_) | Self::Not(_) | Self::Any(_)) => kept.push(one),
            }
        }
        single(&mut kept).unwrap_or(if kept.is_empty() { ALWAYS } else { Self::All(kept) })
    }

    pub(super) fn any(several: Vec<Self>) -> Self {
        let mut kept = Vec::with_capacity(several.len());
        for one in several {
            match one {
                Self::Constant(false) => {}
                Self::Constant(true) => return ALWAYS,
                Self::Any(inner) => kept.extend(inner),
                one @ (Self::Test(_) | Self::Not(_) | Self::All(_)) => kept.push(one),
            }
        }
        single(&mut kept).unwrap_or(if kept.is_empty() { NEVER } else { Self::Any(kept) })
    }

    /// As [`Self::any`]; neighbours that begin with the same test share it: the upper halves of 64-bit words are mostly the same.
    pub(super) fn any_factored(several: Vec<Self>) -> Self {
        match Self::any(several) {
            Self::Any(several) => Self::any(factored(several)),
            formula @ (Self::Constant(_) | Self::Test(_) | Self::Not(_) | Self::All(_)) => formula,
        }
    }

    /// `yes` where the test holds, `no` elsewhere.
    fn choose(test: Self, yes: Self, no: Self) -> Self {
        match (yes, no) {
            (yes, NEVER) => Self::all(vec![test, yes]),
            (yes, ALWAYS) => Self::any(vec![test.negated(), yes]),
            (ALWAYS, no) => Self::any(vec![test, no]),
            (NEVER, no) => Self::all(vec![test.negated(), no]),
            (yes, no) => Self::any(vec![Self::all(vec![test.clone(), yes]), Self::all(vec![test.negated(), no])]),
        }
    }

    /// How many tests it is made of.
    pub(super) fn tests(&self) -> usize {
        match self {
            Self::Constant(_) => 0,
            Self::Test(_) => 1,
            Self::Not(formula) => formula.tests(),
            Self::All(several) | Self::Any(several) => several.iter().map(Self::tests).sum(),
        }
    }
}

fn single(several: &mut Vec<Formula>) -> Option<Formula> {
    if several.len() == 1 { several.pop() } else { None }
}

fn factored(several: Vec<Formula>) -> Vec<Formula> {
    let mut groups: Vec<(Option<Formula>, Vec<Formula>)> = Vec::with_capacity(several.len());
    for one in several {
        let (first, rest) = if let Formula::All(mut parts) = one {
            let rest = parts.split_off(parts.len().min(1));
            (parts.pop(), Formula::all(rest))
        } else {
            (None, one)
        };
        match groups.last_mut() {
            Some((shared, alternatives)) if first.is_some() && *shared == first => alternatives.push(rest),
            _ => groups.push((first, vec![rest])),
        }
    }
    let join = |(first, alternatives): (Option<Formula>, _)| {
        Formula::all(first.into_iter().chain([Formula::any(alternatives)]).collect())
    };
    groups.into_iter().map(join).collect()
}

fn holds(ordering: Ordering, compare: Compare) -> bool {
    match compare {
        Compare::Equal => ordering.is_eq(),
        Compare::NotEqual => ordering.is_ne(),
        Compare::Less => ordering.is_lt(),
        Compare::LessOrEqual => ordering.is_le(),
        Compare::Greater => ordering.is_gt(),
        Compare::GreaterOrEqual => ordering.is_ge(),
    }
}

/// An argument, cut to its type and extended to 64 bits, in the bits of `mask`, compared with `operand`: exactly.
fn of_argument((index, value): (u8, Value), mask: u64, compare: Compare, operand: u64) -> Formula {
    let compared = |compare| of_argument((index, value), mask, compare, operand);
    let low = match compare {
        Compare::NotEqual => return compared(Compare::Equal).negated(),
        Compare::Less => return compared(Compare::GreaterOrEqual).negated(),
        Compare::LessOrEqual => return compared(Compare::Greater).negated(),
        Compare::Equal => Jump::Equal,
        Compare::Greater => Jump::Greater,
        Compare::GreaterOrEqual => Jump::GreaterOrEqual,
    };
    // The bits of the type; those above are all the same.
    let bits = u64::MAX >> (64 - 8 * u32::from(value.width.clamp(1, 8)));
    let sign = bits ^ bits >> 1;
    let with_above = |above: u64| match (above & !bits & mask).cmp(&(operand & !bits)) {
        Ordering::Equal => of_halves(index, mask & bits, low, operand & bits),
        unequal @ (Ordering::Less | Ordering::Greater) => Formula::Constant(holds(unequal, compare)),
    };
    if !value.signed || bits == u64::MAX {
        return with_above(0);
    }
    if compare == Compare::Equal && mask & sign != 0 {
        // What is equal has the operand's sign.
        return with_above(if operand & sign == 0 { 0 } else { u64::MAX });
    }
    let negative = test(Word { offset: offset_of(index), mask: sign as u32 }, Jump::Equal, sign as u32);
    Formula::choose(negative, with_above(u64::MAX), with_above(0))
}

fn offset_of(index: u8) -> u32 {
    DATA_ARGS + 8 * u32::from(index)
}

fn of_halves(index: u8, mask: u64, jump: Jump, operand: u64) -> Formula {
    let low = Word { offset: offset_of(index), mask: mask as u32 };
    let high = Word { offset: offset_of(index) + 4, mask: (mask >> 32) as u32 };
    let (low_operand, high_operand) = (operand as u32, (operand >> 32) as u32);
    let equal = Formula::all(vec![test(high, Jump::Equal, high_operand), test(low, jump, low_operand)]);
    if jump == Jump::Equal { equal } else { Formula::any(vec![test(high, Jump::Greater, high_operand), equal]) }
}

fn test(word: Word, jump: Jump, operand: u32) -> Formula {
    let made = |word, jump, operand| Formula::Test(Test { word, jump, operand });
    let any_bit = |bits| made(Word::whole(word.offset), Jump::AnyBit, bits);
    match jump {
        Jump::Equal if operand & !word.mask != 0 => NEVER,
        Jump::Equal if word.mask == 0 => ALWAYS,
        Jump::Equal if word.mask == u32::MAX => made(word, jump, operand),
        // Spares the masking.
        Jump::Equal if operand == 0 => any_bit(word.mask).negated(),
        Jump::Equal if word.mask.is_power_of_two() => any_bit(word.mask),
        Jump::Greater if operand >= word.mask => NEVER,
        Jump::GreaterOrEqual if operand > word.mask => NEVER,
        Jump::GreaterOrEqual if operand == 0 => ALWAYS,
        Jump::Equal | Jump::Greater | Jump::GreaterOrEqual | Jump::AnyBit => made(word, jump, operand),
    }
}
