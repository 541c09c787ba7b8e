/** The window on one run: every step in time, moved by one slider. */

import { compositeSection } from "./composite.js";
import { element } from "./dom.js";
import { Person } from "./model.js";
import { mouthSection } from "./mouth.js";
import { clockTime } from "./numbers.js";
import { Pictures } from "./pictures.js";
import { retimingSection } from "./retiming.js";
import { speechSection } from "./speech.js";
import { withStyles } from "./styles.js";
import { evaluationSection, reportSection, trainingSection } from "./tables.js";
import { textureSection } from "./texture.js";
import { Transport } from "./transport.js";

/** Structure of the data that is understood. */
const FORMAT = 1;

/**
 * Show a run.
 * @param {HTMLElement} root an empty element
 * @param {any} data what `audio2video.inspection.gather.gather` gives
 * @returns {{close: () => void, seek: (frame: number) => void}} `close` ends sound and keys
 */
export function showWindow(root, data) {
  root.classList.add("inspection");
  if (data.format !== FORMAT) {
    root.replaceChildren(
      element("p", { class: "w-note", text: "This page is of another version than the run’s data." }),
    );
    return { close: () => {}, seek: () => {} };
  }
  const pictures = new Pictures(data.picture_type);
  const content = element("div", { class: "w-sections" });
  const menu = element("nav", { class: "w-menu", "aria-label": "Steps" });
  /** @type {{element: HTMLElement, plots: any[], show: (frame: number) => void}[]} */
  let sections = [];
  const transport = new Transport(
    data,
    {
      onFrame: (frame) => showFrame(sections, frame, data.rate),
      onView: (from, to) => sections.forEach((one) => one.plots.forEach((plot) => plot.look(from, to))),
    },
    data.layers.length > 1 ? speakerChoice(data, (layer) => open(layer)) : null,
  );
  const onSeek = (seconds) => transport.seek(seconds * data.rate);

  const fixed = [reportSection(data), trainingSection(data), evaluationSection(data)];

  function open(layer) {
    const person = new Person(data, layer);
    sections = [
      speechSection(data, person, onSeek),
      mouthSection(data, person, pictures, onSeek),
      textureSection(data, person, pictures, onSeek),
      retimingSection(data, person, onSeek),
      compositeSection(data, person, pictures, onSeek),
      ...fixed,
    ];
    content.replaceChildren(...sections.map((one) => one.element));
    menu.replaceChildren(...sections.map((one) => menuEntry(one.element)));
    transport.mark(person.unchanged());
    transport.seek(Math.max(transport.frame, person.curves.frames[0] ?? 0));
    transport.zoom(transport.span);
  }

  root.replaceChildren(
    header(data),
    element("div", { class: "w-bar" }, transport.element, menu),
    content,
  );
  withStyles(root, () => sections.forEach((one) => one.plots.forEach((plot) => plot.draw())));
  open(data.layers[0]);

  const onKey = (event) => {
    if (!root.isConnected || !root.offsetParent || ofControl(event)) return;
    if (event.target !== document.body && !root.contains(event.target)) return;
    if (transport.key(event)) event.preventDefault();
  };
  document.addEventListener("keydown", onKey);
  return {
    close: () => {
      transport.pause();
      document.removeEventListener("keydown", onKey);
    },
    seek: (frame) => transport.seek(frame),
  };
}

function showFrame(sections, frame, rate) {
  for (const one of sections) {
    for (const plot of one.plots) plot.show(frame / rate);
    one.show(frame);
  }
}

/** Whether a key belongs to something else than the window. */
function ofControl(event) {
  const { target, key } = event;
  if (!(target instanceof Element)) return false;
  if (target.matches("select, textarea, input:not([type=range])")) return true;
  if (target.matches(".w-scroll") && key.startsWith("Arrow")) return true;
  return key === " " && target.matches("button, a, summary, label");
}

function header(data) {
  const facts = [
    `speech ${data.inp_id}`,
    `target ${data.tar_id}`,
    data.loaded ? `shapes ${data.loaded}` : `pass ${data.pass_id}`,
    `${data.frames} frames at ${Number(data.rate.toFixed(3))}/s`,
    clockTime(data.seconds),
    `${data.width} × ${data.height}`,
  ];
  const every = data.layers[0].step;
  const thin = every > 1 ? `One frame in ${every} has pictures: all of them would be too many.` : null;
  return element(
    "header",
    { class: "w-header" },
    element("h1", { text: data.name }),
    element("p", { class: "w-facts" }, ...facts.map((text) => element("span", { text }))),
    element("p", {
      class: "w-synthetic",
      text: "Synthetic media: the mouth was generated from speech and does not show what was said.",
    }),
    ...[...data.notes, ...(thin ? [thin] : [])].map((text) => element("p", { class: "w-note", text })),
  );
}

function menuEntry(part) {
  const heading = /** @type {HTMLElement} */ (part.querySelector("h2"));
  return element("button", {
    type: "button",
    text: heading.textContent,
    onclick: () => {
      heading.focus({ preventScroll: true });
      part.scrollIntoView({ block: "start" });
    },
  });
}

function speakerChoice(data, onChoice) {
  const select = /** @type {HTMLSelectElement} */ (
    element(
      "select",
      { "aria-label": "Speaker", onchange: () => onChoice(data.layers[select.selectedIndex]) },
      ...data.layers.map((layer) => element("option", { text: layer.title })),
    )
  );
  return element("label", { class: "w-choice" }, element("span", { text: "Speaker" }), select);
}
