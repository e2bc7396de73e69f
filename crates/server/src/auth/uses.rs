//! When each app called last: noted in memory with each call, and written now and then by the janitor.

use std::{
    collections::HashMap,
    sync::{Mutex, MutexGuard, PoisonError},
};

use rolecall_control::{Core, Error as ControlError, apps};
use rolecall_model::time::Instant;

/// An app's last use is written this often at most. Units: milliseconds.
const WRITTEN_EVERY_MS: i64 = 60_000;
/// What was written and not added to for so long is forgotten here. Units: milliseconds.
const FORGOTTEN_AFTER_MS: i64 = 3_600_000;

/// When apps called last.
///
/// Concurrency: shared by all requests; noting a use is a look into a map.
#[derive(Debug, Default)]
pub struct Uses(Mutex<HashMap<String, Use>>);

#[derive(Clone, Copy, Debug)]
struct Use {
    last: Instant,
    /// The use that was written last, and when that was.
    written: Option<(Instant, Instant)>,
}

impl Use {
    fn is_unwritten(&self) -> bool {
        self.written.is_none_or(|(written, _)| written < self.last)
    }
}

impl Uses {
    /// Notes that the app calls now.
    pub(crate) fn note(&self, app_id: &str, now: Instant) {
        let mut uses = self.uses();
        if let Some(known) = uses.get_mut(app_id) {
            known.last = known.last.max(now);
        } else {
            uses.insert(app_id.to_owned(), Use { last: now, written: None });
        }
    }

    /// Writes what was not written yet, of each app once a minute at most.
    pub async fn write(&self, core: &Core) -> Result<(), ControlError> {
        let now = core.clock.now();
        let is_due = |known: &Use| known.written.is_none_or(|(_, at)| at.plus_ms(WRITTEN_EVERY_MS) <= now);
        self.write_those(core, is_due).await?;
        let is_idle = |known: &Use| !known.is_unwritten() && known.last.plus_ms(FORGOTTEN_AFTER_MS) < now;
        self.uses().retain(|_, known| !is_idle(known));
        Ok(())
    }

    /// Writes all that was not written yet, before the server ends.
    pub async fn write_all(&self, core: &Core) -> Result<(), ControlError> {
        self.write_those(core, |_| true).await
    }

    async fn write_those(&self, core: &Core, is_wanted: impl Fn(&Use) -> bool) -> Result<(), ControlError> {
        let now = core.clock.now();
        let mut due: Vec<(String, Instant)> = Vec::new();
        for (app_id, known) in self.uses().iter().filter(|(_, known)| known.is_unwritten() && is_wanted(known)) {
            due.push((app_id.clone(), known.last));
        }
        if due.is_empty() {
            return Ok(());
        }
        // Always in one order, so that two nodes do not wait for each other.
        due.sort_unstable();
        apps::note_uses(core, &due).await?;
        let mut uses = self.uses();
        for (app_id, last) in due {
            if let Some(known) = uses.get_mut(&app_id) {
                known.written = Some((last, now));
            }
        }
        Ok(())
    }

    fn uses(&self) -> MutexGuard<'_, HashMap<String, Use>> {
        // Nothing panics while it holds the lock.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
