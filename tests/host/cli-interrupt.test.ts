// Ctrl-C and closed pipes.
import assert from "node:assert/strict";
import { type ChildProcess, execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { type AddressInfo, connect, createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Readable } from "node:stream";
import { after, before, test } from "node:test";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { serviceEnv, signalOnce, vodlift } from "../support/cli.ts";
import { type Origin, startOrigin } from "../support/origin.ts";
import {
  assertNothingStored,
  type Emulator,
  partsStored,
  startService,
} from "../support/service.ts";

const MIB = 1024 * 1024;
const BIN = fileURLToPath(new URL("../../pkg/bin/vodlift.js", import.meta.url));

let service: Emulator;
before(async () => {
  service = await startService();
});
after(() => service.close());

/** An origin of its own for each test. Its film never ends. */
async function withOrigin(work: (origin: Origin, args: string[]) => Promise<void>): Promise<void> {
  const origin = await startOrigin({ routes: { "/held.mp4": { size: 40 * MIB } } });
  origin.hold("/held.mp4", (offset) => offset >= 6 * MIB);
  const args = `upload ${origin.url}/held.mp4 --allow-private --json --part-size 1MiB`.split(" ");
  try {
    await work(origin, args);
  } finally {
    await origin.close();
  }
}

/** Sends a signal once all is stored that the film has. */
function signalInTheMiddle(signal?: NodeJS.Signals) {
  const known = service.log.length;
  const parts = () => partsStored({ log: service.log.slice(known) });
  return signalOnce(() => parts().length >= 6, signal);
}

for (const signal of ["SIGINT", "SIGTERM"] as const) {
  test(`${signal} in the middle removes what was uploaded and ends with 130`, () =>
    withOrigin(async (_, args) => {
      const result = await vodlift(args, { service, during: signalInTheMiddle(signal) });
      assert.equal(result.code, 130, result.stderr);
      assert.equal(result.json.error.code, "aborted");
      assert.match(result.stderr, /interrupted: removing what was uploaded/);
      const asked = service.log.filter(({ operation }) => operation !== "UploadPart");
      assert.equal(asked.at(-1)?.operation, "AbortMultipartUpload");
      await assertNothingStored(service);
    }));
}

test("a second Ctrl-C does not wait for a service that hangs", () =>
  withOrigin(async (_, args) => {
    service.setFaults([{ operation: "AbortMultipartUpload", action: { kind: "stall" } }]);
    const result = await vodlift(args, {
      service,
      during: (child) => {
        signalInTheMiddle()(child);
        child.stderr?.on("data", (text) => {
          if (String(text).includes("interrupted")) child.kill("SIGINT");
        });
      },
    });
    assert.equal(result.code, 130, result.stderr);
    service.setFaults([]);
  }));

/** Code that runs in the process before the command does. */
const beforehand = (code: string) => ({
  NODE_OPTIONS: `--import data:text/javascript,${encodeURIComponent(code)}`,
});

test("nor for an event loop that stands still", () =>
  withOrigin(async (_, args) => {
    const env = beforehand(`const { write } = process.stderr;
      process.stderr.write = function (text, ...rest) {
        write.call(this, text, ...rest);
        if (String(text).includes("interrupted")) for (;;);
      };`);
    const result = await vodlift(args, {
      service,
      env,
      during: (child) => {
        signalInTheMiddle("SIGTERM")(child);
        child.stderr?.on("data", (text) => {
          if (String(text).includes("interrupted")) child.kill("SIGINT");
        });
      },
    });
    assert.equal(result.code, 130, result.stderr);
  }));

for (const again of [true, false]) {
  const title = again ? "a second Ctrl-C does not wait" : "even the first one does not wait";
  test(`${title} for a thread that hangs in a look-up or a file`, () =>
    withOrigin(async (_, args) => {
      const pipe = join(await mkdtemp(join(tmpdir(), "vodlift-hung-")), "pipe");
      await promisify(execFile)("mkfifo", [pipe]);
      // As a name server, or a file system of a network, that never answers.
      const hung = `import { open } from "node:fs"; open(${JSON.stringify(pipe)}, "r", () => {});`;
      const result = await vodlift(args, {
        service,
        env: beforehand(hung),
        during: (child) => {
          signalInTheMiddle()(child);
          child.stderr?.on("data", (text) => {
            if (again && String(text).includes("interrupted")) child.kill("SIGINT");
          });
        },
      });
      assert.equal(result.code, 130, result.stderr);
    }));
}

test("before anything is uploaded nothing is said to be removed", async () => {
  let child: ChildProcess | undefined;
  const silent = createServer(() => child?.kill("SIGINT")).listen(0, "127.0.0.1");
  await once(silent, "listening");
  const { port } = silent.address() as AddressInfo;
  const url = `http://127.0.0.1:${port}/never.mp4`;
  const result = await vodlift(["upload", url, "--allow-private", "--json"], {
    service,
    hangsMs: 30_000,
    during: (one) => {
      child = one;
    },
  });
  assert.equal(result.code, 130, result.stderr);
  assert.match(result.stderr, /interrupted: stopping \(Ctrl-C again exits at once\)/);
  assert.doesNotMatch(result.stderr, /removing/);
  silent.close();
});

test("Ctrl-C ends the waiting for VOD, also with a checkpoint, and the media id is not lost", async () => {
  const folder = await mkdtemp(join(tmpdir(), "vodlift-wait-"));
  const film = join(folder, "film.mp4");
  await writeFile(film, "0123456789");
  service.setFaults([
    {
      operation: "GetMezzanineInfo",
      action: { kind: "answer", status: 503, code: "ServiceUnavailable" },
    },
  ]);
  for (const checkpoint of [[], ["--checkpoint", join(folder, "c.json")]]) {
    const before = service.log.length;
    const result = await vodlift(["upload", film, "--wait", "--json", ...checkpoint], {
      service,
      during: (child) => {
        const asks = () => service.log.slice(before).map(({ operation }) => operation);
        signalOnce(() => asks().includes("GetMezzanineInfo"))(child);
      },
    });
    assert.equal(result.code, 130, result.stderr);
    assert.match(result.json.error.message, /^[0-9a-f]{32} is uploaded, but VOD has not confirmed/);
  }
  service.setFaults([]);
  await rm(folder, { recursive: true });
});

for (const [signal, shown] of [
  ["SIGINT", 130],
  ["SIGTERM", 143],
] as const) {
  test(`${signal} ends a call that hangs, and an emulator with a request in its middle`, async () => {
    let child: ChildProcess | undefined;
    const silent = createServer(() => child?.kill(signal)).listen(0, "127.0.0.1");
    await once(silent, "listening");
    const { port } = silent.address() as AddressInfo;
    const args = ["call", "GetVideoInfo", "VideoId=1"];
    const during = (one: ChildProcess) => {
      child = one;
    };
    const hung = { ...service, endpoint: `http://127.0.0.1:${port}` };
    const result = await vodlift(args, { service: hung, during });
    assert.equal(result.code, shown);
    silent.close();

    const emulator = spawn(process.execPath, [BIN, "emulator", "--json"]);
    const [line] = await once(emulator.stdout, "data");
    const { hostname, port: its } = new URL(JSON.parse(String(line)).endpoint);
    const socket = connect(Number(its), hostname);
    socket.on("error", () => {});
    await once(socket, "connect");
    socket.write("POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 10\r\n\r\n1");
    emulator.kill(signal);
    assert.deepEqual(await once(emulator, "close"), [0, null]);
  });
}

test("a reader that goes away does not take the upload down", () =>
  withOrigin(async (origin, args) => {
    const { PATH = "" } = process.env;
    origin.add("/held.mp4", { size: 4 * MIB });
    const child = spawn(process.execPath, [BIN, ...args], {
      env: { PATH, ...serviceEnv(service) },
      stdio: ["ignore", "pipe", "pipe"],
    });
    child.stdout.destroy();
    child.stderr.destroy();
    const [code] = await once(child, "close");
    assert.equal(code, 0);
  }));

test("Ctrl-C ends an upload that waits for standard input", async () => {
  const result = await vodlift(["upload", "-", "--file-name", "in.mp4", "--json"], {
    service,
    stdin: new Readable({ read() {} }),
    during: (child) => {
      child.stderr?.on("data", (text) => {
        if (String(text).includes("looking at the source")) child.kill("SIGINT");
      });
    },
  });
  assert.equal(result.code, 130, result.stderr);
  assert.equal(result.json.error.code, "aborted");
});
