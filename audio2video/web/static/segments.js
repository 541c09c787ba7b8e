/** Only parts of a video: ranges on its waveform, to drag or to type, or from subtitles. */

import { post } from "./api.js";
import { button, fileButton, h, problem, say, select } from "./dom.js";
import { changeScope, form, onChange, scope } from "./form.js";
import { clock, count } from "./format.js";
import { item } from "./library.js";
import { people } from "./people.js";
import { dropping } from "./picker.js";
import { round } from "./request.js";
import { speeches } from "./voices.js";
import { waveBox } from "./wave.js";

const LEAST = 0.2; // seconds of a part, as the command line has it

/**
 * @param {HTMLElement} root
 * @param {import("./types.js").Item} target
 */
export function showSegments(root, target) {
  const length = target.seconds;
  const track = h("div", { class: "track" }, waveBox("target", target.id));
  const layer = h("div", { class: "ranges" });
  const table = h("tbody", {});
  const wrong = h("div", {});
  track.append(layer);
  const zone = h(
    "div",
    { class: "segments" },
    track,
    h(
      "p",
      { class: "row" },
      button("Add a part", () => add(null)),
      ...fileButton("Take times from subtitles (.srt)…", ".srt", subtitles),
    ),
    wrong,
    h(
      "table",
      { class: "grid" },
      h("thead", {}, h("tr", {}, ...["#", "From", "To", "Speech", "Person", ""].map((text) => h(text ? "th" : "td", { scope: text ? "col" : null, text })))),
      table,
    ),
    h("p", {
      class: "faint",
      text: "All else stays as in the video. “Same times” takes each part of the speech from the time at which it stands: a dubbed track as long as the video.",
    }),
  );
  root.replaceChildren(zone);
  dropping(zone, subtitles);
  dragging();

  const list = () => scope().segments;
  const keep = (segments) => changeScope({ segments });

  /** Change one part; its edges stay in order and within the video. */
  function edit(index, parts) {
    keep(list().map((one, k) => (k === index ? { ...one, ...parts } : one)));
  }
  function bounded(index, edge, value) {
    const { start, end } = list()[index];
    if (edge === "start") return round(Math.min(Math.max(0, value), end - LEAST));
    return round(Math.max(Math.min(length, value), start + LEAST));
  }
  function add(given) {
    const after = list().reduce((latest, one) => Math.max(latest, one.end), 0);
    const start = after + LEAST > length ? 0 : after;
    const range = given ?? { start: round(start), end: round(Math.min(length, start + Math.max(1, length / 4))) };
    keep([...list(), { ...range, speech: null, speaker: null }]);
    say(`Part added: ${clock(range.start)} to ${clock(range.end)}`);
  }
  async function subtitles(given) {
    try {
      const { segments } = await post("/api/subtitles", await given.text());
      wrong.replaceChildren();
      keep(segments.map(({ start, end }) => ({ start, end, speech: null, speaker: null })));
      say(`${count(segments.length, "part")} from ${given.name}`);
    } catch (error) {
      wrong.replaceChildren(problem(error.message));
    }
  }

  /** Draw a new range on the free track with the pointer. */
  function dragging() {
    layer.addEventListener("pointerdown", (event) => {
      if (event.target !== layer || event.button) return;
      const from = second(event.clientX);
      const drawn = h("div", { class: "range" });
      layer.append(drawn);
      follow(event, (x) => place(drawn, ...[from, second(x)].sort((a, b) => a - b)), (x) => {
        drawn.remove();
        const [start, end] = [from, second(x)].sort((a, b) => a - b).map(round);
        if (end - start >= LEAST) add({ start, end });
      });
    });
  }
  function second(x) {
    const box = layer.getBoundingClientRect();
    return Math.min(1, Math.max(0, (x - box.left) / box.width)) * length;
  }
  function place(element, start, end) {
    element.style.left = `${(start / length) * 100}%`;
    element.style.width = `${((end - start) / length) * 100}%`;
  }

  function handle(index, edge) {
    const name = edge === "start" ? "Start" : "End";
    const knob = h("div", {
      class: `knob ${edge}`, role: "slider", tabindex: 0, "aria-label": `${name} of part ${index + 1}`,
      "aria-valuemin": 0, "aria-valuemax": length, "data-part": index, "data-edge": edge,
    });
    knob.addEventListener("keydown", (event) => {
      const step = { ArrowLeft: -0.1, ArrowDown: -0.1, ArrowRight: 0.1, ArrowUp: 0.1, PageDown: -5, PageUp: 5 }[event.key];
      const to = { Home: 0, End: length }[event.key];
      if (step === undefined && to === undefined) return;
      event.preventDefault();
      const value = to ?? list()[index][edge] + step * (event.shiftKey ? 10 : 1);
      edit(index, { [edge]: bounded(index, edge, value) });
    });
    knob.addEventListener("pointerdown", (event) => {
      if (event.button) return;
      event.stopPropagation();
      knob.focus();
      follow(event, (x) => edit(index, { [edge]: bounded(index, edge, second(x)) }));
    });
    return knob;
  }
  function range(index) {
    const body = h("div", { class: "range" }, h("span", { text: String(index + 1) }));
    body.addEventListener("pointerdown", (event) => {
      if (event.button || event.target.classList.contains("knob")) return;
      const { start, end } = list()[index];
      const grip = second(event.clientX) - start;
      follow(event, (x) => {
        const to = round(Math.min(length - (end - start), Math.max(0, second(x) - grip)));
        edit(index, { start: to, end: round(to + end - start) });
      });
    });
    body.append(handle(index, "start"), handle(index, "end"));
    return body;
  }
  function row(index) {
    const number = (edge) =>
      h("input", {
        type: "number", min: 0, max: length, step: 0.01, "data-edge": edge,
        "aria-label": `${edge === "start" ? "Start" : "End"} of part ${index + 1}, in seconds`,
        on: { change: (event) => edit(index, { [edge]: bounded(index, edge, Number(event.target.value) || 0) }) },
      });
    const one = list()[index];
    const persons = [["", "who speaks"], ...people().map((p) => [String(p.number), `Person ${p.number}`])];
    return h(
      "tr",
      {},
      h("th", { scope: "row", text: String(index + 1) }),
      h("td", {}, number("start")),
      h("td", {}, number("end")),
      h("td", {}, select(`Speech of part ${index + 1}`, speeches("same times"), one.speech ?? "", (id) => speak(index, id))),
      h("td", {}, select(`Person of part ${index + 1}`, persons, one.speaker === null ? "" : String(one.speaker),
        (value) => edit(index, { speaker: value ? Number(value) : null }))),
      h("td", {}, button("Remove", () => keep(list().filter((_, k) => k !== index)), {
        class: "small quiet", "aria-label": `Remove part ${index + 1}`,
      })),
    );
  }
  /** A speech of its own is said from its beginning: the part becomes as long, where there is room. */
  function speak(index, id) {
    const speech = item("speech", id);
    const { start } = list()[index];
    const parts = { speech: id || null };
    if (speech) parts.end = round(Math.min(length, Math.max(start + LEAST, start + speech.seconds)));
    edit(index, parts);
  }

  let shape = "";
  function draw() {
    if (form.target !== target.id) return;
    const now = JSON.stringify(list().map(({ speech, speaker }) => [speech, speaker]));
    if (now !== shape) {
      shape = now;
      layer.replaceChildren(...list().map((_, k) => range(k)));
      table.replaceChildren(...list().map((_, k) => row(k)));
      table.parentElement.hidden = !list().length;
    }
    for (const [k, { start, end }] of list().entries()) {
      place(layer.children[k], start, end);
      for (const [edge, value] of [["start", start], ["end", end]]) {
        const knob = layer.children[k].querySelector(`.${edge}`);
        knob.setAttribute("aria-valuenow", value);
        knob.setAttribute("aria-valuetext", clock(value));
        const box = table.children[k].querySelector(`[data-edge=${edge}]`);
        if (document.activeElement !== box || Number(box.value) !== value) box.value = value;
      }
    }
  }
  onChange((parts) => parts.includes("scopes") && draw(), zone);
  draw();
}

/** Follow a pointer until it is let go. */
function follow(event, moved, ended = moved) {
  event.preventDefault();
  const target = event.currentTarget ?? event.target;
  target.setPointerCapture(event.pointerId);
  const move = (next) => moved(next.clientX);
  const end = (last) => {
    target.removeEventListener("pointermove", move);
    if (last.type === "pointerup") ended(last.clientX);
  };
  target.addEventListener("pointermove", move);
  target.addEventListener("pointerup", end, { once: true });
  target.addEventListener("pointercancel", end, { once: true });
}
