// The live side of a link's panel. What a conversation prints or raises is put in as text, never as HTML: it may come from anywhere.

function element(tag, className, properties = {}) {
  return Object.assign(document.createElement(tag), { className, ...properties });
}

function button(text, onclick) {
  return element("button", "link-panel-button", { type: "button", textContent: text, onclick });
}

function labelled(text, input) {
  const label = element("label", "link-panel-label");
  label.append(input, text);
  return label;
}

// What still has what it should have stays untouched: a selection in it, and the place of a screen reader that reads it.
function put(target, property, value) {
  if (target[property] !== value) target[property] = value;
}

// One message is under way at a time; of those that wait for it, a slider's later one takes the place of its last: one that is dragged never runs ahead.
function courier(model, delivered) {
  const id = Math.random();
  const waiting = [];
  let underWay = false;
  function pass() {
    if (underWay || !waiting.length) return;
    underWay = true;
    model.send({ ...waiting.shift(), id });
  }
  function receive(content) {
    if (content.done !== id) return;
    underWay = false;
    pass();
    delivered();
  }
  model.on("msg:custom", receive);
  return {
    tell(message) {
      const last = waiting.at(-1);
      if (last?.do === "move" && message.do === "move" && last.fault === message.fault) waiting.pop();
      waiting.push(message);
      pass();
    },
    isBusy: () => underWay || waiting.length > 0,
    end: () => model.off("msg:custom", receive),
  };
}

function faultRow(fault, { meaning, texts }, tell) {
  const on = element("input", "", { type: "checkbox", ariaLabel: `${fault} on` });
  const slider = element("input", "link-panel-slider", { type: "range", min: 0, max: texts.length - 1, ariaLabel: fault });
  const value = element("span", "link-panel-value", { ariaHidden: "true" }); // the slider says it
  const row = element("div", "link-panel-fault", { title: `${fault}: ${meaning}` });
  row.append(labelled(fault, on), slider, value);

  function show(control) {
    on.checked = control.on;
    on.indeterminate = control.mixed;
    slider.value = control.place;
    put(value, "textContent", control.text);
    slider.setAttribute("aria-valuetext", control.text);
    row.dataset.on = control.on;
  }

  on.addEventListener("change", () => tell({ do: "switch", fault, on: on.checked }));
  slider.addEventListener("input", () => {
    const place = Number(slider.value);
    show({ on: true, mixed: false, place, text: texts[place] }); // at once, though the kernel may be busy
    tell({ do: "move", fault, place });
  });
  return { row, show };
}

function directionChoice(directions, tell) {
  const choice = element("fieldset", "link-panel-directions");
  choice.append(element("legend", "", { textContent: "Faults for" }));
  const name = `direction-${Math.random()}`;
  const radios = Object.entries(directions).map(([direction, text]) => {
    const radio = element("input", "", { type: "radio", name, value: direction });
    radio.addEventListener("change", () => tell({ do: "turn", direction }));
    choice.append(labelled(text, radio));
    return radio;
  });
  return { choice, show: (direction) => radios.forEach((radio) => (radio.checked = radio.value === direction)) };
}

function textBox(className, role, label) {
  const box = element("pre", `link-panel-text ${className}`, { tabIndex: 0, ariaLabel: label });
  box.setAttribute("role", role);
  return box;
}

function render({ model, el }) {
  const name = model.get("name");
  const { tell, isBusy, end } = courier(model, () => show());

  const frame = element("div", "link-panel", { ariaLabel: "panel of the link" });
  frame.setAttribute("role", "group");

  const direction = directionChoice(model.get("directions"), tell);
  const down = element("input", "", { type: "checkbox", onchange: () => tell({ do: "down", on: down.checked }) });
  const downLabel = labelled("down", down);
  downLabel.title = "down: every connection is closed, and nobody can connect";
  const top = element("div", "link-panel-bar");
  top.append(direction.choice, downLabel, button("All off", () => tell({ do: "all off" })));

  const rows = Object.fromEntries(
    Object.entries(model.get("scales")).map(([fault, scale]) => [fault, faultRow(fault, scale, tell)]),
  );
  const faults = element("div", "link-panel-faults");
  faults.append(...Object.values(rows).map(({ row }) => row));

  const code = element("textarea", "link-panel-code", { readOnly: true, ariaLabel: "the same in code, to be copied into a cell" });
  code.addEventListener("focus", () => code.select());

  const status = element("span", "link-panel-status");
  status.setAttribute("role", "status");
  const again = button("Run again", () => tell({ do: "run" }));
  const stop = button("Stop", () => {
    again.focus(); // this one goes
    tell({ do: "stop" });
  });
  const bottom = element("div", "link-panel-bar");
  bottom.append(element("span", "link-panel-name", { textContent: name }), status, stop, again);

  const output = textBox("", "log", `output of ${name}`);
  const error = textBox("link-panel-error", "region", `error of ${name}`);
  const image = element("img", "link-panel-image");
  const paper = element("div", "link-panel-picture");
  paper.append(image);
  const words = element("pre", "link-panel-text", { tabIndex: 0, ariaLabel: "the picture in words" });
  const inWords = element("details", "link-panel-words");
  inWords.append(element("summary", "", { textContent: "The picture in words" }), words);

  function show() {
    const { closed, ...controls } = model.get("controls");
    const run = model.get("run");
    const picture = model.get("picture");
    for (const each of frame.querySelectorAll("input, button")) each.disabled = closed;
    // Who has just moved something is ahead of what the kernel knows.
    if (!isBusy()) {
      direction.show(controls.direction);
      down.checked = controls.down;
      for (const [fault, control] of Object.entries(controls.faults)) rows[fault].show(control);
    }
    put(code, "value", controls.code);
    code.rows = controls.code.split("\n").length;
    frame.dataset.state = run.busy ? "running" : run.error ? "fell" : "ended";
    put(status, "textContent", run.status);
    stop.hidden = !run.busy;
    for (const [box, text] of [[output, run.output], [error, run.error], [words, picture.words]]) {
      put(box, "textContent", text);
      box.hidden = !text;
    }
    // A picture that grows from nothing again would make the page jump.
    paper.style.minHeight = run.busy ? `${paper.offsetHeight}px` : "";
    image.hidden = !picture.image;
    if (picture.image) put(image, "src", `data:image/svg+xml,${encodeURIComponent(picture.image)}`);
    put(image, "alt", picture.alt);
    inWords.hidden = !picture.words;
  }

  // JupyterLab's shortcuts are not meant here: arrows move a slider, not to the next cell.
  frame.addEventListener("keydown", (event) => {
    if (!event.ctrlKey && !event.metaKey && !event.altKey && event.key !== "Escape") event.stopPropagation();
  });

  frame.append(top, faults, code, bottom, output, error, paper, inWords);
  el.append(frame);
  model.on("change", show);
  show();
  return () => {
    model.off("change", show);
    end();
  };
}

export default { render };
