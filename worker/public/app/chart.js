// @ts-check
// Throughput over the last ten minutes. What was measured survives a reload of the page, not the tab.
import { byId, setAttribute, setText, svg } from "./dom.js";
import { rate, scaled } from "./format.js";

const SPAN = 10 * 60_000;
/** A point stands for this long: the highest of what was measured in it. */
const STEP = 5_000;
/** Without a measurement for longer the line is broken: a hidden page asks every 30 s. */
const GAP = 45_000;
const STORE = "throughput";
/** The scale ends no lower: a line of single bytes would look like something. */
const LEAST = 1024 * 1024;

/** @typedef {{ at: number, rate: number }} Sample */
/** @typedef {{ width: number, height: number, top: number, now: number }} Frame */

/** @type {Sample[]} */
let samples = [];
/** @type {Frame | undefined} */
let frame;

export function startChart() {
  samples = stored();
  const chart = byId("chart", SVGSVGElement);
  new ResizeObserver(() => draw()).observe(chart);
  chart.addEventListener("pointermove", (event) => point(event.offsetX));
  chart.addEventListener("pointerleave", () => point(undefined));
}

/** @param {number} value bytes a second */
export function measured(value) {
  const at = Math.floor(Date.now() / STEP) * STEP;
  const last = samples.at(-1);
  if (last?.at === at) last.rate = Math.max(last.rate, value);
  else samples.push({ at, rate: value });
  samples = samples.filter((sample) => sample.at > Date.now() - SPAN);
  sessionStorage.setItem(STORE, JSON.stringify(samples));
  draw();
}

/** Nothing of one person's session is shown in the next. */
export function forget() {
  samples = [];
  sessionStorage.removeItem(STORE);
}

/** @returns {Sample[]} */
function stored() {
  try {
    return JSON.parse(sessionStorage.getItem(STORE) ?? "[]");
  } catch {
    return [];
  }
}

function draw() {
  const chart = byId("chart", SVGSVGElement);
  const { width, height } = chart.getBoundingClientRect();
  if (width === 0) return;
  const peak = Math.max(0, ...samples.map((sample) => sample.rate));
  frame = { width, height, top: Math.max(LEAST, ceiling(peak)), now: Date.now() };
  chart.replaceChildren(...grid(frame), ...curves(frame), ...labels(frame));
  setText(byId("peak"), samples.length ? rate(peak) : "–");
  setAttribute(chart, "aria-label", described(peak));
}

/**
 * A round number of its unit above the peak.
 * @param {number} peak
 */
function ceiling(peak) {
  let unit = 1;
  while (peak / unit >= 1000) unit *= 1024;
  const steps = [1, 2, 4, 5, 10, 20, 40, 50, 100, 200, 400, 500, 1000];
  return unit * (steps.find((step) => step * unit >= peak * 1.05) ?? 1024);
}

/** @param {number} peak */
function described(peak) {
  if (samples.length === 0) return "Throughput of the last 10 minutes: nothing measured yet";
  const mean = samples.reduce((sum, sample) => sum + sample.rate, 0) / samples.length;
  const now = samples.at(-1)?.rate ?? 0;
  return `Throughput of the last 10 minutes: now ${rate(now)}, on average ${rate(mean)}, at most ${rate(peak)}`;
}

const FOOT = 20;
/** @param {Frame} frame @param {number} at */
const across = ({ width, now }, at) => Math.max(0, width * (1 - (now - at) / SPAN));
/** @param {Frame} frame @param {number} value */
const up = ({ height, top }, value) => (height - FOOT) * (1 - value / top) + 1;

/** @param {Frame} frame */
function grid(frame) {
  return [0, 0.5, 1].map((share) => {
    const y = Math.round(up(frame, frame.top * share)) + 0.5;
    return svg("line", { class: "grid", x1: 0, x2: frame.width, y1: y, y2: y });
  });
}

/** Above the curve, which they must not be crossed by. @param {Frame} frame */
function labels(frame) {
  const rates = [0.5, 1].map((share) => {
    const [amount, unit] = scaled(frame.top * share);
    const text = `${amount.replace(/\.0$/, "")} ${unit}/s`;
    return svg("text", { x: 0, y: up(frame, frame.top * share) + 14 }, text);
  });
  const foot = frame.height - 4;
  const times = [
    svg("text", { x: 0, y: foot }, "10 min ago"),
    svg("text", { x: frame.width / 2, y: foot, "text-anchor": "middle" }, "5 min"),
    svg("text", { x: frame.width, y: foot, "text-anchor": "end" }, "now"),
  ];
  return [...(samples.length ? rates : []), ...times];
}

/** @param {Frame} frame */
function curves(frame) {
  const floor = up(frame, 0);
  return runs().flatMap((run) => {
    const points = run.map(
      ({ at, rate }) => `${across(frame, at).toFixed(1)},${up(frame, rate).toFixed(1)}`,
    );
    const [first, last] = [run[0], run.at(-1)];
    if (first === undefined || last === undefined) return [];
    const area = `M${across(frame, first.at)},${floor}L${points.join("L")}L${across(frame, last.at)},${floor}Z`;
    return [
      svg("path", { class: "area", d: area }),
      svg("path", { class: "curve", d: `M${points.join("L")}` }),
    ];
  });
}

/** The samples, cut where none were taken for long. */
function runs() {
  /** @type {Sample[][]} */
  const found = [];
  for (const sample of samples) {
    const last = found.at(-1)?.at(-1);
    if (last !== undefined && sample.at - last.at <= GAP) found.at(-1)?.push(sample);
    else found.push([sample]);
  }
  return found;
}

/** @param {number | undefined} x */
function point(x) {
  const tip = byId("chart-tip");
  const chart = byId("chart", SVGSVGElement);
  for (const old of chart.querySelectorAll(".cursor, .dot")) old.remove();
  const near = x === undefined || frame === undefined ? undefined : nearest(frame, x);
  tip.hidden = near === undefined;
  if (near === undefined || frame === undefined) return;
  const at = across(frame, near.at);
  const ago = Math.round((frame.now - near.at) / 1000);
  const past = ago < 60 ? `${ago} s ago` : `${Math.round(ago / 60)} min ago`;
  chart.append(
    svg("line", { class: "cursor", x1: at, x2: at, y1: 0, y2: frame.height - FOOT }),
    svg("circle", { class: "dot", cx: at, cy: up(frame, near.rate), r: 4 }),
  );
  setText(tip, `${rate(near.rate)} · ${past}`);
  tip.style.setProperty("--x", `${Math.min(frame.width - 80, Math.max(80, at))}px`);
}

/**
 * @param {Frame} frame
 * @param {number} x
 * @returns {Sample | undefined}
 */
function nearest(frame, x) {
  const distance = (/** @type {Sample} */ sample) => Math.abs(across(frame, sample.at) - x);
  return samples.reduce(
    (best, sample) => (best === undefined || distance(sample) < distance(best) ? sample : best),
    samples[0],
  );
}
