/** Colours of maps: readable in both schemes, and by people who tell few colours apart. */

/** Cividis (Nuñez, Anderton and Renslow 2018), at even steps. */
const CIVIDIS = [
  [0, 32, 76],
  [0, 48, 111],
  [57, 72, 107],
  [87, 93, 109],
  [112, 113, 115],
  [138, 134, 120],
  [165, 156, 116],
  [195, 179, 105],
  [225, 204, 85],
  [255, 233, 69],
];

/**
 * @param {number} share 0 to 1
 * @returns {number[]} red, green, blue
 */
export function cividis(share) {
  const at = Math.min(Math.max(share, 0), 1) * (CIVIDIS.length - 1);
  const k = Math.min(Math.floor(at), CIVIDIS.length - 2);
  return CIVIDIS[k].map((value, c) => value + (at - k) * (CIVIDIS[k + 1][c] - value));
}

/**
 * Draw a map of colours as the address of a picture.
 * @param {number} width
 * @param {number} height
 * @param {(x: number, y: number) => number[]} colour red, green, blue and opacity, 0 to 255
 * @returns {string}
 */
export function mapPicture(width, height, colour) {
  const canvas = document.createElement("canvas");
  canvas.width = width;
  canvas.height = height;
  const context = canvas.getContext("2d");
  const pixels = context.createImageData(width, height);
  for (let y = 0; y < height; y += 1) {
    for (let x = 0; x < width; x += 1) pixels.data.set(colour(x, y), 4 * (y * width + x));
  }
  context.putImageData(pixels, 0, 0);
  return canvas.toDataURL("image/png");
}
