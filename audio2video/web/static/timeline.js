/** What was synthesised and what passed through, under the slider of its place. */

import { button, h, svg } from "./dom.js";
import { clock, count } from "./format.js";

const MADE = "synthesised";
const KINDS = [MADE, "outside the segments", "no usable face", "another person", "mouth covered"];

/**
 * @param {{frames: number, rate: number, runs: {start: number, end: number, what: string}[]}} found
 * @param {ReturnType<typeof import("./compare.js").compare>} players
 */
export function showTimeline({ frames, rate, runs }, players) {
  const kinds = [...new Set(runs.map((run) => run.what))].sort((a, b) => rank(a) - rank(b));
  const paths = kinds.map((kind) => {
    const shape = runs
      .filter((run) => run.what === kind)
      .map(({ start, end }) => `M${start} 0h${end - start}v1h${start - end}z`);
    return svg("path", { class: `kind-${rank(kind)}`, d: shape.join("") });
  });
  const picture = svg(
    "svg",
    { viewBox: `0 0 ${frames} 1`, preserveAspectRatio: "none", "aria-hidden": "true" },
    ...paths,
  );
  players.bar.prepend(picture);
  const list = h("ul", { class: "legend" }, ...kinds.map((kind) => entry(kind, runs, rate, players)));
  players.legend.replaceChildren(list);
}

function rank(kind) {
  const place = KINDS.indexOf(kind);
  return place < 0 ? KINDS.length : place;
}

/** An entry of the legend goes to the next stretch of its kind. */
function entry(kind, runs, rate, players) {
  const own = runs.filter((run) => run.what === kind);
  const total = own.reduce((sum, run) => sum + run.end - run.start, 0);
  const next = () => {
    const here = players.at() * rate + 1;
    const run = own.find((one) => one.start > here) ?? own[0];
    // Half a frame further: the seek must not land on the frame before.
    players.goTo((run.start + 0.5) / rate);
  };
  const first = own[0];
  const name = kind === MADE ? kind : `passed through: ${kind}`;
  return h(
    "li",
    {},
    button(
      h("span", {}, h("span", { class: `swatch kind-${rank(kind)}` }), `${name} `, h("span", { class: "faint", text: count(total, "frame") })),
      next,
      { class: "link", title: `Go to the next, at ${clock(first.start / rate)}` },
    ),
  );
}
