//! Runs every signature vector in `tests/vectors/*.json`. A kind or a field that is not known here is a failure, not a skip:
//! a vector that nobody compares proves nothing.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    reason = "a test fails by panicking"
)]

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use serde::Deserialize;
use vodlift::encode::{hex, parse_query, percent_encode};
use vodlift::http::{Headers, header};
use vodlift::oss::crc64::{Crc64, combine};
use vodlift::oss::request::{Draft, presign, sign};
use vodlift::oss::{OssSignature, Target, Unsigned, sign_v1, sign_v4};
use vodlift::secret::Secret;
use vodlift::time::UnixMs;
use vodlift::vod::{Credentials, acs3, rpc};

type Text = BTreeMap<String, String>;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    /// For people.
    #[serde(rename = "_doc")]
    _doc: Option<serde_json::Value>,
    #[serde(default)]
    vectors: Vec<Vector>,
    #[serde(default)]
    crc64: Vec<Vector>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Vector {
    name: String,
    kind: String,
    inputs: serde_json::Value,
    expected: serde_json::Value,
    #[serde(rename = "source")]
    _source: serde_json::Value,
    #[serde(rename = "notes")]
    _notes: Option<String>,
    #[serde(rename = "asserted_by_source")]
    _asserted_by_source: Option<bool>,
    #[serde(rename = "verified")]
    _verified: Option<serde_json::Value>,
}

#[test]
fn every_vector_of_every_file() {
    let mut counts: BTreeMap<String, usize> = BTreeMap::new();
    let files = files();
    for path in &files {
        let file: File = serde_json::from_str(&std::fs::read_to_string(path).unwrap())
            .unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        assert!(
            file.vectors.len() + file.crc64.len() > 0,
            "{}: no vectors",
            path.display()
        );
        for vector in file.vectors.into_iter().chain(file.crc64) {
            *counts.entry(vector.kind.clone()).or_default() += 1;
            run(vector);
        }
    }
    for (kind, count) in &counts {
        println!("{kind}: {count}");
    }
    println!(
        "vectors: {} of {} kinds in {} files",
        counts.values().sum::<usize>(),
        counts.len(),
        files.len()
    );
}

fn files() -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/vectors");
    let paths = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path());
    let mut files: Vec<_> = paths
        .filter(|path| path.extension().is_some_and(|ext| ext == "json"))
        .collect();
    files.sort();
    assert!(!files.is_empty(), "no vector files");
    files
}

fn run(vector: Vector) {
    let Vector {
        name,
        kind,
        inputs,
        expected,
        ..
    } = vector;
    // The last step of V4 alone, for a key whose secret was never published.
    let only_signature = inputs.get("derived_signing_key_hex").is_some();
    match kind.as_str() {
        "rpc-v1" => run_rpc(&name, read(&name, inputs), read(&name, expected)),
        "acs3" => run_acs3(&name, read(&name, inputs), read(&name, expected)),
        "oss-v1-header" => run_v1_header(&name, read(&name, inputs), read(&name, expected)),
        "oss-v1-query" => run_v1_query(&name, read(&name, inputs), read(&name, expected)),
        "oss-v4-header" if only_signature => {
            run_v4_signature(&name, read(&name, inputs), read(&name, expected))
        }
        "oss-v4-header" => run_v4_header(&name, read(&name, inputs), read(&name, expected)),
        "oss-v4-query" => run_v4_query(&name, read(&name, inputs), read(&name, expected)),
        "crc64" => run_crc64(&name, read(&name, inputs), read(&name, expected)),
        other => panic!("{name}: unknown kind {other:?}"),
    }
}

fn read<T: serde::de::DeserializeOwned>(name: &str, json: serde_json::Value) -> T {
    serde_json::from_value(json).unwrap_or_else(|error| panic!("{name}: {error}"))
}

