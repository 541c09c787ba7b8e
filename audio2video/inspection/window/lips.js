/** Twenty points of a mouth as lines and dots. */

import { shape } from "./dom.js";

/** Order of the points along the outer and the inner lip. */
const LIPS = [
  [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11],
  [12, 13, 14, 15, 16, 17, 18, 19],
];

/** Lips of one colour in a drawing, which move. */
export class Lips {
  /**
   * @param {SVGElement} parent
   * @param {number} tone 1 to 4
   * @param {{dots?: number, dashed?: boolean}} [options] radius of the dots
   */
  constructor(parent, tone, { dots = 0, dashed = false } = {}) {
    const line = `w-line w-tone-${tone}${dashed ? " w-dashed" : ""}`;
    this.lines = LIPS.map(() => shape("polygon", { class: line }));
    this.dots = dots
      ? Array.from({ length: 20 }, () => shape("circle", { class: `w-dot w-tone-${tone}`, r: dots }))
      : [];
    this.group = shape("g", {}, ...this.lines, ...this.dots);
    parent.append(this.group);
  }

  /**
   * Show points, in the units of the drawing; null hides the lips.
   * @param {number[]|null} points x and y in turn
   */
  show(points) {
    this.group.setAttribute("visibility", points ? "visible" : "hidden");
    if (!points) return;
    LIPS.forEach((order, i) => {
      const text = order.map((k) => `${points[2 * k].toFixed(4)},${points[2 * k + 1].toFixed(4)}`);
      this.lines[i].setAttribute("points", text.join(" "));
    });
    this.dots.forEach((dot, k) => {
      dot.setAttribute("cx", points[2 * k].toFixed(4));
      dot.setAttribute("cy", points[2 * k + 1].toFixed(4));
    });
  }
}

/**
 * Draw lips on a canvas whose sides are 1.
 * @param {CanvasRenderingContext2D} context
 * @param {number[]} points
 * @param {string} colour
 * @param {boolean} dashed
 */
export function traceLips(context, points, colour, dashed) {
  context.strokeStyle = colour;
  context.lineWidth = 0.005;
  context.setLineDash(dashed ? [0.015, 0.01] : []);
  for (const order of LIPS) {
    context.beginPath();
    for (const k of order) context.lineTo(points[2 * k], points[2 * k + 1]);
    context.closePath();
    context.stroke();
  }
}

/**
 * A drawing laid over a picture, its sides 1.
 * @returns {SVGElement}
 */
export function overlay() {
  return shape("svg", {
    class: "w-overlay",
    viewBox: "0 0 1 1",
    preserveAspectRatio: "none",
    "aria-hidden": "true",
  });
}
