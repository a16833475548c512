// The live side of a socket bench; with what controls.js has.

function sender(name, longest) {
  return element("input", "bench-panel-text", {
    type: "text",
    value: "hello",
    size: 8,
    maxLength: longest,
    spellcheck: false,
    autocomplete: "off",
    ariaLabel: `text that ${name} sends`,
  });
}

// A socket: what it is, and its calls. They stay where they are while it waits, so that the focus does.
function socketRow(name, { calls, presses, longest }, tell) {
  const row = element("div", "bench-panel-socket", { ariaLabel: name });
  row.setAttribute("role", "group");
  const stage = element("span", "bench-panel-stage");
  const kernel = element("span", "bench-panel-kernel");
  const state = element("strong", "");
  const meaning = element("span", "");
  kernel.append("kernel: ", state, meaning);
  const stop = button("Stop waiting", () => {
    buttons.find((each) => each.textContent === row.dataset.waits)?.focus(); // this one goes
    tell({ do: "stop", name });
  });
  stop.ariaLabel = `Stop waiting: ${name}`;
  const title = element("div", "bench-panel-title");
  title.append(element("span", "bench-panel-name", { textContent: name }), stage, kernel, stop);

  const text = sender(name, longest);
  const keys = element("div", "bench-panel-keys");
  const buttons = calls.map((call) => {
    const press = `${name}.${call}`;
    const key = button(call, () => tell({ do: "press", press, text: text.value }));
    key.ariaLabel = press;
    // The same calls stand beneath each other, also where one is missing.
    if (!presses.includes(press)) key.style.visibility = "hidden";
    keys.append(key);
    if (call === "send") keys.append(text);
    return key;
  });
  text.addEventListener("keydown", (event) => {
    if (event.key === "Enter") tell({ do: "press", press: `${name}.send`, text: text.value });
  });
  row.append(title, keys);

  function show(socket) {
    put(stage, "textContent", socket.stage);
    put(state, "textContent", socket.kernel);
    put(meaning, "textContent", socket.means && `, ${socket.means}`);
    kernel.hidden = !socket.kernel;
    stop.hidden = !socket.waits;
    row.dataset.waits = socket.waits;
    // Not disabled: pressed, they say what keeps them waiting.
    for (const key of buttons) key.setAttribute("aria-disabled", Boolean(socket.busy));
  }
  return { row, show };
}

function render({ model, el }) {
  const frame = panelFrame(model.get("label"));
  const { tell, end } = courier(model, frame, () => show());
  frame.classList.add("bench-panel");
  const names = model.get("names");
  const fixed = { calls: model.get("calls"), presses: model.get("presses"), longest: model.get("longest") };
  const rows = names.map((name) => socketRow(name, fixed, tell));

  const status = element("span", "helpers-panel-status");
  status.setAttribute("role", "status");
  const bar = element("div", "helpers-panel-bar bench-panel-bar");
  bar.append(status, button("Start over", () => tell({ do: "start over" })));
  const error = textBox("helpers-panel-error", "region", "error of the latest call");
  const missing = element("div", "bench-panel-missing");
  const program = codeBox("the program so far, to be copied into a cell");
  const picture = pictureBox("the life cycle");

  function show() {
    const said = model.get("said");
    model.get("rows").forEach((socket, number) => rows[number].show(socket));
    for (const each of frame.querySelectorAll("input, button")) each.disabled = said.closed;
    put(status, "textContent", said.status);
    for (const [box, text] of [[error, said.error], [missing, said.missing]]) {
      put(box, "textContent", text);
      box.hidden = !text;
    }
    if (program.code.value !== model.get("program")) {
      program.show(model.get("program"));
      program.code.scrollTop = program.code.scrollHeight; // the latest line
    }
    picture.show(model.get("picture"));
  }

  frame.append(side(...rows.map(({ row }) => row)), side(bar, error, missing, program.code, ...picture.parts));
  requestAnimationFrame(() => (program.code.scrollTop = program.code.scrollHeight));
  return live(model, el, frame, show, end);
}

export default { render };
