use std::sync::{Mutex, MutexGuard, OnceLock, PoisonError};

use log::{LevelFilter, Log, Metadata, Record};

static RECORDER: Recorder = Recorder { lines: Mutex::new(Vec::new()) };

/// Keeps every line that is logged, `target: message`.
struct Recorder {
    lines: Mutex<Vec<(String, String)>>,
}

/// The only one who records at a time.
pub struct Recording(#[allow(dead_code)] MutexGuard<'static, ()>);

/// Makes the recorder the logger, unless it is.
pub fn install() {
    static INSTALLED: OnceLock<()> = OnceLock::new();

    INSTALLED.get_or_init(|| {
        log::set_logger(&RECORDER).expect("no other logger");
        log::set_max_level(LevelFilter::Info);
        rocket::yansi::disable();
    });
}

impl Recording {
    /// Records from now on. Tests that record run one after the other; a test
    /// beside them that logs but does not record is to start a recording too.
    pub fn start() -> Recording {
        static TURN: Mutex<()> = Mutex::new(());

        install();
        let turn = TURN.lock().unwrap_or_else(PoisonError::into_inner);
        log::set_max_level(LevelFilter::Info);
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
        self.lines().push((record.target().to_owned(), record.args().to_string()));
    }

    fn flush(&self) {}
}
