/** Each person their own speech. */

import { h, select } from "./dom.js";
import { changeScope, scope } from "./form.js";
import { items } from "./library.js";
import { people } from "./people.js";

/** The speech that there is, for a drop-down. */
export function speeches(first) {
  const usable = items("speech").filter((one) => !one.problem);
  return [["", first], ...usable.map((one) => [one.id, one.name])];
}

/**
 * @param {HTMLElement} root
 * @param {import("./types.js").Item} target
 */
export function showVoices(root, target) {
  const change = (number, parts) => {
    const { voices } = scope();
    const before = voices[number] ?? { speech: null, start: 0 };
    changeScope({ voices: { ...voices, [number]: { ...before, ...parts } } });
  };
  const row = ({ number }) => {
    const { speech, start } = scope().voices[number] ?? { speech: null, start: 0 };
    const from = h("input", {
      type: "number", min: 0, max: target.seconds, step: 0.1, value: start,
      "aria-label": `Second at which person ${number} begins`,
      on: { change: () => change(number, { start: Math.max(0, Number(from.value) || 0) }) },
    });
    return h(
      "tr",
      {},
      h("th", { scope: "row", text: `Person ${number}` }),
      h("td", {}, select(`Speech of person ${number}`, speeches("says nothing new"), speech ?? "",
        (value) => change(number, { speech: value || null }))),
      h("td", {}, from, " s"),
    );
  };
  root.replaceChildren(
    h(
      "table",
      { class: "grid" },
      h("thead", {}, h("tr", {}, ...["Person", "Speech", "Begins at"].map((text) => h("th", { scope: "col", text })))),
      h("tbody", {}, ...people().map(row)),
    ),
    h("p", {
      class: "faint",
      text: "Two may speak at once. Whoever says nothing new stays as in the video; add speech in the card above.",
    }),
  );
}
