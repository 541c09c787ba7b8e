/** The chosen video: its frames, its people, and what is kept of it. */

import { button, h } from "./dom.js";
import { scrubber } from "./scrubber.js";

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
  root.replaceChildren(
    frames.element,
    people,
    h(
      "p",
      { class: "row extra" },
      teeth,
      h("span", { class: "faint", text: "Which frames lend the detail of the teeth." }),
    ),
  );
  import("./people.js").then(({ showPeople }) => {
    if (!stopped.signal.aborted) showPeople(people, item, frames, stopped.signal);
  });
  return () => stopped.abort();
}
