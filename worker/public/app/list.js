// @ts-check
// The list and what is above it: totals, filters, throughput; read again and again.
/** @import { State, Stats } from "../../src/api/schema.ts" */
import * as api from "./api.js";
import { forget, measured } from "./chart.js";
import { perform } from "./deeds.js";
import { byId, element, find, icon, setAttribute, setIcon, setText } from "./dom.js";
import { bytes, counted, scaled, whole } from "./format.js";
import { Order } from "./order.js";
import { showRows } from "./rows.js";
import { STATE_NAMES, STATES } from "./states.js";
import { changeView, filterQuery, isFiltered, NO_FILTER, readView } from "./view.js";

const PAGE = 100;

let order = new Order();
let filter = "";
/** @type {Stats | undefined} */
let stats;
let may = { cancel: false, create: false };
let refresh = () => {};
const nearEnd = new IntersectionObserver(
  (entries) => entries.at(-1)?.isIntersecting && void showMore(),
  { rootMargin: "600px" },
);
let loading = false;

/** @param {{ refresh: () => void, onAdd: () => void }} listeners to read again; to open the sheet */
export function startList(listeners) {
  refresh = listeners.refresh;
  for (const state of /** @type {const} */ (["", ...STATES]))
    byId("states").append(stateButton(state));
  byId("more").addEventListener("click", () => void showMore());
  nearEnd.observe(byId("more"));
  byId("newer").addEventListener("click", () => {
    scrollTo({ top: 0 });
    order = new Order();
    refresh();
  });
  byId("rows").addEventListener("click", (event) => void clicked(event));
  find(byId("empty"), "button").addEventListener("click", () => {
    if (!isFiltered(readView())) listeners.onAdd();
    else refilter({ ...NO_FILTER }, "push");
  });
}

/** @param {typeof may} allowed */
export function allow(allowed) {
  may = allowed;
}

/** @param {string} id */
export const knownIngest = (id) => order.known.get(id);
export const isPaused = () => stats?.paused === true;

/** Nothing of one person's session is shown in the next. */
export function forgetList() {
  order = new Order();
  stats = undefined;
  forget();
  showRows([], order.known, may);
  byId("skeleton").hidden = false;
  byId("empty").hidden = true;
}

/** @param {State | ""} state */
function stateButton(state) {
  const count = element("span", { class: "count" });
  const button = element("button", {
    type: "button",
    "data-state": state,
    "aria-pressed": "false",
  });
  if (state) button.append(icon(state));
  button.append(element("span", {}, state ? STATE_NAMES[state] : "All"), count);
  button.addEventListener("click", () => {
    const { states } = readView();
    const changed = states.includes(/** @type {State} */ (state))
      ? states.filter((one) => one !== state)
      : [...states, state];
    refilter({ states: /** @type {State[]} */ (state ? changed : []) }, "push");
  });
  return button;
}

/**
 * @param {Partial<import("./view.js").View>} change
 * @param {"push" | "replace"} how
 */
export function refilter(change, how) {
  changeView(change, how);
  refresh();
}

/** One round: totals, the newest page, and the pages that are looked at. */
export async function update() {
  const view = readView();
  const wanted = JSON.stringify({ ...view, job: "" });
  const changed = wanted !== filter;
  if (changed) order = new Order();
  filter = wanted;
  const target = order;
  const query = () => filterQuery(view, Date.now());
  setAttribute(find(byId("list"), "table"), "aria-busy", String(changed));
  const seen = seenPages();
  const [totals, first, others] = await Promise.all([
    api.stats(),
    readPage(query(), null),
    Promise.all(seen.map((cursor) => readPage(query(), cursor))),
  ]);
  stats = totals;
  showStats(totals);
  if (target !== order) return;
  mergeFirst(first);
  for (const [index, cursor] of seen.entries()) {
    const page = others[index];
    if (page && order === target) order.merge(page, cursor);
  }
  show(isFiltered(view));
  if (changed) announce();
}

/** The cursors of the pages at the window's upper and lower end, but for the first page. */
function seenPages() {
  const ids = [120, innerHeight - 20].map((y) => {
    const row = document.elementFromPoint(innerWidth / 2, y)?.closest(".row");
    return row?.getAttribute("data-id") ?? "";
  });
  const cursors = ids.filter(Boolean).map((id) => order.pageOf(id));
  return [...new Set(cursors)].filter((cursor) => cursor !== null);
}

