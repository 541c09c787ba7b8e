/** Retiming: which target frame plays, over head motion and speech. */

import { section } from "./card.js";
import { mapPicture } from "./colours.js";
import { shape } from "./dom.js";
import { isNumber } from "./numbers.js";
import { Plot } from "./plot.js";

/** Pixels of the map of costs, at most. */
const MAP = [900, 400];

/** Pixels beside the path in which the target's motion stands. */
const BESIDE = 76;

const MODES = {
  full: "Chosen by dynamic programming: heads rest in pauses and move with speech.",
  forward: "The target plays in its own order, forwards.",
  off: "The target plays from its first frame on.",
  "in place": "Only ranges are dubbed: every frame plays in its own place.",
};

/**
 * @param {any} data
 * @param {import("./model.js").Person} person
 * @param {(seconds: number) => void} onSeek
 */
export function retimingSection(data, person, onSeek) {
  const plots = [pathPlot(data.name, person, onSeek), motionPlot(data.name, person, onSeek)];
  const { mode } = person.layer.target;
  return {
    element: section("retiming", "Retiming", MODES[mode] ?? "", ...plots.map((one) => one.element)),
    plots,
    show: () => {},
  };
}

function pathPlot(file, person, onSeek) {
  const { curves, layer } = person;
  const { target } = layer;
  const places = curves.place.map((value) => value / target.rate);
  const step = places.map((value, k) => (k ? value - places[k - 1] : 0));
  // A part of the line belongs to both of its ends.
  const where = (wanted) =>
    places.map((value, k) => (wanted(step[k]) || (k + 1 < step.length && wanted(step[k + 1])) ? value : null));
  const seconds = target.frames / target.rate;
  const weighed = target.mode === "full";
  const picture = weighed ? costMap(curves, target) : null;
  return new Plot({
    file: `${file}-retiming`,
    title: "Which moment of the target plays",
    caption: weighed
      ? "Behind the path, what showing a moment costs: motion is wanted where speech sets in, and " +
        "not in pauses; colours are the stronger the more the head moves. At the right, how it " +
        "moves in the target."
      : "At the right, how the head moves in the target.",
    x: person.seconds,
    gap: person.gap,
    xName: "seconds",
    xLabel: "time in the result [s]",
    yLabel: "time in the target [s]",
    low: 0,
    high: seconds,
    height: 280,
    right: BESIDE + 16,
    series: [
      { name: "target_seconds", label: "plays at", unit: "s", values: places, tone: 1, kind: "none" },
      { name: "forwards", label: "forwards", values: where((v) => v >= 0), tone: 1, silent: true },
      { name: "backwards", label: "backwards", values: where((v) => v < 0), tone: 2, silent: true },
      {
        name: "between_two_frames",
        label: "between two frames",
        values: places.map((value, k) => (curves.between[k] ? value : null)),
        tone: 4,
        kind: "dots",
        silent: true,
      },
      {
        name: "eyes_closed",
        label: "eyes closed",
        values: places.map((value, k) => (curves.blink[k] ? value : null)),
        tone: 3,
        kind: "ticks",
        silent: true,
      },
    ],
    fills: weighed
      ? [
          { label: "motion is wanted", class: "w-wanted" },
          { label: "motion is not wanted", class: "w-unwanted" },
        ]
      : [],
    bands: person.unchanged(),
    bandLabel: "not synthesised",
    onSeek,
    under: (back, plot) => {
      if (picture) {
        const [x0, x1] = [plot.px(0), plot.px(person.seconds[person.seconds.length - 1])];
        back.append(
          shape("image", {
            href: picture,
            x: x0,
            y: plot.py(seconds),
            width: Math.max(x1 - x0, 1),
            height: plot.inner.height,
            preserveAspectRatio: "none",
            class: "w-map",
          }),
        );
      }
      besidePath(plot, target);
    },
  });
}

function costMap(curves, target) {
  const width = Math.min(curves.gain.length, MAP[0]);
  const height = Math.min(target.lively.length, MAP[1]);
  const most = Math.max(...curves.gain.map(Math.abs), 1e-6);
  return mapPicture(width, height, (x, y) => {
    const gain = curves.gain[Math.floor((x / width) * curves.gain.length)];
    const row = Math.floor(((height - 1 - y) / height) * target.lively.length);
    const cost = (gain / most) * target.lively[row];
    const colour = cost < 0 ? [11, 95, 170] : [214, 104, 20];
    return [...colour, Math.round(150 * Math.abs(cost))];
  });
}

/** Draw how the head moves in the target, along its time. */
function besidePath(plot, target) {
  const { top, height, width } = plot.inner;
  const left = plot.px(plot.view[0]) + width + 10;
  const points = target.lively.map((value, k) => {
    const y = plot.py((k * target.step) / target.rate);
    return `${(left + value * (BESIDE - 12)).toFixed(1)} ${y.toFixed(1)}`;
  });
  plot.svg.append(
    shape("path", {
      class: "w-area w-tone-2",
      d: `M${left} ${top + height}L${points.join("L")}L${left} ${top}Z`,
    }),
    shape("path", { class: "w-axis", d: `M${left} ${top}V${top + height}` }),
    shape(
      "g",
      { class: "w-axes" },
      shape("text", {
        class: "w-label",
        x: left + (BESIDE - 12) / 2,
        y: top + height + 34,
        "text-anchor": "middle",
        text: "head motion",
      }),
    ),
  );
}

function motionPlot(file, person, onSeek) {
  const { curves } = person;
  const moves = curves.motion.filter(isNumber).sort((a, b) => a - b);
  const scale = Math.max(moves[Math.floor(0.98 * (moves.length - 1))] ?? 0, 1e-6);
  const quiet = Math.min(...curves.level.filter(isNumber));
  const floor = Math.max(-90, quiet);
  return new Plot({
    file: `${file}-motion`,
    title: "Speech and head motion in the result",
    caption:
      "Speech activity, speech energy (level, from its least to full scale), and how far the head " +
      "moves from frame to frame (1: lively for this result).",
    x: person.seconds,
    gap: person.gap,
    xName: "seconds",
    xLabel: "time in the result [s]",
    yLabel: "share",
    low: 0,
    high: 1.15,
    height: 110,
    right: BESIDE + 16,
    series: [
      { name: "activity", label: "someone speaks", values: curves.speech, tone: 3, kind: "area" },
      {
        name: "energy",
        label: "speech energy",
        values: curves.level.map((v) => (isNumber(v) ? (v - floor) / -floor : null)),
        tone: 1,
      },
      { name: "head_motion", label: "head moves", values: curves.motion.map((v) => v / scale), tone: 2 },
    ],
    bands: person.outside,
    bandLabel: "not dubbed",
    onSeek,
  });
}
