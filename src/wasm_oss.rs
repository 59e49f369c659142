//! The part of the door that leads to OSS: requests to sign, replies to read, parts to plan. As `wasm.rs` it converts and calls.
//!
//! What crosses are lists of names and values, all of them text: the one shape that headers need anyway. Structs of their own
//! would be 8 KB of wasm. The package has looked at the types before (`pkg/src/oss.ts`), and gives the fields their names.

use wasm_bindgen::prelude::*;

use crate::encode::add;
use crate::error::{Code, Error};
use crate::http::{Headers, Reply, Request, header};
use crate::oss::error::{OssRecovery, Refused};
use crate::oss::request::{self, Draft, UploadId};
use crate::oss::{OssSignature, Target, xml};
use crate::time::UnixMs;
use crate::upload::plan::{Plan, PlanLimits, plan_parts};
use crate::wasm::{Answer, Json, ms, read, thrown, write};
use crate::wire::Credentials;

/// A request to an object, and who asks.
struct Asked {
    /// Whatever is not one of the other fields.
    fields: Headers,
    headers: Headers,
    target: Target,
    signature: OssSignature,
    credentials: Credentials,
    now: UnixMs,
}

/// Signs a request: an operation of OSS by its name, `sign` or `presign`, of which the URL comes as it is. `fields` say where (`endpoint`, `bucket`, `key`, `region`,
/// `cname`, `signature`), and what of it; `pairs` is the query, of `complete` the parts.
#[wasm_bindgen(js_name = ossRequest)]
pub fn oss_request(
    operation: &str,
    fields: Json,
    pairs: Json,
    headers: Json,
    credentials: Json,
    now: f64,
) -> Answer {
    let pairs = read::<Headers>("query", pairs)?;
    let asked = Asked::read(fields, headers, credentials, now)?;
    if operation == "presign" {
        return asked.presign(pairs).map_err(|error| thrown(&error));
    }
    let request = asked.request(operation, pairs);
    write(&request.map_err(|error| thrown(&error))?)
}

impl Asked {
    fn read(fields: Json, headers: Json, credentials: Json, now: f64) -> Answer<Asked> {
        let fields = read::<Headers>("request", fields)?;
        let headers = read::<Headers>("headers", headers)?;
        let credentials = read::<Credentials>("credentials", credentials)?;
        let field = |name| header(&fields, name);
        let text = |name| field(name).unwrap_or_default();
        let target = Target::new(
            text("endpoint"),
            text("bucket"),
            field("key"),
            field("region"),
            field("cname").is_some(),
        );
        let signature = match field("signature") {
            Some("v1") => OssSignature::V1,
            _ => OssSignature::V4,
        };
        Ok(Asked {
            target: target.map_err(|error| thrown(&error))?,
            fields,
            headers,
            signature,
            credentials,
            now: ms(now),
        })
    }

    fn text(&self, name: &str) -> String {
        header(&self.fields, name).unwrap_or_default().to_owned()
    }

    /// One that is too large for OSS is as large as may be here.
    fn number(&self, name: &str) -> u32 {
        number(header(&self.fields, name).unwrap_or("0"))
    }

    fn draft(&self, query: Headers) -> Draft {
        let mut additional_headers = vec![];
        for (name, value) in &self.fields {
            if name == "additional" {
                additional_headers.push(value.clone());
            }
        }
        Draft {
            method: self.text("method"),
            query,
            headers: self.headers.clone(),
            additional_headers,
        }
    }

    fn presign(&self, query: Headers) -> Result<String, Error> {
        let (target, keys, expires) = (&self.target, &self.credentials, self.number("expiresIn"));
        let draft = self.draft(query);
        request::presign(target, self.signature, keys, self.now, &draft, expires)
    }

    fn request(&self, operation: &str, pairs: Headers) -> Result<Request, Error> {
        let (target, how, headers) = (&self.target, self.signature, &self.headers);
        let (keys, now) = (&self.credentials, self.now);
        let id = || {
            let id = UploadId::new(self.text("uploadId"));
            id.ok_or_else(|| Error::invalid("uploadId", "must not be empty"))
        };
        match operation {
            "sign" => request::sign(target, how, keys, now, self.draft(pairs)),
            "put" => request::put_object(target, how, keys, now, headers),
            "get" => request::get_object(target, how, keys, now, headers),
            "head" => request::head_object(target, how, keys, now),
            "delete" => request::delete_object(target, how, keys, now),
            "initiate" => request::initiate_multipart_upload(target, how, keys, now, headers),
            "uploadPart" => {
                let part = self.number("partNumber");
                request::upload_part(target, how, keys, now, &id()?, part, headers)
            }
            "listParts" => {
                let marker = self.number("partNumberMarker");
                request::list_parts(target, how, keys, now, &id()?, marker)
            }
            "complete" => {
                let (id, mut parts) = (id()?, vec![]);
                for (part, etag) in pairs {
                    parts.push((number(&part), etag));
                }
                request::complete_multipart_upload(target, how, keys, now, &id, &parts, headers)
            }
            "abort" => request::abort_multipart_upload(target, how, keys, now, &id()?),
            _ => Err(no_such(operation)),
        }
    }
}

