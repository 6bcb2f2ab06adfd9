//! Copies from tracee memory: at its edges, of nothing, nested, cut, refused.

use syscope_engine::ModeRequest;

use crate::in_both_modes;
use crate::support::plan::{
    Node, absent, all_and, argument, array, bytes, constant, deref, entry, field, int, limited, only, outer, record,
    result, string, strings, switch,
};
use crate::support::records::{Call, Capture, FAULT, NULL, OK, TRUNCATED};
use crate::support::{fixtures, trace};

const PATH_MAX: u32 = 4095;

fn told(capture: &Capture) -> (u8, &[u8]) {
    (capture.status, &capture.bytes)
}

in_both_modes! {
    fn strings_are_read_up_to_their_nul_and_no_further_than_memory_goes(mode: ModeRequest) {
        let plan = all_and(&[record(libc::SYS_access, &[string(0, argument(0), PATH_MAX)])]);
        let run = trace(mode, "strings").plan(&plan).run().exited(0).complete();
        let calls = run.records.of(libc::SYS_access);
        let by_case = |case: u64| told(calls.iter().find(|call| call.args[1] == case && call.ip == calls.last().unwrap().ip).unwrap().capture(0));
        assert_eq!(by_case(0), (NULL, &b""[..]));
        assert_eq!(by_case(1), (FAULT, &b""[..]));
        assert_eq!(by_case(2), (FAULT, &b""[..]));
        assert_eq!(by_case(3), (FAULT, &b""[..]));
        assert_eq!(by_case(4), (OK, &b"/edge"[..]));
        assert_eq!(by_case(5), (FAULT, &b"/cliff"[..]));
        assert_eq!(by_case(6), (FAULT, &b"f"[..]));
        assert_eq!(by_case(7), (OK, &b"/across"[..]));
        assert_eq!(by_case(8), (OK, &b"/\xff\xfe\n\x01\"\\"[..]));
        assert_eq!(by_case(9), (FAULT, &b""[..]));
        assert_eq!(by_case(10), (OK, &[b'p'; 4095][..]));
        assert_eq!(by_case(11), (TRUNCATED, &[b'q'; 4095][..]));
        assert_eq!(by_case(12), (OK, &b""[..]));
    }
}

in_both_modes! {
    fn a_limit_cuts_a_string_with_a_mark_and_exactly_the_limit_is_whole(mode: ModeRequest) {
        for (limit, status, text) in [(4, TRUNCATED, &b"/edg"[..]), (5, OK, b"/edge"), (6, OK, b"/edge"), (0, TRUNCATED, b"")] {
            let plan = only(&[record(libc::SYS_access, &[string(0, argument(0), limit)])]);
            let run = trace(mode, "strings").plan(&plan).run().exited(0);
            // The loader's own come before.
        let calls = run.records.of(libc::SYS_access);
        let case = calls.iter().find(|call| call.args[1] == 4 && call.ip == calls.last().unwrap().ip);
        assert_eq!(told(case.unwrap().capture(0)), (status, text));
        }
    }
}

/// iovec: base and length; `budget` is the total that all elements share.
fn vectors(key: u8, budget: crate::support::plan::Value) -> Node {
    array(key, argument(1), int(2), budget, 16, 16).inside(&[bytes(0, field(0, 8), field(8, 8), 100)])
}

fn texts(capture: &Capture) -> Vec<(u8, &[u8])> {
    capture.children.iter().map(told).collect()
}

