//! Asked of real processes: this one, and children that sleep.

use std::ffi::{OsStr, OsString};
use std::fs;
use std::io::Read as _;
use std::net::{TcpListener, TcpStream, UdpSocket};
use std::os::fd::{AsRawFd as _, OwnedFd};
use std::os::unix::ffi::{OsStrExt as _, OsStringExt as _};
use std::os::unix::fs::symlink;
use std::os::unix::net::UnixStream;
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

use super::*;
use crate::Abi;
use crate::record::{close_capture, open_capture, put_capture};
use crate::rules::Match;
use crate::sys::Tid;

/// A directory that goes with the test.
struct Scratch(PathBuf);

impl Scratch {
    fn new() -> Self {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let name = format!("syscope-conditions-{}-{}", std::process::id(), COUNT.fetch_add(1, Ordering::Relaxed));
        let path = fs::canonicalize(std::env::temp_dir()).unwrap().join(name);
        fs::create_dir(&path).unwrap();
        Self(path)
    }

    fn path(&self, below: &str) -> PathBuf {
        self.0.join(below)
    }

    fn bytes(&self, below: &str) -> Vec<u8> {
        self.path(below).into_os_string().into_vec()
    }

    fn file(&self, below: &str) {
        fs::write(self.path(below), "").unwrap();
    }

    fn directory(&self, below: &str) {
        fs::create_dir_all(self.path(below)).unwrap();
    }

