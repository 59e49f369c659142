//! What serde and serde_json make of the same types, by the same attributes, is the oracle: what comes out is equal to the
//! letter, and a text that is wrong somewhere is refused by both or by none.

use proptest::prelude::*;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

use super::{Json, Read, Write, text_of};
use crate::limits::Limits;
use crate::upload::{Checkpoint, Event, Job};
use crate::vod::conversation::{Ask, Heard};
use crate::vod::{Account, VodService};

/// Texts of everything that is read; each enum's variants, and each field at least once.
const JOBS: &[&str] = &[
    r#"{"media":{"type":"video","title":"t\n\"","fileName":"a.mp4","cateId":-7,"tags":["a","b"],"templateGroupId":"g"},
        "source":{"type":"url","url":"https://h/a.mp4","headers":[["A","b"]]},
        "vod":{"region":"cn-shanghai","signature":"rpc"},"oss":{"signature":"v1","network":"internal","trustedHosts":["h"]},
        "options":{"partSize":102400,"verify":"length","ranges":false,"sourceHosts":{"allow":["h"]},"budget":{"parts":3},"adopt":"always",
        "replace":{"mediaId":"m"},"shard":{"first":1,"last":2},"objectHeaders":[["A","b"]],"trafficLimit":819200,
        "callback":{"urls":["https://h"],"body":"b","variables":[["a","b"]]},"maxBytes":5},
        "host":{"concurrency":4,"maxConcurrency":8,"bufferBytes":9,"buffersParts":true,"subrequests":7}}"#,
    r#"{"media":{"type":"image","imageType":"cover"},"source":{"type":"stream","size":null,"name":"a"},"vod":{},"oss":{},"options":{},"host":{"concurrency":4,"maxConcurrency":8,"bufferBytes":9,"buffersParts":true}}"#,
    r#"{"media":{"type":"attachedMedia","businessType":"material","mediaExt":"png"},"source":{"type":"playlist","root":{"type":"url","url":"https://h/a.m3u8","headers":[]},
        "missingSegments":"gap","hosts":[{"host":"h","headers":[["A","b"]]}],"limits":{"playlists":3},"variants":["best"]},"vod":{},"oss":{},"options":{},"host":{"concurrency":4,"maxConcurrency":8,"bufferBytes":9,"buffersParts":true}}"#,
    r#"{"media":{"type":"video","title":"t","fileName":"a"},"source":{"type":"reply","status":200,"headers":[],"decoded":true,"size":7,"name":"a"},
        "vod":{},"oss":{},"options":{},"host":{"concurrency":4,"maxConcurrency":8,"bufferBytes":9,"buffersParts":true}}"#,
    r#"{"media":{"type":"video","title":"t","fileName":"a"},"source":{"type":"slices","size":7,"modified":8,"contentType":"video/mp4"},"vod":{},"oss":{},"options":{},"host":{"concurrency":4,"maxConcurrency":8,"bufferBytes":9,"buffersParts":true}}"#,
];

const EVENTS: &[&str] = &[
    r#"{"type":"start"}"#,
    r#"{"type":"replied","id":1,"status":200,"headers":[["A","b"]],"body":"\u00e9\ud83d\ude00\u0001"}"#,
    r#"{"type":"opened","id":1,"status":206,"headers":[],"head":"AA=="}"#,
    r#"{"type":"filled","id":1,"length":9007199254740991,"ended":false}"#,
    r##"{"type":"text","id":1,"text":"#EXTM3U","ended":true}"##,
    r#"{"type":"transferred","id":1,"sent":5,"status":200,"headers":[],"body":"","crc64":"7"}"#,
    r#"{"type":"failed","id":1,"failure":{"kind":"source_network","message":"m","status":500,"headers":[]}}"#,
    r#"{"type":"renewed","id":1,"account":{"accessKeyId":"a","accessKeySecret":"s","securityToken":"t","expiresAt":5,"renewable":true}}"#,
    r#"{"type":"woke","id":4294967295}"#,
    r#"{"type":"stop"}"#,
    r#"{"type":"abort"}"#,
];

const CHECKPOINTS: &[&str] = &[
    r#"{"version":1,"media":{"type":"video","title":"t","fileName":"a.mp4"},"region":"cn-shanghai",
        "source":{"url":"https://h/a.mp4","queryRemoved":true,"size":9,"validator":{"etag":"\"e\"","lastModified":"x","digests":{"content-md5":"x"}}},
        "objectHeaders":[["A","b"]],"adopt":"if_possible","plan":{"type":"parts","size":1000000,"partSize":102400},
        "place":{"mediaId":"m","bucket":"b","objectKey":"k","proof":"p"},"uploadId":"u","bytesAccepted":5,"idleRuns":2,"inOrder":{"parts":2,"crc64":"7"}}"#,
    r#"{"version":1,"media":{"type":"video","title":"t","fileName":"a.m3u8"},"region":"r","source":{"path":"p","queryRemoved":false,"validator":{}},
        "objectHeaders":[],"plan":{"type":"growing","partSize":1,"maxPartSize":2},
        "playlist":{"digest":"d","done":[[1,2],[4,9]],"extensions":[[0,"ts"]],"missing":[3],"missingSegments":"gap","complete":true},"bytesAccepted":0}"#,
];

