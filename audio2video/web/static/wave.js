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
  const above = peaks.map((peak, k) => `L${k} ${(1 - Math.max(0.015, peak)).toFixed(3)}`);
  const below = peaks.map((peak, k) => `L${k} ${(1 + Math.max(0.015, peak)).toFixed(3)}`);
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
