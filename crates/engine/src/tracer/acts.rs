//! What rules do to calls: at their entry, at their exit, and in between, while a tracee waits.

use std::collections::BTreeMap;
use std::sync::Arc;

use nix::errno::Errno;

use crate::capture::{Call, capture};
use crate::conditions::{Asked, Truth};
use crate::record::{CaptureStatus, GapReason, Kind, RULE_ARGV, RULE_PROGRAM, deeds, flags, put_capture};
use crate::rules::{Action, Phase, Predicate, Rule};
use crate::session::Unanswered;
use crate::stop::Stop;
use crate::sys::ptrace::Register;
use crate::sys::{Tid, clock, memory, signal};
use crate::task::{Acts, InFlight};
use crate::tracee::{Request, RequestError, Stopped};
use crate::{Abi, Mode, RuleUse};

use super::Tracer;
use super::calls::record_of;

/// A tracee that stays in its syscall-stop for a while.
#[derive(Debug)]
pub(super) struct Held {
    /// `CLOCK_MONOTONIC`.
    until: u64,
    then: Then,
}

impl Held {
    /// The stop that it is in, with the signal that goes along.
    pub(super) fn stop(&self) -> Stop {
        match self.then {
            Then::Resume { signal } => stop_with(signal),
            Then::Decide { .. } => Stop::Syscall,
        }
    }
}

#[derive(Debug)]
enum Then {
    /// Goes on, with this signal delivered (0: none).
    Resume { signal: i32 },
    /// A handler decides; past the deadline, the session's policy does.
    Decide { question: u64, phase: Phase },
}

/// What is to be done with a tracee after the actions of a stop.
#[derive(Debug, Default)]
struct Next {
    delay_ns: u64,
    signal: i32,
    asks: bool,
    stops_tracing: bool,
}

impl Tracer {
    /// The first rule that acts at this entry; the rules that the call's outcome is to decide are noted in `flight`.
    pub(super) fn rule_at_entry(&mut self, call: &Call<'_>, flight: &mut InFlight) -> Option<Arc<Rule>> {
        let mut waiting = Acts::default();
        let mut found = None;
        let mut unread = None;
        for (index, rule) in self.rules.of_call(call.abi, call.number) {
            if waiting.counted.contains(&rule.id) {
                continue;
            }
            let asked = Asked { call, captures: &flight.captures, processes: &mut self.processes, unread: false };
            if !is_met(asked, &rule.when, rule.id, &mut self.uses, &mut unread) {
                continue;
            }
            if rule.outcome.is_some() {
                waiting.candidates.push(index);
                continue;
            }
            waiting.counted.push(rule.id);
            if self.counters.count(rule, call.pid, call.tid, call.number) {
                found = Some(Arc::clone(rule));
                break;
            }
        }
        self.tell_unread(unread);
        if found.is_none() && !waiting.candidates.is_empty() {
            flight.acts = Some(Box::new(waiting));
        }
        found
    }

    /// A condition that nobody could look at may be why a rule does nothing: one gap says so.
    fn tell_unread(&mut self, rule: Option<u16>) {
        if let Some(id) = rule.filter(|_| self.incomplete & 1 << GapReason::RuleUnread as u32 == 0) {
            self.gap(GapReason::RuleUnread, u32::from(id));
        }
    }

    /// Does what `rule` asks for at a syscall-entry-stop or seccomp-stop, and lets the tracee go on.
    pub(super) fn apply_at_entry(&mut self, tracee: Stopped, mut flight: InFlight, rule: &Rule) {
        self.note(tracee.tid(), &mut flight, rule);
        self.carry_out(tracee, flight, &rule.actions);
    }

    /// Writes down that a rule acts on a call.
    fn note(&mut self, tid: Tid, flight: &mut InFlight, rule: &Rule) {
        if let Some(used) = self.uses.get_mut(&rule.id) {
            used.acted += 1;
        }
        flight.rule = rule.id;
        if rule.report {
            self.report(tid, flight);
        }
    }

