// Finding ingests again: filters, search, pages, CSV, metrics; batches and their keys. Nothing runs here: all is paused.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import {
  type Answer,
  callWorker,
  listAll,
  NOWHERE,
  type RunningWorker,
  startWorker,
} from "../support/worker.ts";

const FILM = "https://example.com/film.mp4";
const TITLES = [
  "plain",
  '"quoted" AND OR NOT',
  "100% of _it_",
  '=HYPERLINK("http://evil")',
  "@SUM(1+1)",
  "-2+3",
  "+49",
  "\tTab",
  "Füße, 影片, 🎬🎬🎬",
  'a,b "c"\r\nd',
  "it's; DROP TABLE jobs; --",
  "\n=1+1",
  "\r-1",
  "＝1+1",
  "＋1",
  "－1",
  "＠SUM(1)",
  " =1+1",
  "\uFEFF=1+1",
  "\u200B＝1",
];

let worker: RunningWorker;
let ids: string[];
before(async () => {
  worker = await startWorker({ service: NOWHERE });
  await call("/v1/pause", "POST");
  const { body } = await post(TITLES.map((title) => ({ url: FILM, title })));
  ids = body.results.map(({ id }: { id: string }) => id);
});
after(() => worker.close());

const call = (path: string, method = "GET", init: RequestInit = {}): Promise<Answer> =>
  callWorker(worker, path, { method, ...init });

const post = (body: unknown, key?: string): Promise<Answer> =>
  call("/v1/ingests", "POST", {
    body: JSON.stringify(body),
    ...(key && { headers: { "idempotency-key": key } }),
  });

async function found(q: string): Promise<(string | undefined)[]> {
  const views = await listAll(worker, `&q=${encodeURIComponent(q)}`);
  return views.map(({ title }) => title);
}

test("search finds text as it stands, and takes nothing for syntax", async () => {
  for (const [needle, title] of [
    ["plain", TITLES[0]],
    ["LAI", TITLES[0]],
    ['"quoted"', TITLES[1]],
    ["AND OR", TITLES[1]],
    ["100%", TITLES[2]],
    ["_it_", TITLES[2]],
    ["Füße", TITLES[8]],
    [", 影片", TITLES[8]],
    ["🎬🎬🎬", TITLES[8]],
    ["it's;", TITLES[10]],
    ["DROP TABLE", TITLES[10]],
    ["影片", TITLES[8]],
    ["影", TITLES[8]],
    ["片,", TITLES[8]],
    ["Fü", TITLES[8]],
    ["FÜ", TITLES[8]],
    ["🎬", TITLES[8]],
    ["🎬🎬", TITLES[8]],
    ["ld", undefined],
    ["lA", TITLES[0]],
    ["%", TITLES[2]],
    ["_i", TITLES[2]],
    ["_", TITLES[2]],
    ["0%", TITLES[2]],
    ["@S", TITLES[4]],
    ["';", undefined],
    ["s;", TITLES[10]],
    ["\\", undefined],
  ] as const) {
    if (title === undefined) {
      assert.deepEqual(await found(needle), [], needle);
      continue;
    }
    assert.deepEqual(await found(needle), [title], needle);
  }
  for (const needle of [
    "___",
    "%%%",
    "***",
    '"""',
    "title:plain",
    "plain*",
    "^pla",
    "(((",
    "NEAR(a b)",
    "__",
    "%%",
    '""',
    "影影",
  ]) {
    assert.deepEqual(await found(needle), [], needle);
  }
  assert.equal((await found("example.com")).length, TITLES.length);
  assert.deepEqual(await found(ids[3] ?? ""), [TITLES[3]]);
  assert.equal((await found('"')).length, 3);
  for (const wrong of ["", "nul%00nul", "x".repeat(201)]) {
    assert.equal((await call(`/v1/ingests?q=${wrong}`)).status, 400, wrong);
  }
  const { body } = await call("/v1/ingests?states=failed");
  assert.deepEqual([body.code, body.field], ["invalid_argument", "states"]);
  assert.match(body.detail, /did you mean `state`\?/);
});

