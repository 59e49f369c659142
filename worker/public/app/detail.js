// @ts-check
// One ingest, live: its progress, what went wrong and what to do, its facts and its timeline.
/** @import { Ingest, IngestDetail, TimelineEntry } from "../../src/api/schema.ts" */
import * as api from "./api.js";
import { perform } from "./deeds.js";
import { closable, say } from "./dialogs.js";
import { byId, element, find, icon, setIcon, setProgress, setText } from "./dom.js";
import { duration, moment, rate } from "./format.js";
import { amount } from "./rows.js";
import { isOpen, isRetryable, isStored, leftOf, nameOf, STATE_NAMES, shareOf } from "./states.js";

/** After a stream was refused or broke off for good. */
const AGAIN = 5_000;

/** @typedef {{ label: string, value: (ingest: Ingest) => string | undefined, copy?: boolean }} Fact */
/** @type {Fact[]} */
const FACTS = [
  { label: "Media id", value: ({ mediaId }) => mediaId, copy: true },
  { label: "Ingest id", value: ({ id }) => id, copy: true },
  { label: "Kind", value: ({ kind }) => kind },
  { label: "Owner", value: ({ owner }) => owner },
  {
    label: "Parts",
    value: ({ parts, partsTotal }) => (partsTotal ? `${parts} of ${partsTotal}` : undefined),
  },
  { label: "Added", value: ({ created }) => moment(created) },
  { label: "Started", value: ({ started }) => started && moment(started) },
  { label: "Ended", value: ({ ended }) => ended && moment(ended) },
  {
    label: "Took",
    value: ({ started, ended }) =>
      started && ended && duration(Date.parse(ended) - Date.parse(started)),
  },
  { label: "Attempts", value: ({ attempts }) => (attempts > 1 ? String(attempts) : undefined) },
  {
    label: "Checkpoint",
    value: (ingest) =>
      ingest.resumable && isRetryable(ingest) ? "Kept: a retry goes on from it" : undefined,
  },
  { label: "Webhook", value: ({ webhook }) => webhook },
];

/** @type {{ dt: HTMLElement, dd: HTMLElement, fact: Fact }[]} */
let factElements = [];
/** @type {{ id: string, ingest: Ingest | undefined, entries: Set<number>, stream: EventSource | undefined, timer: number }} */
let open = { id: "", ingest: undefined, entries: new Set(), stream: undefined, timer: 0 };
/** @type {{ may: { cancel: boolean, create: boolean }, onClose: () => void, onDone: () => void }} */
let owner = { may: { cancel: false, create: false }, onClose() {}, onDone() {} };

/** @param {{ onClose: () => void, onDone: () => void }} listeners when it was closed; when something was done */
export function startDetail(listeners) {
  owner = { ...owner, ...listeners };
  const drawer = byId("detail", HTMLDialogElement);
  closable(drawer);
  drawer.addEventListener("close", () => {
    if (open.id === "") return;
    leave();
    owner.onClose();
  });
  for (const deed of /** @type {const} */ (["retry", "stop", "cancel"])) {
    byId(`detail-${deed}`).addEventListener("click", () => void act(deed));
  }
  factElements = FACTS.map((fact) => ({
    fact,
    dt: element("dt", {}, fact.label),
    dd: factValue(fact),
  }));
  byId("detail-facts").append(...factElements.flatMap(({ dt, dd }) => [dt, dd]));
}

/** @param {Fact} fact */
function factValue({ label, copy }) {
  const text = element("span");
  if (!copy) return element("dd", {}, text);
  const name = `Copy ${label.toLowerCase()}`;
  const button = element(
    "button",
    { class: "icon-button", type: "button", "aria-label": name, title: name },
    icon("copy"),
  );
  button.addEventListener("click", () => {
    void navigator.clipboard.writeText(text.textContent ?? "").then(
      () => say("Copied"),
      () => say("The browser does not allow to copy. Select the text instead."),
    );
  });
  return element("dd", { class: "copyable" }, text, button);
}

/**
 * @param {string} id
 * @param {Ingest | undefined} known what the list knows of it
 * @param {{ cancel: boolean, create: boolean }} may
 */
export function openDetail(id, known, may) {
  owner.may = may;
  if (open.id === id) return;
  leave();
  open = { id, ingest: undefined, entries: new Set(), stream: undefined, timer: 0 };
  byId("detail-timeline").replaceChildren();
  byId("detail-message").hidden = true;
  for (const name of ["detail-title", "detail-url"]) setText(byId(name), "");
  if (known) show(known);
  const drawer = byId("detail", HTMLDialogElement);
  if (!drawer.open) drawer.showModal();
  byId("detail-title").focus();
  find(drawer, ".drawer-body").scrollTop = 0;
  void load(id);
}

/** Closes it without telling. */
export function closeDetail() {
  leave();
  byId("detail", HTMLDialogElement).close();
}