    /// Has the call recorded, with who makes it. What is decided at entry and at exit is reported once.
    fn report(&mut self, tid: Tid, flight: &mut InFlight) {
        if !self.recording || flight.reported {
            return;
        }
        (flight.record, flight.reported) = (true, true);
        let pid = self.tasks.get(&tid).map_or(tid, |task| task.pid);
        put_told(RULE_PROGRAM, self.processes.program(pid), &mut flight.captures);
        put_told(RULE_ARGV, self.processes.argv(pid), &mut flight.captures);
    }

    fn carry_out(&mut self, tracee: Stopped, mut flight: InFlight, actions: &[Action]) {
        let tid = tracee.tid();
        let next = self.act_at_entry(&tracee, &mut flight, actions);
        if next.stops_tracing && self.mode == Mode::Stops {
            self.keep(tid, flight);
            return self.leave_from(tracee, next.signal);
        }
        if next.asks {
            return self.await_answer(tid, flight, None);
        }
        // At a seccomp-stop a call that is skipped has its result already: no exit is needed, unless for the time that it takes.
        let is_over = self.mode == Mode::Filter
            && next.delay_ns == 0
            && flight.acts.as_ref().is_some_and(|acts| acts.exit.is_empty() && acts.restore.is_empty());
        match flight.acts.as_ref().and_then(|acts| acts.result) {
            Some(result) if is_over => {
                self.complete(&tracee, flight, result, is_errno(result));
                if let Some(task) = self.tasks.get_mut(&tid) {
                    task.await_exit = false;
                }
            }
            Some(_) | None => self.keep(tid, flight),
        }
        if next.stops_tracing {
            self.stop_recording();
        }
        self.go_on_after(tracee, &next);
    }

    /// The call goes on; its exit is wanted for its record, or for what is left to do.
    pub(super) fn keep(&mut self, tid: Tid, flight: InFlight) {
        if self.unflushed_since.is_none() && flight.record {
            self.unflushed_since = Some(flight.start_ns);
        }
        if let Some(task) = self.tasks.get_mut(&tid) {
            task.await_exit |= flight.record || flight.acts.is_some();
            task.call = Some(flight);
        }
    }

    fn act_at_entry(&mut self, tracee: &Stopped, flight: &mut InFlight, actions: &[Action]) -> Next {
        let mut next = Next::default();
        let mut acts = flight.acts.take().unwrap_or_default();
        for action in actions {
            let done = match action {
                Action::Skip { result, instead } => {
                    flight.deeds |= deeds::RESULT;
                    skip_call(tracee, (*result, *instead), &mut acts)
                }
                Action::SetArgument { index, value } => {
                    flight.deeds |= deeds::ARGUMENTS;
                    set_argument(tracee, flight.abi, (*index, *value), &mut acts)
                }
                Action::Poke { index, offset, bytes, phase: Phase::Enter } => {
                    poke(tracee, flight, (*index, *offset), bytes)
                }
                Action::Ask { enter, exit } => {
                    next.asks = *enter;
                    if *exit {
                        acts.exit.push(Action::Ask { enter: false, exit: true });
                    }
                    true
                }
                Action::Replace { .. } | Action::Poke { .. } | Action::Delay { phase: Phase::Exit, .. } => {
                    acts.exit.push(action.clone());
                    true
                }
                Action::Signal { .. } | Action::Delay { .. } | Action::KillTree | Action::StopTracing => {
                    self.act_anywhere(tracee, flight, action, &mut next)
                }
            };
            if !done {
                self.could_not(flight);
            }
        }
        let is_poked = actions.iter().any(|action| matches!(action, Action::Poke { phase: Phase::Enter, .. }));
        if is_poked && flight.record {
            self.capture_again(tracee.tid(), flight);
        }
        if next.stops_tracing && !(acts.exit.is_empty() && acts.restore.is_empty()) {
            // The rest of the rule comes first.
            next.stops_tracing = false;
            acts.exit.push(Action::StopTracing);
        }
        let is_needed = !acts.exit.is_empty() || !acts.restore.is_empty() || acts.result.is_some();
        flight.acts = is_needed.then_some(acts);
        next
    }

