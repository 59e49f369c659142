//! How the bytes get there.

use super::{EVERY_RUN, MOST_32, ONE_OBJECT, REMOTE, Shell, Value, options};
use crate::oss::settings::TRAFFIC_LIMITS;
use crate::upload::plan::{MAX_PART_SIZE, MIN_PART_SIZE};

options! {
    /// Size of a part, {least} to {most}. It grows where 10,000 parts would not do.
    partSize {
        value: Value::Size(MIN_PART_SIZE, MAX_PART_SIZE),
        default: "16 MiB",
        kinds: ONE_OBJECT,
        flag: "--part-size 16MiB",
        core: "options.partSize",
    }
    /// Parts in flight at once.
    concurrency {
        value: Value::Whole(1, MOST_32, ""),
        default: "4 on Node, 3 on Workers",
        stages: EVERY_RUN,
        flag: "--concurrency 4",
        core: "options.concurrency",
    }
    /// `length`: exact lengths on both sides, and OSS's CRC-64 of every part folded and compared with that of the object.
    /// `crc64`: also a CRC-64 computed here over every byte, at the cost of reading them all.
    verify {
        value: Value::OneOf(&["length", "crc64"]),
        default: "`length`",
        stages: EVERY_RUN,
        flag: "--verify crc64|length",
        core: "options.verify",
    }
    /// Headers stored with the object: `Content-Type`, `Cache-Control`, `Content-Disposition`, `x-oss-meta-…`,
    /// `x-oss-storage-class`, `x-oss-forbid-overwrite`, `x-oss-tagging`.
    ///
    /// `Content-Type` follows from the file's name unless it is given. `x-oss-meta-…`: 8 KB of names and values together.
    /// `x-oss-storage-class`: `Standard`, `IA`, `Archive`, `ColdArchive`, `DeepColdArchive`. `x-oss-forbid-overwrite`: `true`.
    /// `x-oss-tagging`: `a=1&b=2`, at most 10.
    objectHeaders {
        value: Value::Fields,
        flag: "--object-header 'N: v'",
        core: "options.objectHeaders",
    }
    /// The most that one connection to OSS may carry, in bit/s: {least} (100 KB/s) to {most} (100 MB/s).
    trafficLimit {
        value: Value::Whole(*TRAFFIC_LIMITS.start(), *TRAFFIC_LIMITS.end(), "bit/s"),
        stages: EVERY_RUN,
        flag: "--traffic-limit BITS",
        core: "options.trafficLimit",
    }
    /// What OSS calls when the object is complete: `url` (one, or a list), `body`, and if wanted `bodyType`, `host`, `sni`,
    /// `variables`. No checkpoint keeps it: pass it to resume again.
    ///
    /// If that fails, the object is stored all the same, and the upload rejects with `callback_failed`. VOD's own events need
    /// none of it.
    callback {
        value: Value::Object("UploadCallback"),
        stages: EVERY_RUN,
        flag: "--callback JSON",
        core: "options.callback",
        see: "https://www.alibabacloud.com/help/en/oss/developer-reference/callback",
        withheld: &[(REMOTE, "tells of the end itself: by its answer, or by a webhook")],
    }
    /// How long VOD and OSS may stand still. A part has as long as its bytes need at 16 KiB/s on top of that, as they may
    /// still be on their way.
    serviceTimeoutMs {
        value: Value::Duration(1, MOST_32),
        default: "60 s",
        stages: EVERY_RUN,
        flag: "--service-timeout SECONDS",
        core: "options.serviceTimeoutMs",
    }
    /// Workflow instances that move one large object at once, at most 16.
    shards {
        value: Value::Whole(1, 16, ""),
        default: "what its size asks for",
        withheld: &[(
            &[Shell::Api, Shell::Cli, Shell::Manifest, Shell::Handler],
            "has one process: `concurrency` says how many parts are in flight",
        )],
    }
}
