// What the media becomes. The fields are those of the API.
import { flag, KINDS, named, option } from "./option.ts";
import { numbers, text, userData, whole, word, words, yesNo } from "./values.ts";

const VIDEO = ["video", "playlist"] as const;
const REPLACEABLE = ["video"] as const;
const IMAGE = ["image"] as const;
const ATTACHED = ["attached"] as const;

export const BUSINESS_TYPES = ["watermark", "subtitle", "material"] as const;

export const MEDIA = {
  title: option("--title T", text, "shown in the VOD console; default: the file's name"),
  fileName: option("--file-name N", text, "its name with extension; needed for standard input"),
  description: option("--description D", text, "at most 1024 characters; attached: 1024 bytes"),
  tags: option("--tags a,b", words, "at most 16"),
  cateId: option("--cate-id N", whole(0), "category"),
  coverUrl: option("--cover-url U", text, "thumbnail of your own", VIDEO),
  enableFirstFrameCover: option(
    "--first-frame-cover true|false",
    yesNo,
    "whether the first frame becomes the cover",
    VIDEO,
  ),
  generateThumbnail: option(
    "--thumbnails true|false",
    yesNo,
    "whether VOD makes thumbnails",
    VIDEO,
  ),
  showWatermark: option(
    "--show-watermark true|false",
    yesNo,
    "whether VOD shows the watermark; where there is a template group, that decides",
    VIDEO,
  ),
  templateGroupId: option(
    "--template-group-id G",
    text,
    "transcoding template group; VOD_NO_TRANSCODE for none",
    VIDEO,
  ),
  workflowId: option("--workflow-id W", text, "workflow; wins over the template group", VIDEO),
  storageLocation: option(
    "--storage-location S",
    text,
    "bucket; default: the account's default bucket",
  ),
  appId: option("--app-id A", text, "application; default: app-1000000"),
  userData: option(
    "--user-data JSON",
    userData,
    "a JSON object: MessageCallback, Extend, AccelerateConfig",
  ),
  referenceId: option("--reference-id R", text, "an id of your own, unique in the account", VIDEO),
  adopt: flag(
    "--adopt",
    "if a media has that id already, go on with it: one that an earlier try has made. With a file of the same size there " +
      "is nothing left to do, with another it is an error",
    VIDEO,
  ),
  replace: option(
    "--replace ID",
    text,
    "give these bytes to the video or audio with this media id, in place of its own: it keeps its key, so the format must " +
      "be the same, and all else; VOD transcodes it and takes its snapshots once more. A failure leaves the old bytes",
    REPLACEABLE,
  ),
  replaceReferenceId: named(
    "replace.referenceId",
    option(
      "--replace-reference-id R",
      text,
      "the same for the media with this id of your own",
      REPLACEABLE,
    ),
  ),
  kind: named(
    "as",
    option(
      "--as video|image|attached|playlist",
      word(KINDS),
      "what it becomes; audio is a video, too. playlist takes an HLS playlist (.m3u8) with all it names: all variants and " +
        "renditions, segments, keys, from URLs or from below its own folder. As a video an .m3u8 is just a file: what it " +
        "names stays behind",
    ),
  ),
  imageType: option(
    "--image-type T",
    word(["default", "cover"]),
    "default, or cover for the cover of a video",
    IMAGE,
  ),
  imageExt: option("--image-ext E", text, "format, such as png; default: the file name's", IMAGE),
  businessType: option(
    "--business-type T",
    word(BUSINESS_TYPES),
    "watermark, subtitle or material; needed there",
    ATTACHED,
  ),
  mediaExt: option(
    "--media-ext E",
    text,
    "format, such as vtt; default: the file name's",
    ATTACHED,
  ),
  cateIds: option("--cate-ids 1,2", numbers, "categories, at most 5", ATTACHED),
};
