//! What the engine tells of descriptors and processes: at the stop, wherever their numbers lie.

use syscope_engine::ModeRequest;
use syscope_engine::descriptor::{part, wish};

use crate::in_both_modes;
use crate::support::plan::{
    Node, Wanted, absent, all_and, argument, array, bytes, constant, fd_details, fd_of, fd_path, fds_in_bits,
    fds_in_messages, field, int, named_threads, only, record, result, signed, thread_name,
};
use crate::support::records::{Body, Capture, FAULT, NULL, OK};
use crate::support::{Run, c_string, trace};

const PATH_DEV_NULL: &str = "[ x2f6465762f6e756c6c00 ]";
const FD: u8 = 16;
const PID: u8 = 32;

/// Makes the calls that the lines say; `crates/fixtures/src/script.rs` has the language.
fn script(mode: ModeRequest, plan: &[u8], lines: &[String]) -> Run {
    let words = lines.iter().map(|line| c_string(line.as_str()));
    trace(mode, "script").program(|program| program.argv.extend(words)).plan(plan).run().exited(0).complete()
}

fn line(number: i64, words: &str) -> String {
    format!("{number} {words}").trim_end().to_owned()
}

/// Every close, with all that is known of its descriptor.
fn closes(wishes: u8) -> Wanted {
    record(libc::SYS_close, &[fd_details(FD, int(0), wishes)])
}

/// What the last `count` closes closed.
fn closed(run: &Run, count: usize) -> Vec<Capture> {
    let calls = run.records.of(libc::SYS_close);
    calls[calls.len() - count..].iter().map(|call| call.capture(FD).clone()).collect()
}

fn part_of(capture: &Capture, key: u8) -> Option<&Capture> {
    capture.children.iter().find(|child| child.key == key)
}

fn text_of(capture: &Capture, key: u8) -> String {
    String::from_utf8_lossy(&part_of(capture, key).unwrap().bytes).into_owned()
}

fn words(bytes: &[u8]) -> Vec<u32> {
    bytes.chunks_exact(4).map(|word| u32::from_le_bytes(word.try_into().unwrap())).collect()
}

in_both_modes! {
    fn devices_come_with_their_numbers(mode: ModeRequest) {
        let lines = [line(libc::SYS_open, &format!("{PATH_DEV_NULL} 2")), line(libc::SYS_close, "$0")];
        let run = script(mode, &only(&[closes(wish::ALL)]), &lines);
        let null = &closed(&run, 1)[0];
        assert_eq!(null.bytes, b"/dev/null");
        let device = words(&part_of(null, part::DEVICE).unwrap().bytes);
        assert_eq!((device[0] & 0o170_000, device[1], device[2]), (0o020_000, 1, 3));
    }
}

in_both_modes! {
    fn what_is_not_wished_for_is_not_looked_for(mode: ModeRequest) {
        let lines = [line(libc::SYS_open, &format!("{PATH_DEV_NULL} 2")), line(libc::SYS_close, "$0")];
        for wishes in [0, wish::ALL & !wish::DEVICE] {
            let run = script(mode, &only(&[closes(wishes)]), &lines);
            assert_eq!(closed(&run, 1)[0].children.len(), 0);
        }
    }
}

in_both_modes! {
    fn files_have_nothing_but_a_path(mode: ModeRequest) {
        let lines = [line(libc::SYS_open, "[ x2f7573723000 ] 0x10000"), line(libc::SYS_open, "[ x2f75737200 ] 0x10000"), line(libc::SYS_close, "$0"), line(libc::SYS_close, "$1")];
        let run = script(mode, &only(&[closes(wish::ALL)]), &lines);
        let [missing, usr] = closed(&run, 2).try_into().unwrap();
        assert_eq!((missing.status, missing.children.len()), (NULL, 0), "a negative number is no descriptor");
        assert_eq!((usr.bytes.as_slice(), usr.children.len()), (&b"/usr"[..], 0));
    }
}