/// What a vector expects of a signer. Which of it a kind can have is checked by [`Expected::compare`].
#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields)]
struct Expected {
    canonical_request: Option<String>,
    canonical_request_sha256: Option<String>,
    string_to_sign: Option<String>,
    signature: Option<String>,
    /// The source masks the tail.
    signature_prefix: Option<String>,
    authorization: Option<String>,
    signed_url_example: Option<String>,
    expires: Option<String>,
    credential: Option<String>,
}

/// What our signer made; `None` for what the algorithm does not have.
#[derive(Default)]
struct Made {
    canonical_request: Option<String>,
    string_to_sign: Option<String>,
    signature: Option<String>,
    authorization: Option<String>,
    query: Option<Vec<(String, String)>>,
}

impl Expected {
    fn compare(self, name: &str, made: Made) {
        let mut compared = 0;
        let mut equal = |what: &str, expected: Option<String>, made: Option<String>| {
            if let Some(expected) = expected {
                assert_eq!(made.as_deref(), Some(expected.as_str()), "{name}: {what}");
                compared += 1;
            }
        };
        let parameter = |wanted: &str| {
            let query = made.query.as_ref()?;
            Some(query.iter().find(|(name, _)| name == wanted)?.1.clone())
        };
        let prefix = |length| {
            made.signature
                .as_ref()
                .and_then(|text| text.get(..length))
                .map(str::to_owned)
        };
        let prefixed = self
            .signature_prefix
            .as_ref()
            .and_then(|text| prefix(text.len()));
        equal(
            "canonical request",
            self.canonical_request,
            made.canonical_request.clone(),
        );
        equal(
            "hash of it",
            self.canonical_request_sha256,
            made.canonical_request.as_deref().map(acs3::sha256_hex),
        );
        equal("string to sign", self.string_to_sign, made.string_to_sign);
        equal("signature", self.signature, made.signature.clone());
        equal("signature", self.signature_prefix, prefixed);
        equal("expires", self.expires, parameter("x-oss-expires"));
        equal("credential", self.credential, parameter("x-oss-credential"));
        if let Some(expected) = self.authorization {
            let made = made
                .authorization
                .unwrap_or_else(|| panic!("{name}: no authorization"));
            assert_eq!(
                authorization_fields(&made),
                authorization_fields(&expected),
                "{name}"
            );
            compared += 1;
        }
        if let Some(expected) = self.signed_url_example {
            let (_, query) = expected.split_once('?').unwrap();
            let sorted = |mut query: Vec<_>| {
                query.sort();
                query
            };
            assert_eq!(
                sorted(made.query.unwrap()),
                sorted(parse_query(query).unwrap()),
                "{name}"
            );
            compared += 1;
        }
        assert!(compared > 0, "{name}: nothing to compare");
    }
}

