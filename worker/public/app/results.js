// @ts-check
// What the service said to each request that was sent.
/** @import { Sent } from "./sending.js" */
import { byId, element, icon } from "./dom.js";
import { nameOf } from "./states.js";

/** Ten thousand lines at once would be slow, and nobody reads them. */
const STEP = 100;

/**
 * Shows some more of them: first those that were refused.
 * @param {readonly Sent[]} sent
 */
export function showResults(sent) {
  const list = byId("results");
  const sorted = [
    ...sent.filter(({ outcome }) => "error" in outcome),
    ...sent.filter(({ outcome }) => "id" in outcome),
  ];
  const from = list.childElementCount;
  list.append(...sorted.slice(from, from + STEP).map(resultLine));
  byId("results-more").hidden = list.childElementCount >= sorted.length;
}

export function clearResults() {
  byId("results").replaceChildren();
  byId("results-more").hidden = true;
}

/** @param {Sent} sent */
function resultLine({ row, outcome }) {
  const url = row.request.url ?? "";
  const name = nameOf({ title: row.request.title, url: url.replace(/[?#].*/, "") });
  if ("error" in outcome) {
    const { detail, hint } = outcome.error;
    const text = element("span", {}, `Line ${row.line}: ${name}`);
    return element(
      "li",
      { "data-state": "failed" },
      icon("failed"),
      text,
      element("p", {}, `${detail} ${hint}`.trim()),
    );
  }
  const link = element("a", { href: `#job=${encodeURIComponent(outcome.id)}` }, name);
  return element("li", { "data-state": "done" }, icon("done"), link);
}
