// @ts-check
// The sheet in which media are added: pasted lines or a CSV, looked through, sent, and each answer listed.
/** @import { Manifest } from "./manifest.js" */
import { ApiError } from "./api.js";
import { CsvError } from "./csv.js";
import { ask, closable, say } from "./dialogs.js";
import { byId, element, setText } from "./dom.js";
import { bytes, counted, whole } from "./format.js";
import { fromCsv, fromLines } from "./manifest.js";
import { OPTIONS } from "./options.gen.js";
import { clearResults, showResults } from "./results.js";
import { Sending } from "./sending.js";

const LARGEST = 64 * 1024 * 1024;
const SHOWN_TROUBLES = 50;

/** @type {Readonly<Record<string, string>>} */
const KIND_NAMES = {
  video: "Video",
  image: "Image",
  attached: "Watermark, subtitle, material",
  playlist: "HLS playlist",
};

/** @type {{ name: string, manifest: Manifest } | undefined} */
let file;
/** @type {Sending | undefined} */
let sending;
/** @type {Promise<void>} */
let underWay = Promise.resolve();
let onAdded = () => {};

/** @param {() => void} listener called when the service has taken some */
export function startAdd(listener) {
  onAdded = listener;
  const sheet = byId("add", HTMLDialogElement);
  closable(sheet);
  const kinds = OPTIONS.as.values.map((kind) =>
    element("option", { value: kind }, KIND_NAMES[kind] ?? kind),
  );
  byId("as").replaceChildren(...kinds);
  sheet.addEventListener("cancel", (event) => {
    if (sending === undefined || sending.done || sending.sent.length === 0) return;
    event.preventDefault();
    void stopSending();
  });
  sheet.addEventListener("close", () => {
    if (sending?.done) reset();
  });
  byId("add-form").addEventListener("submit", (event) => {
    event.preventDefault();
    void send();
  });
  byId("urls").addEventListener("input", () => showCounts());
  byId("file").addEventListener("change", () => {
    void readFile(byId("file", HTMLInputElement).files?.[0]);
  });
  byId("file-clear").addEventListener("click", () => {
    useFile(undefined);
    byId("file").focus();
  });
  byId("results-more").addEventListener("click", () => showResults(sending?.sent ?? []));
  byId("results").addEventListener("click", (event) => {
    if (event.target instanceof HTMLAnchorElement) sheet.close();
  });
  startDrop();
}

export function openAdd() {
  const sheet = byId("add", HTMLDialogElement);
  if (sheet.open) return;
  sheet.showModal();
  if (sending === undefined) byId("urls").focus();
}

/** A file may be dropped anywhere; without this the browser would leave the page to show it. */
function startDrop() {
  const drop = byId("drop");
  const holdsFile = (/** @type {DragEvent} */ event) =>
    document.body.dataset.screen === "app" && event.dataTransfer?.types.includes("Files");
  addEventListener("dragover", (event) => {
    if (!holdsFile(event)) return;
    event.preventDefault();
    drop.classList.add("over");
  });
  addEventListener("dragleave", (event) => {
    if (event.relatedTarget === null) drop.classList.remove("over");
  });
  addEventListener("drop", (event) => {
    if (!holdsFile(event)) return;
    event.preventDefault();
    drop.classList.remove("over");
    openAdd();
    if (sending === undefined) void readFile(event.dataTransfer?.files[0]);
  });
}

/** @param {File | undefined} chosen */
async function readFile(chosen) {
  if (chosen === undefined) return;
  if (chosen.size > LARGEST) {
    say(
      `${chosen.name} has ${bytes(chosen.size)}; ${bytes(LARGEST)} is the most. Cut it in pieces.`,
    );
    return;
  }
  setText(byId("add-count"), "Reading…");
  useFile({ name: chosen.name, manifest: await parsed(await chosen.text()) });
}

/**
 * @param {string} text
 * @returns {Promise<Manifest>}
 */
async function parsed(text) {
  try {
    return await fromCsv(text);
  } catch (error) {
    if (!(error instanceof CsvError)) throw error;
    return { rows: [], troubles: [{ line: error.line, text: error.message }] };
  }
}

/** @param {typeof file} chosen */
function useFile(chosen) {
  file = chosen;
  byId("file", HTMLInputElement).value = "";
  byId("add-paste").hidden = chosen !== undefined;
  byId("file-clear").hidden = chosen === undefined;
  byId("drop-hint").hidden = chosen !== undefined;
  const text = byId("drop-text");
  text.replaceChildren(
    ...(chosen
      ? [element("strong", {}, chosen.name)]
      : [
          "Drop a CSV here, or ",
          element("label", { for: "file", class: "link" }, "choose a file"),
        ]),
  );
  showPreview(chosen?.manifest);
  showCounts();
}

