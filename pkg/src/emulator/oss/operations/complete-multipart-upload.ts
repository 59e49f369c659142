/** CompleteMultipartUpload: https://www.alibabacloud.com/help/en/oss/developer-reference/completemultipartupload */
import { createHash } from "node:crypto";
import { readText } from "../../body.ts";
import { header } from "../../exchange.ts";
import { percentEncodePath } from "../../sign/text.ts";
import type { Unpublished } from "../../store/objects.ts";
import { MIN_PART, type Part } from "../../store/uploads.ts";
import { now } from "../../world.ts";
import { readCallback } from "../callback.ts";
import { checkOverwrite, md5Check } from "../conditions.ts";
import { keyEncoding } from "../encoding-type.ts";
import { invalidArgument, OssError } from "../errors.ts";
import type { OssRequest } from "../service.ts";
import { answerStored } from "../stored.ts";
import { requestedUpload } from "../upload-lookup.ts";
import { element } from "../xml.ts";
import { childText, localName, readXml } from "../xml-reader.ts";
import type { OssOperation } from "./index.ts";

/** Ten thousand entries take about one megabyte. */
const MAX_BODY = 8 * 1024 * 1024;

export const completeMultipartUpload: OssOperation = {
  name: "CompleteMultipartUpload",
  method: "POST",
  level: "object",
  subResources: ["uploadId"],
  run: async (request) => {
    const { world, exchange, bucket, key } = request;
    const encoding = keyEncoding(request);
    const callback = readCallback(exchange);
    const body = await readText(exchange, request.pace, MAX_BODY);
    const upload = requestedUpload(request);
    md5Check(exchange)({ md5: createHash("md5").update(body).digest() });
    const parts = chosenParts(request, body.toString(), world.uploads.parts(upload.id));
    checkSizes(parts);
    await checkOverwrite(world, exchange, bucket, key);
    const etag = multipartEtag(parts);
    let object: Unpublished | undefined;
    // Runs to its end even if the client hangs up, as the service does.
    await world.uploads.complete(upload.id, parts, async (joined) => {
      object = {
        bucket,
        key,
        size: joined.size,
        etag,
        crc64: joined.crc64.toString(),
        type: "Multipart",
        modified: now(world),
        headers: upload.headers,
      };
      await world.objects.publish(joined.path, object);
    });
    if (!object) throw new Error("a completed upload left no object");
    const scheme = world.endpoint.slice(0, world.endpoint.indexOf(":"));
    const location = `${scheme}://${header(exchange, "host") ?? ""}/${bucket}/${percentEncodePath(key)}`;
    return answerStored(world, exchange, object, callback, {
      status: 200,
      headers: { "Content-Type": "application/xml", "x-oss-hash-crc64ecma": object.crc64 },
      body: element("CompleteMultipartUploadResult", [
        ...encoding.fields,
        ["Location", location],
        ["Bucket", bucket],
        ["Key", encoding.encode(key)],
        ["ETag", etag],
      ]),
    });
  },
};

/** The stored parts the request names, in its order. */
function chosenParts({ exchange }: OssRequest, body: string, stored: readonly Part[]): Part[] {
  const completeAll = header(exchange, "x-oss-complete-all")?.toLowerCase();
  if (completeAll === undefined) return namedParts(readParts(body), stored);
  if (completeAll !== "yes") {
    throw invalidArgument("x-oss-complete-all", completeAll, "The only valid value is yes.");
  }
  if (body.trim() !== "") {
    throw invalidArgument(
      "x-oss-complete-all",
      completeAll,
      "The request body must be empty with x-oss-complete-all.",
    );
  }
  if (stored.length === 0) throw invalidPart("No part was uploaded.", 0);
  return [...stored];
}

/** One entry of the body, as text: whether it names a stored part is checked later. */
type RequestedPart = { number: string; etag: string };

function readParts(body: string): RequestedPart[] {
  const root = readXml(body);
  if (!root || localName(root) !== "CompleteMultipartUpload") throw malformed();
  const parts = root.children.filter((child) => localName(child) === "Part");
  if (parts.length === 0) throw malformed();
  return parts.map((part) => {
    const number = childText(part, "PartNumber");
    const etag = childText(part, "ETag");
    if (number === undefined || etag === undefined) throw malformed();
    return { number, etag };
  });
}

function malformed(): OssError {
  return new OssError(
    400,
    "MalformedXML",
    "The XML you provided was not well-formed or did not validate against our published schema.",
  );
}

function namedParts(requested: readonly RequestedPart[], stored: readonly Part[]): Part[] {
  const byNumber = new Map(stored.map((part) => [part.number, part]));
  let previous = 0;
  return requested.map(({ number: text, etag }) => {
    const number = Number(text);
    if (!(number > previous)) {
      throw new OssError(
        400,
        "InvalidPartOrder",
        "The list of parts was not in ascending order. Parts list must be specified in order by part number.",
      );
    }
    previous = number;
    const part = byNumber.get(number);
    if (!part || bare(part.etag) !== bare(etag)) {
      throw invalidPart(
        "One or more of the specified parts could not be found or the specified entity tag might not have matched the part's entity tag.",
        number,
      );
    }
    return part;
  });
}

function bare(etag: string): string {
  return etag.trim().replaceAll('"', "").toUpperCase();
}

function invalidPart(message: string, number: number): OssError {
  return new OssError(400, "InvalidPart", message, [["PartNumber", number]]);
}

/** Only here can the service tell which part is the last: so this is where small parts are refused. */
function checkSizes(parts: readonly Part[]): void {
  const small = parts.slice(0, -1).find((part) => part.size < MIN_PART);
  if (!small) return;
  throw new OssError(
    400,
    "EntityTooSmall",
    "Your proposed upload smaller than the minimum allowed size.",
    [
      ["MinSizeAllowed", MIN_PART],
      ["ProposedSize", small.size],
      ["PartNumber", small.number],
      ["ETag", small.etag],
    ],
  );
}

/** Opaque to clients, and not the MD5 of the object; the form is the service's own. */
function multipartEtag(parts: readonly Part[]): string {
  const digest = createHash("md5");
  for (const part of parts) digest.update(Buffer.from(bare(part.etag), "hex"));
  return `"${digest.digest("hex").toUpperCase()}-${parts.length}"`;
}
