//! What the media becomes in VOD.

use super::{ATTACHED, IMAGE, Shell, VIDEO, VIDEOS, VIDEOS_ONLY, Value, options};

const HAS_ITS_OWN: &str = "adopts what it began itself, by ids that it makes up";
const RECORDS: &str = "goes by its own records: a checkpoint, or the table of ingests";

options! {
    /// What it becomes: a video (audio, too), an image, an attached media, or with `playlist` an HLS playlist (.m3u8) with
    /// all that it names.
    ///
    /// Whoever says `video` means it: then it is one, although it looks like a playlist or an image. As a video an .m3u8 is
    /// just a file: what it names stays behind.
    as {
        value: Value::OneOf(&["video", "image", "attached", "playlist"]),
        default: "a video, and what looks like a playlist or an image is refused",
        flag: "--as video|image|attached|playlist",
        core: "options.kindIsSaid",
        withheld: &[(&[Shell::Handler], VIDEOS_ONLY)],
    }
    /// Shown in the VOD console: at most 128 characters, of attached media 128 bytes of UTF-8.
    title {
        default: "the file's name without its extension, without emoji and what else VOD refuses, cut to that length",
        flag: "--title T",
        core: "media.title",
    }
    /// A name with an extension, by which VOD tells the format. Needed for a stream that has none.
    fileName {
        default: "what the source tells of itself: the name in Content-Disposition, the URL's path or query, or a file's own, \
                  with the extension that the Content-Type stands for where that name has none that VOD knows",
        flag: "--file-name N",
        core: "media.fileName",
    }
    /// At most 1024 characters, of attached media 1024 bytes of UTF-8.
    description {
        flag: "--description D",
        core: "media.description",
    }
    /// At most 16 tags of at most 32 characters each.
    tags {
        value: Value::Words,
        flag: "--tags a,b",
        core: "media.tags",
    }
    /// Category id.
    cateId {
        value: Value::Id,
        flag: "--cate-id N",
        core: "media.cateId",
    }
    /// URL of a thumbnail of your own.
    coverUrl {
        value: Value::Url,
        kinds: VIDEOS,
        flag: "--cover-url U",
        core: "media.coverUrl",
    }
    /// Use the first frame as the cover.
    enableFirstFrameCover {
        value: Value::Flag,
        kinds: VIDEOS,
        flag: "--first-frame-cover true|false",
        core: "media.enableFirstFrameCover",
    }
    /// Make thumbnails.
    generateThumbnail {
        value: Value::Flag,
        kinds: VIDEOS,
        flag: "--thumbnails true|false",
        core: "media.generateThumbnail",
    }
    /// Whether VOD shows the watermark on the video. Where there is a template group, that decides.
    showWatermark {
        value: Value::Flag,
        kinds: VIDEOS,
        flag: "--show-watermark true|false",
        core: "options.showWatermark",
    }
    /// Transcoding template group; `VOD_NO_TRANSCODE` for none.
    templateGroupId {
        kinds: VIDEOS,
        flag: "--template-group-id G",
        core: "media.templateGroupId",
    }
    /// Workflow; it wins over the template group.
    workflowId {
        kinds: VIDEOS,
        flag: "--workflow-id W",
        core: "media.workflowId",
    }
    /// Bucket to store in, as `outin-….oss-cn-shanghai.aliyuncs.com`.
    storageLocation {
        default: "the account's default bucket",
        flag: "--storage-location S",
        core: "media.storageLocation",
    }
    /// Application.
    appId {
        default: "`app-1000000`",
        flag: "--app-id A",
        core: "media.appId",
    }
    /// Passed on to callbacks: a JSON object with `MessageCallback`, `Extend` (at most 512 bytes), `AccelerateConfig`.
    userData {
        value: Value::Json,
        flag: "--user-data JSON",
        core: "media.userData",
    }
    /// An id of your own, 6 to 64 of `A-Z a-z 0-9 _ -`, unique in the account.
    referenceId {
        kinds: VIDEOS,
        flag: "--reference-id R",
        core: "media.referenceId",
    }
    /// If a media has this `referenceId` already, most often one of an earlier try, go on with it. With a file of the same
    /// size there is nothing left to do, with another it is an error.
    ///
    /// An earlier try may have died before it could note the media id. `true`: go on with that media, whoever began it; one
    /// that has a file of the same size is done at once (`compared: "existing_length"`: nothing is sent, and the contents are
    /// not compared), one with another file is refused as `reference_taken`. `"if-possible"`, for ids that were made up: where
    /// that cannot be done, or VOD does not know the parameter, make a new media without the id. `false` (the default): refuse
    /// it, unless this very upload began it: the reply to its Create was lost, now or before a `resume`, and the media has no
    /// file and was made since.
    ///
    /// With `true` a media that another process is uploading right now looks the same: it is your id that keeps the two apart.
    adopt {
        value: Value::FlagOr("if-possible"),
        default: "false",
        kinds: VIDEOS,
        flag: "--adopt",
        core: "options.adopt",
        withheld: &[(&[Shell::Worker, Shell::Dashboard], HAS_ITS_OWN)],
    }
    /// A video or audio that exists and gets these bytes in place of its own, by its media id. It keeps its key, so the
    /// format must be the same, and all else; VOD transcodes it and takes its snapshots once more. A failure leaves the old
    /// bytes.
    ///
    /// By `{ mediaId }` or `{ referenceId }`, or by the media id alone. The object keeps its key, so a file name with another
    /// extension is refused. Nothing else of the media can be changed with it: `title`, `tags` and the like are refused by
    /// name. Until VOD has transcoded it, it plays as before. If the upload fails or is aborted the old bytes stay, and the
    /// media is never deleted.
    ///
    /// A media may be replaced whose source file is there, whatever VOD is doing with it, has failed (`UploadFail`) or is
    /// still missing (`Uploading`). One that is `Deleted` or `Blocked` is refused as `not_replaceable`, an unknown one as
    /// `media_not_found`. It does not go with `adopt`, nor with playlists.
    replace {
        value: Value::Video,
        kinds: VIDEO,
        flag: "--replace ID",
        core: "options.replace",
        see: "https://www.alibabacloud.com/help/en/vod/developer-reference/api-vod-2017-03-21-refreshuploadvideo",
    }
    /// The same as `replace` for the media with this id of your own.
    replaceReferenceId {
        kinds: VIDEO,
        flag: "--replace-reference-id R",
        core: "options.replace",
        withheld: &[(
            &[Shell::Api, Shell::Worker, Shell::Dashboard, Shell::Handler],
            "says it by `replace: { referenceId }`",
        )],
    }
    /// The media id that an earlier try of this very upload was given, if you noted it and have no checkpoint: where
    /// `referenceId` is found to belong to that media, the upload goes on with it and sends everything again.
    earlierMediaId {
        kinds: VIDEOS,
        core: "options.earlierMediaId",
        withheld: &[(
            &[Shell::Cli, Shell::Manifest, Shell::Worker, Shell::Dashboard, Shell::Handler],
            RECORDS,
        )],
    }
    /// What an image is for: `default`, or `cover` for the cover of a video.
    imageType {
        value: Value::OneOf(&["default", "cover"]),
        default: "`default`",
        kinds: IMAGE,
        flag: "--image-type T",
        core: "media.imageType",
        withheld: &[(&[Shell::Handler], VIDEOS_ONLY)],
    }
    /// Format of an image as an extension without a dot (`png`, `jpg`, `webp` …).
    imageExt {
        default: "the file name's own",
        kinds: IMAGE,
        flag: "--image-ext E",
        core: "media.imageExt",
        withheld: &[(&[Shell::Handler], VIDEOS_ONLY)],
    }
    /// What an attached media is for: `watermark`, `subtitle` or `material`.
    businessType {
        value: Value::OneOf(&["watermark", "subtitle", "material"]),
        default: "`material`",
        kinds: ATTACHED,
        flag: "--business-type T",
        core: "media.businessType",
        withheld: &[(&[Shell::Handler], VIDEOS_ONLY)],
    }
    /// Format of an attached media as an extension without a dot (`png`, `vtt`, `zip` …).
    mediaExt {
        default: "the file name's own",
        kinds: ATTACHED,
        flag: "--media-ext E",
        core: "media.mediaExt",
        withheld: &[(&[Shell::Handler], VIDEOS_ONLY)],
    }
    /// Category ids of an attached media, at most 5.
    cateIds {
        value: Value::Ids,
        kinds: ATTACHED,
        flag: "--cate-ids 1,2",
        core: "media.cateIds",
        withheld: &[(&[Shell::Handler], VIDEOS_ONLY)],
    }
}
