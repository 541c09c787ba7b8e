/** Says beside "Options" which of them differ from the defaults. */

import { form, onChange } from "./form.js";

/** @param {HTMLElement} section */
export function showChanged(section) {
  const note = section.querySelector(".note");
  const draw = () => {
    const list = Object.entries(form.options).map(([flag, value]) => `${flag} ${value}`);
    note.textContent = list.length ? list.join(", ") : "all at their defaults";
  };
  onChange((parts) => parts.includes("options") && draw());
  draw();
}