function leave() {
  open.stream?.close();
  clearTimeout(open.timer);
  open = { ...open, id: "", stream: undefined };
}

/** @param {string} id */
async function load(id) {
  try {
    const detail = await api.read(id);
    if (open.id !== id) return;
    byId("detail-message").hidden = true;
    showDetail(detail);
    follow(id);
  } catch (error) {
    if (!(error instanceof api.ApiError)) throw error;
    if (open.id !== id) return;
    const message = byId("detail-message");
    message.hidden = false;
    setText(
      message,
      error.status === 404 ? "There is no such ingest, or it is no longer remembered." : error.text,
    );
    if (error.status === 0 || error.status >= 500)
      open.timer = setTimeout(() => void load(id), AGAIN);
  }
}

/** @param {IngestDetail} detail */
function showDetail(detail) {
  show(detail);
  for (const entry of detail.timeline) showEntry(entry);
}

/** Reads what happens from now on. The browser itself comes back after a short break, and says what it has seen last. */
function follow(/** @type {string} */ id) {
  open.stream?.close();
  const stream = api.events(id);
  open.stream = stream;
  stream.addEventListener("ingest", ({ data }) => show(JSON.parse(data)));
  stream.addEventListener("entry", ({ data }) => showEntry(JSON.parse(data)));
  stream.addEventListener("end", () => stream.close());
  stream.addEventListener("error", () => {
    if (stream.readyState !== EventSource.CLOSED || open.stream !== stream) return;
    open.timer = setTimeout(() => void load(id), AGAIN);
  });
}

/** @param {Ingest} ingest */
function show(ingest) {
  open.ingest = ingest;
  const badge = byId("detail-state");
  badge.dataset.state = ingest.state;
  setIcon(badge, ingest.state);
  setText(find(badge, "span"), STATE_NAMES[ingest.state]);
  setText(byId("detail-title"), nameOf(ingest));
  setText(byId("detail-url"), ingest.url);
  showProgress(ingest);
  showError(ingest);
  for (const { fact, dt, dd } of factElements) {
    const value = fact.value(ingest);
    dt.hidden = dd.hidden = !value;
    setText(find(dd, "span"), value ?? "");
  }
  byId("detail-cancel").hidden = !(isOpen(ingest) && owner.may.cancel);
  byId("detail-stop").hidden = !(ingest.state === "running" && owner.may.cancel);
  byId("detail-retry").hidden = !(isRetryable(ingest) && owner.may.create);
}

/** @param {Ingest} ingest */
function showProgress(ingest) {
  const share = shareOf(ingest);
  const left = leftOf(ingest);
  const moving = ingest.state === "running";
  byId("detail-progress").dataset.state = ingest.state;
  byId("detail-progress").hidden = !moving && !isStored(ingest) && ingest.bytes === 0;
  setText(byId("detail-percent"), share === undefined ? "" : `${Math.floor(share * 100)}%`);
  setText(byId("detail-phase"), (moving && ingest.phase) || "");
  const bar = find(byId("detail-progress"), "progress", HTMLProgressElement);
  setProgress(bar, share ?? (moving ? undefined : 0));
  const facts = [
    amount(ingest),
    moving && rate(ingest.rate),
    left !== undefined && `${duration(left)} left`,
  ];
  setText(byId("detail-amount"), facts.filter(Boolean).join(" · "));
}

/** @param {Ingest} ingest */
function showError({ error }) {
  byId("detail-error").hidden = error === undefined;
  if (error === undefined) return;
  setText(byId("detail-error-message"), error.message);
  setText(byId("detail-error-hint"), error.hint);
  setText(byId("detail-error-code"), [error.code, error.requestId].filter(Boolean).join(" · "));
}

/** @param {TimelineEntry} entry */
function showEntry({ seq, at, type, text, actor }) {
  if (open.entries.has(seq)) return;
  open.entries.add(seq);
  const when = actor === undefined ? moment(at) : `${moment(at)} · ${actor}`;
  const time = element("time", { datetime: at }, when);
  const line = element("li", { "data-type": type, "data-seq": String(seq) }, text, time);
  const list = byId("detail-timeline");
  // Of a long timeline the middle comes last.
  const later = [...list.children].find((one) => Number(one.getAttribute("data-seq")) > seq);
  list.insertBefore(line, later ?? null);
}

/** @param {"retry" | "stop" | "cancel"} deed */
async function act(deed) {
  const { id, ingest } = open;
  if (ingest === undefined) return;
  const button = byId(`detail-${deed}`, HTMLButtonElement);
  button.disabled = true;
  await perform(deed, ingest);
  button.disabled = false;
  if (open.id !== id) return;
  owner.onDone();
  await load(id);
  // The button that was pressed may be gone now.
  if (button.hidden) byId("detail-title").focus();
}
