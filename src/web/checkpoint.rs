//! Who writes checkpoints, and when.

use std::cell::Cell;
use std::future::poll_fn;
use std::rc::Rc;
use std::task::{Context, Poll};

use wasm_bindgen::JsValue;

use super::account::LocalFuture;
use super::js;
use crate::error::{Code, Error};
use crate::upload::Checkpoint;

type Writing = LocalFuture<Result<(), JsValue>>;
pub(super) type Store = Box<dyn FnMut(Checkpoint) -> Writing>;

/// Writes checkpoints one after the other, and of those that queue up only the latest.
pub(super) struct Saver {
    store: Option<Store>,
    latest: Option<Checkpoint>,
    /// What is being written, and the multipart upload it names.
    writing: Option<(Option<String>, Writing)>,
    /// The multipart upload of the latest checkpoint.
    upload_id: Option<String>,
    /// The multipart upload is written down: parts of one that nobody knows of would be lost with the isolate.
    identified: Mark,
    /// Everything is written down.
    saved: Mark,
}

/// Something that is so, or will be once enough is written.
#[derive(Clone)]
pub(super) struct Mark(Rc<Cell<bool>>);

impl Mark {
    fn new() -> Mark {
        Mark(Rc::new(Cell::new(true)))
    }

    pub(super) async fn wait(self) {
        // The driver polls the writing first, and this right after it: there is nobody to wake.
        poll_fn(|_| match self.0.get() {
            true => Poll::Ready(()),
            false => Poll::Pending,
        })
        .await;
    }
}

impl Saver {
    pub(super) fn new(store: Option<Store>) -> Saver {
        Saver {
            store,
            latest: None,
            writing: None,
            upload_id: None,
            identified: Mark::new(),
            saved: Mark::new(),
        }
    }

    pub(super) fn has_store(&self) -> bool {
        self.store.is_some()
    }

    pub(super) fn identified(&self) -> Mark {
        self.identified.clone()
    }

    pub(super) fn saved(&self) -> Mark {
        self.saved.clone()
    }

    pub(super) fn save(&mut self, checkpoint: Checkpoint) {
        if self.store.is_none() {
            return;
        }
        if checkpoint.upload_id != self.upload_id {
            self.upload_id.clone_from(&checkpoint.upload_id);
            self.identified.0.set(false);
        }
        self.saved.0.set(false);
        self.latest = Some(checkpoint);
    }

    /// Writes on. Ready when nothing is left to write, or with an error when the store did not take one.
    pub(super) fn poll(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Error>> {
        let Some(store) = &mut self.store else {
            return Poll::Ready(Ok(()));
        };
        loop {
            if let Some((id, write)) = &mut self.writing {
                let Poll::Ready(written) = write.as_mut().poll(cx) else {
                    return Poll::Pending;
                };
                if written.is_err() || *id == self.upload_id {
                    self.identified.0.set(true);
                }
                self.writing = None;
                if let Err(error) = written {
                    return Poll::Ready(Err(not_stored(&error)));
                }
            }
            let Some(checkpoint) = self.latest.take() else {
                self.saved.0.set(true);
                return Poll::Ready(Ok(()));
            };
            self.writing = Some((checkpoint.upload_id.clone(), store(checkpoint)));
        }
    }
}

fn not_stored(error: &JsValue) -> Error {
    let reason = js::describe(error);
    let message = format!("the checkpoint could not be stored: {reason}");
    Error::new(Code::CheckpointFailed, message)
}