    /// What is done alike at entry and exit.
    fn act_anywhere(&mut self, tracee: &Stopped, flight: &mut InFlight, action: &Action, next: &mut Next) -> bool {
        match action {
            Action::Signal { signal } => {
                flight.deeds |= deeds::SIGNAL;
                // ptrace(2) delivers one with the restart from syscall-stops, but not from seccomp-stops.
                if self.mode == Mode::Filter && flight.acts.as_ref().is_none_or(|acts| acts.outcome.is_none()) {
                    let tid = tracee.tid();
                    let pid = self.tasks.get(&tid).map_or(tid, |task| task.pid);
                    return !matches!(signal::tgkill(pid, tid, *signal), Err(errno) if errno != Errno::ESRCH);
                }
                next.signal = *signal;
                true
            }
            Action::Delay { ns, .. } => {
                flight.deeds |= deeds::DELAYED;
                next.delay_ns = *ns;
                true
            }
            Action::KillTree => {
                flight.deeds |= deeds::KILLED;
                self.kill(libc::SIGKILL, true);
                true
            }
            Action::StopTracing => {
                flight.deeds |= deeds::STOPPED;
                next.stops_tracing = true;
                true
            }
            Action::Skip { .. }
            | Action::Replace { .. }
            | Action::SetArgument { .. }
            | Action::Poke { .. }
            | Action::Ask { .. } => true,
        }
    }

    /// What was promised and can't be had is never silent.
    fn could_not(&mut self, flight: &mut InFlight) {
        flight.deeds |= deeds::FAILED;
        self.gap(GapReason::RuleFailed, u32::from(flight.rule));
    }

    /// Memory is not what it was when it was copied.
    fn capture_again(&mut self, tid: Tid, flight: &mut InFlight) {
        let Some(plan) = self.plan.get(flight.abi, flight.number) else { return };
        self.cache.pages.forget();
        let call = flight.call(tid, self.tasks.get(&tid), None);
        let mut captures = Vec::with_capacity(flight.captures.len());
        capture(&plan.nodes, &call, &[], &mut self.cache, &mut captures);
        let planned = captures.len();
        // What was found by other means stays.
        captures.extend_from_slice(flight.captures.get(flight.planned..).unwrap_or_default());
        (flight.captures, flight.planned) = (captures, planned);
    }

    /// A call with things left to do has come to its exit.
    pub(super) fn apply_at_exit(&mut self, tracee: Stopped, mut flight: InFlight, result: i64, is_error: bool) {
        let mut acts = flight.acts.take().unwrap_or_default();
        acts.outcome = Some((result, is_error));
        flight.acts = Some(acts);
        let rule = self.rule_at_exit(&tracee, &mut flight, (result, is_error));
        if let Some(rule) = rule {
            self.note(tracee.tid(), &mut flight, &rule);
            if let Some(acts) = &mut flight.acts {
                acts.exit.extend(rule.actions.iter().cloned());
            }
        }
        self.carry_out_at_exit(tracee, flight);
    }

    fn rule_at_exit(&mut self, tracee: &Stopped, flight: &mut InFlight, outcome: (i64, bool)) -> Option<Arc<Rule>> {
        let tid = tracee.tid();
        let acts = flight.acts.as_mut()?;
        let candidates = std::mem::take(&mut acts.candidates);
        let mut counted = std::mem::take(&mut acts.counted);
        let call = flight.call(tid, self.tasks.get(&tid), Some(outcome));
        let mut found = None;
        let mut unread = None;
        for rule in candidates.into_iter().filter_map(|index| self.rules.get(index)) {
            let Some(predicate) = rule.outcome.as_ref().filter(|_| !counted.contains(&rule.id)) else { continue };
            let asked =
                Asked { call: &call, captures: &flight.captures, processes: &mut self.processes, unread: false };
            if !is_met(asked, predicate, rule.id, &mut self.uses, &mut unread) {
                continue;
            }
            counted.push(rule.id);
            if self.counters.count(rule, call.pid, tid, flight.number) {
                found = Some(Arc::clone(rule));
                break;
            }
        }
        self.tell_unread(unread);
        found
    }

