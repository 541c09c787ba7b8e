/** A plot of curves: axes with units, a legend that tells values, a hair line at the moment. */

import { card } from "./card.js";
import { shape } from "./dom.js";
import { fixed, isNumber, logTicks, nearest, placeOf, ticks, tickText } from "./numbers.js";
import { saveButton, saveCsv, savePng, saveSvg } from "./saving.js";

/**
 * @typedef {object} Series
 * @property {string} name heading of its column in a table
 * @property {string} label what the legend says
 * @property {ArrayLike<number|null>} values
 * @property {number} tone 1 to 4: its colour
 * @property {string} [kind] "line" (default), "area", "dots", "ticks"; "none" draws nothing
 * @property {ArrayLike<number|null>} [saved] what a table has instead of the values
 * @property {boolean} [silent] the legend does not say its value
 * @property {number} [base] where an area begins; 0
 * @property {boolean} [dashed]
 * @property {string} [unit]
 * @property {number} [digits]
 * @property {(value: number|null) => string} [said] what the legend says of a value
 */

/**
 * @typedef {object} PlotOptions
 * @property {string} file name of saved files
 * @property {string} title
 * @property {string} caption
 * @property {ArrayLike<number>} x ascending
 * @property {string} xLabel
 * @property {string} xName heading of its column in a table
 * @property {string} yLabel
 * @property {Series[]} series
 * @property {number} [height]
 * @property {number} [low]
 * @property {number} [high]
 * @property {boolean} [log]
 * @property {number[]} [yTicks]
 * @property {number} [gap] values of x further apart are not joined by a line
 * @property {number[][]} [bands] ranges of x in which something else holds
 * @property {string} [bandLabel]
 * @property {number} [right] pixels to the right of the axes
 * @property {(x: number) => void} [onSeek]
 * @property {(back: SVGElement, plot: Plot) => void} [under] draws below the curves
 * @property {(legend: SVGElement, plot: Plot) => void} [head] draws what stands there instead of a legend
 * @property {{label: string, class: string}[]} [fills] more entries of the legend, with their classes
 */

const LEFT = 62;
const RIGHT = 16;
const BOTTOM = 40;
const ROW = 20;
const TOP = 8;

/** Width that a value in the legend may take. */
const VALUE_WIDTH = 62;

let plots = 0;