    fn link(&self, below: &str, to: impl AsRef<Path>) {
        symlink(to, self.path(below)).unwrap();
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

/// A child that does nothing for a while.
struct Sleeper {
    child: Child,
    pid: Tid,
}

impl Sleeper {
    fn start(command: &mut Command) -> Self {
        let child = command.spawn().unwrap();
        let pid = child.id() as Tid;
        // Spawning is over when the old memory is gone, which is before the new one has its arguments.
        eventually("has no arguments", || {
            fs::read(format!("/proc/{pid}/cmdline")).is_ok_and(|words| !words.is_empty())
        });
        Self { child, pid }
    }

    /// In a directory.
    fn within(directory: &Path) -> Self {
        Self::start(Command::new("sleep").arg("60").current_dir(directory))
    }

    /// What a shell script makes of itself, when it says so.
    fn script(text: &str, words: &[&OsStr]) -> Self {
        let mut command = Command::new("sh");
        command.arg("-c").arg(text).arg("sh").args(words).stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut sleeper = Self::start(&mut command);
        let mut said = [0u8; 6];
        sleeper.child.stdout.as_mut().unwrap().read_exact(&mut said).expect("the script failed");
        assert_eq!(&said, b"ready\n");
        sleeper
    }

    fn who(&self) -> Asker {
        Asker::of(self.pid, self.pid)
    }
}

impl Drop for Sleeper {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Makes up calls.
struct Asker {
    pid: Tid,
    tid: Tid,
    args: [u64; 6],
    result: Option<(i64, bool)>,
    captures: Vec<u8>,
    processes: Processes,
}

impl Asker {
    fn of(pid: Tid, tid: Tid) -> Self {
        Self { pid, tid, args: [0; 6], result: None, captures: Vec::new(), processes: Processes::default() }
    }

    fn this() -> Self {
        let pid = std::process::id() as Tid;
        Self::of(pid, pid)
    }

    fn capture(mut self, key: u8, status: Status, bytes: &[u8]) -> Self {
        put_capture(key, 0, status, 0, bytes, &mut self.captures);
        self
    }

    fn ask(&mut self, predicate: &Predicate) -> (Truth, bool) {
        let call = Call {
            pid: self.pid,
            tid: self.tid,
            depth: 3,
            abi: Abi::X86_64,
            number: 0,
            args: &self.args,
            sp: 0,
            result: self.result,
        };
        let mut asked = Asked { call: &call, captures: &self.captures, processes: &mut self.processes, unread: false };
        let truth = asked.holds(predicate);
        (truth, asked.unread)
    }

    fn truth(&mut self, predicate: &Predicate) -> Truth {
        let (truth, unread) = self.ask(predicate);
        assert!(!unread, "{predicate:?} was not read");
        truth
    }

    fn path(
        &mut self,
        text: impl AsRef<[u8]>,
        directory: Option<i32>,
        predicate: impl Fn(Value) -> Predicate,
    ) -> Truth {
        self.captures.clear();
        put_capture(0, 0, Status::Ok, 0, text.as_ref(), &mut self.captures);
        let directory = directory.map_or(absent(), |fd| constant(i64::from(fd).cast_unsigned()));
        self.truth(&predicate(directory))
    }

    /// By its letters only.
    fn named(&mut self, text: impl AsRef<[u8]>, directory: Option<i32>, name: impl AsRef<[u8]>) -> Truth {
        self.path(text, directory, |directory| path(directory, false, exact(name.as_ref())))
    }

    /// Also by what links lead to.
    fn led(&mut self, text: impl AsRef<[u8]>, directory: Option<i32>, name: impl AsRef<[u8]>) -> Truth {
        self.path(text, directory, |directory| path(directory, true, exact(name.as_ref())))
    }
}

fn path(directory: Value, follows_links: bool, matcher: Matcher) -> Predicate {
    Predicate::Path { key: 0, directory, follows_links, matcher }
}

fn value(source: Source) -> Value {
    Value { source, width: 8, signed: false }
}

fn constant(word: u64) -> Value {
    value(Source::Constant(word))
}

fn absent() -> Value {
    value(Source::Absent)
}

fn matcher(how: Match, operand: impl AsRef<[u8]>) -> Matcher {
    Matcher { how, last_component: false, operand: operand.as_ref().to_vec() }
}

fn exact(operand: impl AsRef<[u8]>) -> Matcher {
    matcher(Match::Exact, operand)
}

fn equal(value: Value, operand: u64) -> Predicate {
    Predicate::Word { value, mask: u64::MAX, compare: Compare::Equal, operand }
}

fn bytes(offset: u32, compare: CompareBytes, operand: &[u8]) -> Predicate {
    Predicate::Bytes { offset, compare, operand: operand.to_vec() }
}

fn within(key: u8, holds: Predicate) -> Predicate {
    Predicate::Within { key, holds: Box::new(holds) }
}

fn not(one: Predicate) -> Predicate {
    Predicate::Not(Box::new(one))
}

fn yes() -> Predicate {
    Predicate::Always
}

fn no() -> Predicate {
    not(yes())
}

/// A capture that nobody made.
fn unknown() -> Predicate {
    within(200, yes())
}

const ALL: [fn() -> Predicate; 3] = [yes, no, unknown];

fn is_root() -> bool {
    fs::metadata("/proc/self").is_ok_and(|own| std::os::unix::fs::MetadataExt::uid(&own) == 0)
}

/// Whether a command works here; in containers not even root may do everything.
fn can(command: &[&str]) -> bool {
    let tried = Command::new(command[0]).args(&command[1..]).stderr(Stdio::null()).status();
    tried.is_ok_and(|status| status.success())
}

#[test]
fn what_is_unknown_stays_so_unless_something_else_decides() {
    use Truth::{No, Unknown, Yes};
    let table = [
        [(Yes, Yes), (No, Yes), (Unknown, Yes)],
        [(No, Yes), (No, No), (No, Unknown)],
        [(Unknown, Yes), (No, Unknown), (Unknown, Unknown)],
    ];
    let mut asker = Asker::this();
    for (first, row) in ALL.iter().zip(table) {
        for (second, (all, any)) in ALL.iter().zip(row) {
            assert_eq!(asker.truth(&Predicate::All(vec![first(), second()])), all);
            assert_eq!(asker.truth(&Predicate::Any(vec![first(), second()])), any);
        }
    }
    assert_eq!(asker.truth(&Predicate::All(Vec::new())), Yes);
    assert_eq!(asker.truth(&Predicate::Any(Vec::new())), No);
    assert_eq!(asker.truth(&not(unknown())), Unknown);
    assert_eq!(asker.truth(&not(yes())), No);
}

#[test]
fn words_come_from_everywhere_and_are_cut_to_their_type() {
    let mut asker = Asker::of(7, 8).capture(4, Status::Ok, &[1, 2, 3, 4, 5, 6, 7, 8]);
    asker.args = [1, 0xffff_ffff_ffff_fffe, 0, 0, 0, 0xff];
    assert_eq!(asker.truth(&equal(value(Source::Argument(0)), 1)), Truth::Yes);
    assert_eq!(asker.truth(&equal(value(Source::Process), 7)), Truth::Yes);
    assert_eq!(asker.truth(&equal(value(Source::Thread), 8)), Truth::Yes);
    assert_eq!(asker.truth(&equal(value(Source::Depth), 3)), Truth::Yes);
    let int = Value { source: Source::Argument(1), width: 4, signed: false };
    assert_eq!(asker.truth(&equal(int, 0xffff_fffe)), Truth::Yes);
    assert_eq!(asker.truth(&equal(Value { signed: true, ..int }, (-2i64).cast_unsigned())), Truth::Yes);
    assert_eq!(asker.truth(&equal(Value { source: Source::Entry(4, 2), ..int }, 0x0605_0403)), Truth::Yes);
    assert_eq!(asker.truth(&equal(Value { source: Source::Entry(4, 6), ..int }, 0)), Truth::Unknown);
    assert_eq!(asker.truth(&equal(value(Source::Entry(5, 0)), 0)), Truth::Unknown);
    assert_eq!(asker.truth(&equal(value(Source::Result), 0)), Truth::Unknown, "before there is one");
    assert_eq!(asker.truth(&equal(value(Source::Deref(0, 0)), 0)), Truth::Unknown);
    asker.result = Some((-2, true));
    assert_eq!(asker.truth(&equal(value(Source::Result), (-2i64).cast_unsigned())), Truth::Yes);
    let masked = Predicate::Word { value: int, mask: 1, compare: Compare::Equal, operand: 0 };
    assert_eq!(asker.truth(&masked), Truth::Yes);
}

#[test]
fn numbers_compare_without_sign() {
    let holds = |compare, operand| Predicate::Word { value: constant(5), mask: u64::MAX, compare, operand };
    let mut asker = Asker::this();
    for (compare, less, same, more) in [
        (Compare::Equal, false, true, false),
        (Compare::NotEqual, true, false, true),
        (Compare::Less, true, false, false),
        (Compare::LessOrEqual, true, true, false),
        (Compare::Greater, false, false, true),
        (Compare::GreaterOrEqual, false, true, true),
    ] {
        assert_eq!(asker.truth(&holds(compare, u64::MAX)), Truth::of(less));
        assert_eq!(asker.truth(&holds(compare, 5)), Truth::of(same));
        assert_eq!(asker.truth(&holds(compare, 0)), Truth::of(more));
    }
}

#[test]
fn bytes_of_captures_are_compared() {
    let mut asker = Asker::this().capture(1, Status::Ok, b"hello");
    let mut is = |offset, compare, operand: &[u8]| asker.truth(&within(1, bytes(offset, compare, operand)));
    assert_eq!(is(0, CompareBytes::Equal, b"hello"), Truth::Yes);
    assert_eq!(is(0, CompareBytes::Equal, b"hell"), Truth::No);
    assert_eq!(is(0, CompareBytes::Equal, b"hello!"), Truth::No);
    assert_eq!(is(1, CompareBytes::Equal, b"ello"), Truth::Yes);
    assert_eq!(is(0, CompareBytes::Prefix, b"hell"), Truth::Yes);
    assert_eq!(is(0, CompareBytes::Prefix, b"hello!"), Truth::No);
    assert_eq!(is(5, CompareBytes::Prefix, b""), Truth::Yes);
    assert_eq!(is(6, CompareBytes::Prefix, b""), Truth::No);
    assert_eq!(is(u32::MAX, CompareBytes::Prefix, b"x"), Truth::No);
    let masked = |mask: &[u8]| CompareBytes::Masked(mask.to_vec());
    assert_eq!(is(0, masked(&[0xff, 0x00]), b"hX"), Truth::Yes);
    assert_eq!(is(0, masked(&[0xff, 0x0f]), b"hu"), Truth::Yes);
    assert_eq!(is(0, masked(&[0xff, 0x1f]), b"hu"), Truth::No);
    assert_eq!(is(4, masked(&[0, 0]), b"xx"), Truth::No, "too short");
    assert_eq!(asker.truth(&bytes(0, CompareBytes::Prefix, b"")), Truth::Unknown, "no bytes at the top");
}

#[test]
fn what_our_limits_cut_is_unknown_where_it_matters() {
    let mut asker = Asker::this().capture(1, Status::Truncated, b"hell");
    let is = |compare, operand: &[u8]| within(1, bytes(0, compare, operand));
    assert_eq!(asker.truth(&is(CompareBytes::Prefix, b"hell")), Truth::Yes);
    assert_eq!(asker.truth(&is(CompareBytes::Prefix, b"help, it is long")), Truth::No);
    assert_eq!(asker.truth(&is(CompareBytes::Equal, b"hel")), Truth::No);
    assert_eq!(asker.ask(&is(CompareBytes::Equal, b"hell")), (Truth::Unknown, true));
    assert_eq!(asker.ask(&is(CompareBytes::Prefix, b"hello")), (Truth::Unknown, true));
    assert_eq!(asker.ask(&within(1, equal(value(Source::Field(0)), 0))), (Truth::Unknown, true));
    let beyond = Predicate::Any(vec![is(CompareBytes::Prefix, b"hello"), yes()]);
    assert_eq!(asker.truth(&beyond), Truth::Yes, "what did not matter is not told");
}

#[test]
fn what_lies_beyond_a_cut_may_be_what_is_looked_for() {
    let mut asker = Asker::this();
    let at = open_capture(1, 0, &mut asker.captures);
    asker.captures.extend_from_slice(&[0; 8]);
    put_capture(2, 0, Status::Ok, 0, b"one", &mut asker.captures);
    close_capture(at, 8, Status::Truncated, 80, &mut asker.captures);
    let child = |key, text: &[u8]| within(1, within(key, bytes(0, CompareBytes::Equal, text)));
    assert_eq!(asker.truth(&child(2, b"one")), Truth::Yes);
    assert_eq!(asker.ask(&child(2, b"two")), (Truth::Unknown, true));
    assert_eq!(asker.ask(&child(3, b"two")), (Truth::Unknown, true));
}

#[test]
fn captures_nest_and_any_of_a_key_counts() {
    let mut asker = Asker::this();
    let out = &mut asker.captures;
    put_capture(9, 0, Status::Ok, 0, b"other", out);
    for child in [b"one", b"two"] {
        let at = open_capture(1, 0, out);
        out.extend_from_slice(b"abc");
        out.resize(out.len().next_multiple_of(8), 0);
        put_capture(2, 0, Status::Ok, 0, child, out);
        put_capture(3, 0, Status::Null, 0, b"", out);
        close_capture(at, 3, Status::Ok, 0, out);
    }
    let child = |text: &[u8]| within(1, within(2, bytes(0, CompareBytes::Equal, text)));
    assert_eq!(asker.truth(&child(b"one")), Truth::Yes);
    assert_eq!(asker.truth(&child(b"two")), Truth::Yes);
    assert_eq!(asker.truth(&child(b"abc")), Truth::No);
    assert_eq!(asker.truth(&within(1, bytes(0, CompareBytes::Equal, b"abc"))), Truth::Yes);
    assert_eq!(asker.truth(&within(2, yes())), Truth::Unknown, "not at the top");
    assert_eq!(asker.truth(&within(1, within(3, yes()))), Truth::No, "a NULL pointer");
    assert_eq!(asker.truth(&within(1, within(9, yes()))), Truth::Unknown, "not inside");
    assert_eq!(asker.truth(&within(1, equal(Value { width: 2, ..value(Source::Field(1)) }, 0x6362))), Truth::Yes);
    assert_eq!(asker.truth(&within(1, equal(value(Source::Field(1)), 0))), Truth::No, "too short");
}

#[test]
fn captures_that_failed_say_why() {
    let mut asker = Asker::this()
        .capture(1, Status::Fault, b"abc")
        .capture(2, Status::Null, b"")
        .capture(3, Status::Refused, b"")
        .capture(4, Status::Fault, b"")
        .capture(4, Status::Ok, b"");
    assert_eq!(asker.ask(&within(1, yes())), (Truth::Unknown, false));
    assert_eq!(asker.ask(&within(2, yes())), (Truth::No, false));
    assert_eq!(asker.ask(&within(3, yes())), (Truth::Unknown, true));
    assert_eq!(asker.ask(&within(4, yes())), (Truth::Yes, false));
    assert_eq!(asker.ask(&within(4, no())), (Truth::Unknown, false));
    assert_eq!(asker.ask(&equal(value(Source::Entry(3, 0)), 0)), (Truth::Unknown, true));
    let path = |key| Predicate::Path { key, directory: absent(), follows_links: true, matcher: exact("/x") };
    assert_eq!(asker.ask(&path(1)), (Truth::Unknown, false));
    assert_eq!(asker.ask(&path(2)), (Truth::No, false));
    assert_eq!(asker.ask(&path(3)), (Truth::Unknown, true));
}

#[test]
fn garbage_is_survived() {
    let predicates = |key: u8| {
        let matcher = matcher(Match::Glob, "/**/*a*{b,c}[!d]?");
        [
            within(key, within(key, bytes(3, CompareBytes::Prefix, b"abc"))),
            within(key, equal(value(Source::Field(u32::MAX)), 1)),
            equal(value(Source::Entry(key, u32::MAX)), 1),
            Predicate::Path { key, directory: absent(), follows_links: true, matcher: matcher.clone() },
            Predicate::Path { key, directory: value(Source::Argument(9)), follows_links: true, matcher },
        ]
    };
    let mut state = 0x9e37_79b9_7f4a_7c15u64;
    let mut random = || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        state
    };
    for _ in 0..2000 {
        let mut asker = Asker::this();
        let length = (random() % 200) as usize;
        asker.captures = (0..length).map(|_| (random() % 7) as u8 * (random() % 40) as u8).collect();
        if let Some(byte) = asker.captures.get_mut(1) {
            *byte = 0;
        }
        for key in [0, 1, 4] {
            for predicate in predicates(key) {
                let _ = asker.ask(&predicate);
            }
        }
    }
    let mut endless = Asker::this();
    endless.captures = [0u32.to_le_bytes(), u32::MAX.to_le_bytes(), [1, 0, 0, 0], [0; 4]].concat();
    assert_eq!(endless.truth(&within(1, yes())), Truth::Unknown);
}

#[test]
fn names_are_matched_whole_beneath_and_by_globs() {
    let is = |how, operand: &str, name: &str| matches(&matcher(how, operand), name.as_bytes());
    assert!(is(Match::Exact, "/etc", "/etc") && !is(Match::Exact, "/etc", "/etc/passwd"));
    for operand in ["/etc", "/etc/", "/etc//"] {
        assert!(is(Match::Beneath, operand, "/etc") && is(Match::Beneath, operand, "/etc/passwd"));
        assert!(!is(Match::Beneath, operand, "/etcetera") && !is(Match::Beneath, operand, "/"));
    }
    assert!(is(Match::Beneath, "/", "/") && is(Match::Beneath, "/", "/etc"));
    assert!(!is(Match::Beneath, "/", "pipe:[1]") && !is(Match::Beneath, "/", ""));
    assert!(!is(Match::Beneath, "", "/etc"));
    assert!(is(Match::Glob, "/etc/*", "/etc/passwd") && !is(Match::Glob, "/etc/*", "/etc/ssl/certs"));
    assert!(is(Match::Glob, "**/state.json", "/a/b/state.json") && is(Match::Glob, "**/state.json", "/state.json"));
    assert!(is(Match::Glob, "socket:*", "socket:[123]"));
    let last = Matcher { last_component: true, ..exact("sh") };
    assert!(matches(&last, b"/bin/sh") && matches(&last, b"sh") && !matches(&last, b"/sh/bash"));
}

#[test]
fn globs_match_bytes_that_are_no_text() {
    let is = |operand: &[u8], name: &[u8]| matches(&matcher(Match::Glob, operand), name);
    assert!(is(b"/\xff\xfe*", b"/\xff\xfe\x80"));
    assert!(is(b"/?", b"/\xff") && !is(b"/?", "/\u{e9}".as_bytes()), "a byte, not a character");
    assert!(is("/\u{e9}*".as_bytes(), "/\u{e9}t\u{e9}".as_bytes()));
    assert!(is(b"/[\x80-\xff]", b"/\x90"));
}

#[test]
fn paths_are_made_absolute_by_the_working_directory() {
    let scratch = Scratch::new();
    scratch.directory("a/b");
    let sleeper = Sleeper::within(&scratch.path("a"));
    let mut asker = sleeper.who();
    for text in ["b/file", "./b//file", "b/../b/./file", "../a/b/file", "b/file/"] {
        assert_eq!(asker.named(text, None, scratch.bytes("a/b/file")), Truth::Yes, "{text}");
        assert_eq!(asker.named(text, Some(libc::AT_FDCWD), scratch.bytes("a/b/file")), Truth::Yes, "{text}");
    }
    assert_eq!(asker.named("b", None, scratch.bytes("a")), Truth::No);
    assert_eq!(asker.named("//etc/../etc/./passwd", None, "/etc/passwd"), Truth::Yes);
    assert_eq!(asker.named("/../../etc", None, "/etc"), Truth::Yes);
    assert_eq!(asker.named("", None, scratch.bytes("a")), Truth::No, "a path that names nothing");
    assert_eq!(asker.named("", Some(libc::AT_FDCWD), scratch.bytes("a")), Truth::Yes, "AT_EMPTY_PATH");
}

#[test]
fn paths_are_made_absolute_by_a_descriptor() {
    let scratch = Scratch::new();
    scratch.directory("a/b");
    scratch.file("file");
    let directory = fs::File::open(scratch.path("a")).unwrap();
    let file = fs::File::open(scratch.path("file")).unwrap();
    let (pipe, _other) = std::io::pipe().unwrap();
    let mut asker = Asker::this();
    let fd = Some(directory.as_raw_fd());
    assert_eq!(asker.named("b/x", fd, scratch.bytes("a/b/x")), Truth::Yes);
    assert_eq!(asker.named("../x", fd, scratch.bytes("x")), Truth::Yes);
    assert_eq!(asker.named("/x", fd, "/x"), Truth::Yes);
    assert_eq!(asker.named("", fd, scratch.bytes("a")), Truth::Yes);
    assert_eq!(asker.named("", Some(file.as_raw_fd()), scratch.bytes("file")), Truth::Yes);
    let all = |directory| path(directory, true, matcher(Match::Glob, "**"));
    for nothing in [-1, -99, 1_000_000, i32::MAX, pipe.as_raw_fd()] {
        assert_eq!(asker.path("x", Some(nothing), all), Truth::No, "{nothing}");
    }
    let mut asker = Asker::this().capture(0, Status::Null, b"");
    let of_descriptor = path(constant(file.as_raw_fd() as u64), false, exact(scratch.bytes("file")));
    assert_eq!(asker.truth(&of_descriptor), Truth::Yes, "utimensat(2) without a path");
}

#[test]
fn paths_are_followed_through_links() {
    let scratch = Scratch::new();
    scratch.directory("real/deep");
    scratch.file("real/file");
    scratch.link("one", "two");
    scratch.link("two", scratch.path("three"));
    scratch.link("three", "./real/../real/file");
    scratch.link("dangling", "real/missing");
    scratch.link("into", "real/deep");
    scratch.link("loop", "loop");
    let sleeper = Sleeper::within(&scratch.0);
    let mut asker = sleeper.who();
    for text in [scratch.bytes("one"), b"one".to_vec(), b"./real/deep/../../one".to_vec()] {
        for name in ["one", "two", "three", "real/file"] {
            assert_eq!(asker.led(&text, None, scratch.bytes(name)), Truth::Yes, "{name}");
        }
        assert_eq!(asker.led(&text, None, scratch.bytes("real/deep")), Truth::No);
        assert_eq!(asker.named(&text, None, scratch.bytes("real/file")), Truth::No, "unless told to");
    }
    assert_eq!(asker.led("dangling", None, scratch.bytes("real/missing")), Truth::Yes);
    assert_eq!(asker.led("dangling", None, scratch.bytes("dangling")), Truth::Yes);
    assert_eq!(asker.led("into/new", None, scratch.bytes("real/deep/new")), Truth::Yes, "a file yet to come");
    assert_eq!(asker.led("into/new/er", None, scratch.bytes("real/deep/new/er")), Truth::Yes);
    assert_eq!(asker.led("into/", None, scratch.bytes("real/deep")), Truth::Yes);
    assert_eq!(asker.led("into/../x", None, scratch.bytes("real/x")), Truth::Yes, "as the kernel goes up");
    assert_eq!(asker.led("into/../x", None, scratch.bytes("x")), Truth::Yes, "by the letter");
    assert_eq!(asker.led("into/../../x", None, scratch.bytes("real/x")), Truth::No);
    assert_eq!(asker.led("loop", None, scratch.bytes("loop")), Truth::Yes);
    assert_eq!(asker.led("loop/x", None, scratch.bytes("x")), Truth::No);
    assert_eq!(asker.led("real/file/x", None, scratch.bytes("real/file/x")), Truth::Yes);
    let fd = fs::File::open(scratch.path("real")).unwrap();
    assert_eq!(Asker::this().led("../one", Some(fd.as_raw_fd()), scratch.bytes("real/file")), Truth::Yes);
}

#[test]
fn files_are_not_opened() {
    let scratch = Scratch::new();
    scratch.link("link", "fifo");
    nix::unistd::mkfifo(&scratch.path("fifo"), nix::sys::stat::Mode::S_IRUSR).unwrap();
    let begun = Instant::now();
    assert_eq!(Asker::this().led(scratch.bytes("link"), None, scratch.bytes("fifo")), Truth::Yes);
    assert_eq!(Asker::this().led(scratch.bytes("fifo"), None, "/x"), Truth::No);
    assert!(begun.elapsed() < Duration::from_secs(5));
}

#[test]
fn long_paths_and_chains_end() {
    let scratch = Scratch::new();
    scratch.link("a", "a/a/a/a/a/a/a/a");
    for index in 0..45 {
        scratch.link(&format!("chain{index}"), format!("chain{}", index + 1));
    }
    let mut asker = Asker::this();
    let long = [scratch.bytes("a"), b"/./a".repeat(1000)].concat();
    assert_eq!(asker.led(&long, None, "/x"), Truth::No);
    assert_eq!(asker.led(scratch.bytes("chain0"), None, scratch.bytes("chain30")), Truth::Yes);
    assert_eq!(asker.led(scratch.bytes("chain0"), None, scratch.bytes("chain45")), Truth::No, "ELOOP");
    let too_long = vec![b'/'; 5000];
    assert_eq!(asker.led(&too_long, None, "/"), Truth::No, "ENAMETOOLONG");
    let mut cut = Asker::this().capture(0, Status::Truncated, &b"/a".repeat(2048));
    assert_eq!(cut.truth(&path(absent(), true, matcher(Match::Beneath, "/a"))), Truth::No, "ENAMETOOLONG");
    let mut cut = Asker::this().capture(0, Status::Truncated, b"/a");
    assert_eq!(cut.ask(&path(absent(), true, matcher(Match::Beneath, "/a"))), (Truth::Unknown, true));
}

#[test]
fn self_in_proc_is_the_tracee() {
    let scratch = Scratch::new();
    scratch.file("input");
    scratch.link("me", "/proc/self");
    let input = fs::File::open(scratch.path("input")).unwrap();
    let sleeper = Sleeper::start(Command::new("sleep").arg("60").stdin(Stdio::from(input)).current_dir(&scratch.0));
    let pid = sleeper.pid;
    let own = |rest: &str| format!("/proc/{pid}{rest}");
    let mut asker = sleeper.who();
    assert_eq!(asker.named("/proc/self/mem", None, own("/mem")), Truth::Yes);
    assert_eq!(asker.named("/proc/self", None, own("")), Truth::Yes);
    assert_eq!(asker.named("/proc/selfish", None, own("ish")), Truth::No);
    assert_eq!(asker.named("/proc/thread-self/mem", None, own(&format!("/task/{pid}/mem"))), Truth::Yes);
    assert_eq!(asker.named("/proc/thread-self/mem", None, format!("/proc/self/task/{pid}/mem")), Truth::Yes);
    assert_eq!(asker.named(own("/mem"), None, "/proc/self/mem"), Truth::Yes);
    assert_eq!(asker.named(own("0/mem"), None, "/proc/self0/mem"), Truth::No);
    assert_eq!(asker.named(own(&format!("/task/{pid}/mem")), None, "/proc/thread-self/mem"), Truth::Yes);
    assert_eq!(asker.named(format!("/proc/{}/mem", std::process::id()), None, "/proc/self/mem"), Truth::No);
    for text in ["/proc/self/fd/0", "me/fd/0", "/proc/thread-self/fd/0", "/proc/self/../self/fd/0"] {
        assert_eq!(asker.led(text, None, scratch.bytes("input")), Truth::Yes, "{text}");
    }
    assert_eq!(asker.led("/dev/stdin", None, scratch.bytes("input")), Truth::Yes);
    assert_eq!(asker.led("/dev/fd/0", None, scratch.bytes("input")), Truth::Yes);
    assert_eq!(asker.led("/proc/self/cwd/x", None, scratch.bytes("x")), Truth::Yes);
    assert_eq!(asker.led("/proc/self/root/etc/x", None, "/etc/x"), Truth::Yes);
    assert_eq!(
        asker.led("/proc/self/cwd/../x", None, "/tmp/x"),
        Truth::of(scratch.0.parent() == Some(Path::new("/tmp")))
    );
    assert_eq!(asker.led("me/mem", None, own("/mem")), Truth::Yes);
    assert_eq!(asker.led("/proc/mounts", None, own("/mounts")), Truth::Yes);
    fs::remove_file(scratch.path("input")).unwrap();
    assert_eq!(asker.led("/proc/self/fd/0", None, scratch.bytes("input")), Truth::Yes, "though it was removed");
    let exe = fs::read_link(own("/exe")).unwrap();
    assert_eq!(asker.led("/proc/self/exe", None, exe.as_os_str().as_bytes()), Truth::Yes);
    assert_eq!(asker.led("/proc/self/fd/77", None, own("/fd/77")), Truth::Yes, "a descriptor that is not open");
}

#[test]
fn links_in_proc_lead_to_files_that_have_no_path() {
    let (pipe, _writer) = std::io::pipe().unwrap();
    let scratch = Scratch::new();
    scratch.directory("old");
    scratch.link("old/link", "target");
    let directory = fs::File::open(scratch.path("old")).unwrap();
    let pipes = |directory| path(directory, true, matcher(Match::Glob, "pipe:*"));
    let mut asker = Asker::this();
    assert_eq!(asker.path(format!("/proc/self/fd/{}", pipe.as_raw_fd()), None, pipes), Truth::Yes);
    assert_eq!(asker.path(format!("/proc/self/fd/{}/x", pipe.as_raw_fd()), None, pipes), Truth::No);
    // Another directory has taken the name of the one that is open: the way goes through that which is open.
    fs::rename(scratch.path("old/link"), scratch.path("link")).unwrap();
    fs::remove_dir(scratch.path("old")).unwrap();
    scratch.directory("old");
    scratch.link("old/link", "other");
    let through = format!("/proc/self/fd/{}/link", directory.as_raw_fd());
    assert_eq!(asker.led(&through, None, scratch.bytes("old/link")), Truth::Yes);
    assert_eq!(asker.led(&through, None, scratch.bytes("old/other")), Truth::No);
}

#[test]
fn descriptors_are_known_by_their_links() {
    let scratch = Scratch::new();
    scratch.file("file");
    scratch.file("gone (deleted)");
    let file = fs::File::open(scratch.path("file")).unwrap();
    let odd = fs::File::open(scratch.path("gone (deleted)")).unwrap();
    let (reader, _writer) = std::io::pipe().unwrap();
    let link = |fd: i32, matcher| Predicate::Descriptor { fd: constant(i64::from(fd).cast_unsigned()), matcher };
    let mut asker = Asker::this();
    let mut is = |fd, matcher| asker.truth(&link(fd, matcher));
    assert_eq!(is(file.as_raw_fd(), exact(scratch.bytes("file"))), Truth::Yes);
    assert_eq!(is(reader.as_raw_fd(), matcher(Match::Glob, "pipe:*")), Truth::Yes);
    assert_eq!(is(reader.as_raw_fd(), matcher(Match::Glob, "/**")), Truth::No);
    fs::remove_file(scratch.path("file")).unwrap();
    assert_eq!(is(file.as_raw_fd(), exact(scratch.bytes("file"))), Truth::Yes, "though it was removed");
    assert_eq!(is(odd.as_raw_fd(), exact(scratch.bytes("gone (deleted)"))), Truth::Yes);
    for nothing in [-1, libc::AT_FDCWD, 1_000_000, i32::MIN] {
        assert_eq!(is(nothing, matcher(Match::Glob, "**")), Truth::No, "{nothing}");
    }
    let mut gone = Asker::of(i32::MAX, i32::MAX);
    assert_eq!(gone.truth(&link(0, matcher(Match::Glob, "**"))), Truth::No);
}

#[test]
fn a_removed_working_directory_keeps_its_name() {
    let scratch = Scratch::new();
    scratch.directory("gone");
    let sleeper = Sleeper::within(&scratch.path("gone"));
    fs::remove_dir(scratch.path("gone")).unwrap();
    assert_eq!(sleeper.who().led("file", None, scratch.bytes("gone/file")), Truth::Yes);
    assert_eq!(sleeper.who().led("../file", None, scratch.bytes("file")), Truth::Yes);
}

fn socket(fd: i32, holds: Predicate) -> Predicate {
    Predicate::Socket { fd: constant(i64::from(fd).cast_unsigned()), holds: Box::new(holds) }
}

/// The socket's domain, type and peer are these.
fn told(fd: i32, domain: i32, kind: i32, peer: &[u8]) -> Predicate {
    let what = [domain.to_le_bytes(), kind.to_le_bytes()].concat();
    let parts = vec![bytes(0, CompareBytes::Prefix, &what), bytes(136, CompareBytes::Equal, peer)];
    socket(fd, Predicate::All(parts))
}

fn local_address(port: u16) -> Vec<u8> {
    let port = port.to_be_bytes();
    [&(libc::AF_INET as u16).to_le_bytes()[..], &port[..], &[127, 0, 0, 1], &[0; 8]].concat()
}

#[test]
fn sockets_are_known_by_domain_type_and_peer() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let stream = TcpStream::connect(address).unwrap();
    let udp = UdpSocket::bind("127.0.0.1:0").unwrap();
    let (one, _other) = UnixStream::pair().unwrap();
    let (pipe, _writer) = std::io::pipe().unwrap();
    let (inet, local) = (libc::AF_INET, libc::AF_UNIX);
    let mut asker = Asker::this();
    let mut is = |predicate: Predicate| {
        asker.processes.next_stop();
        asker.truth(&predicate)
    };
    let peer = local_address(address.port());
    assert_eq!(is(told(stream.as_raw_fd(), inet, libc::SOCK_STREAM, &peer)), Truth::Yes);
    assert_eq!(is(told(listener.as_raw_fd(), inet, libc::SOCK_STREAM, b"")), Truth::Yes);
    assert_eq!(is(socket(listener.as_raw_fd(), bytes(8, CompareBytes::Prefix, &peer))), Truth::Yes, "its own address");
    assert_eq!(is(told(udp.as_raw_fd(), inet, libc::SOCK_DGRAM, b"")), Truth::Yes);
    assert_eq!(is(told(one.as_raw_fd(), local, libc::SOCK_STREAM, &[1, 0])), Truth::Yes, "a peer without a name");
    assert_eq!(is(socket(one.as_raw_fd(), equal(Value { width: 4, ..value(Source::Field(0)) }, 2))), Truth::No);
    assert_eq!(is(socket(pipe.as_raw_fd(), yes())), Truth::No);
    assert_eq!(is(socket(-1, yes())), Truth::No);
    assert_eq!(is(socket(1_000_000, yes())), Truth::No);
    assert_eq!(is(socket(one.as_raw_fd(), within(0, yes()))), Truth::Unknown);
    udp.connect(("127.0.0.1", 9)).unwrap();
    assert_eq!(is(told(udp.as_raw_fd(), inet, libc::SOCK_DGRAM, &local_address(9))), Truth::Yes, "nothing is kept");
}

#[test]
fn sockets_of_other_processes_are_asked() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let stream = OwnedFd::from(TcpStream::connect(address).unwrap());
    let sleeper = Sleeper::start(Command::new("sleep").arg("60").stdin(Stdio::from(stream)));
    let mut asker = sleeper.who();
    let connected = told(0, libc::AF_INET, libc::SOCK_STREAM, &local_address(address.port()));
    assert_eq!(asker.truth(&connected), Truth::Yes);
    assert_eq!(asker.truth(&connected), Truth::Yes, "and again");
    let pid = sleeper.pid;
    asker.processes.executed(pid);
    assert_eq!(asker.truth(&connected), Truth::Yes);
    drop(sleeper);
    asker.processes.next_stop();
    assert_eq!(asker.truth(&connected), Truth::No, "it has ended");
    asker.processes.ended(pid);
    assert_eq!(asker.truth(&connected), Truth::No);
}

