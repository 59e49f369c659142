//! Who writes checkpoints, and when.

use std::cell::{Cell, RefCell};
use std::future::poll_fn;
use std::task::{Context, Poll};

use wasm_bindgen::JsValue;

use super::account::LocalFuture;
use super::js;
use crate::error::{Code, Error};
use crate::upload::Checkpoint;

/// Keeps one upload's checkpoint: plain JSON of about 1 KB without any key, token, signature or signed URL.
pub trait CheckpointStore {
    /// Replaces what is there. It is over once that is durable.
    fn save(&self, checkpoint: Checkpoint) -> LocalFuture<Result<(), JsValue>>;
    /// Forgets it: the upload is done, or aborted.
    fn remove(&self) -> LocalFuture<Result<(), JsValue>>;
}

type Writing = (Option<String>, LocalFuture<Result<(), JsValue>>);

/// Writes checkpoints one after the other, and of those that queue up only the latest.
pub(super) struct Saver {
    store: Option<Box<dyn CheckpointStore>>,
    latest: RefCell<Option<Checkpoint>>,
    writing: RefCell<Option<Writing>>,
    /// The multipart upload of the latest checkpoint, and of the last that was written.
    upload_id: RefCell<Option<String>>,
    written_id: RefCell<Option<String>>,
    failed: Cell<bool>,
}

impl Saver {
    pub(super) fn new(store: Option<Box<dyn CheckpointStore>>) -> Saver {
        Saver {
            store,
            latest: RefCell::new(None),
            writing: RefCell::new(None),
            upload_id: RefCell::new(None),
            written_id: RefCell::new(None),
            failed: Cell::new(false),
        }
    }

    pub(super) fn has_store(&self) -> bool {
        self.store.is_some()
    }

    pub(super) fn save(&self, checkpoint: Checkpoint) {
        self.upload_id.replace(checkpoint.upload_id.clone());
        self.latest.replace(Some(checkpoint));
    }

    /// Writes on. Ready when nothing is left to write; an error when the store did not take one, and from then on nothing is.
    pub(super) fn poll(&self, cx: &mut Context<'_>) -> Poll<Result<(), Error>> {
        let Some(store) = self.store.as_ref().filter(|_| !self.failed.get()) else {
            return Poll::Ready(Ok(()));
        };
        let mut writing = self.writing.borrow_mut();
        loop {
            let Some((id, write)) = writing.as_mut() else {
                let Some(checkpoint) = self.latest.take() else {
                    return Poll::Ready(Ok(()));
                };
                *writing = Some((checkpoint.upload_id.clone(), store.save(checkpoint)));
                continue;
            };
            let Poll::Ready(written) = write.as_mut().poll(cx) else {
                return Poll::Pending;
            };
            self.written_id.replace(id.take());
            *writing = None;
            if let Err(error) = written {
                self.failed.set(true);
                return Poll::Ready(Err(failed(&error)));
            }
        }
    }

    /// Waits until the multipart upload is written down: parts of one that nobody knows of would be lost with the isolate.
    pub(super) async fn identified(&self) {
        // The driver polls the writing first, and this right after it: there is nobody to wake.
        poll_fn(|_| match self.is_identified() {
            true => Poll::Ready(()),
            false => Poll::Pending,
        })
        .await;
    }

    fn is_identified(&self) -> bool {
        self.store.is_none()
            || self.failed.get()
            || *self.written_id.borrow() == *self.upload_id.borrow()
    }

    /// Waits until the latest is written.
    pub(super) async fn settled(&self) -> Result<(), Error> {
        poll_fn(|cx| self.poll(cx)).await
    }

    /// Nothing is left to go on from.
    pub(super) async fn remove(&self) -> Result<(), Error> {
        let written = self.settled().await;
        if let Some(store) = &self.store {
            store.remove().await.map_err(|error| failed(&error))?;
        }
        written
    }
}

fn failed(error: &JsValue) -> Error {
    let reason = js::describe(error);
    Error::new(
        Code::CheckpointFailed,
        format!("the checkpoint could not be stored: {reason}"),
    )
}
