// What the live sides of command windows and panels share. Whatever the kernel sends is put in as text, never as HTML: it may come from anywhere.

function element(tag, className, properties = {}) {
  return Object.assign(document.createElement(tag), { className, ...properties });
}

function button(text, onclick) {
  return element("button", "helpers-panel-button", { type: "button", textContent: text, onclick });
}

function labelled(text, input) {
  const label = element("label", "helpers-panel-label");
  label.append(input, text);
  return label;
}

// What still has what it should have stays untouched: a selection in it, and the place of a screen reader that reads it.
function put(target, property, value) {
  if (target[property] !== value) target[property] = value;
}

// Stands in `frame` from when the kernel cannot be reached until it says something again: after a pause of the network it does, after a restart it cannot.
function lostNote(model, frame) {
  const note = element("div", "helpers-panel-bar", {
    textContent: "The connection to the kernel has broken off: this is what was heard last. If the kernel was restarted, run the cell again.",
  });
  note.setAttribute("role", "alert");
  const hide = () => note.remove();
  model.on("change", hide);
  model.on("msg:custom", hide);
  return {
    show() {
      frame.dataset.state = "lost"; // whatever it was, nobody knows what it is now
      frame.prepend(note);
    },
    end() {
      model.off("change", hide);
      model.off("msg:custom", hide);
    },
  };
}

// One message is under way at a time, and the others wait for it. Where the last that waits is of the same `control` (a slider that is dragged, a field while
// somebody types), a later one takes its place: nobody runs ahead.
function courier(model, frame, delivered) {
  const id = Math.random();
  const lost = lostNote(model, frame);
  const waiting = [];
  let underWay = false;
  function pass() {
    if (underWay || !waiting.length) return;
    underWay = true;
    try {
      model.send({ ...waiting.shift().message, id });
    } catch {
      giveUp();
    }
  }
  // What is under way may never be answered. The controls stay as they were set: nothing that was typed is lost.
  function giveUp() {
    underWay = false;
    waiting.length = 0;
    lost.show();
  }
  function receive(content) {
    if (content.done !== id) return;
    underWay = false;
    pass();
    delivered();
  }
  model.on("msg:custom", receive);
  model.on("comm_live_update", giveUp);
  frame.addEventListener("helpers-kernel-gone", giveUp); // from the course's extension of JupyterLab
  return {
    // Gives back whether the message is on its way, or will be.
    tell(message, control = null) {
      if (control && waiting.at(-1)?.control === control) waiting.pop();
      waiting.push({ message, control });
      pass();
      return underWay;
    },
    isBusy: () => underWay || waiting.length > 0,
    end() {
      model.off("msg:custom", receive);
      model.off("comm_live_update", giveUp);
      lost.end();
    },
  };
}

function textBox(className, role, label) {
  const box = element("pre", `helpers-panel-text ${className}`, { tabIndex: 0, ariaLabel: label });
  box.setAttribute("role", role);
  return box;
}

// A line of code to be copied into a cell: it selects itself.
function codeBox(label) {
  const code = element("textarea", "helpers-panel-code", { readOnly: true, ariaLabel: label });
  code.addEventListener("focus", () => code.select());
  return {
    code,
    show(text) {
      put(code, "value", text);
      code.rows = text.split("\n").length;
    },
  };
}

// A picture as the kernel drew it: {image, alt, words}, with its words folded beneath.
function pictureBox(label) {
  const image = element("img", "helpers-panel-image");
  const paper = element("div", "helpers-panel-picture");
  paper.append(image);
  const words = textBox("", "region", `${label} in words`);
  const inWords = element("details", "helpers-panel-words");
  inWords.append(element("summary", "", { textContent: `${label[0].toUpperCase()}${label.slice(1)} in words` }), words);
  return {
    parts: [paper, inWords],
    show(picture, grows = false) {
      // One that grows from nothing again would make the page jump.
      paper.style.minHeight = grows ? `${paper.offsetHeight}px` : "";
      paper.hidden = !picture.image;
      if (picture.image) put(image, "src", `data:image/svg+xml,${encodeURIComponent(picture.image)}`);
      put(image, "alt", picture.alt);
      put(words, "textContent", picture.words);
      inWords.hidden = !picture.words;
    },
  };
}

const overflows = (box) => box.scrollHeight > box.clientHeight || box.scrollWidth > box.clientWidth;

// One that is large scrolls, by keyboard too, so that the controls stay near.
function scrollingPicture(label) {
  const picture = pictureBox(label);
  const [paper] = picture.parts;
  paper.setAttribute("role", "group");
  paper.ariaLabel = label;
  // Another picture, another window: what scrolls now may not do so then.
  const size = new ResizeObserver(() => (paper.tabIndex = overflows(paper) ? 0 : -1));
  size.observe(paper);
  size.observe(paper.firstChild);
  return picture;
}

// What is set, or what comes of it: one above the other; on a slide, and where there is room, side by side.
function side(...parts) {
  const box = element("div", "helpers-panel-side");
  box.append(...parts);
  return box;
}

// anywidget gives a page two seconds to load this script. Where it was busier than that, no message of the kernel reaches the model any more: what is on the page would
// never change again, and wait for ever for an answer. So one is tried that says nothing; where it is refused, the messages go past anywidget, to the model that it extends.
async function hear(model) {
  const whole = await model.widget_manager.get_model(model.get("id"));
  const silence = { content: { data: { method: "silence" } }, metadata: {} };
  if (await whole._handle_comm_msg(silence).then(() => true, () => false)) return;
  const extended = Object.getPrototypeOf(Object.getPrototypeOf(whole));
  whole.comm.on_msg((message) => extended._handle_comm_msg.call(whole, message));
  whole.comm.send({ method: "request_state" }); // what it was told meanwhile is lost
}

// Puts `frame` on the page, which shows every change from now on. Gives back what ends that.
function live(model, el, frame, show, end) {
  el.classList.add("helpers-panel-room");
  el.append(frame);
  hear(model);
  model.on("change", show);
  show();
  return () => {
    model.off("change", show);
    end();
  };
}

function panelFrame(label) {
  const frame = element("div", "helpers-panel", { ariaLabel: label });
  frame.setAttribute("role", "group");
  // JupyterLab's shortcuts are not meant here: arrows move a slider, not to the next cell, and Enter with Ctrl runs no cell, which would begin anew.
  frame.addEventListener("keydown", (event) => {
    const ofJupyterLab = event.ctrlKey || event.metaKey || event.altKey;
    if (event.key === "Enter" || (!ofJupyterLab && event.key !== "Escape")) event.stopPropagation();
  });
  return frame;
}
