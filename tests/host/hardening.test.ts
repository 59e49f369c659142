// docs/hardening.md lists each action that the core can send, and no other: who follows it grants what is needed and no more.
import assert from "node:assert/strict";
import { readdir, readFile } from "node:fs/promises";
import { test } from "node:test";

const root = new URL("../../", import.meta.url);
const read = (path: string): Promise<string> => readFile(new URL(path, root), "utf8");
const guide = await read("docs/hardening.md");
const rows = [...guide.matchAll(/^\| `vod:(\w+)` \| ([^|]+) \|/gm)].map(
  ([, action = "", use = ""]) => ({ action, use }),
);

/** Every source of a folder of the core, without its unit tests. */
async function sources(folder: string): Promise<string[]> {
  const names = await readdir(new URL(folder, root), { recursive: true });
  const files = names.filter((name) => name.endsWith(".rs"));
  const texts = await Promise.all(files.map((name) => read(`${folder}/${name}`)));
  return texts.map((text) => text.split("#[cfg(test)]\nmod ")[0] ?? "");
}

/** Names of actions, each of which is a constant. */
async function actions(): Promise<string[]> {
  const text = (await Promise.all(["src/vod", "src/upload"].map(sources))).flat().join("\n");
  const constants = text.matchAll(
    /const \w+: &(?:'static )?str =\s*"((?:Create|Refresh|Get|Delete|Upload|Cancel|List|Search|Set|Add|Update|Register|Submit)\w+)";/g,
  );
  return [...new Set([...constants].map(([, action = ""]) => action))];
}

test("the guide lists each action that the core can send, and no other", async () => {
  const listed = rows.map(({ action }) => action);
  assert.deepEqual(listed.toSorted(), (await actions()).toSorted());
  assert.ok(listed.length > 10, `${listed.length} actions`);
});

test("no action is spelled anywhere but in its constant", async () => {
  const calls = await read("src/upload/machine/requests.rs");
  const conversation = await read("src/vod/conversation.rs");
  const [, question = ""] = /fn question\(([\s\S]*?)\n {4}}\n/.exec(calls) ?? [];
  const [, call = ""] = /fn call\(&self\)([\s\S]*?)\n {4}}\n/.exec(conversation) ?? [];
  for (const body of [question, call]) {
    assert.ok(body.length > 200);
    assert.deepEqual(body.match(/"\w+"/g), null);
  }
  for (const folder of ["pkg/src", "worker/src"]) {
    const names = await readdir(new URL(folder, root), { recursive: true });
    for (const name of names.filter((one) => one.endsWith(".ts"))) {
      if (name.startsWith("emulator")) continue;
      assert.doesNotMatch(await read(`${folder}/${name}`), /\bcall\(\s*"[A-Z]\w+"/, name);
    }
  }
});

test("the policy holds what uploads of videos need, and no more", () => {
  const [, json = ""] = /```json\n([\s\S]*?)```/.exec(guide) ?? [];
  const [statement] = JSON.parse(json).Statement;
  const needed = rows.filter(({ use }) => use === "uploads").map(({ action }) => `vod:${action}`);
  assert.deepEqual(statement.Action, needed);
});