export class Plot {
  /** @param {PlotOptions} options */
  constructor(options) {
    this.options = { height: 150, right: RIGHT, bands: [], ...options };
    const { x, file, title } = this.options;
    this.full = [x[0] ?? 0, x[x.length - 1] ?? 1];
    this.view = this.full;
    this.moment = null;
    this.hovered = null;
    this.readings = [];
    this.width = 0;
    plots += 1;
    this.clip = `w-clip-${plots}`;
    this.svg = shape("svg", { class: "w-plot", role: "img", "aria-label": this.#summary() });
    this.element = card(
      {
        title,
        caption: this.options.caption,
        buttons: [
          saveButton("SVG", title, () => saveSvg(file, this.svg)),
          saveButton("PNG", title, () => savePng(file, this.svg)),
          saveButton("CSV", title, () => this.#saveCsv()),
        ],
      },
      this.svg,
    );
    this.#listen();
    new ResizeObserver(() => this.#resized()).observe(this.element);
  }

  /** Show a range of x. */
  look(from, to) {
    if (this.view[0] === from && this.view[1] === to) return;
    this.view = [from, to];
    this.draw();
  }

  /** Move the hair line. */
  show(x) {
    this.moment = x;
    this.#mark();
  }

  /** Pixel of a value of x. */
  px(x) {
    const [from, to] = this.view;
    return LEFT + ((x - from) / (to - from || 1)) * this.inner.width;
  }

  /** Pixel of a value of y. */
  py(y) {
    const { log } = this.options;
    const [low, high] = this.range;
    const share = log
      ? Math.log(Math.max(y, low) / low) / Math.log(high / low)
      : (y - low) / (high - low || 1);
    return this.inner.top + (1 - share) * this.inner.height;
  }

  draw() {
    if (!this.width) return;
    const { options, svg } = this;
    svg.replaceChildren();
    const legend = shape("g", { class: "w-legend" });
    svg.append(legend);
    const rows = options.head ? 1 : this.#drawLegend(legend);
    const top = TOP + rows * ROW + 6;
    const height = options.height;
    this.inner = { top, height, width: Math.max(40, this.width - LEFT - options.right) };
    const total = top + height + BOTTOM;
    svg.setAttribute("viewBox", `0 0 ${this.width} ${total}`);
    svg.setAttribute("height", String(total));
    this.range = this.#range();
    svg.append(
      shape(
        "clipPath",
        { id: this.clip },
        shape("rect", { x: LEFT, y: top, width: this.inner.width, height }),
      ),
    );
    const back = shape("g", { "clip-path": `url(#${this.clip})` });
    svg.append(back);
    if (options.head) options.head(legend, this);
    if (options.under) options.under(back, this);
    for (const [from, to] of options.bands) {
      const [x0, x1] = [this.px(from), this.px(to)];
      back.append(
        shape("rect", { class: "w-band", x: x0, y: top, width: Math.max(x1 - x0, 0.5), height }),
      );
    }
    this.#drawAxes();
    const front = shape("g", { "clip-path": `url(#${this.clip})` });
    for (const one of options.series) this.#drawSeries(front, one);
    this.hair = shape("line", { class: "w-hair w-page-only", y1: top, y2: top + height });
    this.hint = shape("line", { class: "w-hint w-page-only", y1: top, y2: top + height });
    front.append(this.hint, this.hair);
    svg.append(front);
    this.#mark();
  }

  #summary() {
    const { title, yLabel, xLabel, series } = this.options;
    return `${title}: ${series.map((one) => one.label).join(", ")}. ${yLabel} over ${xLabel}.`;
  }

  #resized() {
    const width = Math.floor(this.svg.getBoundingClientRect().width);
    if (!width || width === this.width) return;
    this.width = width;
    this.draw();
  }

  #range() {
    const { low, high, series, log } = this.options;
    if (this.limits) return this.limits;
    let [least, most] = [Infinity, -Infinity];
    for (const one of series) {
      for (const value of Array.from(one.values)) {
        if (!isNumber(value) || (log && value <= 0)) continue;
        least = Math.min(least, value);
        most = Math.max(most, value);
      }
    }
    if (least > most) [least, most] = [0, 1];
    const room = log ? 0 : 0.06 * (most - least || 1);
    this.limits = log
      ? [low ?? least / 1.15, high ?? most * 1.15]
      : [low ?? least - room, high ?? most + room];
    return this.limits;
  }

  #drawLegend(group) {
    let [x, row] = [LEFT, 0];
    this.readings = [];
    const items = this.options.series.map((one) => ({ ...one, value: !one.silent }));
    for (const { label, class: fill } of this.options.fills ?? []) items.push({ label, fill });
    if (this.options.bands.length && this.options.bandLabel) {
      items.push({ label: this.options.bandLabel, fill: "w-band" });
    }
    for (const one of items) {
      const gap = one.kind === "none" ? 0 : 24;
      // Without a mark in the plot it is there for its value alone.
      const text = shape("text", { class: gap ? "w-legend-text" : "w-legend-text w-page-only" });
      text.append(shape("tspan", { text: one.label }));
      const reading = one.value ? shape("tspan", { class: "w-reading w-page-only", dx: 6 }) : null;
      if (reading) text.append(reading);
      group.append(text);
      const width = gap + 2 + text.getComputedTextLength() + (one.value ? VALUE_WIDTH : 0);
      if (x > LEFT && x + width > this.width - 4) [x, row] = [LEFT, row + 1];
      const y = TOP + row * ROW + 13;
      text.setAttribute("x", String(x + gap));
      text.setAttribute("y", String(y));
      if (gap) group.append(swatch(one, x, y - 4));
      this.readings.push(reading);
      x += width + 14;
    }
    return row + 1;
  }

