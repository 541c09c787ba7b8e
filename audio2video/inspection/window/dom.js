/** Elements made in one call. Text goes in as text, never as markup. */

const SVG = "http://www.w3.org/2000/svg";

/**
 * Make an HTML element.
 * @param {string} tag
 * @param {Record<string, any>} [options] `class`, `text`, handlers by `on…`; all else are attributes
 * @param {...(Node|string|null)} children
 * @returns {HTMLElement}
 */
export function element(tag, options = {}, ...children) {
  return fill(document.createElement(tag), options, children);
}

/**
 * Make an SVG element.
 * @param {string} tag
 * @param {Record<string, any>} [options] as for `element`
 * @param {...(Node|string|null)} children
 * @returns {SVGElement}
 */
export function shape(tag, options = {}, ...children) {
  return fill(document.createElementNS(SVG, tag), options, children);
}

function fill(made, options, children) {
  for (const [name, value] of Object.entries(options)) {
    if (value === null || value === undefined || value === false) continue;
    if (name === "text") made.textContent = value;
    else if (name.startsWith("on")) made.addEventListener(name.slice(2), value);
    else made.setAttribute(name, value === true ? "" : String(value));
  }
  made.append(...children.filter((child) => child !== null && child !== undefined));
  return made;
}

/**
 * A table with a heading row, which scrolls sideways where it is too wide.
 * @param {string[]} headings
 * @param {(string|Node)[][]} rows
 * @param {string} caption
 * @returns {HTMLElement}
 */
export function table(headings, rows, caption) {
  const head = element("tr", {}, ...headings.map((text) => element("th", { scope: "col", text })));
  const body = rows.map(([first, ...rest]) =>
    element("tr", {}, cell("th", first), ...rest.map((one) => cell("td", one))),
  );
  return element(
    "div",
    { class: "w-scroll", tabindex: "0", role: "region", "aria-label": caption },
    element(
      "table",
      {},
      element("caption", { text: caption }),
      element("thead", {}, head),
      element("tbody", {}, ...body),
    ),
  );
}

function cell(tag, content) {
  const made = element(tag, tag === "th" ? { scope: "row" } : {});
  made.append(content instanceof Node ? content : String(content));
  return made;
}
