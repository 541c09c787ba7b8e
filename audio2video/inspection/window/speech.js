/** Speech: waveform, features, activity. */

import { section } from "./card.js";
import { cividis, mapPicture } from "./colours.js";
import { shape } from "./dom.js";
import { isNumber, unpacked } from "./numbers.js";
import { Plot } from "./plot.js";

const ROWS = 14;

/**
 * @param {any} data
 * @param {import("./model.js").Person} person
 * @param {(seconds: number) => void} onSeek
 */
export function speechSection(data, person, onSeek) {
  const file = data.name;
  const plots = [wavePlot(file, person, onSeek), featurePlot(file, person, onSeek)];
  plots.push(activityPlot(file, person, onSeek));
  return {
    element: section(
      "speech",
      "Speech",
      "What the mouth follows, as steps 1 and 3 hear it: one channel at 16 kHz, levelled.",
      ...plots.map((plot) => plot.element),
    ),
    plots,
    show: () => {},
  };
}

function wavePlot(file, person, onSeek) {
  const { wave } = person.layer.sound;
  const [low, high] = [unpacked(wave.low).values, unpacked(wave.high).values];
  const x = Array.from(high, (_, k) => (k + 0.5) / wave.rate);
  const most = Math.max(0.05, ...Array.from(high, (v, k) => Math.max(v, -low[k])));
  const limit = [0.05, 0.1, 0.2, 0.5, 1].find((one) => one >= most) ?? 1;
  const plot = new Plot({
    file: `${file}-waveform`,
    title: "Waveform",
    caption: `Least and largest sample of each 1/${Math.round(wave.rate)} s; full scale is 1.`,
    x,
    xName: "seconds",
    xLabel: "time in the result [s]",
    yLabel: "amplitude",
    low: -limit,
    high: limit,
    yTicks: [-limit, 0, limit],
    height: 96,
    series: [
      { name: "highest", label: "largest", values: high, tone: 1, digits: 3, kind: "none" },
      { name: "lowest", label: "least", values: low, tone: 1, digits: 3, kind: "none" },
    ],
    bands: person.outside,
    bandLabel: "not dubbed",
    onSeek,
    under: (back, self) => back.append(envelope(self, x, low, high)),
  });
  return plot;
}

function envelope(plot, x, low, high) {
  const [from, to] = plot.view;
  const columns = Math.max(2, Math.floor(plot.inner.width));
  const [above, below] = [[], []];
  const rate = x.length > 1 ? 1 / (x[1] - x[0]) : 1;
  for (let c = 0; c < columns; c += 1) {
    const first = Math.floor((from + (c / columns) * (to - from)) * rate);
    const last = Math.max(first + 1, Math.floor((from + ((c + 1) / columns) * (to - from)) * rate));
    let [least, most] = [Infinity, -Infinity];
    for (let k = Math.max(first, 0); k < Math.min(last, x.length); k += 1) {
      least = Math.min(least, low[k]);
      most = Math.max(most, high[k]);
    }
    if (least > most) continue;
    const px = plot.px(from + ((c + 0.5) / columns) * (to - from)).toFixed(1);
    above.push(`${px} ${(plot.py(most) - 0.4).toFixed(1)}`);
    below.push(`${px} ${(plot.py(least) + 0.4).toFixed(1)}`);
  }
  const d = above.length ? `M${above.join("L")}L${below.reverse().join("L")}Z` : "";
  return shape("path", { class: "w-solid w-tone-1", d });
}