in_both_modes! {
    fn vectors_are_read_element_by_element(mode: ModeRequest) {
        let plan = all_and(&[
            record(libc::SYS_writev, &[vectors(1, absent())]),
            record(libc::SYS_readv, &[vectors(1, result()).at_exit()]),
        ]);
        let run = trace(mode, "vectors").plan(&plan).run().exited(0).complete();
        assert_eq!(run.stdout, "9 -14 -14 -22 9\n");
        let written = run.records.of(libc::SYS_writev);
        let [whole, torn, cut, negative] = written.as_slice() else { panic!("{written:#?}") };
        assert_eq!((whole.capture(1).status, whole.capture(1).bytes.len(), whole.capture(1).wanted), (OK, 64, 64));
        assert_eq!(texts(whole.capture(1)), [(OK, &b"one"[..]), (OK, b""), (OK, b"three"), (OK, b"x")]);
        assert_eq!(texts(torn.capture(1)), [(OK, &b"good"[..]), (FAULT, b"")]);
        // The array's second element lies beyond the edge.
        assert_eq!((cut.capture(1).status, cut.capture(1).bytes.len(), cut.capture(1).wanted), (FAULT, 16, 32));
        assert_eq!(texts(cut.capture(1)), [(OK, &b"last"[..])]);
        // A count of -1.
        assert_eq!((negative.capture(1).status, negative.capture(1).bytes.len()), (OK, 0));
        // What was read, not what there was room for: 9 bytes over elements of 4 and 64.
        let read = run.records.of(libc::SYS_readv)[0];
        assert_eq!(texts(read.capture(1)), [(OK, &b"onet"[..]), (OK, b"hreex")]);
        assert_eq!(read.capture(1).phase, 1);
    }
}

in_both_modes! {
    fn more_elements_than_the_limit_are_cut_with_a_mark(mode: ModeRequest) {
        let node = array(1, argument(1), int(2), absent(), 16, 2).inside(&[bytes(0, field(0, 8), field(8, 8), 2)]);
        let plan = only(&[record(libc::SYS_writev, &[node])]);
        let run = trace(mode, "vectors").plan(&plan).run().exited(0);
        let whole = run.records.of(libc::SYS_writev)[0].capture(1);
        assert_eq!((whole.status, whole.bytes.len(), whole.wanted), (TRUNCATED, 32, 64));
        assert_eq!(texts(whole), [(TRUNCATED, &b"on"[..]), (OK, b"")]);
        assert_eq!(whole.children[0].wanted, 3);
    }
}

/// struct msghdr at a pointer, with name, vectors and control inside; 56 bytes.
fn message(key: u8, budget: crate::support::plan::Value) -> Node {
    bytes(key, argument(1), constant(56), 56).inside(&[
        limited(0, field(0, 8), field(8, 4), 1, constant(128), 128),
        array(2, field(16, 8), field(24, 8), budget, 16, 8).inside(&[bytes(0, field(0, 8), field(8, 8), 64)]),
        bytes(4, field(32, 8), field(40, 8), 64),
    ])
}

in_both_modes! {
    fn messages_are_read_down_to_their_parts(mode: ModeRequest) {
        let plan = all_and(&[
            record(libc::SYS_sendmsg, &[message(1, absent())]),
            record(libc::SYS_recvmsg, &[message(1, result()).at_exit()]),
            record(
                libc::SYS_sendmmsg,
                &[array(1, argument(1), result(), absent(), 64, 8)
                    .inside(&[
                        // The element's own field, and one of the call's around it: an OuterField of the top is nothing.
                        array(2, field(16, 8), field(24, 8), field(56, 4), 16, 8).inside(&[limited(0, field(0, 8), field(8, 8), 1, outer(56, 4), 64)]),
                        bytes(3, outer(0, 8), constant(4), 4),
                    ])
                    .at_exit()],
            ),
        ]);
        let run = trace(mode, "messages").plan(&plan).run().exited(0).complete();
        assert_eq!(run.stdout, "7 1 7 2\n");
        let sent = run.records.of(libc::SYS_sendmsg);
        let first = sent[0].capture(1);
        assert_eq!((first.status, first.bytes.len()), (OK, 56));
        assert_eq!(first.children.iter().map(|child| (child.key, child.status)).collect::<Vec<_>>(), [(0, NULL), (2, OK), (4, NULL)]);
        assert_eq!(texts(&first.children[1]), [(OK, &b"alpha"[..]), (OK, b"be")]);
        let named = sent[1].capture(1);
        assert_eq!(told(&named.children[0]), (OK, &[0x55; 16][..]));
        // 7 bytes came, into elements of 3 and 20.
        let received = run.records.of(libc::SYS_recvmsg)[0].capture(1);
        assert_eq!(texts(&received.children[1]), [(OK, &b"alp"[..]), (OK, b"habe")]);
        let several = run.records.of(libc::SYS_sendmmsg)[0].capture(1);
        assert_eq!((several.bytes.len(), several.children.len()), (128, 4));
        assert_eq!(texts(&several.children[0]), [(OK, &b"alpha"[..]), (OK, b"be")]);
        assert_eq!(several.children[1].status, FAULT, "there is nothing around the outermost array");
        assert_eq!(texts(&several.children[2]), [(OK, &b"alpha"[..])]);
    }
}