in_both_modes! {
    fn anonymous_inodes_come_with_what_the_kernel_says_of_them(mode: ModeRequest) {
        let lines = [
            line(libc::SYS_eventfd2, "5 0"),
            line(libc::SYS_signalfd4, "-1 [ q 0x200 ] 8 0"),
            line(libc::SYS_epoll_create1, "0"),
            line(libc::SYS_getpid, ""),
            line(libc::SYS_pidfd_open, "$3 0"),
            line(libc::SYS_write, "$0 [ q 2 ] 8"),
            line(libc::SYS_close, "$0"),
            line(libc::SYS_close, "$1"),
            line(libc::SYS_close, "$2"),
            line(libc::SYS_close, "$4"),
        ];
        let run = script(mode, &only(&[closes(wish::ALL)]), &lines);
        let [event, signal, epoll, pid] = closed(&run, 4).try_into().unwrap();
        assert_eq!(event.bytes, b"anon_inode:[eventfd]");
        let count = text_of(&event, part::FDINFO);
        let count = count.lines().find_map(|line| line.strip_prefix("eventfd-count:")).unwrap().trim();
        assert_eq!(count, "7", "as it is at the stop");
        assert!(text_of(&signal, part::FDINFO).contains("sigmask:\t0000000000000200\n"));
        // Its list could be endless.
        assert_eq!((epoll.bytes.as_slice(), epoll.children.len()), (&b"anon_inode:[eventpoll]"[..], 0));
        assert!(text_of(&pid, part::FDINFO).contains(&format!("Pid:\t{}\n", run.pid)));
    }
}

in_both_modes! {
    fn sockets_come_with_their_addresses(mode: ModeRequest) {
        let any_port = "[ x0200 x0000 x7f000001 z8 ]";
        let lines = [
            line(libc::SYS_socket, "2 1 0"),
            line(libc::SYS_bind, &format!("$0 {any_port} 16")),
            line(libc::SYS_listen, "$0 1"),
            line(libc::SYS_getsockname, "$0 #name [ z16 ] [ d 16 ]"),
            line(libc::SYS_socket, "2 1 0"),
            line(libc::SYS_connect, "$4 &name 16"),
            line(libc::SYS_socketpair, "1 5 0 #pair [ z8 ]"),
            // Closed the other way round, the connection would be reset.
            line(libc::SYS_close, "$4"),
            line(libc::SYS_close, "$0"),
            line(libc::SYS_close, "*pair+0"),
        ];
        let run = script(mode, &only(&[closes(wish::ALL)]), &lines);
        let [connected, listening, local] = closed(&run, 3).try_into().unwrap();
        assert_eq!(text_of(&listening, part::PROTOCOL), "TCP");
        let ours = &part_of(&listening, part::SOCKET).unwrap().bytes;
        // struct inet_diag_msg: family, ports, addresses.
        assert_eq!((ours[0], &ours[6..12]), (2, &[0, 0, 127, 0, 0, 1][..]));
        let other = &part_of(&connected, part::SOCKET).unwrap().bytes;
        assert_eq!((&other[6..8], &other[24..28]), (&ours[4..6], &[127, 0, 0, 1][..]));
        assert_eq!(text_of(&local, part::PROTOCOL), "UNIX");
        // struct unix_diag_msg begins with its family; its own inode is in the link.
        let answer = &part_of(&local, part::SOCKET).unwrap().bytes;
        assert_eq!(answer[0], 1);
        assert_eq!(format!("socket:[{}]", words(&answer[4..8])[0]).into_bytes(), local.bytes);
    }
}

in_both_modes! {
    fn a_connection_is_not_confused_with_the_socket_that_it_was(mode: ModeRequest) {
        let lines = [
            line(libc::SYS_socket, "2 2 0"),
            line(libc::SYS_dup, "$0"),
            line(libc::SYS_connect, "$0 [ x0200 x0009 x7f000001 z8 ] 16"),
            line(libc::SYS_dup, "$0"),
            line(libc::SYS_connect, "$0 [ x0200 x000a x7f000001 z8 ] 16"),
            line(libc::SYS_dup, "$0"),
        ];
        let plan = only(&[record(libc::SYS_dup, &[fd_details(FD, int(0), wish::SOCKET)])]);
        let run = script(mode, &plan, &lines);
        let calls = run.records.of(libc::SYS_dup);
        let peers = calls.iter().map(|call| part_of(call.capture(FD), part::SOCKET).map(|answer| answer.bytes[7]));
        assert_eq!(peers.collect::<Vec<_>>(), [None, Some(9), Some(10)]);
    }
}

