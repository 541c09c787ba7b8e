/** The page "Inspect": one finished run, step by step; the window itself is made elsewhere. */

import { get, part, task } from "./api.js";
import { h, problem, select } from "./dom.js";
import { moment } from "./format.js";
import { finished, onJobs } from "./jobs.js";
import { bar } from "./progress.js";

let under = null;
let current = "";
let listening = false;

/**
 * @param {HTMLElement} root
 * @param {string} id of a job; without one, the newest
 */
export async function showInspect(root, id) {
  if (!listening) {
    listening = true;
    onJobs(() => !root.hidden && choices(root));
  }
  if (!root.childElementCount) {
    root.replaceChildren(h("h1", { text: "Inspect" }), h("div", { class: "row chooser" }), h("div", { class: "window" }));
  }
  const wanted = finished().some((job) => job.id === id) ? id : "";
  if (wanted && wanted !== current) open(root, wanted);
  choices(root);
}

function choices(root) {
  const list = finished();
  const line = root.querySelector(".chooser");
  if (!list.length) {
    line.replaceChildren(h("p", { class: "faint", text: "Nothing to look into yet: make a video first. Every step of it can then be followed here, frame by frame." }));
    return;
  }
  const key = JSON.stringify([current, list.map((job) => [job.id, job.name])]);
  if (line.dataset.key === key) return;
  line.dataset.key = key;
  const options = list.map((job) => [job.id, `${job.name}${job.preview ? " (preview)" : ""}, ${moment(job.finished ?? job.created)}`]);
  const wanted = location.hash.slice(1).split("=")[1];
  const chooser = select("Result", [["", "Choose a result"], ...options], current, (id) => {
    location.hash = id ? `inspect=${part(id)}` : "inspect";
  });
  const page = current
    ? h("a", { class: "file", href: `/api/jobs/${part(current)}/inspection.html?download=1`, download: true, text: "Download as one page" })
    : "";
  line.replaceChildren(chooser, page);
  if (!current && wanted && list.some((job) => job.id === decodeURIComponent(wanted))) open(root, decodeURIComponent(wanted));
}

async function open(root, id) {
  under?.abort();
  under = new AbortController();
  const { signal } = under;
  current = id;
  choices(root);
  const place = root.querySelector(".window");
  const progress = bar("Gathering what each step did");
  place.replaceChildren(progress.element);
  try {
    const { url } = await task(`/api/jobs/${part(id)}/inspection`, progress.show, signal);
    const [data, { showWindow }] = await Promise.all([get(url, signal), import("/static/window/window.js")]);
    if (signal.aborted) return;
    const fresh = h("div", {});
    place.replaceChildren(fresh);
    showWindow(fresh, data);
  } catch (error) {
    if (!signal.aborted) place.replaceChildren(problem(error.message));
  }
}