#[test]
fn sockets_of_a_thread_with_descriptors_of_its_own_are_asked() {
    let tcp = TcpListener::bind("127.0.0.1:0").unwrap();
    let fd = tcp.as_raw_fd();
    let (tell, told_of) = std::sync::mpsc::channel();
    let (done, wait) = std::sync::mpsc::channel::<()>();
    let thread = std::thread::spawn(move || {
        nix::sched::unshare(nix::sched::CloneFlags::CLONE_FILES).unwrap();
        let (one, _other) = UnixStream::pair().unwrap();
        // In this thread only, the number is that of another socket.
        let copy = OwnedFd::from(one);
        let mut place = OwnedFd::from(tcp);
        nix::unistd::dup2(&copy, &mut place).unwrap();
        tell.send(nix::unistd::gettid().as_raw()).unwrap();
        let _ = wait.recv();
        std::mem::forget(place);
    });
    let tid = told_of.recv().unwrap();
    let kind = |domain: i32| {
        socket(fd, equal(Value { width: 4, ..value(Source::Field(0)) }, u64::from(domain.cast_unsigned())))
    };
    let mut asker = Asker::of(std::process::id() as Tid, tid);
    let seen = asker.ask(&kind(libc::AF_UNIX));
    let mut other = Asker::this();
    let seen_by_process = other.ask(&kind(libc::AF_INET));
    drop(done);
    thread.join().unwrap();
    assert!(matches!(seen, (Truth::Yes, false) | (Truth::Unknown, true)), "{seen:?}: the latter before Linux 6.9");
    assert_eq!(seen_by_process, (Truth::Yes, false));
}

