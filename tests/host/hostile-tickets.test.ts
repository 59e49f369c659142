// A ticket that was spoiled on its way, and a `refresh` that answers whatever it likes: no byte goes to a host that nobody trusts,
// nor to another object than the first ticket named, and whatever is wrong is an error that ends it and quotes no secret.
import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { after, before, test } from "node:test";
import {
  isVodliftError,
  type UploadTicket,
  uploadWithTicket,
  Vodlift,
  type VodliftError,
} from "../../pkg/src/index.ts";
import { type Dice, dice, seeds } from "../support/dice.ts";
import { type Emulator, startService, storedObjects } from "../support/service.ts";

const DATA = Uint8Array.from({ length: 300_000 }, (_, at) => at & 0xff);

/** Another host of this machine: whatever reaches it was led astray. */
const trap = createServer((request, response) => {
  trapped.push(request.url ?? "");
  response.end();
});
const trapped: string[] = [];
let trapUrl: string;
let service: Emulator;
let vod: Vodlift;

before(async () => {
  service = await startService();
  vod = new Vodlift(service);
  trap.listen(0, "127.0.0.2");
  await once(trap, "listening");
  trapUrl = `http://127.0.0.2:${(trap.address() as AddressInfo).port}`;
});

after(async () => {
  trap.close();
  await service.close();
});

type Fields = Record<string, unknown>;
const read = (base64: string): Fields => JSON.parse(atob(base64));
const written = (fields: Fields) => btoa(JSON.stringify(fields));

const ENDPOINTS = [
  () => trapUrl,
  () => trapUrl.replace("127.0.0.2", "127.0.0.2."),
  () => trapUrl.replace("127.0.0.2", "2130706434"),
  () => trapUrl.replace("http://", "http://127.0.0.1@"),
  () => `${service.endpoint}@${trapUrl.slice(7)}`,
  () => `${service.endpoint}/../${trapUrl.slice(7)}`,
  () => `${service.endpoint}\r\nHost: evil.example`,
  () => "http://169.254.169.254",
  () => "http://[::ffff:169.254.169.254]",
  () => "https://100.100.100.200",
  () => "https://oss-cn-shanghai.aliyuncs.com.evil.example",
  () => "https://evil.example/.oss-cn-shanghai.aliyuncs.com",
  () => "https://oss-object-process.aliyuncs.com",
  () => "file:///etc/passwd",
  () => "",
];
const BUCKETS = ["", "a", "..", "evil.example/", "evil.example#", "BUCKET", "b\r\nx: y", 5, null];
const KEYS = ["", "/", "../../x", "a/../../b", "a\r\nHost: x", "k".repeat(2_000), 7, null];
const TIMES = ["0000-00-00T00:00:00Z", "9999-12-31T23:59:59Z", "never", "", -1, 1e300, null];
const LIVES = ["-1", "0", "99999999999999999999", "soon", 1e300, {}, null];

/** One thing about it is another, or two. */
function spoiled(ticket: UploadTicket, luck: Dice): UploadTicket {
  const address = read(ticket.uploadAddress);
  const auth = read(ticket.uploadAuth);
  const more: Fields = {};
  for (let count = 1 + luck.below(2); count > 0; count -= 1) {
    const spoil = luck.pick([
      () => (address.Endpoint = luck.pick(ENDPOINTS)()),
      () => (address.Bucket = luck.pick(BUCKETS)),
      () => (address.FileName = luck.pick(KEYS)),
      () => (address.FileName = `other/${String(address.FileName)}`),
      () => (address.Bucket = `other-${String(address.Bucket)}`),
      () => (auth.ExpireUTCTime = luck.pick(TIMES)),
      () => (auth.Expiration = luck.pick(LIVES)),
      () => (auth.SecurityToken = luck.pick(["x\r\ny: z", "", "ü", 5, null])),
      () => (auth.AccessKeyId = luck.pick(["x\r\ny: z", "", "STS.other", 5, null])),
      () => (auth.Region = luck.pick(["cn/../x", "", "cn-other", 5])),
      () => (more.expiresAt = luck.pick([0, -1, 1e300, 8.64e15, Number.NaN, "never", 1])),
      () => (more.mediaId = luck.pick(["", "other", "m\r\nx: y", "m".repeat(100_000), 5, null])),
      () => (more.uploadAuth = luck.pick(["", "!", "e30=", "bnVsbA==", 5, "x".repeat(1 << 20)])),
      () => (more.uploadAddress = luck.pick(["", "!", "e30=", "W10=", 5, "x".repeat(1 << 20)])),
      () => (more.fileName = luck.pick(["../x.mp4", "x\r\ny.mp4", "x", "\ud800.mp4", 5])),
      () => (more.kind = luck.pick(["audio", "", 5, "image"])),
    ]);
    spoil();
  }
  const told = { uploadAddress: written(address), uploadAuth: written(auth) };
  return { ...ticket, ...told, ...more } as UploadTicket;
}

/** What came of it, within a while: nothing waits for ever. */
async function end(upload: Promise<unknown>): Promise<VodliftError | undefined> {
  const error = await upload.then(
    () => undefined,
    (failure: unknown) => failure,
  );
  assert.ok(error === undefined || isVodliftError(error), String(error));
  assert.notEqual(error?.code, "internal", error?.message);
  assert.notEqual(error?.code, "core_stopped", error?.message);
  return error;
}

async function made() {
  const ticket = await vod.createUpload({ title: "Film", fileName: "film.mp4" });
  const { FileName } = read(ticket.uploadAddress);
  const { AccessKeySecret, SecurityToken } = read(ticket.uploadAuth);
  return { ticket, key: String(FileName), secrets: [AccessKeySecret, SecurityToken].map(String) };
}

function toldNothing(error: VodliftError | undefined, secrets: readonly string[]): void {
  const told = JSON.stringify(error?.toJSON() ?? "");
  for (const secret of secrets) assert.equal(told.includes(secret), false, told);
}

for (const seed of seeds(12)) {
  test(`a spoiled ticket sends nothing to another host, and ends, SEED=${seed}`, async () => {
    const luck = dice(seed);
    const before = new Set(await storedObjects(service));
    const { ticket, secrets } = await made();
    const error = await end(uploadWithTicket(spoiled(ticket, luck), DATA));
    toldNothing(error, secrets);
    const added = (await storedObjects(service)).filter((path) => !before.has(path));
    // Who spoils where a ticket leads may as well use its credential alone: what that may do is VOD's to say.
    assert.ok(added.length <= 1, String(added));
    assert.deepEqual(trapped, []);
  });

  test(`a spoiled refresh leads no byte elsewhere, and ends, SEED=${seed}`, async () => {
    const luck = dice(seed);
    const before = new Set(await storedObjects(service));
    const { ticket, key, secrets } = await made();
    let refreshes = 0;
    // It is over as it begins, so what is refreshed is what it goes on with.
    const error = await end(
      uploadWithTicket({ ...ticket, expiresAt: 1 }, DATA, {
        partSize: 100 * 1024,
        refresh: async () => {
          refreshes += 1;
          const fresh = await vod.refreshUpload(ticket.mediaId);
          return luck.oneIn(3) ? fresh : spoiled(fresh, luck);
        },
      }),
    );
    toldNothing(error, secrets);
    assert.ok(refreshes >= 1 && refreshes <= 100, `${refreshes} refreshes`);
    const added = (await storedObjects(service)).filter((path) => !before.has(path));
    const own = `/${service.bucket}/${key}`;
    assert.ok(added.length <= 1 && added.every((path) => path.endsWith(own)), String(added));
    assert.deepEqual(trapped, []);
  });
}
