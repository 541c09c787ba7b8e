/** Speech to listen to: its waveform is where one seeks. */

import { button, h } from "./dom.js";
import { clock } from "./format.js";
import { address } from "./library.js";
import { waveBox } from "./wave.js";

/** @param {import("./types.js").Item} item */
export function player(item) {
  const sound = new Audio();
  sound.preload = "none";
  const play = button("Play", toggle, { class: "small" });
  const seek = h("input", {
    type: "range", class: "over", min: 0, max: item.seconds, step: 0.1, value: 0,
    "aria-label": `Place in ${item.name}`, on: { input: move },
  });
  const played = h("div", { class: "played" });
  const now = h("span", { class: "faint time", text: clock(0) });

  function toggle() {
    if (!sound.src) sound.src = address("speech", item.id, "sound");
    if (sound.paused) sound.play().catch(failed);
    else sound.pause();
  }
  function move() {
    if (!sound.src) sound.src = address("speech", item.id, "sound");
    sound.currentTime = Number(seek.value);
    show();
  }
  function show() {
    const share = item.seconds ? sound.currentTime / item.seconds : 0;
    played.style.width = `${Math.min(100, share * 100)}%`;
    now.textContent = clock(sound.currentTime);
    seek.value = sound.currentTime;
    seek.setAttribute("aria-valuetext", clock(sound.currentTime));
  }
  function failed() {
    now.textContent = "This browser can't play this file; it can still be used.";
  }
  sound.addEventListener("timeupdate", show);
  for (const event of ["play", "pause", "ended"]) {
    sound.addEventListener(event, () => (play.textContent = sound.paused ? "Play" : "Pause"));
  }
  const box = h("div", { class: "wave-row" }, waveBox("speech", item.id), played, seek);
  const element = h("div", { class: "player" }, play, box, now);
  return { element, stop: () => sound.pause() };
}