test("filters by state and time, alone and together", async () => {
  const [first = "", second = ""] = ids;
  await call(`/v1/ingests/${first}`, "DELETE");
  await call(`/v1/ingests/${second}/stop`, "POST");
  const idsOf = async (filters: string) => (await listAll(worker, filters)).map(({ id }) => id);
  assert.deepEqual(await idsOf("&state=canceled"), [second, first]);
  assert.deepEqual(await idsOf("&state=canceled&q=plain"), [first]);
  assert.equal((await idsOf("&state=canceled,queued")).length, TITLES.length);
  assert.deepEqual(await idsOf("&state=failed,done,ready,running"), []);
  await sleep(5);
  const now = new Date().toISOString();
  await sleep(5);
  const late = (await post({ url: FILM, title: "late" })).body.id;
  assert.deepEqual(await idsOf(`&since=${now}`), [late]);
  assert.ok(!(await idsOf(`&until=${now}`)).includes(late));
  assert.deepEqual(await idsOf(`&since=${now}&until=${now}`), []);
  assert.deepEqual(await idsOf(`&since=${now}&q=film.mp4`), [late]);
  for (const wrong of [
    "state=gone",
    "state=",
    "since=yesterday",
    "until=5",
    ...["cursor=", "cursor=x", "cursor=5", "cursor=v1.AAAA", `cursor=${"9".repeat(400)}`],
    "limit=0",
  ]) {
    const { status, body } = await call(`/v1/ingests?${wrong}`);
    assert.deepEqual(
      [status, body.code, body.field],
      [400, "invalid_argument", wrong.split("=")[0]],
    );
  }
  assert.equal(
    (await call("/v1/ingests?since=2020-01-01T00:00:00Z&limit=1")).body.ingests.length,
    1,
  );
});

test("a moment may be said in every form of RFC 3339", async () => {
  const at = new Date((await call(`/v1/ingests/${ids[0]}`)).body.created);
  const shifted = (hours: number, zone: string) =>
    new Date(at.getTime() + hours * 3_600_000).toISOString().replace("Z", zone);
  const fits = async (text: string) =>
    (await call(`/v1/ingests?limit=200&since=${text}`)).body.ingests.some(
      ({ id }: { id: string }) => id === ids[0],
    );
  const same = [
    at.toISOString(),
    at.toISOString().toLowerCase(),
    at.toISOString().replace("Z", "000Z"),
    at.toISOString().replace("Z", "-00:00"),
    at.toISOString().replace("T", "%20"),
    shifted(8, "%2B08:00"),
    // A plus that was not encoded.
    shifted(8, "+08:00"),
    shifted(-3.5, "-03:30"),
    "2016-12-31T23:59:60Z",
  ];
  for (const text of same) assert.ok(await fits(text), text);
  for (const text of [
    at.toISOString().replace("Z", "001Z"),
    new Date(at.getTime() + 1).toISOString(),
    shifted(7, "+08:00"),
  ]) {
    assert.equal(await fits(text), text.includes("+08:00"), text);
  }
  for (const wrong of [
    "2026-02-30T00:00:00Z",
    "2026-13-01T00:00:00Z",
    "2026-01-01T24:00:00Z",
    "2026-01-01T00:60:00Z",
    "2026-01-01T00:00:61Z",
    "2026-01-01T00:00:00",
    "2026-01-01T00:00:00%2B24:00",
    "2026-01-01",
    "20260101T000000Z",
    "now",
  ]) {
    const { status, body } = await call(`/v1/ingests?until=${wrong}`);
    assert.deepEqual([status, body.field], [400, "until"], wrong);
    assert.match(body.detail, /RFC 3339, such as 2026-/, wrong);
  }
});

