/** What of the video is replaced: one person alone or in a conversation, each person, or parts. */

import { choice, h } from "./dom.js";
import { changeScope, form, onChange, scope } from "./form.js";
import { item, items, onLibrary } from "./library.js";
import { onPeople, people } from "./people.js";

/** @param {HTMLElement} section */
export function showScope(section) {
  const body = section.querySelector(".body");
  const modes = h("div", {});
  const rest = h("div", {});
  body.replaceChildren(modes, rest);
  let shown = "";

  async function draw() {
    const one = item("target", form.target);
    section.hidden = !one || Boolean(one.problem);
    if (section.hidden) {
      shown = "";
      return;
    }
    const { mode } = scope();
    const several = people().length > 1;
    const files = mode === "talk" ? ["speech", "target"].map((kind) => items(kind).map(({ id }) => id)) : null;
    const key = JSON.stringify([one.id, mode, several, files]);
    if (key === shown) return;
    const focused = modes.contains(document.activeElement);
    shown = key;
    modes.replaceChildren(
      choice(
        "What is replaced",
        "mode",
        [
          ["whole", "One person"],
          ...(several || mode === "people" ? [["people", "Each person their own"]] : []),
          ["talk", "In a conversation"],
          ["parts", "Only parts"],
        ],
        mode,
        (value) => changeScope({ mode: value }),
      ),
    );
    if (focused) modes.querySelector("input:checked")?.focus();
    if (mode === "whole") rest.replaceChildren();
    else if (mode === "talk") (await import("./conversation.js")).showConversation(rest);
    else if (mode === "people") (await import("./voices.js")).showVoices(rest, one);
    else (await import("./segments.js")).showSegments(rest, one);
  }
  onChange((parts) => (parts.includes("scopes") || parts.includes("target")) && draw());
  onLibrary(draw);
  onPeople(draw);
  draw();
}
