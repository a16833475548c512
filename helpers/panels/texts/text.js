// The live side of the panel of bytes and text; with what controls.js has.

function heading(text) {
  return element("span", "text-panel-heading", { textContent: text });
}

function said(className = "") {
  const status = element("span", `text-panel-said ${className}`);
  status.setAttribute("role", "status");
  return {
    status,
    show({ said, fell }) {
      put(status, "textContent", said);
      status.dataset.fell = fell;
    },
  };
}

// Which encoding and which error handler, for one direction: "to encode" or "to decode".
function codingChoice(direction, encodings, handlers, chosen) {
  const [encoding, errors] = [["encoding", encodings], ["errors", handlers]].map(([what, names]) => {
    const select = element("select", "text-panel-select", { ariaLabel: `${what} to ${direction}` });
    select.append(...names.map((name) => new Option(name, name)));
    select.addEventListener("change", () => chosen(encoding.value, errors.value));
    return select;
  });
  function choose(select, name) {
    if (![...select.options].some((option) => option.value === name)) select.append(new Option(name, name)); // from a cell
    put(select, "value", name);
  }
  const labels = [["encoding", encoding], ["errors", errors]].map(([what, select]) => {
    const label = element("label", "helpers-panel-label");
    label.append(what, select);
    return label;
  });
  return {
    labels,
    encoding,
    show(name, handler) {
      choose(encoding, name);
      choose(errors, handler);
    },
  };
}

// A button for each byte, which drops it. One stop for Tab; the arrows go from byte to byte.
function byteRow(tell) {
  const row = element("div", "text-panel-bytes", { ariaLabel: "bytes: press one to drop it" });
  row.setAttribute("role", "toolbar");
  const rest = element("span", "text-panel-rest");
  const buttons = [];
  let current = 0;

  function byteButton(position) {
    const button = element("button", "helpers-panel-button text-panel-byte", { type: "button", tabIndex: -1 });
    const hex = element("span", "");
    button.append(hex, element("small", "", { textContent: position, ariaHidden: "true" }));
    button.addEventListener("click", () => {
      turnTo(position);
      button.ariaPressed = String(button.ariaPressed !== "true"); // at once, though the kernel may be busy
      tell({ do: "drop", position, on: button.ariaPressed === "true" });
    });
    return { button, hex };
  }

  function turnTo(position) {
    if (buttons[current]) buttons[current].button.tabIndex = -1;
    current = position;
    if (buttons[current]) buttons[current].button.tabIndex = 0;
  }

  row.addEventListener("keydown", (event) => {
    const last = buttons.length - 1;
    const to = { ArrowRight: current + 1, ArrowDown: current + 1, ArrowLeft: current - 1, ArrowUp: current - 1, Home: 0, End: last };
    if (!(event.key in to)) return;
    event.preventDefault();
    turnTo(Math.min(Math.max(to[event.key], 0), last));
    buttons[current].button.focus();
  });

  return {
    row,
    show({ hex, number, dropped }, cut, inPieces) {
      const bytes = hex.match(/../g) ?? [];
      while (buttons.length > bytes.length) buttons.pop().button.remove();
      while (buttons.length < bytes.length) buttons.push(byteButton(buttons.length));
      const lost = new Set(dropped);
      bytes.forEach((byte, position) => {
        const { button, hex } = buttons[position];
        if (!button.isConnected) row.append(button);
        put(hex, "textContent", byte);
        put(button, "ariaLabel", `${byte} at position ${position}: drop`);
        put(button, "ariaPressed", String(lost.has(position)));
        put(button.dataset, "cut", position < cut ? "" : inPieces ? "second" : "off");
        put(button.dataset, "first", String(position === cut));
      });
      turnTo(Math.min(current, Math.max(bytes.length - 1, 0)));
      put(rest, "textContent", number > bytes.length ? `… and ${number - bytes.length} more, which the slider can cut` : "");
      row.append(rest);
      row.hidden = !number;
    },
  };
}

// The first `longest` characters, none cut in two, and how many are left.
function beginning(text, longest) {
  if (text.length <= longest) return { text, more: 0 };
  const end = longest - (text.codePointAt(longest - 1) > 0xffff ? 1 : 0);
  let more = 0;
  for (const _ of text.slice(end)) more += 1;
  return { text: text.slice(0, end), more };
}