#[test]
fn answers_are_kept_for_one_stop_where_stops_are_told() {
    let scratch = Scratch::new();
    scratch.link("link", "one");
    let mut asker = Asker::this();
    asker.processes.next_stop();
    let link = scratch.bytes("link");
    assert_eq!(asker.led(&link, None, scratch.bytes("one")), Truth::Yes);
    fs::remove_file(scratch.path("link")).unwrap();
    scratch.link("link", "two");
    assert_eq!(asker.led(&link, None, scratch.bytes("two")), Truth::No, "the same stop");
    asker.processes.next_stop();
    assert_eq!(asker.led(&link, None, scratch.bytes("two")), Truth::Yes);
}

#[test]
fn programs_and_arguments_are_known_until_the_next_program() {
    let odd = OsString::from_vec(b"od\xff d".to_vec());
    let sleeper = Sleeper::start(Command::new("sleep").arg0(&odd).arg("60"));
    let exe = fs::read_link(format!("/proc/{}/exe", sleeper.pid)).unwrap();
    let exe = exe.as_os_str().as_bytes();
    let mut asker = sleeper.who();
    let program = |matcher| Predicate::Program { matcher };
    let argv = |any, matcher| Predicate::Argv { any, matcher };
    assert_eq!(asker.truth(&program(exact(exe))), Truth::Yes);
    let base = exe.rsplit(|byte| *byte == b'/').next().unwrap();
    assert_eq!(asker.truth(&program(Matcher { last_component: true, ..exact(base) })), Truth::Yes);
    assert_eq!(asker.truth(&program(exact("/bin/false"))), Truth::No);
    assert_eq!(asker.truth(&argv(false, exact(b"od\xff d"))), Truth::Yes);
    assert_eq!(asker.truth(&argv(false, exact("60"))), Truth::No);
    assert_eq!(asker.truth(&argv(true, exact("60"))), Truth::Yes);
    assert_eq!(asker.truth(&argv(true, exact(""))), Truth::No, "nothing comes after the last");
    assert_eq!(asker.processes.program(sleeper.pid), Some(exe));
    assert_eq!(asker.processes.argv(sleeper.pid), Some(&b"od\xff d\x0060\0"[..]));
    let pid = sleeper.pid;
    drop(sleeper);
    assert!(asker.processes.program(pid).is_some(), "remembered");
    asker.processes.executed(pid);
    assert_eq!(asker.processes.program(pid), None);
    assert_eq!(asker.processes.argv(pid), None);
    assert_eq!(asker.truth(&program(matcher(Match::Glob, "**"))), Truth::Unknown);
    assert_eq!(asker.truth(&argv(true, matcher(Match::Glob, "**"))), Truth::Unknown);
}

