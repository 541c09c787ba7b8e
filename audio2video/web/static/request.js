/** The request that the form stands for. */

import { form, scope } from "./form.js";
import { item } from "./library.js";

/**
 * One request, or both sides of a conversation.
 * @param {boolean} preview
 * @returns {import("./types.js").Request[]}
 */
export function requests(preview) {
  const { mode, talk } = scope();
  if (mode === "whole") return [of(form.target, form.speech, preview)];
  if (mode === "talk") {
    const hears = (id) => (talk.listens ? id : null);
    const own = of(form.target, form.speech, preview, hears(talk.speech));
    return talk.target ? [own, of(talk.target, talk.speech, preview, hears(form.speech))] : [own];
  }
  const segments = mode === "people" ? voices() : parts();
  const own = segments.length && segments.every((one) => one.speech !== null);
  const options = { ...form.options };
  return [{ speech: own ? null : form.speech, target: form.target ?? "", options, preview, segments, hears: null }];
}

/** All of a target. */
function of(target, speech, preview, hears = null) {
  const options = { ...form.options };
  const speaker = form.scopes[target]?.speaker ?? null;
  // Said here as well as kept beside the target: another tab may choose someone else.
  if (speaker !== null) options.face = speaker;
  return { speech, target: target ?? "", options, preview, segments: null, hears };
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
  const { mode, talk } = scope();
  if (!form.target) return form.speech ? "Choose a video of the person who says it." : "Choose speech and a video.";
  const [{ segments }] = requests(false);
  if (mode === "people" && !segments.length) return "Give at least one person a speech.";
  if (mode === "parts" && !segments.length) return "Add a part of the video that is to be replaced.";
  if (!form.speech && (segments === null || segments.some((one) => !one.speech))) {
    return "Choose the speech.";
  }
  if (mode === "talk" && !talk.speech) return "Choose what the other says.";
  if (mode === "talk" && talk.speech === form.speech) return "The other needs speech of their own.";
  return null;
}
