/** The people in a video: numbered boxes on its frames, a strip over time; one says the speech. */

import { get, put, task } from "./api.js";
import { button, h, problem, say } from "./dom.js";
import { changeScope, form, onChange, scope } from "./form.js";
import { time } from "./format.js";
import { address } from "./library.js";
import { bar } from "./progress.js";

/** @type {Map<string, import("./types.js").Person[]>} */
const found = new Map();
const listeners = new Set();

/** The people of the chosen video, as far as they are known. */
export function people() {
  return found.get(form.target ?? "") ?? [];
}

/** Hear when people were found. */
export function onPeople(listener) {
  listeners.add(listener);
}

const CELL = 160; // of the strip of pictures: six in a row, each row with a title above
const TITLE = 24;

/**
 * @param {HTMLElement} root
 * @param {import("./types.js").Item} item
 * @param {ReturnType<typeof import("./scrubber.js").scrubber>} frames
 * @param {AbortSignal} signal
 */
export async function showPeople(root, item, frames, signal) {
  const progress = bar("Looking for the people in it");
  root.replaceChildren(progress.element);
  let list;
  let kept;
  try {
    [{ people: list }, kept] = await Promise.all([
      task(address("target", item.id, "people"), progress.show, signal),
      get(address("target", item.id, "options"), signal),
    ]);
  } catch (error) {
    if (!signal.aborted) {
      const again = button("Try again", () => showPeople(root, item, frames, signal));
      root.replaceChildren(problem(error.message), h("p", { class: "row" }, again));
    }
    return;
  }
  if (signal.aborted) return;
  found.set(item.id, list);
  for (const listener of listeners) listener();
  // Settled from here on: another tab may keep someone else beside the target.
  if (list.length > 1 && scope().speaker === null) changeScope({ speaker: speaker(list, kept) });
  draw(root, item, frames, list);
}

/** Who speaks, by the target's own options, or by whom is seen best. */
function speaker(list, { face, face_at: place }) {
  if (face) return face;
  if (place) {
    const [x, y, at = 0] = place.split(",").map(Number);
    const far = (one) => {
      const [left, top] = boxAt(one, at) ?? [Infinity, Infinity];
      return Math.hypot(left - x, top - y);
    };
    return [...list].sort((a, b) => far(a) - far(b))[0].number;
  }
  return list.find((one) => one.speaks)?.number ?? 1;
}

function draw(root, item, frames, list) {
  if (!list.length) {
    root.replaceChildren(problem("No face was found that could be used."));
    return;
  }
  const chosen = () => scope().speaker ?? list[0].number;
  const boxes = list.map((one) =>
    button(String(one.number), () => choose(one.number), { class: "box", hidden: true }),
  );
  frames.layer.replaceChildren(...boxes);
  const rows = list.map((one, k) => row(one, k, list.length, item, choose, frames));
  const several = list.length > 1;
  root.replaceChildren(
    h(
      "fieldset",
      { class: "persons" },
      h("legend", { text: several ? `${list.length} people: who says the speech?` : "One person" }),
      ...rows,
    ),
  );

  function place(at) {
    for (const [k, one] of list.entries()) {
      const there = boxAt(one, at);
      boxes[k].hidden = !there;
      if (!there) continue;
      const [x, y, side] = there;
      const { width, height } = item;
      Object.assign(boxes[k].style, {
        left: `${((x - side / 2) / width) * 100}%`,
        top: `${((y - side / 2) / height) * 100}%`,
        width: `${(side / width) * 100}%`,
        height: `${(side / height) * 100}%`,
      });
    }
  }
  function mark() {
    for (const [k, one] of list.entries()) {
      const on = one.number === chosen();
      boxes[k].classList.toggle("on", on);
      boxes[k].setAttribute("aria-pressed", String(on));
      boxes[k].setAttribute("aria-label", `Person ${one.number}${on ? ", says the speech" : ""}`);
      rows[k].querySelector("input").checked = on;
    }
  }
  async function choose(number) {
    changeScope({ speaker: number });
    say(`Person ${number} says the speech`);
    try {
      await put(address("target", item.id, "speaker"), { number });
    } catch (error) {
      root.append(problem(error.message));
    }
  }
  frames.onMove(place);
  onChange((parts) => parts.includes("scopes") && form.target === item.id && mark(), rows[0]);
  mark();
  const first = list.find((one) => one.number === chosen()) ?? list[0];
  frames.goTo(first.moment);
}

function row(one, k, n, item, choose, frames) {
  const picture = h("span", { class: "portrait" });
  picture.style.backgroundImage = `url("${address("target", item.id, "people.png")}")`;
  // The strip is scaled so that a cell fills the portrait; the title above it stays outside.
  const side = 48;
  picture.style.backgroundSize = `${(6 * CELL * side) / CELL}px auto`;
  picture.style.backgroundPosition = `0 ${-((k * (CELL + TITLE) + TITLE) * side) / CELL}px`;
  const label = h(
    "label",
    {},
    h("input", { type: "radio", name: "speaker", value: one.number, on: { change: () => choose(one.number) } }),
    picture,
    h("span", {}, `Person ${one.number}`, h("br"), h("span", { class: "faint", text: `${time(one.seconds)} usable` })),
  );
  if (n === 1) label.classList.add("alone");
  const bars = one.stretches.map(([begin, end]) =>
    h("span", {
      class: "seen",
      style: {
        left: `${(begin / item.seconds) * 100}%`,
        width: `${Math.max(0.4, ((end - begin) / item.seconds) * 100)}%`,
      },
    }),
  );
  const strip = button("", (event) => {
    const place = strip.getBoundingClientRect();
    const share = event.detail ? (event.clientX - place.left) / place.width : -1;
    frames.goTo(share < 0 ? one.moment : share * item.seconds);
  }, { class: "seen-strip", "aria-label": `Show person ${one.number}: seen ${spoken(one)}` });
  strip.append(...bars);
  return h("div", { class: "person" }, label, strip);
}

function spoken(one) {
  const parts = one.stretches.slice(0, 4).map(([a, b]) => `${a.toFixed(1)} to ${b.toFixed(1)} s`);
  const more = one.stretches.length - parts.length;
  return parts.join(", ") + (more > 0 ? ` and ${more} times more` : "");
}

/** Where a person's face is at a moment: between the moments that are known. */
export function boxAt(one, at) {
  const slack = 0.1;
  if (!one.stretches.some(([a, b]) => at >= a - slack && at <= b + slack)) return null;
  const after = one.boxes.findIndex(([moment]) => moment >= at);
  if (after === 0) return one.boxes[0].slice(1);
  if (after < 0) return one.boxes.length ? one.boxes[one.boxes.length - 1].slice(1) : null;
  const [a, b] = [one.boxes[after - 1], one.boxes[after]];
  const share = (at - a[0]) / Math.max(1e-6, b[0] - a[0]);
  return [1, 2, 3].map((k) => a[k] + (b[k] - a[k]) * share);
}
