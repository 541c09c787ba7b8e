/** Hears of jobs as they change; comes back by itself when the connection was lost. */

/**
 * @param {(job: import("./types.js").Job) => void} changed
 * @param {(id: string) => void} gone
 * @param {() => void} connected every job is told anew from here on
 */
export function listen(changed, gone, connected) {
  const banner = document.getElementById("connection");
  let wait = 500;
  let late = 0;

  function open() {
    const source = new EventSource("/api/events");
    source.onopen = () => {
      clearTimeout(late);
      wait = 500;
      banner.hidden = true;
      connected();
    };
    source.addEventListener("job", (event) => changed(JSON.parse(event.data)));
    source.addEventListener("gone", (event) => gone(JSON.parse(event.data).id));
    source.onerror = () => {
      // The browser's own second try gives up for good on some answers: begin anew.
      source.close();
      clearTimeout(late);
      late = setTimeout(() => {
        banner.hidden = false;
        banner.textContent =
          "The server does not answer; trying again. What was under way goes on, or can be resumed.";
      }, 1500);
      setTimeout(open, wait);
      wait = Math.min(5000, wait * 2);
    };
    addEventListener("pagehide", () => source.close(), { once: true });
  }
  open();
}
