/** Which frames lend their teeth, and where the teeth end in them. */

import { part, put, task } from "./api.js";
import { button, dialog, h, loadStyle, problem, say } from "./dom.js";
import { address } from "./library.js";
import { bar } from "./progress.js";

const SHOWN = 12;
const ROWS = {
  upper: { title: "Upper teeth", line: "Row where the upper teeth end", none: "No frame shows the upper teeth well enough." },
  lower: { title: "Lower teeth", line: "Row where the lower teeth begin", none: "No frame shows the lower teeth well enough." },
};

/** @param {import("./types.js").Item} item */
export async function teethDialog(item) {
  loadStyle("/static/result.css");
  const path = address("target", item.id, "teeth");
  const progress = bar("Looking for frames with teeth in view");
  const body = h("div", { class: "teeth" }, progress.element);
  const wrong = h("div", {});
  const save = button("Save", keep, { class: "primary", disabled: true });
  const stopped = new AbortController();
  const { box, closed } = dialog(`Teeth of ${item.name}`, [body, wrong], [save], { class: "wide" });
  closed.then(() => stopped.abort());
  /** @type {Object<string, import("./types.js").Proxy|null>} */
  let chosen = {};

  async function keep() {
    const own = (row) => {
      const { automatic = true, frame = -1, line = 0 } = chosen[row] ?? {};
      return automatic || frame < 0 ? null : { frame, line };
    };
    try {
      await put(path, { upper: own("upper"), lower: own("lower") });
      document.dispatchEvent(new CustomEvent("target-changed"));
      say("Teeth saved");
      box.close();
    } catch (error) {
      wrong.replaceChildren(problem(error.message));
    }
  }
  try {
    const found = await task(path, progress.show, stopped.signal);
    chosen = { upper: found.upper, lower: found.lower };
    const parts = Object.keys(ROWS).map((row) => side(row, found, path, chosen, () => (save.disabled = false)));
    body.replaceChildren(
      h("p", {
        class: "faint",
        text: "The detail of the teeth is taken from one frame for each row of teeth. The line says where the teeth end: drag it, or use the arrow keys.",
      }),
      ...parts,
    );
  } catch (error) {
    if (!stopped.signal.aborted) body.replaceChildren(problem(error.message));
  }
}

function side(row, found, path, chosen, changed) {
  const words = ROWS[row];
  const best = found.candidates
    .filter((one) => one[row] > 0)
    .sort((a, b) => b[row] - a[row])
    .slice(0, SHOWN);
  const at = found.automatic[row];
  if (!best.length && !chosen[row]) {
    return h("section", {}, h("h3", { text: words.title }), h("p", { class: "faint", text: words.none }));
  }
  const picture = h("img", { alt: "", width: found.columns, height: found.rows, draggable: "false" });
  const line = h("div", {
    class: "tooth-line", role: "slider", tabindex: 0, "aria-label": words.line, "aria-orientation": "vertical",
    "aria-valuemin": 0, "aria-valuemax": found.rows - 1,
  });
  const stage = h("div", { class: "tooth-frame", style: { aspectRatio: `${found.columns} / ${found.rows}` } }, picture, line);
  const state = h("p", { class: "row" });
  const strip = h("div", { class: "candidates" });

  function set(proxy) {
    chosen[row] = proxy;
    changed();
    draw();
  }
  function moveTo(value) {
    const bounded = Math.min(found.rows - 1, Math.max(0, Math.round(value)));
    set({ frame: chosen[row].frame, line: bounded, automatic: false });
  }
  function pick(frame) {
    if (at && frame === at.frame) set({ ...at, automatic: true });
    else set({ frame, line: chosen[row]?.line ?? Math.round(found.rows / 2), automatic: false });
  }
  line.addEventListener("keydown", (event) => {
    const step = { ArrowUp: -1, ArrowDown: 1, PageUp: -10, PageDown: 10 }[event.key];
    if (!step) return;
    event.preventDefault();
    moveTo(chosen[row].line + step);
  });
  stage.addEventListener("pointerdown", (event) => {
    if (event.button || !chosen[row]) return;
    event.preventDefault();
    line.focus();
    stage.setPointerCapture(event.pointerId);
    const move = (next) => {
      const place = stage.getBoundingClientRect();
      moveTo(((next.clientY - place.top) / place.height) * found.rows);
    };
    move(event);
    stage.addEventListener("pointermove", move);
    const end = () => stage.removeEventListener("pointermove", move);
    stage.addEventListener("pointerup", end, { once: true });
    stage.addEventListener("pointercancel", end, { once: true });
  });
  const buttons = best.map(({ frame, [row]: merit }) =>
    button(
      h("img", { src: `${path}/${part(frame)}.png`, alt: "", loading: "lazy", width: found.columns, height: found.rows }),
      () => pick(frame),
      { class: "candidate", "data-frame": frame, "aria-label": `Frame ${frame}, merit ${merit.toFixed(2)}` },
    ),
  );
  strip.append(...buttons);

  function draw() {
    const now = chosen[row];
    const seen = now && now.frame >= 0;
    stage.hidden = !seen;
    if (seen) {
      const from = `${path}/${part(now.frame)}.png`;
      if (picture.getAttribute("src") !== from) picture.src = from;
      line.style.top = `${((now.line + 0.5) / found.rows) * 100}%`;
      line.setAttribute("aria-valuenow", now.line);
      line.setAttribute("aria-valuetext", `row ${now.line} of frame ${now.frame}`);
    }
    const automatic = Boolean(now?.automatic);
    state.replaceChildren(
      h("span", { text: seen ? `Frame ${now.frame}, line at row ${now.line}` : now ? "Your own picture in target/proxy" : "None" }),
      h("span", { class: "tag", text: automatic ? "automatic" : "chosen by you" }),
      automatic || !at ? "" : button("Back to automatic", () => set({ ...at, automatic: true }), { class: "small" }),
    );
    for (const one of buttons) one.setAttribute("aria-pressed", String(Number(one.dataset.frame) === now?.frame));
  }
  draw();
  return h("section", {}, h("h3", { text: words.title }), h("div", { class: "tooth-row" }, stage, h("div", {}, state, strip)));
}