in_both_modes! {
    fn lengths_come_from_wherever_the_plan_says(mode: ModeRequest) {
        let nodes = [
            bytes(1, argument(1), constant(2), 100),
            bytes(2, argument(1), argument(2), 3),
            limited(3, argument(1), constant(1), 4, absent(), 100),
            limited(4, argument(1), argument(2), 1, constant(1), 100),
            bytes(5, argument(1), entry(1, 0, 1), 4).at_exit(),
            bytes(6, argument(1), result(), 100).at_exit(),
            bytes(7, argument(1), deref(1, 0, 1), 5),
            bytes(8, argument(1), result(), 100).at_failure(),
            bytes(9, argument(1), constant(1), 1).at_any_exit(),
        ];
        let plan = only(&[record(libc::SYS_write, &nodes)]);
        let run = trace(mode, "fork 1").plan(&plan).run().exited(0);
        assert_eq!(run.records.calls().count(), 0);
        let run = trace(mode, "ids").plan(&plan).run().exited(0).complete();
        let text = run.stdout.as_bytes();
        let write = run.records.of(libc::SYS_write)[0];
        let mut found: Vec<(u8, u8, &[u8])> = write.captures.iter().map(|capture| (capture.key, capture.status, &capture.bytes[..])).collect();
        found.sort_unstable();
        let wanted: [(u8, u8, &[u8]); 8] = [
            (1, OK, &text[..2]),
            (2, TRUNCATED, &text[..3]),
            (3, OK, &text[..4]),
            (4, OK, &text[..1]),
            // The first byte is a digit, so at least 48.
            (5, TRUNCATED, &text[..4]),
            (6, OK, text),
            (7, TRUNCATED, &text[..5]),
            (9, OK, &text[..1]),
        ];
        assert_eq!(found, wanted);
        assert_eq!(write.capture(2).wanted as usize, text.len());
        let phases: Vec<u8> = [1, 2, 5, 6, 9].map(|key| write.capture(key).phase).to_vec();
        assert_eq!(phases, [0, 0, 1, 1, 1]);
    }
}

in_both_modes! {
    fn a_choice_takes_the_first_case_that_matches(mode: ModeRequest) {
        let marked = |label: u8| vec![bytes(label, argument(0), constant(1), 1)];
        let node = switch(argument(0), &[(0xf, 1, marked(11)), (0xff, 1, marked(12)), (0x6, 2, marked(13)), (u64::MAX, 0, vec![])], &marked(14));
        let plan = only(&[record(libc::SYS_getppid, &[node])]);
        let run = trace(mode, "marks 6").plan(&plan).run().exited(0);
        let keys: Vec<Vec<u8>> = run.records.calls().map(|(_, call)| call.captures.iter().map(|capture| capture.key).collect()).collect();
        assert_eq!(keys, [vec![], vec![11], vec![13], vec![13], vec![14], vec![14]]);
    }
}

in_both_modes! {
    fn pointers_to_nowhere_leave_the_trace_whole(mode: ModeRequest) {
        let nodes = |first: u8| {
            vec![
                string(1, argument(first), 4096),
                bytes(2, argument(first), constant(1 << 20), 1 << 20),
                strings(3, argument(first), 100, 100),
                array(4, argument(first), constant(u64::MAX), absent(), 16, 1000).inside(&[bytes(0, field(0, 8), field(8, 8), 4096)]),
            ]
        };
        let both: Vec<Node> = nodes(0).into_iter().chain(nodes(1)).collect();
        let all = [libc::SYS_writev, libc::SYS_sendmsg, libc::SYS_access, libc::SYS_execve, libc::SYS_write, libc::SYS_statfs].map(|number| record(number, &both));
        let run = trace(mode, "unreadable").plan(&all_and(&all)).run().exited(0).complete();
        assert_eq!(run.records.labels(), [9]);
        let broken = |call: &&Call| call.is_error;
        assert_eq!(run.records.of(libc::SYS_statfs).into_iter().filter(broken).count(), 8);
        for call in run.records.of(libc::SYS_statfs).into_iter().filter(|call| call.args[0] != 0 && call.args[0] == call.args[1]) {
            assert!(call.captures.iter().all(|capture| capture.status == FAULT && capture.bytes.is_empty()), "{call:#?}");
        }
    }
}

