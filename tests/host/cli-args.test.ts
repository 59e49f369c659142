import assert from "node:assert/strict";
import { test } from "node:test";
import { parseCommand, UsageError } from "../../pkg/src/cli/args.ts";
import { size } from "../../pkg/src/cli/options/values.ts";

function refusal(...args: string[]): string {
  try {
    parseCommand(args);
  } catch (error) {
    assert.ok(error instanceof UsageError);
    return error.message;
  }
  return assert.fail("it was accepted");
}

test("every option of upload becomes a field", () => {
  const args = `upload https://h/f.mp4 --as video --title T --description D --tags a,,b --cate-id 5
    --cover-url https://h/c.jpg --template-group-id G --workflow-id W --storage-location S --app-id A
    --user-data {"Extend":{}} --reference-id R --adopt --file-name N --part-size 16MiB --concurrency 4 --verify crc64
    --traffic-limit 819200 --oss-endpoint O --oss-network internal --oss-cname
    --allow-private --wait --region R2 --endpoint E --json --quiet`.split(/\s+/);
  assert.deepEqual(
    parseCommand([
      ...args,
      "--header",
      "A: b:c",
      "--source-header=X-Y:",
      "--object-header",
      "Cache-Control: no-cache",
    ]),
    {
      name: "upload",
      source: "https://h/f.mp4",
      kind: "video",
      as: "video",
      title: "T",
      description: "D",
      tags: ["a", "b"],
      cateId: 5,
      coverUrl: "https://h/c.jpg",
      templateGroupId: "G",
      workflowId: "W",
      storageLocation: "S",
      appId: "A",
      userData: '{"Extend":{}}',
      referenceId: "R",
      adopt: true,
      fileName: "N",
      sourceHeaders: { A: "b:c", "X-Y": "" },
      objectHeaders: { "Cache-Control": "no-cache" },
      trafficLimit: 819200,
      partSize: 16 * 1024 * 1024,
      concurrency: 4,
      verify: "crc64",
      allowPrivateSources: true,
      wait: true,
      region: "R2",
      endpoint: "E",
      ossEndpoint: "O",
      ossNetwork: "internal",
      ossCname: true,
      json: true,
      quiet: true,
    },
  );
});

test("images and attached media say what they are for", () => {
  const image = parseCommand(["upload", "a.png", "--as", "image", "--image-type", "cover"]);
  assert.equal(image.name === "upload" && image.kind, "image");
  assert.equal(image.name === "upload" && image.imageType, "cover");
  const attached = ["upload", "a.vtt", "--as", "attached", "--business-type", "subtitle"];
  const subtitle = parseCommand(attached);
  assert.equal(subtitle.name === "upload" && subtitle.businessType, "subtitle");
});

test("options of the service, of callbacks and of playlists become what the API takes", () => {
  const args =
    `upload a.m3u8 --as playlist --first-frame-cover true --thumbnails false --show-watermark false
    --callback {"url":"https://h","body":"b"} --segments s.txt --limits files=10,bytes=1GiB --vod-signature rpc
    --oss-signature v1 --oss-region R --trust-host a --trust-host b:9`.split(/\s+/);
  assert.deepEqual(parseCommand(args), {
    name: "upload",
    source: "a.m3u8",
    kind: "playlist",
    as: "playlist",
    enableFirstFrameCover: true,
    generateThumbnail: false,
    showWatermark: false,
    callback: { url: "https://h", body: "b" },
    segments: "s.txt",
    limits: { files: 10, bytes: 1024 ** 3 },
    vodSignature: "rpc",
    ossSignature: "v1",
    ossRegion: "R",
    trustedHosts: ["a", "b:9"],
    json: false,
    quiet: false,
  });
});

test("call takes an action and its parameters", () => {
  assert.deepEqual(parseCommand(["call", "GetVideoInfo", "VideoId=a=b", "X=", "--json"]), {
    name: "call",
    action: "GetVideoInfo",
    params: { VideoId: "a=b", X: "" },
    json: true,
    quiet: false,
  });
  assert.match(refusal("call"), /name an action, such as GetVideoInfo/);
  assert.match(refusal("call", "X", "A=b", "hush"), /parameter 2 is not Key=Value/);
});

test("what is left out stays out", () => {
  assert.deepEqual(parseCommand(["upload", "film.mp4"]), {
    name: "upload",
    source: "film.mp4",
    kind: "video",
    json: false,
    quiet: false,
  });
  assert.deepEqual(parseCommand(["emulator"]), { name: "emulator", json: false });
});

test("help and version are found wherever they are asked for", () => {
  assert.deepEqual(parseCommand([]), { name: "help", topic: "" });
  assert.deepEqual(parseCommand(["--help"]), { name: "help", topic: "" });
  assert.deepEqual(parseCommand(["upload", "-h"]), { name: "help", topic: "upload" });
  assert.deepEqual(parseCommand(["help", "emulator"]), { name: "help", topic: "emulator" });
  assert.deepEqual(parseCommand(["--version"]), { name: "version" });
});

