/** The page "Inspect": one finished run, step by step; the window itself is made elsewhere. */

import { get, part, task } from "./api.js";
import { h, loadStyle, problem, select } from "./dom.js";
import { moment } from "./format.js";
import { finished, onJobs } from "./jobs.js";
import { bar } from "./progress.js";

/** The result that is looked into, and what the window shows of it once it is gathered. */
const now = { id: "", data: null, window: null, stop: new AbortController() };

/**
 * @param {HTMLElement} root
 * @param {string} id of a job; without one, what was shown before
 */
export function showInspect(root, id) {
  if (!root.childElementCount) {
    loadStyle("/static/window/window.css");
    root.replaceChildren(h("h1", { text: "Inspect" }), h("div", { class: "row chooser" }), h("div", { class: "window" }));
    onJobs(() => !root.hidden && showInspect(root, wanted()));
    // Its sound and its keys are for this page alone.
    addEventListener("hashchange", () => root.hidden && close());
  }
  const known = finished().some((job) => job.id === id);
  if (known && id !== now.id) open(root, id);
  else if (now.data && !now.window) show(root);
  choices(root);
}

function wanted() {
  return decodeURIComponent(location.hash.split("=")[1] ?? "");
}

function close() {
  now.window?.close();
  now.window = null;
}

function choices(root) {
  const list = finished();
  const line = root.querySelector(".chooser");
  const key = JSON.stringify([now.id, Boolean(now.data), list.map((job) => [job.id, job.name])]);
  if (line.dataset.key === key) return;
  line.dataset.key = key;
  if (!list.length) {
    line.replaceChildren(
      h("p", {
        class: "faint",
        text: "Nothing to look into yet: make a video first. Every step of it can then be followed here, frame by frame.",
      }),
    );
    return;
  }
  const named = (job) => `${job.name}${job.preview ? " (preview)" : ""}, ${moment(job.finished ?? job.created)}`;
  const first = now.id ? [] : [["", "Choose a result"]];
  const options = [...first, ...list.map((job) => [job.id, named(job)])];
  const choose = (id) => (location.hash = id ? `inspect=${part(id)}` : "inspect");
  const page = h("a", {
    class: "file", download: true, href: `/api/jobs/${part(now.id)}/inspection.html?download=1`,
    text: "Download as one page, for any browser, without a server",
  });
  line.replaceChildren(select("Result", options, now.id, choose), now.data ? page : "");
}

async function open(root, id) {
  now.stop.abort();
  close();
  const stop = new AbortController();
  Object.assign(now, { id, data: null, stop });
  // The way back names it too, so that a reload there, however early, finds it.
  document.querySelector('nav a[data-page="inspect"]').href = `#inspect=${part(id)}`;
  const progress = bar("Gathering what each step did");
  root.querySelector(".window").replaceChildren(progress.element);
  try {
    const { url } = await task(`/api/jobs/${part(id)}/inspection`, progress.show, stop.signal);
    now.data = await get(url, stop.signal);
    await show(root);
    choices(root);
  } catch (error) {
    if (!stop.signal.aborted) root.querySelector(".window").replaceChildren(problem(error.message));
  }
}

async function show(root) {
  const { showWindow } = await import("/static/window/window.js");
  if (root.hidden) return;
  close();
  const fresh = h("div", {});
  root.querySelector(".window").replaceChildren(fresh);
  now.window = showWindow(fresh, now.data);
}