#[test]
fn command_lines_without_end_are_read_in_part() {
    let long = "x".repeat(1000);
    let mut words = vec![OsStr::new(&long); 200];
    words.push(OsStr::new("last"));
    let sleeper = Sleeper::script("echo ready; read line", &words);
    let mut asker = sleeper.who();
    let any = |word: &str| Predicate::Argv { any: true, matcher: exact(word) };
    assert_eq!(asker.truth(&any(&long)), Truth::Yes);
    assert_eq!(asker.ask(&any("last")), (Truth::Unknown, true));
    assert_eq!(asker.truth(&Predicate::Argv { any: false, matcher: exact("sh") }), Truth::Yes);
    assert_eq!(asker.truth(&Predicate::Argv { any: false, matcher: exact("no") }), Truth::No);
    assert_eq!(asker.processes.argv(sleeper.pid).map(<[u8]>::len), Some(4096));
}

#[test]
fn a_process_in_a_chroot_names_files_from_its_root() {
    if !can(&["chroot", "/", "true"]) {
        return;
    }
    let scratch = Scratch::new();
    scratch.directory("jail/etc");
    scratch.directory("jail/tmp/work");
    scratch.file("jail/etc/file");
    scratch.link("jail/tmp/absolute", "/etc/file");
    scratch.link("jail/tmp/up", "../../../../../etc/file");
    scratch.link("jail/etc/second", "file");
    scratch.link("jail/tmp/chain", "/etc/second");
    let script = "
        set -e
        cd \"$1\"
        for file in $(ldd /bin/sh /bin/sleep | grep -o '/[^ :]*' | sort -u) /bin/sh /bin/sleep; do
            mkdir -p \".${file%/*}\"; cp -L \"$file\" \".$file\"
        done
        mkdir -p dev; : > dev/null
        exec chroot . /bin/sh -c 'cd /tmp/work; exec 3< /etc/file 4< /tmp 5< /; echo ready; exec sleep 60'";
    let jail = scratch.path("jail");
    let sleeper = Sleeper::script(script, &[jail.as_os_str()]);
    let mut asker = sleeper.who();
    let exe = format!("/proc/{}/exe", sleeper.pid);
    eventually("never slept", || fs::read_link(&exe).is_ok_and(|exe| exe.ends_with("sleep")));
    assert_eq!(asker.named("x", None, "/tmp/work/x"), Truth::Yes);
    assert_eq!(asker.named("../../../../etc", None, "/etc"), Truth::Yes);
    assert_eq!(asker.named("x", None, scratch.bytes("jail/tmp/work/x")), Truth::No);
    assert_eq!(asker.named("x", Some(4), "/tmp/x"), Truth::Yes);
    assert_eq!(asker.named("", Some(3), "/etc/file"), Truth::Yes);
    for text in ["/tmp/absolute", "../absolute", "/tmp/chain", "/tmp/up", "../../../../tmp/up", "/../tmp/absolute"] {
        assert_eq!(asker.led(text, None, "/etc/file"), Truth::Yes, "{text}");
        assert_eq!(asker.led(text, None, scratch.bytes("jail/etc/file")), Truth::No, "{text}");
    }
    let descriptor = |name: Vec<u8>| Predicate::Descriptor { fd: constant(3), matcher: exact(name) };
    assert_eq!(asker.truth(&descriptor(b"/etc/file".to_vec())), Truth::Yes);
    assert_eq!(asker.truth(&descriptor(scratch.bytes("jail/etc/file"))), Truth::Yes);
    let beneath = |fd, how, name| Predicate::Descriptor { fd: constant(fd), matcher: matcher(how, name) };
    assert_eq!(asker.truth(&beneath(3, Match::Beneath, "/etc/")), Truth::Yes);
    assert_eq!(asker.truth(&beneath(3, Match::Glob, "/etc/*")), Truth::Yes);
    assert_eq!(asker.truth(&beneath(3, Match::Beneath, "/tmp/work")), Truth::No);
    assert_eq!(asker.truth(&beneath(5, Match::Exact, "/")), Truth::Yes);
    assert_eq!(asker.truth(&Predicate::Program { matcher: exact("/bin/sleep") }), Truth::Yes);
}

