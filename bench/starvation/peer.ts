// VOD, or the source of the victim's films, as a process of its own: `node peer.ts vod|source` prints what it is as JSON, and
// goes when its stdin is closed.
import { startEmulator } from "../../pkg/src/emulator/index.ts";
import { startOrigin } from "../../tests/support/origin.ts";

const FILM_BYTES = 64 * 2 ** 20;
/** Each is asked for once. */
const FILMS = 1_000;

const START: Readonly<Record<string, () => Promise<{ said: object; close(): Promise<void> }>>> = {
  async vod() {
    const vod = await startEmulator({ allowPrivate: true });
    const { endpoint, accessKeyId, accessKeySecret, region } = vod;
    return {
      said: { endpoint, accessKeyId, accessKeySecret, region },
      close: () => vod.close(),
    };
  },
  async source() {
    const names = Array.from({ length: FILMS }, (_, n) => `/film-${n}.mp4`);
    const routes = names.map((name) => [name, { size: FILM_BYTES, seed: name }] as const);
    const origin = await startOrigin({ routes: Object.fromEntries(routes) });
    return { said: { url: origin.url }, close: () => origin.close() };
  },
};

const peer = await START[process.argv[2] ?? ""]?.();
if (peer) {
  console.log(JSON.stringify(peer.said));
  process.stdin
    .on("end", async () => {
      await peer.close();
      process.exit();
    })
    .resume();
}
