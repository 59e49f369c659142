// A Worker whose client goes is dropped where it stands: no timer of it rings, no `finally` runs. What it held of the memory
// and of the turns that all uploads of an isolate share comes back all the same.
import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { after, before, test } from "node:test";
import { fileURLToPath } from "node:url";
import { dice, seeds } from "../support/dice.ts";
import type { Errand } from "../support/dropped-workerd.ts";
import { type Origin, startOrigin } from "../support/origin.ts";
import { type Emulator, startService } from "../support/service.ts";
import { startWorkerd, type Workerd } from "../support/workerd.ts";

const MIB = 1 << 20;
const SIZE = 8 * MIB;

let workerd: Workerd;
let service: Emulator;
let origin: Origin;

before(async () => {
  const entry = fileURLToPath(new URL("../support/dropped-workerd.ts", import.meta.url));
  const wasm = fileURLToPath(new URL("../../pkg/src/wasm/core.wasm", import.meta.url));
  [workerd, service, origin] = await Promise.all([
    startWorkerd(entry, { wasm }),
    startService(),
    startOrigin(),
  ]);
});

after(() => Promise.all([workerd.close(), service.close(), origin.close()]));

/** A server that answers and then says no more. It tells when it has said what it says. */
async function startStalled(head: Buffer, length?: number) {
  let told = () => {};
  const ended: Promise<unknown>[] = [];
  const server = createServer((_, response) => {
    ended.push(once(response, "close"));
    response.writeHead(200, length === undefined ? {} : { "content-length": length });
    response.write(head, () => told());
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    /** Resolves when it stalls the next time. */
    stalls: () => new Promise<void>((resolve) => (told = resolve)),
    /** Once whoever asked is gone. */
    async close() {
      await Promise.all(ended);
      server.close();
    },
  };
}

function account({ endpoint, region, accessKeyId, accessKeySecret }: Emulator) {
  return { endpoint, region, accessKeyId, accessKeySecret, trustedHosts: [endpoint] };
}

function ask(errand: Errand, signal: AbortSignal | null = null): Promise<unknown> {
  const body = JSON.stringify(errand);
  return fetch(workerd.url, { method: "POST", body, signal }).then((reply) => reply.json());
}

const KINDS = {
  film: { kind: "film", head: Buffer.alloc(4 * MIB, 1), length: SIZE },
  "film without a length": { kind: "film", head: Buffer.alloc(3 * MIB, 1), length: undefined },
  playlist: {
    kind: "playlist",
    head: Buffer.from(`#EXTM3U\n${"#\n".repeat(200_000)}`),
    length: undefined,
  },
  call: {
    kind: "call",
    head: Buffer.from(`{"a":"${"x".repeat(MIB)}`),
    length: undefined,
  },
} as const;

for (const seed of seeds(2)) {
  test(`what dropped requests held goes to the next upload, SEED=${seed}`, async () => {
    const luck = dice(seed);
    for (let dropped = 0; dropped < 24; dropped += 1) {
      const { kind, head, length } = KINDS[luck.pick(Object.keys(KINDS) as (keyof typeof KINDS)[])];
      const stalled = await startStalled(head, length);
      const gone = new AbortController();
      const stalls = stalled.stalls();
      const own = account(service);
      const errand: Errand =
        kind === "call"
          ? { account: { ...own, endpoint: stalled.url }, kind, url: "" }
          : { account: own, kind, url: `${stalled.url}/film.mp4` };
      const asked = ask(errand, gone.signal).catch(() => {});
      // One that waits for the others never gets as far as its source.
      const waits = new Promise((resolve) => setTimeout(resolve, 300));
      await Promise.race([stalls, asked, waits]);
      gone.abort();
      await asked;
      await stalled.close();
    }
    const url = origin.add("/film.mp4", { size: SIZE, noRanges: true });
    const late = AbortSignal.timeout(20_000);
    const ends = await Promise.all(
      [1, 2].map(() => ask({ account: account(service), kind: "film", url }, late)),
    );
    assert.deepEqual(ends, [SIZE, SIZE]);
  });
}
