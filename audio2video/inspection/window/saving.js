/** Figures and curves as files, for a paper: light colours whatever the page shows. */

import { element } from "./dom.js";

const STYLES = [
  "fill",
  "fill-opacity",
  "stroke",
  "stroke-width",
  "stroke-dasharray",
  "stroke-opacity",
  "stroke-linejoin",
  "opacity",
  "font-size",
  "font-weight",
  "text-anchor",
  "image-rendering",
];

const FONT = "Helvetica, Arial, sans-serif";

/** Pixels of a PNG for each of the figure's own. */
const SHARP = 3;

/**
 * A button that saves something.
 * @param {string} kind "SVG", "PNG" or "CSV"
 * @param {string} what for screen readers
 * @param {() => void} action
 * @returns {HTMLElement}
 */
export function saveButton(kind, what, action) {
  return element("button", {
    type: "button",
    class: "w-save",
    text: kind,
    title: `Save as ${kind}`,
    "aria-label": `Save ${what} as ${kind}`,
    onclick: action,
  });
}

/**
 * Save rows as a table.
 * @param {string} name of the file, without suffix
 * @param {string[]} headings
 * @param {any[][]} rows
 */
export function saveCsv(name, headings, rows) {
  const lines = [headings, ...rows].map((row) => row.map(csvCell).join(","));
  save(`${name}.csv`, new Blob([lines.join("\r\n"), "\r\n"], { type: "text/csv" }));
}

function csvCell(value) {
  if (value === null || value === undefined || Number.isNaN(value)) return "";
  const text = String(value);
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

/**
 * Save a figure as SVG.
 * @param {string} name
 * @param {SVGSVGElement} figure
 */
export function saveSvg(name, figure) {
  save(`${name}.svg`, new Blob([standalone(figure)], { type: "image/svg+xml" }));
}

/**
 * Save a figure as PNG.
 * @param {string} name
 * @param {SVGSVGElement} figure
 */
export function savePng(name, figure) {
  const url = URL.createObjectURL(new Blob([standalone(figure)], { type: "image/svg+xml" }));
  const picture = new Image();
  picture.addEventListener("load", () => {
    const canvas = document.createElement("canvas");
    canvas.width = SHARP * picture.naturalWidth;
    canvas.height = SHARP * picture.naturalHeight;
    const context = canvas.getContext("2d");
    context.fillStyle = "#ffffff";
    context.fillRect(0, 0, canvas.width, canvas.height);
    context.drawImage(picture, 0, 0, canvas.width, canvas.height);
    saveCanvas(name, canvas);
    URL.revokeObjectURL(url);
  });
  picture.src = url;
}

function saveCanvas(name, canvas) {
  canvas.toBlob((blob) => blob && save(`${name}.png`, blob), "image/png");
}

/**
 * Save pictures side by side, each with words above it.
 * @param {string} name
 * @param {{canvas: HTMLCanvasElement, words: string, draw?: (context: CanvasRenderingContext2D) => void}[]} tiles
 * @param {number} [columns]
 */
export function saveSheet(name, tiles, columns = tiles.length) {
  const wide = Math.max(...tiles.map((one) => one.canvas.width), 160);
  const high = Math.max(...tiles.map((one) => Math.round((one.canvas.height * wide) / one.canvas.width)));
  const [gap, line] = [8, 22];
  const rows = Math.ceil(tiles.length / columns);
  const sheet = document.createElement("canvas");
  sheet.width = SHARP * (columns * (wide + gap) - gap);
  sheet.height = SHARP * (rows * (high + line + gap) - gap);
  const context = sheet.getContext("2d");
  context.scale(SHARP, SHARP);
  context.fillStyle = "#ffffff";
  context.fillRect(0, 0, sheet.width, sheet.height);
  tiles.forEach(({ canvas, words, draw }, k) => {
    const [x, y] = [(k % columns) * (wide + gap), Math.floor(k / columns) * (high + line + gap)];
    context.fillStyle = "#1d1f23";
    context.font = `13px ${FONT}`;
    context.fillText(words, x, y + 15, wide);
    context.drawImage(canvas, x, y + line, wide, (canvas.height * wide) / canvas.width);
    if (draw) {
      context.save();
      context.translate(x, y + line);
      context.scale(wide, (canvas.height * wide) / canvas.width);
      draw(context);
      context.restore();
    }
  });
  saveCanvas(name, sheet);
}

/**
 * A figure as a file of its own: its styles as attributes, what only the page needs left out.
 * @param {SVGSVGElement} figure
 * @returns {string}
 */
export function standalone(figure) {
  const copy = /** @type {SVGSVGElement} */ (figure.cloneNode(true));
  const place = element("div", { class: "inspection w-light w-aside", "aria-hidden": "true" }, copy);
  (figure.closest(".inspection") ?? document.body).append(place);
  for (const gone of copy.querySelectorAll(".w-page-only")) gone.remove();
  for (const one of copy.querySelectorAll("*")) {
    const style = getComputedStyle(one);
    for (const name of STYLES) {
      const value = style.getPropertyValue(name);
      if (value) one.setAttribute(name, value);
    }
    if (one.localName === "text") one.setAttribute("font-family", FONT);
  }
  for (const one of copy.querySelectorAll("[class]")) one.removeAttribute("class");
  place.remove();
  const box = figure.viewBox.baseVal;
  copy.setAttribute("xmlns", "http://www.w3.org/2000/svg");
  copy.setAttribute("width", String(box.width));
  copy.setAttribute("height", String(box.height));
  copy.removeAttribute("class");
  copy.removeAttribute("tabindex");
  return new XMLSerializer().serializeToString(copy);
}

function save(name, blob) {
  const url = URL.createObjectURL(blob);
  const link = element("a", { href: url, download: name });
  link.click();
  setTimeout(() => URL.revokeObjectURL(url), 10_000);
}