test("each mistake is refused with a sentence that names it", () => {
  assert.match(
    refusal("uplod", "f"),
    /`uplod` is not a command: there are upload, resume, abort, call, ingest, ticket, emulator/,
  );
  assert.match(
    refusal("upload", "f", "--as", "film"),
    /--as must be "video" or "image" or "attached" or "playlist", got/,
  );
  assert.match(
    refusal("upload", "-", "--as", "playlist", "--file-name", "a.m3u8"),
    /a playlist from standard input has no folder/,
  );
  assert.match(
    refusal("upload", "f.m3u8", "--as", "playlist", "--part-size", "1MiB"),
    /--part-size goes with --as video or image or attached, not with playlist/,
  );
  assert.match(
    refusal("upload", "f", "--image-type", "cover"),
    /--image-type goes with --as image, not with video/,
  );
  assert.match(
    refusal("upload", "f", "--as", "image", "--workflow-id", "W"),
    /--workflow-id goes with --as video or playlist, not with image/,
  );
  assert.match(
    refusal("upload", "f", "--as", "attached", "--business-type", "logo"),
    /--business-type must be "watermark" or "subtitle" or "material", got logo/,
  );
  assert.match(refusal("upload"), /name a file, a URL, or -/);
  assert.match(refusal("upload", "a", "b"), /`b` is one too many/);
  assert.match(refusal("upload", "-"), /--file-name/);
  assert.match(refusal("upload", "f", "--title"), /'--title <value>' argument missing/);
  assert.match(refusal("upload", "f", "--header", "A: b"), /--source-header goes with a URL/);
  assert.match(refusal("upload", "f", "--concurrency", "0"), /--concurrency .* at least 1, got 0/);
  assert.match(refusal("upload", "f", "--cate-id", "x"), /--cate-id .* got x/);
  assert.match(refusal("upload", "f", "--part-size", "16XiB"), /--part-size .* got 16XiB/);
  assert.match(refusal("upload", "f", "--verify", "md5"), /--verify must be "length" or "crc64"/);
  assert.match(refusal("upload", "f", "--user-data", "[]"), /--user-data must be a JSON object/);
  assert.match(refusal("emulator", "--port", "70000"), /--port ends at 65535/);
  assert.match(refusal("upload", "f", "--size", "5"), /--size goes with standard input/);
  assert.match(
    refusal("upload", "f", "--as", "image", "--show-watermark", "false"),
    /--show-watermark goes with --as video or playlist, not with image/,
  );
  assert.match(refusal("upload", "f", "--thumbnails", "yes"), /--thumbnails must be true or false/);
  assert.match(refusal("upload", "f", "--limits", "files=1"), /--limits goes with --as playlist/);
  assert.match(
    refusal("resume", "f", "--limits", "size=1"),
    /--limits must be pairs such as playlists=10, of playlists, files, playlistBytes, bytes/,
  );
  assert.match(refusal("resume", "f", "--limits", "files=x"), /--limits files must be a size/);
  assert.match(
    refusal("resume", "f", "--source", "film.mp4", "--header", "A: b"),
    /--source-header goes with a URL/,
  );
  assert.match(refusal("resume", "f", "--callback", "{}"), /--callback must be a JSON object/);
  assert.match(
    refusal("resume", "f", "--callback", '{"url":"u","type":"x"}'),
    /--callback has no `type`: there are url, body, bodyType, host, sni, variables/,
  );
  assert.match(refusal("call", "X", "--oss-signature", "v1"), /unknown option '--oss-signature'/);
});

test("a malformed header is refused without being repeated, for it may hold a token", () => {
  const message = refusal("upload", "https://h/f", "--header", "Bearer s3cret");
  assert.doesNotMatch(message, /s3cret/);
});

test("sizes take binary and decimal units", () => {
  const sizes = { "1048576": 1048576, "100KB": 100_000, "1.5MiB": 1572864, "5 gib": 5 * 1024 ** 3 };
  for (const [text, bytes] of Object.entries(sizes)) assert.equal(size(text, "--x"), bytes);
});

test("an ingest names its manifest, and its jobs are bounded", () => {
  assert.deepEqual(parseCommand(["ingest", "m.csv", "--jobs", "16", "--part-size", "1MiB"]), {
    name: "ingest",
    manifest: "m.csv",
    jobs: 16,
    partSize: 1024 * 1024,
    json: false,
    quiet: false,
  });
  const refused = (args: string[]) => {
    try {
      parseCommand(["ingest", ...args]);
    } catch (error) {
      return (error as Error).message;
    }
    return assert.fail("it was accepted");
  };
  assert.match(refused([]), /name the manifest/);
  assert.match(refused(["a.csv", "b.csv"]), /`b.csv` is one too many/);
  assert.match(refused(["a.csv", "--jobs", "65"]), /--jobs ends at 64/);
  assert.match(refused(["a.csv", "--jobs", "0"]), /whole number from 1/);
  assert.match(refused(["a.csv", "--report", "a.csv"]), /the same file/);
});
