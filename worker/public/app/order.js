// @ts-check
// The list as it is known: ingests in the service's order, pieced together from pages that were read at different moments.
/** @import { Ingest } from "../../src/api/schema.ts" */
/** @import { Page } from "./api.js" */

export class Order {
  /** @type {Map<string, Ingest>} */
  known = new Map();
  /** @type {string[]} ids, newest first */
  ids = [];
  /** Where the next page begins; null at the end, undefined before anything was read. @type {string | null | undefined} */
  cursor = undefined;
  /** Where each page that was read begins: its cursor, and the id before it. @type {{ cursor: string | null, after: string | null }[]} */
  #pages = [];

  clear() {
    this.known.clear();
    this.ids = [];
    this.cursor = undefined;
    this.#pages = [];
  }

  /**
   * Puts a page that was read from `cursor` in its place. What should be in it and is not has gone.
   * @param {Page} page
   * @param {string | null} cursor null for the first page
   * @returns {boolean} false: it does not touch what is known (more came at once than a page holds), so nothing was done
   */
  merge(page, cursor) {
    const start = this.#startOf(cursor);
    const met = new Set(page.ingests.map(({ id }) => id));
    const last = this.ids.findLastIndex((id) => met.has(id));
    const isNext = this.cursor === undefined || (cursor !== null && cursor === this.cursor);
    const reachesEnd = page.cursor === null || isNext;
    if (!reachesEnd && last < start) return false;
    const end = reachesEnd ? this.ids.length : last + 1;
    const tail = this.ids.slice(end).filter((id) => !met.has(id));
    const head = this.ids.slice(0, start).filter((id) => !met.has(id));
    const gone = this.ids.slice(start, end).filter((id) => !met.has(id));
    for (const id of gone) this.known.delete(id);
    for (const ingest of page.ingests) this.known.set(ingest.id, ingest);
    this.#remember(cursor, head.at(-1) ?? null, new Set(gone));
    this.ids = [...head, ...met, ...tail];
    if (reachesEnd) this.cursor = page.cursor;
    return true;
  }

  /**
   * The cursor that a page with this id is read from.
   * @param {string} id
   */
  pageOf(id) {
    const at = this.ids.indexOf(id);
    const page = this.#pages.findLast(
      ({ after }) => after === null || this.ids.indexOf(after) < at,
    );
    return page?.cursor ?? null;
  }

  /** @param {string | null} cursor */
  #startOf(cursor) {
    if (cursor === null) return 0;
    const page = this.#pages.find((page) => page.cursor === cursor);
    if (page === undefined) return this.ids.length;
    return page.after === null ? 0 : this.ids.indexOf(page.after) + 1;
  }

  /**
   * @param {string | null} cursor
   * @param {string | null} after
   * @param {ReadonlySet<string>} gone
   */
  #remember(cursor, after, gone) {
    for (const page of this.#pages) {
      if (page.after === null || !gone.has(page.after)) continue;
      const before = this.ids.slice(0, this.ids.indexOf(page.after));
      page.after = before.findLast((id) => !gone.has(id)) ?? null;
    }
    if (!this.#pages.some((page) => page.cursor === cursor)) this.#pages.push({ cursor, after });
  }
}
