/**
 * What the user has chosen and not started yet. A tab keeps its own; a new one begins with the
 * last one's. What is under way or made is the server's.
 *
 * @typedef {import("./types.js").Segment} Segment
 * @typedef {{speech: string|null, start: number}} Voice
 * @typedef {{speech: string|null, target: string|null, listens: boolean}} Talk  of the other
 * @typedef {{mode: "whole"|"people"|"parts"|"talk", speaker: number|null,
 *   voices: Object<number, Voice>, segments: Segment[], talk: Talk}} Scope
 * @typedef {{speech: string|null, target: string|null, options: Object<string, any>,
 *   scopes: Object<string, Scope>, open: string|null}} Form
 */

const KEY = "audio2video.form";
const EMPTY = { speech: null, target: null, options: {}, scopes: {}, open: null };

/** @type {Form} */
export const form = restore();
/** @type {Map<(parts: string[]) => void, Element|null>} */
const listeners = new Map();

function restore() {
  for (const store of [sessionStorage, localStorage]) {
    try {
      const kept = JSON.parse(store.getItem(KEY) ?? "");
      if (kept && typeof kept === "object") return { ...structuredClone(EMPTY), ...kept };
    } catch {
      // Nothing kept, or nothing that can be read: begin anew.
    }
  }
  return structuredClone(EMPTY);
}

/**
 * Change the form, keep it and tell whoever shows it.
 * @param {Partial<Form>} parts
 */
export function change(parts) {
  Object.assign(form, parts);
  const text = JSON.stringify(form);
  sessionStorage.setItem(KEY, text);
  localStorage.setItem(KEY, text);
  for (const [listener, owner] of [...listeners]) {
    if (owner && !owner.isConnected) listeners.delete(listener);
    else listener(Object.keys(parts));
  }
}

/**
 * Hear of changes: the names of the parts that changed.
 * @param {(parts: string[]) => void} listener
 * @param {Element|null} [owner] while it is on the page
 */
export function onChange(listener, owner = null) {
  listeners.set(listener, owner);
}

/** Who speaks when, of the chosen target. @returns {Scope} */
export function scope() {
  const talk = { speech: null, target: null, listens: true };
  const fresh = { mode: "whole", speaker: null, voices: {}, segments: [], talk };
  return { ...fresh, ...(form.target ? form.scopes[form.target] : null) };
}

/** @param {Partial<Scope>} parts */
export function changeScope(parts) {
  if (!form.target) return;
  change({ scopes: { ...form.scopes, [form.target]: { ...scope(), ...parts } } });
}
