//! What is taken from the JavaScript around: clock, randomness, `fetch`, timers.

use js_sys::{Array, Promise, Uint8Array};
use wasm_bindgen::prelude::*;
use web_sys::{ReadableStream, RequestInit, Url, WritableStream};

use crate::error::{Code, Error};
use crate::time::UnixMs;

#[wasm_bindgen]
extern "C" {
    #[wasm_bindgen(catch)]
    pub(super) fn fetch(url: &str, init: &RequestInit) -> Result<Promise, JsValue>;

    #[wasm_bindgen(js_name = setTimeout, catch)]
    pub(super) fn set_timeout(ring: &Closure<dyn FnMut()>, ms: f64) -> Result<JsValue, JsValue>;

    #[wasm_bindgen(js_name = clearTimeout)]
    pub(super) fn clear_timeout(id: &JsValue);

    #[wasm_bindgen(js_namespace = crypto, js_name = getRandomValues, catch)]
    fn get_random_values(into: &Uint8Array) -> Result<JsValue, JsValue>;

    #[wasm_bindgen(js_name = String, catch)]
    fn text_of(value: &JsValue) -> Result<String, JsValue>;

    /// Workers only: says its length, and turns one byte more or fewer into a broken request.
    pub(super) type FixedLengthStream;

    #[wasm_bindgen(constructor, catch)]
    pub(super) fn new(length: f64) -> Result<FixedLengthStream, JsValue>;

    #[wasm_bindgen(method, getter)]
    pub(super) fn readable(this: &FixedLengthStream) -> ReadableStream;

    #[wasm_bindgen(method, getter)]
    pub(super) fn writable(this: &FixedLengthStream) -> WritableStream;
}

/// Whether a body can be streamed with its exact length.
pub(super) fn streams_lengths() -> bool {
    js_sys::Reflect::has(&js_sys::global(), &"FixedLengthStream".into()).unwrap_or(false)
}

pub(super) fn now_ms() -> f64 {
    js_sys::Date::now()
}

pub(super) fn now() -> UnixMs {
    UnixMs(now_ms() as u64)
}

/// Drawn for one upload alone.
pub(super) fn entropy() -> Result<[u8; 32], Error> {
    let drawn = Uint8Array::new_with_length(32);
    get_random_values(&drawn).map_err(|error| Error::new(Code::Internal, describe(&error)))?;
    let mut entropy = [0; 32];
    drawn.copy_to(&mut entropy);
    Ok(entropy)
}

/// As the WHATWG parser spells it: the core knows hosts only in punycode.
pub(super) fn absolute(url: &str) -> Result<String, Error> {
    match Url::new(url) {
        Ok(url) => Ok(url.href()),
        Err(_) => Err(Error::invalid("source", "is not an absolute URL")),
    }
}

/// Nobody waits for this promise: its rejection is no news.
pub(super) fn unheard(promise: &Promise) {
    let _ = Promise::all_settled(&Array::of1(promise));
}

/// The runtime's own words for an error, without URLs, which may hold signatures.
pub(super) fn describe(error: &JsValue) -> String {
    let text = match error.dyn_ref::<js_sys::Error>() {
        Some(error) => String::from(error.message()),
        None => text_of(error).unwrap_or_default(),
    };
    let words = text.split_whitespace().map(|word| match word {
        word if word.contains("://") => "(url)",
        word => word,
    });
    let text = words.collect::<Vec<_>>().join(" ");
    text.chars().take(200).collect()
}