    fn carry_out_at_exit(&mut self, tracee: Stopped, mut flight: InFlight) {
        let tid = tracee.tid();
        let Some(mut acts) = flight.acts.take() else { return self.go_on(tracee, 0) };
        let (mut result, mut is_error) = acts.outcome.unwrap_or_default();
        for (register, value) in std::mem::take(&mut acts.restore) {
            let _ = tracee.write_register(register, value);
        }
        if let Some(given) = acts.result.take()
            && given != result
        {
            // A filter of the program's own had another answer for a call that is skipped.
            acts.exit.insert(0, Action::Replace { result: given });
        }
        let mut next = Next::default();
        let mut actions = std::mem::take(&mut acts.exit).into_iter();
        let (executed, skipped) = (acts.executed, acts.skipped);
        flight.acts = Some(acts);
        for action in actions.by_ref() {
            let done = match &action {
                Action::Replace { .. } | Action::Poke { .. } if executed => false,
                Action::Replace { result: wanted } => {
                    let is_own = !skipped && flight.deeds & deeds::RESULT == 0;
                    flight.deeds |= if is_own && !is_error { deeds::RESULT | deeds::DONE } else { deeds::RESULT };
                    let done = is_done(&tracee.write_register(Register::Rax, wanted.cast_unsigned()));
                    if done {
                        (result, is_error) = (*wanted, is_errno(*wanted));
                    }
                    done
                }
                Action::Poke { index, offset, bytes, .. } => poke(&tracee, &mut flight, (*index, *offset), bytes),
                Action::Ask { .. } => {
                    next.asks = true;
                    break;
                }
                Action::Signal { .. }
                | Action::Delay { .. }
                | Action::KillTree
                | Action::StopTracing
                | Action::Skip { .. }
                | Action::SetArgument { .. } => self.act_anywhere(&tracee, &mut flight, &action, &mut next),
            };
            if !done {
                self.could_not(&mut flight);
            }
        }
        self.cache.pages.forget();
        if next.asks {
            if let Some(acts) = &mut flight.acts {
                acts.outcome = Some((result, is_error));
                acts.exit = actions.collect();
            }
            return self.await_answer(tid, flight, Some((result, is_error)));
        }
        self.complete(&tracee, flight, result, is_error);
        if let Some(task) = self.tasks.get_mut(&tid) {
            task.await_exit = false;
        }
        if next.stops_tracing {
            if self.mode == Mode::Stops {
                return self.leave_from(tracee, next.signal);
            }
            self.stop_recording();
        }
        self.go_on_after(tracee, &next);
    }

    /// Lets everybody go, this one from its syscall-stop.
    fn leave_from(&mut self, tracee: Stopped, signal: i32) {
        self.leave();
        self.let_go(tracee, stop_with(signal));
    }

    // Waiting.

    fn go_on_after(&mut self, tracee: Stopped, next: &Next) {
        if next.delay_ns == 0 || self.killing {
            return self.go_on(tracee, next.signal);
        }
        let until = clock::monotonic_ns().saturating_add(next.delay_ns);
        self.hold(tracee.tid(), until, Then::Resume { signal: next.signal });
    }

    fn hold(&mut self, tid: Tid, until: u64, then: Then) {
        self.held.insert(tid, Held { until, then });
    }

    /// Asks a handler about a call, at its exit where there is an outcome. The tracee stays where it is.
    fn await_answer(&mut self, tid: Tid, mut flight: InFlight, outcome: Option<(i64, bool)>) {
        flight.deeds |= deeds::ASKED;
        let phase = if outcome.is_some() { Phase::Exit } else { Phase::Enter };
        let question = self.ask(tid, &flight, outcome);
        self.keep(tid, flight);
        self.hold(tid, self.answer_until(), Then::Decide { question, phase });
    }

    fn answer_until(&self) -> u64 {
        let timeout = u64::try_from(self.policy.handler_timeout.as_nanos()).unwrap_or(u64::MAX);
        clock::monotonic_ns().saturating_add(timeout)
    }

    /// When somebody is to go on next.
    pub(super) fn held_until(&self) -> Option<u64> {
        self.held.values().map(|held| held.until).min()
    }

    /// Lets those go on whose time has come.
    pub(super) fn release_due(&mut self, now: u64) {
        if self.held.is_empty() {
            return;
        }
        let due: Vec<Tid> = self.held.iter().filter(|(_, held)| held.until <= now).map(|(tid, _)| *tid).collect();
        for tid in due {
            let Some(held) = self.held.remove(&tid) else { continue };
            let tracee = Stopped::reported(tid);
            match held.then {
                Then::Resume { signal } => self.go_on(tracee, signal),
                Then::Decide { phase, .. } => self.unanswered(tracee, phase),
            }
        }
    }