/// `struct pollfd` of 8 bytes: the descriptor comes first.
fn polled() -> Node {
    array(0, argument(0), constant(3), absent(), 8, 8).inside(&[fd_path(5, signed(field(0, 4)))])
}

in_both_modes! {
    fn descriptors_are_told_wherever_they_lie(mode: ModeRequest) {
        // Another message, two descriptors, and one that claims to be longer than it can be.
        let control = "[ q 20 d 1 d 2 d 7 d 0 q 24 d 1 d 1 d $0 d -1 q 400 d 1 d 1 d $0 d 0 ]";
        let lines = [
            line(libc::SYS_open, &format!("{PATH_DEV_NULL} 2")),
            line(libc::SYS_pipe2, "[ z8 ] 0"),
            line(libc::SYS_poll, "[ d $0 d 1 d -1 d 1 d 77 d 1 ] 3 0"),
            line(libc::SYS_select, "9 [ x0901 z126 ] 0 0 [ q 0 q 0 ]"),
            line(libc::SYS_sendmsg, &format!("-1 [ q 0 q 0 q 0 q 0 q {control} q 72 q 0 ] 0")),
        ];
        let plan = only(&[
            record(libc::SYS_pipe2, &[array(0, argument(0), constant(2), absent(), 4, 2).inside(&[fd_path(0, signed(field(0, 4)))]).at_exit()]),
            record(libc::SYS_poll, &[polled()]),
            record(libc::SYS_select, &[bytes(1, argument(1), constant(9), 64).inside(&[fds_in_bits(0, int(0))])]),
            record(
                libc::SYS_sendmsg,
                &[bytes(1, argument(1), constant(56), 56)
                    .inside(&[bytes(2, field(32, 8), field(40, 8), 72).inside(&[fds_in_messages(3, constant(72))])])],
            ),
        ]);
        let run = script(mode, &plan, &lines);
        let pipe = run.records.of(libc::SYS_pipe2)[0].capture(0);
        assert_eq!(pipe.children.len(), 2);
        assert!(pipe.children.iter().all(|end| end.bytes.starts_with(b"pipe:[") && end.phase == 1));
        let poll = run.records.of(libc::SYS_poll)[0].capture(0);
        let told: Vec<_> = poll.children.iter().map(|child| (child.key, child.status, child.bytes.as_slice())).collect();
        assert_eq!(told, [(5, OK, &b"/dev/null"[..]), (5, NULL, b""), (5, FAULT, b"")]);
        // Bits 0, 3 and 8: the last one is below nfds.
        let select = run.records.of(libc::SYS_select)[0].capture(1);
        assert_eq!(select.children.len(), 3);
        assert_eq!(select.children[1].bytes, b"/dev/null");
        let message = run.records.of(libc::SYS_sendmsg)[0].capture(1);
        let sent: Vec<_> = message.children[0].children.iter().map(|child| child.bytes.as_slice()).collect();
        assert_eq!(sent, [&b"/dev/null"[..], b"", b"/dev/null", b"/dev/null"], "standard input, at the end");
    }
}

in_both_modes! {
    fn descriptors_of_others_are_theirs(mode: ModeRequest) {
        let lines = [
            line(libc::SYS_open, &format!("{PATH_DEV_NULL} 2")),
            line(libc::SYS_getpid, ""),
            line(libc::SYS_pidfd_open, "$1 0"),
            line(libc::SYS_kcmp, "$1 0 0 $0 0"),
            line(libc::SYS_kcmp, "-1 0 0 $0 0"),
            line(libc::SYS_pidfd_getfd, "$2 $0 0"),
            line(libc::SYS_pidfd_getfd, "$0 $0 0"),
        ];
        let plan = only(&[
            record(libc::SYS_kcmp, &[fd_of(FD, int(3), false, int(0))]),
            record(libc::SYS_pidfd_getfd, &[fd_of(FD, int(1), true, int(0))]),
        ]);
        let run = script(mode, &plan, &lines);
        for number in [libc::SYS_kcmp, libc::SYS_pidfd_getfd] {
            let told = run.records.of(number).iter().map(|call| call.capture(FD).bytes.clone()).collect::<Vec<_>>();
            assert_eq!(told, [b"/dev/null".to_vec(), vec![]]);
        }
    }
}