  #drawAxes() {
    const { options, svg, inner } = this;
    const { top, height, width } = inner;
    const axes = shape("g", { class: "w-axes" });
    const [low, high] = this.range;
    const yTicks =
      options.yTicks ?? (options.log ? logTicks(low, high) : ticks(low, high, Math.max(3, height / 30)));
    for (const value of yTicks) {
      const y = this.py(value);
      if (y < top - 1 || y > top + height + 1) continue;
      axes.append(
        shape("line", { class: "w-grid", x1: LEFT, x2: LEFT + width, y1: y, y2: y }),
        shape("text", { x: LEFT - 7, y: y + 4, "text-anchor": "end", text: tickText(value) }),
      );
    }
    for (const value of ticks(this.view[0], this.view[1], Math.max(2, width / 90))) {
      const x = this.px(value);
      if (x < LEFT - 1 || x > LEFT + width + 1) continue;
      axes.append(
        shape("line", { class: "w-tick", x1: x, x2: x, y1: top + height, y2: top + height + 4 }),
        shape("text", { x, y: top + height + 17, "text-anchor": "middle", text: tickText(value) }),
      );
    }
    const middle = top + height / 2;
    axes.append(
      shape("path", { class: "w-axis", d: `M${LEFT} ${top}V${top + height}H${LEFT + width}` }),
      shape("text", {
        class: "w-label",
        x: LEFT + width / 2,
        y: top + height + 34,
        "text-anchor": "middle",
        text: options.xLabel,
      }),
      shape("text", {
        class: "w-label",
        "text-anchor": "middle",
        transform: `translate(14 ${middle}) rotate(-90)`,
        text: options.yLabel,
      }),
    );
    svg.append(axes);
  }

  #drawSeries(group, one) {
    if (one.kind === "none") return;
    const tone = `w-tone-${one.tone}`;
    const [first, last] = this.#visible();
    if (one.kind === "dots" || one.kind === "ticks") {
      for (let k = first; k < last; k += 1) {
        const value = one.values[k];
        if (!isNumber(value)) continue;
        const [x, y] = [this.px(this.options.x[k]), this.py(value)];
        group.append(
          one.kind === "dots"
            ? shape("circle", { class: `w-dot ${tone}`, cx: x, cy: y, r: 2.6 })
            : shape("line", { class: `w-mark ${tone}`, x1: x, x2: x, y1: y - 6, y2: y + 6 }),
        );
      }
      return;
    }
    const lines = this.#lines(one.values, first, last);
    if (one.kind === "area") {
      const zero = this.py(one.base ?? Math.max(0, this.range[0]));
      const d = lines.map((run) => {
        const [x0, x1] = [run[0][0], run[run.length - 1][0]];
        return `M${x0} ${zero}L${run.map(pair).join("L")}L${x1} ${zero}Z`;
      });
      group.append(shape("path", { class: `w-area ${tone}`, d: d.join("") }));
      return;
    }
    const d = lines.map((run) => `M${run.map(pair).join("L")}`).join("");
    group.append(shape("path", { class: `w-line ${tone}${one.dashed ? " w-dashed" : ""}`, d }));
  }

  #visible() {
    const { x } = this.options;
    const first = Math.max(0, placeOf(x, this.view[0]) - 1);
    return [first, Math.min(x.length, placeOf(x, this.view[1]) + 2)];
  }

  /** Unbroken runs of pixels; of many points in a pixel the least and the largest are kept. */
  #lines(values, first, last) {
    const { x, gap = Infinity } = this.options;
    const runs = [];
    let run = [];
    const each = Math.max(1, Math.floor((last - first) / (2 * this.inner.width)));
    for (let k = first; k < last; k += each) {
      if (k > first && x[k] - x[k - 1] > gap && run.length) {
        runs.push(run);
        run = [];
      }
      const points = [];
      for (let j = k; j < Math.min(k + each, last); j += 1) {
        if (isNumber(values[j])) points.push([this.px(x[j]), this.py(values[j])]);
      }
      if (!points.length) {
        if (run.length) runs.push(run);
        run = [];
      } else if (points.length < 3) run.push(...points);
      else {
        const sorted = [...points].sort((a, b) => a[1] - b[1]);
        run.push(...[sorted[0], sorted[sorted.length - 1]].sort((a, b) => a[0] - b[0]));
      }
    }
    if (run.length) runs.push(run);
    return runs;
  }

  /** Put the hair lines and the legend's values where they belong. */
  #mark() {
    if (!this.hair) return;
    const at = this.hovered ?? this.moment;
    place(this.hair, this.moment === null ? null : this.px(this.moment));
    place(this.hint, this.hovered === null ? null : this.px(this.hovered));
    const { x, series } = this.options;
    if (at === null || !x.length) return;
    const k = nearest(x, at);
    series.forEach((one, i) => {
      const value = one.values[k] ?? null;
      const text = one.said ? one.said(value) : fixed(value, one.digits ?? 2);
      if (this.readings[i]) this.readings[i].textContent = one.unit && isNumber(value) ? `${text} ${one.unit}` : text;
    });
  }

  #listen() {
    const { svg } = this;
    const xOf = (event) => {
      const box = svg.getBoundingClientRect();
      const share = (event.clientX - box.left - LEFT) / this.inner.width;
      const [from, to] = this.view;
      return from + Math.min(Math.max(share, 0), 1) * (to - from);
    };
    svg.addEventListener("pointermove", (event) => {
      if (!this.inner) return;
      this.hovered = xOf(event);
      if (event.buttons & 1 && event.pointerType !== "touch") this.options.onSeek?.(this.hovered);
      this.#mark();
    });
    svg.addEventListener("pointerleave", () => {
      this.hovered = null;
      this.#mark();
    });
    svg.addEventListener("pointerdown", (event) => {
      if (event.button !== 0 || event.pointerType === "touch" || !this.inner) return;
      this.options.onSeek?.(xOf(event));
    });
    // A finger that only scrolls the page goes nowhere.
    svg.addEventListener("click", (event) => this.inner && this.options.onSeek?.(xOf(event)));
  }

  #saveCsv() {
    const { file, x, xName, series } = this.options;
    const rows = Array.from(x, (value, k) => [value, ...series.map((one) => (one.saved ?? one.values)[k])]);
    saveCsv(file, [xName, ...series.map((one) => one.name)], rows);
  }
}

function place(line, x) {
  line.setAttribute("visibility", x === null ? "hidden" : "visible");
  if (x === null) return;
  line.setAttribute("x1", String(x));
  line.setAttribute("x2", String(x));
}

function pair([x, y]) {
  return `${x.toFixed(1)} ${y.toFixed(1)}`;
}

function swatch(one, x, y) {
  if (one.fill) return shape("rect", { class: one.fill, x, y: y - 5, width: 18, height: 10 });
  const tone = `w-tone-${one.tone}`;
  if (one.kind === "dots") return shape("circle", { class: `w-dot ${tone}`, cx: x + 9, cy: y, r: 3 });
  if (one.kind === "area") {
    return shape("rect", { class: `w-area ${tone}`, x, y: y - 5, width: 18, height: 10 });
  }
  if (one.kind === "ticks") {
    return shape("line", { class: `w-mark ${tone}`, x1: x + 9, x2: x + 9, y1: y - 6, y2: y + 6 });
  }
  const dashed = one.dashed ? " w-dashed" : "";
  return shape("line", { class: `w-line ${tone}${dashed}`, x1: x, x2: x + 18, y1: y, y2: y });
}
