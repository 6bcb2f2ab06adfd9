//! The program is run as the kernel would, and has to say what the rules say when they are asked directly.
#![expect(clippy::wildcard_enum_match_arm, reason = "a test makes some kinds of predicates only")]

use super::*;
use crate::plan::{Source, Value};
use crate::rules::{Compare, Match, Matcher, Occurrence, Phase, Predicate, Scope};

/// `struct seccomp_data`.
#[derive(Clone, Copy)]
struct Call {
    arch: u32,
    nr: u32,
    args: [u64; 6],
}

fn native(nr: u32, args: [u64; 6]) -> Call {
    Call { arch: AUDIT_ARCH_X86_64, nr, args }
}

impl Call {
    fn load(&self, offset: u32) -> u32 {
        assert!(offset.is_multiple_of(4), "the kernel wants loads to be aligned");
        match offset {
            DATA_NR => self.nr,
            DATA_ARCH => self.arch,
            8 | 12 => 0,
            _ => (self.args[(offset as usize - 16) / 8] >> (offset % 8 * 8)) as u32,
        }
    }
}

/// What the kernel's interpreter returns, and whether it had to look at more than architecture and number.
fn interpret(program: &[sock_filter], call: Call) -> (u32, bool) {
    let (mut at, mut accumulator, mut looked) = (0usize, 0u32, false);
    loop {
        let step = program[at];
        at += 1;
        let jump = |holds: bool| usize::from(if holds { step.jt } else { step.jf });
        match u32::from(step.code) {
            code if code == libc::BPF_LD | libc::BPF_W | libc::BPF_ABS => {
                accumulator = call.load(step.k);
                looked |= step.k >= 8;
            }
            code if code == libc::BPF_ALU | libc::BPF_AND | libc::BPF_K => accumulator &= step.k,
            code if code == libc::BPF_JMP | libc::BPF_JA => at += step.k as usize,
            code if code == libc::BPF_JMP | libc::BPF_JEQ | libc::BPF_K => at += jump(accumulator == step.k),
            code if code == libc::BPF_JMP | libc::BPF_JGT | libc::BPF_K => at += jump(accumulator > step.k),
            code if code == libc::BPF_JMP | libc::BPF_JGE | libc::BPF_K => at += jump(accumulator >= step.k),
            code if code == libc::BPF_JMP | libc::BPF_JSET | libc::BPF_K => at += jump(accumulator & step.k != 0),
            code if code == libc::BPF_RET | libc::BPF_K => return (step.k, looked),
            code => panic!("unexpected instruction {code:#x}"),
        }
    }
}

fn run(program: &[sock_filter], call: Call) -> u32 {
    interpret(program, call).0
}

/// As the kernel checks it (net/core/filter.c, `bpf_check_classic`): jumps stay inside, and the end is a return.
fn assert_loadable(program: &[sock_filter]) {
    assert!((1..=MOST_INSTRUCTIONS).contains(&program.len()), "{} instructions", program.len());
    assert_eq!(u32::from(program.last().unwrap().code), libc::BPF_RET | libc::BPF_K);
    for (at, step) in program.iter().enumerate() {
        let code = u32::from(step.code);
        let over = match code & 7 {
            libc::BPF_JMP if code & 0xf0 == libc::BPF_JA => step.k as usize,
            libc::BPF_JMP => usize::from(step.jt.max(step.jf)),
            _ => 0,
        };
        assert!(at + 1 + over < program.len() || code & 7 == libc::BPF_RET, "instruction {at} leads out");
    }
}

/// xorshift64*, so that a failure can be had again from its seed.
struct Random(u64);

impl Random {
    fn of(seed: u64) -> Self {
        Self(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15))
    }

    fn next(&mut self) -> u64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        self.0.wrapping_mul(0x2545_f491_4f6c_dd1d)
    }

    fn below(&mut self, end: u64) -> u64 {
        self.next() % end
    }

    fn pick<T: Copy>(&mut self, from: &[T]) -> T {
        from[self.below(from.len() as u64) as usize]
    }
}

