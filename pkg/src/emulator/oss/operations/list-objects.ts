/**
 * ListObjects (GetBucket) and ListObjectsV2. Reads metadata of every object on the page: meant for tests.
 * https://www.alibabacloud.com/help/en/oss/developer-reference/listobjectsv2
 */
import { queryValue } from "../../exchange.ts";
import { keyEncoding } from "../encoding-type.ts";
import { compareKeys, type Grouped, group, integerParameter } from "../paging.ts";
import type { OssRequest } from "../service.ts";
import { element, type XmlField, xmlTime } from "../xml.ts";
import type { OssOperation } from "./index.ts";

export const listObjects: OssOperation = {
  name: "ListObjects",
  method: "GET",
  level: "bucket",
  subResources: [],
  run: async (request) => {
    const { world, exchange, bucket } = request;
    const { encode, fields } = keyEncoding(request);
    const value = (name: string) => queryValue(exchange, name) ?? "";
    const second = value("list-type") === "2";
    const maximum = integerParameter(request, "max-keys", 100, 1000);
    const token = value("continuation-token");
    const marker = second ? fromToken(token) || value("start-after") : value("marker");
    const keys = (await world.objects.keys(bucket)).map((key) => ({ key }));
    const rest = group(keys, value("prefix"), value("delimiter")).filter(
      (entry) => marker === "" || compareKeys(nameOf(entry), marker) > 0,
    );
    const page = rest.slice(0, maximum);
    const truncated = page.length < rest.length;
    const last = page.at(-1);
    const next = truncated && last ? nameOf(last) : "";
    const contents = await Promise.all(page.map((entry) => describe(request, entry, encode)));
    const common: XmlField[] = [
      ...fields,
      ["Name", bucket],
      ["Prefix", encode(value("prefix"))],
      ["MaxKeys", maximum],
      ["Delimiter", encode(value("delimiter"))],
      ["IsTruncated", truncated],
    ];
    const paging: XmlField[] = second
      ? [
          ["KeyCount", page.length],
          ...(next === "" ? [] : [["NextContinuationToken", toToken(next)] as const]),
        ]
      : [
          ["Marker", encode(marker)],
          ...(next === "" ? [] : [["NextMarker", encode(next)] as const]),
        ];
    return {
      status: 200,
      headers: { "Content-Type": "application/xml" },
      body: element("ListBucketResult", [...common, ...paging, ...contents]),
    };
  },
};

function nameOf(entry: Grouped<{ key: string }>): string {
  return "item" in entry ? entry.item.key : entry.prefix;
}

function toToken(key: string): string {
  return Buffer.from(key).toString("base64url");
}

function fromToken(token: string): string {
  return Buffer.from(token, "base64url").toString();
}

async function describe(
  { world, bucket }: OssRequest,
  entry: Grouped<{ key: string }>,
  encode: (text: string) => string,
): Promise<XmlField> {
  if ("prefix" in entry) return ["CommonPrefixes", [["Prefix", encode(entry.prefix)]]];
  const object = await world.objects.find(bucket, entry.item.key);
  return [
    "Contents",
    [
      ["Key", encode(entry.item.key)],
      ["LastModified", xmlTime(object?.modified ?? 0)],
      ["ETag", object?.etag ?? ""],
      ["Type", object?.type ?? "Normal"],
      ["Size", object?.size ?? 0],
      ["StorageClass", object?.headers["x-oss-storage-class"] ?? "Standard"],
    ],
  ];
}