/// Algorithm and fields: clients differ in spaces and order.
fn authorization_fields(text: &str) -> (String, BTreeMap<String, String>) {
    let (algorithm, rest) = text.split_once(' ').unwrap();
    let field = |field: &str| {
        let (name, value) = field.trim().split_once(['=', ':']).unwrap();
        (name.to_owned(), value.to_owned())
    };
    (algorithm.to_owned(), rest.split(',').map(field).collect())
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RpcInputs {
    method: String,
    params: Text,
    access_key_secret: String,
}

fn run_rpc(name: &str, inputs: RpcInputs, expected: Expected) {
    let params: Vec<_> = inputs.params.into_iter().rev().collect();
    let string_to_sign = rpc::string_to_sign(&inputs.method, &rpc::canonical_query(&params));
    let signature = rpc::signature(&Secret::new(inputs.access_key_secret), &string_to_sign);
    let made = Made {
        string_to_sign: Some(string_to_sign),
        signature: Some(signature),
        ..Made::default()
    };
    expected.compare(name, made);
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Acs3Inputs {
    method: String,
    canonical_uri: String,
    query: Text,
    headers: Text,
    body: Option<String>,
    payload_hash: Option<String>,
    access_key_id: String,
    access_key_secret: String,
}

fn run_acs3(name: &str, inputs: Acs3Inputs, expected: Expected) {
    assert_eq!(
        inputs.canonical_uri, "/",
        "{name}: the VOD API has one path"
    );
    let query: Vec<_> = inputs.query.into_iter().collect();
    let headers: Headers = inputs.headers.into_iter().collect();
    let body_sha256 = match (inputs.body, inputs.payload_hash) {
        (Some(body), None) => acs3::sha256_hex(&body),
        (None, Some(hash)) => hash,
        _ => panic!("{name}: either a body or its hash"),
    };
    let request = acs3::Unsigned {
        method: &inputs.method,
        path: &inputs.canonical_uri,
        query: &query,
        headers: &headers,
        body_sha256: &body_sha256,
    };
    let credentials = credentials(inputs.access_key_id, inputs.access_key_secret, None);
    let canonical_request = acs3::canonical_request(&request);
    let string_to_sign = acs3::string_to_sign(&canonical_request);
    expected.compare(
        name,
        Made {
            signature: Some(acs3::signature(
                &credentials.access_key_secret,
                &string_to_sign,
            )),
            authorization: Some(acs3::authorization(&credentials, &request)),
            canonical_request: Some(canonical_request),
            string_to_sign: Some(string_to_sign),
            query: None,
        },
    );
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct OssInputs {
    method: String,
    url: String,
    bucket: Option<String>,
    key: Option<String>,
    headers: Text,
    #[serde(default)]
    additional_headers: Vec<String>,
    access_key_id: String,
    access_key_secret: String,
    security_token: Option<String>,
    region: Option<String>,
    product: Option<String>,
    signing_time: Option<String>,
    expiration_time: Option<String>,
}

impl OssInputs {
    fn credentials(&self) -> Credentials {
        let (id, secret) = (self.access_key_id.clone(), self.access_key_secret.clone());
        credentials(id, secret, self.security_token.clone())
    }

    fn query(&self) -> Vec<(String, String)> {
        self.url
            .split_once('?')
            .map_or_else(Vec::new, |(_, query)| parse_query(query).unwrap())
    }

    fn headers(&self) -> Headers {
        self.headers.clone().into_iter().collect()
    }

    /// The caller's headers and those the signer adds, which replace a caller's own.
    fn headers_with(&self, required: Headers) -> Headers {
        let mut headers = self.headers();
        headers.retain(|(name, _)| header(&required, name).is_none());
        headers.extend(required);
        headers
    }

    fn unsigned<'a>(&'a self, query: &'a [(String, String)], headers: &'a Headers) -> Unsigned<'a> {
        let (bucket, key) = (self.bucket.as_deref(), self.key.as_deref());
        Unsigned {
            method: &self.method,
            bucket,
            key,
            query,
            headers,
        }
    }

    fn scope(&self) -> sign_v4::Scope<'_> {
        let (region, product) = (
            self.region.as_deref().unwrap(),
            self.product.as_deref().unwrap(),
        );
        sign_v4::Scope {
            at: time(&self.signing_time),
            region,
            product,
        }
    }

    fn additional(&self, headers: &Headers) -> String {
        sign_v4::additional_headers(headers, &self.additional_headers)
    }
}