fn eventually(problem: &str, is_so: impl Fn() -> bool) {
    let begun = Instant::now();
    while !is_so() {
        assert!(begun.elapsed() < Duration::from_secs(20), "{problem}");
        std::thread::sleep(Duration::from_millis(2));
    }
}

#[test]
fn a_process_in_a_mount_namespace_names_files_as_they_are_there() {
    if !can(&["unshare", "-m", "true"]) {
        return;
    }
    let scratch = Scratch::new();
    scratch.directory("mounted");
    let script = "
        exec unshare -m sh -ec '
            mount -t tmpfs none \"$1\"
            mkdir \"$1/inside\"; ln -s \"$1/inside\" \"$1/link\"
            cd \"$1/inside\"; echo ready; exec sleep 60' sh \"$1\"";
    let sleeper = Sleeper::script(script, &[scratch.path("mounted").as_os_str()]);
    let mut asker = sleeper.who();
    assert_eq!(asker.named("x", None, scratch.bytes("mounted/inside/x")), Truth::Yes);
    assert_eq!(asker.led(scratch.bytes("mounted/link/x"), None, scratch.bytes("mounted/inside/x")), Truth::Yes);
    assert_eq!(asker.led("../link/x", None, scratch.bytes("mounted/inside/x")), Truth::Yes);
}