test("every row is on one page, while new ones come", async () => {
  const known = (await listAll(worker)).map(({ id }) => id);
  const seen: string[] = [];
  let cursor = "";
  do {
    const { body } = await call(`/v1/ingests?limit=3${cursor}`);
    seen.push(...body.ingests.map(({ id }: { id: string }) => id));
    cursor = body.cursor === null ? "" : `&cursor=${body.cursor}`;
    await post({ url: FILM, title: "meanwhile" });
  } while (cursor !== "");
  assert.deepEqual(seen, known);
});

test("CSV is a row an ingest, and no cell is a formula", async () => {
  const response = await fetch(`${worker.url}/v1/ingests.csv?until=${new Date().toISOString()}`, {
    headers: { authorization: `Bearer ${worker.token}` },
  });
  assert.equal(response.headers.get("content-type"), "text/csv; charset=utf-8");
  assert.match(response.headers.get("content-disposition") ?? "", /^attachment; filename=/);
  const text = new TextDecoder("utf-8", { ignoreBOM: true }).decode(await response.bytes());
  assert.ok(text.startsWith("\uFEFFid,url,"), "spreadsheets know UTF-8 by its mark");
  const [head, ...rows] = parseCsv(text);
  const titleAt = head?.indexOf("title") ?? -1;
  // Apostrophes are all that is added; where, csv-line.test.ts shows.
  const plain = (title: string) => title.replaceAll("'", "");
  const titles = rows.map((row) => plain(row[titleAt] ?? ""));
  for (const title of TITLES) {
    assert.ok(titles.includes(plain(title)), `${title} of ${titles.join("\n")}`);
  }
  assert.ok(rows.every((row) => row.length === head?.length));
  for (const cell of rows.flat()) assert.doesNotMatch(cell, FORMULA);
  assert.equal(rows.length, (await listAll(worker)).length);
});

const FORMULA = /^[\t\r\n]|^[\s\u200B\uFEFF]*[=+\-@＝＋－＠]/;

/** RFC 4180, strictly. */
function parseCsv(text: string): string[][] {
  const rows: string[][] = [[]];
  for (const [, quoted, plain, end] of text.matchAll(
    /(?:"((?:[^"]|"")*)"|([^",\r\n]*))(,|\r\n|$)/g,
  )) {
    rows.at(-1)?.push(quoted?.replaceAll('""', '"') ?? plain ?? "");
    if (end === "\r\n") rows.push([]);
    if (end === "") break;
  }
  assert.deepEqual(rows.pop(), [""], "it ends with a line end");
  return rows;
}

test("a batch is answered in order, item by item", async () => {
  const { status, body } = await post([
    { url: FILM },
    { url: "nonsense" },
    { url: FILM, as: "attached", businessType: "logo" },
    { url: FILM, titel: "T" },
    null,
    { url: FILM, title: "last" },
  ]);
  assert.equal(status, 202);
  const results = body.results.map(
    (one: { id?: string; error?: { field?: string; status: number } }) =>
      one.error ? [one.error.status, one.error.field] : typeof one.id,
  );
  const refused = [
    [400, "url"],
    [400, "businessType"],
    [400, "titel"],
    [400, "the body"],
  ];
  assert.deepEqual(results, ["string", ...refused, "string"]);
  assert.equal((await call(`/v1/ingests/${body.results[5].id}`)).body.title, "last");
  const many = Array.from({ length: 1001 }, () => ({ url: FILM }));
  assert.equal((await post(many)).status, 400);
});

test("a key stands for one request: another one under it is refused", async () => {
  const first = await post({ url: FILM, title: "A" }, "key");
  assert.deepEqual((await post({ url: FILM, title: "A" }, "key")).body, first.body);
  const other = await post({ url: FILM, title: "B" }, "key");
  assert.deepEqual([other.status, other.body.code], [422, "idempotency_conflict"]);
  const batch = [FILM, FILM].map((url, n) => ({ url, title: `Batch ${n}` }));
  const once = await post(batch, "batch");
  assert.equal(new Set(once.body.results.map(({ id }: { id: string }) => id)).size, 2);
  assert.deepEqual((await post(batch, "batch")).body, once.body);
  const changed = await post([batch[0], { url: FILM, title: "C" }], "batch");
  assert.deepEqual(changed.body.results[0], once.body.results[0]);
  assert.deepEqual(
    [changed.body.results[1].error.status, changed.body.results[1].error.code],
    [422, "idempotency_conflict"],
  );
  // One of a batch and one alone never share a key.
  assert.notEqual((await post(batch[0], "batch 0")).body.id, once.body.results[0].id);
});

