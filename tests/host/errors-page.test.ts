// docs/errors.md is written from the core's table; here it is held against the package and the command line.
import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { test } from "node:test";
import { exitCode } from "../../pkg/src/cli/exit.ts";
import { errorOf } from "../../pkg/src/core.ts";
import { OPTIONS } from "../../pkg/src/options.gen.ts";
import type { Code } from "../../pkg/src/wasm/core.js";

const read = (path: string) => readFile(new URL(`../../${path}`, import.meta.url), "utf8");

test("the page of errors has each code, under the exit code that the command line has for it", async () => {
  const types = await read("pkg/src/wasm/core.d.ts");
  const [, union = ""] = /^export type Code = (.*);$/m.exec(types) ?? [];
  const codes = [...union.matchAll(/"(\w+)"/g)].map(([, code]) => code as Code);
  assert.ok(codes.length > 60);
  const sections = (await read("docs/errors.md")).split("\n## ").slice(1);
  const found: string[] = [];
  for (const section of sections) {
    const [, exit] = /exit code (\d+)/.exec(section) ?? [];
    for (const [row, code = ""] of section.matchAll(/^\| `(\w+)` \|.*$/gm)) {
      found.push(code);
      const { hint, retryable, ...error } = errorOf(code as Code, "");
      assert.equal(exitCode({ ...error, hint, retryable }), Number(exit), code);
      assert.equal(row.endsWith("| yes |"), retryable, code);
      // What shells call an option stands behind it, in brackets.
      assert.ok(row.replace(/ \(`[^)]*`\)/g, "").includes(hint.replace(/ \(`[^)]*`\)/g, "")), code);
      for (const [, name = ""] of hint.matchAll(/`(\w+)`/g)) {
        const flag = (OPTIONS as Record<string, { flag?: string }>)[name]?.flag?.split(" ")[0];
        if (flag) assert.ok(row.includes(`\`${name}\` (\`${flag}\``), `${code}: ${name}`);
      }
    }
  }
  assert.deepEqual(found.toSorted(), codes.toSorted());
});
