/** The chosen video: its frames, its people, and what is kept of it. */

import { button, h } from "./dom.js";
import { scrubber } from "./scrubber.js";
import { waveBox } from "./wave.js";

/**
 * @param {HTMLElement} root
 * @param {import("./types.js").Item} item
 * @returns {() => void} stops what is under way
 */
export function showTarget(root, item) {
  const frames = scrubber(item);
  const stopped = new AbortController();
  const people = h("div", { class: "people" });
  const teeth = button("Teeth…", async () => {
    const { teethDialog } = await import("./teeth.js");
    teethDialog(item);
  });
  const wave = item.target.sound ? waveBox("target", item.id) : null;
  root.replaceChildren(
    frames.element,
    ...(wave ? [wave] : []),
    people,
    h(
      "p",
      { class: "row extra" },
      teeth,
      h("span", { class: "faint", text: "Which frames lend the detail of the teeth." }),
    ),
  );
  frames.element.querySelector(".frame").style.marginInline = "auto";
  import("./people.js").then(({ showPeople }) => {
    if (!stopped.signal.aborted) showPeople(people, item, frames, stopped.signal);
  });
  return () => stopped.abort();
}