/**
 * @param {URLSearchParams} query
 * @param {string | null} cursor
 */
function readPage(query, cursor) {
  query.set("limit", String(PAGE));
  if (cursor !== null) query.set("cursor", cursor);
  return api.list(query);
}

/** @param {api.Page} page */
function mergeFirst(page) {
  const touches = order.merge(page, null);
  const reading = scrollY > 600;
  byId("newer").hidden = touches || !reading;
  if (touches || reading) return;
  order = new Order();
  order.merge(page, null);
}

async function showMore() {
  const { cursor } = order;
  if (loading || cursor === null || cursor === undefined) return;
  loading = true;
  const target = order;
  const from = order.ids.length;
  try {
    const page = await readPage(filterQuery(readView(), Date.now()), cursor);
    if (target !== order) return;
    const hadFocus = document.activeElement === byId("more");
    order.merge(page, cursor);
    show(isFiltered(readView()));
    if (hadFocus) find(byId("rows").children[from] ?? byId("rows"), "a").focus();
    // Observing anew reports anew: a short page may leave its end in sight.
    nearEnd.unobserve(byId("more"));
    nearEnd.observe(byId("more"));
  } catch (error) {
    if (!(error instanceof api.ApiError)) throw error;
  } finally {
    loading = false;
  }
}

/** @param {boolean} filtered */
function show(filtered) {
  showRows(order.ids, order.known, may);
  byId("skeleton").hidden = true;
  byId("more").hidden = !order.cursor;
  const empty = byId("empty");
  empty.hidden = order.ids.length > 0;
  if (empty.hidden) return;
  setText(
    find(empty, "h3"),
    filtered ? "Nothing fits these filters" : "Nothing has been added yet",
  );
  setText(
    find(empty, "p"),
    filtered
      ? "Try fewer states, a longer time or another word."
      : "Paste URLs or drop a CSV. Each file is lifted into VOD part by part, and its progress shows up here.",
  );
  const button = find(empty, "button");
  button.hidden = !filtered && !may.create;
  button.classList.toggle("primary", !filtered);
  setText(button, filtered ? "Clear the filters" : "Add media");
}

function announce() {
  const more = order.cursor ? "the newest " : "";
  setText(byId("announce"), `Showing ${more}${counted(order.ids.length, "ingest")}`);
}

/** @param {Stats} totals */
export function showStats(totals) {
  stats = totals;
  const [amount, unit] = scaled(totals.rate);
  setText(byId("rate"), amount);
  setText(byId("rate-unit"), `${unit}/s`);
  const { moving } = totals;
  const share = moving > 0 ? `, ${bytes(moving)} of it under way` : "";
  setText(byId("lifted"), bytes(totals.bytes + moving) + share);
  byId("paused").hidden = !totals.paused;
  const pause = byId("pause");
  setIcon(pause, totals.paused ? "play" : "pause");
  setText(find(pause, "span"), totals.paused ? "Resume all" : "Pause all");
  setAttribute(pause, "aria-label", totals.paused ? "Resume all" : "Pause all");
  measured(totals.rate);
  showCounts(totals);
}

/** @param {Stats} totals */
function showCounts({ counts }) {
  const { states } = readView();
  for (const button of byId("states").children) {
    const state = /** @type {State | ""} */ (
      button instanceof HTMLElement ? button.dataset.state : ""
    );
    const count = state
      ? (counts[state] ?? 0)
      : Object.values(counts).reduce((sum, n) => sum + n, 0);
    const pressed = state ? states.includes(state) : states.length === 0;
    setAttribute(button, "aria-pressed", String(pressed));
    const holder = find(button, ".count");
    setText(holder, whole(count));
    holder.classList.toggle("none", count === 0);
  }
}

/** @param {MouseEvent} event */
async function clicked(event) {
  const { target } = event;
  if (!(target instanceof Element)) return;
  const id = target.closest(".row")?.getAttribute("data-id") ?? "";
  const ingest = order.known.get(id);
  const button = target.closest("button");
  if (ingest === undefined) return;
  if (button) {
    const deed = /** @type {"cancel" | "retry"} */ (button.dataset.deed);
    if (await perform(deed, ingest)) refresh();
  } else if (target.closest("a") && !event.ctrlKey && !event.metaKey && !event.shiftKey) {
    event.preventDefault();
    changeView({ job: id }, "push");
    dispatchEvent(new HashChangeEvent("hashchange"));
  }
}