test("a request is known again however it is written", async () => {
  const request = {
    url: "https://example.com/film.mp4",
    title: "Same",
    sourceHeaders: { "X-One": "1", "x-two": "2" },
    objectHeaders: { "cache-control": "no-store", "x-oss-meta-a": "a" },
    userData: '{"Extend":{"a":1,"b":[{"c":2,"d":3}]}}',
    tags: ["a", "b"],
  };
  const replacing = (replace: unknown) => post({ url: FILM, replace }, "replacing");
  const replaced = await replacing("0123456789");
  assert.deepEqual((await replacing({ mediaId: "0123456789" })).body, replaced.body);
  assert.equal((await replacing({ referenceId: "0123456789" })).status, 422);
  const first = await post(request, "written");
  assert.equal(first.status, 202, JSON.stringify(first.body));
  const others: unknown[] = [
    Object.fromEntries(Object.entries(request).toReversed()),
    { ...request, sourceHeaders: { "x-TWO": " 2 ", "x-one": "1" } },
    { ...request, objectHeaders: { "x-oss-meta-a": "a", "Cache-Control": "no-store" } },
    { ...request, userData: '{ "Extend": {"b": [{"d":3,"c":2}], "a": 1} }' },
    { ...request, wait: false, verify: "length", concurrency: 3 },
    { ...request, url: "https://EXAMPLE.com:443/a/../film.mp4" },
  ];
  for (const other of others) {
    assert.deepEqual((await post(other, "written")).body, first.body, JSON.stringify(other));
  }
  const pretty = await call("/v1/ingests", "POST", {
    body: JSON.stringify(request, null, 2),
    headers: { "idempotency-key": "written" },
  });
  assert.deepEqual(pretty.body, first.body);
  for (const change of [
    { tags: ["b", "a"] },
    { sourceHeaders: { "x-one": "2", "x-two": "1" } },
    { sourceHeaders: { "x-one": "1" } },
    { wait: true },
    { url: "https://example.com/Film.mp4" },
    { userData: '{"Extend":{"a":1,"b":[{"c":3,"d":2}]}}' },
  ]) {
    const { status } = await post({ ...request, ...change }, "written");
    assert.equal(status, 422, JSON.stringify(change));
  }
});

test("search finds in a URL what stands there percent-encoded, and a host by its own letters", async () => {
  await post({ url: "https://电影.example/影片/第1集.mp4", title: "elsewhere" });
  for (const needle of ["第1集.mp4", "影片/第1", "第1", "第", "电影.example", "电影.example/"]) {
    assert.deepEqual(await found(needle), ["elsewhere"], needle);
  }
});

test("metrics are in the text format of Prometheus", async () => {
  const headers = { authorization: `Bearer ${worker.token}` };
  const response = await fetch(`${worker.url}/metrics`, { headers });
  assert.match(response.headers.get("content-type") ?? "", /^text\/plain; version=0\.0\.4/);
  const text = await response.text();
  const { counts } = (await call("/v1/stats")).body;
  const samples = text.split("\n").filter((line) => line !== "" && !line.startsWith("#"));
  for (const line of samples) assert.match(line, /^[a-z_]+(\{state="[a-z]+"\})? \d+$/);
  assert.ok(samples.includes(`vodlift_ingests{state="queued"} ${counts.queued}`));
  assert.ok(samples.includes("vodlift_paused 1"));
  for (const [, name] of text.matchAll(/^([a-z_]+)[ {]/gm)) {
    assert.ok(text.includes(`# TYPE ${name} `) && text.includes(`# HELP ${name} `), name);
  }
  assert.equal((await fetch(`${worker.url}/metrics`)).status, 401);
});
