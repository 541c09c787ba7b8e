/** Reads the marks of any file: what it says of itself, and whether it was changed since. */

import { part, send } from "./api.js";
import { button, fileButton, h, problem, say } from "./dom.js";
import { dropping } from "./picker.js";

const WORDS = {
  intact: ["Marked, and unchanged", "good", "The file is byte for byte as it was signed."],
  altered: ["Marked, but changed since", "bad", "The marks do not fit the file, or parts of them are missing."],
  unmarked: ["No marks", "", "A file without marks is not therefore genuine: marks can be removed."],
};

/** @param {HTMLElement} root */
export function showVerify(root) {
  if (root.childElementCount) return;
  const answer = h("div", { role: "status" });
  const zone = h(
    "div",
    { class: "drop big" },
    h("p", {}, h("strong", { text: "Drop any video here" }), h("br"), h("span", { class: "faint", text: "It is read on the computer that runs this page, and not kept." })),
    h("p", { class: "row" }, ...fileButton("Choose a file…", null, check, { class: "primary" })),
  );
  dropping(zone, check);

  async function check(given) {
    const bar = h("progress", { max: 1, value: 0, "aria-label": `Reading ${given.name}` });
    const { done, cancel } = send(`/api/verify?name=${part(given.name)}`, given, (share) => (bar.value = share));
    answer.replaceChildren(h("p", { text: `Reading ${given.name}` }), bar, button("Cancel", cancel, { class: "small" }));
    try {
      answer.replaceChildren(report(given.name, await done));
    } catch (error) {
      answer.replaceChildren(error.name === "AbortError" ? "" : problem(error.message));
    }
    say(answer.textContent.slice(0, 200));
  }

  root.replaceChildren(
    h("h1", { text: "Check a file" }),
    h("p", { text: "Results carry a signed manifest and tags that say they are synthetic. This reads them, from files of other tools as well." }),
    zone,
    answer,
  );
}

/** Says what the picture itself tells. */
function watermarkWords(watermark) {
  if (watermark?.state !== "found") {
    const why = { "no key": "there is no key here to look for it", "no video": "there is no video to look for it in" };
    return `Watermark: ${why[watermark?.state] ?? "not found"}.`;
  }
  const payload = watermark.payload ?? "can't be read";
  const chance = watermark.chance.toExponential(0);
  return `Watermark: found (payload ${payload}, probability of a false alarm at most ${chance}).`;
}

function report(name, { state, synthetic, reasons, tags, manifest, watermark }) {
  const [title, tone, meaning] = WORDS[state] ?? [state, "", ""];
  const rows = Object.entries(tags ?? {}).map(([key, value]) =>
    h("tr", {}, h("th", { scope: "row", text: key }), h("td", { text: String(value) })),
  );
  return h(
    "section",
    { class: "card" },
    h("h2", {}, h("span", { class: tone, text: title })),
    h("p", {}, h("strong", { text: name }), ` · ${meaning}`),
    h("p", { text: synthetic ? "Its marks say that it is synthetic." : "Nothing in it says that it is synthetic." }),
    h("p", { text: watermarkWords(watermark) }),
    reasons?.length ? h("ul", {}, ...reasons.map((text) => h("li", { text }))) : null,
    rows.length ? h("details", {}, h("summary", { text: "Tags" }), h("table", { class: "grid" }, h("tbody", {}, ...rows))) : null,
    manifest
      ? h("details", {}, h("summary", { text: "Manifest" }), h("pre", { tabindex: 0, "aria-label": "Manifest", text: JSON.stringify(manifest, null, 2) }))
      : null,
  );
}
