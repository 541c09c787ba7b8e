/** The request that the form stands for. */

import { form, scope } from "./form.js";
import { item } from "./library.js";

/**
 * @param {boolean} preview
 * @returns {import("./types.js").Request}
 */
export function request(preview) {
  const { mode, speaker } = scope();
  const options = { ...form.options };
  // Said here as well as kept beside the target: another tab may choose someone else.
  if (mode === "whole" && speaker !== null) options.face = speaker;
  const segments = mode === "whole" ? null : mode === "people" ? voices() : parts();
  const own = segments?.length && segments.every((one) => one.speech !== null);
  return { speech: own ? null : form.speech, target: form.target ?? "", options, preview, segments };
}

/** Each person's speech from where it starts to its end, or the video's. */
function voices() {
  const length = item("target", form.target)?.seconds ?? 0;
  const list = Object.entries(scope().voices).filter(([, voice]) => voice.speech);
  return list
    .map(([number, { speech, start }]) => {
      const end = Math.min(length, start + (item("speech", speech)?.seconds ?? 0));
      return { start, end: round(end), speech, speaker: Number(number) };
    })
    .sort((a, b) => a.start - b.start);
}

function parts() {
  return [...scope().segments].sort((a, b) => a.start - b.start);
}

/** To a hundredth of a second. */
export function round(seconds) {
  return Math.round(seconds * 100) / 100;
}

/** What is still to be chosen, in words; null when nothing is. */
export function missing() {
  const { mode } = scope();
  const wanted = request(false);
  if (!form.target) return form.speech ? "Choose a video of the person who says it." : "Choose speech and a video.";
  if (mode === "people" && !wanted.segments.length) return "Give at least one person a speech.";
  if (mode === "parts" && !wanted.segments.length) return "Add a part of the video that is to be replaced.";
  if (!form.speech && (wanted.segments === null || wanted.segments.some((one) => !one.speech))) {
    return "Choose the speech.";
  }
  return null;
}
