//! One run: its checkpoint, how long it goes, who is told.

use super::{
    ANY_RUN, EVERY_RUN, FOR_ALL_ROWS, NO_MOST, REMOTE, ROWS, Shell, VIDEO, VIDEOS, Value,
    WITHOUT_PROGRAM, options,
};

const A_PROGRAM: &str = "has its own progress and its own way to cancel";
const CUTS: &str = "cuts the upload into runs by itself, where it needs to";

options! {
    /// Where to keep what is needed to resume. It is removed when the upload is done or aborted.
    ///
    /// With one, a failure that a later run could mend leaves the parts on the server, and `resume` goes on from there. A
    /// store that does not save aborts the upload with `checkpoint_failed`. One that does not remove, or takes longer than
    /// 10 seconds in the end, changes nothing of the outcome: its `warnings` say so.
    checkpoint {
        value: Value::Program("CheckpointStore"),
        flag: "--checkpoint FILE",
        core: "options.keepOnFailure",
        withheld: &[(ROWS, "keeps a checkpoint of each by itself")],
    }
    /// Return only when VOD reports the whole source file.
    wait {
        value: Value::Flag,
        default: "false",
        kinds: VIDEO,
        flag: "--wait",
        withheld: &[
            (&[Shell::Api], "has `waitUntilReady` for it"),
            (&[Shell::Manifest], "is done with a row when its bytes are in place"),
            (&[Shell::Handler], "answers before a function's time is over"),
        ],
    }
    /// Told when the ingest is done, ready, failed or canceled (Standard Webhooks), beside the server's own.
    webhookUrl {
        value: Value::Url,
        withheld: &[
            (&[Shell::Api, Shell::Cli, Shell::Manifest], "ends when the upload does: whoever waits for it knows"),
            (&[Shell::Handler], "keeps nothing between requests, so that it has nobody to tell"),
        ],
    }
    /// Aborts the upload. What was uploaded is removed before the promise rejects with `aborted`.
    signal {
        value: Value::Program("AbortSignal"),
        stages: EVERY_RUN,
        withheld: &[(WITHOUT_PROGRAM, A_PROGRAM)],
    }
    /// Told at most ten times a second, and once in the end.
    ///
    /// If it throws, the upload is aborted. A promise that it returns is not waited for: if that rejects, the upload goes on,
    /// and the first such error is one of the `warnings` of the outcome (or of the `VodliftError`). What rejects only after
    /// that was handed over is caught, and told nowhere.
    onProgress {
        value: Value::Program("(progress: UploadProgress) => unknown"),
        stages: EVERY_RUN,
        withheld: &[(WITHOUT_PROGRAM, A_PROGRAM)],
    }
    /// Told of each request to the source, VOD or OSS that takes longer than `slowRequestMs`: once, as soon as it does. A
    /// source is timed until its reply begins. If it throws or rejects: as `onProgress`.
    onSlowRequest {
        value: Value::Program("(slow: SlowRequest) => unknown"),
        stages: EVERY_RUN,
        withheld: &[(WITHOUT_PROGRAM, "says it by `slowRequestMs`, or in its log")],
    }
    /// From when on a request is slow; 0 is every one.
    slowRequestMs {
        value: Value::Duration(0, NO_MOST),
        default: "300 s",
        stages: EVERY_RUN,
        flag: "--slow-requests SECONDS",
        withheld: &[
            (&[Shell::Manifest], FOR_ALL_ROWS),
            (REMOTE, "has no one to tell while a request runs"),
        ],
    }
    /// Where to write what happens, a JSON object per line and without a secret: to report what went wrong.
    ///
    /// Told what the core hears and what it answers.
    /// Every secret in it has a stand-in: keys, upload credentials, signatures, what a caller asks a source with, and what
    /// queries hold, but for file names. `cargo run -p replay -- FILE` in this project runs such a trace again. If it throws
    /// or rejects: as `onProgress`.
    trace {
        value: Value::Program("(line: string) => unknown"),
        stages: EVERY_RUN,
        flag: "--trace FILE",
        withheld: &[(ROWS, "traces one upload at a time only from the package or `vodlift upload`")],
    }
    /// Where to stop early: parts begun, requests, bytes, or a deadline. What is in flight is finished, and the run ends in
    /// `Suspended`.
    budget {
        value: Value::Program("UploadBudget"),
        kinds: VIDEOS,
        stages: ANY_RUN,
        core: "options.budget",
        withheld: &[(WITHOUT_PROGRAM, CUTS)],
    }
    /// Only these part numbers (from 1, both included), of an upload that another run began and will complete.
    ///
    /// Progress counts these parts alone. A shard that fails removes nothing. It needs a source whose ranges work: where they
    /// stop working it ends with `source_range`, and the run that completes the upload reads the whole in one request.
    shard {
        value: Value::Program("{ first: number; last: number }"),
        kinds: VIDEOS,
        stages: ANY_RUN,
        core: "options.shard",
        withheld: &[(WITHOUT_PROGRAM, CUTS)],
    }
    /// Stops at the next part: what is in flight is finished, and the run ends in `Suspended`.
    stop {
        value: Value::Program("AbortSignal"),
        kinds: VIDEOS,
        stages: ANY_RUN,
        withheld: &[(WITHOUT_PROGRAM, "stops on a signal, or where a request is canceled")],
    }
    /// For whom it is, where one process uploads for several: a name, which is told to nobody. Uploads that wait for their turn
    /// (see `memory`) are taken up owner by owner, so that one owner's many do not keep another's waiting. Without it all are
    /// one owner's.
    owner {
        stages: EVERY_RUN,
        withheld: &[(WITHOUT_PROGRAM, "is whoever runs it, or whose token calls")],
    }
}
