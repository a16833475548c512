// The course's pictures in JupyterLab's dark themes: light becomes dark, and each colour stays what it is.
// A picture is a file of its own, which cannot see the theme of the page; and of what a stored output brings, JupyterLab keeps a class, but no style sheet.
(() => {
  const style = document.createElement("style");
  style.textContent = `
    body[data-jp-theme-light="false"] :is(img.helpers-picture, .helpers-panel-image) {
      filter: invert(0.93) hue-rotate(180deg);
    }`;
  document.head.append(style);
  // What JupyterLab asks of an extension that was built beforehand. This one has no plugins.
  window._JUPYTERLAB ??= {};
  window._JUPYTERLAB["networking-with-python"] = { init() {}, get() {} };
})();