const EDGES: [u64; 16] = [
    0,
    1,
    2,
    0x7f,
    0x80,
    0xff,
    0x7fff,
    0x8000,
    0x7fff_ffff,
    0x8000_0000,
    0xffff_ffff,
    0x1_0000_0000,
    0x1_0000_0002,
    i64::MAX as u64,
    1 << 63,
    u64::MAX,
];

/// Of few words, or nothing would ever be equal.
fn any_word(random: &mut Random) -> u64 {
    match random.below(4) {
        0 => random.next(),
        1 => random.pick(&EDGES).wrapping_add(random.below(3)).wrapping_sub(1),
        _ => random.pick(&EDGES),
    }
}

const COMPARES: [Compare; 6] =
    [Compare::Equal, Compare::NotEqual, Compare::Less, Compare::LessOrEqual, Compare::Greater, Compare::GreaterOrEqual];

fn any_value(random: &mut Random) -> Value {
    let source = match random.below(12) {
        0 => Source::Constant(any_word(random)),
        _ => Source::Argument(random.below(2) as u8 * 5),
    };
    Value { source, width: random.pick(&[1, 2, 4, 8]), signed: random.below(2) == 0 }
}

fn any_comparison(random: &mut Random) -> Predicate {
    let mask = if random.below(3) == 0 { any_word(random) } else { u64::MAX };
    let operand = any_word(random);
    let operand = random.pick(&[operand, operand & mask]);
    Predicate::Word { value: any_value(random), mask, compare: random.pick(&COMPARES), operand }
}

/// What no filter can see.
fn unseen(random: &mut Random) -> Predicate {
    let matcher = Matcher { how: Match::Exact, last_component: false, operand: Vec::new() };
    let word = |source| Predicate::Word {
        value: Value { source, width: 4, signed: false },
        mask: u64::MAX,
        compare: Compare::NotEqual,
        operand: 7,
    };
    match random.below(5) {
        0 => Predicate::Program { matcher },
        1 => Predicate::Within { key: 1, holds: Box::new(Predicate::Always) },
        2 => word(Source::Depth),
        3 => word(Source::Entry(0, 0)),
        _ => Predicate::Argv { any: true, matcher },
    }
}

fn any_predicate(random: &mut Random, depth: u64) -> Predicate {
    let kinds = if depth < 4 { 10 } else { 6 };
    match random.below(kinds) {
        0 => unseen(random),
        1 if random.below(4) == 0 => Predicate::Always,
        6 => Predicate::Not(Box::new(any_predicate(random, depth + 1))),
        kind @ 7.. => {
            let several = (0..random.below(4)).map(|_| any_predicate(random, depth + 1)).collect();
            if kind == 7 { Predicate::Any(several) } else { Predicate::All(several) }
        }
        _ => any_comparison(random),
    }
}

/// Yes, no, or `None` where more than the words decides.
fn holds(predicate: &Predicate, args: &[u64; 6]) -> Option<bool> {
    match predicate {
        Predicate::Always => Some(true),
        Predicate::All(several) => all(several.iter().map(|one| holds(one, args))),
        Predicate::Any(several) => {
            all(several.iter().map(|one| holds(one, args).map(|holds| !holds))).map(|none| !none)
        }
        Predicate::Not(one) => holds(one, args).map(|holds| !holds),
        Predicate::Word { value, mask, compare, operand } => {
            let word = match value.source {
                Source::Argument(index) => args[usize::from(index)],
                Source::Constant(constant) => constant,
                Source::Depth | Source::Entry(..) => return None,
                other => panic!("{other:?} is not made here"),
            };
            let word = value.cut(word) & mask;
            Some(match compare {
                Compare::Equal => word == *operand,
                Compare::NotEqual => word != *operand,
                Compare::Less => word < *operand,
                Compare::LessOrEqual => word <= *operand,
                Compare::Greater => word > *operand,
                Compare::GreaterOrEqual => word >= *operand,
            })
        }
        Predicate::Program { .. } | Predicate::Within { .. } | Predicate::Argv { .. } => None,
        other => panic!("{other:?} is not made here"),
    }
}

fn all(several: impl Iterator<Item = Option<bool>>) -> Option<bool> {
    let several: Vec<_> = several.collect();
    if several.contains(&Some(false)) {
        Some(false)
    } else {
        several.into_iter().collect::<Option<Vec<_>>>().map(|_| true)
    }
}

