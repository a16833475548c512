// The live side of a command window; with what controls.js has.

// What stands there already stays untouched: a selection in it, and the place of a screen reader that reads it.
function write(target, text) {
  const shown = target.textContent;
  if (text.startsWith(shown)) text = text.slice(shown.length);
  else target.textContent = "";
  if (text) target.append(text);
}

function render({ model, el }) {
  const name = model.get("name");
  const frame = element("div", "command-window", { tabIndex: -1 });
  frame.setAttribute("role", "group");
  frame.setAttribute("aria-label", model.get("label"));
  const { tell, end } = courier(model, frame, () => show());

  const status = element("span", "command-window-status");
  status.setAttribute("role", "status");
  const stop = button("Stop", () => tell({ do: "stop" }));
  stop.classList.add("command-window-stop");
  stop.title = stop.ariaLabel = `Stop ${name}`;
  const title = element("div", "command-window-title");
  title.append(element("span", "command-window-name", { textContent: name }), status, stop);

  const output = textBox("command-window-output", "log", `output of ${name}`);
  const error = textBox("command-window-error", "region", `error of ${name}`);

  const line = element("input", "command-window-line", { type: "text", autocomplete: "off", spellcheck: false });
  line.setAttribute("aria-label", `type a line for ${name}, then Enter`);
  line.placeholder = "type a line, then Enter";
  // What is typed and not yet sent outlives a reload of the page.
  const draft = `helpers: line for ${model.get("key")}`;
  line.value = sessionStorage.getItem(draft) ?? "";
  line.addEventListener("input", () => sessionStorage.setItem(draft, line.value));
  const keyboard = element("div", "command-window-keyboard");
  keyboard.append(element("span", "", { textContent: "›", ariaHidden: "true" }), line);

  function hasFocus() {
    return frame.contains(document.activeElement) && !document.activeElement.closest("[hidden]");
  }

  function show() {
    const atEnd = output.scrollTop + output.clientHeight >= output.scrollHeight - 4;
    const focused = hasFocus();
    const running = model.get("running");
    frame.dataset.state = running ? "running" : model.get("error") ? "fell" : "ended";
    put(status, "textContent", model.get("status"));
    stop.hidden = !running;
    write(output, model.get("output"));
    output.hidden = output.textContent === "";
    write(error, model.get("error"));
    error.hidden = error.textContent === "";
    keyboard.hidden = !(running && model.get("reads"));
    if (atEnd) output.scrollTop = output.scrollHeight; // whoever scrolled up to read stays there
    // Who pressed Stop with the keyboard goes on from here, not from the top of the page.
    if (focused && !hasFocus()) frame.focus({ preventScroll: true });
  }

  line.addEventListener("keydown", (event) => {
    event.stopPropagation(); // JupyterLab's shortcuts are not meant here
    if (event.key !== "Enter" || event.isComposing) return;
    if (!tell({ do: "type", line: line.value })) return;
    line.value = "";
    sessionStorage.removeItem(draft);
  });

  frame.append(title, output, error, keyboard);
  const taken = live(model, el, frame, show, end);
  output.scrollTop = output.scrollHeight;
  return taken;
}

export default { render };
