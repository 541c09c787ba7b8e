/** The course of loudness, drawn as one shape that takes any size. */

import { get } from "./api.js";
import { h, svg } from "./dom.js";
import { address } from "./library.js";

const kept = new Map();

/** @returns {Promise<{seconds: number, peaks: number[]}>} */
export function waveform(kind, id) {
  const from = address(kind, id, "waveform");
  if (!kept.has(from)) {
    kept.set(from, get(from).catch((error) => (kept.delete(from), Promise.reject(error))));
  }
  return kept.get(from);
}

/** @param {number[]} peaks 0 to 1 @returns {SVGElement} */
export function wave(peaks) {
  const n = Math.max(1, peaks.length);
  // The loudest fills the height: quiet speech is to be seen as well.
  const loudest = Math.max(0.001, ...peaks);
  const heights = peaks.map((peak) => Math.max(0.02, (0.95 * peak) / loudest));
  const above = heights.map((height, k) => `L${k} ${(1 - height).toFixed(3)}`);
  const below = heights.map((height, k) => `L${k} ${(1 + height).toFixed(3)}`);
  const shape = peaks.length ? `M0 1${above.join("")}L${n - 1} 1${below.reverse().join("")}Z` : "";
  return svg(
    "svg",
    { class: "wave", viewBox: `0 0 ${n} 2`, preserveAspectRatio: "none", "aria-hidden": "true" },
    svg("path", { d: shape }),
  );
}

/** A place for the waveform, which comes later. */
export function waveBox(kind, id) {
  const box = h("div", { class: "wave-box" });
  waveform(kind, id).then(
    ({ peaks }) => box.append(peaks.length ? wave(peaks) : h("span", { class: "faint", text: "no sound" })),
    () => box.append(h("span", { class: "faint", text: "no waveform" })),
  );
  return box;
}
