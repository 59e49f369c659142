//! The crate's feature `web`, laid open to its tests: plain data in and out as JSON, everything else as a field of one object.
#![cfg(target_arch = "wasm32")]

use std::future::{Future, poll_fn};
use std::pin::pin;
use std::task::Poll;

use js_sys::{Function, Promise, Reflect};
use serde::{Deserialize, Serialize};
use vodlift::upload::{Checkpoint, Media, Options, Outcome, Source};
use vodlift::vod::{Account, VodService};
use vodlift::web::{End, Run, Vodlift};
use vodlift::{Code, Error};
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::JsFuture;
use web_sys::{AbortSignal, Blob, ReadableStream};

/// What is to be done.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Task {
    account: Account,
    #[serde(default)]
    vod: Option<VodService>,
    #[serde(default)]
    media: Option<Media>,
    #[serde(default)]
    source: Option<Source>,
    /// Of a stream.
    #[serde(default)]
    size: Option<u64>,
    #[serde(default)]
    options: Options,
    #[serde(default)]
    resume: Option<Checkpoint>,
    #[serde(default)]
    abort: Option<Checkpoint>,
    /// The run itself is awaited, and not its `end`.
    #[serde(default)]
    plainly: bool,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
enum Told {
    Done(Outcome),
    Suspended(Box<Checkpoint>),
    Error(Error),
    Removed,
    Dropped,
}

/// Runs a task. `hands` may hold `blob`, `stream`, `signal`, `stop`, `credentials` (gives an account as JSON), `onCheckpoint`
/// (takes JSON), `onProgress` (likewise) and `dropWhen` (a promise).
#[wasm_bindgen]
pub async fn run(task: String, hands: JsValue) -> Result<String, JsValue> {
    let task: Task = serde_json::from_str(&task).map_err(|error| error.to_string())?;
    let told = told(task, &hands).await.unwrap_or_else(Told::Error);
    serde_json::to_string(&told).map_err(|error| error.to_string().into())
}

async fn told(task: Task, hands: &JsValue) -> Result<Told, Error> {
    let vod = client(task.account, task.vod, hands);
    if let Some(checkpoint) = task.abort {
        let removed = vod.abort_with(checkpoint, task.options).await;
        return removed.map(|()| Told::Removed);
    }
    let blob: Option<Blob> = hand(hands, "blob");
    let stream: Option<ReadableStream> = hand(hands, "stream");
    let run = match (task.resume, task.media, task.source) {
        (Some(from), _, source) => match blob {
            Some(blob) => vod.resume_blob(from, &blob),
            None => vod.resume(from, source),
        },
        (None, Some(media), Some(source)) => vod.upload(media, source),
        (None, Some(media), None) => match (blob, stream) {
            (Some(blob), _) => vod.upload_blob(media, &blob),
            (None, Some(stream)) => vod.upload_stream(media, stream, task.size),
            (None, None) => return Err(nothing_to_do()),
        },
        (None, None, _) => return Err(nothing_to_do()),
    };
    let run = with_hands(run.options(task.options), hands);
    if task.plainly {
        return run.await.map(Told::Done);
    }
    let end = run.end();
    let Some(drop_when) = hand::<Promise>(hands, "dropWhen") else {
        return end.await.map(tell);
    };
    let (mut end, mut dropped) = (pin!(end), JsFuture::from(drop_when));
    poll_fn(|cx| match pin!(&mut dropped).poll(cx) {
        Poll::Ready(_) => Poll::Ready(Ok(Told::Dropped)),
        Poll::Pending => end.as_mut().poll(cx).map(|end| end.map(tell)),
    })
    .await
}

fn tell(end: End) -> Told {
    match end {
        End::Done(outcome) => Told::Done(outcome),
        End::Suspended(checkpoint) => Told::Suspended(checkpoint),
    }
}

fn client(account: Account, vod: Option<VodService>, hands: &JsValue) -> Vodlift {
    let client = match hand::<Function>(hands, "credentials") {
        None => Vodlift::new(account),
        Some(ask) => Vodlift::with_credentials(move || {
            let given = ask.call0(&JsValue::UNDEFINED);
            async move {
                let json = JsFuture::from(Promise::resolve(&given?)).await?;
                serde_json::from_str(&json.as_string().unwrap_or_default())
                    .map_err(|error| error.to_string().into())
            }
        }),
    };
    match vod {
        Some(vod) => client.vod(vod),
        None => client,
    }
}

fn with_hands(mut run: Run, hands: &JsValue) -> Run {
    if let Some(signal) = hand::<AbortSignal>(hands, "signal") {
        run = run.signal(&signal);
    }
    if let Some(signal) = hand::<AbortSignal>(hands, "stop") {
        run = run.stop(&signal);
    }
    if let Some(tell) = hand::<Function>(hands, "onProgress") {
        run = run.on_progress(move |progress| drop(call(&tell, progress)));
    }
    if let Some(keep) = hand::<Function>(hands, "onCheckpoint") {
        run = run.on_checkpoint(move |checkpoint| {
            let kept = call(&keep, &checkpoint);
            async move {
                JsFuture::from(Promise::resolve(&kept?)).await?;
                Ok(())
            }
        });
    }
    run
}

fn call(function: &Function, data: &impl Serialize) -> Result<JsValue, JsValue> {
    let json = serde_json::to_string(data).map_err(|error| error.to_string())?;
    function.call1(&JsValue::UNDEFINED, &json.into())
}

fn hand<T: JsCast>(hands: &JsValue, name: &str) -> Option<T> {
    Reflect::get(hands, &name.into()).ok()?.dyn_into().ok()
}

fn nothing_to_do() -> Error {
    Error::new(Code::InvalidArgument, "there is nothing to do")
}