in_both_modes! {
    fn a_name_that_ends_like_a_deleted_one_is_told_from_a_deletion(mode: ModeRequest) {
        let path = std::env::temp_dir().join(format!("syscope-{}-{mode:?} (deleted)", std::process::id()));
        let hex: String = path.as_os_str().as_encoded_bytes().iter().map(|byte| format!("{byte:02x}")).collect();
        let lines = [
            line(libc::SYS_open, &format!("[ x{hex}00 ] 0x42 0x180")),
            line(libc::SYS_dup, "$0"),
            line(libc::SYS_unlink, &format!("[ x{hex}00 ]")),
            line(libc::SYS_dup, "$0"),
        ];
        let run = script(mode, &only(&[record(libc::SYS_dup, &[fd_path(FD, int(0))])]), &lines);
        let calls = run.records.of(libc::SYS_dup);
        let is_name = calls.iter().map(|call| part_of(call.capture(FD), part::NAMED_SO).is_some());
        assert_eq!(is_name.collect::<Vec<_>>(), [true, false]);
    }
}

in_both_modes! {
    fn processes_are_called_as_they_call_themselves_at_the_stop(mode: ModeRequest) {
        let lines = [
            line(libc::SYS_getpid, ""),
            line(libc::SYS_kill, "$0 0"),
            line(libc::SYS_prctl, "15 [ x6e657700 ]"),
            line(libc::SYS_kill, "$0 0"),
            line(libc::SYS_kill, "-1 0"),
            line(libc::SYS_kill, "0x7fffffff 0"),
        ];
        let plan = named_threads(only(&[
            record(libc::SYS_kill, &[thread_name(PID, int(0))]),
            record(libc::SYS_getpid, &[thread_name(40, result()).at_exit()]),
        ]));
        let run = script(mode, &plan, &lines);
        let told: Vec<_> = run.records.of(libc::SYS_kill).iter().map(|call| (call.capture(PID).status, call.capture(PID).bytes.clone(), call.capture(48).bytes.clone())).collect();
        let (old, new) = (b"syscope-fixture".to_vec(), b"new".to_vec());
        assert_eq!(
            told,
            [(OK, old.clone(), old.clone()), (OK, new.clone(), new.clone()), (NULL, vec![], new.clone()), (FAULT, vec![], new)]
        );
        assert_eq!(run.records.of(libc::SYS_getpid)[0].capture(40).bytes, old);
    }
}

in_both_modes! {
    fn signals_come_with_the_names_of_both_ends(mode: ModeRequest) {
        let lines = [line(libc::SYS_getpid, ""), line(libc::SYS_kill, "$0 28")];
        let run = script(mode, &named_threads(only(&[record(libc::SYS_kill, &[])])), &lines);
        let names: Vec<_> = run
            .records
            .all
            .iter()
            .filter_map(|record| match &record.body {
                Body::Signal { names, .. } => Some(names.iter().map(|name| (name.key, name.bytes.as_slice())).collect::<Vec<_>>()),
                _ => None,
            })
            .collect();
        assert_eq!(names, [[(48, &b"syscope-fixture"[..]), (49, b"syscope-fixture")]]);
        let quiet = script(mode, &only(&[record(libc::SYS_kill, &[])]), &lines);
        assert_eq!(quiet.records.count(|body| matches!(body, Body::Signal { names, .. } if names.is_empty())), 1);
    }
}

#[test]
fn a_plan_with_odd_wishes_is_refused() {
    let refused = |node: Node| syscope_engine::Plan::parse(&all_and(&[record(1, &[node])])).is_err();
    assert!(refused(fd_details(0, int(0), 32)));
    assert!(!refused(fd_details(0, int(0), 31)));
}
