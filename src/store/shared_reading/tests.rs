//! Every history of a few requests, a store that changes, and readings that fail or never end.
//!
//! Within this folder it depends on nothing.

use std::cell::{Cell, RefCell};
use std::collections::BTreeSet;
use std::future::{Future, poll_fn};
use std::pin::Pin;
use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::task::{Context, Poll, Wake, Waker};

use super::*;

const LIMIT: Duration = Duration::from_secs(5);

const STRICT: Staleness = Staleness { limit: Duration::ZERO, changes: 0 };

/// The choices that make one history. Each history differs from the one before in its last
/// choice that has an alternative left.
#[derive(Default)]
struct Choices {
    made: Vec<(usize, usize)>,
    next: usize,
}

impl Choices {
    fn choose(&mut self, alternatives: usize) -> usize {
        if self.next == self.made.len() {
            self.made.push((0, alternatives));
        }
        let (choice, of) = self.made[self.next];
        assert_eq!(of, alternatives, "a history is repeatable");
        self.next += 1;
        choice
    }

    /// Moves on to the next history, if there is one.
    fn advance(&mut self) -> bool {
        self.next = 0;
        while let Some((choice, of)) = self.made.pop() {
            if choice + 1 < of {
                self.made.push((choice + 1, of));
                return true;
            }
        }
        false
    }
}

struct Flag(AtomicBool);

impl Wake for Flag {
    fn wake(self: Arc<Self>) {
        self.0.store(true, Ordering::SeqCst);
    }
}

/// A request that asks for the value.
struct Asker {
    future: Pin<Box<dyn Future<Output = Option<u64>>>>,
    woken: Arc<Flag>,
    /// The version of the store when the request came.
    came_at: Rc<Cell<Option<u64>>>,
}

async fn step() {
    let mut is_first = true;
    poll_fn(|context| {
        if std::mem::replace(&mut is_first, false) {
            context.waker().wake_by_ref();
            return Poll::Pending;
        }
        Poll::Ready(())
    })
    .await;
}

/// What happened in all histories together.
#[derive(Default)]
struct Seen {
    histories: usize,
    /// How many readings a history took.
    readings: BTreeSet<usize>,
    unanswered: usize,
}

/// Runs every history of some askers, while the store changes `changes` times, up to
/// `failures` readings fail, and up to `cancellations` askers go away.
fn explore(askers: usize, changes: u64, failures: usize, cancellations: usize) -> Seen {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build();
    let runtime = runtime.expect("a runtime");
    let _guard = runtime.enter();
    let choices = Rc::new(RefCell::new(Choices::default()));
    let mut seen = Seen::default();
    loop {
        run(&choices, askers, changes, failures, cancellations, &mut seen);
        seen.histories += 1;
        if !choices.borrow_mut().advance() {
            return seen;
        }
    }
}

fn run(
    choices: &Rc<RefCell<Choices>>,
    count: usize,
    mut changes: u64,
    failures: usize,
    mut cancellations: usize,
    seen: &mut Seen,
) {
    let reading = Rc::new(SharedReading::<u64>::new());
    let version = Rc::new(Cell::new(0_u64));
    let failures = Rc::new(Cell::new(failures));
    let readings = Rc::new(Cell::new(0_usize));
    let mut askers: Vec<Option<Asker>> = Vec::new();
    for _ in 0..count {
        let came_at = Rc::new(Cell::new(None));
        let future = {
            let (reading, version, came_at) = (reading.clone(), version.clone(), came_at.clone());
            let (failures, readings, choices) = (failures.clone(), readings.clone(), choices.clone());
            async move {
                came_at.set(Some(version.get()));
                let read = async || {
                    readings.set(readings.get() + 1);
                    step().await;
                    let value = version.get();
                    step().await;
                    let may_fail = failures.get() > 0;
                    if may_fail && choices.borrow_mut().choose(2) == 1 {
                        failures.set(failures.get() - 1);
                        return Err(());
                    }
                    Ok(value)
                };
                reading.get(STRICT, LIMIT, read).await
            }
        };
        let woken = Arc::new(Flag(AtomicBool::new(true)));
        askers.push(Some(Asker { future: Box::pin(future), woken, came_at }));
    }
    let may_fail = failures.get() > 0;
    loop {
        let runnable: Vec<usize> = (0..count)
            .filter(|at| askers[*at].as_ref().is_some_and(|asker| asker.woken.0.load(Ordering::SeqCst)))
            .collect();
        if askers.iter().all(Option::is_none) {
            break;
        }
        assert!(!runnable.is_empty(), "somebody waits for ever");
        let may_change = usize::from(changes > 0);
        let may_cancel = if cancellations > 0 { runnable.len() } else { 0 };
        let choice = choices.borrow_mut().choose(runnable.len() + may_change + may_cancel);
        if choice >= runnable.len() + may_change {
            cancellations -= 1;
            askers[runnable[choice - runnable.len() - may_change]] = None;
        } else if choice >= runnable.len() {
            changes -= 1;
            version.set(version.get() + 1);
        } else {
            let at = runnable[choice];
            let asker = askers[at].as_mut().expect("an asker");
            asker.woken.0.store(false, Ordering::SeqCst);
            let waker = Waker::from(asker.woken.clone());
            let Poll::Ready(answer) = asker.future.as_mut().poll(&mut Context::from_waker(&waker)) else {
                continue;
            };
            let came_at = asker.came_at.get().expect("a request that came");
            match answer {
                Some(value) => assert!(value >= came_at, "{value} was read before the change {came_at}"),
                None => {
                    assert!(may_fail, "nothing failed");
                    seen.unanswered += 1;
                }
            }
            askers[at] = None;
        }
    }
    seen.readings.insert(readings.get());
}

