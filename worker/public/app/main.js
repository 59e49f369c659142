// @ts-check
// Boots the page, moves between its screens, and connects its parts. Where to read on: view.js (what is looked at),
// poll.js and list.js (the list), detail.js (one ingest), add.js (new ones), api.js (the calls).
/** @import { Scope } from "../../src/api/scopes.ts" */
import { openAdd, startAdd } from "./add.js";
import * as api from "./api.js";
import { startChart } from "./chart.js";
import { attempt } from "./deeds.js";
import { closeDetail, openDetail, startDetail } from "./detail.js";
import { ask } from "./dialogs.js";
import { byId, find, setAttribute, setIcon, setText } from "./dom.js";
import {
  allow,
  forgetList,
  isPaused,
  knownIngest,
  refilter,
  showStats,
  startList,
  update,
} from "./list.js";
import { Poller } from "./poll.js";
import { changeView, filterQuery, readView } from "./view.js";

let may = { cancel: false, create: false };
const poller = new Poller(update, showTrouble);
const refresh = () => poller.now();

startTheme();
startLogin();
startList({
  refresh() {
    showFilters();
    refresh();
  },
  onAdd: openAdd,
});
startFilters();
startChart();
startAdd(refresh);
startDetail({
  onClose() {
    if (readView().job === "") return;
    if (history.state?.inside) history.back();
    else changeView({ job: "" }, "replace");
  },
  onDone: refresh,
});
startHeader();
addEventListener("hashchange", followAddress);
addEventListener("popstate", followAddress);
addEventListener("keydown", shortcut);
api.whenExpired(() => showLogin("Your session has ended. Log in again."));
await enter();

/** Shows what the session allows, or asks for a login. */
async function enter() {
  try {
    const { name, scopes } = await api.session();
    showApp(name, scopes);
  } catch (error) {
    if (!(error instanceof api.ApiError)) throw error;
    showLogin(error.status === 401 ? "" : error.text);
  }
}

/**
 * @param {string} name
 * @param {Scope[]} scopes
 */
function showApp(name, scopes) {
  may = { cancel: scopes.includes("cancel"), create: scopes.includes("create") };
  allow(may);
  byId("add-open").hidden = !may.create;
  byId("pause").hidden = !scopes.includes("admin");
  setText(byId("who"), name);
  document.body.dataset.screen = "app";
  byId("login").hidden = true;
  byId("app").hidden = false;
  poller.start();
  followAddress();
}

/** @param {string} message */
function showLogin(message) {
  poller.stop();
  closeDetail();
  for (const dialog of document.querySelectorAll("dialog")) dialog.close();
  forgetList();
  document.body.dataset.screen = "login";
  byId("app").hidden = true;
  byId("login").hidden = false;
  sayLogin(message);
  byId("token").focus();
}

/** @param {string} message */
function sayLogin(message) {
  byId("login-error").hidden = message === "";
  setText(byId("login-error"), message);
}

function startLogin() {
  const token = byId("token", HTMLInputElement);
  byId("login-form").addEventListener("submit", async (event) => {
    event.preventDefault();
    const button = find(byId("login-form"), "button", HTMLButtonElement);
    button.disabled = true;
    await logIn(token);
    button.disabled = false;
  });
}

/** @param {HTMLInputElement} token */
async function logIn(token) {
  if (token.value.trim() === "") return sayLogin("Enter a token.");
  try {
    await api.login(token.value.trim());
    token.value = "";
    setAttribute(token, "aria-invalid", null);
    sayLogin("");
    await enter();
  } catch (error) {
    if (!(error instanceof api.ApiError)) throw error;
    const known = error.status === 401 || error.status === 403;
    sayLogin(known ? "This token is not known. Check that all of it was copied." : error.text);
    setAttribute(token, "aria-invalid", "true");
    token.focus();
    token.select();
  }
}

