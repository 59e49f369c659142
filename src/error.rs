//! The one error type of the crate: a value with a stable code, whether a retry can help, what to do next, and where it came from.

use crate::json::{Read, Write};

/// Who has to act. The CLI turns it into its exit code.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Read, Write)]
#[cfg_attr(feature = "serde", derive(serde::Deserialize, serde::Serialize))]
#[cfg_attr(target_arch = "wasm32", derive(tsify::Tsify))]
#[serde(rename_all = "snake_case")]
pub enum ErrorClass {
    /// The call itself is wrong (exit 2).
    Usage,
    /// The source cannot be read as asked (exit 3).
    Source,
    /// Keys, tokens, signatures, permissions, clocks (exit 4).
    Credentials,
    /// VOD or OSS refused or did not answer (exit 5).
    Service,
    /// What arrived is not what was sent (exit 6).
    Integrity,
    /// A URL, address or endpoint that may not be contacted (exit 7).
    Guard,
    /// The caller stopped it (exit 130).
    Interrupted,
}

macro_rules! codes {
    ($($(#[doc = $doc:literal])* $name:ident = $class:ident, $retryable:literal, $hint:literal;)+) => {
        /// Stable error codes, spelled in `snake_case` everywhere outside Rust.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Read, Write)]
        #[cfg_attr(feature = "serde", derive(serde::Deserialize, serde::Serialize))]
        #[cfg_attr(target_arch = "wasm32", derive(tsify::Tsify))]
        #[serde(rename_all = "snake_case")]
        pub enum Code { $($(#[doc = $doc])* $name,)+ }

        impl Code {
            /// Every code there is, for documentation and tests.
            pub const ALL: &'static [Code] = &[$(Code::$name,)+];
            /// Who has to act on this code.
            pub fn class(self) -> ErrorClass { match self { $(Code::$name => ErrorClass::$class,)+ } }
            /// Whether the same call may succeed later without any change.
            pub fn retryable(self) -> bool { match self { $(Code::$name => $retryable,)+ } }
            /// What has happened, for the documentation.
            #[cfg(not(target_arch = "wasm32"))]
            pub fn cause(self) -> &'static str { match self { $(Code::$name => concat!($($doc),*),)+ } }
            /// One sentence on what to do.
            pub fn hint(self) -> &'static str { match self { $(Code::$name => $hint,)+ } }
        }
    };
}

codes! {
    /// A parameter breaks a documented rule; the message names it.
    InvalidArgument = Usage, false, "Correct the named field and call again.";
    /// The source holds zero bytes.
    EmptySource = Usage, false, "VOD media must hold at least 1 byte: check that the source is the file you meant.";
    /// More than 10,000 parts of 5 GiB, or than the caller allows.
    TooLarge = Usage, false, "Upload a smaller file, or split it: OSS objects end at 48.8 TB (10,000 parts of 5 GiB), and earlier where `maxBytes` is set.";
    /// A checkpoint that is not one of ours, or of a version this build does not know.
    CheckpointInvalid = Usage, false, "Start a new upload, or resume with the version of vodlift that wrote the checkpoint.";
    /// The caller's checkpoint store failed.
    CheckpointFailed = Usage, false, "Make the place where checkpoints are kept writable, or upload without one.";
    /// A function that the caller wants to be told things by has failed. The upload goes on.
    ListenerFailed = Usage, false, "Look at the function that the message names: the upload is none the worse for it, but it was not told.";
    /// This machine had no free file handle for too long.
    TooManyFiles = Usage, true, "Raise this machine's limit of open files (`ulimit -n`), or run fewer uploads at once.";
    /// The source can be read only once, so what was lost cannot be read again.
    NotResumable = Usage, false, "Upload from a file or a URL that supports ranges to be able to resume.";

    /// The source shows a certificate that is not trusted here.
    SourceTlsUntrusted = Source, false, "If the certificate is your own, let this runtime trust its authority; others have to renew theirs.";
    /// No connection to the source, or it broke and stayed broken.
    SourceUnreachable = Source, true, "Check that the URL answers from this network, then run the upload again.";
    /// The source's reply breaks the rules of HTTP.
    SourceMalformed = Source, false, "The source, or a proxy before it, breaks the rules of HTTP as the message says: have it corrected there, or upload a local copy.";
    /// The source answered 404 or 410.
    SourceNotFound = Source, false, "Check the URL: the source says there is nothing there.";
    /// The source answered 401 or 403.
    SourceForbidden = Source, false, "Check the URL's signature or expiry, or pass the headers the source asks for.";
    /// The source answered with another status than 200 or 206.
    SourceStatus = Source, true, "Look at the status the source gave; 5xx usually passes, so try again later.";
    /// The source answered with a page (HTML, JSON, XML) in place of a file.
    SourceIsPage = Source, false, "The link may have expired or need a login: open it in a browser; if it is the file that is meant, set `anyContentType`.";
    /// A playlist was to become a video.
    SourceIsPlaylist = Usage, false, "Say by `as` which is meant: a playlist, with all that it names, or a video, to store its text alone.";
    /// An image was to become a video.
    SourceIsImage = Usage, false, "Say by `as` which is meant: an image, or a video all the same.";
    /// Size, ETag or Last-Modified are no longer those seen first.
    SourceChanged = Source, false, "The source changed while it was read: upload it again from the start.";
    /// A range was asked for and something else came.
    SourceRange = Source, false, "The source answers ranges wrongly: serve it from a host that honours Range, or switch ranges off with `ranges`.";
    /// The source ended before its announced length.
    SourceTruncated = Source, true, "The source ended early: check its length there, then run the upload again.";
    /// The source gave more bytes than it announced.
    SourceTooLong = Source, false, "The source gave more bytes than it announced: check the size you passed, or its Content-Length.";
    /// The source sent a Content-Encoding although identity was asked for.
    SourceEncoded = Source, false, "Serve the file without compression: a compressed answer is not the file.";
    /// More redirects than allowed, or one without a usable Location.
    SourceRedirect = Source, false, "Pass the final URL of the source.";
    /// There is no local file of that name.
    SourceMissing = Source, false, "Check the path: there is no file of that name.";
    /// A local file or stream could not be read.
    SourceRead = Source, false, "Check that it is a regular file that may be read, and that nothing writes to it meanwhile.";

    /// A playlist that breaks the rules of HLS; the message names the line.
    PlaylistInvalid = Source, false, "Correct the playlist, or upload the media it belongs to as one file.";
    /// A playlist that is not complete: it goes on.
    PlaylistLive = Source, false, "Only a complete playlist can be uploaded: wait for its EXT-X-ENDLIST, or record the stream first.";

    /// What a playlist names as a key is none: it has another length.
    PlaylistKey = Source, false, "Check what the key's URL answers: a page instead of a key often means that it asks for headers or cookies.";

    /// The URL may not be fetched: scheme, user info, port or host.
    UrlRefused = Guard, false, "Use an http(s) URL of a public host, or set `allowPrivateSources` if this one is yours.";
    /// The host resolves to an address that is not public.
    AddressRefused = Guard, false, "Sources on private and loopback addresses are refused unless `allowPrivateSources` says otherwise.";
    /// The caller's own lists of hosts refuse this one.
    SourceHostRefused = Guard, false, "Use a source on another host, or change the lists `allowHosts` and `denyHosts`.";
    /// The source that a checkpoint names was not confirmed.
    SourceUnconfirmed = Guard, false, "Pass the source yourself, or confirm the one that the checkpoint names.";
    /// The media whose file a checkpoint replaces was not confirmed.
    ReplaceUnconfirmed = Guard, false, "A checkpoint would replace the file of a media that exists: confirm that this is the media you mean.";
    /// The media that a checkpoint names may be another upload's.
    MediaUnconfirmed = Guard, false, "Use the AccessKey that the checkpoint was written with; or, if the media is the one you mean and no other upload is at work on it, vouch for it by `ownMediaOnly`.";
    /// This build of the package cannot tell which address a name leads to, on a runtime where others can.
    GuardMissing = Guard, false, "Bundle the package for the runtime it runs on, as the message says, or leave it out of the bundle.";
    /// A playlist names a local file that is not below its own folder.
    PathRefused = Guard, false, "A local playlist may name URLs, and files below its own folder by relative paths.";
    /// A playlist and what it names are more than was allowed.
    PlaylistTooLarge = Guard, false, "If the playlist is yours, raise the limit that the message names.";
    /// An abort would have removed more than what an upload left unfinished.
    AbortRefused = Guard, false, "Nothing was removed: if this media is not wanted, delete it by its id; its checkpoint is of no more use.";
    /// The upload address names a host that is not on the allow-list.
    EndpointRefused = Guard, false, "The upload address must be https on a name of OSS (oss-*.aliyuncs.com), the configured endpoint's host, or a host you trust by name.";
    /// The proxy on the way does not let the request through.
    ProxyRefused = Guard, false, "Ask whoever runs the proxy to allow this host, or name it with user and password, another one, or none.";

    /// The AccessKey id is unknown.
    AccessKeyUnknown = Credentials, false, "Check the AccessKey id: the service does not know it.";
    /// The AccessKey is disabled.
    AccessKeyInactive = Credentials, false, "Enable the AccessKey in the RAM console, or use another.";
    /// The service computed another signature.
    SignatureMismatch = Credentials, false, "Check the AccessKey secret and the region: the service computed another signature.";
    /// The key is known but may not do this.
    PermissionDenied = Credentials, false, "Grant the RAM user the action that was called, or use another key.";
    /// The caller's own STS token is over.
    TokenExpired = Credentials, false, "Pass a fresh STS token.";
    /// The caller's own STS token is not valid for this key.
    TokenInvalid = Credentials, false, "Pass the STS token together with the AccessKey id and secret it was issued with.";
    /// VOD is not activated, suspended or unpaid.
    ServiceInactive = Credentials, false, "Activate VOD for this account, or settle the account, in the console.";
    /// This machine's clock is off and correcting it did not help.
    ClockSkew = Credentials, false, "Set this machine's clock: it is more than 15 minutes off.";

    /// VOD or OSS show a certificate that is not trusted here; the message says which.
    TlsUntrusted = Service, false, "If the certificate is your own, let this runtime trust its authority.";
    /// A reply of VOD or OSS that breaks the rules of HTTP.
    ReplyMalformed = Service, false, "What answers breaks the rules of HTTP as the message says, most often a proxy on the way: check the endpoint, and what stands before it.";
    /// No connection to the VOD API.
    VodUnreachable = Service, true, "Check the network, the region and the endpoint, then try again.";
    /// The VOD API refused the call; `serviceCode` is its own code.
    VodRejected = Service, false, "Look at the service's own code and message; they name the parameter.";
    /// The reference id belongs to another media already.
    ReferenceTaken = Service, false, "Choose another `referenceId`, or pass `adopt` to go on with the media that has this one, if it is yours.";
    /// The VOD API kept failing or throttling.
    VodUnavailable = Service, true, "Wait a little and try again; if it lasts, give the request id to support.";
    /// The media id is unknown there.
    MediaNotFound = Service, false, "Check the media id and the region: media live in one region.";
    /// VOD has no storage bucket there: the region is not the one meant, or none was activated in it.
    StorageNotFound = Service, false, "Set `region` to one in which VOD has storage for this account, or activate storage there in the VOD console; a `storageLocation` must be a bucket of that region.";
    /// The media is in a state in which its bytes cannot be replaced.
    NotReplaceable = Service, false, "A video that is deleted or blocked gets no new bytes: upload this as a new media.";
    /// A reply that is not what the API documents.
    ReplyInvalid = Service, false, "Check the endpoint, and what stands between here and it: this is no reply of VOD or OSS.";
    /// No connection to OSS.
    OssUnreachable = Service, true, "Check the network path to the OSS endpoint, then try again.";
    /// OSS refused the call; `serviceCode` is its own code.
    OssRejected = Service, false, "Look at the service's own code and message.";
    /// OSS kept failing or throttling.
    OssUnavailable = Service, true, "Wait a little and try again; if it lasts, give the request id to support.";
    /// The region or endpoint does not serve this bucket.
    WrongEndpoint = Service, false, "Use the endpoint and region of the bucket.";
    /// The multipart upload is gone there.
    UploadGone = Service, true, "Start the upload again: the parts were removed on the server.";
    /// The upload credential has ended, and for images and attached media nothing renews it.
    CredentialEnded = Service, true, "Images and attached media must arrive while their one upload credential lives: upload again, over a faster path.";
    /// OSS refuses the upload credential, and VOD has no other to give.
    CredentialStale = Service, true, "VOD keeps handing out an upload credential that OSS refuses: resume in a few minutes; if it lasts, give the request id to support.";
    /// Nobody can tell whether CompleteMultipartUpload took effect.
    OutcomeUnknown = Service, true, "Ask GetMezzanineInfo (GetImageInfo, GetAttachedMediaInfo) for the media id before you upload again: the object may be complete.";
    /// VOD has not got so far within the time given.
    NotReady = Service, true, "VOD is still working on it: wait longer, or ask again later.";
    /// VOD could not make of the media what it should become.
    ProcessingFailed = Service, false, "Look at the media in the VOD console: it says what failed; a file VOD can read has to be uploaded anew.";
    /// The caller's own function for credentials failed.
    CredentialsFailed = Credentials, true, "Look at the function passed as `credentials`: it failed or gave something that is none.";
    /// The object is stored, its upload callback failed.
    CallbackFailed = Service, false, "The object is stored; check the callback server.";

    /// A CRC-64 differs.
    ChecksumMismatch = Integrity, true, "Bytes changed on the way: upload again; if it repeats, check memory and proxies.";
    /// A length differs.
    LengthMismatch = Integrity, true, "Bytes are missing on the other side: upload again; if it repeats, check proxies on the way.";

    /// The caller aborted; nothing is left behind.
    Aborted = Interrupted, true, "The upload was aborted on request; start it again when you like.";
    /// The core trapped, by a fault of ours or for want of memory. Only the upload that met it ends.
    CoreStopped = Service, true, "This is a fault in vodlift, or there was no memory left: please report it with the message; where there is a checkpoint, resume from it; other uploads go on.";
    /// A fault of ours.
    Internal = Service, false, "This is a fault in vodlift: please report it with the message.";
}

/// What went wrong, as data. It never holds a secret, a signature or a URL query.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error, Read, Write)]
#[cfg_attr(feature = "serde", derive(serde::Deserialize, serde::Serialize))]
#[cfg_attr(target_arch = "wasm32", derive(tsify::Tsify))]
#[serde(rename_all = "camelCase")]
#[error("{message}")]
pub struct Error {
    /// Stable code.
    pub code: Code,
    /// Who has to act.
    pub class: ErrorClass,
    /// What happened, in one sentence that names field, number or service code.
    pub message: String,
    /// What to do, in one sentence.
    pub hint: String,
    /// Whether the same call may succeed later without any change.
    pub retryable: bool,
    /// The service's own error code, such as `InvalidFileName.Extension`.
    #[cfg_attr(target_arch = "wasm32", tsify(optional))]
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub service_code: Option<String>,
    /// The service's id of the failed request, for its support.
    #[cfg_attr(target_arch = "wasm32", tsify(optional))]
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub request_id: Option<String>,
    /// The HTTP status of the reply, if there was one.
    #[cfg_attr(target_arch = "wasm32", tsify(optional))]
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub status: Option<u16>,
}

/// A message may name what somebody else wrote, and is kept, logged and printed.
const LONGEST_MESSAGE: usize = 4_000;

fn bounded(mut message: String) -> String {
    if message.len() > LONGEST_MESSAGE {
        let whole = (0..=LONGEST_MESSAGE)
            .rev()
            .find(|end| message.is_char_boundary(*end));
        message.truncate(whole.unwrap_or_default());
        message.push('…');
    }
    message
}

/// A message or hint names an option by its field in the package's API, in backticks, and no option otherwise: each shell
/// puts its own spelling there (`--file-name`, a column, a setting).
impl Error {
    /// An error of this code; class, hint and retryable follow from it.
    pub fn new(code: Code, message: impl Into<String>) -> Self {
        Error {
            code,
            class: code.class(),
            message: bounded(message.into()),
            hint: code.hint().into(),
            retryable: code.retryable(),
            service_code: None,
            request_id: None,
            status: None,
        }
    }

    /// `InvalidArgument` for one field: "`title` must be at most 128 characters, got 130".
    pub fn invalid(field: &str, rule: impl std::fmt::Display) -> Self {
        Error::new(Code::InvalidArgument, format!("`{field}` {rule}"))
    }

    /// Says what to do in this very case, where the code alone cannot.
    #[must_use]
    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = hint.into();
        self
    }

    /// Adds the HTTP status of the reply.
    #[must_use]
    pub fn status(mut self, status: u16) -> Self {
        self.status = Some(status);
        self
    }

    /// Adds the service's own code.
    #[must_use]
    pub fn service_code(mut self, code: impl Into<String>) -> Self {
        self.service_code = Some(code.into());
        self
    }

    /// Adds the service's request id.
    #[must_use]
    pub fn request_id(mut self, id: Option<String>) -> Self {
        self.request_id = id;
        self
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What an option is called is the API's to say, in backticks: shells put their own word there. Flags and settings of
    /// one runtime have no place here.
    #[test]
    fn a_message_is_bounded_whatever_it_names() {
        let error = Error::new(Code::ReplyInvalid, "é".repeat(1 << 20));
        assert_eq!(error.message.len(), LONGEST_MESSAGE + '…'.len_utf8());
    }

    #[test]
    fn hints_name_no_shell() {
        for code in Code::ALL {
            let hint = code.hint();
            assert!(hint.len() > 10 && hint.ends_with('.'), "{code:?}: {hint}");
            for stranger in ["--", "{", "}", "Node", "VODLIFT_", "NODE_"] {
                assert!(!hint.contains(stranger), "{code:?}: {hint}");
            }
            let outside: String = hint.split('`').step_by(2).collect();
            let mut words = outside.split(|c: char| !c.is_ascii_alphanumeric());
            let field = words.find(|word| {
                word.starts_with(|c: char| c.is_ascii_lowercase())
                    && word.contains(|c: char| c.is_ascii_uppercase())
            });
            assert_eq!(field, None, "{code:?}: {hint}");
        }
    }
}
