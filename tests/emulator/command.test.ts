// The switches of `vodlift emulator`, from the command line to what the emulator then does.
import { deepEqual, equal, match } from "node:assert/strict";
import { type ChildProcess, spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { fileURLToPath } from "node:url";
import type { Emulator } from "../../pkg/src/emulator/index.ts";
import { ossV4, uploadTarget } from "./client.ts";

const CLI = fileURLToPath(new URL("../../pkg/src/cli.ts", import.meta.url));

type Told = Emulator & { caFile?: string };

async function start(context: TestContext, ...options: string[]): Promise<Told> {
  const child: ChildProcess = spawn(process.execPath, [CLI, "emulator", "--json", ...options], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  context.after(async () => {
    child.kill("SIGINT");
    await once(child, "close");
  });
  const [first] = (await once(child.stdout ?? child, "data")) as [Buffer];
  const told = JSON.parse(first.toString().split("\n")[0] ?? "") as Told;
  if (told.caFile === undefined) return told;
  return { ...told, ca: await readFile(told.caFile, "utf8") };
}

test("--fault, --credential-life, --latency and --bandwidth are obeyed", async (context) => {
  const told = await start(
    context,
    ...["--fault", "PutObject:2:503=ServiceUnavailable", "--fault", "HeadObject:1:delay=1"],
    ...["--credential-life", "1", "--latency", "30", "--bandwidth", "1MiB"],
  );
  const put = (body: Buffer) => ossV4(told, { method: "PUT", key: "k", body });
  const started = performance.now();
  equal((await put(Buffer.alloc(512 * 1024))).status, 200);
  const took = performance.now() - started;
  equal(took > 400, true, `half a second's bytes took ${took} ms`);
  const refused = await put(Buffer.alloc(1));
  deepEqual(
    [refused.status, /<Code>(.*)<\/Code>/.exec(refused.text)?.[1]],
    [503, "ServiceUnavailable"],
  );
  const before = performance.now();
  equal((await put(Buffer.alloc(1))).status, 200);
  equal(performance.now() - before >= 29, true);
  const parameters = { Title: "t", FileName: "f.mp4" };
  const { key, keys } = await uploadTarget(told, "CreateUploadVideo", parameters);
  await new Promise((resolve) => setTimeout(resolve, 1100));
  match((await ossV4(told, { method: "PUT", key, keys, body: "x" })).text, /SecurityTokenExpired/);
});

test("--tls announces the file with the authority to trust", async (context) => {
  const told = await start(context, "--tls");
  match(told.endpoint, /^https:/);
  equal(told.caFile, `${told.dir}/ca.pem`);
  equal((await ossV4(told, { method: "PUT", key: "k", body: "x" })).status, 200);
});

test("vodlift uploads over TLS where the authority is trusted, and says why where it is not", async (context) => {
  const told = await start(context, "--tls", "--fault", "UploadPart:2:reset-after");
  const film = join(told.dir, "film.mp4");
  const bytes = randomBytes(1_500_000);
  await writeFile(film, bytes);
  const upload = async (env: Record<string, string>) => {
    const { PATH = "" } = process.env;
    const child = spawn(
      process.execPath,
      [CLI, "upload", film, "--part-size", "256KiB", "--json", "--quiet"],
      {
        env: {
          PATH,
          VODLIFT_ENDPOINT: told.endpoint,
          ALIBABA_CLOUD_ACCESS_KEY_ID: told.accessKeyId,
          ALIBABA_CLOUD_ACCESS_KEY_SECRET: told.accessKeySecret,
          ...env,
        },
      },
    );
    const chunks: Buffer[] = [];
    child.stdout.on("data", (chunk: Buffer) => chunks.push(chunk));
    child.stderr.resume();
    const [code] = await once(child, "close");
    return { code, json: JSON.parse(Buffer.concat(chunks).toString()) };
  };
  const { code, json } = await upload({ NODE_EXTRA_CA_CERTS: told.caFile ?? "" });
  equal(code, 0, JSON.stringify(json));
  deepEqual(await readFile(join(told.dir, told.bucket, json.objectKey)), bytes);
  const refused = await upload({});
  equal(refused.code, 5);
  match(refused.json.error.message, /CERT/);
});

test("a fault that is none ends the command with the usage code", async () => {
  const child = spawn(process.execPath, [CLI, "emulator", "--fault", "UploadPart:1:explode"]);
  const errors: Buffer[] = [];
  child.stderr.on("data", (chunk: Buffer) => errors.push(chunk));
  const [code] = await once(child, "close");
  equal(code, 2);
  match(Buffer.concat(errors).toString(), /^error: --fault: `explode` is no fault's action/);
});