#[test]
fn a_process_with_another_root_mount_and_other_numbers_has_its_own_names() {
    if !can(&["unshare", "-m", "-p", "-f", "true"]) {
        return;
    }
    let scratch = Scratch::new();
    scratch.directory("new");
    let script = "
        exec unshare -m -p -f sh -ec '
            mount -t tmpfs none \"$1\"; cd \"$1\"
            mkdir proc old etc tmp usr lib lib64 bin
            for dir in usr lib lib64 bin; do mount --bind /$dir $dir; done
            mount -t proc none proc
            ln -s /etc/file tmp/link; : > etc/file
            ln -s /proc/self/fd/3 tmp/third
            pivot_root . old; cd /tmp
            exec 3< /etc/file; echo ready; exec sleep 60' sh \"$1\"";
    let sleeper = Sleeper::script(script, &[scratch.path("new").as_os_str()]);
    let children = fs::read_to_string(format!("/proc/{0}/task/{0}/children", sleeper.pid)).unwrap();
    let inner: Tid = children.split_ascii_whitespace().next().unwrap().parse().unwrap();
    let mut asker = Asker::of(inner, inner);
    assert_eq!(asker.named("x", None, "/tmp/x"), Truth::Yes);
    assert_eq!(asker.named("/proc/self/mem", None, "/proc/1/mem"), Truth::Yes);
    assert_eq!(asker.named("/proc/1/mem", None, "/proc/self/mem"), Truth::Yes);
    for text in ["link", "/tmp/link", "third", "/proc/self/fd/3", "/proc/1/fd/3", "/proc/thread-self/fd/3"] {
        assert_eq!(asker.led(text, None, "/etc/file"), Truth::Yes, "{text}");
    }
    assert_eq!(asker.led("/proc/self/root/tmp/link", None, "/etc/file"), Truth::Yes);
    nix::sys::signal::kill(nix::unistd::Pid::from_raw(inner), nix::sys::signal::Signal::SIGKILL).unwrap();
}