/// What the rules say of a call, asked one by one. What an earlier rule may do at a stop comes first.
fn asked(rules: &[Rule], args: &[u64; 6], stops: bool) -> u32 {
    for rule in rules {
        match (holds(&rule.when, args), rule.errno_alone()) {
            (Some(false), _) => {}
            (Some(true), Some(errno)) => return Verdict::Fail { errno }.encoded(),
            (Some(true), None) | (None, _) => return libc::SECCOMP_RET_TRACE,
        }
    }
    if stops { libc::SECCOMP_RET_TRACE } else { libc::SECCOMP_RET_ALLOW }
}

fn reported(id: u16, when: Predicate) -> Rule {
    let occurrence = Occurrence { scope: Scope::Tree, first: 1, last: u32::MAX, step: 1 };
    Rule {
        id,
        report: true,
        occurrence,
        when,
        outcome: None,
        actions: vec![Action::Skip { result: -1, instead: None }],
    }
}

fn quiet(id: u16, when: Predicate) -> Rule {
    Rule { report: false, ..reported(id, when) }
}

fn is(index: u8, operand: u64) -> Predicate {
    let value = Value { source: Source::Argument(index), width: 8, signed: false };
    Predicate::Word { value, mask: u64::MAX, compare: Compare::Equal, operand }
}

const NOTHING: Reserved = Reserved { traced: &[], unanswered: &[], answers: true };

/// These rules for these calls, and nothing else wanted.
fn filter(ruled: &[(u32, Vec<&Rule>)]) -> Filter {
    Filter::compile(Some(Vec::new()), &ruled.iter().cloned().collect(), NOTHING)
}

/// A verdict for each number, and one for all others.
fn by_number(verdicts: &BTreeMap<u32, Verdict>, otherwise: Verdict) -> Vec<sock_filter> {
    let calls = verdicts.iter().map(|(number, verdict)| (*number, Rc::new(Chain::plain(*verdict)))).collect();
    fitting(calls, otherwise).0
}

#[test]
fn every_number_gets_its_own_verdict_and_all_others_run() {
    for step in [1u32, 2, 3, 7] {
        let verdicts: BTreeMap<u32, Verdict> = (0..600)
            .step_by(step as usize)
            .map(|nr| (nr, if nr % 5 == 0 { Verdict::Fail { errno: 13 } } else { Verdict::Trace }))
            .collect();
        let program = by_number(&verdicts, Verdict::Allow);
        assert_loadable(&program);
        for nr in (0..700).chain([X32_BIT - 1]) {
            let wanted = verdicts.get(&nr).copied().unwrap_or(Verdict::Allow).encoded();
            assert_eq!(run(&program, native(nr, [0; 6])), wanted, "number {nr}, every {step}");
        }
    }
}

#[test]
fn numbers_beyond_any_table_get_the_verdict_of_the_others() {
    let verdicts = BTreeMap::from([(0, Verdict::Allow), (7, Verdict::Fail { errno: 1 })]);
    let program = by_number(&verdicts, Verdict::Trace);
    for nr in [1, 6, 8, 1023, 5000, X32_BIT - 1] {
        assert_eq!(run(&program, native(nr, [0; 6])), libc::SECCOMP_RET_TRACE, "number {nr}");
    }
    assert_eq!(run(&program, native(0, [0; 6])), libc::SECCOMP_RET_ALLOW);
    assert_eq!(run(&program, native(7, [0; 6])), libc::SECCOMP_RET_ERRNO | 1);
}

#[test]
fn calls_of_other_abis_always_stop() {
    let rule = quiet(1, Predicate::Always);
    let program = filter(&[(1, vec![&rule])]).program;
    for nr in [0, 1, 102, 500] {
        let wanted = if nr == 1 { libc::SECCOMP_RET_ERRNO | 1 } else { libc::SECCOMP_RET_ALLOW };
        assert_eq!(run(&program, native(nr, [0; 6])), wanted);
        assert_eq!(run(&program, native(X32_BIT | nr, [0; 6])), libc::SECCOMP_RET_TRACE);
        assert_eq!(run(&program, Call { arch: AUDIT_ARCH_I386, nr, args: [0; 6] }), libc::SECCOMP_RET_TRACE);
    }
}