fn number(text: &str) -> u32 {
    text.parse().unwrap_or(u32::MAX)
}

/// Reads the reply to an operation of OSS: what it tells, then of each part that it lists what it tells of that.
#[wasm_bindgen(js_name = ossReply)]
pub fn oss_reply(operation: &str, status: u16, headers: Json, body: String) -> Answer {
    let reply = Reply {
        status,
        headers: read::<Headers>("headers", headers)?,
        body,
    };
    let mut told = vec![Headers::new()];
    match tell(operation, &reply, &mut told) {
        Ok(()) => write(&told),
        Err(Refused {
            mut error,
            recovery,
        }) => {
            error.retryable |= matches!(recovery, OssRecovery::Backoff | OssRecovery::ResendPart);
            Err(thrown(&error))
        }
    }
}

fn tell(operation: &str, reply: &Reply, told: &mut Vec<Headers>) -> Result<(), Refused> {
    put(told, "requestId", xml::request_id(reply));
    match operation {
        "initiate" => {
            let id = xml::parse_initiate(reply)?;
            put(told, "uploadId", Some(id.as_str().to_owned()));
        }
        "uploadPart" | "put" => {
            let part = xml::parse_part_reply(reply)?;
            put(told, "etag", Some(part.etag));
            put_number(told, "crc64", part.crc64);
        }
        "complete" => {
            let done = xml::parse_complete(reply)?;
            put(told, "etag", Some(done.etag));
            put_number(told, "crc64", done.crc64);
        }
        "head" | "get" => {
            let head = match operation {
                "head" => xml::parse_head(reply)?,
                _ => xml::parse_get(reply)?,
            };
            put_number(told, "size", Some(head.size));
            put(told, "etag", head.etag);
            put_number(told, "crc64", head.crc64);
            put(told, "objectType", head.object_type);
        }
        "listParts" => {
            let page = xml::parse_list_parts(reply)?;
            let next = page.next_marker.map(u64::from);
            put_number(told, "nextPartNumberMarker", next);
            for part in page.parts {
                told.push(Headers::new());
                put_number(told, "partNumber", Some(part.part_number.into()));
                put(told, "etag", Some(part.etag));
                put_number(told, "size", Some(part.size));
                put_number(told, "crc64", part.crc64);
            }
        }
        "abort" | "delete" => xml::parse_removed(reply)?,
        _ => return Err(no_such(operation).into()),
    }
    Ok(())
}

/// Into the last list.
fn put(told: &mut [Headers], name: &str, value: Option<String>) {
    if let (Some(last), Some(value)) = (told.last_mut(), value) {
        add(last, name, &value);
    }
}

fn put_number(told: &mut [Headers], name: &str, value: Option<u64>) {
    put(told, name, value.map(|value| value.to_string()));
}

fn no_such(operation: &str) -> Error {
    Error::new(Code::Internal, format!("there is no operation {operation}"))
}

/// How an object is cut, and where part `number` lies: kind (1 where it is one PutObject), part size, count (0 where it is not
/// known), offset and length, in bytes.
#[wasm_bindgen(js_name = planParts)]
pub fn planned(
    size: Option<f64>,
    part_size: Option<f64>,
    max_part_size: Option<f64>,
    max_parts: Option<u32>,
    number: u32,
) -> Answer<Vec<f64>> {
    let none = PlanLimits::default();
    let limits = PlanLimits {
        max_part_size: max_part_size.map_or(none.max_part_size, |size| size as u64),
        max_parts: max_parts.unwrap_or(none.max_parts),
    };
    let [size, part_size] = [size, part_size].map(|bytes| bytes.map(|bytes| bytes as u64));
    let plan = plan_parts(size, part_size, limits).map_err(|error| thrown(&error))?;
    let most = plan.count().unwrap_or(limits.max_parts);
    let span = plan.span(number).filter(|_| number <= most);
    let (offset, length) = span.ok_or_else(|| {
        let rule = format!("must be 1 to {most}, got {number}");
        thrown(&Error::invalid("number", rule))
    })?;
    let is_put = matches!(plan, Plan::Put { .. });
    let count = plan.count().unwrap_or(0);
    Ok(vec![
        f64::from(u8::from(is_put)),
        plan.part_limit(1) as f64,
        f64::from(count),
        offset as f64,
        length as f64,
    ])
}
