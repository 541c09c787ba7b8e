/** Mouth: opening and width over time, and the twenty points on their own and over the frame. */

import { card, section } from "./card.js";
import { element, shape } from "./dom.js";
import { Lips, overlay, traceLips } from "./lips.js";
import { Person, picturePoints } from "./model.js";
import { PictureView } from "./pictures.js";
import { Plot } from "./plot.js";
import { saveButton, saveCsv, savePng, saveSheet, saveSvg } from "./saving.js";

/** Inter-ocular distances around the mouth that the drawing shows. */
const ROOM = 0.16;

const OWN = "target’s own, as it plays";
const TRUE = "true: the target saying this";

/**
 * @param {any} data
 * @param {Person} person
 * @param {import("./pictures.js").Pictures} pictures
 * @param {(seconds: number) => void} onSeek
 */
export function mouthSection(data, person, pictures, onSeek) {
  const plots = ["opening", "width"].map((what) => curvePlot(data.name, person, what, onSeek));
  const points = pointsFigure(data.name, person);
  const over = overFigure(data.name, person, pictures);
  const shapes = data.loaded ? `Shapes loaded from ${data.loaded}` : "Predicted shapes";
  const lead =
    `${shapes}, carried onto the target’s face at its own range, in inter-ocular distances.` +
    (person.trueMouth ? " The speech is the target’s own sound, so the true mouth is known." : "");
  return {
    element: section(
      "mouth",
      "Mouth",
      lead,
      element("div", { class: "w-pair" }, points.element, over.element),
      ...plots.map((plot) => plot.element),
    ),
    plots,
    show: (frame) => {
      points.show(frame);
      over.show(frame);
    },
  };
}

function curvePlot(file, person, what, onSeek) {
  const { curves } = person;
  const unit = { digits: 3 };
  const series = [
    { name: `own_${what}`, label: OWN, values: curves[`own_${what}`], tone: 4, dashed: true, ...unit },
  ];
  if (curves.true) {
    series.push({ name: `true_${what}`, label: TRUE, values: curves.true[what], tone: 2, ...unit });
  }
  series.push({ name: `${person.origin}_${what}`, label: person.origin, values: curves[what], tone: 1, ...unit });
  const closed = person.layer.target.closed[what];
  return new Plot({
    file: `${file}-${what}`,
    title: what === "opening" ? "Opening" : "Width",
    caption:
      (what === "opening"
        ? "Mean height between the inner lips"
        : "Distance between the corners of the mouth") +
      `; ${closed.toFixed(3)} in the target’s closed mouth.`,
    x: person.seconds,
    gap: person.gap,
    xName: "seconds",
    xLabel: "time in the result [s]",
    yLabel: "inter-ocular dist.",
    height: 130,
    series,
    bands: person.unchanged(),
    bandLabel: "not synthesised",
    onSeek,
  });
}

function pointsFigure(file, person) {
  const box = bounds([person.mouth, person.ownMouth, person.trueMouth ?? []]);
  const [x0, y0, x1, y1] = box;
  const [width, height] = [x1 - x0, y1 - y0];
  const scale = 400 / width;
  const legend = [
    [person.origin, 1, false],
    [OWN, 4, true],
    ...(person.trueMouth ? [[TRUE, 2, false]] : []),
  ];
  const above = 14 * legend.length + 6;
  const total = Math.round(scale * height) + above;
  const svg = /** @type {SVGSVGElement} */ (
    shape("svg", {
      class: "w-points",
      viewBox: `0 0 400 ${total}`,
      role: "img",
      "aria-label": "Twenty points of the mouth",
    })
  );
  legend.forEach(([label, tone, dashed], k) => {
    const y = 14 * k + 10;
    svg.append(
      shape("line", { class: lineClass(tone, dashed), x1: 0, x2: 18, y1: y, y2: y }),
      shape("text", { class: "w-small", x: 24, y: y + 3, text: label }),
    );
  });
  const own = new Lips(svg, 4, { dashed: true });
  const truth = person.trueMouth ? new Lips(svg, 2) : null;
  const predicted = new Lips(svg, 1, { dots: 3.4 });
  scaleBar(svg, scale, total);
  const said = element("p", { class: "w-reading-line" });
  const placed = (mouth) =>
    mouth && mouth.map((value, k) => (k % 2 ? (value - y0) * scale + above : (value - x0) * scale));
  const title = "The twenty points";
  return {
    element: card(
      {
        title,
        caption: "Landmarks 48 to 67, head pose taken out.",
        buttons: [
          saveButton("SVG", title, () => saveSvg(`${file}-points`, svg)),
          saveButton("PNG", title, () => savePng(`${file}-points`, svg)),
          saveButton("CSV", title, () => saveMouths(`${file}-points`, person)),
        ],
      },
      svg,
      said,
    ),
    show(frame) {
      const k = person.pointAt(frame);
      predicted.show(placed(Person.mouthOf(person.mouth, k)));
      own.show(placed(Person.mouthOf(person.ownMouth, k)));
      truth?.show(placed(Person.mouthOf(person.trueMouth, k)));
      said.textContent = person.reasonAt(k) ? `Not synthesised: ${person.reasonAt(k)}` : "";
    },
  };
}

