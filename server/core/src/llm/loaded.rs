//! The models in memory: few at a time, each for as long as it is used now and then.

use super::local::ModelFile;
use crate::error::Result;
use folio_models::Writer;
use std::future::Future;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};
use tokio::sync::OnceCell;

/// How often idle models are looked for.
const LOOK: Duration = Duration::from_secs(30);

#[derive(Clone)]
pub struct Loaded {
    /// The one that was used longest ago first.
    slots: Arc<Mutex<Vec<Slot>>>,
    most: usize,
    idle: Duration,
}

struct Slot {
    file: ModelFile,
    writer: Arc<OnceCell<Arc<Writer>>>,
    used: Instant,
}

impl Loaded {
    /// At most `most` models, each until it was idle for `idle`.
    pub fn new(most: usize, idle: Duration) -> Self {
        Self { slots: Arc::default(), most, idle }
    }

    pub fn has(&self, file: &ModelFile) -> bool {
        self.slots().iter().any(|slot| slot.file == *file && slot.writer.initialized())
    }

    /// The model of `file`, loaded once however many ask for it. Whoever has it keeps it, whatever becomes of the place here.
    pub async fn get(&self, file: &ModelFile, load: impl Future<Output = Result<Arc<Writer>>>) -> Result<Arc<Writer>> {
        let place = self.take_place(file);
        let was_there = place.initialized();
        let writer = place.get_or_try_init(|| load).await;
        match &writer {
            Ok(_) if !was_there => drop(tokio::spawn(self.clone().leave_when_idle(file.clone(), Arc::clone(&place)))),
            Ok(_) => {}
            Err(_) => self.slots().retain(|slot| !Arc::ptr_eq(&slot.writer, &place) || slot.writer.initialized()),
        }
        writer.cloned()
    }

    /// Makes `file` the one that was used last, and room for it.
    fn take_place(&self, file: &ModelFile) -> Arc<OnceCell<Arc<Writer>>> {
        let mut slots = self.slots();
        let known = slots.iter().position(|slot| slot.file == *file).map(|at| slots.remove(at).writer);
        let writer = known.unwrap_or_default();
        while slots.len() >= self.most {
            slots.remove(0);
        }
        slots.push(Slot { file: file.clone(), writer: Arc::clone(&writer), used: Instant::now() });
        writer
    }

    async fn leave_when_idle(self, file: ModelFile, place: Arc<OnceCell<Arc<Writer>>>) {
        let place = Arc::downgrade(&place);
        loop {
            tokio::time::sleep(self.idle.min(LOOK)).await;
            let mut slots = self.slots();
            slots.retain(|slot| slot.file != file || slot.used.elapsed() < self.idle);
            if !slots.iter().any(|slot| place.ptr_eq(&Arc::downgrade(&slot.writer))) {
                return;
            }
        }
    }

    fn slots(&self) -> MutexGuard<'_, Vec<Slot>> {
        self.slots.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