/** @param {Manifest | undefined} manifest */
function showPreview(manifest) {
  const preview = byId("preview");
  preview.hidden = !manifest?.first?.length;
  const row = (/** @type {string} */ name, /** @type {string[]} */ cells) =>
    element("tr", {}, ...cells.map((cell) => element(name, {}, cell)));
  preview.querySelector("thead")?.replaceChildren(row("th", manifest?.header ?? []));
  preview
    .querySelector("tbody")
    ?.replaceChildren(...(manifest?.first ?? []).map((cells) => row("td", cells)));
}

/** What would be sent now. */
function current() {
  return file?.manifest ?? fromLines(byId("urls", HTMLTextAreaElement).value);
}

function showCounts() {
  const { rows, troubles } = current();
  setText(byId("add-count"), rows.length || file ? `${whole(rows.length)} to add` : "");
  setText(byId("add-send"), rows.length > 1 ? `Add ${whole(rows.length)}` : "Add");
  // While a line is being typed it is wrong most of the time: what was pasted is judged when it is sent.
  showTroubles(file ? troubles : []);
}

/** @param {Manifest["troubles"]} troubles */
function showTroubles(troubles) {
  const shown = troubles.slice(0, SHOWN_TROUBLES);
  const rest = troubles.length - shown.length;
  const lines = shown.map(({ line, text }) => element("li", {}, `Line ${line}: ${text}`));
  if (rest > 0) lines.push(element("li", {}, `and ${counted(rest, "more line")}`));
  byId("add-problems").replaceChildren(
    ...(lines.length
      ? [
          element("p", {}, `${counted(troubles.length, "line")} cannot be added:`),
          element("ul", {}, ...lines),
        ]
      : []),
  );
}

async function send() {
  if (sending?.done) {
    reset();
    byId("urls").focus();
    return;
  }
  if (sending === undefined) {
    const { rows, troubles } = current();
    showTroubles(troubles);
    // Pasted lines can be mended on the spot; a file's good rows need not wait for that.
    if (rows.length === 0 || (troubles.length > 0 && file === undefined)) {
      if (troubles.length === 0) say("Paste a URL first, or choose a file.");
      if (file === undefined) byId("urls").focus();
      return;
    }
    sending = new Sending(rows.map(withOptions));
  }
  underWay = run(sending);
  await underWay;
}

/** @param {Manifest["rows"][number]} row */
function withOptions({ line, request }) {
  const as = /** @type {"video"} */ (byId("as", HTMLSelectElement).value);
  const { checked: wait } = byId("wait", HTMLInputElement);
  return { line, request: { as, ...(wait ? { wait } : {}), ...request } };
}

/** @param {Sending} work */
async function run(work) {
  const [button, problem] = [byId("add-send", HTMLButtonElement), byId("add-error")];
  byId("add-form").hidden = true;
  byId("add-sending").hidden = false;
  problem.hidden = true;
  button.disabled = true;
  setText(byId("add-count"), "");
  showSent(work);
  try {
    await work.run(() => {
      if (work === sending) showSent(work);
      onAdded();
    });
  } catch (error) {
    if (!(error instanceof ApiError)) throw error;
    if (work !== sending) return;
    problem.hidden = false;
    setText(problem, error.text);
    setText(button, "Try again");
  }
  if (work !== sending) return;
  button.disabled = false;
  if (work.done) finish();
}

/** @param {Sending} work */
function showSent({ sent, rows, done }) {
  byId("sent-bar", HTMLProgressElement).value = sent.length / rows.length;
  const rejected = sent.filter(({ outcome }) => "error" in outcome).length;
  const so = rejected ? `, ${whole(rejected)} refused` : "";
  const text = done
    ? `${whole(sent.length - rejected)} added${so}.`
    : `Sending: ${whole(sent.length)} of ${whole(rows.length)}${so}`;
  setText(byId("sent"), text);
}

function finish() {
  setText(byId("add-send"), "Add more");
  setText(byId("add-cancel"), "Close");
  showResults(sending?.sent ?? []);
  byId("add-title").focus();
}

async function stopSending() {
  const work = sending;
  const question = {
    title: "Stop adding?",
    text: "What has been added stays.",
    yes: "Stop adding",
  };
  if (work === undefined || !(await ask(question))) return;
  work.stopped = true;
  reset();
  byId("add", HTMLDialogElement).close();
  // The batch that is under way may still be taken.
  await underWay;
  say(`Stopped: ${whole(work.sent.length)} of ${whole(work.rows.length)} were sent.`);
}

function reset() {
  sending = undefined;
  byId("add-send", HTMLButtonElement).disabled = false;
  byId("urls", HTMLTextAreaElement).value = "";
  clearResults();
  byId("add-form").hidden = false;
  byId("add-sending").hidden = true;
  setText(byId("add-cancel"), "Cancel");
  useFile(undefined);
}
