// The live side of a command window; with what controls.js has.

// What stands there already stays untouched, up to the first line that has changed: a selection in it, and the place of a screen reader that reads it.
// `styles`: of all of the text, how many characters have which style, in CSS.
function write(target, text, styles = []) {
  let node = target.firstChild;
  let place = 0;
  for (const [length, css] of styles.length ? styles : [[text.length, ""]]) {
    let rest = text.slice(place, (place += length));
    while (rest && node && cssOf(node) === css && rest.startsWith(node.textContent)) {
      rest = rest.slice(node.textContent.length);
      node = node.nextSibling;
    }
    if (!rest) continue;
    if (node && cssOf(node) === css) {
      const kept = commonLines(node.textContent, rest);
      if (kept) {
        letters(node).deleteData(kept, node.textContent.length);
        rest = rest.slice(kept);
        node = node.nextSibling;
      }
    }
    removeFrom(node);
    node = null;
    target.append(css ? styled(rest, css) : rest);
  }
  removeFrom(node);
}

function styled(text, css) {
  const span = element("span", "", { textContent: text });
  span.style.cssText = css;
  span.dataset.css = css; // a browser gives back `style` in words of its own
  return span;
}

function cssOf(node) {
  return node.dataset?.css ?? "";
}

function letters(node) {
  return node.firstChild ?? node;
}

// How many characters the lines have that both begin with.
function commonLines(one, other) {
  let n = 0;
  while (n < one.length && one[n] === other[n]) n++;
  return one.slice(0, n).lastIndexOf("\n") + 1;
}

function removeFrom(node) {
  while (node) {
    const next = node.nextSibling;
    node.remove();
    node = next;
  }
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
  // What is typed and not yet sent outlives a reload of the page.
  const draft = `helpers: line for ${model.get("key")}`;
  line.value = sessionStorage.getItem(draft) ?? "";
  line.addEventListener("input", () => line.type === "text" && sessionStorage.setItem(draft, line.value));
  const keyboard = element("div", "command-window-keyboard");
  keyboard.append(element("span", "", { textContent: "›", ariaHidden: "true" }), line);

  function hasFocus() {
    return frame.contains(document.activeElement) && !document.activeElement.closest("[hidden]");
  }

  // A password is not seen, not kept, and what was typed of it is gone when the program asks for one no longer.
  function hide(hidden) {
    if (line.ariaLabel && (line.type === "password") === hidden) return;
    if (!hidden && line.type === "password") line.value = "";
    if (hidden) sessionStorage.removeItem(draft);
    line.type = hidden ? "password" : "text";
    line.autocomplete = hidden ? "new-password" : "off"; // no browser's own is offered
    line.ariaLabel = hidden ? `type a password for ${name}, which is not shown, then Enter` : `type a line for ${name}, then Enter`;
    line.placeholder = hidden ? "type a password, which is not shown, then Enter" : "type a line, then Enter; Ctrl-D ends the input";
  }

  function show() {
    const atEnd = output.scrollTop + output.clientHeight >= output.scrollHeight - 4;
    const focused = hasFocus();
    const running = model.get("running");
    frame.dataset.state = running ? "running" : model.get("error") ? "fell" : "ended";
    put(status, "textContent", model.get("status"));
    stop.hidden = !running;
    write(output, model.get("output"), model.get("styles"));
    output.hidden = output.textContent === "";
    write(error, model.get("error"));
    error.hidden = error.textContent === "";
    keyboard.hidden = !(running && model.get("reads"));
    hide(model.get("hidden"));
    if (atEnd) output.scrollTop = output.scrollHeight; // whoever scrolled up to read stays there
    // Who pressed Stop with the keyboard goes on from here, not from the top of the page.
    if (focused && !hasFocus()) frame.focus({ preventScroll: true });
  }

  line.addEventListener("keydown", (event) => {
    event.stopPropagation(); // JupyterLab's shortcuts are not meant here
    if (event.key === "d" && event.ctrlKey && !line.value) {
      event.preventDefault(); // of the browser's, it would set a bookmark
      tell({ do: "end" });
      return;
    }
    if (event.key !== "Enter" || event.isComposing) return;
    if (!tell({ do: "type", line: line.value })) return;
    line.value = "";
    sessionStorage.removeItem(draft);
  });

  frame.append(title, output, error, keyboard);
  const taken = live(model, el, frame, show, end);
  // What it asks stands at the end, and is seen from the beginning: which is when the page has laid it out.
  const laidOut = new ResizeObserver(() => {
    if (!output.clientHeight) return;
    output.scrollTop = output.scrollHeight;
    laidOut.disconnect();
  });
  laidOut.observe(output);
  return () => {
    laidOut.disconnect();
    taken();
  };
}

export default { render };
