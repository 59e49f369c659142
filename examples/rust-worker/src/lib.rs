//! A Cloudflare Worker in Rust that lifts a URL into VOD: `POST /ingest {"url", "title"}` answers with the outcome, or
//! the error, as JSON.
//!
//! `index.js` is the module that workerd loads; it starts this wasm and hands requests to [`ingest`].
#![cfg(target_arch = "wasm32")]

use js_sys::Reflect;
use serde::{Deserialize, Serialize};
use vodlift::Error;
use vodlift::secret::Secret;
use vodlift::upload::{Options, Outcome, Verify};
use vodlift::vod::api::CreateUploadVideo;
use vodlift::vod::{Credentials, VodService};
use vodlift::web::Vodlift;
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::JsFuture;
use web_sys::Request;

/// What a caller may ask for.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Ask {
    url: String,
    #[serde(default)]
    title: String,
    /// In bytes.
    part_size: Option<u64>,
    /// `length`, or `crc64` to have every byte looked at.
    #[serde(default)]
    verify: Verify,
}

/// What a caller gets.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
enum Answer {
    Outcome(Outcome),
    Error(Error),
}

/// Whether a request bears the token.
#[wasm_bindgen(js_name = mayIngest)]
pub fn may_ingest(request: &Request, env: &JsValue) -> Result<bool, JsValue> {
    let token = request.headers().get("authorization")?.unwrap_or_default();
    let wanted = given(env, "INGEST_TOKEN").map(|wanted| format!("Bearer {wanted}"));
    Ok(wanted.is_some_and(|wanted| same(&token, &wanted)))
}

/// Lifts what a request asks for, and gives the answer as JSON. Its client leaving aborts it.
#[wasm_bindgen]
pub async fn ingest(request: Request, env: JsValue) -> Result<String, JsValue> {
    let body = JsFuture::from(request.text()?).await?;
    let body = body.as_string().unwrap_or_default();
    let answer = match lift(&body, &request, &env).await {
        Ok(outcome) => Answer::Outcome(outcome),
        Err(error) => Answer::Error(error),
    };
    serde_json::to_string(&answer).map_err(|error| error.to_string().into())
}

async fn lift(body: &str, request: &Request, env: &JsValue) -> Result<Outcome, Error> {
    let ask: Ask = serde_json::from_str(body).map_err(|error| Error::invalid("body", error))?;
    let credentials = Credentials {
        access_key_id: binding(env, "ALIBABA_CLOUD_ACCESS_KEY_ID"),
        access_key_secret: Secret::new(binding(env, "ALIBABA_CLOUD_ACCESS_KEY_SECRET")),
        security_token: given(env, "ALIBABA_CLOUD_SECURITY_TOKEN").map(Secret::new),
    };
    let service = VodService {
        region: given(env, "VODLIFT_REGION").unwrap_or_else(|| VodService::default().region),
        endpoint: given(env, "VODLIFT_ENDPOINT"),
        ..Default::default()
    };
    let video = CreateUploadVideo {
        title: ask.title,
        ..Default::default()
    };
    let options = Options {
        part_size: ask.part_size,
        verify: ask.verify,
        allow_private_sources: binding(env, "VODLIFT_ALLOW_PRIVATE_SOURCES") == "true",
        ..Default::default()
    };
    // One client a request: in a Worker nothing that waits may be shared between two of them.
    Vodlift::new(credentials)
        .vod(service)
        .upload_url(&ask.url, video)
        .options(options)
        .signal(&request.signal())
        .await
}

fn binding(env: &JsValue, name: &str) -> String {
    given(env, name).unwrap_or_default()
}

fn given(env: &JsValue, name: &str) -> Option<String> {
    let value = Reflect::get(env, &name.into()).ok()?.as_string()?;
    (!value.is_empty()).then_some(value)
}

/// Takes the same time wherever they differ, so that a token cannot be found out letter by letter.
fn same(given: &str, wanted: &str) -> bool {
    let differ = given
        .bytes()
        .zip(wanted.bytes())
        .fold(0, |differ, (a, b)| differ | (a ^ b));
    given.len() == wanted.len() && differ == 0
}