#[test]
fn a_filter_says_of_any_rules_what_they_say_themselves() {
    let (mut failed, mut stopped, mut allowed) = (0, 0, 0);
    for seed in 1..=3000u64 {
        let mut random = Random::of(seed);
        let rules: Vec<Rule> = (0..=random.below(5))
            .map(|id| {
                let when = any_predicate(&mut random, 0);
                let rule = if random.below(2) == 0 { quiet(1, when) } else { reported(1, when) };
                Rule { actions: vec![Action::Skip { result: -1 - id.cast_signed(), instead: None }], ..rule }
            })
            .collect();
        let stops = random.below(4) == 0;
        let wanted = if stops { vec![7] } else { vec![8] };
        let of_call = BTreeMap::from([(7, rules.iter().collect())]);
        let program = Filter::compile(Some(wanted), &of_call, NOTHING).program;
        assert_loadable(&program);
        for _ in 0..60 {
            let args = [0; 6].map(|_: u64| any_word(&mut random));
            let told = run(&program, native(7, args));
            assert_eq!(told, asked(&rules, &args, stops), "seed {seed}, {args:x?}, {rules:#?}");
            match told {
                libc::SECCOMP_RET_ALLOW => allowed += 1,
                libc::SECCOMP_RET_TRACE => stopped += 1,
                _ => failed += 1,
            }
        }
        assert_eq!(run(&program, native(6, [0; 6])), libc::SECCOMP_RET_ALLOW);
    }
    assert!(failed > 5000 && stopped > 5000 && allowed > 5000, "{failed} {stopped} {allowed}");
}

#[test]
fn all_widths_signs_and_comparisons_are_exact() {
    for seed in 1..=20_000u64 {
        let mut random = Random::of(seed);
        let rules = [quiet(1, any_comparison(&mut random))];
        assert_eq!(Formula::may(&rules[0].when), Formula::must(&rules[0].when));
        let program = filter(&[(7, vec![&rules[0]])]).program;
        let operand = if let Predicate::Word { operand, .. } = rules[0].when { operand } else { 0 };
        for near in [operand.wrapping_sub(1), operand, operand.wrapping_add(1), any_word(&mut random)] {
            for above in [0, u64::MAX, 1 << 32] {
                let args = [near ^ (above << 32), 0, 0, 0, 0, near ^ (above & !0xff)];
                assert_eq!(run(&program, native(7, args)), asked(&rules, &args, false), "seed {seed}, {args:x?}");
            }
        }
    }
}

#[test]
fn sets_of_rules_of_any_size_fit() {
    for seed in 1..=40u64 {
        let mut random = Random::of(seed);
        let (calls, most) = random.pick(&[(300, 6), (20, 100), (2, 700), (1, 1500), (350, 40)]);
        let rules: Vec<Vec<Rule>> = (0..calls)
            .map(|_| {
                let of_call = 0..random.below(most);
                of_call.map(|_| quiet(1, Predicate::All(vec![any_comparison(&mut random), is(5, 3)]))).collect()
            })
            .collect();
        let ruled: Vec<(u32, Vec<&Rule>)> =
            rules.iter().enumerate().map(|(at, of_call)| (2 * at as u32, of_call.iter().collect())).collect();
        let program = filter(&ruled).program;
        assert_loadable(&program);
        for (at, of_call) in rules.iter().enumerate() {
            for last in [3, 4] {
                let mut args = [0; 6].map(|_: u64| any_word(&mut random));
                args[5] = last;
                let told = run(&program, native(2 * at as u32, args));
                let right = asked(of_call, &args, false);
                assert!(told == right || told == libc::SECCOMP_RET_TRACE, "seed {seed}, {args:x?}");
            }
            assert_eq!(run(&program, native(2 * at as u32 + 1, [0; 6])), libc::SECCOMP_RET_ALLOW);
        }
    }
}

