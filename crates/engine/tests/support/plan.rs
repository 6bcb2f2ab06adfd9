//! Writers for the two small languages that the engine reads.

use syscope_engine::Abi;

/// A number that the engine computes at a stop.
#[derive(Clone, Copy)]
pub(crate) struct Value {
    kind: u8,
    width: u8,
    signed: bool,
    index: u8,
    offset: u32,
    constant: u64,
}

const fn of(kind: u8, width: u8, index: u8, offset: u32) -> Value {
    Value { kind, width, signed: false, index, offset, constant: 0 }
}

pub(crate) const fn constant(constant: u64) -> Value {
    Value { constant, ..of(0, 8, 0, 0) }
}
pub(crate) const fn argument(index: u8) -> Value {
    of(1, 8, index, 0)
}
/// An `int` argument.
pub(crate) const fn int(index: u8) -> Value {
    Value { signed: true, ..of(1, 4, index, 0) }
}
pub(crate) const fn result() -> Value {
    Value { signed: true, ..of(2, 8, 0, 0) }
}
pub(crate) const fn field(offset: u32, width: u8) -> Value {
    of(3, width, 0, offset)
}
pub(crate) const fn deref(index: u8, offset: u32, width: u8) -> Value {
    of(4, width, index, offset)
}
pub(crate) const fn entry(key: u8, offset: u32, width: u8) -> Value {
    of(5, width, key, offset)
}
pub(crate) const fn outer(offset: u32, width: u8) -> Value {
    of(6, width, 0, offset)
}
/// An address behind the stack pointer.
pub(crate) const fn stack(offset: u32) -> Value {
    of(7, 8, 0, offset)
}
pub(crate) const fn absent() -> Value {
    of(255, 8, 0, 0)
}

pub(crate) const fn signed(value: Value) -> Value {
    Value { signed: true, ..value }
}

impl Value {
    fn put(self, out: &mut Vec<u8>) {
        out.extend_from_slice(&[self.kind, self.width, u8::from(self.signed), self.index]);
        out.extend_from_slice(&self.offset.to_le_bytes());
        out.extend_from_slice(&self.constant.to_le_bytes());
    }
}

/// Something to copy.
#[derive(Clone)]
pub(crate) struct Node {
    op: u8,
    key: u8,
    when: u8,
    body: Vec<u8>,
    children: Vec<Node>,
    /// The operation places its own nodes in its body.
    counted: bool,
}

fn node(op: u8, key: u8, values: &[Value], numbers: &[u32]) -> Node {
    let mut body = Vec::new();
    for value in values {
        value.put(&mut body);
    }
    for number in numbers {
        body.extend_from_slice(&number.to_le_bytes());
    }
    Node { op, key, when: 0, body, children: Vec::new(), counted: true }
}

