//! The door to JavaScript: this file and, for OSS, `wasm_oss.rs` are all of the default build that names wasm_bindgen. It
//! converts and calls; it decides nothing.
//!
//! Whatever has a structure crosses as JSON text, errors too (the fields of [`Error`]): while the core runs, no code of the
//! caller's can, so none can throw through it. The package checks the types before (`pkg/src/door.ts`), and turns errors into
//! its one error class. Checksums cross as decimal text: as JavaScript numbers they would lose digits.

use wasm_bindgen::prelude::*;
use zeroize::Zeroizing;

use crate::error::{Code, Error};
use crate::http::{Headers, Request};
use crate::json::{Read, Write, text_of};
use crate::limits::Limits;
use crate::oss::crc64;
use crate::source::guard::{self, SourcePolicy};
use crate::source::range::{self, RangeExpectation};
use crate::time::UnixMs;
use crate::upload::{self, Checkpoint, Event, Job, naming};
use crate::vod::conversation::{self, Ask, Heard};
use crate::vod::credential::{decode_address, decode_auth};
use crate::vod::{self, Account, Credentials, VodService};

/// A value as JSON text.
pub(crate) type Json = String;
/// What an export gives, or the [`Error`] that it throws, both as JSON text.
pub(crate) type Answer<T = Json> = Result<T, Json>;

/// A decoded UploadAuth. It holds secrets.
#[derive(tsify::Tsify, Write)]
#[serde(rename_all = "camelCase")]
pub struct DecodedUploadAuth {
    /// Of the temporary credential (`STS.…`).
    access_key_id: String,
    /// Of the temporary credential.
    access_key_secret: String,
    /// Of the temporary credential.
    #[tsify(optional)]
    #[serde(skip_serializing_if = "Option::is_none")]
    security_token: Option<String>,
    /// When it ends, in ms since the epoch.
    expires_at: u64,
    /// The VOD region it belongs to.
    #[tsify(optional)]
    #[serde(skip_serializing_if = "Option::is_none")]
    region: Option<String>,
}

/// One upload. `handle` takes an event and gives the effects that follow from it.
#[wasm_bindgen]
pub struct Upload(upload::Upload);

#[wasm_bindgen]
impl Upload {
    /// `entropy` holds 32 random bytes drawn for this upload alone; `now` is in ms since the epoch.
    #[wasm_bindgen(constructor)]
    pub fn new(job: Json, account: Json, entropy: &[u8], now: f64) -> Answer<Upload> {
        let (job, account) = (
            read::<Job>("job", job)?,
            read::<Account>("account", account)?,
        );
        let upload = upload::Upload::new(job, account, seed(entropy)?, ms(now));
        upload.map(Upload).map_err(|error| thrown(&error))
    }

    /// The effects of an event, in the order to run them. `now` is in ms since the epoch, by the host's clock.
    pub fn handle(&mut self, event: Json, now: f64) -> Answer {
        let event = read::<Event>("event", event)?;
        write(&self.0.handle(event, ms(now)))
    }

    /// Resumes from a checkpoint; see the crate's `Upload::resume`.
    pub fn resume(
        checkpoint: Json,
        job: Json,
        account: Json,
        entropy: &[u8],
        now: f64,
    ) -> Answer<Upload> {
        let (checkpoint, job) = (stored(&checkpoint)?, read::<Job>("job", job)?);
        let account = read::<Account>("account", account)?;
        let upload = upload::Upload::resume(checkpoint, job, account, seed(entropy)?, ms(now));
        upload.map(Upload).map_err(|error| thrown(&error))
    }

    /// Removes what an upload has left on the server; see the crate's `Upload::discard`.
    pub fn discard(
        checkpoint: Json,
        job: Json,
        account: Json,
        entropy: &[u8],
        now: f64,
    ) -> Answer<Upload> {
        let (checkpoint, job) = (stored(&checkpoint)?, read::<Job>("job", job)?);
        let account = read::<Account>("account", account)?;
        let upload = upload::Upload::discard(checkpoint, job, account, seed(entropy)?, ms(now));
        upload.map(Upload).map_err(|error| thrown(&error))
    }

    /// Bytes that its playlists take in memory; see the crate's `Upload::held`.
    pub fn held(&self) -> usize {
        self.0.held()
    }

    /// Where the upload stands.
    pub fn checkpoint(&self) -> Answer {
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
        service: Json,
        account: Json,
        ask: Json,
        entropy: &[u8],
        now: f64,
    ) -> Answer<Conversation> {
        let service = read::<VodService>("service", service)?;
        let account = read::<Account>("account", account)?;
        let ask = read::<Ask>("ask", ask)?;
        let made = conversation::Conversation::new(service, account, ask, seed(entropy)?, ms(now));
        made.map(Conversation).map_err(|error| thrown(&error))
    }

    /// The first step.
    pub fn start(&mut self, now: f64) -> Answer {
        write(&self.0.start(ms(now)))
    }

