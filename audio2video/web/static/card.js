/** The card of the speech, and that of the video: what is chosen, or the ways to choose. */

import { button, h, problem } from "./dom.js";
import { change, form, onChange } from "./form.js";
import { bytes, count, rate, time } from "./format.js";
import { item, onLibrary } from "./library.js";
import { picker } from "./picker.js";
import { player } from "./player.js";

/**
 * @param {HTMLElement} section
 * @param {"speech"|"target"} kind
 */
export function showCard(section, kind) {
  const body = section.querySelector(".body");
  let shown = null;
  let picking = false;
  let stop = () => {};

  function draw() {
    const one = item(kind, form[kind]);
    const key = JSON.stringify([one ?? null, picking]);
    if (key === shown && one && !picking) return;
    shown = key;
    stop();
    stop = () => {};
    if (!one || picking) body.replaceChildren(picker(kind, choose, one ? keep : null));
    else body.replaceChildren(chosen(one));
  }
  function choose(id) {
    picking = false;
    change({ [kind]: id });
    draw();
    section.querySelector("button")?.focus();
  }
  function keep() {
    picking = false;
    draw();
  }
  function another() {
    picking = true;
    draw();
    section.querySelector("button")?.focus();
  }
  function chosen(one) {
    const head = h(
      "div",
      { class: "chosen" },
      h("span", { class: "name", text: one.name, title: one.name }),
      h("span", { class: "faint", text: facts(one) }),
      button("Change", another, { class: "small", "aria-label": `Change ${one.name}` }),
    );
    if (one.problem) return h("div", {}, head, problem(one.problem));
    const rest = h("div", { class: "media" });
    if (kind === "speech") {
      const heard = player(one);
      stop = heard.stop;
      rest.append(heard.element);
    } else {
      import("./target.js").then(({ showTarget }) => {
        if (rest.isConnected) stop = showTarget(rest, one);
      });
    }
    return h("div", {}, head, rest);
  }

  onChange((parts) => parts.includes(kind) && draw());
  onLibrary(draw);
  draw();
}

/** Length, size, rate. */
function facts(one) {
  if (one.problem) return bytes(one.bytes);
  const channels = { 1: "mono", 2: "stereo" };
  const said =
    one.kind === "target"
      ? [`${one.width}×${one.height}`, rate(one.rate), count(one.frames, "frame")]
      : [`${one.rate / 1000} kHz`, channels[one.channels] ?? `${one.channels} channels`];
  return [time(one.seconds), ...said, bytes(one.bytes)].join(" · ");
}
