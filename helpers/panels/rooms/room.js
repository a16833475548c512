// The live side of a room's panel; with what controls.js has.

function roomSlider(name, [label, meaning], tell) {
  const slider = element("input", "room-panel-slider", { type: "range", min: 0, ariaLabel: label });
  const value = element("span", "room-panel-value", { ariaHidden: "true" }); // the slider says it
  const note = element("span", "room-panel-meaning", { textContent: meaning, id: `meaning-${Math.random()}` });
  slider.setAttribute("aria-describedby", note.id);
  const row = element("div", "room-panel-row");
  row.append(element("span", "room-panel-name", { textContent: label, ariaHidden: "true" }), slider, value, note);
  let texts = [];

  function say(place) {
    put(value, "textContent", texts[place]);
    slider.setAttribute("aria-valuetext", texts[place]);
  }
  function show(control) {
    texts = control.texts;
    slider.max = texts.length - 1;
    slider.value = control.place;
    say(control.place);
  }

  slider.addEventListener("input", () => {
    const place = Number(slider.value);
    say(place); // at once, though the kernel may be busy
    tell({ do: "move", slider: name, place }, `move ${name}`);
  });
  return { row, show };
}

function render({ model, el }) {
  const frame = panelFrame(model.get("label"));
  const { tell, isBusy, end } = courier(model, frame, () => show());
  frame.classList.add("room-panel");

  const sliders = Object.fromEntries(
    Object.entries(model.get("sliders")).map(([name, words]) => [name, roomSlider(name, words, tell)]),
  );
  const settings = element("div", "room-panel-settings");
  settings.append(...Object.values(sliders).map(({ row }) => row));

  // Whoever listens hears the designs of which something else is to be said now.
  const said = element("div", "helpers-panel-status room-panel-said");
  said.setAttribute("role", "status");
  said.setAttribute("aria-atomic", "false");
  const again = button("Run again", () => tell({ do: "run" }));
  const closed = element("span", "helpers-panel-status", { textContent: "closed; run the cell again for a new panel" });
  const bar = element("div", "helpers-panel-bar");
  bar.append(closed, again);
  const error = textBox("helpers-panel-error", "alert", "error");
  const picture = scrollingPicture("the picture");

  function showVerdicts(verdicts) {
    while (said.children.length > verdicts.length) said.lastChild.remove();
    verdicts.forEach(({ title, words }, number) => {
      if (!said.children[number]) {
        const paragraph = element("p", "");
        paragraph.append(element("strong", ""), " ", element("span", ""));
        said.append(paragraph);
      }
      const [heading, sentence] = said.children[number].children;
      put(heading, "textContent", `${title}.`);
      put(sentence, "textContent", words);
    });
  }

  function show() {
    const controls = model.get("controls");
    for (const each of frame.querySelectorAll("input, button")) each.disabled = controls.closed;
    closed.hidden = !controls.closed;
    // Who has just moved something is ahead of what the kernel knows.
    if (!isBusy()) for (const [name, control] of Object.entries(controls.sliders)) sliders[name].show(control);
    showVerdicts(model.get("said"));
    frame.dataset.state = controls.closed ? "closed" : model.get("error") ? "fell" : "ended";
    put(error, "textContent", model.get("error"));
    error.hidden = !model.get("error");
    picture.show(model.get("picture"));
  }

  frame.append(side(settings, said, bar), side(error, ...picture.parts));
  return live(model, el, frame, show, end);
}

export default { render };
