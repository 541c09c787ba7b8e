/** Records speech with the microphone, or a video with the camera. */

import { button, dialog, h, problem, say } from "./dom.js";
import { clock } from "./format.js";

const TYPES = {
  speech: ["audio/webm;codecs=opus", "audio/mp4", "audio/ogg;codecs=opus"],
  target: ["video/webm;codecs=vp9,opus", "video/webm;codecs=vp8,opus", "video/mp4"],
};
const NOT_ALLOWED = {
  NotAllowedError: "The browser was not allowed to use it. Allow it in the address bar, then try again.",
  NotFoundError: "No such device is connected.",
  NotReadableError: "Another program is using the device.",
};

/**
 * @param {"speech"|"target"} kind
 * @returns {Promise<{blob: Blob, name: string}|null>}
 */
export async function recordDialog(kind) {
  const speech = kind === "speech";
  const body = h("div", { class: "recorder" });
  const record = button("Record", toggle, { class: "primary", disabled: true });
  const use = button("Use it", () => shown.box.close("use"), { hidden: true, class: "primary" });
  const title = speech ? "Record speech" : "Record a video";
  const shown = dialog(title, [body], [use, record]);
  const now = h("p", { class: "time", text: clock(0) });
  let stream = null;
  let recorder = null;
  let made = null;
  let ticking = 0;

  function view(element, ...more) {
    body.replaceChildren(element, ...more);
  }
  async function open() {
    if (!navigator.mediaDevices || !window.MediaRecorder) {
      view(problem("Browsers record only on pages opened as localhost or over https. Record with another program, and choose the file."));
      return;
    }
    view(h("p", { text: "The browser asks whether this page may record." }));
    try {
      stream = await navigator.mediaDevices.getUserMedia({ audio: true, video: speech ? false : { width: { ideal: 1280 } } });
    } catch (error) {
      view(problem(NOT_ALLOWED[error.name] ?? error.message));
      return;
    }
    record.disabled = false;
    live();
    record.focus();
  }
  function live() {
    if (speech) {
      view(h("p", { text: "Speak as you would to a person beside you." }), meter(stream, () => body.isConnected && made === null), now);
      return;
    }
    const picture = h("video", { playsinline: true, "aria-label": "The camera's picture" });
    picture.muted = true;
    picture.srcObject = stream;
    picture.play().catch(() => {});
    view(picture, h("p", { class: "faint", text: "Face the camera, in even light, and talk for ten seconds or more." }), now);
  }
  function toggle() {
    if (recorder?.state === "recording") recorder.stop();
    else begin();
  }
  function begin() {
    made = null;
    use.hidden = true;
    live();
    const type = TYPES[kind].find((one) => MediaRecorder.isTypeSupported(one));
    recorder = new MediaRecorder(stream, type ? { mimeType: type } : {});
    const pieces = [];
    const started = performance.now();
    recorder.ondataavailable = (event) => pieces.push(event.data);
    recorder.onstop = () => {
      clearInterval(ticking);
      made = new Blob(pieces, { type: recorder.mimeType });
      record.textContent = "Record again";
      record.classList.remove("primary");
      use.hidden = false;
      const again = h(speech ? "audio" : "video", { controls: true, src: URL.createObjectURL(made), "aria-label": "The recording" });
      view(again, now);
      use.focus();
      say("Recorded");
    };
    recorder.start(1000);
    ticking = setInterval(() => (now.textContent = clock((performance.now() - started) / 1000)), 100);
    record.textContent = "Stop";
    say("Recording");
  }

  open();
  const end = await shown.closed;
  clearInterval(ticking);
  if (recorder?.state === "recording") recorder.stop();
  for (const track of stream?.getTracks() ?? []) track.stop();
  if (end !== "use" || !made) return null;
  const suffix = made.type.includes("mp4") ? (speech ? "m4a" : "mp4") : made.type.includes("ogg") ? "ogg" : "webm";
  const stamp = new Date().toISOString().slice(0, 19).replace(/[-:]/g, "").replace("T", "-");
  return { blob: made, name: `recorded-${stamp}.${suffix}` };
}

/** How loud the microphone hears. */
function meter(stream, going) {
  const level = h("meter", { min: 0, max: 1, low: 0.02, optimum: 0.5, value: 0, "aria-label": "Level" });
  const context = new AudioContext();
  const analyser = context.createAnalyser();
  context.createMediaStreamSource(stream).connect(analyser);
  const samples = new Float32Array(analyser.fftSize);
  const show = () => {
    analyser.getFloatTimeDomainData(samples);
    level.value = Math.max(...samples.map(Math.abs));
    if (going()) requestAnimationFrame(show);
    else context.close();
  };
  show();
  return level;
}