pub(crate) fn string(key: u8, pointer: Value, max: u32) -> Node {
    node(1, key, &[pointer], &[max])
}
pub(crate) fn bytes(key: u8, pointer: Value, length: Value, max: u32) -> Node {
    limited(key, pointer, length, 1, absent(), max)
}
pub(crate) fn limited(key: u8, pointer: Value, length: Value, scale: u32, limit: Value, max: u32) -> Node {
    let mut made = node(2, key, &[pointer, length], &[scale]);
    limit.put(&mut made.body);
    made.body.extend_from_slice(&max.to_le_bytes());
    made
}
pub(crate) fn array(key: u8, pointer: Value, count: Value, budget: Value, stride: u32, max: u32) -> Node {
    node(3, key, &[pointer, count, budget], &[stride, max])
}
pub(crate) fn strings(key: u8, pointer: Value, max_count: u32, max_length: u32) -> Node {
    node(4, key, &[pointer], &[max_count, max_length])
}
/// Cases are mask, value and nodes.
pub(crate) fn switch(on: Value, cases: &[(u64, u64, Vec<Node>)], otherwise: &[Node]) -> Node {
    let mut made = node(5, 0, &[on], &[]);
    made.body.extend_from_slice(&(cases.len() as u16).to_le_bytes());
    for (mask, equals, nodes) in cases {
        made.body.extend_from_slice(&mask.to_le_bytes());
        made.body.extend_from_slice(&equals.to_le_bytes());
        made.body.push(nodes.len() as u8);
        nodes.iter().for_each(|node| node.put(&mut made.body));
    }
    made.body.push(otherwise.len() as u8);
    otherwise.iter().for_each(|node| node.put(&mut made.body));
    made
}
pub(crate) fn fd_path(key: u8, fd: Value) -> Node {
    fd_details(key, fd, 0)
}
/// With the wishes of `descriptor::wish`.
pub(crate) fn fd_details(key: u8, fd: Value, wishes: u8) -> Node {
    let mut made = node(6, key, &[fd], &[]);
    made.body.extend_from_slice(&[wishes, 0]);
    made
}
/// A descriptor of a process, or of the one that a pidfd is for.
pub(crate) fn fd_of(key: u8, fd: Value, is_pidfd: bool, owner: Value) -> Node {
    let mut made = node(6, key, &[fd], &[]);
    made.body.extend_from_slice(&[0, 1 + u8::from(is_pidfd)]);
    owner.put(&mut made.body);
    made
}
/// The numbers of the bits that are set, below `end`.
pub(crate) fn fds_in_bits(key: u8, end: Value) -> Node {
    let mut made = node(7, key, &[end], &[]);
    made.body.extend_from_slice(&[0, 0]);
    made
}
/// Those of control messages.
pub(crate) fn fds_in_messages(key: u8, end: Value) -> Node {
    let mut made = node(7, key, &[end], &[]);
    made.body.extend_from_slice(&[1, 0]);
    made
}
pub(crate) fn thread_name(key: u8, thread: Value) -> Node {
    process(key, thread, 1, 1)
}
/// `counted`: 0 a thread, 1 a process, 2 a group, 3 a session; wishes of `descriptor::pid_wish`.
pub(crate) fn process(key: u8, number: Value, counted: u8, wishes: u8) -> Node {
    let mut made = node(8, key, &[number], &[]);
    made.body.extend_from_slice(&[counted, wishes]);
    made
}

impl Node {
    pub(crate) fn at_exit(self) -> Self {
        Self { when: 1, ..self }
    }
    pub(crate) fn at_any_exit(self) -> Self {
        Self { when: 2, ..self }
    }
    pub(crate) fn at_failure(self) -> Self {
        Self { when: 3, ..self }
    }
    pub(crate) fn inside(self, children: &[Node]) -> Self {
        Self { children: children.to_vec(), ..self }
    }
    fn put(&self, out: &mut Vec<u8>) {
        let children = if self.counted { self.children.len() as u8 } else { 0 };
        out.extend_from_slice(&[self.op, self.key, self.when, children]);
        out.extend_from_slice(&self.body);
        self.children.iter().for_each(|child| child.put(out));
    }
}

/// What to do about one call.
pub(crate) struct Wanted {
    abi: Abi,
    number: u32,
    flags: u8,
    nodes: Vec<Node>,
}

pub(crate) fn record(number: i64, nodes: &[Node]) -> Wanted {
    Wanted { abi: Abi::X86_64, number: number as u32, flags: 1, nodes: nodes.to_vec() }
}

impl Wanted {
    pub(crate) fn by(self, abi: Abi) -> Self {
        Self { abi, ..self }
    }
    pub(crate) fn unrecorded(self) -> Self {
        Self { flags: 0, ..self }
    }
}

const UNLISTED: u16 = 1;

/// These calls and no others.
pub(crate) fn only(calls: &[Wanted]) -> Vec<u8> {
    plan(0, calls)
}

/// These calls copied as said, and all others recorded.
pub(crate) fn all_and(calls: &[Wanted]) -> Vec<u8> {
    plan(UNLISTED, calls)
}

/// The same plan, with the name of the thread in each call.
pub(crate) fn named_threads(mut plan: Vec<u8>) -> Vec<u8> {
    plan[6] |= 2;
    plan
}

