/** Elements, made without markup: whatever comes from outside goes in as text. */

const SVG = "http://www.w3.org/2000/svg";

/**
 * Make an element.
 * @param {string} tag
 * @param {Object<string, any>} [props] attributes; `on`: listeners, `style`: an object,
 *   `text`: its text; null and false leave an attribute out, true gives an empty one
 * @param {...(Node|string|null|undefined|false)} children
 * @returns {any}
 */
export function h(tag, props = {}, ...children) {
  return fill(document.createElement(tag), props, children);
}

/** The same for SVG. */
export function svg(tag, props = {}, ...children) {
  return fill(document.createElementNS(SVG, tag), props, children);
}

function fill(element, props, children) {
  for (const [name, value] of Object.entries(props)) {
    if (value === null || value === undefined || value === false) continue;
    if (name === "on") {
      for (const [event, listener] of Object.entries(value)) {
        element.addEventListener(event, listener);
      }
    } else if (name === "style") Object.assign(element.style, value);
    else if (name === "text") element.textContent = value;
    else if (name === "value") element.value = value;
    else element.setAttribute(name, value === true ? "" : String(value));
  }
  element.append(...children.filter((child) => child || child === 0));
  return element;
}

/** A button with a plain text. */
export function button(text, click, props = {}) {
  return h("button", { type: "button", on: { click }, ...props }, text);
}

/** A labelled drop-down: options are [value, text]. */
export function select(label, options, value, change, props = {}) {
  const choices = options.map(([key, text]) => h("option", { value: key, text }));
  const on = { change: (event) => change(event.target.value) };
  const box = h("select", { "aria-label": label, on, ...props }, ...choices);
  box.value = value;
  return box;
}

/** One of few, as radio buttons in a row: options are [value, text]. */
export function choice(legend, name, options, value, change) {
  const set = h(
    "fieldset",
    { class: "choice" },
    h("legend", { class: "unseen", text: legend }),
    ...options.map(([key, text]) =>
      h(
        "label",
        {},
        h("input", { type: "radio", name, value: key, on: { change: () => change(key) } }),
        h("span", { text }),
      ),
    ),
  );
  for (const one of set.querySelectorAll("input")) one.checked = one.value === String(value);
  return set;
}

/** A button that lets the user choose a file; the same one twice, too. */
export function fileButton(text, accept, take, props = {}) {
  const input = h("input", { type: "file", accept, hidden: true });
  input.addEventListener("change", () => {
    const [file] = input.files;
    input.value = "";
    if (file) take(file);
  });
  return [button(text, () => input.click(), props), input];
}

/** A line that says what is wrong, in the server's words. */
export function problem(text) {
  return h("p", { class: "problem", text });
}

/** Say something to screen readers, politely. */
export function say(text) {
  const spoken = document.getElementById("spoken");
  if (spoken) spoken.textContent = text;
}

/** Wait until nothing has called for a while. */
export function debounce(work, milliseconds) {
  let timer = 0;
  return (...given) => {
    clearTimeout(timer);
    timer = setTimeout(() => work(...given), milliseconds);
  };
}

/** A style sheet that only some parts need. */
export function loadStyle(href) {
  if (document.querySelector(`link[href="${href}"]`)) return;
  document.head.append(h("link", { rel: "stylesheet", href }));
}

/** A modal dialog with a title; resolves when it closes. */
export function dialog(title, body, actions = [], props = {}) {
  const box = h(
    "dialog",
    { "aria-label": title, ...props },
    h("header", {}, h("h2", { text: title }), button("Close", () => box.close(), { class: "quiet" })),
    h("div", { class: "body" }, ...body),
    actions.length ? h("footer", {}, ...actions) : null,
  );
  document.body.append(box);
  const closed = new Promise((resolve) => {
    box.addEventListener("close", () => {
      resolve(box.returnValue);
      box.remove();
    });
  });
  box.showModal();
  return { box, closed };
}