#[test]
fn whoever_asks_sees_every_change_that_came_before_in_every_history() {
    let seen = explore(2, 2, 0, 0);
    assert!(seen.histories > 300, "{}", seen.histories);
    assert_eq!(seen.readings, [1, 2].into(), "two who ask share a reading where that is right");
}

#[test]
fn three_who_ask_need_three_readings_at_most_in_every_history() {
    let seen = explore(3, 1, 0, 0);
    assert_eq!(seen.readings, [1, 2, 3].into());
}

#[test]
fn a_reading_that_fails_is_no_answer_and_holds_up_nobody_in_every_history() {
    let seen = explore(2, 1, 1, 0);
    assert!(seen.unanswered > 0);
}

#[test]
fn one_who_goes_away_while_reading_holds_up_nobody_in_every_history() {
    let seen = explore(2, 1, 0, 1);
    assert!(seen.readings.contains(&2));
}

async fn answer(reading: &SharedReading<u64>, staleness: Staleness, value: u64) -> Option<u64> {
    reading.get(staleness, LIMIT, async || Ok::<_, ()>(value)).await
}

#[rocket::async_test]
async fn a_value_may_be_as_old_as_is_allowed_and_no_older() {
    let reading = SharedReading::new();
    let minute = Staleness { limit: Duration::from_secs(60), changes: 0 };
    assert_eq!(answer(&reading, minute, 1).await, Some(1));
    assert_eq!(answer(&reading, minute, 2).await, Some(1), "it is young enough");
    assert_eq!(answer(&reading, STRICT, 3).await, Some(3), "no value is");
    let elapsed = Staleness { limit: Duration::from_nanos(1), changes: 0 };
    assert_eq!(answer(&reading, elapsed, 4).await, Some(4));
    let changed = Staleness { changes: 1, ..minute };
    assert_eq!(answer(&reading, changed, 5).await, Some(5), "the store was changed here");
    assert_eq!(answer(&reading, changed, 6).await, Some(5));
    reading.forget();
    assert_eq!(answer(&reading, changed, 7).await, Some(7));
}

#[rocket::async_test]
async fn a_failure_is_not_kept() {
    let reading = SharedReading::new();
    let minute = Staleness { limit: Duration::from_secs(60), changes: 0 };
    assert_eq!(reading.get(minute, LIMIT, async || Err::<u64, _>(())).await, None);
    assert_eq!(answer(&reading, minute, 1).await, Some(1));
}

#[rocket::async_test]
async fn a_reading_that_never_ends_holds_nobody_longer_than_the_limit() {
    const ASKERS: u32 = 40;
    let limit = Duration::from_millis(100);
    let reading = Arc::new(SharedReading::<u64>::new());
    let started = Instant::now();
    let ask = |reading: Arc<SharedReading<u64>>| async move {
        reading.get(STRICT, limit, async || std::future::pending::<Result<u64, ()>>().await).await
    };
    let askers: Vec<_> = (0..ASKERS).map(|_| tokio::spawn(ask(reading.clone()))).collect();
    for asker in askers {
        assert_eq!(asker.await.expect("no panic"), None);
    }
    let elapsed = started.elapsed();
    assert!(elapsed >= limit && elapsed < limit * ASKERS / 2, "{elapsed:?}, one after the other");
}