const ASKS: &[&str] = &[
    r#"{"type":"action","action":"A","params":[["a","b"]],"repeatable":true}"#,
    r#"{"type":"untilReady","mediaId":"m","until":"playable","size":5,"timeoutMs":5}"#,
    r#"{"type":"urlUploads","which":{"jobIds":["a"]},"untilEnded":true}"#,
    r#"{"type":"cancelUrlUploads","which":{"urls":["a","b"]}}"#,
    r#"{"type":"uploadByUrl","pull":{"urls":["https://h/a"],"metadatas":[{"sourceUrl":"https://h/a","title":"t","fileSize":7,"cateId":5,"tags":["a"]}]}}"#,
    r#"{"type":"videoInfo","video":{"referenceId":"r"}}"#,
    r#"{"type":"deleteVideos","videos":[{"mediaId":"m"}]}"#,
];

const HEARD: &[&str] = &[
    r#"{"type":"replied","status":200,"headers":[["A","b"]],"body":"b"}"#,
    r#"{"type":"failed","message":"m","kind":"timeout"}"#,
    r#"{"type":"woke"}"#,
    r#"{"type":"renewed","account":{"accessKeyId":"a","accessKeySecret":"s"}}"#,
];

/// Put in place of another value. serde reads `7.0` and what is too large for a count as no count: there the two part ways.
const OTHERS: &[&str] = &[
    "null",
    "true",
    "\"\"",
    "\"video\"",
    "\"v4\"",
    "-1",
    "7",
    "7.5",
    "4294967296",
    "{}",
    "[[]]",
    r#"{"type":"put"}"#,
];

/// Reads with both, and compares.
fn alike<T: Read + DeserializeOwned + PartialEq>(text: &str) -> Result<Option<T>, TestCaseError> {
    let ours = Json::parse(text).map(|mut json| T::read(&mut json));
    let theirs = serde_json::from_str::<T>(text).ok();
    let ours = match ours {
        Some(Ok(value)) => Some(value),
        // serde makes a struct of the list of its fields, too.
        Some(Err(fault)) if fault.rule() == "must be an object" => return Ok(None),
        _ => None,
    };
    let (took, takes) = (ours.is_some(), theirs.is_some());
    prop_assert!(ours == theirs, "ours {took}, serde's {takes}: {text}");
    Ok(ours)
}

/// Reads and writes with both, and compares.
fn both_ways<T>(text: &str) -> Result<bool, TestCaseError>
where
    T: Read + Write + Serialize + DeserializeOwned + PartialEq,
{
    let value = alike::<T>(text)?;
    if let Some(value) = &value {
        prop_assert_eq!(text_of(value), serde_json::to_string(value).unwrap());
    }
    Ok(value.is_some())
}

/// Whether the text is read.
fn check(kind: usize, text: &str) -> Result<bool, TestCaseError> {
    match kind {
        0 => both_ways::<Job>(text),
        1 => alike::<Event>(text).map(|event| event.is_some()),
        2 => both_ways::<Checkpoint>(text),
        3 => both_ways::<Ask>(text),
        _ => {
            // It cannot be compared, so only whether it is read.
            let ours = Json::parse(text).map(|mut json| Heard::read(&mut json));
            let theirs = serde_json::from_str::<Heard>(text);
            if let Some(Err(fault)) = &ours
                && fault.rule() == "must be an object"
            {
                return Ok(false);
            }
            prop_assert_eq!(matches!(ours, Some(Ok(_))), theirs.is_ok(), "{}", text);
            Ok(theirs.is_ok())
        }
    }
}

const KINDS: [&[&str]; 5] = [JOBS, EVENTS, CHECKPOINTS, ASKS, HEARD];

/// Every place in a tree.
fn places(value: &Value, at: String, all: &mut Vec<String>) {
    match value {
        Value::Array(items) => {
            for (index, item) in items.iter().enumerate() {
                places(item, format!("{at}/{index}"), all);
            }
        }
        Value::Object(members) => {
            for (name, member) in members {
                places(member, format!("{at}/{name}"), all);
            }
        }
        _ => {}
    }
    all.push(at);
}

