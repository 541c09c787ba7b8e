/** One job: its state, its progress a step, and what can be done with it. */

import { part, post, remove } from "./api.js";
import { button, h, problem } from "./dom.js";
import { change, form } from "./form.js";
import { about, clock, moment } from "./format.js";

const WORDS = {
  queued: "waiting",
  running: "under way",
  done: "done",
  incomplete: "mostly unchanged",
  failed: "failed",
  cancelled: "cancelled",
};

/** @param {import("./types.js").Job} first */
export function jobCard(first) {
  let job = first;
  let view = null;
  const state = h("span", { class: "tag" });
  const when = h("span", { class: "faint" });
  const title = button("", toggle, { class: "title" });
  const body = h("div", { class: "job-body" });
  const result = h("div", { class: "job-result" });
  const actions = h("p", { class: "row actions" });
  const meter = h("progress", { max: 1 });
  const steps = h("ul", { class: "steps" });
  const element = h(
    "li",
    { class: "card job", id: `job-${first.id}` },
    h("div", { class: "job-head" }, title, state, when, actions),
    body,
    result,
  );
  let shownActions = "";

  function toggle() {
    if (job.result) change({ open: form.open === job.id ? null : job.id });
  }
  async function act(work) {
    try {
      await work();
    } catch (error) {
      body.append(problem(error.message));
    }
  }
  const path = `/api/jobs/${part(first.id)}`;
  const ACTIONS = {
    cancel: () => button("Cancel", () => act(() => post(`${path}/cancel`)), { class: "small" }),
    resume: () => button("Resume", () => act(() => post(`${path}/resume`)), { class: "small" }),
    again: () => button("Use these settings", reuse, { class: "small" }),
    remove: () =>
      button("Remove", () => confirm(`Remove ${job.name} and its result?`) && act(() => remove(path)), {
        class: "small quiet",
      }),
  };
  function reuse() {
    const { speech, target, options, segments, hears } = job.request;
    const { face, ...rest } = options;
    const scopes = { ...form.scopes };
    if (target) {
      const before = scopes[target] ?? { voices: {} };
      scopes[target] = {
        ...before,
        mode: segments ? "parts" : hears ? "talk" : "whole",
        speaker: face ?? null,
        segments: segments ?? [],
        ...(hears ? { talk: { target: null, ...before.talk, speech: hears, listens: true } } : {}),
      };
    }
    change({ speech: speech ?? form.speech, target, options: rest, scopes });
    document.getElementById("speech").scrollIntoView({ block: "start" });
  }
  function progress() {
    if (job.state === "queued") {
      const before = job.place ?? 0;
      return [h("p", { class: "faint", text: before > 0 ? `${before} before it` : "Begins next." })];
    }
    meter.value = job.share;
    meter.setAttribute("aria-label", `Progress of ${job.name}`);
    steps.replaceChildren(...job.stages.map((stage, k) => step(stage, k === job.stages.length - 1)));
    const left = job.left ? `${about(job.left)} left` : "";
    return [h("p", { class: "line" }, meter, h("span", { class: "time", text: `${Math.round(job.share * 100)} %` })),
      steps, h("p", { class: "faint", text: left })];
  }
  function lines() {
    const { warnings, notices, error } = job;
    return [
      error ? problem(error) : null,
      ...warnings.map((text) => h("p", { class: "warning", text })),
      ...notices.map((text) => h("p", { class: "faint", text })),
    ].filter(Boolean);
  }
  function update(now) {
    job = now;
    const open = form.open === job.id && Boolean(job.result);
    title.textContent = job.name;
    title.setAttribute("aria-expanded", String(open));
    title.disabled = !job.result;
    state.textContent = job.preview ? `preview, ${WORDS[job.state]}` : WORDS[job.state];
    state.className = `tag ${job.state}`;
    when.textContent = moment(job.finished ?? job.created);
    if (job.result) when.textContent += ` · ${clock(job.result.seconds)}`;
    const busy = job.state === "running" || job.state === "queued";
    element.classList.toggle("open", open);
    if (busy) body.replaceChildren(...progress(), ...lines());
    else body.replaceChildren(...(open || !job.result || job.error ? lines() : []));
    offer(busy);
    if (open && !view) show();
    if (!open && view) {
      view.stop();
      view = null;
      result.replaceChildren();
    }
  }
  function offer(busy) {
    const again = job.state === "failed" || job.state === "cancelled";
    const names = busy ? ["cancel"] : [...(again ? ["resume"] : []), "again", "remove"];
    if (names.join() === shownActions) return;
    const focused = actions.contains(document.activeElement);
    shownActions = names.join();
    actions.replaceChildren(...names.map((name) => ACTIONS[name]()));
    if (focused) title.disabled ? actions.querySelector("button").focus() : title.focus();
  }
  function show() {
    view = { stop: () => {} };
    const mine = view;
    import("./result.js").then(({ showResult }) => {
      if (view === mine) view.stop = showResult(result, job);
    });
  }
  update(first);
  return { element, update };
}

function step(stage, last) {
  const unit = stage.unit ? ` ${stage.unit}s` : "";
  const done = stage.total ? `${stage.done} of ${stage.total}${unit}` : stage.done ? `${stage.done}${unit}` : "";
  const pace = last && stage.rate ? `${stage.rate.toFixed(stage.rate < 10 ? 1 : 0)}${unit}/s` : "";
  const left = last && stage.left ? `${about(stage.left)} left` : "";
  return h(
    "li",
    { class: last ? "now" : "" },
    h("span", { text: stage.stage }),
    h("span", { class: "faint", text: [done, pace, left].filter(Boolean).join(" · ") }),
  );
}
