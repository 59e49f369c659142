// Ctrl-C and closed pipes.
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { Readable } from "node:stream";
import { after, before, test } from "node:test";
import { fileURLToPath } from "node:url";
import { serviceEnv, signalAfter, vodlift } from "../support/cli.ts";
import { type Origin, startOrigin } from "../support/origin.ts";
import { assertNothingStored, type Emulator, startService } from "../support/service.ts";

const MIB = 1024 * 1024;

let service: Emulator;
before(async () => {
  service = await startService();
});
after(() => service.close());

/** An origin of its own for each test, so that its bytes tell how far the upload is. */
async function withOrigin(work: (origin: Origin, args: string[]) => Promise<void>): Promise<void> {
  const origin = await startOrigin({
    routes: { "/slow.mp4": { size: 40 * MIB, bytesPerSecond: 8 * MIB } },
  });
  const args = `upload ${origin.url}/slow.mp4 --allow-private --json --part-size 1MiB`.split(" ");
  try {
    await work(origin, args);
  } finally {
    await origin.close();
  }
}

for (const signal of ["SIGINT", "SIGTERM"] as const) {
  test(`${signal} in the middle removes what was uploaded and ends with 130`, () =>
    withOrigin(async (origin, args) => {
      const result = await vodlift(args, { service, during: signalAfter(origin, 6 * MIB, signal) });
      assert.equal(result.code, 130, result.stderr);
      assert.equal(result.json.error.code, "aborted");
      assert.match(result.stderr, /interrupted: removing what was uploaded/);
      assert.equal(service.log.at(-1)?.operation, "AbortMultipartUpload");
      await assertNothingStored(service);
    }));
}

test("a second Ctrl-C does not wait for a service that hangs", () =>
  withOrigin(async (origin, args) => {
    service.setFaults([{ operation: "AbortMultipartUpload", action: { kind: "stall" } }]);
    const result = await vodlift(args, {
      service,
      during: (child) => {
        signalAfter(origin, 6 * MIB)(child);
        child.stderr?.on("data", (text) => {
          if (String(text).includes("interrupted")) child.kill("SIGINT");
        });
      },
    });
    assert.equal(result.code, 130, result.stderr);
    service.setFaults([]);
  }));

test("a reader that goes away does not take the upload down", () =>
  withOrigin(async (origin, args) => {
    const bin = fileURLToPath(new URL("../../pkg/bin/vodlift.js", import.meta.url));
    const { PATH = "" } = process.env;
    origin.add("/slow.mp4", { size: 4 * MIB });
    const child = spawn(process.execPath, [bin, ...args], {
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
