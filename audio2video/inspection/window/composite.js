/** Composite: the frame before, the mask, the frame after. */

import { card, section } from "./card.js";
import { element } from "./dom.js";
import { clockTime } from "./numbers.js";
import { PictureView } from "./pictures.js";
import { Plot } from "./plot.js";
import { saveButton, saveSheet } from "./saving.js";
import { tilesOf } from "./texture.js";

/**
 * @param {any} data
 * @param {import("./model.js").Person} person
 * @param {import("./pictures.js").Pictures} pictures
 * @param {(seconds: number) => void} onSeek
 */
export function compositeSection(data, person, pictures, onSeek) {
  const before = new PictureView(pictures, "Before");
  const mask = new PictureView(pictures, "Mask");
  const after = new PictureView(pictures, "After");
  const views = [before, mask, after];
  const title = "Frame before, mask, frame after";
  const said = element("p", { class: "w-reading-line" });
  const plot = shownPlot(data.name, person, onSeek);
  const { rate } = person.layer.target;
  return {
    element: section(
      "composite",
      "Composite",
      "The texture in the head’s pose, blended into the frame by a Laplacian pyramid inside the mask.",
      card(
        {
          title,
          caption:
            "The face in the target’s frame as it plays; how much of each pixel is the texture’s " +
            "(white: all); the face in the result, before the label.",
          buttons: [saveButton("PNG", title, () => saveSheet(`${data.name}-composite`, tilesOf(views)))],
        },
        element("div", { class: "w-row w-row-3" }, ...views.map((view) => view.element)),
        said,
      ),
      plot ? plot.element : null,
    ),
    plots: plot ? [plot] : [],
    show(frame) {
      const shot = person.shotAt(frame);
      const why = person.reasonAt(person.pointAt(frame));
      before.show(shot?.before ?? null);
      mask.show(shot?.mask ?? null);
      after.show(shot ? (shot.after ?? shot.before) : null);
      before.note.textContent = shot ? `target frame ${shot.target}, ${clockTime(shot.target / rate)}` : "";
      mask.note.textContent = shot && !shot.mask ? "nothing changes" : "";
      after.note.textContent = shot ? `frame ${shot.frame}` : "";
      said.textContent = why ? `Not synthesised: ${why}.` : "";
    },
  };
}

/** How much of the mouth is shown; nothing where that is all of it, always. */
function shownPlot(file, person, onSeek) {
  const { curves } = person;
  if (curves.shown.every((value) => value === 1)) return null;
  return new Plot({
    file: `${file}-shown`,
    title: "How much of the mouth is shown",
    caption: "It fades where something covers the mouth, and at the ends of ranges that are dubbed.",
    x: person.seconds,
    gap: person.gap,
    xName: "seconds",
    xLabel: "time in the result [s]",
    yLabel: "share",
    low: 0,
    high: 1.05,
    height: 90,
    series: [{ name: "shown", label: "shown", values: curves.shown, tone: 1 }],
    bands: person.unchanged(),
    bandLabel: "not synthesised",
    onSeek,
  });
}
