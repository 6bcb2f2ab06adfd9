//! Properties of the two small languages: any bytes are read or refused, and any plan over any memory yields records that can
//! be read.

use syscope_engine::{Abi, Error, ModeRequest, Plan, Rules};

use crate::support::plan::{
    self, Node, Value, Wanted, absent, all_and, always, argument, array, bytes, constant, deny, deref, entry,
    fd_details, fd_of, fds_in_bits, fds_in_messages, field, int, limited, outer, process, record, result, rules, stack,
    string, strings, switch, word,
};
use crate::support::trace;

/// xorshift64*, so that a failure can be had again from its seed.
struct Random(u64);

impl Random {
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

    fn bytes(&mut self, most: u64) -> Vec<u8> {
        (0..self.below(most)).map(|_| self.next() as u8).collect()
    }
}

const ODD: [u64; 10] = [0, 1, 7, 16, 255, 4096, 65_536, u32::MAX as u64, i64::MAX as u64, u64::MAX];

fn any_value(random: &mut Random) -> Value {
    let index = random.below(6) as u8;
    let offset = random.pick(&[0, 1, 4, 8, 16, 24, 4095, u32::MAX]);
    let width = random.pick(&[1, 2, 4, 8]);
    match random.below(10) {
        0 => constant(random.pick(&ODD)),
        1 | 2 => argument(index),
        3 => int(index),
        4 => result(),
        5 => field(offset, width),
        6 => deref(index, offset, width),
        7 => outer(offset, width),
        8 => stack(offset),
        _ => entry(index, offset, width),
    }
}

fn any_node(random: &mut Random, depth: u64) -> Node {
    let key = random.below(30) as u8;
    let max = random.pick(&[0, 1, 3, 64, 4095, 4096, 70_000, 1 << 20]);
    let children: Vec<Node> =
        if depth < 4 { (0..random.below(3)).map(|_| any_node(random, depth + 1)).collect() } else { Vec::new() };
    let pointer = any_value(random);
    let node = match random.below(7) {
        0 => string(key, pointer, max),
        1 => bytes(key, pointer, any_value(random), max).inside(&children),
        2 => limited(key, pointer, any_value(random), random.pick(&[0, 1, 8, u32::MAX]), any_value(random), max)
            .inside(&children),
        3 => {
            let budget = if random.below(2) == 0 { absent() } else { any_value(random) };
            array(
                key,
                pointer,
                any_value(random),
                budget,
                random.pick(&[1, 8, 16, 64, 4096]),
                random.pick(&[0, 1, 5, 300]),
            )
            .inside(&children)
        }
        4 => strings(key, pointer, random.pick(&[0, 1, 20, 1000]), max),
        _ if depth < 4 => switch(
            pointer,
            &[(random.pick(&ODD), random.pick(&ODD), children.clone()), (0xff, 1, children.clone())],
            &children,
        ),
        _ => match random.below(5) {
            0 => fd_details(key, pointer, random.pick(&[0, 1, 2, 31])),
            1 => fds_in_bits(key, pointer),
            2 => fds_in_messages(key, pointer),
            3 => fd_of(key, pointer, random.below(2) == 0, any_value(random)),
            _ => process(key, pointer, random.below(4) as u8, random.below(4) as u8),
        },
    };
    match random.below(4) {
        0 => node,
        1 => node.at_exit(),
        2 => node.at_any_exit(),
        _ => node.at_failure(),
    }
}

fn any_call(random: &mut Random, number: i64) -> Wanted {
    let nodes: Vec<Node> = (0..1 + random.below(6)).map(|_| any_node(random, 0)).collect();
    let call = record(number, &nodes).by(random.pick(&[Abi::X86_64, Abi::X86_64, Abi::X86_64, Abi::I386, Abi::X32]));
    if random.below(8) == 0 { call.unrecorded() } else { call }
}

#[test]
fn any_bytes_are_a_plan_or_refused_with_the_place() {
    let mut random = Random(0x5eed_0001);
    for round in 0..60_000 {
        let mut bytes = match round % 3 {
            0 => random.bytes(200),
            1 => [b"SPLN\x01\0\0\0".to_vec(), random.bytes(200)].concat(),
            _ => {
                let number = random.below(500) as i64;
                let mut bytes = all_and(&[any_call(&mut random, number)]);
                for _ in 0..1 + random.below(4) {
                    let at = random.below(bytes.len() as u64) as usize;
                    bytes[at] = random.pick(&[0, 1, 2, 3, 5, 6, 127, 255]);
                }
                bytes
            }
        };
        if random.below(8) == 0 {
            let cut = random.below(bytes.len() as u64 + 1) as usize;
            bytes.truncate(cut);
        }
        match Plan::parse(&bytes) {
            Ok(_) => {}
            Err(Error::Malformed { what: "plan", offset, .. }) => assert!(offset <= bytes.len(), "round {round}"),
            Err(error) => panic!("round {round}: {error}"),
        }
    }
}