/// The text with something else in one place, or without it.
fn mutated(text: &str, place: usize, other: usize) -> String {
    let mut value: Value = serde_json::from_str(text).unwrap();
    let mut all = Vec::new();
    places(&value, String::new(), &mut all);
    let place = &all[place % all.len()];
    match OTHERS.get(other % (OTHERS.len() + 1)) {
        Some(other) => *value.pointer_mut(place).unwrap() = serde_json::from_str(other).unwrap(),
        None => {
            if let Some((parent, name)) = place.rsplit_once('/')
                && let Some(Value::Object(members)) = value.pointer_mut(parent)
            {
                members.remove(name);
            }
        }
    }
    value.to_string()
}

#[test]
fn every_text_is_read_and_written_as_serde_does_it() {
    for (kind, texts) in KINDS.iter().enumerate() {
        for text in *texts {
            assert!(check(kind, text).unwrap(), "{text}");
        }
    }
    let (account, service) = (
        r#"{"accessKeyId":"a","accessKeySecret":"s"}"#,
        r#"{"endpoint":"e"}"#,
    );
    alike::<Account>(account).unwrap();
    both_ways::<VodService>(service).unwrap();
    assert_eq!(
        text_of(&Limits::here()),
        serde_json::to_string(&Limits::here()).unwrap()
    );
}

#[test]
fn a_fault_names_its_place_and_its_rule_and_quotes_nothing() {
    let fault = |text: &str| {
        let fault = Job::read(&mut Json::parse(text).unwrap()).err().unwrap();
        format!("{} {}", fault.path(), fault.rule())
    };
    let [whole, ..] = JOBS else { unreachable!() };
    for (from, to, said) in [
        (
            "102400",
            "\"hush\"",
            "options.partSize must be a whole number that is not negative",
        ),
        ("\"length\"", "\"hush\"", "options.verify must be one of `"),
        ("\"rpc\"", "7", "vod.signature must be a text"),
        (
            "[[\"A\",\"b\"]]}",
            "[[\"A\",\"b\"],[\"hush\"]]}",
            "source.headers[1] must be a pair",
        ),
        (
            "\"type\":\"url\"",
            "\"type\":\"hush\"",
            "source.type must be one of `url`, ",
        ),
        ("\"options\":", "\"hush\":", "options must be there"),
        (
            "{\"mediaId\":\"m\"}",
            "[]",
            "options.replace must be an object",
        ),
        ("false", "1", "options.ranges must be true or false"),
    ] {
        let said_of = fault(&whole.replacen(from, to, 1));
        assert!(said_of.starts_with(said), "{said_of}");
        assert!(!said_of.contains("hush"), "{said_of}");
    }
}

#[test]
fn text_that_is_no_json_is_refused() {
    let deep = |depth: usize| "[".repeat(depth) + &"]".repeat(depth);
    assert!(Json::parse(&deep(127)).is_some());
    assert!(Json::parse(&deep(128)).is_none());
    for text in [
        "\"\\ud800\"",
        "\"\\ud800\\u0041\"",
        "\"\\udc00\"",
        "\"\\u+041\"",
        "\"\u{1}\"",
        "01",
        "1.",
        ".5",
        "+1",
        "1e",
        "-",
        "[1,]",
        "{,}",
        "{\"a\"}",
        "nul",
        "1 2",
        "",
        "\u{a0}1",
        "'a'",
    ] {
        assert!(Json::parse(text).is_none(), "{text}");
        assert!(serde_json::from_str::<Value>(text).is_err(), "{text}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    #[test]
    fn what_is_wrong_somewhere_is_refused_alike(
        kind in 0..KINDS.len(), which in 0_usize..16,
        first in (0_usize..1000, 0_usize..64), second in prop::option::of((0_usize..1000, 0_usize..64)),
    ) {
        let texts = KINDS[kind];
        let mut text = mutated(texts[which % texts.len()], first.0, first.1);
        if let Some((place, other)) = second {
            text = mutated(&text, place, other);
        }
        check(kind, &text)?;
    }

    #[test]
    fn any_text_is_parsed_or_refused_as_serde_does_it(text in r#"[\[\]{}",:\\untfalser0-9eE.+\- \n]{0,12}"#) {
        let ours = Json::parse(&text);
        let theirs = serde_json::from_str::<Value>(&text);
        // It knows no number beyond those that a float holds.
        let is_huge = theirs.as_ref().is_err_and(|error| error.to_string().contains("out of range"));
        prop_assert_eq!(ours.is_some(), theirs.is_ok() || is_huge);
    }

    #[test]
    fn any_tree_is_the_same_after_it_was_written(texts in prop::collection::vec(any::<String>(), 0..4), number in any::<i64>()) {
        let value = serde_json::json!({ "a": texts, "b": { "c": number, "d": null } });
        let json = Json::parse(&value.to_string()).unwrap();
        prop_assert_eq!(text_of(&json), value.to_string());
    }
}