function textField(longest, tell) {
  const field = element("textarea", "text-panel-field", {
    ariaLabel: "text",
    rows: 1,
    spellcheck: false,
    autocomplete: "off",
    placeholder: "type or paste a text, or bytes such as b'Z\\xc3\\xbcrich'",
  });
  field.setAttribute("autocapitalize", "off");
  let agreed = null; // what the kernel was told, or has told, last
  let composing = false;
  field.addEventListener("compositionstart", () => (composing = true));
  field.addEventListener("compositionend", () => (composing = false));
  function changed(leftOut = 0) {
    agreed = field.value;
    const { text, more } = beginning(agreed, longest);
    tell({ do: "type", text, more: more + leftOut }, "type");
  }
  field.addEventListener("input", () => changed());
  // Undo and redo are the field's: JupyterLab would take the key, and refuse what it does, for the notebook.
  field.addEventListener("keydown", (event) => {
    if ((event.ctrlKey || event.metaKey) && "zy".includes(event.key.toLowerCase())) event.stopPropagation();
  });
  // A browser lays out for minutes what is pasted by the megabyte.
  field.addEventListener("beforeinput", (event) => {
    event.stopImmediatePropagation(); // JupyterLab listens here too, from each key that it has heard of
    if (!event.data || event.data.length <= longest) return;
    event.preventDefault();
    const { text, more } = beginning(event.data, longest);
    field.setRangeText(text, field.selectionStart, field.selectionEnd, "end");
    changed(more);
  });
  return {
    field,
    show(text) {
      if (composing || text === agreed) return;
      const { selectionStart, selectionEnd } = field;
      field.value = agreed = text;
      field.setSelectionRange(selectionStart, selectionEnd);
    },
  };
}

function render({ model, el }) {
  const frame = panelFrame(model.get("label"));
  const { tell, isBusy, end } = courier(model, frame, () => show());
  frame.classList.add("text-panel");
  const [encodings, handlers] = [model.get("encodings"), model.get("handlers")];

  const text = textField(model.get("longest"), tell);
  const textHeading = heading("Text");
  const top = element("div", "helpers-panel-bar");
  top.append(textHeading, text.field);
  const note = element("div", "text-panel-note");
  note.setAttribute("role", "status");

  const encode = codingChoice("encode", encodings, handlers, (encoding, errors) => tell({ do: "encode", encoding, errors }));
  const encoded = said("text-panel-result");
  const encodeBar = element("div", "helpers-panel-bar");
  encodeBar.append(heading("Encode"), ...encode.labels, encoded.status);
  const encodes = scrollingPicture("the picture of encoding");

  const bytes = byteRow(tell);
  const arrives = said();
  const bytesBar = element("div", "helpers-panel-bar");
  const hint = element("span", "text-panel-hint", { textContent: "press a byte to drop it; move the slider to cut them off" });
  bytesBar.append(heading("On the way"), arrives.status, hint);
  const slider = element("input", "text-panel-slider", { type: "range", min: 0, ariaLabel: "keep the first" });
  const kept = element("span", "text-panel-kept", { ariaHidden: "true" }); // the slider says it
  const inPieces = element("input", "", { type: "checkbox", onchange: () => tell({ do: "pieces", on: inPieces.checked }) });
  const cutRow = element("div", "text-panel-cut");
  cutRow.append(
    element("span", "", { textContent: "keep the first", ariaHidden: "true" }),
    slider,
    kept,
    labelled("the rest comes as a second piece", inPieces),
    button("Put all back", () => tell({ do: "put back" })),
  );
  slider.addEventListener("input", () => {
    showCut(Number(slider.value)); // at once, though the kernel may be busy
    tell({ do: "cut", position: Number(slider.value) }, "cut");
  });

  const decode = codingChoice("decode", ["", ...encodings], handlers, (encoding, errors) => tell({ do: "decode", encoding, errors }));
  const decoded = said("text-panel-result");
  const decodeBar = element("div", "helpers-panel-bar");
  decodeBar.append(heading("Decode"), ...decode.labels, decoded.status);
  const decodes = scrollingPicture("the picture of decoding");
  const code = codeBox("the same in code, to be copied into a cell");

  function showCut(position) {
    const { number } = model.get("bytes");
    const told = position < number ? `${position} of ${number} bytes` : `all ${number} bytes`;
    put(slider, "max", String(number));
    put(slider, "value", String(position));
    slider.setAttribute("aria-valuetext", told);
    put(kept, "textContent", told);
  }

  function show() {
    const { closed, ...controls } = model.get("controls");
    const field = model.get("field");
    for (const each of frame.querySelectorAll("input, button, select, .text-panel-field")) each.disabled = closed;
    // Who has just typed or moved something is ahead of what the kernel knows.
    if (!isBusy()) {
      text.show(JSON.parse(field.text));
      encode.show(controls.encoding, controls.encode_errors);
      decode.show(controls.decoding, controls.decode_errors);
      put(inPieces, "checked", controls.in_pieces);
      showCut(controls.cut);
    }
    put(decode.encoding.options[0], "textContent", field.is_bytes ? controls.encoding : `the same (${controls.encoding})`);
    put(textHeading, "textContent", field.is_bytes ? "Bytes" : "Text");
    put(note, "textContent", field.note);
    note.hidden = !field.note;
    encodeBar.hidden = field.is_bytes;
    encoded.show(model.get("encoded"));
    decoded.show(model.get("decoded"));
    const known = model.get("bytes");
    bytes.show(known, controls.cut, controls.in_pieces);
    arrives.show({ said: known.said, fell: false });
    cutRow.hidden = hint.hidden = !known.number;
    encodes.show(model.get("encodes"));
    decodes.show(model.get("decodes"));
    code.show(model.get("code"));
  }

  frame.append(
    side(top, note, encodeBar, ...encodes.parts),
    side(bytesBar, bytes.row, cutRow, decodeBar, code.code),
    side(...decodes.parts),
  );
  return live(model, el, frame, show, end);
}

export default { render };
