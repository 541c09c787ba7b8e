/** The speech and videos that are there: in the workspace, the demo, and what was sent. */

import { get, part, put, send } from "./api.js";

/** @type {import("./types.js").Library} */
export const library = { speech: [], targets: [], passes: [], presets: [] };
const listeners = new Set();

/** Hear of changes. */
export function onLibrary(listener) {
  listeners.add(listener);
}

/** Ask the server again: another tab, or a person at the disk, may have added something. */
export async function refresh() {
  const found = await get("/api/library");
  if (JSON.stringify(found) === JSON.stringify(library)) return;
  Object.assign(library, found);
  tell();
}

function tell() {
  for (const listener of listeners) listener();
}

/** @param {"speech"|"target"} kind @returns {import("./types.js").Item[]} */
export function items(kind) {
  return kind === "speech" ? library.speech : library.targets;
}

/** @returns {import("./types.js").Item|undefined} */
export function item(kind, id) {
  return items(kind).find((one) => one.id === id);
}

/** The address of what belongs to an item. */
export function address(kind, id, what) {
  return `/api/${kind === "speech" ? "speech" : "targets"}/${part(id)}/${what}`;
}

/** A frame of a target as a picture. */
export function frame(id, at, width) {
  return address("target", id, `frame?at=${at.toFixed(3)}&width=${width}`);
}

/** Send a file; what became of it is in the library. */
export function upload(kind, file, name, progress) {
  const { done, cancel } = send(`/api/uploads?kind=${kind}&name=${part(name)}`, file, progress);
  const added = done.then((one) => {
    const others = items(kind).filter((other) => other.id !== one.id);
    library[kind === "speech" ? "speech" : "targets"] = [...others, one];
    tell();
    return one;
  });
  return { added, cancel };
}

/** Keep who agreed to what beside the target. */
export async function keepConsent(id, statement) {
  const said = await put(address("target", id, "consent"), { statement });
  const one = item("target", id);
  if (one) one.consent = said.statement;
  tell();
}

/** Keep the names of presets. */
export function setPresets(names) {
  library.presets = names;
}

