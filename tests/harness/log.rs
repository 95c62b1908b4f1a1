use std::cell::Cell;
use std::sync::{Mutex, MutexGuard, OnceLock, PoisonError};
use std::thread::{self, ThreadId};

use log::{LevelFilter, Log, Metadata, Record};

static RECORDER: Recorder = Recorder { lines: Mutex::new(Vec::new()), test: Mutex::new(None) };

thread_local! {
    static IS_OF_A_TEST: Cell<bool> = const { Cell::new(false) };
}

/// Keeps every line that is logged, `target: message`, but for those of the threads of tests
/// beside the one that records.
struct Recorder {
    lines: Mutex<Vec<(String, String)>>,
    /// The thread of the test that records.
    test: Mutex<Option<ThreadId>>,
}

/// The only one who records at a time.
pub struct Recording(#[allow(dead_code)] MutexGuard<'static, ()>);

/// Makes the recorder the logger, unless it is. The thread is that of a test from now on.
pub fn install() {
    static INSTALLED: OnceLock<()> = OnceLock::new();

    IS_OF_A_TEST.set(true);
    INSTALLED.get_or_init(|| {
        log::set_logger(&RECORDER).expect("no other logger");
        log::set_max_level(LevelFilter::Info);
        rocket::yansi::disable();
    });
}

impl Recording {
    /// Records from now on. Tests that record run one after the other; a test
    /// beside them whose server logs is to start a recording too, as the threads of a
    /// server are nobody's.
    pub fn start() -> Recording {
        static TURN: Mutex<()> = Mutex::new(());

        install();
        let turn = TURN.lock().unwrap_or_else(PoisonError::into_inner);
        log::set_max_level(LevelFilter::Info);
        *RECORDER.test() = Some(thread::current().id());
        RECORDER.lines().clear();
        Recording(turn)
    }

    pub fn raise_to(&self, level: LevelFilter) {
        log::set_max_level(level);
    }

    /// What was logged so far, without the targets.
    pub fn lines(&self) -> Vec<String> {
        RECORDER.lines().iter().map(|(_, line)| line.clone()).collect()
    }

    /// What was logged so far by `target`, or a module of it.
    pub fn lines_of(&self, target: &str) -> Vec<String> {
        let lines = RECORDER.lines();
        lines.iter().filter(|(by, _)| by.starts_with(target)).map(|(_, line)| line.clone()).collect()
    }

    pub fn clear(&self) {
        RECORDER.lines().clear();
    }
}

impl Recorder {
    fn test(&self) -> MutexGuard<'_, Option<ThreadId>> {
        self.test.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn lines(&self) -> MutexGuard<'_, Vec<(String, String)>> {
        self.lines.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Log for Recorder {
    fn enabled(&self, _: &Metadata<'_>) -> bool {
        true
    }

    fn log(&self, record: &Record<'_>) {
        eprintln!("{} {}", record.target(), record.args());
        let is_of_a_test = IS_OF_A_TEST.try_with(Cell::get).unwrap_or(false);
        if is_of_a_test && *self.test() != Some(thread::current().id()) {
            return;
        }
        self.lines().push((record.target().to_owned(), record.args().to_string()));
    }

    fn flush(&self) {}
}
