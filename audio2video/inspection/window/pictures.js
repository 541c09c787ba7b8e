/** Pictures that change with the moment, decoded ahead and drawn without flicker. */

import { element } from "./dom.js";
import { bytesOf } from "./numbers.js";

/** Decoded pictures that are kept. */
const KEPT = 240;

export class Pictures {
  /** @param {string} type of all pictures, such as "image/webp" */
  constructor(type) {
    this.type = type;
    /** @type {Map<string, Promise<ImageBitmap>>} */
    this.decoded = new Map();
  }

  /** Decode a picture, once. */
  of(text) {
    let found = this.decoded.get(text);
    if (found) this.decoded.delete(text);
    else found = createImageBitmap(new Blob([bytesOf(text)], { type: this.type }));
    this.decoded.set(text, found);
    while (this.decoded.size > KEPT) this.decoded.delete(this.decoded.keys().next().value);
    return found;
  }
}

/** A canvas with a name that shows one picture at a time. */
export class PictureView {
  /**
   * @param {Pictures} pictures
   * @param {string} label
   * @param {string} [note] below the label
   */
  constructor(pictures, label, note = "") {
    this.pictures = pictures;
    this.label = label;
    this.canvas = /** @type {HTMLCanvasElement} */ (
      element("canvas", { class: "w-picture", role: "img", "aria-label": label, width: 8, height: 8 })
    );
    this.frame = element("div", { class: "w-picture-frame" }, this.canvas);
    this.note = element("span", { class: "w-picture-note", text: note });
    this.element = element(
      "div",
      { class: "w-picture-view" },
      element("div", { class: "w-picture-label" }, element("strong", { text: label }), this.note),
      this.frame,
    );
    this.shown = null;
  }

  /** Show a picture; null shows none. */
  async show(text) {
    if (text === this.shown) return;
    this.shown = text;
    this.canvas.classList.toggle("w-empty", !text);
    if (!text) return;
    const bitmap = await this.pictures.of(text);
    if (text !== this.shown) return;
    const { canvas } = this;
    if (canvas.width !== bitmap.width || canvas.height !== bitmap.height) {
      canvas.width = bitmap.width;
      canvas.height = bitmap.height;
    }
    canvas.getContext("2d").drawImage(bitmap, 0, 0);
    canvas.dataset.shown = String(text.length);
  }
}