    /// Such a call is recorded in any case: what was to be decided was not.
    fn unanswered(&mut self, tracee: Stopped, phase: Phase) {
        self.end.unanswered += 1;
        let tid = tracee.tid();
        if let Some(mut call) = self.tasks.get_mut(&tid).and_then(|task| task.call.take()) {
            call.deeds |= deeds::UNANSWERED;
            self.processes.next_stop();
            self.report(tid, &mut call);
            self.keep(tid, call);
        }
        match self.policy.unanswered {
            Unanswered::Continue => {}
            Unanswered::Detach if self.mode == Mode::Stops => return self.leave_from(tracee, 0),
            Unanswered::Kill | Unanswered::Detach => self.kill(libc::SIGKILL, true),
        }
        self.go_on_decided(tracee, phase, &[]);
    }

    /// A handler has decided.
    pub(super) fn decided(&mut self, question: u64, actions: &[Action]) {
        let asked = self.held.iter().find_map(|(tid, held)| match held.then {
            Then::Decide { question: asked, phase } if asked == question => Some((*tid, phase)),
            Then::Decide { .. } | Then::Resume { .. } => None,
        });
        // Too late, or the tracee is gone.
        let Some((tid, phase)) = asked else { return };
        self.held.remove(&tid);
        self.go_on_decided(Stopped::reported(tid), phase, actions);
    }

    fn go_on_decided(&mut self, tracee: Stopped, phase: Phase, actions: &[Action]) {
        let Some(mut flight) = self.tasks.get_mut(&tracee.tid()).and_then(|task| task.call.take()) else {
            return self.go_on(tracee, 0);
        };
        self.cache.pages.forget();
        self.processes.next_stop();
        if !actions.is_empty() {
            self.report(tracee.tid(), &mut flight);
        }
        match phase {
            Phase::Enter => self.carry_out(tracee, flight, actions),
            Phase::Exit => {
                if let Some(acts) = &mut flight.acts {
                    acts.exit.splice(0..0, actions.iter().cloned());
                }
                self.carry_out_at_exit(tracee, flight);
            }
        }
    }

    /// Lets threads of these processes go on that only wait for the time: in a ptrace-stop no signal reaches them.
    pub(super) fn release_delayed(&mut self, processes: &[Tid]) {
        for (tid, held) in &mut self.held {
            let is_meant = self.tasks.get(tid).is_some_and(|task| processes.contains(&task.pid));
            if is_meant && matches!(held.then, Then::Resume { .. }) {
                held.until = 0;
            }
        }
        self.release_due(0);
    }

    /// Hands a question to whoever answers: the call as far as it is known, as a record whose `entry_seq` is the question's number.
    /// A number for each: an answer about the entry may come when the exit is asked about.
    fn ask(&mut self, tid: Tid, flight: &InFlight, outcome: Option<(i64, bool)>) -> u64 {
        let mut bytes = Vec::new();
        let mut captures = flight.captures.clone();
        let (kind, result, bits) = match outcome {
            None => (Kind::Pending, 0, 0),
            Some((result, is_error)) => {
                if let Some(plan) = self.plan.get(flight.abi, flight.number) {
                    let call = flight.call(tid, self.tasks.get(&tid), outcome);
                    let mut out = Vec::new();
                    capture(&plan.nodes, &call, &flight.captures, &mut self.cache, &mut out);
                    captures.extend_from_slice(&out);
                }
                (Kind::Syscall, result, if is_error { flags::IS_ERROR } else { 0 })
            }
        };
        let question = self.next_seq();
        let head = self.call_head(kind, bits, tid, flight, (question, flight.start_ns));
        let mut record = record_of(head, flight, result, 0);
        record.entry_seq = question;
        record.put_with(&captures, &mut bytes);
        self.outbox.ask(bytes);
        question
    }

    /// Somebody who was waiting has stopped for another reason, or ended: it was killed.
    pub(super) fn no_longer_held(&mut self, tid: Tid) {
        if !self.held.is_empty() {
            self.held.remove(&tid);
        }
    }
}

