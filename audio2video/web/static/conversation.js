/** A conversation: what the other says, in which video, and whether who is silent listens. */

import { h, select } from "./dom.js";
import { changeScope, form, scope } from "./form.js";
import { items } from "./library.js";
import { speeches } from "./voices.js";

/** @param {HTMLElement} root */
export function showConversation(root) {
  const change = (parts) => changeScope({ talk: { ...scope().talk, ...parts } });
  const { speech, target, listens } = scope().talk;
  const others = items("target").filter((one) => !one.problem && one.id !== form.target);
  const videos = [["", "is not shown"], ...others.map((one) => [one.id, one.name])];
  const silent = h("input", {
    type: "checkbox", "aria-describedby": "silent-help",
    on: { change: () => change({ listens: silent.checked }) },
  });
  silent.checked = listens;
  root.replaceChildren(
    h(
      "table",
      { class: "grid" },
      h("thead", {}, h("tr", {}, ...["", "Speech", "Video"].map((text) => h(text ? "th" : "td", { scope: text ? "col" : null, text })))),
      h(
        "tbody",
        {},
        h(
          "tr",
          {},
          h("th", { scope: "row", text: "The other" }),
          h("td", {}, select("Speech of the other", speeches("choose…"), speech ?? "", (id) => change({ speech: id || null }))),
          h("td", {}, select("Video of the other", videos, target ?? "", (id) => change({ target: id || null }))),
        ),
      ),
    ),
    h("label", { class: "tick" }, silent, h("span", { text: "Who is silent listens" })),
    h("p", {
      class: "faint", id: "silent-help",
      text: "Mouth closed, with a nod where it fits, put together of the person's own video; both voices are heard. How lively and which take: Options, Listening.",
    }),
    h("p", {
      class: "faint",
      text: "Both sounds are equally long, each silent while the other speaks. With a video of the other, each side becomes a video.",
    }),
  );
}
