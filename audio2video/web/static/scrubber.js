/** Any frame of a target, with a slider over its time. */

import { h } from "./dom.js";
import { clock } from "./format.js";
import { frame } from "./library.js";
import { waveBox } from "./wave.js";

/**
 * @param {import("./types.js").Item} item
 * @returns {{element: HTMLElement, layer: HTMLElement, goTo: (at: number) => void,
 *   onMove: (listener: (at: number) => void) => void, at: () => number}}
 */
export function scrubber(item) {
  const { width, height, rate } = item;
  const last = Math.max(0, item.seconds - 1 / rate);
  const listeners = new Set();
  let wanted = null;
  let busy = false;
  const picture = h("img", { alt: `Frame of ${item.name}`, width, height, on: { load: next, error: next } });
  const layer = h("div", { class: "boxes" });
  const now = h("output", { class: "time", text: clock(0) });
  const slider = h("input", {
    type: "range", class: "over", min: 0, max: last, step: 1 / rate, value: 0, "aria-label": "Time in the video",
    on: { input: () => move(Number(slider.value)) },
  });

  const place = h("div", { class: "played" });
  const track = h(
    "div",
    { class: item.sound ? "wave-row" : "wave-row silent" },
    item.sound ? waveBox("target", item.id) : h("div", { class: "wave-box" }),
    place,
    slider,
  );

  function next() {
    busy = false;
    if (wanted !== null) load(wanted);
  }
  function load(at) {
    // One picture at a time: while one comes, only the latest place is remembered.
    if (busy) {
      wanted = at;
      return;
    }
    [busy, wanted] = [true, null];
    picture.src = frame(item.id, at, 640);
  }
  function move(at) {
    now.textContent = clock(at);
    place.style.width = `${(at / Math.max(item.seconds, 1e-6)) * 100}%`;
    slider.setAttribute("aria-valuetext", clock(at));
    load(at);
    for (const listener of listeners) listener(at);
  }
  function goTo(at) {
    slider.value = Math.min(last, Math.max(0, at));
    move(Number(slider.value));
  }

  const stage = h("div", { class: "frame", style: { aspectRatio: `${width} / ${height}` } }, picture, layer);
  stage.style.maxWidth = `${Math.round((22 * width) / height)}rem`;
  const element = h("div", { class: "scrubber" }, stage, h("div", { class: "line" }, track, now));
  goTo(0);
  return { element, layer, goTo, onMove: (one) => listeners.add(one), at: () => Number(slider.value) };
}
