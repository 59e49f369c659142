// The worst that a hostile source may send for a playlist, by its kind, and what becomes of it when the core is fed with it.

import type { Upload as Machine } from "../../pkg/src/core.ts";

const MIB = 1 << 20;

/** What a source may send, by what it makes the core keep. `n` counts up. */
export const WORST: Record<string, { head?: string; line: (n: number) => string; deep?: boolean }> =
  {
    "lines that players pass over": { line: () => "?\n" },
    "empty lines": { line: () => "\n" },
    "segments, the URL of their list long": { line: (n) => `#EXTINF:1,\n?${n}\n`, deep: true },
    "segments, each the same": { line: () => "#EXTINF:1,\n?\n", deep: true },
    "segments, each another": { line: (n) => `#EXTINF:1,\n${n}\n` },
    gaps: { line: (n) => `#EXTINF:1,\n#EXT-X-GAP\n${n}\n` },
    keys: { line: (n) => `#EXT-X-KEY:METHOD=AES-128,URI="${n}"\n`, deep: true },
    "what stays elsewhere": { line: () => '#EXT-X-A:URI="?"\n', deep: true },
    variants: { line: () => "#EXT-X-STREAM-INF:\nv\n" },
    renditions: { line: (n) => `#EXT-X-MEDIA:TYPE=A,URI="v${n % 50}"\n` },
    "inline data": { line: () => '#EXT-X-A:URI="data:"\n' },
    "a variable in each line": {
      head: `#EXT-X-DEFINE:NAME="v",VALUE="${"v".repeat(60_000)}"\n`,
      line: () => "#EXTINF:1,\n{$v}\n",
    },
    "variables of variables": {
      line: (n) =>
        n === 0
          ? '#EXT-X-DEFINE:NAME="v0",VALUE="vvvvvvvvvv"\n'
          : `#EXT-X-DEFINE:NAME="v${n}",VALUE="${`{$v${n - 1}}`.repeat(10)}"\n`,
    },
  };

/** A playlist of about so many bytes. */
export function worst(kind: string, bytes: number): string {
  const { head = "", line } = WORST[kind] ?? { line: () => "" };
  const lines = [`#EXTM3U\n#EXT-X-PLAYLIST-TYPE:VOD\n${head}`];
  if (["variants", "renditions"].includes(kind)) lines[0] = "#EXTM3U\n";
  let length = lines[0]?.length ?? 0;
  for (let n = 0; length < bytes - 100; n += 1) {
    const next = line(n);
    lines.push(next);
    length += next.length;
  }
  return lines.join("");
}

/** What VOD may answer at the worst, of so many bytes, by what it makes the core keep. */
export const WORST_REPLY: Record<string, (bytes: number) => string> = {
  "a list of numbers": (bytes) => `{"a":[1${",1".repeat(bytes / 2 - 5)}]}`,
  "a list of objects": (bytes) => `{"a":[{}${",{}".repeat(bytes / 3 - 5)}]}`,
  "lists in lists": (bytes) => "[".repeat(bytes),
  "objects in objects": (bytes) => '{"a":'.repeat(bytes / 5),
  "a good one, and more": (bytes) =>
    reply().replace(/}$/, `,"a":[1${",1".repeat(bytes / 2 - 1_000)}]}`),
};

function reply(): string {
  const base64 = (value: object) => btoa(JSON.stringify(value));
  const address = { Endpoint: "https://oss-cn-shanghai.aliyuncs.com", Bucket: "bucket" };
  return JSON.stringify({
    RequestId: "r",
    VideoId: "0123456789abcdef0123456789abcdef",
    UploadAddress: base64({ ...address, FileName: "sv/1/list.m3u8", ObjectPrefix: "sv/1/" }),
    UploadAuth: base64({
      AccessKeyId: "STS.a",
      AccessKeySecret: "s",
      SecurityToken: "t",
      ExpireUTCTime: "2030-01-01T00:00:00Z",
      Expiration: "3000",
      Region: "cn-shanghai",
    }),
  });
}

/** How it ends: an error's code, or that files are asked for. */
export function fed(
  Upload: typeof Machine,
  texts: string | string[],
  deep: boolean,
  headers: [string, string][],
  answer = reply(),
): string {
  const now = Date.UTC(2029, 0, 1);
  const path = deep ? "p".repeat(7_000) : "p";
  const root = { type: "url", url: `https://o.example/${path}/list.m3u8`, headers } as const;
  const upload = Upload.create(
    {
      media: { type: "video", title: "Film", fileName: "film.m3u8" },
      source: { type: "playlist", root: root as never },
      vod: {},
      oss: {},
      options: {},
      host: { concurrency: 4, maxConcurrency: 8, bufferBytes: 16 * MIB, buffersParts: false },
    },
    { accessKeyId: "id", accessKeySecret: "secret" },
    new Uint8Array(32),
    now,
  );
  let event: Parameters<Machine["handle"]>[0] = { type: "start" };
  const lists = [texts].flat();
  for (let step = 0; step < 20 + 3 * [texts].flat().length; step += 1) {
    const effects = upload.handle(event, now);
    const failed = effects.find((effect) => effect.type === "failed");
    if (failed) return failed.error.code;
    const next = effects.find((one) => ["open", "readText", "send"].includes(one.type));
    if (next?.type === "open" && lists.length === 0) return "files are asked for";
    if (next?.type === "open") {
      event = { type: "opened", id: next.id, status: 200, headers: [] };
    } else if (next?.type === "readText") {
      const text = lists.shift() ?? "";
      event = {
        type: "text",
        id: next.id,
        text: text.slice(0, next.limit),
        ended: text.length <= next.limit,
      };
    } else if (next?.type === "send") {
      event = { type: "replied", id: next.id, status: 200, headers: [], body: answer };
    }
  }
  return "it goes on";
}
