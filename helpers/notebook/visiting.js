// The live side of a visit; with what controls.js has. The page that is visited may be hostile: it is a site of its own, whichever way the browser gets there.

const OWN = /^(localhost|127(\.\d+){3}|\[::1\])$/;
const PATIENCE = 1000; // milliseconds for which a kernel is waited for that is busy with a cell, maybe with the very server that is to be visited

// Straight, a page has an origin of its own by its host and its port. Passed on, it has JupyterLab's, and is kept from it by the sandbox; its server says so again, for a tab of its own.
const SANDBOX = { straight: "allow-scripts allow-forms allow-same-origin", passed: "allow-scripts allow-forms" };

const MEANING = "The browser is on another computer than your server, or may be: JupyterLab's server is asked, and asks yours. In your page write picture.png, not /picture.png; cookies do not pass.";
const UNKNOWN = "JupyterLab's server has nothing that could ask yours: it runs without the course's own settings.";

// Where JupyterLab's server begins; undefined where the page is none of it.
function jupyterlab() {
  const config = document.getElementById("jupyter-config-data");
  return config ? new URL(JSON.parse(config.textContent).baseUrl, location) : undefined;
}

function straight(model) {
  // To a browser all ports of a host are one site, with the same cookies: so another host than JupyterLab's.
  const host = model.get("hosts").find((each) => each !== location.hostname) ?? model.get("hosts")[0];
  return `http://${host}:${model.get("port")}${model.get("path")}`;
}

// The page's address at JupyterLab's server, which gives it to nobody but JupyterLab: it has a key in it that lets in whoever has it, for this port alone.
async function passed(model) {
  const answer = await fetch(new URL(`helpers/visit/${model.get("port")}`, jupyterlab()));
  if (!answer.ok) throw new Error(answer.statusText);
  const { prefix } = await answer.json();
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

  let trouble = ""; // of the way, not of the server
  let asking = null;

  // The way is known before anything is opened: so that the link is one, to be followed in whatever way a browser knows.
  async function choose() {
    const wanted = through.checked;
    link.removeAttribute("href");
    let found;
    trouble = "";
    try {
      found = wanted ? await passed(model) : straight(model);
    } catch {
      trouble = UNKNOWN;
    }
    if (wanted !== through.checked) return; // changed meanwhile
    if (found) link.href = found;
    show();
  }

  function show() {
    open.disabled = !link.href;
    open.textContent = place.hidden ? "Open here" : "Open here again";
    close.hidden = place.hidden;
    put(status, "textContent", trouble || model.get("trouble") || (through.checked ? MEANING : ""));
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

  through.checked = model.get("away") || !OWN.test(location.hostname);
  if (!jupyterlab()) through.checked = false;
  through.addEventListener("change", () => {
    shut();
    choose();
  });
  choose();
  const taken = live(model, el, frame, show, end);
  return () => {
    clearTimeout(asking);
    taken();
  };
}

export default { render };
