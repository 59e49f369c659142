/** ListMultipartUploads: https://www.alibabacloud.com/help/en/oss/developer-reference/listmultipartuploads */
import { queryValue } from "../../exchange.ts";
import type { Upload } from "../../store/uploads.ts";
import { keyEncoding } from "../encoding-type.ts";
import { compareKeys, type Grouped, group, integerParameter } from "../paging.ts";
import { element, type XmlField, xmlTime } from "../xml.ts";
import type { OssOperation } from "./index.ts";

const MAX_PAGE = 1000;

export const listMultipartUploads: OssOperation = {
  name: "ListMultipartUploads",
  method: "GET",
  level: "bucket",
  subResources: ["uploads"],
  run: async (request) => {
    const { world, exchange, bucket } = request;
    const { encode, fields } = keyEncoding(request);
    const maximum = integerParameter(request, "max-uploads", MAX_PAGE, MAX_PAGE);
    const value = (name: string) => queryValue(exchange, name) ?? "";
    const [prefix, delimiter] = [value("prefix"), value("delimiter")];
    const [keyMarker, idMarker] = [value("key-marker"), value("upload-id-marker")];
    const uploads = world.uploads.list().filter((upload) => upload.bucket === bucket);
    const rest = group(uploads, prefix, delimiter).filter((entry) =>
      isAfter(entry, keyMarker, idMarker),
    );
    const page = rest.slice(0, maximum);
    const last = page.at(-1);
    return {
      status: 200,
      headers: { "Content-Type": "application/xml" },
      body: element("ListMultipartUploadsResult", [
        ...fields,
        ["Bucket", bucket],
        ["KeyMarker", encode(keyMarker)],
        ["UploadIdMarker", idMarker],
        ["NextKeyMarker", last ? encode("item" in last ? last.item.key : last.prefix) : ""],
        ["NextUploadIdMarker", last && "item" in last ? last.item.id : ""],
        ["Delimiter", encode(delimiter)],
        ["Prefix", encode(prefix)],
        ["MaxUploads", maximum],
        ["IsTruncated", page.length < rest.length],
        ...page.map((entry) => describe(entry, encode)),
      ]),
    };
  },
};

/** Without an id the key marker skips every upload of that key; with one, those up to and including it. */
function isAfter(entry: Grouped<Upload>, keyMarker: string, idMarker: string): boolean {
  if (keyMarker === "") return true;
  const order = compareKeys("item" in entry ? entry.item.key : entry.prefix, keyMarker);
  if (order !== 0 || idMarker === "") return order > 0;
  return "item" in entry && entry.item.id > idMarker;
}

function describe(entry: Grouped<Upload>, encode: (text: string) => string): XmlField {
  if ("prefix" in entry) return ["CommonPrefixes", [["Prefix", encode(entry.prefix)]]];
  const { key, id, initiated, headers } = entry.item;
  return [
    "Upload",
    [
      ["Key", encode(key)],
      ["UploadId", id],
      ["StorageClass", headers["x-oss-storage-class"] ?? "Standard"],
      ["Initiated", xmlTime(initiated)],
    ],
  ];
}
