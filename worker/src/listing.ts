// Which ingests there are: one Durable Object for all, which knows their ids and no more. How each stands, it says itself.
import { DurableObject } from "cloudflare:workers";
import type { Env } from "./env.ts";

/** A page of ids, newest first, and where the next one begins. */
export interface Page {
  ids: string[];
  cursor: string | null;
}

export class Listing extends DurableObject<Env> {
  constructor(ctx: DurableObjectState, env: Env) {
    super(ctx, env);
    // Numbers count up and are not used again, so they are the order of arrival.
    const columns = "number INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT NOT NULL UNIQUE";
    ctx.storage.sql.exec(`CREATE TABLE IF NOT EXISTS ingests (${columns})`);
  }

  add(id: string): void {
    this.ctx.storage.sql.exec("INSERT OR IGNORE INTO ingests (id) VALUES (?)", id);
  }

  remove(id: string): void {
    this.ctx.storage.sql.exec("DELETE FROM ingests WHERE id = ?", id);
  }

  /** At most `limit`, from before the cursor on. */
  page(limit: number, cursor: number = Number.MAX_SAFE_INTEGER): Page {
    const rows = this.ctx.storage.sql
      .exec<{ number: number; id: string }>(
        "SELECT number, id FROM ingests WHERE number < ? ORDER BY number DESC LIMIT ?",
        cursor,
        limit + 1,
      )
      .toArray();
    const shown = rows.slice(0, limit);
    const more = rows.length > limit ? shown.at(-1)?.number : undefined;
    return { ids: shown.map(({ id }) => id), cursor: more === undefined ? null : String(more) };
  }
}

/** The one there is. */
export function listing(env: Env): DurableObjectStub<Listing> {
  return env.LISTING.get(env.LISTING.idFromName("all"));
}
