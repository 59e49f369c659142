//! Where the bytes come from, and what of it is believed.

use super::{
    EVERY_RUN, MOST_32, NO_MOST, OF_THE_RUN, ONE_OBJECT, REMOTE, RESUME, ROWS, Shell, Value,
    options,
};

const ASKED: &str = "asks, or is told by `--yes`";

options! {
    /// Headers sent to the source: to the URL's own origin only, not to where it redirects.
    ///
    /// In the package `{ url, headers }` in place of the URL is the same. No checkpoint keeps them: pass them to `resume`
    /// again.
    sourceHeaders {
        value: Value::Fields,
        stages: EVERY_RUN,
        flag: "--source-header 'N: v'",
        core: "source.headers",
    }
    /// Refuse a source of more bytes with `too_large`: before VOD hears of it, or where it goes on behind them.
    maxBytes {
        value: Value::Size(1, NO_MOST),
        kinds: ONE_OBJECT,
        stages: EVERY_RUN,
        setting: "VODLIFT_MAX_BYTES",
        flag: "--max-bytes 20GiB",
        core: "options.maxBytes",
        withheld: &[(REMOTE, "is decided where the server is set up, not by who sends a request")],
    }
    /// Whether a URL may be read by ranges. Without them it is read in one request, in order: for a link that works only once.
    /// A source whose ranges turn out not to work is read so anyway.
    ///
    /// `false` takes memory for the parts in flight.
    ranges {
        value: Value::Flag,
        default: "true",
        kinds: ONE_OBJECT,
        stages: EVERY_RUN,
        flag: "--no-ranges",
        core: "options.ranges",
    }
    /// How long a source may stand still before it is asked again, a few times.
    sourceTimeoutMs {
        value: Value::Duration(1, MOST_32),
        default: "300 s before its first byte, 60 s between two",
        stages: EVERY_RUN,
        flag: "--source-timeout SECONDS",
        core: "options.sourceTimeoutMs",
    }
    /// Take the source for what it is uploaded as, whatever its Content-Type, name and first bytes say. Otherwise a page
    /// (HTML, JSON, XML) is refused, and for a video a playlist or an image.
    ///
    /// They are refused with `source_is_page`, `source_is_playlist` and `source_is_image`, before VOD hears of them. So is a
    /// page in place of a segment that is named as media (`7.ts`), or that begins as one. What begins as media does is no
    /// page, whatever it is called. The first bytes are looked at behind URLs only.
    anyContentType {
        value: Value::Flag,
        default: "false",
        stages: EVERY_RUN,
        flag: "--any-content-type",
        core: "options.anyContentType",
    }
    /// Allow URLs on private and loopback addresses, local host names and unusual ports.
    allowPrivateSources {
        value: Value::Flag,
        default: "false",
        stages: EVERY_RUN,
        setting: "VODLIFT_ALLOW_PRIVATE_SOURCES",
        flag: "--allow-private",
        core: "options.allowPrivateSources",
        withheld: OF_THE_RUN,
    }
    /// Refuse sources over plain `http:`, also where they redirect to and what a playlist names, with `url_refused`.
    ///
    /// A redirect from https to http is refused in any case.
    httpsOnly {
        value: Value::Flag,
        default: "false",
        stages: EVERY_RUN,
        flag: "--https-only",
        core: "options.httpsOnly",
    }
    /// Only hosts of this list, for the URL itself, where it redirects to and what a playlist names: `media.example.com`,
    /// `*.example.com`, `example.com:8443`.
    ///
    /// `*.example.com` is all below it, not itself; `:port` is that port only; names beyond ASCII as they are or as `xn--…`.
    /// Others fail with `source_host_refused`.
    allowHosts {
        value: Value::Words,
        stages: EVERY_RUN,
        setting: "VODLIFT_ALLOW_HOSTS",
        flag: "--allow-hosts H,…",
        core: "options.sourceHosts.allow",
        withheld: OF_THE_RUN,
    }
    /// None of these hosts, even where `allowHosts` has them.
    denyHosts {
        value: Value::Words,
        stages: EVERY_RUN,
        setting: "VODLIFT_DENY_HOSTS",
        flag: "--deny-hosts H,…",
        core: "options.sourceHosts.deny",
        withheld: OF_THE_RUN,
    }
    /// Length in bytes of a stream, if it is known: another length is an error. Everything else knows its own.
    size {
        value: Value::Size(0, NO_MOST),
        kinds: ONE_OBJECT,
        flag: "--size BYTES",
        core: "source.size",
        withheld: &[(ROWS, "reads URLs and files, which know their length")],
    }
    /// Where the source is now. Needed where the checkpoint cannot tell: a Blob, bytes, or a URL whose query may be a secret.
    source {
        value: Value::Program("UploadSource"),
        stages: RESUME,
        flag: "--source S",
        core: "source",
        withheld: &[(ROWS, "keeps where each source is")],
    }
    /// Called with the source that the checkpoint itself names, before anything of it is read, where `source` is not given.
    ///
    /// `false` refuses it (`source_unconfirmed`). Without it the checkpoint is trusted: it may name any file that this process
    /// can read, so pass one for checkpoints that others could have written.
    confirmSource {
        value: Value::Program("(source: NamedSource) => boolean | Promise<boolean>"),
        stages: RESUME,
        withheld: &[(&[Shell::Cli], ASKED), (ROWS, "resumes only what it has begun itself")],
    }
    /// Called where the checkpoint says `replace`, or that the file came out wrong when it was stored, with the media whose
    /// file would be overwritten, before anything is sent.
    ///
    /// `false` refuses it (`replace_unconfirmed`). Without it the checkpoint is trusted: it may name any video of the account.
    /// Any other media that has a file already is never overwritten, whatever the checkpoint says.
    confirmReplace {
        value: Value::Program("(media: VideoRef) => boolean | Promise<boolean>"),
        stages: RESUME,
        withheld: &[(&[Shell::Cli], ASKED), (ROWS, "resumes only what it has begun itself")],
    }
    /// Refuse (`media_unconfirmed`) a media that the checkpoint only names: it must prove that an upload with the same
    /// AccessKey wrote it, or OSS must know its upload id.
    ///
    /// Otherwise another upload may be at work on that media. Without it `resume` trusts the checkpoint, as it has to where
    /// the AccessKey has changed meanwhile; `abort` trusts it only with `false`.
    ownMediaOnly {
        value: Value::Flag,
        stages: RESUME,
        core: "options.ownMediaOnly",
        withheld: &[(&[Shell::Cli], ASKED), (ROWS, "resumes only what it has begun itself")],
    }
}
