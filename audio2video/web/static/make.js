/** What would be made, what stands in its way, and the buttons that start it. */

import { post } from "./api.js";
import { button, debounce, h, problem, say } from "./dom.js";
import { change, form, onChange } from "./form.js";
import { about, clock, count, rate } from "./format.js";
import { item, onLibrary } from "./library.js";
import { missing, requests } from "./request.js";

/**
 * @param {HTMLElement} section
 * @param {(job: import("./types.js").Job) => void} started
 */
export function showMake(section, started) {
  const status = h("div", { class: "status", role: "status" });
  const preview = button("Preview 3 seconds", () => start(true));
  const whole = button("Make the video", () => start(false), { class: "primary" });
  const wrong = h("div", { role: "alert" });
  const consent = h("p", { class: "consent faint" });
  const command = h("code", { tabindex: 0, "aria-label": "The same as a command" });
  const copied = button("Copy", copy, { class: "small" });
  const line = h(
    "details",
    { class: "command" },
    h("summary", { text: "The same on the command line" }),
    h("div", { class: "row" }, command, copied),
  );
  section
    .querySelector(".body")
    .replaceChildren(status, consent, wrong, h("p", { class: "row buttons" }, preview, whole), line);

  let asked = 0;
  let starting = false;
  let ready = false;
  const check = debounce(ask, 150);

  function enable(on) {
    ready = on;
    for (const one of [preview, whole]) one.disabled = !on || starting;
  }
  async function ask() {
    const turn = ++asked;
    const lacking = missing();
    if (lacking) {
      status.replaceChildren(h("p", { class: "faint", text: lacking }));
      line.hidden = true;
      enable(false);
      return;
    }
    try {
      const told = await Promise.all(requests(false).map((one) => post("/api/check", one)));
      if (turn !== asked) return;
      const wrong = told.filter((one) => one.problem);
      status.replaceChildren(...(wrong.length ? wrong.map((one) => problem(one.problem)) : told.map((one) => plan(one.plan))));
      command.textContent = told.map((one) => one.command).join("\n");
      line.hidden = !told.every((one) => one.command);
      enable(!wrong.length);
    } catch (error) {
      if (turn !== asked) return;
      status.replaceChildren(problem(error.message));
      enable(false);
    }
  }
  function showConsent() {
    const one = item("target", form.target);
    consent.hidden = !one || Boolean(one.problem);
    if (consent.hidden) return;
    const text = one.consent;
    consent.replaceChildren(
      text ? `Consent: “${text}” ` : "Consent: no statement. ",
      button(text ? "Change" : "State it", () => agree(one), { class: "link" }),
    );
  }
  async function agree(one) {
    const { consentDialog } = await import("./consent.js");
    return consentDialog(one);
  }
  async function start(short) {
    const { wasAsked } = await import("./consent.js");
    const wanted = requests(short);
    for (const { target } of wanted) {
      const one = item("target", target);
      if (!wasAsked(one) && !(await agree(one))) return;
    }
    starting = true;
    enable(ready);
    wrong.replaceChildren();
    try {
      for (const one of wanted) {
        const job = await post("/api/jobs", one);
        change({ open: job.id });
        started(job);
        say(`${job.name}: ${job.state}`);
      }
    } catch (error) {
      wrong.replaceChildren(problem(error.message));
    } finally {
      starting = false;
      enable(ready);
    }
  }
  async function copy() {
    try {
      await navigator.clipboard.writeText(command.textContent);
      copied.textContent = "Copied";
      setTimeout(() => (copied.textContent = "Copy"), 1500);
    } catch {
      // Not allowed here: select it, for the keyboard's own copy.
      getSelection().selectAllChildren(command);
    }
  }

  onChange((parts) => {
    if (parts.some((part) => part !== "open")) {
      wrong.replaceChildren();
      check();
    }
    if (parts.includes("target")) showConsent();
  });
  onLibrary(() => (check(), showConsent()));
  document.addEventListener("target-changed", check);
  enable(false);
  showConsent();
  ask();
}

function plan(made) {
  if (!made) return h("p", { class: "faint", text: "Ready." });
  const facts = [clock(made.seconds), `${made.width}×${made.height}`, rate(made.rate), count(made.frames, "frame")];
  return h(
    "p",
    {},
    h("strong", { text: "Ready. " }),
    facts.join(" · "),
    made.estimate ? h("span", { class: "faint", text: `, takes ${about(made.estimate)}` }) : null,
  );
}
