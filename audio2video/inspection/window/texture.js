/** Texture: the candidates of a moment, what the median makes of them, and what follows. */

import { card, section } from "./card.js";
import { element, shape } from "./dom.js";
import { effectiveCount } from "./model.js";
import { fixed } from "./numbers.js";
import { PictureView } from "./pictures.js";
import { Plot } from "./plot.js";
import { saveButton, saveCsv, saveSheet } from "./saving.js";

const STAGES = [
  ["median", "1 · Weighted median"],
  ["lips", "2 · Lips of the nearest"],
  ["detail", "3 · Detail restored"],
  ["teeth", "4 · Teeth: the texture"],
];

/**
 * @param {any} data
 * @param {import("./model.js").Person} person
 * @param {import("./pictures.js").Pictures} pictures
 * @param {(seconds: number) => void} onSeek
 */
export function textureSection(data, person, pictures, onSeek) {
  const stages = stagesFigure(data.name, person, pictures);
  const candidates = candidatesFigure(data.name, person, pictures);
  const proxies = proxiesFigure(person, pictures);
  const plot = countPlot(data.name, person, onSeek);
  return {
    element: section(
      "texture",
      "Texture",
      "The lower face seen from the front, made of target frames whose mouth, pose and light are near.",
      stages.element,
      candidates.element,
      plot.element,
      proxies,
    ),
    plots: [plot],
    show: (frame) => {
      const shot = person.shotAt(frame);
      stages.show(shot);
      candidates.show(shot);
    },
  };
}

function stagesFigure(file, person, pictures) {
  const views = STAGES.map(([, label]) => new PictureView(pictures, label));
  const title = "From the median to the texture";
  const generic = person.layer.generic;
  return {
    element: card(
      {
        title,
        caption:
          "The exact median of every candidate in each pixel; lips and teeth of the eight nearest " +
          "alone, as the median of many would blur them; fine detail brought to the target’s own " +
          (generic ? "level; a painted inside of the mouth." : "level; teeth from the proxies below."),
        buttons: [saveButton("PNG", title, () => saveSheet(`${file}-texture-stages`, tilesOf(views)))],
      },
      element("div", { class: "w-row w-row-4" }, ...views.map((view) => view.element)),
    ),
    show(shot) {
      STAGES.forEach(([key], k) => views[k].show(shot ? shot[key] : null));
      views[0].note.textContent = shot ? `of ${shot.count} frames` : "";
      const changed = shot && shot.teeth_change;
      views[3].note.textContent = shot ? (changed ? `${changed} pixels changed` : "unchanged") : "";
    },
  };
}

/** What is saved of views: their pictures and labels. */
export function tilesOf(views) {
  return views.map((view) => ({ canvas: view.canvas, words: view.label }));
}

function candidatesFigure(file, person, pictures) {
  const { layer } = person;
  const tiles = Array.from({ length: layer.pictured }, () => tile(pictures));
  const said = element("p", { class: "w-reading-line" });
  const title = "Candidates and their weights";
  return {
    element: card(
      {
        title,
        caption:
          "The heaviest target frames of this moment, as they are; before the median each is warped " +
          "until its lips lie on the shape that is asked for.",
        buttons: [
          saveButton("PNG", title, () => saveTiles(`${file}-candidates`, tiles)),
          saveButton("CSV", title, () => saveWeights(`${file}-candidates`, person)),
        ],
      },
      element("div", { class: "w-tiles" }, ...tiles.map((one) => one.element)),
      said,
    ),
    show(shot) {
      tiles.forEach((one, k) => one.show(shot, k, layer.thumbs));
      said.textContent = shot ? summary(shot, layer.pictured) : "";
    },
  };
}