/// The same by what users call: a target, and a draft that is signed or presigned.
fn through_the_surface(
    name: &str,
    inputs: &OssInputs,
    signature: OssSignature,
    expected: Option<&str>,
) {
    let (Some(expected), Some(bucket)) = (expected, inputs.bucket.as_deref()) else {
        return;
    };
    let origin = inputs.url.split('?').next().unwrap();
    let host = origin.split('/').nth(2).unwrap();
    let (key, region) = (inputs.key.as_deref(), inputs.region.as_deref());
    let target = Target::new(host, bucket, key, region, false).unwrap();
    let draft = Draft {
        method: inputs.method.clone(),
        query: inputs.query(),
        headers: inputs.headers(),
        additional_headers: inputs.additional_headers.clone(),
    };
    let credentials = inputs.credentials();
    let made = if inputs.expiration_time.is_some() {
        let end = time(&inputs.expiration_time);
        let now = match inputs.signing_time {
            Some(_) => time(&inputs.signing_time),
            None => UnixMs(end.0 - 60_000),
        };
        let seconds = u32::try_from((end.0 - now.0) / 1000).unwrap();
        let url = presign(&target, signature, &credentials, now, &draft, seconds).unwrap();
        let query = parse_query(url.split_once('?').unwrap().1).unwrap();
        let signatures = query
            .into_iter()
            .filter(|(name, _)| name.ends_with("ignature"));
        signatures.map(|(_, value)| value).collect()
    } else {
        let now = time(&inputs.signing_time);
        let request = sign(&target, signature, &credentials, now, draft).unwrap();
        vec![
            header(&request.headers, "authorization")
                .unwrap()
                .to_owned(),
        ]
    };
    assert!(
        made.iter().any(|text| text.ends_with(expected)),
        "{name}: {made:?}"
    );
}

fn run_v1_header(name: &str, inputs: OssInputs, expected: Expected) {
    through_the_surface(
        name,
        &inputs,
        OssSignature::V1,
        expected.signature.as_deref(),
    );
    assert!(
        inputs.additional_headers.is_empty(),
        "{name}: V1 has no additional headers"
    );
    let credentials = inputs.credentials();
    let mut required = sign_v1::required_headers(&credentials, time(&inputs.signing_time));
    // These vectors date a request by `Date`, or by an `x-oss-date` of their own; ours always has `x-oss-date`.
    required.retain(|(name, _)| name != "x-oss-date");
    let headers = inputs.headers_with(required);
    let date = header(&headers, "x-oss-date")
        .map_or_else(|| time(&inputs.signing_time).http_date(), str::to_owned);
    let query = inputs.query();
    let request = inputs.unsigned(&query, &headers);
    let string_to_sign = sign_v1::string_to_sign(&request, &date);
    expected.compare(
        name,
        Made {
            signature: Some(sign_v1::signature(
                &credentials.access_key_secret,
                &string_to_sign,
            )),
            authorization: Some(sign_v1::authorization(&credentials, &request, &date)),
            string_to_sign: Some(string_to_sign),
            ..Made::default()
        },
    );
}

fn run_v1_query(name: &str, inputs: OssInputs, expected: Expected) {
    through_the_surface(
        name,
        &inputs,
        OssSignature::V1,
        expected.signature.as_deref(),
    );
    assert!(
        inputs.additional_headers.is_empty(),
        "{name}: V1 has no additional headers"
    );
    let credentials = inputs.credentials();
    let (own, headers) = (inputs.query(), inputs.headers());
    let expires_at = time(&inputs.expiration_time);
    let query =
        sign_v1::presigned_query(&credentials, &inputs.unsigned(&own, &headers), expires_at);
    // What is signed: the query without the three parameters that carry the signature.
    let carriers = ["OSSAccessKeyId", "Expires", "Signature"];
    let signed: Vec<_> = query
        .iter()
        .filter(|(name, _)| !carriers.contains(&name.as_str()))
        .cloned()
        .collect();
    let seconds = expires_at.seconds().to_string();
    let string_to_sign = sign_v1::string_to_sign(&inputs.unsigned(&signed, &headers), &seconds);
    expected.compare(
        name,
        Made {
            signature: query
                .iter()
                .find(|(name, _)| name == "Signature")
                .map(|(_, value)| value.clone()),
            string_to_sign: Some(string_to_sign),
            query: Some(query),
            ..Made::default()
        },
    );
}