#[test]
fn what_does_not_fit_is_told_to_stop() {
    // Words with nothing in common, for two calls; a third one fits.
    let pairs = |id, count: u64| -> Vec<Rule> {
        (0..count).map(|at| quiet(id, Predicate::All(vec![is(0, at << 33 | 1), is(1, at << 34 | at)]))).collect()
    };
    let (long, longer, short) = (pairs(1, 300), pairs(2, 800), pairs(3, 10));
    let filter = filter(&[(10, long.iter().collect()), (20, longer.iter().collect()), (30, short.iter().collect())]);
    assert_loadable(&filter.program);
    assert_eq!(
        filter.enforced,
        BTreeMap::from([(1, Enforced::Kernel), (2, Enforced::Stops), (3, Enforced::Kernel)]),
        "only as many as have to"
    );
    let args = [9, 9, 9, 9, 9, 9];
    assert_eq!(run(&filter.program, native(10, args)), libc::SECCOMP_RET_ALLOW);
    assert_eq!(run(&filter.program, native(20, args)), libc::SECCOMP_RET_TRACE);
    assert_eq!(run(&filter.program, native(30, [5 << 33 | 1, 5 << 34 | 5, 0, 0, 0, 0])), libc::SECCOMP_RET_ERRNO | 1);
}

#[test]
fn a_thousand_rules_about_one_argument_are_a_thousand_jumps() {
    let rules: Vec<Rule> = (0..1000).map(|at| reported(at as u16 + 1, is(2, 3 * at))).collect();
    let filter = filter(&[(7, rules.iter().collect())]);
    assert!(filter.program.len() < 1100, "{} instructions", filter.program.len());
    assert!(filter.enforced.values().all(|how| *how == Enforced::Filter));
    for word in (0..3100).chain([1 << 32, 3 | 1 << 32]) {
        let wanted = if word < 3000 && word % 3 == 0 { libc::SECCOMP_RET_TRACE } else { libc::SECCOMP_RET_ALLOW };
        assert_eq!(run(&filter.program, native(7, [0, 0, word, 0, 0, 0])), wanted, "{word:#x}");
    }
}

#[test]
fn calls_with_the_same_conditions_share_them() {
    let rules: Vec<Rule> = (0..50).map(|at| reported(1, is(0, at))).collect();
    let ruled: Vec<(u32, Vec<&Rule>)> = (0..200).map(|at| (3 * at, rules.iter().collect())).collect();
    let filter = filter(&ruled);
    assert!(filter.program.len() < 600, "{} instructions", filter.program.len());
    for nr in 0..600 {
        let wanted = if nr % 3 == 0 { libc::SECCOMP_RET_TRACE } else { libc::SECCOMP_RET_ALLOW };
        assert_eq!(run(&filter.program, native(nr, [49; 6])), wanted);
        assert_eq!(run(&filter.program, native(nr, [50; 6])), libc::SECCOMP_RET_ALLOW);
    }
}

#[test]
fn calls_without_rules_are_decided_by_their_number_alone() {
    let rules: Vec<Rule> = (0..40).map(|at| quiet(1, is(1, at))).collect();
    let ruled: Vec<(u32, Vec<&Rule>)> = (0..40).map(|at| (at * 9, rules[..at as usize].iter().collect())).collect();
    let program = filter(&ruled).program;
    for nr in 0..600 {
        let (_, looked) = interpret(&program, native(nr, [0; 6]));
        assert_eq!(looked, nr > 0 && nr <= 39 * 9 && nr % 9 == 0, "number {nr}");
    }
}

#[test]
fn a_call_that_is_wanted_stops_unless_the_kernel_fails_it() {
    let (denied, told) = (quiet(1, is(0, 2)), reported(2, is(0, 3)));
    let rules = BTreeMap::from([(7, vec![&denied, &told])]);
    for wanted in [Some(vec![7]), None] {
        let everything = wanted.is_none();
        let filter = Filter::compile(wanted, &rules, NOTHING);
        for (word, verdict) in [(2, Verdict::Fail { errno: 1 }), (3, Verdict::Trace), (4, Verdict::Trace)] {
            assert_eq!(run(&filter.program, native(7, [word; 6])), verdict.encoded());
        }
        let other = if everything { Verdict::Trace } else { Verdict::Allow };
        assert_eq!(run(&filter.program, native(8, [2; 6])), other.encoded());
        assert_eq!(filter.enforced, BTreeMap::from([(1, Enforced::Kernel), (2, Enforced::Stops)]));
    }
}

