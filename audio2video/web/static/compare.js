/** Two videos in step: the target under the result, with a slider between them. */

import { button, choice, h } from "./dom.js";
import { clock } from "./format.js";

const DRIFT = 0.05; // seconds that the two may be apart

/**
 * @param {string} path of the job
 * @param {import("./types.js").Job} job
 */
export function compare(path, job) {
  const { width, height, rate, seconds } = job.result;
  const made = h("video", { src: `${path}/video`, preload: "metadata", playsinline: true, "aria-label": "The result" });
  const target = h("video", { src: `${path}/target`, preload: "metadata", playsinline: true, "aria-label": "The target" });
  target.muted = true;
  const note = h("p", { class: "faint", hidden: true });
  const wipe = h("input", {
    type: "range", class: "wipe", min: 0, max: 100, step: 1, value: 50,
    "aria-label": "Border between the target and the result", on: { input: cut },
  });
  // Above the pictures: nothing may cover the label that names the result synthetic.
  const captions = h("div", { class: "caps" }, h("span", { text: "target" }), h("span", { text: "result" }));
  const stage = h("div", { class: "stage wipe-view" }, target, made, wipe);
  stage.style.setProperty("--ratio", `${width} / ${height}`);
  for (const one of [stage, captions]) one.style.setProperty("--shape", String(width / height));

  const play = button("Play", toggle, { class: "play" });
  const seek = h("input", {
    type: "range", class: "over", min: 0, max: seconds, step: 1 / rate, value: 0, "aria-label": "Place in the result",
    on: { input: () => goTo(Number(seek.value)) },
  });
  const now = h("span", { class: "time" });
  const mute = button("Mute", () => {
    made.muted = !made.muted;
    mute.textContent = made.muted ? "Sound on" : "Mute";
  }, { class: "small" });
  const views = choice("View", `view-${job.id}`, [["wipe", "Slider"], ["both", "Side by side"], ["one", "Result"]], "wipe", view);
  const cursor = h("div", { class: "cursor" });
  const bar = h("div", { class: "bar" }, cursor, seek);
  const controls = h("div", { class: "controls" }, play, bar, now);
  const legend = h("div", { class: "legend-box" });
  const element = h("div", { class: "compare" }, captions, stage, controls, legend, h("div", { class: "row" }, views, mute), note);

  function toggle() {
    if (made.paused) made.play().catch(() => {});
    else made.pause();
  }
  function goTo(at) {
    made.currentTime = Math.min(seconds, Math.max(0, at));
    target.currentTime = made.currentTime;
    show();
  }
  function view(name) {
    stage.className = `stage ${name}-view`;
    cut();
  }
  function cut() {
    const share = stage.classList.contains("wipe-view") ? wipe.value : 0;
    made.style.clipPath = share ? `inset(0 0 0 ${share}%)` : "";
    wipe.setAttribute("aria-valuetext", `target up to ${wipe.value} %, then the result`);
  }
  function show() {
    const at = made.currentTime;
    seek.value = at;
    seek.setAttribute("aria-valuetext", `${clock(at)} of ${clock(seconds)}`);
    now.textContent = `${clock(at)} / ${clock(seconds)}`;
    cursor.style.left = `${Math.min(100, (at / Math.max(seconds, 1e-6)) * 100)}%`;
  }
  /** The result leads; the target is set right when it is off by more than a frame or two. */
  function follow() {
    if (target.readyState && Math.abs(target.currentTime - made.currentTime) > DRIFT && !target.seeking) {
      target.currentTime = made.currentTime;
    }
    show();
    if (!made.paused && element.isConnected) requestAnimationFrame(follow);
  }
  made.addEventListener("play", () => {
    play.textContent = "Pause";
    target.play().catch(() => {});
    follow();
  });
  made.addEventListener("pause", () => {
    play.textContent = "Play";
    target.pause();
    target.currentTime = made.currentTime;
  });
  made.addEventListener("seeked", show);
  made.addEventListener("error", () => {
    note.hidden = false;
    note.textContent = "This browser can't play the result; download it to see it.";
  });
  target.addEventListener("error", () => {
    note.hidden = false;
    note.textContent = "This browser can't play the target beside it; here is the result alone.";
    view("one");
    views.hidden = true;
  });
  cut();
  show();
  return {
    element, bar, legend, goTo, at: () => made.currentTime,
    stop: () => {
      for (const video of [made, target]) {
        video.pause();
        video.removeAttribute("src");
        video.load();
      }
    },
  };
}
