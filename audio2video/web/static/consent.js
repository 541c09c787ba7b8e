/** Who agreed to what: asked once per target, kept with it, written into the result. */

import { button, dialog, h, problem } from "./dom.js";
import { keepConsent } from "./library.js";

/** Tell whether the user was asked about a target before. */
export function wasAsked(item) {
  return !item || item.consent !== null;
}

/**
 * Ask; resolves to false when the user wants to think about it.
 * @param {import("./types.js").Item} item
 * @returns {Promise<boolean>}
 */
export async function consentDialog(item) {
  const text = h("textarea", {
    rows: 3, maxlength: 2000, value: item.consent ?? "",
    placeholder: "Anna Example agreed on 3 November 2026 to this dubbing for the museum's tour",
  });
  const wrong = h("div", {});
  const save = (statement) => async () => {
    try {
      await keepConsent(item.id, statement());
    } catch (error) {
      wrong.replaceChildren(problem(error.message));
      return;
    }
    shown.box.close("yes");
  };
  const keep = button("Keep this statement", save(() => text.value.trim()), { class: "primary" });
  const none = button("Go on without a statement", save(() => ""));
  text.addEventListener("input", () => (keep.disabled = !text.value.trim()));
  keep.disabled = !text.value.trim();
  const shown = dialog(
    `Consent for ${item.name}`,
    [
      h("p", {
        text: "The result shows a person saying words that they did not say. Make it only of people who have agreed.",
      }),
      h("label", {}, "Who agreed to what?", text),
      h("p", {
        class: "faint",
        text: "The statement becomes part of every result of this video, readable by everybody. Without one, the result says that none was given. Asked once for each video.",
      }),
      wrong,
    ],
    [none, keep],
  );
  text.focus();
  return (await shown.closed) === "yes";
}