#[test]
fn what_the_engine_needs_stops_or_is_left_to_a_stop() {
    let rule = quiet(1, Predicate::Always);
    let reserved = Reserved { traced: &[7, 8], unanswered: &[9], answers: true };
    let rules = BTreeMap::from([(7, vec![&rule]), (9, vec![&rule])]);
    let filter = Filter::compile(Some(Vec::new()), &rules, reserved);
    for nr in [7, 8, 9] {
        assert_eq!(run(&filter.program, native(nr, [0; 6])), libc::SECCOMP_RET_TRACE);
    }
    assert_eq!(run(&filter.program, native(10, [0; 6])), libc::SECCOMP_RET_ALLOW);
    assert_eq!(filter.enforced, BTreeMap::from([(1, Enforced::Filter)]));
    let filter = Filter::compile(Some(Vec::new()), &rules, Reserved { answers: false, ..NOTHING });
    assert_eq!(run(&filter.program, native(7, [0; 6])), libc::SECCOMP_RET_TRACE);
}

#[test]
fn nothing_is_answered_where_a_rule_may_change_the_arguments() {
    let denied = quiet(1, is(0, 1));
    let changes = [
        (Action::SetArgument { index: 0, value: 1 }, Enforced::Filter),
        (Action::Ask { enter: true, exit: false }, Enforced::Filter),
        (Action::Ask { enter: false, exit: true }, Enforced::Kernel),
        (Action::Poke { index: 0, phase: Phase::Enter, offset: 0, bytes: vec![1] }, Enforced::Kernel),
    ];
    for (action, wanted) in changes {
        let changing = Rule { actions: vec![action], ..reported(2, is(0, 2)) };
        let filter = filter(&[(7, vec![&denied, &changing])]);
        assert_eq!(filter.enforced[&1], wanted);
        let told = run(&filter.program, native(7, [1; 6]));
        let fails = wanted == Enforced::Kernel;
        assert_eq!(told, if fails { libc::SECCOMP_RET_ERRNO | 1 } else { libc::SECCOMP_RET_TRACE });
    }
}

#[test]
fn rules_that_wait_for_an_outcome_come_after_the_others() {
    let waiting = Rule {
        outcome: Some(Predicate::Always),
        actions: vec![Action::Replace { result: 0 }],
        ..reported(1, Predicate::Always)
    };
    let denied = quiet(2, is(0, 1));
    let filter = filter(&[(7, vec![&waiting, &denied])]);
    assert_eq!(run(&filter.program, native(7, [1; 6])), libc::SECCOMP_RET_ERRNO | 1);
    assert_eq!(run(&filter.program, native(7, [2; 6])), libc::SECCOMP_RET_TRACE);
    assert_eq!(filter.enforced, BTreeMap::from([(1, Enforced::Filter), (2, Enforced::Kernel)]));
}

#[test]
fn only_what_the_filter_answers_alone_at_every_call_is_the_kernels() {
    let unseen = |id| {
        quiet(
            id,
            Predicate::Program { matcher: Matcher { how: Match::Exact, last_component: false, operand: Vec::new() } },
        )
    };
    let counted =
        Rule { occurrence: Occurrence { scope: Scope::Tree, first: 2, last: 2, step: 1 }, ..quiet(4, is(0, 4)) };
    let (first, second, shadowed) = (quiet(1, is(0, 1)), unseen(2), quiet(3, is(0, 3)));
    let filter = filter(&[(7, vec![&first, &counted]), (8, vec![&first, &second, &shadowed]), (9, vec![&shadowed])]);
    let wanted = [(1, Enforced::Kernel), (2, Enforced::Filter), (3, Enforced::Filter), (4, Enforced::Filter)];
    assert_eq!(filter.enforced, BTreeMap::from(wanted));
    // A part of the condition that the filter can't see.
    assert_eq!(run(&filter.program, native(8, [3; 6])), libc::SECCOMP_RET_TRACE);
    assert_eq!(run(&filter.program, native(9, [3; 6])), libc::SECCOMP_RET_ERRNO | 1);
}
