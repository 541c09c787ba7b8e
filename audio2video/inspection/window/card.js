/** The frame of every figure: title, what it shows, buttons that save it. */

import { element } from "./dom.js";

/**
 * @param {{title: string, caption: string, buttons?: HTMLElement[], class?: string}} parts
 * @param {...Node} content
 * @returns {HTMLElement}
 */
export function card({ title, caption, buttons = [], class: more = "" }, ...content) {
  return element(
    "figure",
    { class: `w-card ${more}`.trim() },
    element(
      "figcaption",
      {},
      element(
        "div",
        { class: "w-card-head" },
        element("h3", { text: title }),
        buttons.length ? element("div", { class: "w-saves" }, ...buttons) : null,
      ),
      element("p", { text: caption }),
    ),
    ...content,
  );
}

/**
 * A section of the window.
 * @param {string} id
 * @param {string} title
 * @param {string} lead
 * @param {...(Node|null)} content
 * @returns {HTMLElement}
 */
export function section(id, title, lead, ...content) {
  return element(
    "section",
    { class: "w-section", "aria-labelledby": `w-${id}` },
    element("h2", { id: `w-${id}`, tabindex: "-1", text: title }),
    lead ? element("p", { class: "w-lead", text: lead }) : null,
    ...content,
  );
}
