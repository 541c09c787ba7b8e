/** The bar that moves everything: play, slider, keys, how much of time the plots show. */

import { element, shape } from "./dom.js";
import { bytesOf, clockTime } from "./numbers.js";

/** Frames that an arrow key with Shift goes. */
const STRIDE = 10;

const SPANS = [
  ["All time", Infinity],
  ["10 s", 10],
  ["3 s", 3],
];

const SPEEDS = [
  ["Full speed", 1],
  ["Half speed", 0.5],
  ["Quarter speed", 0.25],
];

/** Share of a view at whose ends it moves on. */
const EDGE = 0.08;

export class Transport {
  /**
   * @param {any} data the run
   * @param {{onFrame: (frame: number) => void, onView: (from: number, to: number) => void}} told
   * @param {HTMLElement|null} extra what else stands in the bar
   */
  constructor(data, told, extra) {
    this.frames = data.frames;
    this.rate = data.rate;
    this.seconds = data.frames / data.rate;
    this.told = told;
    this.frame = 0;
    this.span = Infinity;
    this.view = [0, this.seconds];
    this.speed = 1;
    this.timer = 0;
    this.sound = soundOf(data.sound);
    this.button = element("button", {
      type: "button",
      class: "w-play",
      text: "Play",
      onclick: () => this.toggle(),
    });
    this.slider = /** @type {HTMLInputElement} */ (
      element("input", {
        type: "range",
        class: "w-slider",
        min: 0,
        max: Math.max(0, this.frames - 1),
        step: 1,
        value: 0,
        "aria-label": "Frame of the result",
        oninput: () => this.seek(Number(this.slider.value)),
      })
    );
    this.place = element("output", { class: "w-place" });
    this.strip = shape("svg", { class: "w-strip", preserveAspectRatio: "none", "aria-hidden": "true" });
    this.element = element(
      "div",
      { class: "w-transport", role: "group", "aria-label": "Moment" },
      this.button,
      element("div", { class: "w-track" }, this.slider, this.strip),
      this.place,
      choice("Plots show", SPANS, (value) => this.zoom(value)),
      choice("Speed", SPEEDS, (value) => this.#setSpeed(value)),
      extra,
    );
  }

  /** Mark ranges of seconds on the slider. */
  mark(ranges) {
    this.strip.setAttribute("viewBox", `0 0 ${this.seconds} 1`);
    this.strip.replaceChildren(
      shape("rect", { class: "w-strip-made", x: 0, y: 0, width: this.seconds, height: 1 }),
      ...ranges.map(([from, to]) =>
        shape("rect", { class: "w-strip-kept", x: from, y: 0, width: to - from, height: 1 }),
      ),
    );
  }

  /** Go to a frame. */
  seek(frame, { playing = false } = {}) {
    const there = Math.min(Math.max(Math.round(frame), 0), this.frames - 1);
    if (!playing && this.timer && this.sound) this.sound.currentTime = there / this.rate;
    if (!playing) this.#restart(there);
    this.frame = there;
    const at = there / this.rate;
    this.slider.value = String(there);
    const text = `frame ${there} of ${this.frames}, ${clockTime(at)}`;
    this.slider.setAttribute("aria-valuetext", text);
    this.place.textContent = `Frame ${there} · ${clockTime(at)}`;
    this.#follow(at);
    this.told.onFrame(there);
  }

  /** Show so many seconds around the moment. */
  zoom(span) {
    this.span = span;
    const half = Math.min(span, this.seconds) / 2;
    this.#setView(this.frame / this.rate - half, 2 * half);
  }

  toggle() {
    if (this.timer) this.pause();
    else this.play();
  }

  play() {
    if (this.frame >= this.frames - 1) this.seek(0);
    this.#restart(this.frame);
    if (this.sound) {
      this.sound.currentTime = this.frame / this.rate;
      this.sound.playbackRate = this.speed;
      this.sound.play().catch(() => {});
    }
    this.button.textContent = "Pause";
    const tick = () => {
      if (!this.element.isConnected) {
        this.pause();
        return;
      }
      this.timer = requestAnimationFrame(tick);
      const frame = Math.floor(this.#now() * this.rate + 1e-6);
      if (frame >= this.frames - 1) this.pause();
      if (frame !== this.frame) this.seek(frame, { playing: true });
    };
    this.timer = requestAnimationFrame(tick);
  }

  pause() {
    cancelAnimationFrame(this.timer);
    this.timer = 0;
    this.sound?.pause();
    this.button.textContent = "Play";
  }

  /** Take a key; tells whether it meant something. */
  key(event) {
    if (event.ctrlKey || event.metaKey || event.altKey) return false;
    const stride = event.shiftKey ? STRIDE : 1;
    const jumps = {
      ArrowLeft: this.frame - stride,
      ArrowRight: this.frame + stride,
      Home: 0,
      End: this.frames - 1,
    };
    if (event.key in jumps) this.seek(jumps[event.key]);
    else if (event.key === " ") this.toggle();
    else return false;
    return true;
  }

  #now() {
    const { sound } = this;
    if (sound && !sound.paused && !sound.ended) return sound.currentTime;
    return this.begin + ((performance.now() - this.began) / 1000) * this.speed;
  }

  #restart(frame) {
    this.begin = frame / this.rate;
    this.began = performance.now();
  }

  #setSpeed(speed) {
    this.#restart(this.frame);
    this.speed = speed;
    if (this.sound) this.sound.playbackRate = speed;
  }

  #follow(at) {
    const [from, to] = this.view;
    const room = EDGE * (to - from);
    if (at >= from + (from > 0 ? room : 0) && at <= to - (to < this.seconds ? room : 0)) return;
    // While it plays, most of the view is what comes next.
    const ahead = this.timer ? 0.9 : 0.5;
    this.#setView(at - (1 - ahead) * (to - from), to - from);
  }

  #setView(from, length) {
    const begin = Math.min(Math.max(from, 0), Math.max(this.seconds - length, 0));
    this.view = [begin, begin + length];
    this.told.onView(...this.view);
  }
}

function choice(label, options, onChoice) {
  const select = /** @type {HTMLSelectElement} */ (
    element(
      "select",
      { "aria-label": label, onchange: () => onChoice(options[select.selectedIndex][1]) },
      ...options.map(([text]) => element("option", { text })),
    )
  );
  return element("label", { class: "w-choice" }, element("span", { text: label }), select);
}

function soundOf(sound) {
  if (!sound) return null;
  const audio = new Audio();
  audio.src = URL.createObjectURL(new Blob([bytesOf(sound.data)], { type: sound.type }));
  audio.preload = "auto";
  return audio;
}
