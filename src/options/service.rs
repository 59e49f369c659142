//! Whose account, and how VOD and OSS are reached.

use super::{CLIENT, NO_MOST, OF_THE_RUN, ROWS, Shell, Value, Withheld, options};
use crate::limits::LEAST_MEMORY;

/// An argument is seen by everybody on the machine.
const KEYS: Withheld = &[
    (
        &[Shell::Cli, Shell::Manifest],
        "takes it from the environment: an argument is seen by everybody on the machine",
    ),
    (
        &[Shell::Worker, Shell::Dashboard, Shell::Handler],
        "has it from the environment, and gives it to no caller",
    ),
];

options! {
    /// AccessKey id of a RAM user, or of an STS credential. It may call `vod:CreateUploadVideo` and `vod:RefreshUploadVideo`.
    accessKeyId { stages: CLIENT, setting: "ALIBABA_CLOUD_ACCESS_KEY_ID", core: "account", withheld: KEYS }
    /// The secret that belongs to it. It signs, and is never sent.
    accessKeySecret { stages: CLIENT, setting: "ALIBABA_CLOUD_ACCESS_KEY_SECRET", core: "account", withheld: KEYS }
    /// The token of an STS credential.
    securityToken { stages: CLIENT, setting: "ALIBABA_CLOUD_SECURITY_TOKEN", core: "account", withheld: KEYS }
    /// Gives the credentials, instead of the three above: when there are none yet, a minute before their `expiration`, and
    /// when VOD says that the token has expired. Uploads that run longer than one token go on with the next one.
    credentials {
        value: Value::Program("() => Promise<CallerCredentials>"),
        stages: CLIENT,
        withheld: &[(&[Shell::Cli], "has one key from the environment"), (ROWS, "is set up with it, in code or by the environment")],
    }
    /// Region of the VOD service. Media live in one region.
    region {
        default: "`cn-shanghai`",
        stages: CLIENT,
        setting: "VODLIFT_REGION",
        flag: "--region R",
        core: "vod.region",
        withheld: OF_THE_RUN,
    }
    /// VOD endpoint instead of the region's: `host`, `host:port`, or with `https://` or `http://` before it.
    endpoint {
        stages: CLIENT,
        setting: "VODLIFT_ENDPOINT",
        flag: "--endpoint E",
        core: "vod.endpoint",
        withheld: OF_THE_RUN,
    }
    /// How to sign for VOD: `rpc` is for gateways that know nothing newer.
    vodSignature {
        value: Value::OneOf(&["acs3", "rpc"]),
        default: "`acs3`",
        stages: CLIENT,
        flag: "--vod-signature acs3|rpc",
        core: "vod.signature",
        withheld: OF_THE_RUN,
    }
    /// How to sign for OSS: `v1` is for old buckets and private clouds.
    ossSignature {
        value: Value::OneOf(&["v4", "v1"]),
        default: "`v4`",
        stages: CLIENT,
        flag: "--oss-signature v4|v1",
        core: "oss.signature",
        withheld: OF_THE_RUN,
    }
    /// OSS endpoint instead of the one VOD names: an internal, accelerate, VPC or custom one, without the bucket.
    ossEndpoint {
        stages: CLIENT,
        flag: "--oss-endpoint E",
        core: "oss.endpoint",
        withheld: OF_THE_RUN,
    }
    /// The network to OSS, from the endpoint VOD names: `internal` from within that region's cloud network, `accelerate`
    /// where transfer acceleration is switched on for the bucket.
    ///
    /// TLS stays. A VPC endpoint goes into `ossEndpoint`.
    ossNetwork {
        value: Value::OneOf(&["public", "internal", "accelerate"]),
        default: "`public`",
        stages: CLIENT,
        flag: "--oss-network N",
        core: "oss.network",
        withheld: OF_THE_RUN,
    }
    /// `ossEndpoint` is a domain bound to the bucket (a CNAME): the bucket's name is not put before it.
    ossCname {
        value: Value::Flag,
        default: "false",
        stages: CLIENT,
        flag: "--oss-cname",
        core: "oss.cname",
        withheld: OF_THE_RUN,
    }
    /// Region of the bucket, where the endpoint does not tell it.
    ossRegion {
        stages: CLIENT,
        flag: "--oss-region R",
        core: "oss.region",
        withheld: OF_THE_RUN,
    }
    /// Hosts beside those of OSS (`oss-*.aliyuncs.com`, `*.oss.aliyuncs.com`) that VOD may send the bytes to: `host`,
    /// `host:port`, or `http://host:port` to allow plain HTTP there.
    trustedHosts {
        value: Value::Texts,
        stages: CLIENT,
        flag: "--trust-host H",
        core: "oss.trustedHosts",
        withheld: OF_THE_RUN,
    }
    /// What all uploads of this process (of this isolate, in Workers) may hold in memory before one of this client's has to
    /// wait for its turn: {least} or more.
    ///
    /// Parts of sources that have no ranges, files of playlists, playlists, and long replies to calls count. In Workers it
    /// defaults to 24 MiB; both leave room beside it in 128 MB. Where memory is short, parts are smaller. A single part or
    /// playlist that needs more than there is has its turn when nothing else does.
    ///
    /// Beside its buffers each upload takes about 1 MiB for its connections. So one is at work at once for each 3 MiB of this
    /// (4 MiB in Workers), and two more where one `owner` has most of these; the others wait before they begin, in their order,
    /// except that a stream waits a second at most, and that uploads which hardly move hold up nobody. Of calls (`vod.call` and
    /// others) as many are under way beside them.
    memory {
        value: Value::Size(LEAST_MEMORY, NO_MOST),
        default: "48 MiB",
        stages: CLIENT,
        setting: "VODLIFT_MEMORY",
        flag: "--memory SIZE",
        core: "host.bufferBytes",
        withheld: OF_THE_RUN,
    }
    /// Goes through this proxy to VOD and OSS: `http://` or `https://`, with user and password where it wants them; `false` for
    /// none. Without it the environment says which, as for curl: `HTTPS_PROXY`, `http_proxy`, `ALL_PROXY`, and around it for
    /// the hosts in `NO_PROXY`. This machine itself is reached without. Node, Deno and Bun only.
    proxy {
        value: Value::Program("string | URL | false"),
        default: "the environment's",
        stages: CLIENT,
        withheld: &[
            (&[Shell::Cli], "takes it from the environment"),
            (ROWS, "takes it from the environment, where it runs on Node, Deno or Bun"),
        ],
    }
    /// Sends requests to VOD and OSS by this function in place of the runtime's own way: one that measures, logs, or goes through
    /// a proxy. It must send the body as it is, follow no redirects and honour the signal.
    fetch {
        value: Value::Program("typeof globalThis.fetch"),
        stages: CLIENT,
        withheld: CODE,
    }
    /// Sources take the way of `proxy` or `fetch`, too. Then nobody here sees which address a source's name leads to: a name that
    /// leads into your own network is fetched. URLs, ports, addresses that are written out, redirects and `allowHosts` are
    /// still checked. Where there is no check of addresses anyway (Workers, browsers), sources always take the way of `fetch`.
    routeSources {
        value: Value::Flag,
        default: "false",
        stages: CLIENT,
        flag: "--route-sources",
        withheld: OF_THE_RUN,
    }
    /// Moves the bytes and sends the requests, in place of what the package brings for this runtime: see `Host`.
    host {
        value: Value::Program("Host"),
        stages: CLIENT,
        withheld: CODE,
    }
}

/// Something that runs.
const CODE: Withheld = &[
    (&[Shell::Cli], "is no program"),
    (ROWS, "is set up with it, in code"),
];
