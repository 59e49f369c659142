// @ts-check
// What is looked at: filters and the open ingest. It lives behind the # of the address, so that a link, a reload and the
// back button keep it, and so that it reaches no log.
/** @import { State } from "../../src/api/schema.ts" */
import { STATES } from "./states.js";

/** @typedef {{ states: State[], q: string, range: string, from: string, to: string, job: string }} View */

const SPANS = /** @type {Record<string, number>} */ ({
  "1h": 3_600_000,
  "24h": 86_400_000,
  "7d": 7 * 86_400_000,
  "30d": 30 * 86_400_000,
});
const DAY = /^\d{4}-\d\d-\d\d$/;

export const NO_FILTER = {
  states: /** @type {State[]} */ ([]),
  q: "",
  range: "",
  from: "",
  to: "",
};

/** @returns {View} */
export function readView() {
  const told = new URLSearchParams(location.hash.slice(1));
  const text = (/** @type {string} */ name) => told.get(name) ?? "";
  const day = (/** @type {string} */ name) => (DAY.test(text(name)) ? text(name) : "");
  const range = text("added");
  return {
    states: STATES.filter((state) => text("state").split(",").includes(state)),
    q: text("q"),
    range: range in SPANS || range === "days" ? range : "",
    from: day("from"),
    to: day("to"),
    job: text("job"),
  };
}

/**
 * @param {Partial<View>} change
 * @param {"push" | "replace"} how whether the back button comes back to what was before
 */
export function changeView(change, how) {
  const view = { ...readView(), ...change };
  const told = new URLSearchParams();
  if (view.states.length) told.set("state", view.states.join(","));
  if (view.q) told.set("q", view.q);
  if (view.range) told.set("added", view.range);
  if (view.range === "days" && view.from) told.set("from", view.from);
  if (view.range === "days" && view.to) told.set("to", view.to);
  if (view.job) told.set("job", view.job);
  const address = `${location.pathname}${told.size ? `#${told}` : ""}`;
  if (how === "push") history.pushState({ inside: true }, "", address);
  else history.replaceState(history.state, "", address);
}

/**
 * The filters as the API takes them.
 * @param {View} view
 * @param {number} now
 */
export function filterQuery(view, now) {
  const query = new URLSearchParams();
  if (view.states.length) query.set("state", view.states.join(","));
  if (view.q.trim()) query.set("q", view.q.trim());
  const span = SPANS[view.range];
  if (span) query.set("since", new Date(now - span).toISOString());
  if (view.range !== "days") return query;
  if (view.from) query.set("since", new Date(`${view.from}T00:00`).toISOString());
  if (view.to) {
    const next = new Date(`${view.to}T00:00`);
    next.setDate(next.getDate() + 1);
    query.set("until", next.toISOString());
  }
  return query;
}

/** @param {View} view */
export const isFiltered = (view) =>
  view.states.length > 0 || view.range !== "" || view.q.trim() !== "";
