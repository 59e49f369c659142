import { deepEqual, equal } from "node:assert/strict";
import { test } from "node:test";
import { childText, localName, readXml } from "../../pkg/src/emulator/oss/xml-reader.ts";

test("elements, attributes, comments, entities and prefixes are read", () => {
  const root = readXml(
    `<?xml version="1.0" encoding="UTF-8"?>
    <!-- a list -->
    <o:List xmlns:o="http://example.com/?a=1&amp;b" kind='x'>
      <Part><N> 1 </N><ETag>&quot;A&#66;&#x43;&quot;</ETag></Part><Empty/><Part/>
    </o:List>\n`,
  );
  equal(root && localName(root), "List");
  deepEqual(
    root?.children.map((child) => child.name),
    ["Part", "Empty", "Part"],
  );
  const [part] = root?.children ?? [];
  equal(part && childText(part, "N"), "1");
  equal(part && childText(part, "ETag"), '"ABC"');
  equal(part && childText(part, "Other"), undefined);
});

test("what is not well-formed is refused", () => {
  const documents = [
    "",
    "text",
    "<a>",
    "</a>",
    "<a></b>",
    "<a></a><b></b>",
    "<a></a>text",
    "<a b></a>",
    "<a>&nope;</a>",
    "<a>a & b</a>",
    "<a>&#x110000;</a>",
    "<a",
    "<!DOCTYPE a [<!ENTITY x 'y'>]><a>&x;</a>",
    "<a><!-- open </a>",
  ];
  for (const document of documents) equal(readXml(document), undefined, document);
});

test("a document made to be slow is not", () => {
  // What this process itself has worked: on a busy machine the clock says more.
  const started = process.cpuUsage();
  for (const piece of ["<a", "<a b='", "<!--", "<a a='1' ", "&", "<a><!-- -"]) {
    readXml(piece.repeat(200_000));
  }
  const { user, system } = process.cpuUsage(started);
  const ms = (user + system) / 1000;
  equal(ms < 4_000, true, `${ms} ms`);
});
