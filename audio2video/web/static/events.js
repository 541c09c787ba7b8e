/** Hears of jobs as they change; comes back by itself when the connection was lost. */

import { get } from "./api.js";

const LATE = 1500; // milliseconds without a server before the page says so
const HIDDEN = 30000; // after which a hidden tab lets go: a browser has few connections to a server

/**
 * @param {(job: import("./types.js").Job) => void} changed
 * @param {(id: string) => void} gone
 * @param {() => void} connected every job is told anew from here on
 */
export function listen(changed, gone, connected) {
  const banner = document.getElementById("connection");
  /** @type {EventSource|null} */
  let source = null;
  let wait = 500;
  let late = 0;
  let again = 0;

  function open() {
    clearTimeout(again);
    source?.close();
    source = new EventSource("/api/events");
    source.onopen = () => {
      clearTimeout(late);
      late = 0;
      wait = 500;
      banner.hidden = true;
      connected();
    };
    source.addEventListener("job", (event) => changed(JSON.parse(event.data)));
    source.addEventListener("gone", (event) => gone(JSON.parse(event.data).id));
    source.onerror = () => {
      // The browser's own second try gives up for good on some answers: begin anew.
      source.close();
      late ||= setTimeout(tell, LATE);
      again = setTimeout(open, wait);
      wait = Math.min(5000, wait * 2);
    };
  }
  async function tell() {
    try {
      await get("/api/state");
    } catch (error) {
      if (error.status) return;
      banner.hidden = false;
      banner.textContent =
        "The server does not answer; trying again. What was under way goes on when it is back.";
    }
  }
  let leaving = 0;
  document.addEventListener("visibilitychange", () => {
    clearTimeout(leaving);
    if (!document.hidden && source?.readyState === EventSource.CLOSED) open();
    if (document.hidden) leaving = setTimeout(() => source?.close(), HIDDEN);
  });
  addEventListener("pagehide", () => source?.close());
  addEventListener("pageshow", (event) => event.persisted && open());
  open();
}