    /// The step after this.
    pub fn handle(&mut self, heard: Json, now: f64) -> Answer {
        let heard = read::<Heard>("heard", heard)?;
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

/// The limits that both sides of the door keep to.
#[wasm_bindgen]
pub fn limits() -> Answer {
    write(&Limits::here())
}

/// CRC-64 of A followed by B, from those of A and B (unsigned decimal) and the length of B in bytes.
#[wasm_bindgen(js_name = crc64Combine)]
pub fn crc64_combine(a: &str, b: &str, length_of_b: f64) -> Answer<String> {
    let parse = |field: &str, text: &str| {
        text.parse::<u64>()
            .map_err(|_| thrown(&Error::invalid(field, "must be an unsigned decimal number")))
    };
    Ok(crc64::combine(parse("a", a)?, parse("b", b)?, length_of_b as u64).to_string())
}

/// Reads a checkpoint that was stored as JSON; see the crate's `Checkpoint::read`.
#[wasm_bindgen(js_name = readCheckpoint)]
pub fn read_checkpoint(text: &str) -> Answer {
    write(&stored(text)?)
}

fn stored(text: &str) -> Answer<Checkpoint> {
    Checkpoint::read(text).map_err(|error| thrown(&error))
}

/// How long to wait, in ms, while this machine has no free file handle, after so many ms of waiting;
/// nothing when it was long enough.
#[wasm_bindgen(js_name = handleWaitMs)]
pub fn handle_wait_ms(waited_ms: f64) -> Option<f64> {
    crate::wire::retry::handle_wait_ms(waited_ms as u64).map(|ms| ms as f64)
}

/// Whether a source's reply to a ranged GET is exactly what was asked for; the error, if not.
#[wasm_bindgen(js_name = checkRange)]
pub fn check_range(expect: Json, status: u16, headers: Json) -> Answer<Option<Json>> {
    let expect = read::<RangeExpectation>("expect", expect)?;
    let headers = read::<Headers>("headers", headers)?;
    refusal(range::check_range(&expect, status, &headers))
}

/// Whether a source's URL may be fetched; the error, if not.
#[wasm_bindgen(js_name = checkUrl)]
pub fn check_url(url: &str, allow_private: bool) -> Answer<Option<Json>> {
    refusal(guard::check_url(url, &policy(allow_private)))
}

/// A file name for a video by its title and Content-Type.
#[wasm_bindgen(js_name = videoName)]
pub fn video_name(title: &str, content_type: Option<String>) -> String {
    naming::video_name(title, content_type.as_deref())
}

/// Whether an IP address may be contacted; the error, if not.
#[wasm_bindgen(js_name = checkAddress)]
pub fn check_address(ip: &str, allow_private: bool) -> Answer<Option<Json>> {
    refusal(guard::check_address(ip, &policy(allow_private)))
}

/// An error of this code, with its class, hint and whether to retry.
#[wasm_bindgen(js_name = errorOf)]
pub fn error_of(code: Json, message: &str) -> Answer {
    write(&Error::new(read::<Code>("code", code)?, message))
}

/// Signs any action of the VOD API. `nonce` must be new for every request, a retry included.
#[wasm_bindgen(js_name = signVodRequest)]
pub fn sign_vod_request(
    service: Json,
    credentials: Json,
    action: &str,
    params: Json,
    nonce: &str,
    now: f64,
) -> Answer {
    let service = read::<VodService>("service", service)?;
    let credentials = read::<Credentials>("credentials", credentials)?;
    let params = read::<Headers>("params", params)?;
    let signed: Result<Request, Error> =
        vod::request::request(&service, &credentials, action, &params, nonce, ms(now));
    write(&signed.map_err(|error| thrown(&error))?)
}

/// Decodes an UploadAddress (base64 JSON).
#[wasm_bindgen(js_name = decodeUploadAddress)]
pub fn decode_upload_address(text: &str) -> Answer {
    write(&decode_address(text).map_err(|error| thrown(&error))?)
}

/// Decodes an UploadAuth (base64 JSON). `now` tells when it was received, in ms since the epoch.
#[wasm_bindgen(js_name = decodeUploadAuth)]
pub fn decode_upload_auth(text: &str, now: f64) -> Answer {
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

fn seed(entropy: &[u8]) -> Answer<[u8; 32]> {
    entropy
        .try_into()
        .map_err(|_| thrown(&Error::invalid("entropy", "must be 32 bytes")))
}

/// Float to integer saturates in Rust: a negative or absurd time becomes the nearest one there is.
pub(crate) fn ms(now: f64) -> UnixMs {
    UnixMs(now as u64)
}

fn refusal(result: Result<(), Error>) -> Answer<Option<Json>> {
    result.err().map(|error| write(&error)).transpose()
}

/// Reads an argument; what is wrong with it is told by its path. The text may hold secrets, so it is wiped.
pub(crate) fn read<T: Read>(name: &str, text: Json) -> Answer<T> {
    let text = Zeroizing::new(text);
    let wrong = |path: &str, rule: &str| thrown(&Error::invalid(path, rule));
    let mut json = crate::json::Json::parse(&text).ok_or_else(|| wrong(name, "must be JSON"))?;
    T::read(&mut json).map_err(|fault| {
        let fault = fault.within(name);
        wrong(fault.path(), &fault.rule())
    })
}

pub(crate) fn write(value: &dyn Write) -> Answer {
    Ok(text_of(value))
}

pub(crate) fn thrown(error: &Error) -> Json {
    text_of(error)
}
