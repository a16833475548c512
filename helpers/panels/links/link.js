// The live side of a link's panel; with what controls.js has.

// What a control does, for whoever sees it, and for whoever hears it.
function meaningOf(text, ...controls) {
  const meaning = element("span", "link-panel-meaning", { textContent: text, id: `meaning-${Math.random()}` });
  for (const control of controls) control.setAttribute("aria-describedby", meaning.id);
  return meaning;
}

function faultRow(fault, { meaning, texts }, tell) {
  const on = element("input", "", { type: "checkbox", ariaLabel: `${fault} on` });
  const slider = element("input", "link-panel-slider", { type: "range", min: 0, max: texts.length - 1, ariaLabel: fault });
  const value = element("span", "link-panel-value", { ariaHidden: "true" }); // the slider says it
  const row = element("div", "link-panel-fault");
  row.append(labelled(fault, on), slider, value, meaningOf(meaning, on, slider));

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
    tell({ do: "move", fault, place }, `move ${fault}`);
  });
  return { row, show };
}

function sizeRow(texts, tell) {
  const slider = element("input", "link-panel-slider", { type: "range", min: 0, max: texts.length - 1, ariaLabel: "size of recv" });
  const value = element("span", "link-panel-value", { ariaHidden: "true" });
  const row = element("div", "link-panel-fault");
  const label = element("span", "helpers-panel-label", { textContent: "size of recv", ariaHidden: "true" });
  row.append(label, slider, value, meaningOf("it takes no more than that at once", slider));
  row.dataset.on = true;

  function show({ place, text }) {
    slider.value = place;
    put(value, "textContent", text);
    slider.setAttribute("aria-valuetext", text);
  }

  slider.addEventListener("input", () => {
    const place = Number(slider.value);
    show({ place, text: texts[place] });
    tell({ do: "resize", place }, "resize");
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

function render({ model, el }) {
  const name = model.get("name");
  const frame = panelFrame(model.get("label"));
  const { tell, isBusy, end } = courier(model, frame, () => show());
  frame.classList.add("link-panel");

  const direction = directionChoice(model.get("directions"), tell);
  const down = element("input", "", { type: "checkbox", ariaLabel: "down", onchange: () => tell({ do: "down", on: down.checked }) });
  const downLabel = labelled("down", down);
  downLabel.append(meaningOf("all connections closed, nobody can connect", down));
  const top = element("div", "helpers-panel-bar");
  top.append(direction.choice, downLabel, button("All off", () => tell({ do: "all off" })));

  const rows = Object.fromEntries(
    Object.entries(model.get("scales")).map(([fault, scale]) => [fault, faultRow(fault, scale, tell)]),
  );
  const faults = element("div", "link-panel-faults");
  const size = model.get("controls").size ? sizeRow(model.get("sizes"), tell) : null;
  if (size) faults.append(size.row);
  faults.append(...Object.values(rows).map(({ row }) => row));

  const code = codeBox("the same in code, to be copied into a cell");

  const status = element("span", "helpers-panel-status");
  status.setAttribute("role", "status");
  const again = button("Run again", () => tell({ do: "run" }));
  const stop = button("Stop", () => {
    again.focus(); // this one goes
    tell({ do: "stop" });
  });
  const bottom = element("div", "helpers-panel-bar");
  bottom.append(element("span", "link-panel-name", { textContent: name }), status, stop, again);

  const output = textBox("", "log", `output of ${name}`);
  const error = textBox("helpers-panel-error", "region", `error of ${name}`);
  const picture = scrollingPicture("the picture");

  function show() {
    const { closed, ...controls } = model.get("controls");
    const run = model.get("run");
    for (const each of frame.querySelectorAll("input, button")) each.disabled = closed;
    // Who has just moved something is ahead of what the kernel knows.
    if (!isBusy()) {
      direction.show(controls.direction);
      down.checked = controls.down;
      size?.show(controls.size);
      for (const [fault, control] of Object.entries(controls.faults)) rows[fault].show(control);
    }
    code.show(controls.code);
    frame.dataset.state = run.busy ? "running" : run.error ? "fell" : "ended";
    put(status, "textContent", run.status);
    stop.hidden = !run.busy;
    for (const [box, text] of [[output, run.output], [error, run.error]]) {
      put(box, "textContent", text);
      box.hidden = !text;
    }
    picture.show(model.get("picture"), run.busy);
  }

  frame.append(side(top, faults, code.code), side(bottom, output, error, ...picture.parts));
  return live(model, el, frame, show, end);
}

export default { render };