/// Whether a rule's condition holds. One that could not be looked at is counted, and `unread` becomes its rule.
fn is_met(
    mut asked: Asked<'_>,
    condition: &Predicate,
    rule: u16,
    uses: &mut BTreeMap<u16, RuleUse>,
    unread: &mut Option<u16>,
) -> bool {
    let truth = asked.holds(condition);
    if asked.unread
        && let Some(used) = uses.get_mut(&rule)
    {
        used.unread += 1;
        *unread = Some(rule);
    }
    truth == Truth::Yes
}

/// A syscall-stop from which somebody is let go with a signal (0: none): that goes along as from a signal-delivery-stop.
fn stop_with(signal: i32) -> Stop {
    if signal == 0 { Stop::Syscall } else { Stop::Signal { signal } }
}

/// A tracee that is gone makes no call: nothing was missed.
fn is_done(asked: &Request<()>) -> bool {
    !matches!(asked, Err(RequestError::Refused(_)))
}

/// What is known of a process, as a capture.
fn put_told(key: u8, told: Option<&[u8]>, out: &mut Vec<u8>) {
    match told {
        Some(bytes) => put_capture(key, 0, CaptureStatus::Ok, 0, bytes, out),
        None => put_capture(key, 0, CaptureStatus::Fault, 0, &[], out),
    }
}

/// An error as the kernel returns it.
pub(super) fn is_errno(result: i64) -> bool {
    (-4095..0).contains(&result)
}

/// Makes the kernel skip the call and return `result`. At an entry-stop or seccomp-stop both registers take effect: number -1 runs
/// nothing and leaves rax as it is. Another number runs, and has a result of its own until the exit.
fn skip_call(tracee: &Stopped, (result, instead): (i64, Option<u32>), acts: &mut Acts) -> bool {
    acts.skipped = true;
    match instead {
        Some(number) => {
            acts.exit.push(Action::Replace { result });
            is_done(&tracee.write_register(Register::OrigRax, u64::from(number)))
        }
        None => {
            acts.result = Some(result);
            is_done(&tracee.write_register(Register::OrigRax, u64::MAX))
                && is_done(&tracee.write_register(Register::Rax, result.cast_unsigned()))
        }
    }
}

/// Compilers keep values in argument registers across a call, so the old one is put back at exit.
fn set_argument(tracee: &Stopped, abi: Abi, (index, value): (u8, u64), acts: &mut Acts) -> bool {
    let Some(register) = Register::of_argument(abi, usize::from(index)) else { return false };
    let value = if abi == Abi::I386 { value & 0xffff_ffff } else { value };
    if !acts.restore.iter().any(|(changed, _)| *changed == register) {
        // Asked for, since 64-bit code that makes an i386 call has something in the upper half, too.
        match tracee.read_register(register) {
            Ok(before) => acts.restore.push((register, before)),
            Err(error) => return error == RequestError::Gone,
        }
    }
    is_done(&tracee.write_register(register, value))
}

/// Its tracee is let go inside the call: no exit will put registers back. A call that runs in the place of another has that one's
/// result only then, so it is skipped.
pub(super) fn put_back(tracee: &Stopped, call: &mut InFlight) {
    let Some(acts) = call.acts.take() else { return };
    for (register, value) in acts.restore {
        let _ = tracee.write_register(register, value);
    }
    let replaced =
        acts.exit.iter().find_map(|action| if let Action::Replace { result } = action { Some(*result) } else { None });
    if let Some(result) = replaced
        && tracee.read_register(Register::OrigRax).is_ok_and(|number| number as u32 != call.number)
    {
        let _ = tracee.write_register(Register::OrigRax, u64::MAX);
        let _ = tracee.write_register(Register::Rax, result.cast_unsigned());
    }
}

/// Writes into memory that an argument points to: as much of it as there is, and false where that is not enough.
fn poke(tracee: &Stopped, flight: &mut InFlight, (index, offset): (u8, u32), bytes: &[u8]) -> bool {
    let pointer = flight.args.get(usize::from(index)).copied().filter(|pointer| *pointer != 0);
    let address = pointer.and_then(|pointer| pointer.checked_add(u64::from(offset)));
    let Some(address) = address else { return false };
    let (written, ended) = memory::write(tracee.tid(), address, bytes);
    if written > 0 {
        flight.deeds |= deeds::ARGUMENTS;
    }
    ended.is_none_or(|errno| errno == Errno::ESRCH)
}
