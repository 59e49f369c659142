// @ts-check
// What all dialogs do: close by their buttons and by a click beside them, ask back, and say in short what happened.
import { byId, find, setText } from "./dom.js";

/** @param {HTMLDialogElement} dialog */
export function closable(dialog) {
  for (const button of dialog.querySelectorAll("[data-close]")) {
    button.addEventListener("click", () => dialog.requestClose());
  }
  // Only the backdrop is the dialog itself; whatever lies in it is a target of its own.
  dialog.addEventListener("pointerdown", (event) => {
    if (event.target === dialog && !inside(dialog, event)) dialog.requestClose();
  });
}

/**
 * @param {HTMLDialogElement} dialog
 * @param {PointerEvent} event
 */
function inside(dialog, { clientX: x, clientY: y }) {
  const { left, right, top, bottom } = dialog.getBoundingClientRect();
  return x >= left && x <= right && y >= top && y <= bottom;
}

/**
 * Asks whether to do it.
 * @param {{ title: string, text: string, yes: string, danger?: boolean }} question
 * @returns {Promise<boolean>}
 */
export function ask({ title, text, yes, danger = false }) {
  const dialog = byId("confirm", HTMLDialogElement);
  const button = byId("confirm-yes");
  setText(byId("confirm-title"), title);
  setText(byId("confirm-text"), text);
  setText(button, yes);
  button.classList.toggle("danger", danger);
  dialog.returnValue = "";
  dialog.showModal();
  // The harmless answer has the focus when it is about a loss.
  const first = danger ? find(dialog, "[value=no]", HTMLElement) : button;
  first.focus();
  const { promise, resolve } = Promise.withResolvers();
  dialog.addEventListener("close", () => resolve(dialog.returnValue === "yes"), { once: true });
  return promise;
}

let fading = 0;

/** @param {string} text shown for some seconds, and read out */
export function say(text) {
  const toasts = byId("toasts");
  // Beside an open modal dialog everything is inert, and inert text is not read out.
  const top = [...document.querySelectorAll("dialog[open]")].at(-1) ?? document.body;
  if (toasts.parentElement !== top) top.append(toasts);
  toasts.hidePopover();
  toasts.showPopover();
  toasts.textContent = text;
  clearTimeout(fading);
  fading = setTimeout(() => toasts.hidePopover(), 5_000);
}
