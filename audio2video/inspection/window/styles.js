/** The window's own styles, where the page that it is shown in has not brought them. */

import { element } from "./dom.js";

/**
 * Load the styles unless they are there.
 * @param {HTMLElement} root of the window
 * @param {() => void} then called when they have just come
 */
export function withStyles(root, then) {
  if (getComputedStyle(root).getPropertyValue("--window-styles").trim()) return;
  const href = new URL("window.css", import.meta.url).href;
  const link = element("link", { rel: "stylesheet", href });
  root.style.visibility = "hidden";
  const shown = () => {
    root.style.visibility = "";
    then();
  };
  link.addEventListener("load", shown);
  link.addEventListener("error", shown);
  document.head.append(link);
}
