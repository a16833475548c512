// The live side of a visit; with what controls.js has. The page that is visited may be hostile: it is a site of its own, whichever way the browser gets there.

const OWN = /^(localhost|127(\.\d+){3}|\[::1\])$/;
const PATIENCE = 1000; // milliseconds for an answer: of a kernel that is busy with a cell, maybe with the very server that is to be visited; of one's own computer

// Straight, a page has an origin of its own by its host and its port. Passed on, it has JupyterLab's, and is kept from it by the sandbox; its server says so again, for a tab of its own.
const SANDBOX = { straight: "allow-scripts allow-forms allow-same-origin", passed: "allow-scripts allow-forms" };

const MEANING = "JupyterLab's server asks yours, and passes on what it answers: for a browser on another computer. In your page write picture.png, not /picture.png; cookies do not pass.";
const UNKNOWN = "JupyterLab's server knows no way to yours: it runs without the course's own settings. If your browser is on the same computer, take this mark away.";

// Where JupyterLab's server begins; undefined where the page is none of it.
function jupyterlab() {
  const config = document.getElementById("jupyter-config-data");
  return config ? new URL(JSON.parse(config.textContent).baseUrl, location) : undefined;
}

// What JupyterLab's server says of the port: `prefix`, where it passes it on, with a key in it that lets in whoever has it; `near` and `word`. Undefined: nothing.
async function askServer(model) {
  const base = jupyterlab();
  const answer = base && (await fetch(new URL(`helpers/visit/${model.get("port")}`, base)).catch(() => undefined));
  return answer?.ok ? answer.json().catch(() => undefined) : undefined;
}

// Whether the browser is on the computer of JupyterLab's server. A browser that came from elsewhere would ask its user whether it may look around on its own computer.
async function isNear(server) {
  if (!OWN.test(location.hostname)) return !jupyterlab();
  if (!server) return true;
  const said = await fetch(server.near, { signal: AbortSignal.timeout(PATIENCE), referrerPolicy: "no-referrer" })
    .then((answer) => answer.text())
    .catch(() => "");
  return said === server.word;
}

function straight(model) {
  // To a browser all ports of a host are one site, with the same cookies: so another host than JupyterLab's.
  const host = model.get("hosts").find((each) => each !== location.hostname) ?? model.get("hosts")[0];
  return `http://${host}:${model.get("port")}${model.get("path")}`;
}

function passed(model, { prefix }) {
  const { pathname, search, hash } = new URL(`http://host${model.get("path")}`); // no way up and out
  return new URL(prefix + pathname + search + hash, location).href;
}

function render({ model, el }) {
  const url = model.get("url");
  const frame = panelFrame(model.get("label"));
  frame.classList.add("visit");
  const { tell, end } = courier(model, frame, () => arrive());

  const link = element("a", "visit-link", { textContent: "Open in a tab of its own", target: "_blank", rel: "noopener noreferrer", referrerPolicy: "no-referrer" });
  const open = button("Open here", () => ask());
  const close = button("Close", () => shut());
  const through = element("input", "", { type: "checkbox" });
  const status = element("div", "visit-status");
  status.setAttribute("role", "status");
  const bar = element("div", "helpers-panel-bar");
  bar.append(element("strong", "visit-url", { textContent: url }), link, open, close);
  if (jupyterlab()) bar.append(labelled("through JupyterLab", through));
  const place = element("div", "visit-place", { hidden: true });
  frame.append(bar, status, place);

  let server; // what JupyterLab's says
  let asking = null;

  function choose() {
    const url = !through.checked ? straight(model) : server ? passed(model, server) : "";
    if (url) link.href = url;
    else link.removeAttribute("href");
    shut();
  }

  function show() {
    open.disabled = !link.href;
    open.textContent = place.hidden ? "Open here" : "Open here again";
    close.hidden = place.hidden;
    const way = !through.checked ? "" : server ? MEANING : UNKNOWN;
    put(status, "textContent", [model.get("trouble"), way].filter(Boolean).join(" "));
    status.hidden = status.textContent === "";
  }

  // The kernel says whether somebody listens. If it says nothing, the browser has to find out.
  function ask() {
    clearTimeout(asking);
    asking = setTimeout(arrive, PATIENCE);
    tell({ do: "look" });
  }

  function arrive() {
    if (asking === null) return;
    clearTimeout(asking);
    asking = null;
    shut();
    if (model.get("trouble") || frame.dataset.state === "lost" || !link.href) return;
    const page = element("iframe", "visit-page", { title: `page at ${url}`, referrerPolicy: "no-referrer" });
    page.setAttribute("sandbox", through.checked ? SANDBOX.passed : SANDBOX.straight);
    page.src = link.href;
    place.append(page);
    place.hidden = false;
    show();
  }

  function shut() {
    if (close === document.activeElement) open.focus(); // it is about to go
    place.replaceChildren();
    place.hidden = true;
    show();
  }

  through.addEventListener("change", choose);
  askServer(model).then(async (answer) => {
    through.checked = !(await isNear(answer));
    server = answer;
    choose();
  });
  const taken = live(model, el, frame, show, end);
  return () => {
    clearTimeout(asking);
    taken();
  };
}

export default { render };
