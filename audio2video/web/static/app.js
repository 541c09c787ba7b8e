/** The page: its parts, and which of its three pages is shown. */

import { get } from "./api.js";
import { showCard } from "./card.js";
import { h } from "./dom.js";
import { change, form } from "./form.js";
import { showJobs } from "./jobs.js";
import { item, refresh } from "./library.js";
import { showMake } from "./make.js";

const TITLES = { make: "Make a video", inspect: "Inspect", check: "Check a file" };
const LAZY = {
  inspect: () => import("./inspect.js").then(({ showInspect }) => showInspect),
  check: () => import("./verify.js").then(({ showVerify }) => showVerify),
};
const element = (id) => document.getElementById(id);

/** Show the page that the address names: #make, #inspect=JOB, #check. */
async function turn() {
  const [name, argument] = location.hash.slice(1).split("=");
  const page = name in TITLES ? name : "make";
  for (const other of Object.keys(TITLES)) element(other).hidden = other !== page;
  for (const link of document.querySelectorAll("nav a")) {
    if (link.dataset.page === page) link.setAttribute("aria-current", "page");
    else link.removeAttribute("aria-current");
  }
  document.title = `${TITLES[page]} - audio2video`;
  if (page in LAZY) (await LAZY[page]())(element(page), decodeURIComponent(argument ?? ""));
}

async function start() {
  addEventListener("hashchange", turn);
  // A file that misses a drop zone must not take the place of the page.
  for (const event of ["dragover", "drop"]) addEventListener(event, (one) => one.preventDefault());
  document.addEventListener("signed-out", ({ detail }) => {
    const banner = element("connection");
    banner.hidden = false;
    banner.replaceChildren(detail, " ", h("a", { href: "/login", text: "Sign in" }));
  });
  addEventListener("focus", () => refresh().catch(() => {}));
  turn();
  const started = showJobs(element("jobs"));
  showMake(element("go"), started);
  get("/api/state").then(
    (state) => {
      element("workspace").textContent = state.workspace;
      element("version").textContent = `audio2video ${state.version}`;
    },
    () => {},
  );
  try {
    await refresh();
    // What was chosen may be gone since.
    for (const kind of ["speech", "target"]) {
      if (form[kind] && !item(kind, form[kind])) change({ [kind]: null });
    }
  } catch {
    // Told by the connection's own line; the cards fill when the server is back.
  }
  showCard(element("speech"), "speech");
  showCard(element("target"), "target");
  lazyParts();
}

function lazyParts() {
  import("./scope.js").then(({ showScope }) => showScope(element("scope")));
  const options = element("options");
  import("./changed.js").then(({ showChanged }) => showChanged(options));
  const show = () =>
    import("./options.js").then(({ showOptions }) => showOptions(options.querySelector(".body")));
  // It may have been opened before this was ready.
  if (options.open) show();
  else options.addEventListener("toggle", show, { once: true });
}

start();
