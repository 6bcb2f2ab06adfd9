//! Makes a classic BPF program from its end to its beginning: jumps lead forward only, so that way every place that a jump leads to
//! is known when the jump is written, and one that is out of reach (a jump has 8 bits) gets a longer one behind it.

use std::collections::HashMap;

use libc::sock_filter;

use super::Verdict;
use super::formula::{Formula, Jump, Test, Word};

/// Where a jump leads.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Target {
    Verdict(Verdict),
    /// To a test of this word, which the accumulator has to hold. Places are counted from the end of the program.
    Test {
        at: usize,
        word: Word,
    },
}

/// A place further away than this is looked for, or made, nearby: some room is left for what comes in between.
const NEAR: usize = 240;

#[derive(Default)]
pub(super) struct Assembler {
    /// The last instruction first.
    backwards: Vec<sock_filter>,
    /// The nearest place that returns each verdict.
    returns: HashMap<Verdict, usize>,
    /// By test, where its word is loaded.
    loads: HashMap<usize, usize>,
    /// By place, the nearest jump to it.
    hops: HashMap<usize, usize>,
}

impl Assembler {
    /// Continues with `yes` where the formula holds, with `no` elsewhere.
    pub(super) fn formula(&mut self, formula: &Formula, yes: Target, no: Target) -> Target {
        match formula {
            Formula::Constant(true) => yes,
            Formula::Constant(false) => no,
            Formula::Not(negated) => self.formula(negated, no, yes),
            Formula::All(several) => several.iter().rev().fold(yes, |next, one| self.formula(one, next, no)),
            Formula::Any(several) => several.iter().rev().fold(no, |next, one| self.formula(one, yes, next)),
            Formula::Test(test) => self.test(*test, yes, no),
        }
    }

    pub(super) fn test(&mut self, test: Test, yes: Target, no: Target) -> Target {
        let mut yes = self.place(yes, Some(test.word));
        let mut no = self.place(no, Some(test.word));
        // A longer jump for one of them may move the other out of reach.
        let (jt, jf) = loop {
            match (self.reach(yes), self.reach(no)) {
                (Some(jt), Some(jf)) => break (jt, jf),
                (None, _) => yes = self.hop(yes),
                (_, None) => no = self.hop(no),
            }
        };
        let condition = match test.jump {
            Jump::Equal => libc::BPF_JEQ,
            Jump::Greater => libc::BPF_JGT,
            Jump::GreaterOrEqual => libc::BPF_JGE,
            Jump::AnyBit => libc::BPF_JSET,
        };
        let at = self.push(libc::BPF_JMP | condition | libc::BPF_K, (jt, jf), test.operand);
        Target::Test { at, word: test.word }
    }

    /// The program that starts at `target`.
    pub(super) fn finish(mut self, target: Target) -> Vec<sock_filter> {
        let start = self.place(target, None);
        self.fall_through_to(start);
        self.backwards.reverse();
        self.backwards
    }

    /// Where to jump with this word in the accumulator.
    fn place(&mut self, target: Target, held: Option<Word>) -> usize {
        match target {
            Target::Test { at, word } if held == Some(word) => at,
            Target::Test { at, word } => self.loads.get(&at).copied().unwrap_or_else(|| self.load(at, word)),
            Target::Verdict(verdict) => match self.returns.get(&verdict) {
                Some(at) if self.backwards.len() - at <= NEAR => *at,
                _ => {
                    let at = self.push(libc::BPF_RET | libc::BPF_K, (0, 0), verdict.encoded());
                    self.returns.insert(verdict, at);
                    at
                }
            },
        }
    }

    fn load(&mut self, test: usize, word: Word) -> usize {
        self.fall_through_to(test);
        if word.mask != u32::MAX {
            self.push(libc::BPF_ALU | libc::BPF_AND | libc::BPF_K, (0, 0), word.mask);
        }
        let at = self.push(libc::BPF_LD | libc::BPF_W | libc::BPF_ABS, (0, 0), word.offset);
        self.loads.insert(test, at);
        at
    }

    fn fall_through_to(&mut self, place: usize) {
        if self.backwards.len() != place {
            self.jump(place);
        }
    }

    /// A place within reach that leads to one that is not.
    fn hop(&mut self, place: usize) -> usize {
        match self.hops.get(&place) {
            Some(hop) if self.backwards.len() - hop <= NEAR => *hop,
            _ => {
                let hop = self.jump(place);
                self.hops.insert(place, hop);
                hop
            }
        }
    }

    fn jump(&mut self, place: usize) -> usize {
        let over = self.backwards.len() - place;
        self.push(libc::BPF_JMP | libc::BPF_JA, (0, 0), over as u32)
    }

    fn reach(&self, place: usize) -> Option<u8> {
        u8::try_from(self.backwards.len() - place).ok()
    }

    fn push(&mut self, code: u32, (jt, jf): (u8, u8), k: u32) -> usize {
        self.backwards.push(sock_filter { code: code as u16, jt, jf, k });
        self.backwards.len()
    }
}
