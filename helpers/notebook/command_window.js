// The live side of a command window. What a program prints is put in as text, never as HTML: it may come from anywhere.

function element(tag, className, properties = {}) {
  return Object.assign(document.createElement(tag), { className, ...properties });
}

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
  frame.setAttribute("aria-label", `command window of ${name}`);

  const status = element("span", "command-window-status");
  status.setAttribute("role", "status");
  const stop = element("button", "command-window-stop", { type: "button", textContent: "Stop", title: `Stop ${name}` });
  stop.setAttribute("aria-label", `Stop ${name}`);
  const title = element("div", "command-window-title");
  title.append(element("span", "command-window-name", { textContent: name }), status, stop);

  const output = element("pre", "command-window-output", { tabIndex: 0 });
  output.setAttribute("role", "log");
  output.setAttribute("aria-label", `output of ${name}`);
  const error = element("pre", "command-window-error", { tabIndex: 0 });
  error.setAttribute("role", "region");
  error.setAttribute("aria-label", `error of ${name}`);

  const line = element("input", "command-window-line", { type: "text", autocomplete: "off", spellcheck: false });
  line.setAttribute("aria-label", `type a line for ${name}, then Enter`);
  line.placeholder = "type a line, then Enter";
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
    write(status, model.get("status"));
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

  function showLost() {
    frame.dataset.state = "lost";
    write(status, "the connection to the kernel has broken off; if it was restarted, run the cell again");
  }

  // Whether it is on its way.
  function tell(message) {
    try {
      model.send(message);
      return true;
    } catch {
      showLost();
      return false;
    }
  }

  stop.addEventListener("click", () => tell({ do: "stop" }));
  line.addEventListener("keydown", (event) => {
    event.stopPropagation(); // JupyterLab's shortcuts are not meant here
    if (event.key !== "Enter" || event.isComposing) return;
    if (tell({ do: "type", line: line.value })) line.value = "";
  });

  model.on("change", show);
  model.on("comm_live_update", showLost);
  frame.append(title, output, error, keyboard);
  el.append(frame);
  show();
  output.scrollTop = output.scrollHeight;
  return () => {
    model.off("change", show);
    model.off("comm_live_update", showLost);
  };
}

export default { render };