/** A key of lines, for pictures. */
function keyOf(items) {
  return element(
    "ul",
    { class: "w-key" },
    ...items.map(([label, tone, dashed]) =>
      element(
        "li",
        {},
        shape(
          "svg",
          { viewBox: "0 0 18 8", width: 18, height: 8, "aria-hidden": "true" },
          shape("line", {
            class: lineClass(tone, dashed),
            x1: 0,
            x2: 18,
            y1: 4,
            y2: 4,
          }),
        ),
        label,
      ),
    ),
  );
}

function lineClass(tone, dashed) {
  return `w-line w-tone-${tone}${dashed ? " w-dashed" : ""}`;
}

function bounds(mouths) {
  const box = [Infinity, Infinity, -Infinity, -Infinity];
  for (const points of mouths) {
    for (let k = 0; k < points.length; k += 2) {
      if (Number.isNaN(points[k])) continue;
      box[0] = Math.min(box[0], points[k]);
      box[1] = Math.min(box[1], points[k + 1]);
      box[2] = Math.max(box[2], points[k]);
      box[3] = Math.max(box[3], points[k + 1]);
    }
  }
  return [box[0] - ROOM, box[1] - ROOM, box[2] + ROOM, box[3] + ROOM];
}

function scaleBar(svg, scale, height) {
  const length = 0.2 * scale;
  const y = height - 12;
  svg.append(
    shape("path", { class: "w-axis", d: `M12 ${y - 4}V${y}H${12 + length}V${y - 4}` }),
    shape("text", {
      class: "w-small",
      x: 18 + length,
      y,
      text: "0.2 inter-ocular distances",
    }),
  );
}

function saveMouths(file, person) {
  const axes = Array.from({ length: 20 }, (_, k) => [`x${48 + k}`, `y${48 + k}`]).flat();
  const rows = person.seconds.map((at, k) => [
    at,
    ...(Person.mouthOf(person.mouth, k) ?? Array(40).fill(null)).map((v) => v?.toFixed(4)),
  ]);
  saveCsv(file, ["seconds", ...axes], rows);
}

function overFigure(file, person, pictures) {
  const view = new PictureView(pictures, "Frame of the result");
  const drawing = overlay();
  const own = new Lips(drawing, 4, { dashed: true });
  const predicted = new Lips(drawing, 1);
  view.frame.append(drawing);
  const title = "Over the frame";
  let points = { predicted: null, own: null };
  const save = () => {
    const draw = (context) => {
      if (points.own) traceLips(context, points.own, "#7a4fa3", true);
      if (points.predicted) traceLips(context, points.predicted, "#0b5f8a", false);
    };
    const words = `${person.origin}; dashed: ${OWN}`;
    saveSheet(`${file}-over-frame`, [{ canvas: view.canvas, words, draw }]);
  };
  return {
    element: card(
      {
        title,
        caption: `Where the ${person.origin} lips lie in the picture, and the target’s own.`,
        buttons: [saveButton("PNG", title, save)],
      },
      view.element,
      keyOf([
        [person.origin, 1, false],
        [OWN, 4, true],
      ]),
    ),
    show(frame) {
      const shot = person.shotAt(frame);
      view.show(shot && (shot.after ?? shot.before));
      points = {
        predicted: picturePoints(shot?.points ?? null),
        own: picturePoints(shot?.own_points ?? null),
      };
      predicted.show(points.predicted);
      own.show(points.own);
    },
  };
}
