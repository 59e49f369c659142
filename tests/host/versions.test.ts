// The core and the TypeScript around it are built and deployed together: where they are not of one version, every call says
// so at once.
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { readFile } from "node:fs/promises";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { limits } from "../../pkg/src/door.ts";
import { startService } from "../support/service.ts";

const run = promisify(execFile);
const path = (file: string) => fileURLToPath(new URL(file, import.meta.url));

test("a core of another version fails every call at once, with a sentence", {
  timeout: 120_000,
}, async () => {
  const service = await startService();
  const { accessKeyId, accessKeySecret, endpoint } = service;
  const account = JSON.stringify({ accessKeyId, accessKeySecret, endpoint });
  const end = async (change: object) => {
    const args = [path("../support/stale-core-child.ts"), JSON.stringify(change), account];
    const { stdout } = await run(process.execPath, args, { timeout: 20_000 });
    return JSON.parse(stdout);
  };
  try {
    assert.deepEqual(await end({}), { bytes: 250_000 });
    const lacking = Object.keys(limits()).map((name) => ({ [name]: null }));
    const others = [{ version: "0.0.9" }, { text: "16777216" }];
    for (const change of [...lacking, ...others]) {
      const { said, hint } = await end(change);
      assert.match(said, /the core.* not of one version/, JSON.stringify(change));
      assert.match(hint, /make build/);
    }
  } finally {
    await service.close();
  }
});

test("a compiled core that is handed in is the one that works", async () => {
  const end = async (when: string) => {
    const { stdout } = await run(process.execPath, [
      path("../support/provided-core-child.ts"),
      when,
    ]);
    return JSON.parse(stdout);
  };
  assert.deepEqual(await end("first"), ["taken", "b"]);
  assert.match((await end("never"))[0], /compiled at run time/);
  const [, , late, none] = await end("twice");
  assert.match(late, /`module` comes too late/);
  assert.match(none, /`module` must be a WebAssembly\.Module, got object/);
});

test("the version stands in four places, and is one", async () => {
  const read = (file: string) => readFile(path(`../../${file}`), "utf8");
  const { version } = JSON.parse(await read("pkg/package.json"));
  assert.match(await read("Cargo.toml"), new RegExp(`^version = "${version}"$`, "m"));
  assert.match(await read("pkg/src/version.ts"), new RegExp(`"${version}"`));
  assert.equal(limits().version, version);
});