fn plan(flags: u16, calls: &[Wanted]) -> Vec<u8> {
    let mut out = b"SPLN".to_vec();
    out.extend_from_slice(&1u16.to_le_bytes());
    out.extend_from_slice(&flags.to_le_bytes());
    out.extend_from_slice(&(calls.len() as u32).to_le_bytes());
    for call in calls {
        out.extend_from_slice(&[call.abi as u8, call.flags]);
        out.extend_from_slice(&(call.nodes.len() as u16).to_le_bytes());
        out.extend_from_slice(&call.number.to_le_bytes());
        call.nodes.iter().for_each(|node| node.put(&mut out));
    }
    out
}

/// A predicate of a rule.
#[derive(Clone)]
pub(crate) struct Predicate(Vec<u8>);

pub(crate) fn always() -> Predicate {
    Predicate(vec![0])
}
pub(crate) fn all(several: &[Predicate]) -> Predicate {
    several_of(1, several)
}
pub(crate) fn any(several: &[Predicate]) -> Predicate {
    several_of(2, several)
}
fn several_of(op: u8, several: &[Predicate]) -> Predicate {
    let mut out = vec![op];
    out.extend_from_slice(&(several.len() as u16).to_le_bytes());
    several.iter().for_each(|one| out.extend_from_slice(&one.0));
    Predicate(out)
}
pub(crate) fn not(one: Predicate) -> Predicate {
    Predicate([vec![3], one.0].concat())
}
pub(crate) const EQUAL: u8 = 0;
pub(crate) const GREATER: u8 = 4;
pub(crate) fn word(value: Value, mask: u64, compare: u8, operand: u64) -> Predicate {
    let mut out = vec![4];
    value.put(&mut out);
    out.extend_from_slice(&mask.to_le_bytes());
    out.push(compare);
    out.extend_from_slice(&operand.to_le_bytes());
    Predicate(out)
}
pub(crate) const PREFIX: u8 = 1;
pub(crate) fn captured(key: u8, offset: u32, compare: u8, operand: &[u8]) -> Predicate {
    let mut out = vec![6, key, 5];
    out.extend_from_slice(&offset.to_le_bytes());
    out.push(compare);
    out.extend_from_slice(&(operand.len() as u32).to_le_bytes());
    out.extend_from_slice(operand);
    Predicate(out)
}
pub(crate) const EXACT: u8 = 0;
pub(crate) const BENEATH: u8 = 1;
pub(crate) const GLOB: u8 = 2;
fn matcher(how: u8, operand: &str, out: &mut Vec<u8>) {
    out.extend_from_slice(&[how, 0]);
    out.extend_from_slice(&(operand.len() as u32).to_le_bytes());
    out.extend_from_slice(operand.as_bytes());
}
/// A captured path, also by what symbolic links lead to.
pub(crate) fn path(key: u8, directory: Value, how: u8, operand: &str) -> Predicate {
    let mut out = vec![7, key];
    directory.put(&mut out);
    out.push(1);
    matcher(how, operand, &mut out);
    Predicate(out)
}
pub(crate) fn descriptor(fd: Value, how: u8, operand: &str) -> Predicate {
    let mut out = vec![8];
    fd.put(&mut out);
    matcher(how, operand, &mut out);
    Predicate(out)
}
pub(crate) fn program_is(how: u8, operand: &str) -> Predicate {
    let mut out = vec![10];
    matcher(how, operand, &mut out);
    Predicate(out)
}
pub(crate) const fn depth() -> Value {
    of(10, 4, 0, 0)
}

/// What a rule does.
#[derive(Clone)]
pub(crate) struct Action(Vec<u8>);