#[test]
fn processes_of_others_are_refused_to_us_and_that_is_told() {
    if is_root() {
        let scratch = Scratch::new();
        let sleeper = Sleeper::start(Command::new("sleep").arg("60").uid(65534).current_dir(&scratch.0));
        assert_eq!(sleeper.who().named("x", None, scratch.bytes("x")), Truth::Yes);
        return;
    }
    let mut asker = Asker::of(1, 1).capture(0, Status::Ok, b"x").capture(1, Status::Ok, b"/x");
    let path = |key, name| Predicate::Path { key, directory: absent(), follows_links: true, matcher: exact(name) };
    let refused = (Truth::Unknown, true);
    assert_eq!(asker.ask(&path(0, "/x")), refused);
    assert_eq!(asker.ask(&path(1, "/y")), refused);
    assert_eq!(asker.ask(&path(1, "/x")), (Truth::Yes, false), "nobody had to be asked");
    assert_eq!(asker.ask(&Predicate::Program { matcher: exact("/x") }), refused);
    assert_eq!(asker.ask(&Predicate::Descriptor { fd: constant(0), matcher: exact("/x") }), refused);
    assert_eq!(asker.ask(&socket(0, yes())), refused);
}

#[test]
fn nothing_is_known_of_a_process_that_is_gone() {
    let mut gone = Asker::of(i32::MAX, i32::MAX);
    assert_eq!(gone.led("x", None, "/x"), Truth::No);
    assert_eq!(gone.led("/x/y", None, "/x"), Truth::No);
    assert_eq!(gone.truth(&socket(0, yes())), Truth::No);
    assert_eq!(gone.truth(&Predicate::Program { matcher: exact("/x") }), Truth::Unknown);
}

#[test]
fn a_directory_that_is_closed_to_us_and_to_the_tracee_hides_nothing() {
    if is_root() {
        return;
    }
    let scratch = Scratch::new();
    scratch.directory("closed");
    let set_mode = |mode| {
        fs::set_permissions(scratch.path("closed"), std::os::unix::fs::PermissionsExt::from_mode(mode)).unwrap();
    };
    set_mode(0);
    let told = Asker::this().led(scratch.bytes("closed/x"), None, "/x");
    set_mode(0o700);
    assert_eq!(told, Truth::No);
}
