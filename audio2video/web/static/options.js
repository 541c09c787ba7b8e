/** All options, from the server's list: the common ones first, the others by group. */

import { get } from "./api.js";
import { button, h, problem, select } from "./dom.js";
import { change, form, onChange } from "./form.js";
import { library } from "./library.js";
import { showPresets } from "./presets.js";

/** What has a place of its own on the page. */
const ELSEWHERE = new Set(["audio", "video", "segments", "inp_id", "tar_id", "consent", "face", "face_at"]);

/** @param {HTMLElement} root */
export async function showOptions(root) {
  root.replaceChildren(h("p", { class: "faint", text: "Asking for the options…" }));
  let groups;
  try {
    ({ groups } = await get("/api/options"));
  } catch (error) {
    root.replaceChildren(problem(error.message), button("Try again", () => showOptions(root)));
    return;
  }
  for (const group of groups) group.options = group.options.filter(({ flag }) => !ELSEWHERE.has(flag));
  const all = groups.flatMap((group) => group.options);
  const rows = new Map(all.map((option) => [option.flag, row(option)]));
  const take = (list) => list.map(({ flag }) => rows.get(flag).element);
  const common = all.filter((option) => option.common);
  const rest = groups
    .map(({ name, options }) => ({ name, options: options.filter((option) => !option.common) }))
    .filter(({ options }) => options.length);
  const presets = h("div", {});
  showPresets(presets);
  const groupBoxes = rest.map(({ name, options }) =>
    h("details", { class: "group" }, h("summary", { text: `${name} (${options.length})` }), ...take(options)),
  );
  const find = h("input", { type: "search", placeholder: "Find an option", "aria-label": "Find an option", on: { input: filter } });
  const reset = button("All back to defaults", () => change({ options: {} }), { class: "small" });

  function filter() {
    const words = find.value.trim().toLowerCase();
    for (const { flag, help } of all) {
      rows.get(flag).element.hidden = Boolean(words) && !`${flag} ${help}`.toLowerCase().includes(words);
    }
    for (const box of groupBoxes) {
      const some = [...box.querySelectorAll(".option")].some((one) => !one.hidden);
      box.hidden = !some;
      if (words) box.open = some;
    }
  }
  function draw() {
    for (const { draw: one } of rows.values()) one();
    reset.hidden = !Object.keys(form.options).length;
  }
  root.replaceChildren(presets, h("div", { class: "row" }, find, reset), h("div", {}, ...take(common)), ...groupBoxes);
  onChange((parts) => parts.includes("options") && draw());
  draw();
}

/** Keep a value; a default is not kept. */
function keep(option, value) {
  const { [option.flag]: _, ...others } = form.options;
  const plain = value === null || value === "" || value === option.default;
  change({ options: plain ? others : { ...others, [option.flag]: value } });
}

/** @param {import("./types.js").Option} option */
function row(option) {
  const id = `option-${option.flag}`;
  const { input, read, write } = control(option, id);
  input.setAttribute("aria-describedby", `${id}-help`);
  const wrong = h("span", { class: "bad", hidden: true });
  input.addEventListener("change", () => {
    wrong.hidden = input.checkValidity();
    wrong.textContent = input.validationMessage;
    if (wrong.hidden) keep(option, read());
  });
  const back = button("Default", () => keep(option, null), { class: "link", "aria-label": `${option.flag}: back to the default` });
  const unit = option.unit ? ` ${option.unit}` : "";
  const element = h(
    "div",
    { class: "option" },
    h("label", { for: id }, h("code", { text: option.flag })),
    h("span", { class: "value" }, input, unit ? h("span", { class: "faint", text: unit }) : null, back),
    h("span", { class: "faint help", id: `${id}-help` }, `${option.help}${bounds(option)} `, wrong),
  );
  const draw = () => {
    const changed = option.flag in form.options;
    write(changed ? form.options[option.flag] : option.default);
    element.classList.toggle("changed", changed);
    back.hidden = !changed;
  };
  return { element, draw };
}

function bounds({ kind, low, high, default: plain }) {
  if (kind !== "int" && kind !== "float") return "";
  const said = [low !== null && high !== null ? `${low} to ${high}` : null, plain !== null ? `default ${plain}` : null];
  const text = said.filter(Boolean).join(", ");
  return text ? ` (${text})` : "";
}

function control(option, id) {
  const { kind, choices, low, high, flag } = option;
  const values = flag === "pass_id" && library.passes.length ? library.passes.map((one) => one.id) : choices;
  if (values?.length) {
    const list = values.map((value) => [value, value]);
    if (option.default === null) list.unshift(["", "-"]);
    const input = select(flag, list, "", () => {}, { id });
    return { input, read: () => input.value || null, write: (value) => (input.value = value ?? "") };
  }
  if (kind === "bool" && option.default !== null) {
    const input = h("input", { type: "checkbox", id });
    return { input, read: () => input.checked, write: (value) => (input.checked = Boolean(value)) };
  }
  if (kind === "bool") {
    const input = select(flag, [["", "automatic"], ["true", "yes"], ["false", "no"]], "", () => {}, { id });
    const read = () => (input.value ? input.value === "true" : null);
    return { input, read, write: (value) => (input.value = value === null || value === undefined ? "" : String(value)) };
  }
  if (kind === "int" || kind === "float") {
    const input = h("input", { type: "number", id, min: low, max: high, step: kind === "int" ? 1 : "any" });
    return { input, read: () => (input.value === "" ? null : Number(input.value)), write: (value) => (input.value = value ?? "") };
  }
  const input = h("input", { type: "text", id, placeholder: kind === "path" ? "path on the server's computer" : null });
  return { input, read: () => input.value.trim() || null, write: (value) => (input.value = value ?? "") };
}