function featurePlot(file, person, onSeek) {
  const { features } = person.layer.sound;
  const { shape: size, values } = unpacked(features.values);
  const columns = size[1];
  const picture = mapPicture(columns, ROWS, (column, row) => {
    const value = values[row * columns + column];
    if (Number.isNaN(value)) return [0, 0, 0, 0];
    return [...cividis(0.5 + value / (2 * features.spread)), 255];
  });
  const name = (row) => (row < ROWS - 1 ? `c${row}` : "energy");
  const series = Array.from({ length: ROWS }, (_, row) => ({
    name: name(row),
    label: name(row),
    tone: 1,
    kind: "none",
    values: Array.from({ length: columns }, (_, k) => {
      const value = values[row * columns + k];
      return Number.isNaN(value) ? null : features.mean[row] + value * features.deviation[row];
    }),
  }));
  const { encoder } = person.layer;
  let hears = "for the eye";
  if (encoder === "mfcc") hears = "what the pass hears, beside their differences from frame to frame";
  else if (encoder) hears = `for the eye: this pass hears with the encoder '${encoder}'`;
  return new Plot({
    file: `${file}-features`,
    title: "Features",
    caption:
      `Mel-frequency cepstra 0 to 12 and log energy, ${hears}. Each row has a scale of its own.`,
    x: Array.from({ length: columns }, (_, k) => k / features.rate),
    xName: "seconds",
    xLabel: "time in the result [s]",
    yLabel: "coefficient",
    low: 0,
    high: ROWS,
    height: 168,
    yTicks: [],
    head: (legend, self) => colourBar(legend, self, features.spread),
    series,
    onSeek,
    under: (back, self) => {
      back.append(
        shape("image", {
          href: picture,
          x: self.px(0),
          y: self.inner.top,
          width: self.px(columns / features.rate) - self.px(0),
          height: self.inner.height,
          preserveAspectRatio: "none",
          class: "w-map",
        }),
      );
      rowNames(self, name);
    },
  });
}

/** What the colours mean. */
function colourBar(legend, plot, spread) {
  const [left, width] = [plot.px(plot.view[0]), 90];
  const bar = mapPicture(width, 1, (x) => [...cividis(x / (width - 1)), 255]);
  const text = (x, anchor, words) =>
    shape("text", { x, y: 21, "text-anchor": anchor, text: words });
  legend.append(
    text(left, "start", `−${spread}`),
    shape("image", { href: bar, x: left + 22, y: 12, width, height: 10, preserveAspectRatio: "none" }),
    text(left + width + 28, "start", `+${spread} standard deviations`),
  );
}

function rowNames(plot, name) {
  const group = shape("g", { class: "w-axes" });
  const each = plot.inner.height / ROWS;
  for (let row = 0; row < ROWS; row += 1) {
    if (row % 2 && row !== ROWS - 1) continue;
    if (row === ROWS - 2) continue;
    const y = plot.inner.top + (row + 0.5) * each + 4;
    group.append(shape("text", { x: 55, y, "text-anchor": "end", text: name(row) }));
  }
  plot.svg.append(group);
}

function activityPlot(file, person, onSeek) {
  const { curves } = person;
  const quiet = Math.min(...curves.level.filter(isNumber));
  const floor = Math.max(-90, Math.floor(quiet / 10) * 10);
  const activity = curves.speech.map((value) => (isNumber(value) ? floor + value * -floor : null));
  return new Plot({
    file: `${file}-activity`,
    title: "Level and speech activity",
    caption:
      "Level of the sound in each frame, in dB of full scale, and where someone speaks: the mouth " +
      "rests elsewhere, and heads move where speech sets in.",
    x: person.seconds,
    gap: person.gap,
    xName: "seconds",
    xLabel: "time in the result [s]",
    yLabel: "level [dB]",
    low: floor,
    high: 0,
    yTicks: Array.from({ length: Math.round(-floor / 20) + 1 }, (_, k) => -20 * k),
    height: 110,
    series: [
      {
        name: "activity",
        label: "someone speaks",
        values: activity,
        saved: curves.speech,
        base: floor,
        tone: 3,
        kind: "area",
        said: (value) => (isNumber(value) ? ((value - floor) / -floor).toFixed(2) : "–"),
      },
      { name: "level_db", label: "level", values: curves.level, tone: 1, digits: 1, unit: "dB" },
    ],
    bands: person.outside,
    bandLabel: "not dubbed",
    onSeek,
  });
}