fn run_v4_header(name: &str, inputs: OssInputs, expected: Expected) {
    through_the_surface(
        name,
        &inputs,
        OssSignature::V4,
        expected.signature.as_deref(),
    );
    let (credentials, scope, query) = (inputs.credentials(), inputs.scope(), inputs.query());
    let headers = inputs.headers_with(sign_v4::required_headers(&credentials, scope.at));
    let additional = inputs.additional(&headers);
    let request = inputs.unsigned(&query, &headers);
    let canonical_request = sign_v4::canonical_request(&request, &additional);
    let string_to_sign = sign_v4::string_to_sign(&scope, &canonical_request);
    let key = sign_v4::signing_key(&credentials.access_key_secret, &scope);
    expected.compare(
        name,
        Made {
            signature: Some(sign_v4::signature(&key, &string_to_sign)),
            authorization: Some(sign_v4::authorization(
                &credentials,
                &scope,
                &request,
                &additional,
            )),
            canonical_request: Some(canonical_request),
            string_to_sign: Some(string_to_sign),
            query: None,
        },
    );
}

fn run_v4_query(name: &str, inputs: OssInputs, expected: Expected) {
    through_the_surface(
        name,
        &inputs,
        OssSignature::V4,
        expected.signature.as_deref(),
    );
    let (credentials, scope, own) = (inputs.credentials(), inputs.scope(), inputs.query());
    let headers = inputs.headers();
    let additional = inputs.additional(&headers);
    let life = time(&inputs.expiration_time).ms_since(scope.at) / 1000;
    let expires_s = u32::try_from(life).unwrap();
    let request = inputs.unsigned(&own, &headers);
    let query = sign_v4::presigned_query(&credentials, &scope, &request, &additional, expires_s);
    let (signature, signed) = query.split_last().unwrap();
    assert_eq!(signature.0, "x-oss-signature");
    let canonical_request =
        sign_v4::canonical_request(&inputs.unsigned(signed, &headers), &additional);
    expected.compare(
        name,
        Made {
            signature: Some(signature.1.clone()),
            string_to_sign: Some(sign_v4::string_to_sign(&scope, &canonical_request)),
            canonical_request: Some(canonical_request),
            query: Some(query.clone()),
            authorization: None,
        },
    );
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct V4SignatureInputs {
    derived_signing_key_hex: String,
    string_to_sign: String,
}

fn run_v4_signature(name: &str, inputs: V4SignatureInputs, expected: Expected) {
    let hex = inputs.derived_signing_key_hex;
    let key: Vec<u8> = (0..hex.len())
        .step_by(2)
        .map(|at| u8::from_str_radix(&hex[at..at + 2], 16).unwrap())
        .collect();
    let signature = sign_v4::signature(&key, &inputs.string_to_sign);
    expected.compare(
        name,
        Made {
            signature: Some(signature),
            ..Made::default()
        },
    );
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Crc64Inputs {
    data: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Crc64Expected {
    crc64_decimal: String,
    crc64_hex: String,
}

fn run_crc64(name: &str, inputs: Crc64Inputs, expected: Crc64Expected) {
    let crc = |bytes: &[u8]| {
        let mut crc = Crc64::new();
        crc.update(bytes);
        crc.finish()
    };
    let bytes = inputs.data.as_bytes();
    let whole = crc(bytes);
    assert_eq!(whole.to_string(), expected.crc64_decimal, "{name}");
    assert_eq!(hex(&whole.to_be_bytes()), expected.crc64_hex, "{name}");
    for cut in 0..=bytes.len() {
        let (a, b) = bytes.split_at(cut);
        assert_eq!(
            combine(crc(a), crc(b), b.len() as u64),
            whole,
            "{name}: cut at {cut}"
        );
    }
}

fn credentials(id: String, secret: String, token: Option<String>) -> Credentials {
    Credentials {
        access_key_id: id,
        access_key_secret: Secret::new(secret),
        security_token: token.map(Secret::new),
    }
}

fn time(text: &Option<String>) -> UnixMs {
    UnixMs::parse_iso8601(text.as_deref().unwrap()).unwrap()
}

/// The published query strings are compared decoded; this is what our own encoder makes of the odd ones among them.
#[test]
fn odd_names_are_encoded_as_published() {
    assert_eq!(percent_encode("+param1"), "%2Bparam1");
    assert_eq!(percent_encode("|param1"), "%7Cparam1");
}
