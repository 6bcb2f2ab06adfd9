//! A process has one tracer, so whoever wants to be it waits for the others: first come, first served, over all threads.

use std::collections::VecDeque;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};

struct Queue {
    waiting: VecDeque<u64>,
    last: u64,
}

static QUEUE: Mutex<Queue> = Mutex::new(Queue { waiting: VecDeque::new(), last: 0 });
static MOVED: Condvar = Condvar::new();

/// A panic while the lock was held leaves a whole queue behind.
fn queue() -> MutexGuard<'static, Queue> {
    QUEUE.lock().unwrap_or_else(PoisonError::into_inner)
}

/// A place in the queue; dropping it lets the next one come.
#[derive(Debug)]
pub(crate) struct Turn {
    number: u64,
}

impl Turn {
    /// The place behind all others.
    pub(crate) fn take() -> Self {
        let mut queue = queue();
        queue.last += 1;
        let number = queue.last;
        queue.waiting.push_back(number);
        Self { number }
    }

    /// Sleeps until it is this one's turn, or `given_up`, which is asked again after each [`look_again`].
    pub(crate) fn wait(&self, given_up: impl Fn() -> bool) {
        let mut queue = queue();
        while queue.waiting.front() != Some(&self.number) && !given_up() {
            queue = MOVED.wait(queue).unwrap_or_else(PoisonError::into_inner);
        }
    }
}

impl Drop for Turn {
    fn drop(&mut self) {
        queue().waiting.retain(|number| *number != self.number);
        MOVED.notify_all();
    }
}

/// Somebody may have given up.
pub(crate) fn look_again() {
    // With the lock, so that nobody is between asking and sleeping.
    let _queue = queue();
    MOVED.notify_all();
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::atomic::{AtomicBool, Ordering};

    #[test]
    fn turns_come_in_order_and_who_gives_up_stands_in_nobodys_way() {
        let given_up = AtomicBool::new(false);
        let first = Turn::take();
        first.wait(|| false);
        std::thread::scope(|scope| {
            let second = Turn::take();
            let gave_up = scope.spawn(|| {
                let second = second;
                second.wait(|| given_up.load(Ordering::Acquire));
            });
            let third = Turn::take();
            given_up.store(true, Ordering::Release);
            look_again();
            gave_up.join().unwrap_or_default();
            drop(first);
            third.wait(|| false);
        });
    }
}
