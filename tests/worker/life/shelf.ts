// The same lives, each kept in its row: what the tables hold after every step is all that the next one knows of it.
import assert from "node:assert/strict";
import { mock } from "node:test";
import { holds, type Life } from "../../../worker/src/life/life.ts";
import { type Beside, lifeOf, type Stored } from "../../../worker/src/life/row.ts";
import type { Limits, Said, Step } from "../../../worker/src/life/said.ts";
import { openTables } from "../../support/tables.ts";
import type { Next } from "./world.ts";

type Row = Stored & Beside & { id: string; hooked: 0 | 1 };
interface Table {
  add(job: object, life: Life, actor: object): object;
  find(id: string): Row | undefined;
  save(row: Row, checkpoint: string | null): void;
}
interface Notices {
  untold(row: Row): Life["untold"];
  areWanted(row: Row): boolean;
}
interface Lives {
  says(row: Row, said: Said): Step;
  happens(row: Row, said: Said): Step;
}

// Their types are workerd's, so they are not looked at from here.
const jobs = new URL("../../../worker/src/jobs/", import.meta.url);
const load = async <T>(file: string) => (await import(`${jobs}${file}.ts`)) as T;
const { Table } = await load<{ Table: new (...how: unknown[]) => Table }>("table");
const { Notices } = await load<{ Notices: new (...how: unknown[]) => Notices }>("notices");
const { Lives } = await load<{ Lives: new (...how: unknown[]) => Lives }>("lives");

const ACTOR = { owner: "token:1", name: "test", all: true };
const JOB = { host: "a.example", url: "https://a.example/", kind: "video", reference: "vodlift-1" };

/** A brain that remembers by its tables alone. Dates are mocked. */
export function shelf(): Next {
  const { sql } = openTables();
  const env: Record<string, string> = {};
  const table = new Table(sql, () => {});
  const notices = new Notices(sql, env);
  const lives = new Lives(env, table, notices, () => {});
  const ids = new WeakMap<Life, string>();
  let count = 0;

  function rowOf(life: Life): Row {
    const known = ids.get(life);
    if (known === undefined) {
      count += 1;
      const stored = life.source === "stored" ? { request: "sealed" } : {};
      table.add({ ...JOB, ...stored, id: String(count), hooked: life.listened }, life, ACTOR);
    }
    return table.find(known ?? String(count)) as Row;
  }

  function read(id: string): Life {
    const row = table.find(id) as Row;
    const untold = notices.untold(row);
    const life = lifeOf({ ...row, listened: notices.areWanted(row), untold });
    ids.set(life, id);
    return life;
  }

  return (life: Life, said: Said, now: number, limits: Limits): Step => {
    mock.timers.setTime(now);
    Object.assign(env, settings(limits));
    sql.exec("INSERT OR REPLACE INTO settings VALUES ('paused', ?)", String(limits.paused));
    const row = rowOf(life);
    const step = "run" in said ? lives.says(row, said) : lives.happens(row, said);
    const isHeard = "run" in said && holds(life, said.run);
    if (said.type === "save" && isHeard && step.life.at !== "over") {
      table.save(row, said.checkpoint ? "{}" : null);
    }
    const kept = read(row.id);
    assert.deepEqual(kept, step.life, "what is read is what was written");
    return { ...step, life: kept };
  };
}

function settings({ staleMs, longestMs, leastRate, leastOverMs }: Limits) {
  return {
    VODLIFT_STALE_SECONDS: String(staleMs / 1_000),
    VODLIFT_LONGEST_SECONDS: String(longestMs / 1_000),
    VODLIFT_LEAST_RATE: String(leastRate),
    VODLIFT_LEAST_RATE_SECONDS: String(leastOverMs / 1_000),
  };
}
