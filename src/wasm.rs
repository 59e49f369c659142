//! The door to JavaScript, and the only file of the default build that names wasm_bindgen. It converts and calls; it decides
//! nothing.
//!
//! Errors cross as data (the fields of [`Error`]); the package turns them into its one error class. Numbers that can be
//! large cross as JavaScript numbers where they are sizes (below 2^53), and as decimal text where they are checksums.

use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_wasm_bindgen::Serializer;
use tsify::{Ts, Tsify};
use wasm_bindgen::prelude::*;

use crate::error::{Code, Error};
use crate::http::{Headers, Request};
use crate::oss::crc64;
use crate::source::guard::{self, SourcePolicy};
use crate::source::range::{self, RangeExpectation};
use crate::time::UnixMs;
use crate::upload::{self, Checkpoint, Effect, Event, Job, naming};
use crate::vod::conversation::{self, Ask, Heard, Step};
use crate::vod::credential::{UploadAddress, decode_address, decode_auth};
use crate::vod::{self, Account, Credentials, VodService};

/// Effects in the order to run them.
#[derive(Serialize, serde::Deserialize, Tsify)]
pub struct Effects(Vec<Effect>);

/// Name and value pairs: headers, or parameters of an API call.
#[derive(Serialize, serde::Deserialize, Tsify)]
pub struct Pairs(#[tsify(type = "[string, string][]")] Headers);

/// A decoded UploadAuth. It holds secrets.
#[derive(Serialize, serde::Deserialize, Tsify)]
#[serde(rename_all = "camelCase")]
pub struct DecodedUploadAuth {
    /// Of the temporary credential (`STS.…`).
    access_key_id: String,
    /// Of the temporary credential.
    access_key_secret: String,
    /// Of the temporary credential.
    #[tsify(optional)]
    security_token: Option<String>,
    /// When it ends, in ms since the epoch.
    expires_at: u64,
    /// The VOD region it belongs to.
    #[tsify(optional)]
    region: Option<String>,
}

/// One upload. `handle` takes an event and gives the effects that follow from it.
#[wasm_bindgen]
pub struct Upload(upload::Upload);

#[wasm_bindgen]
impl Upload {
    /// `entropy` holds 32 random bytes drawn for this upload alone; `now` is in ms since the epoch.
    #[wasm_bindgen(constructor)]
    pub fn new(
        job: Ts<Job>,
        account: Ts<Account>,
        entropy: &[u8],
        now: f64,
    ) -> Result<Upload, JsValue> {
        let (job, account) = (read("job", job)?, read("account", account)?);
        let upload = upload::Upload::new(job, account, seed(entropy)?, ms(now));
        upload.map(Upload).map_err(|error| thrown(&error))
    }

    /// `now` is in ms since the epoch, by the host's clock.
    pub fn handle(&mut self, event: Ts<Event>, now: f64) -> Result<Ts<Effects>, JsValue> {
        let event = read("event", event)?;
        write(&Effects(self.0.handle(event, ms(now))))
    }

    /// Resumes from a checkpoint, as JSON; see the crate's `Upload::resume`.
    pub fn resume(
        checkpoint: &str,
        job: Ts<Job>,
        account: Ts<Account>,
        entropy: &[u8],
        now: f64,
    ) -> Result<Upload, JsValue> {
        let (checkpoint, job) = (stored(checkpoint)?, read("job", job)?);
        let account = read::<Account>("account", account)?;
        let upload = upload::Upload::resume(checkpoint, job, account, seed(entropy)?, ms(now));
        upload.map(Upload).map_err(|error| thrown(&error))
    }

    /// Removes what an upload has left on the server; see the crate's `Upload::discard`.
    pub fn discard(
        checkpoint: &str,
        job: Ts<Job>,
        account: Ts<Account>,
        entropy: &[u8],
        now: f64,
    ) -> Result<Upload, JsValue> {
        let (checkpoint, job) = (stored(checkpoint)?, read("job", job)?);
        let account = read::<Account>("account", account)?;
        let upload = upload::Upload::discard(checkpoint, job, account, seed(entropy)?, ms(now));
        upload.map(Upload).map_err(|error| thrown(&error))
    }

    /// Where the upload stands.
    pub fn checkpoint(&self) -> Result<Ts<Checkpoint>, JsValue> {
        write(&self.0.checkpoint())
    }
}

/// A conversation with the VOD API: one call, or asking until something is done. Each input is answered with the one step to
/// take next.
#[wasm_bindgen]
pub struct Conversation(conversation::Conversation);

#[wasm_bindgen]
impl Conversation {
    /// `entropy` holds 32 random bytes drawn for this conversation alone; `now` is in ms since the epoch.
    #[wasm_bindgen(constructor)]
    pub fn new(
        service: Ts<VodService>,
        account: Ts<Account>,
        ask: Ts<Ask>,
        entropy: &[u8],
        now: f64,
    ) -> Result<Conversation, JsValue> {
        let (service, account) = (read("service", service)?, read("account", account)?);
        let ask = read("ask", ask)?;
        let made = conversation::Conversation::new(service, account, ask, seed(entropy)?, ms(now));
        made.map(Conversation).map_err(|error| thrown(&error))
    }

    /// The first step.
    pub fn start(&mut self, now: f64) -> Result<Ts<Step>, JsValue> {
        write(&self.0.start(ms(now)))
    }

    /// The step after this.
    pub fn handle(&mut self, heard: Ts<Heard>, now: f64) -> Result<Ts<Step>, JsValue> {
        let heard = read("heard", heard)?;
        write(&self.0.handle(heard, ms(now)))
    }
}

/// A running CRC-64/XZ.
#[wasm_bindgen]
pub struct Crc64(crc64::Crc64);

#[wasm_bindgen]
impl Crc64 {
    /// Of no bytes.
    #[wasm_bindgen(constructor)]
    #[allow(clippy::new_without_default)]
    pub fn new() -> Crc64 {
        Crc64(crc64::Crc64::new())
    }

    /// Takes the next bytes.
    pub fn update(&mut self, bytes: &[u8]) {
        self.0.update(bytes);
    }

    /// Of the bytes so far, unsigned decimal, as OSS spells it.
    pub fn digest(&self) -> String {
        self.0.finish().to_string()
    }
}

/// CRC-64 of A followed by B, from those of A and B (unsigned decimal) and the length of B in bytes.
#[wasm_bindgen(js_name = crc64Combine)]
pub fn crc64_combine(a: &str, b: &str, length_of_b: f64) -> Result<String, JsValue> {
    let parse = |field: &str, text: &str| {
        text.parse::<u64>()
            .map_err(|_| thrown(&Error::invalid(field, "must be an unsigned decimal number")))
    };
    Ok(crc64::combine(parse("a", a)?, parse("b", b)?, length_of_b as u64).to_string())
}

/// Reads a checkpoint that was stored as JSON; see the crate's `Checkpoint::read`.
#[wasm_bindgen(js_name = readCheckpoint)]
pub fn read_checkpoint(text: &str) -> Result<Ts<Checkpoint>, JsValue> {
    write(&stored(text)?)
}

fn stored(text: &str) -> Result<Checkpoint, JsValue> {
    let typed = |value: serde_json::Value| {
        let value = value.serialize(&Serializer::json_compatible());
        let read = value.and_then(serde_wasm_bindgen::from_value::<Checkpoint>);
        // It comes as a JavaScript error.
        read.map_err(|error| error.to_string().trim_start_matches("Error: ").to_owned())
    };
    Checkpoint::read_with(text, &typed).map_err(|error| thrown(&error))
}

/// How long to wait, in ms, while this machine has no free file handle, after so many ms of waiting;
/// nothing when it was long enough.
#[wasm_bindgen(js_name = handleWaitMs)]
pub fn handle_wait_ms(waited_ms: f64) -> Option<f64> {
    upload::retry::handle_wait_ms(waited_ms as u64).map(|ms| ms as f64)
}

/// Whether a source's reply to a ranged GET is exactly what was asked for; the error, if not.
#[wasm_bindgen(js_name = checkRange)]
pub fn check_range(
    expect: Ts<RangeExpectation>,
    status: u16,
    headers: Ts<Pairs>,
) -> Result<Option<Ts<Error>>, JsValue> {
    let headers = read("headers", headers)?.0;
    refusal(range::check_range(
        &read("expect", expect)?,
        status,
        &headers,
    ))
}

/// Whether a source's URL may be fetched; the error, if not.
#[wasm_bindgen(js_name = checkUrl)]
pub fn check_url(url: &str, allow_private: bool) -> Result<Option<Ts<Error>>, JsValue> {
    refusal(guard::check_url(url, &policy(allow_private)))
}

/// A file name for a video by its title and Content-Type.
#[wasm_bindgen(js_name = videoName)]
pub fn video_name(title: &str, content_type: Option<String>) -> String {
    naming::video_name(title, content_type.as_deref())
}

/// Whether an IP address may be contacted; the error, if not.
#[wasm_bindgen(js_name = checkAddress)]
pub fn check_address(ip: &str, allow_private: bool) -> Result<Option<Ts<Error>>, JsValue> {
    refusal(guard::check_address(ip, &policy(allow_private)))
}

/// An error of this code, with its class, hint and whether to retry.
#[wasm_bindgen(js_name = errorOf)]
pub fn error_of(code: Ts<Code>, message: &str) -> Result<Ts<Error>, JsValue> {
    write(&Error::new(read("code", code)?, message))
}

/// Signs any action of the VOD API. `nonce` must be new for every request, a retry included.
#[wasm_bindgen(js_name = signVodRequest)]
pub fn sign_vod_request(
    service: Ts<VodService>,
    credentials: Ts<Credentials>,
    action: &str,
    params: Ts<Pairs>,
    nonce: &str,
    now: f64,
) -> Result<Ts<Request>, JsValue> {
    let params = read("params", params)?.0;
    let request = vod::request::request(
        &read("service", service)?,
        &read("credentials", credentials)?,
        action,
        &params,
        nonce,
        ms(now),
    );
    write(&request.map_err(|error| thrown(&error))?)
}

/// Decodes an UploadAddress (base64 JSON).
#[wasm_bindgen(js_name = decodeUploadAddress)]
pub fn decode_upload_address(text: &str) -> Result<Ts<UploadAddress>, JsValue> {
    write(&decode_address(text).map_err(|error| thrown(&error))?)
}

/// Decodes an UploadAuth (base64 JSON). `now` tells when it was received, in ms since the epoch.
#[wasm_bindgen(js_name = decodeUploadAuth)]
pub fn decode_upload_auth(text: &str, now: f64) -> Result<Ts<DecodedUploadAuth>, JsValue> {
    let auth = decode_auth(text, ms(now)).map_err(|error| thrown(&error))?;
    let credentials = auth.credentials;
    write(&DecodedUploadAuth {
        access_key_id: credentials.access_key_id,
        access_key_secret: credentials.access_key_secret.expose().to_owned(),
        security_token: credentials
            .security_token
            .map(|token| token.expose().to_owned()),
        expires_at: auth.expires_at.0,
        region: auth.region,
    })
}

fn policy(allow_private: bool) -> SourcePolicy {
    SourcePolicy {
        allow_private,
        ..SourcePolicy::default()
    }
}

fn seed(entropy: &[u8]) -> Result<[u8; 32], JsValue> {
    entropy
        .try_into()
        .map_err(|_| thrown(&Error::invalid("entropy", "must be 32 bytes")))
}

/// Float to integer saturates in Rust: a negative or absurd time becomes the nearest one there is.
fn ms(now: f64) -> UnixMs {
    UnixMs(now as u64)
}

fn refusal(result: Result<(), Error>) -> Result<Option<Ts<Error>>, JsValue> {
    result.err().as_ref().map(write).transpose()
}

/// Reads an argument; what serde says of a wrong one names the field.
fn read<T>(name: &str, value: Ts<T>) -> Result<T, JsValue>
where
    T: Tsify<JsType: Clone> + DeserializeOwned,
{
    value
        .to_rust()
        .map_err(|error| thrown(&Error::invalid(name, format!("is not understood: {error}"))))
}

fn write<T: Tsify + Serialize>(value: &T) -> Result<Ts<T>, JsValue> {
    value
        .into_ts()
        .map_err(|error| thrown(&Error::new(Code::Internal, error.to_string())))
}

/// Plain objects, arrays and numbers, so that what is thrown can be stored as JSON.
fn thrown(error: &Error) -> JsValue {
    error
        .serialize(&Serializer::json_compatible())
        .unwrap_or(JsValue::NULL)
}
