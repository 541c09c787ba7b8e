/** A run's data as the window asks for it: by moment, and by person. */

import { nearest, unpacked, unpackedValues } from "./numbers.js";

/** Factor of packed points of a picture. */
const POINT_SCALE = 1e-4;

/** All that is known of one person in a run. */
export class Person {
  /**
   * @param {any} data the run
   * @param {any} layer one of its `layers`
   */
  constructor(data, layer) {
    this.rate = data.rate;
    this.layer = layer;
    /** Where the mouth shapes come from, in a word. */
    this.origin = data.loaded ? "loaded" : "predicted";
    this.curves = layer.curves;
    this.seconds = this.curves.frames.map((k) => k / data.rate);
    /** Seconds between points of a curve that do not follow each other. */
    this.gap = (1.5 * this.curves.step) / data.rate;
    this.mouth = unpacked(this.curves.mouth).values;
    this.ownMouth = unpacked(this.curves.own_mouth).values;
    this.trueMouth = this.curves.true && unpacked(this.curves.true.mouth).values;
    this.shots = layer.shots;
    this.shotFrames = this.shots.map((shot) => shot.frame);
    this.outside = gaps(layer.sound.ranges, data.seconds);
  }

  /**
   * Place in the curves of a frame of the result; -1 where nothing is asked for.
   * @param {number} frame
   */
  pointAt(frame) {
    const { frames, step } = this.curves;
    const k = nearest(frames, frame);
    return Math.abs(frames[k] - frame) <= step ? k : -1;
  }

  /**
   * Pictures of the moment nearest to a frame of the result.
   * @param {number} frame
   * @returns {any|null}
   */
  shotAt(frame) {
    if (!this.shots.length) return null;
    const k = nearest(this.shotFrames, frame);
    return Math.abs(this.shotFrames[k] - frame) <= this.layer.step ? this.shots[k] : null;
  }

  /**
   * Twenty points (x, y) in a row, of packed ones.
   * @param {Float32Array|null} points
   * @param {number} k
   * @returns {number[]|null}
   */
  static mouthOf(points, k) {
    if (!points || k < 0) return null;
    const found = Array.from(points.subarray(40 * k, 40 * k + 40));
    return found.some(Number.isNaN) ? null : found;
  }

  /** Why a frame of the result is not synthesised; null where it is. */
  reasonAt(k) {
    if (k < 0) return "outside the segments";
    const why = this.curves.why[k];
    return why < 0 ? null : this.layer.reasons[why];
  }

  /** Ranges of seconds that are not synthesised. */
  unchanged() {
    const { frames, step, why } = this.curves;
    const ranges = [...this.outside];
    let begin = -1;
    for (let k = 0; k <= frames.length; k += 1) {
      const lost = k < frames.length && why[k] >= 0;
      if (lost && begin < 0) begin = k;
      if (!lost && begin >= 0) {
        ranges.push([frames[begin] / this.rate, (frames[k - 1] + step) / this.rate]);
        begin = -1;
      }
    }
    return ranges;
  }
}

/**
 * Points of a picture, as shares of its side.
 * @param {string|null} text
 * @returns {number[]|null}
 */
export function picturePoints(text) {
  return text ? Array.from(unpackedValues(text, "int16", POINT_SCALE)) : null;
}

/**
 * How many candidates of one weight would say as much: (sum w)^2 / sum w^2.
 * @param {{weights: number[]}} shot
 * @returns {number}
 */
export function effectiveCount(shot) {
  const sum = shot.weights.reduce((a, b) => a + b, 0);
  return (sum * sum) / shot.weights.reduce((a, b) => a + b * b, 0);
}

function gaps(ranges, seconds) {
  const found = [];
  let end = 0;
  for (const [from, to] of ranges) {
    if (from - end > 0.05) found.push([end, from]);
    end = Math.max(end, to);
  }
  if (seconds - end > 0.05) found.push([end, seconds]);
  return found;
}