in_both_modes! {
    fn broken_argument_vectors_are_read_as_far_as_they_go(mode: ModeRequest) {
        let nodes = [string(0, argument(0), PATH_MAX), strings(1, argument(1), 64, 32), strings(2, argument(2), 64, 32)];
        let run = trace(mode, "argument-vectors").plan(&all_and(&[record(libc::SYS_execve, &nodes)])).run().exited(0).complete();
        let calls = run.records.of(libc::SYS_execve);
        let [start, bad_word, cut, bad_array, bad_environment, good] = calls.as_slice() else { panic!("{calls:#?}") };
        let path = fixtures().as_os_str().as_encoded_bytes();
        assert_eq!(told(start.capture(0)), (OK, path));
        assert_eq!(texts(start.capture(1)), [(OK, &b"syscope-fixtures"[..]), (OK, b"argument-vectors")]);
        assert_eq!((start.capture(2).status, start.capture(2).children.len()), (OK, 0));
        assert_eq!(bad_word.capture(1).status, OK);
        assert_eq!(texts(bad_word.capture(1)), [(OK, &b"word"[..]), (FAULT, b"")]);
        assert_eq!(bad_word.capture(2).status, NULL);
        assert_eq!(cut.capture(1).status, FAULT);
        assert_eq!(texts(cut.capture(1)), [(OK, &b"word"[..]), (OK, b"word")]);
        assert_eq!((bad_array.capture(1).status, bad_array.capture(1).children.len()), (FAULT, 0));
        assert_eq!(texts(bad_environment.capture(2)), [(OK, &b"word"[..]), (FAULT, b"")]);
        assert!([bad_word, cut, bad_array, bad_environment].iter().all(|call| call.result == -14));
        assert_eq!(texts(good.capture(2)), [(OK, &b"A=1"[..]), (OK, b""), (OK, b"B=\xff")]);
        assert_eq!(good.result, 0);
        assert_eq!(good.capture(1).bytes.len(), 2 * 8);
    }
}

in_both_modes! {
    fn long_lists_are_cut_by_number_and_by_length(mode: ModeRequest) {
        let run = trace(mode, "environment a b c d e f g")
            .program(|program| program.argv.push(std::ffi::CString::new(vec![b'z'; 1000]).unwrap()))
            .plan(&only(&[record(libc::SYS_execve, &[strings(1, argument(1), 9, 8), strings(2, argument(1), 10, 16)])]))
            .run()
            .exited(0);
        let call = run.records.of(libc::SYS_execve)[0];
        assert_eq!((call.capture(1).status, call.capture(1).children.len()), (TRUNCATED, 9));
        assert_eq!(told(&call.capture(1).children[0]), (TRUNCATED, &b"syscope-"[..]));
        // Ten pointers, and whether an eleventh follows was not looked at.
        assert_eq!((call.capture(2).status, call.capture(2).children.len()), (TRUNCATED, 10));
        assert_eq!(told(&call.capture(2).children[9]), (TRUNCATED, &[b'z'; 16][..]));
    }
}

in_both_modes! {
    fn bytes_of_a_megabyte_cross_whole(mode: ModeRequest) {
        let plan = only(&[record(libc::SYS_write, &[bytes(1, argument(1), argument(2), 1 << 20)])]);
        for (size, copied, status) in [(1 << 20, 1 << 20, OK), ((1 << 20) + 1, 1 << 20, TRUNCATED), (4097, 4097, OK), (255, 255, OK)] {
            let run = trace(mode, &format!("big-writes 2 {size}")).plan(&plan).run().exited(0);
            for call in run.records.of(libc::SYS_write) {
                let capture = call.capture(1);
                assert_eq!((capture.status, capture.bytes.len(), capture.wanted as usize), (status, copied, size));
                assert!(capture.bytes.iter().enumerate().all(|(at, byte)| *byte == at as u8));
            }
        }
    }
}