function tile(pictures) {
  const view = new PictureView(pictures, "Candidate");
  const bar = shape("rect", { class: "w-solid w-tone-1", x: 0, y: 0, height: 1, width: 0 });
  const whole = shape(
    "svg",
    { class: "w-weight", viewBox: "0 0 1 1", preserveAspectRatio: "none", "aria-hidden": "true" },
    bar,
  );
  const text = element("span", { class: "w-tile-text" });
  const made = element("div", { class: "w-tile" }, view.frame, whole, text);
  return {
    element: made,
    view,
    words: () => (made.classList.contains("w-empty") ? "" : text.textContent),
    show(shot, k, thumbs) {
      const there = shot && k < shot.candidates.length;
      made.classList.toggle("w-empty", !there);
      if (!there) return;
      const share = shot.weights[k] / shot.total;
      view.show(thumbs[shot.candidates[k]] ?? null);
      bar.setAttribute("width", String(shot.weights[k] / shot.weights[0]));
      text.textContent = `${shot.candidates[k]} · ${fixed(100 * share, 1)} %`;
      view.canvas.setAttribute("aria-label", `Target frame ${text.textContent}`);
    },
  };
}

function saveTiles(file, tiles) {
  const shown = tiles.filter((one) => one.words());
  const sheet = shown.map((one) => ({ canvas: one.view.canvas, words: `frame ${one.words()}` }));
  if (sheet.length) saveSheet(file, sheet, Math.min(6, sheet.length));
}

function summary(shot, pictured) {
  const seen = shot.weights.slice(0, pictured).reduce((a, b) => a + b, 0) / shot.total;
  return (
    `${shot.count} candidates; those shown carry ${fixed(100 * seen, 0)} % of the weight. ` +
    `They say as much as ${fixed(effectiveCount(shot), 1)} of equal weight.`
  );
}

function saveWeights(file, person) {
  const rows = person.shots.flatMap((shot) =>
    shot.candidates.map((frame, k) => [shot.frame, frame, (shot.weights[k] / shot.total).toFixed(5)]),
  );
  saveCsv(file, ["result_frame", "target_frame", "weight"], rows);
}

function countPlot(file, person, onSeek) {
  const { shots } = person;
  return new Plot({
    file: `${file}-candidate-weights`,
    title: "How many frames a texture rests on",
    caption: "Candidates of equal weight that would say as much, (Σw)² / Σw², and how many there are.",
    x: shots.map((shot) => shot.frame / person.rate),
    gap: (1.5 * person.layer.step) / person.rate,
    xName: "seconds",
    xLabel: "time in the result [s]",
    yLabel: "candidates",
    low: 0,
    height: 96,
    series: [
      { name: "candidates", label: "candidates", values: shots.map((s) => s.count), tone: 4, digits: 0, dashed: true },
      { name: "effective", label: "effective number", values: shots.map(effectiveCount), tone: 1, digits: 1 },
    ],
    bands: person.outside,
    bandLabel: "not dubbed",
    onSeek,
  });
}

function proxiesFigure(person, pictures) {
  const { upper, lower } = person.layer.proxies;
  const found = [
    ["Upper teeth", upper, "end"],
    ["Lower teeth", lower, "begin"],
  ].filter(([, proxy]) => proxy);
  if (!found.length) return null;
  const views = found.map(([name, proxy, does]) => {
    const from = proxy.frame < 0 ? "your picture" : `target frame ${proxy.frame}`;
    const view = new PictureView(pictures, name, `${from}; they ${does} at row ${proxy.row}`);
    view.show(proxy.picture);
    view.frame.append(
      shape(
        "svg",
        { class: "w-overlay", viewBox: "0 0 1 1", preserveAspectRatio: "none", "aria-hidden": "true" },
        shape("line", { class: "w-line w-tone-2", x1: 0, x2: 1, y1: proxy.line, y2: proxy.line }),
      ),
    );
    return view.element;
  });
  return card(
    {
      title: "Teeth proxies",
      caption: "Frames whose teeth lend their fine detail, and the row that divides them.",
    },
    element("div", { class: "w-row w-row-4" }, ...views),
  );
}
