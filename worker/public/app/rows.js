// @ts-check
// The rows of the list: one element an ingest, changed in place, so that focus, selection and scrolling stay.
/** @import { Ingest } from "../../src/api/schema.ts" */
import { byId, find, setAttribute, setIcon, setProgress, setText } from "./dom.js";
import { ago, bytes, duration, moment, rate } from "./format.js";
import { isOpen, isRetryable, isStored, leftOf, nameOf, STATE_NAMES, shareOf } from "./states.js";

/** @typedef {{ cancel: boolean, create: boolean }} May */
/** @typedef {{ element: HTMLTableRowElement, time: HTMLElement, shown: Ingest | undefined }} Row */

/** @type {Map<string, Row>} */
const rows = new Map();

/**
 * Shows these, in this order.
 * @param {readonly string[]} ids
 * @param {ReadonlyMap<string, Ingest>} known
 * @param {May} may
 */
export function showRows(ids, known, may) {
  const body = byId("rows", HTMLElement);
  const wanted = new Set(ids);
  for (const [id, { element }] of rows) {
    if (wanted.has(id)) continue;
    element.remove();
    rows.delete(id);
  }
  const now = Date.now();
  let next = body.firstElementChild;
  for (const id of ids) {
    const ingest = known.get(id);
    if (ingest === undefined) continue;
    const row = rows.get(id) ?? newRow(id);
    // An ingest that was not read again is the same object, and only its age has changed.
    if (row.shown !== ingest) fill(row, ingest, may);
    setText(row.time, ago(ingest.created, now));
    if (row.element === next) next = next.nextElementSibling;
    else body.insertBefore(row.element, next);
  }
}

/**
 * @param {string} id
 * @returns {Row}
 */
function newRow(id) {
  const copy = byId("row-template", HTMLTemplateElement).content.cloneNode(true);
  const element = find(/** @type {DocumentFragment} */ (copy), "tr", HTMLTableRowElement);
  element.dataset.id = id;
  find(element, ".title").setAttribute("href", `#job=${encodeURIComponent(id)}`);
  const row = { element, time: find(element, "time"), shown: undefined };
  rows.set(id, row);
  return row;
}

/**
 * @param {Row} row
 * @param {Ingest} ingest
 * @param {May} may
 */
function fill(row, ingest, may) {
  row.shown = ingest;
  const { element, time } = row;
  const name = nameOf(ingest);
  element.dataset.state = ingest.state;
  setText(find(element, ".title"), name);
  setText(find(element, ".url"), ingest.url);
  const why = find(element, ".why");
  why.hidden = ingest.error === undefined;
  setText(why, ingest.error?.message ?? "");
  setText(find(element, ".badge > span"), STATE_NAMES[ingest.state]);
  setIcon(find(element, ".badge"), ingest.state);
  fillProgress(element, ingest, name);
  const left = leftOf(ingest);
  setText(find(element, ".c-rate"), ingest.state === "running" ? rate(ingest.rate) : "");
  setText(find(element, ".c-left"), left === undefined ? "" : duration(left));
  setAttribute(time, "datetime", ingest.created);
  setAttribute(time, "title", moment(ingest.created));
  fillAction(find(element, ".c-act button"), ingest, may, name);
}

/**
 * @param {HTMLTableRowElement} row
 * @param {Ingest} ingest
 * @param {string} name
 */
function fillProgress(row, ingest, name) {
  const bar = find(row, "progress", HTMLProgressElement);
  const begun = ingest.state === "running" || (!isStored(ingest) && ingest.bytes > 0);
  bar.hidden = !begun;
  setProgress(bar, shareOf(ingest) ?? (ingest.state === "running" ? undefined : 0));
  setAttribute(bar, "aria-label", `Progress of ${name}`);
  setText(find(row, ".amount"), amount(ingest));
}

/** @param {Ingest} ingest */
export function amount(ingest) {
  if (isStored(ingest)) return bytes(ingest.size ?? ingest.bytes);
  if (ingest.size) return `${bytes(ingest.bytes)} of ${bytes(ingest.size)}`;
  return ingest.bytes > 0 ? bytes(ingest.bytes) : "";
}

/**
 * @param {HTMLElement} button
 * @param {Ingest} ingest
 * @param {May} may
 * @param {string} name
 */
function fillAction(button, ingest, may, name) {
  const deed =
    isOpen(ingest) && may.cancel ? "cancel" : isRetryable(ingest) && may.create ? "retry" : "";
  button.hidden = deed === "";
  button.dataset.deed = deed;
  if (deed === "") return;
  setIcon(button, deed === "cancel" ? "close" : "retry");
  setAttribute(button, "aria-label", `${deed === "cancel" ? "Cancel" : "Retry"} ${name}`);
  setAttribute(button, "title", deed === "cancel" ? "Cancel" : "Retry");
}
