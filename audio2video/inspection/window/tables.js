/** Report, training and measures. */

import { card, section } from "./card.js";
import { element, table } from "./dom.js";
import { isNumber } from "./numbers.js";
import { Plot } from "./plot.js";
import { saveButton, saveCsv } from "./saving.js";

/** @param {any} data */
export function reportSection(data) {
  const { report } = data;
  const steps = report.steps.map(({ name, facts }) =>
    table(
      ["fact", "value"],
      facts.map(([label, value]) => [words(label), said(value)]),
      `Step ${name}`,
    ),
  );
  const inputs = report.inputs.map(({ name, file, sha256 }) => [
    words(name),
    file,
    element("code", { class: "w-hash", text: sha256 }),
  ]);
  return {
    element: section(
      "report",
      "Report",
      `What the run said of itself. Made by audio2video ${report.version}` +
        (isNumber(report.memory) ? `, with ${Math.round(report.memory)} MiB of memory.` : "."),
      fates(data),
      lines("Warnings", report.warnings),
      lines("Notices", report.notices),
      table(["input", "file", "SHA-256"], inputs, "Inputs"),
      element("div", { class: "w-tables" }, ...steps),
      options(report.options),
    ),
    plots: [],
    show: () => {},
  };
}

/** How many frames were synthesised, of each person, and why others were not. */
function fates(data) {
  const counts = data.layers.map((layer) => {
    const { why, step, frames } = layer.curves;
    const about = step > 1 ? "about " : "";
    const of = (wanted) => why.filter(wanted).length * step;
    const lost = layer.reasons.map((reason, k) => [reason, of((one) => one === k)]);
    return [
      layer.title,
      `${about}${Math.min(of((one) => one < 0), data.frames)}`,
      ...lost.map(([, count]) => (count ? `${about}${count}` : "0")),
      `${about}${Math.max(data.frames - frames.length * step, 0)}`,
    ];
  });
  const headings = ["person", "synthesised", ...data.layers[0].reasons, "outside the segments"];
  return table(headings, counts, `What became of the ${data.frames} frames`);
}

function options(all) {
  const changed = all.filter((one) => !one.default);
  const row = (one) => [
    element("code", { text: `--${one.flag}` }),
    said(one.value) + (one.unit && one.value !== null ? ` ${one.unit}` : ""),
    one.help,
  ];
  const headings = ["option", "value", "meaning"];
  return element(
    "div",
    {},
    changed.length ? table(headings, changed.map(row), "Options other than the defaults") : null,
    element(
      "details",
      {},
      element("summary", { text: `All options of steps 1 to 4 (${all.length})` }),
      table(headings, all.map(row), "All options"),
    ),
  );
}

function lines(title, texts) {
  if (!texts.length) return null;
  return element(
    "div",
    { class: "w-lines" },
    element("h3", { text: title }),
    element("ul", {}, ...texts.map((text) => element("li", { text }))),
  );
}

/**
 * @param {any} data
 */
export function trainingSection(data) {
  const { training } = data;
  const place = element("div", {});
  const plots = [];
  const show = (one) => {
    const plot = one.epochs.length ? historyPlot(one) : null;
    plots.splice(0, plots.length, ...(plot ? [plot] : []));
    place.replaceChildren(
      plot
        ? plot.element
        : element("p", { class: "w-none", text: `Pass '${one.pass_id}' has no history of its epochs.` }),
      passTables(one),
    );
  };
  const select = /** @type {HTMLSelectElement} */ (
    element(
      "select",
      { "aria-label": "Pass", onchange: () => show(training.passes[select.selectedIndex]) },
      ...training.passes.map((one) =>
        element("option", {
          text: one.pass_id + (one.pass_id === training.pass_id ? " (of this run)" : ""),
        }),
      ),
    )
  );
  if (training.passes.length) show(training.passes[0]);
  return {
    element: section(
      "training",
      "Training",
      training.changed
        ? "The pass was trained anew since the run: these are not the curves of the network it used."
        : "Loss of each epoch, on clips the network learns from and on others.",
      training.passes.length
        ? element("label", { class: "w-choice" }, element("span", { text: "Pass" }), select)
        : element("p", { class: "w-none", text: "There is no pass any more." }),
      place,
    ),
    plots: [],
    show: () => {},
  };
}

