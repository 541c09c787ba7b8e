/** The list of jobs, newest first: what waits, what is under way, what is made. */

import { get } from "./api.js";
import { h, say } from "./dom.js";
import { change, form, onChange } from "./form.js";
import { listen } from "./events.js";
import { jobCard } from "./job.js";

/** @type {Map<string, import("./types.js").Job>} */
export const jobs = new Map();
const listeners = new Set();

/** Hear of any change of any job. */
export function onJobs(listener) {
  listeners.add(listener);
}

/** Jobs whose result can be seen, newest first. */
export function finished() {
  return [...jobs.values()].filter((job) => job.result).sort(newest);
}

const newest = (a, b) => b.created.localeCompare(a.created);

/** @param {HTMLElement} section @returns {(job: import("./types.js").Job) => void} */
export function showJobs(section) {
  const list = h("ol", { class: "jobs" });
  const empty = h(
    "div",
    { class: "empty" },
    h("p", { text: "Nothing made yet." }),
    h("p", {
      class: "faint",
      text: "What you start is listed here. It goes on when you close this page, and is here when you come back.",
    }),
  );
  section.querySelector(".body").replaceChildren(empty, list);
  const cards = new Map();
  const spoken = new Map();

  function place() {
    const order = [...jobs.values()].sort(newest);
    for (const [k, job] of order.entries()) {
      const card = cards.get(job.id).element;
      // Moved only when it is elsewhere: a moved element loses focus, and its video stops.
      if (list.children[k] !== card) list.insertBefore(card, list.children[k] ?? null);
    }
    empty.hidden = order.length > 0;
    list.hidden = !order.length;
    for (const listener of listeners) listener();
  }
  function changed(job) {
    const before = jobs.get(job.id);
    jobs.set(job.id, job);
    if (!cards.has(job.id)) cards.set(job.id, jobCard(job));
    else cards.get(job.id).update(job);
    announce(job, before);
    place();
  }
  function gone(id) {
    jobs.delete(id);
    cards.get(id)?.element.remove();
    cards.delete(id);
    if (form.open === id) change({ open: null });
    place();
  }
  function announce(job, before) {
    if (!before) return;
    const quarter = Math.floor(job.share * 4);
    const now = job.state === "running" ? `${job.stages.at(-1)?.stage ?? ""} ${quarter}` : job.state;
    if (spoken.get(job.id) === now) return;
    spoken.set(job.id, now);
    const stage = job.stages.at(-1)?.stage;
    if (job.state === "running") say(`${job.name}: ${stage ?? "begun"}, ${Math.round(job.share * 100)} %`);
    else if (job.state !== before.state) say(`${job.name}: ${job.state}`);
  }
  async function all() {
    const known = new Set((await get("/api/jobs").catch(() => ({ jobs: null }))).jobs?.map((job) => job.id));
    if (!known.size && jobs.size) return;
    for (const id of jobs.keys()) if (!known.has(id)) gone(id);
  }

  onChange((parts) => {
    if (parts.includes("open")) for (const [id, card] of cards) card.update(jobs.get(id));
  });
  listen(changed, gone, all);
  place();
  return changed;
}
