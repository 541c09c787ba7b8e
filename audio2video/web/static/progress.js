/** A bar for work of seconds. */

import { h } from "./dom.js";

/** @param {string} title */
export function bar(title) {
  const meter = h("progress", { "aria-label": title });
  const line = h("span", { class: "faint", text: title });
  return {
    element: h("div", { class: "working" }, line, meter),
    /** @param {{stage: string, done: number, total: number|null, unit: string}} now */
    show(now) {
      if (now.total) {
        meter.max = now.total;
        meter.value = now.done;
      }
      const count = now.total ? `: ${now.done} of ${now.total}${now.unit ? ` ${now.unit}s` : ""}` : "";
      line.textContent = now.stage ? `${title} · ${now.stage}${count}` : title;
    },
  };
}
