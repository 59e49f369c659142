// Schemathesis reads /openapi.json, makes up requests, and judges every answer by what is written there.
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { dirname, join } from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { prepareVenv } from "../support/python.ts";
import { startService } from "../support/service.ts";
import { startWorker } from "../support/worker.ts";

const venv = fileURLToPath(new URL("../../.cache/venv-schemathesis", import.meta.url));
const requirements = fileURLToPath(new URL("./requirements.txt", import.meta.url));
const CHECKS = [
  "not_a_server_error",
  "status_code_conformance",
  "content_type_conformance",
  "response_headers_conformance",
  "response_schema_conformance",
  "allow_header_conformance",
  "ignored_auth",
];

test("every answer is one that /openapi.json promises", async (t) => {
  const missing = prepareVenv(venv, requirements);
  if (missing !== undefined) {
    t.skip(missing);
    return;
  }
  const service = await startService();
  const outbound = (url: string) =>
    url.startsWith(service.endpoint) ? undefined : { status: 404 };
  // It asks as fast as it can.
  const settings = { VODLIFT_CALLS_PER_CALLER: "0", VODLIFT_ROWS_PER_CALLER: "0" };
  const worker = await startWorker({ service, outbound, settings, writesPerMinute: 100_000 });
  try {
    const args = ["run", `${worker.url}/openapi.json`, `--checks=${CHECKS.join(",")}`];
    const options = [
      ...["--header", `Authorization: Bearer ${worker.token}`],
      // It does not end before the ingest does.
      ...["--exclude-path-regex", "/events$"],
      ...["--phases=examples,coverage,fuzzing", "--max-examples=3", "--seed=1"],
      ...["--warnings=off", "--no-color"],
    ];
    // It leaves notes in the folder where it runs.
    const cwd = dirname(venv);
    const child = spawn(join(venv, "bin", "schemathesis"), [...args, ...options], { cwd });
    let output = "";
    for (const stream of [child.stdout, child.stderr]) {
      stream.on("data", (chunk: Buffer) => {
        output += chunk.toString("utf8");
      });
    }
    const code = await new Promise((resolve) => child.once("close", resolve));
    t.diagnostic(/Test cases:\n(.*)/.exec(output)?.[1]?.trim() ?? "no summary");
    assert.equal(code, 0, output);
  } finally {
    await worker.close();
    await service.close();
  }
});