function historyPlot(one) {
  const best = isNumber(one.best) ? ` The network kept is that of epoch ${one.best}.` : "";
  const plot = new Plot({
    file: `pass-${one.pass_id}-history`,
    title: `Pass ${one.pass_id}`,
    caption: `Loss '${one.loss ?? "mse"}', on a logarithmic scale.${best}`,
    x: one.epochs,
    xName: "epoch",
    xLabel: "epoch",
    yLabel: "loss",
    log: true,
    height: 220,
    series: [
      { name: "training", label: "training", values: one.training, tone: 2, digits: 5 },
      { name: "validation", label: "validation", values: one.validation, tone: 1, digits: 5 },
    ],
  });
  plot.show(isNumber(one.best) ? one.best : one.epochs[one.epochs.length - 1]);
  return plot;
}

function passTables(one) {
  return element(
    "div",
    {},
    one.evaluation.length ? measures(`Measures of pass ${one.pass_id}`, one.evaluation) : null,
    one.options.length
      ? element(
          "details",
          {},
          element("summary", { text: "Options of its training" }),
          measures(`Options of pass ${one.pass_id}`, one.options),
        )
      : null,
  );
}

/** @param {any} data */
export function evaluationSection(data) {
  const found = data.evaluations;
  return {
    element: section(
      "evaluation",
      "Evaluation",
      "",
      found.length
        ? element(
            "div",
            {},
            ...found.map((one) =>
              card(
                {
                  title: one.title,
                  caption: "As audio2video evaluate has measured it.",
                  buttons: [
                    saveButton("CSV", one.title, () =>
                      saveCsv(`${data.name}-measures`, ["measure", "value"], one.rows),
                    ),
                  ],
                },
                measures(one.title, one.rows),
              ),
            ),
          )
        : element("p", {
            class: "w-none",
            text:
              "Nothing of this result has been measured yet: audio2video evaluate output, lipsync and " +
              "reenact write tables that are shown here.",
          }),
    ),
    plots: [],
    show: () => {},
  };
}

/** Most columns of a table of measures. */
const COLUMNS = 9;

/** Measures as tables: groups with the same measures are rows of one table. */
function measures(caption, rows) {
  const groups = new Map();
  for (const [name, value] of rows) {
    const parts = String(name).split(" · ");
    const leaf = parts.pop();
    const group = parts.join(" · ");
    if (!groups.has(group)) groups.set(group, new Map());
    groups.get(group).set(leaf, value);
  }
  const tables = new Map();
  const plain = [];
  for (const [group, values] of groups) {
    const leaves = [...values.keys()].join("|");
    if (!group || values.size > COLUMNS) {
      plain.push(...[...values].map(([leaf, value]) => [group ? `${group} · ${leaf}` : leaf, value]));
    } else if (tables.has(leaves)) tables.get(leaves).push([group, values]);
    else tables.set(leaves, [[group, values]]);
  }
  const made = [];
  for (const found of tables.values()) {
    const columns = [...found[0][1].keys()];
    if (found.length === 1) {
      plain.push(...columns.map((leaf) => [`${found[0][0]} · ${leaf}`, found[0][1].get(leaf)]));
      continue;
    }
    const rows = found.map(([group, values]) => [
      words(group),
      ...columns.map((one) => said(values.get(one))),
    ]);
    const about = [...new Set(found.map(([group]) => group.split(" · ")[0]))].join(", ");
    made.push(table(["group", ...columns.map(words)], rows, `${caption} (${made.length + 1}): ${words(about)}`));
  }
  if (plain.length) {
    made.push(table(["measure", "value"], plain.map(([n, v]) => [words(n), said(v)]), caption));
  }
  return element("div", {}, ...made);
}

function words(name) {
  return String(name).replaceAll("_", " ");
}

function said(value) {
  if (value === null || value === undefined || value === "") return "–";
  if (value === true) return "True";
  if (value === false) return "False";
  if (isNumber(value) && !Number.isInteger(value)) return String(Number(value.toPrecision(5)));
  return String(value);
}
