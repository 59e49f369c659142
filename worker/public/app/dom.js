// @ts-check
// The page's elements, and how they change. What came over the network only ever becomes text.

/**
 * The element with this id; the page's own HTML says that it is there and what it is.
 * @template {Element} [T=HTMLElement]
 * @param {string} id
 * @param {{ new (): T }} [_kind] its class, if more than that of any element is needed
 * @returns {T}
 */
export function byId(id, _kind) {
  return /** @type {T} */ (/** @type {unknown} */ (document.getElementById(id)));
}

/**
 * The first element inside that fits.
 * @template {Element} [T=HTMLElement]
 * @param {ParentNode} parent
 * @param {string} selector
 * @param {{ new (): T }} [_kind]
 * @returns {T}
 */
export function find(parent, selector, _kind) {
  return /** @type {T} */ (/** @type {unknown} */ (parent.querySelector(selector)));
}

/**
 * A new element with these attributes and children.
 * @param {string} name
 * @param {Record<string, string>} [attributes]
 * @param {(Node | string)[]} children
 */
export function element(name, attributes = {}, ...children) {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  made.append(...children);
  return made;
}

const SVG = "http://www.w3.org/2000/svg";

/**
 * @param {string} name
 * @param {Record<string, string | number>} [attributes]
 * @param {string} [text]
 */
export function svg(name, attributes = {}, text = "") {
  const made = document.createElementNS(SVG, name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, String(value));
  made.textContent = text;
  return made;
}

/** @param {string} name */
export function icon(name) {
  const made = svg("svg", { class: "icon", "aria-hidden": "true" });
  made.append(svg("use", { href: `#i-${name}` }));
  return made;
}

// Only what differs is written: an untouched row costs no layout, and a screen reader hears nothing twice.

/**
 * @param {Element} target
 * @param {string} text
 */
export function setText(target, text) {
  if (target.textContent !== text) target.textContent = text;
}

/**
 * @param {Element} target
 * @param {string} name
 * @param {string | null} value null removes it
 */
export function setAttribute(target, name, value) {
  if (target.getAttribute(name) === value) return;
  if (value === null) target.removeAttribute(name);
  else target.setAttribute(name, value);
}

/**
 * @param {Element} holder has an icon inside
 * @param {string} name
 */
export function setIcon(holder, name) {
  setAttribute(find(holder, "use"), "href", `#i-${name}`);
}

/**
 * @param {HTMLProgressElement} bar
 * @param {number | undefined} share 0 to 1; undefined says that it moves, and nobody knows how far
 */
export function setProgress(bar, share) {
  setAttribute(bar, "value", share === undefined ? null : share.toFixed(4));
}
