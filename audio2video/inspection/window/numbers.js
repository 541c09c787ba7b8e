/** Numbers: unpacked from the data, rounded for people, and the ticks of axes. */

/** What stands for no number among packed ones. */
const MISSING = -32768;

const KINDS = { int16: Int16Array, int8: Int8Array, uint8: Uint8Array };

/**
 * Bytes of a base64 text.
 * @param {string} text
 * @returns {Uint8Array}
 */
export function bytesOf(text) {
  const raw = atob(text);
  const bytes = new Uint8Array(raw.length);
  for (let k = 0; k < raw.length; k += 1) bytes[k] = raw.charCodeAt(k);
  return bytes;
}

/**
 * Unpack numbers; missing ones become NaN.
 * @param {{shape: number[], kind: string, scale: number, data: string}} packed
 * @returns {{shape: number[], values: Float32Array}}
 */
export function unpacked(packed) {
  return { shape: packed.shape, values: unpackedValues(packed.data, packed.kind, packed.scale) };
}

/**
 * @param {string} data
 * @param {string} kind
 * @param {number} scale
 * @returns {Float32Array}
 */
export function unpackedValues(data, kind, scale) {
  const whole = new KINDS[kind](bytesOf(data).buffer);
  return Float32Array.from(whole, (k) => (kind === "int16" && k === MISSING ? NaN : k * scale));
}

/**
 * A number with so many digits after the point; a dash for none.
 * @param {number|null|undefined} value
 * @param {number} digits
 * @returns {string}
 */
export function fixed(value, digits) {
  return isNumber(value) ? value.toFixed(digits).replace("-", "−") : "–";
}

/**
 * @param {any} value
 * @returns {boolean}
 */
export function isNumber(value) {
  return typeof value === "number" && Number.isFinite(value);
}

/**
 * A time: "3.48 s", and with minutes behind the first.
 * @param {number} seconds
 * @returns {string}
 */
export function clockTime(seconds) {
  if (seconds < 60) return `${seconds.toFixed(2)} s`;
  const minutes = Math.floor(seconds / 60);
  return `${minutes}:${(seconds - 60 * minutes).toFixed(2).padStart(5, "0")} min`;
}

/**
 * Round numbers between two others.
 * @param {number} low
 * @param {number} high
 * @param {number} most how many at most
 * @returns {number[]}
 */
export function ticks(low, high, most) {
  if (!(high > low)) return [low];
  const rough = (high - low) / Math.max(1, most);
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = power * [1, 2, 5, 10].find((k) => k * power >= rough * 0.999);
  const found = [];
  for (let k = Math.ceil(low / step - 1e-6); k * step <= high + step * 1e-6; k += 1) {
    found.push(Number((k * step).toPrecision(10)));
  }
  return found;
}

/**
 * Powers of ten, with 2 and 5 between few of them.
 * @param {number} low
 * @param {number} high
 * @returns {number[]}
 */
export function logTicks(low, high) {
  const found = [];
  const few = Math.log10(high / low) < 2;
  for (let k = Math.floor(Math.log10(low)); k <= Math.ceil(Math.log10(high)); k += 1) {
    for (const m of few ? [1, 2, 5] : [1]) {
      const value = Number((m * 10 ** k).toPrecision(3));
      if (value >= low && value <= high) found.push(value);
    }
  }
  return found;
}

/**
 * The text of a tick.
 * @param {number} value
 * @returns {string}
 */
export function tickText(value) {
  const small = value !== 0 && Math.abs(value) < 1e-3;
  return (small ? value.toExponential(0) : String(value)).replace("-", "−");
}

/**
 * First place in ascending numbers whose value is not below one.
 * @param {ArrayLike<number>} sorted
 * @param {number} value
 * @returns {number}
 */
export function placeOf(sorted, value) {
  let [low, high] = [0, sorted.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (sorted[middle] < value) low = middle + 1;
    else high = middle;
  }
  return low;
}

/**
 * Place of the nearest of ascending numbers.
 * @param {ArrayLike<number>} sorted
 * @param {number} value
 * @returns {number}
 */
export function nearest(sorted, value) {
  const after = Math.min(placeOf(sorted, value), sorted.length - 1);
  if (after <= 0) return Math.max(after, 0);
  return sorted[after] - value < value - sorted[after - 1] ? after : after - 1;
}