function startHeader() {
  byId("add-open").addEventListener("click", openAdd);
  byId("logout").addEventListener("click", async () => {
    await api.logout().catch(() => undefined);
    changeView({ job: "" }, "replace");
    showLogin("");
  });
  byId("pause").addEventListener("click", () => void togglePause());
  find(byId("trouble"), "button").addEventListener("click", refresh);
  // What stands behind the # is what is looked at, so this link must not go there.
  byId("skip").addEventListener("click", (event) => {
    event.preventDefault();
    byId("list-heading").focus();
  });
}

async function togglePause() {
  const pausing = !isPaused();
  const question = {
    title: "Pause all ingests?",
    text: "What runs stops at its next part and is kept. Nothing begins until somebody resumes.",
    yes: "Pause all",
  };
  if (pausing && !(await ask(question))) return;
  await attempt(
    async () => showStats(await api.pause(pausing)),
    pausing ? "All ingests are paused" : "All ingests go on",
  );
  refresh();
}

function startFilters() {
  const search = byId("search", HTMLInputElement);
  const range = byId("range", HTMLSelectElement);
  const [from, to] = [byId("from", HTMLInputElement), byId("to", HTMLInputElement)];
  let typing = 0;
  search.addEventListener("input", () => {
    clearTimeout(typing);
    typing = setTimeout(() => refilter({ q: search.value }, "replace"), 250);
  });
  range.addEventListener("change", () => refilter({ range: range.value }, "push"));
  for (const day of [from, to]) {
    day.addEventListener("change", () => refilter({ from: from.value, to: to.value }, "replace"));
  }
  byId("filters").addEventListener("submit", (event) => event.preventDefault());
  byId("csv").addEventListener("click", () => setAttribute(byId("csv"), "href", csvAddress()));
}

function csvAddress() {
  return `/v1/ingests.csv?${filterQuery(readView(), Date.now())}`;
}

/** The fields say what the address says. */
function showFilters() {
  const view = readView();
  const search = byId("search", HTMLInputElement);
  if (document.activeElement !== search) search.value = view.q;
  byId("range", HTMLSelectElement).value = view.range;
  byId("days").hidden = view.range !== "days";
  byId("from", HTMLInputElement).value = view.from;
  byId("to", HTMLInputElement).value = view.to;
  setAttribute(byId("csv"), "href", csvAddress());
}

/** After a link, the back button, or a reload. */
function followAddress() {
  if (document.body.dataset.screen !== "app") return;
  const { job } = readView();
  showFilters();
  if (job) openDetail(job, knownIngest(job), may);
  else closeDetail();
  refresh();
}

/** @param {{ error: api.ApiError, next: number } | undefined} trouble */
function showTrouble(trouble) {
  byId("trouble").hidden = trouble === undefined;
  if (trouble === undefined) return;
  byId("skeleton").hidden = true;
  const { error } = trouble;
  const lost = "Connection lost. What you see may be old; trying again…";
  setText(find(byId("trouble"), "span"), error.status === 0 ? lost : `${error.text} Trying again…`);
}

/** @param {KeyboardEvent} event */
function shortcut(event) {
  const { target, key } = event;
  const writes =
    target instanceof Element && target.matches("input:not([type=checkbox]), textarea, select");
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  if (document.body.dataset.screen !== "app" || document.querySelector("dialog[open]")) return;
  if (key === "Escape" && target === byId("search")) byId("search").blur();
  if (writes || (key !== "/" && key !== "n")) return;
  event.preventDefault();
  if (key === "/") byId("search").focus();
  else if (may.create) openAdd();
}

function startTheme() {
  const themes = ["system", "light", "dark"];
  const button = byId("theme");
  const show = () => {
    const theme = document.documentElement.dataset.theme ?? "system";
    setIcon(button, theme);
    for (const name of ["aria-label", "title"]) setAttribute(button, name, `Theme: ${theme}`);
  };
  button.addEventListener("click", () => {
    const { dataset } = document.documentElement;
    const next =
      themes[(themes.indexOf(dataset.theme ?? "system") + 1) % themes.length] ?? "system";
    localStorage.setItem("theme", next);
    if (next === "system") delete dataset.theme;
    else dataset.theme = next;
    show();
  });
  show();
}
