/** Where speech or a video comes from: dropped, chosen, recorded, or there already. */

import { button, fileButton, h, problem, say } from "./dom.js";
import { bytes, time } from "./format.js";
import { frame, items, upload } from "./library.js";

const WORDS = {
  speech: {
    drop: "Drop speech here",
    hint: "Any sound or video file with somebody speaking.",
    accept: "audio/*,video/*",
    record: "Record with the microphone",
  },
  target: {
    drop: "Drop a video here",
    hint: "One person facing the camera for some seconds; others may be in the picture.",
    accept: "video/*",
    record: "Record with the camera",
  },
};

/**
 * @param {"speech"|"target"} kind
 * @param {(id: string) => void} choose
 * @param {(() => void)|null} keep leave it as it was
 * @returns {HTMLElement}
 */
export function picker(kind, choose, keep) {
  const words = WORDS[kind];
  const status = h("div", { class: "status" });
  const zone = h(
    "div",
    { class: "drop" },
    h("p", {}, h("strong", { text: words.drop }), h("br"), h("span", { class: "faint", text: words.hint })),
    h(
      "p",
      { class: "row" },
      ...fileButton("Choose a file…", words.accept, (file) => take(file, file.name)),
      button(`${words.record}…`, record),
      keep ? button("Cancel", keep, { class: "quiet" }) : null,
    ),
    status,
  );
  dropping(zone, (dropped) => take(dropped, dropped.name));

  async function record() {
    const { recordDialog } = await import("./recorder.js");
    const made = await recordDialog(kind);
    if (made) take(made.blob, made.name);
  }

  async function take(blob, name) {
    const bar = h("progress", { max: 1, value: 0, "aria-label": `Sending ${name}` });
    const { added, cancel } = upload(kind, blob, name, (share) => (bar.value = share));
    const stop = button("Cancel", cancel, { class: "quiet small" });
    status.replaceChildren(h("p", { text: `Sending ${name} (${bytes(blob.size)})` }), bar, stop);
    try {
      const one = await added;
      say(`${one.name} is here`);
      choose(one.id);
    } catch (error) {
      if (error.name === "AbortError") status.replaceChildren();
      else {
        status.replaceChildren(problem(error.message));
        say(error.message);
      }
    }
  }

  return h("div", { class: "picker" }, zone, shelf(kind, choose));
}

/** Let files be dropped on an element. */
export function dropping(zone, take) {
  const mark = (on) => (event) => {
    event.preventDefault();
    zone.classList.toggle("over", on);
  };
  zone.addEventListener("dragover", mark(true));
  zone.addEventListener("dragleave", mark(false));
  zone.addEventListener("drop", (event) => {
    mark(false)(event);
    event.stopPropagation();
    const [file] = event.dataTransfer?.files ?? [];
    if (file) take(file);
  });
}

function shelf(kind, choose) {
  const there = [...items(kind)].sort((a, b) => Number(b.demo) - Number(a.demo));
  if (!there.length) return null;
  const row = (one) =>
    h(
      "li",
      {},
      button(
        h(
          "span",
          { class: "line" },
          kind === "target" && !one.problem
            ? h("img", { src: frame(one.id, one.seconds / 2, 96), alt: "", loading: "lazy", width: 48, height: 36 })
            : null,
          h("span", { class: "name", text: one.name }),
          one.demo ? h("span", { class: "tag", text: "demo" }) : null,
          one.problem
            ? h("span", { class: "tag bad", text: "can't be used" })
            : h("span", { class: "faint", text: time(one.seconds) }),
        ),
        () => choose(one.id),
        { class: "item" },
      ),
    );
  return h(
    "div",
    { class: "shelf" },
    h("h3", { text: "Or take what is here" }),
    h("ul", {}, ...there.map(row)),
  );
}
