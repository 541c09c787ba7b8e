/** Options kept by name. */

import { get, part, put, remove } from "./api.js";
import { button, dialog, h, problem, say, select } from "./dom.js";
import { change, form, onChange } from "./form.js";

/** @param {HTMLElement} root */
export async function showPresets(root) {
  let presets = {};
  const wrong = h("div", {});
  const line = h("div", { class: "row" });
  root.replaceChildren(line, wrong);

  async function load() {
    try {
      presets = await get("/api/presets");
    } catch (error) {
      wrong.replaceChildren(problem(error.message));
    }
    draw();
  }
  function same(options) {
    const sorted = (given) => JSON.stringify(Object.entries(given).sort());
    return sorted(options) === sorted(form.options);
  }
  function draw() {
    const names = Object.keys(presets).sort();
    const current = names.find((name) => same(presets[name])) ?? "";
    const list = [["", names.length ? "Presets" : "No presets yet"], ...names.map((name) => [name, name])];
    const box = select("Preset", list, current, apply, { disabled: !names.length });
    line.replaceChildren(
      box,
      button("Save as a preset…", save, { class: "small" }),
      current ? button("Delete", () => drop(current), { class: "small quiet", "aria-label": `Delete the preset ${current}` }) : "",
    );
  }
  function apply(name) {
    if (name in presets) {
      change({ options: { ...presets[name] } });
      say(`Preset ${name} applied`);
    }
  }
  async function save() {
    const name = h("input", { type: "text", maxlength: 60, required: true });
    const refused = h("div", {});
    const keep = button("Save", async () => {
      if (!name.value.trim()) return name.focus();
      try {
        await put(`/api/presets/${part(name.value.trim())}`, form.options);
        shown.box.close();
      } catch (error) {
        refused.replaceChildren(problem(error.message));
      }
    }, { class: "primary" });
    const shown = dialog("Save these options", [
      h("label", {}, "Name", name),
      h("p", { class: "faint", text: Object.entries(form.options).map(([flag, value]) => `${flag} ${value}`).join(", ") || "All options at their defaults." }),
      refused,
    ], [keep]);
    name.addEventListener("keydown", (event) => event.key === "Enter" && keep.click());
    name.focus();
    await shown.closed;
    load();
  }
  async function drop(name) {
    try {
      await remove(`/api/presets/${part(name)}`);
    } catch (error) {
      wrong.replaceChildren(problem(error.message));
    }
    load();
  }
  onChange((parts) => parts.includes("options") && draw());
  load();
}