#[test]
fn any_bytes_are_rules_or_refused_with_the_place() {
    let mut random = Random(0x5eed_0002);
    let valid = rules(&[
        deny(1, 13, &[(Abi::X86_64, 1), (Abi::I386, 4)], plan::all(&[always(), plan::not(word(argument(1), 7, 3, 9))])),
        deny(2, 1, &[(Abi::X86_64, 2)], plan::any(&[plan::captured(0, 1, 1, b"/etc"), word(deref(0, 4, 2), 1, 5, 0)])),
        plan::rule(
            3,
            &[(Abi::X86_64, 0)],
            plan::path(0, int(0), plan::GLOB, "/a/*"),
            &[plan::replace(3), plan::ask(2)],
        )
        .on(1, 2, 9, 3)
        .after(word(result(), u64::MAX, 1, 0)),
        plan::rule(
            4,
            &[(Abi::X86_64, 1)],
            plan::descriptor(int(0), plan::EXACT, "/x"),
            &[plan::poke(1, true, 2, b"yz")],
        ),
        plan::rule(
            5,
            &[(Abi::X86_64, 1)],
            plan::program_is(plan::BENEATH, "/bin"),
            &[plan::delay(false, 9), plan::send(9)],
        ),
    ]);
    Rules::parse(&valid).unwrap();
    for round in 0..60_000 {
        let mut bytes = match round % 3 {
            0 => random.bytes(120),
            1 => [b"SPRL\x02\0".to_vec(), random.bytes(200)].concat(),
            _ => {
                let mut bytes = valid.clone();
                for _ in 0..1 + random.below(4) {
                    let at = random.below(bytes.len() as u64) as usize;
                    bytes[at] = random.pick(&[0, 1, 2, 3, 5, 6, 127, 255]);
                }
                bytes
            }
        };
        if random.below(8) == 0 {
            let cut = random.below(bytes.len() as u64 + 1) as usize;
            bytes.truncate(cut);
        }
        match Rules::parse(&bytes) {
            Ok(_) => {}
            Err(Error::Malformed { what: "rules", offset, .. }) => assert!(offset <= bytes.len(), "round {round}"),
            Err(error) => panic!("round {round}: {error}"),
        }
    }
}

#[test]
fn nesting_sizes_and_numbers_have_limits_that_are_told() {
    let deep = |depth: usize| {
        (0..depth).fold(bytes(0, argument(0), constant(1), 1), |inner, _| {
            bytes(0, argument(0), constant(1), 1).inside(&[inner])
        })
    };
    assert!(Plan::parse(&all_and(&[record(1, &[deep(4)])])).is_ok());
    let refused = [
        all_and(&[record(1, &[deep(5)])]),
        all_and(&[record(1, &[string(0, argument(0), (1 << 20) + 1)])]),
        all_and(&[record(1, &[array(0, argument(0), int(1), absent(), 0, 1)])]),
        all_and(&[record(1, &[array(0, argument(0), int(1), absent(), 1, (1 << 16) + 1)])]),
        all_and(&[record(1, &[string(0, argument(6), 1)])]),
        all_and(&[record(1, &vec![string(0, argument(0), 1); 1025])]),
        all_and(&[record(1, &[string(0, argument(0), 1).inside(&[string(0, argument(0), 1)])])]),
        [all_and(&[]), vec![0]].concat(),
        b"SPLN\x02\0\0\0\0\0\0\0".to_vec(),
    ];
    for (index, bytes) in refused.iter().enumerate() {
        assert!(matches!(Plan::parse(bytes), Err(Error::Malformed { what: "plan", .. })), "plan {index}");
    }
    let nested = (0..13).fold(always(), |inner, _| plan::not(inner));
    let calls = [(Abi::X86_64, 1)];
    let refused = [
        rules(&[deny(0, 1, &calls, always())]),
        rules(&[deny(1, 0, &calls, always())]),
        rules(&[deny(1, 4096, &calls, always())]),
        rules(&[deny(1, 1, &calls, nested)]),
        rules(&[deny(1, 1, &calls, always()).on(0, 0, 5, 1)]),
        rules(&[deny(1, 1, &calls, always()).on(0, 5, 4, 1)]),
        rules(&[deny(1, 1, &calls, always()).on(4, 1, 1, 1)]),
        rules(&[deny(1, 1, &calls, always()).after(always())]),
        rules(&[deny(1, 1, &calls, plan::path(0, absent(), plan::GLOB, "{a"))]),
        rules(&[plan::rule(1, &calls, always(), &[plan::send(65)])]),
        rules(&[plan::rule(1, &calls, always(), &[plan::set_argument(6, 1)])]),
        rules(&[plan::rule(1, &calls, always(), &[plan::poke(0, false, 0, &[0; (1 << 16) + 1])])]),
    ];
    for (index, bytes) in refused.iter().enumerate() {
        assert!(matches!(Rules::parse(bytes), Err(Error::Malformed { what: "rules", .. })), "rules {index}");
    }
}

#[test]
fn any_plan_over_any_memory_yields_records_that_parse() {
    let fixtures = ["unreadable", "strings", "vectors", "messages", "argument-vectors", "int80", "own-trace"];
    let numbers = [
        libc::SYS_writev,
        libc::SYS_readv,
        libc::SYS_sendmsg,
        libc::SYS_recvmsg,
        libc::SYS_sendmmsg,
        libc::SYS_access,
        libc::SYS_execve,
        libc::SYS_write,
        libc::SYS_statfs,
        libc::SYS_openat,
        libc::SYS_mmap,
        libc::SYS_getppid,
    ];
    let mut captures = 0;
    for seed in 1..=60u64 {
        let mut random = Random(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15));
        let calls: Vec<Wanted> = numbers.iter().map(|number| any_call(&mut random, *number)).collect();
        let fixture = fixtures[seed as usize % fixtures.len()];
        let mode = if seed % 2 == 0 { ModeRequest::Stops } else { ModeRequest::Filter };
        // Reading the records asserts what holds for every one: sizes, nesting, padding, order.
        let run = trace(mode, fixture).plan(&all_and(&calls)).run().exited(0).complete();
        assert!(run.records.calls().count() > 10, "seed {seed}");
        captures += run.records.calls().map(|(_, call)| call.captures.len()).sum::<usize>();
    }
    assert!(captures > 1000, "{captures}");
}