fn act(op: u8, rest: &[&[u8]]) -> Action {
    Action([&[op], rest.concat().as_slice()].concat())
}
pub(crate) fn fail(errno: i32) -> Action {
    act(1, &[&errno.to_le_bytes()])
}
pub(crate) fn give(value: i64) -> Action {
    act(2, &[&value.to_le_bytes()])
}
pub(crate) fn instead(number: i64) -> Action {
    act(3, &[&(number as u32).to_le_bytes()])
}
pub(crate) fn replace(value: i64) -> Action {
    act(4, &[&value.to_le_bytes()])
}
pub(crate) fn set_argument(index: u8, value: u64) -> Action {
    act(5, &[&[index], &value.to_le_bytes()])
}
pub(crate) fn poke(index: u8, is_exit: bool, offset: u32, bytes: &[u8]) -> Action {
    let length = (bytes.len() as u32).to_le_bytes();
    act(6, &[&[index, u8::from(is_exit)], &offset.to_le_bytes(), &length, bytes])
}
pub(crate) fn send(signal: i32) -> Action {
    act(7, &[&signal.to_le_bytes()])
}
pub(crate) fn delay(is_exit: bool, ms: u64) -> Action {
    act(8, &[&[u8::from(is_exit)], &(ms * 1_000_000).to_le_bytes()])
}
pub(crate) fn kill_tree() -> Action {
    act(9, &[])
}
pub(crate) fn stop_tracing() -> Action {
    act(10, &[])
}
/// 1: at entry, 2: at exit, 3: at both.
pub(crate) fn ask(phases: u8) -> Action {
    act(11, &[&[phases]])
}

/// Actions on their own, as a handler decides.
pub(crate) fn decision(actions: &[Action]) -> Vec<u8> {
    let mut out = (actions.len() as u16).to_le_bytes().to_vec();
    actions.iter().for_each(|action| out.extend_from_slice(&action.0));
    out
}

pub(crate) struct Rule {
    pub(crate) id: u16,
    pub(crate) report: bool,
    /// 0 the tree, 1 a process, 2 a thread, 3 a thread and a call; first, last, step.
    pub(crate) occurrence: (u8, u32, u32, u32),
    pub(crate) calls: Vec<(Abi, i64)>,
    pub(crate) when: Predicate,
    pub(crate) outcome: Option<Predicate>,
    pub(crate) actions: Vec<Action>,
}

/// Acts on each of these calls that `when` holds for.
pub(crate) fn rule(id: u16, calls: &[(Abi, i64)], when: Predicate, actions: &[Action]) -> Rule {
    let calls = calls.to_vec();
    Rule { id, report: true, occurrence: (0, 1, u32::MAX, 1), calls, when, outcome: None, actions: actions.to_vec() }
}

/// Fails calls with an errno.
pub(crate) fn deny(id: u16, errno: i32, calls: &[(Abi, i64)], when: Predicate) -> Rule {
    rule(id, calls, when, &[fail(errno)])
}

impl Rule {
    pub(crate) fn on(self, scope: u8, first: u32, last: u32, step: u32) -> Self {
        Self { occurrence: (scope, first, last, step), ..self }
    }
    pub(crate) fn after(self, outcome: Predicate) -> Self {
        Self { outcome: Some(outcome), ..self }
    }
}

pub(crate) fn rules(rules: &[Rule]) -> Vec<u8> {
    let mut out = b"SPRL".to_vec();
    out.extend_from_slice(&2u16.to_le_bytes());
    out.extend_from_slice(&(rules.len() as u16).to_le_bytes());
    for rule in rules {
        out.extend_from_slice(&rule.id.to_le_bytes());
        out.push(u8::from(rule.report) | u8::from(rule.outcome.is_some()) << 1);
        let (scope, first, last, step) = rule.occurrence;
        out.push(scope);
        for number in [first, last, step, rule.calls.len() as u32] {
            out.extend_from_slice(&number.to_le_bytes());
        }
        for (abi, number) in &rule.calls {
            out.extend_from_slice(&[*abi as u8, 0, 0, 0]);
            out.extend_from_slice(&(*number as u32).to_le_bytes());
        }
        out.extend_from_slice(&rule.when.0);
        if let Some(outcome) = &rule.outcome {
            out.extend_from_slice(&outcome.0);
        }
        out.extend_from_slice(&decision(&rule.actions));
    }
    out
}
