// The course's pictures in JupyterLab. A picture is a file of its own, which cannot see the theme of the page; and of what a stored output brings,
// JupyterLab keeps a class, but no style sheet and no script.
(() => {
  // In dark themes light becomes dark, and each colour stays what it is.
  const style = document.createElement("style");
  style.textContent = `
    body[data-jp-theme-light="false"] :is(img.helpers-picture, .helpers-panel-image) {
      filter: invert(0.93) hue-rotate(180deg);
    }`;
  document.head.append(style);

  // A picture that is wider than its cell is scrolled with the arrows, when it has the focus. JupyterLab would fold headings.
  const scrolls = (event) => event.target.matches?.("div:has(> img.helpers-picture)") && /^Arrow(Left|Right)$/.test(event.key);
  window.addEventListener("keydown", (event) => scrolls(event) && event.stopPropagation(), true);

  // What JupyterLab asks of an extension that was built beforehand. This one has no plugins.
  window._JUPYTERLAB ??= {};
  window._JUPYTERLAB["networking-with-python"] = { init() {}, get() {} };
})();
