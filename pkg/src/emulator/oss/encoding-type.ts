/** `encoding-type=url`: keys in the answer are percent-encoded, because XML 1.0 cannot hold every character. */
import { queryValue } from "../exchange.ts";
import { percentEncodePath } from "../sign/text.ts";
import { invalidArgument } from "./errors.ts";
import type { OssRequest } from "./service.ts";
import type { XmlField } from "./xml.ts";

export type KeyEncoding = { encode(text: string): string; fields: readonly XmlField[] };

export function keyEncoding({ exchange }: OssRequest): KeyEncoding {
  const type = queryValue(exchange, "encoding-type");
  if (type === undefined || type === "") return { encode: (text) => text, fields: [] };
  if (type !== "url")
    throw invalidArgument("encoding-type", type, "Invalid Encoding Method specified in Request.");
  return { encode: percentEncodePath, fields: [["EncodingType", "url"]] };
}
