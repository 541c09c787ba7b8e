/** What was made: beside the target, its timeline, its files. */

import { get, part } from "./api.js";
import { h, loadStyle, problem } from "./dom.js";
import { bytes, clock, count, rate } from "./format.js";
import { compare } from "./compare.js";
import { showTimeline } from "./timeline.js";

const FILES = {
  video: "Video",
  shapes: "Mouth shapes",
  report: "Report",
  sheet: "Contact sheet",
};

/**
 * @param {HTMLElement} root
 * @param {import("./types.js").Job} job with a result
 * @returns {() => void}
 */
export function showResult(root, job) {
  loadStyle("/static/result.css");
  const path = `/api/jobs/${part(job.id)}`;
  const players = compare(path, job);
  get(`${path}/timeline`).then(
    (found) => showTimeline(found, players),
    (error) => players.legend.replaceChildren(problem(error.message)),
  );
  const { result } = job;
  const links = (result.files ?? Object.keys(FILES)).map((name) =>
    h("a", { class: "file", href: `${path}/${name}?download=1`, download: true },
      FILES[name] ?? name, name === "video" ? h("span", { class: "faint", text: ` ${bytes(result.bytes)}` }) : null),
  );
  const facts = `${result.width}×${result.height} · ${rate(result.rate)} · ${count(result.frames, "frame")}`;
  const from = job.preview && result.begins ? ` · from ${clock(result.begins)} of the speech on` : "";
  root.replaceChildren(
    players.element,
    h("p", { class: "faint", text: facts + from }),
    h(
      "p",
      { class: "row files" },
      h("span", { class: "faint", text: "Download" }),
      ...links,
      h("a", { class: "file", href: `#inspect=${part(job.id)}`, text: "Inspect step by step" }),
    ),
    h(
      "details",
      { class: "command" },
      h("summary", { text: "The same on the command line" }),
      h("code", { tabindex: 0, "aria-label": "The same as a command", text: job.command }),
    ),
  );
  return players.stop;
}
