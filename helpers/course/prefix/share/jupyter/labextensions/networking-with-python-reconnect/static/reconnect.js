// An extension of JupyterLab's, written by hand in the form that its bundler would give it: brings command windows and panels back where a page is opened onto a
// kernel that still has them (a reload, a notebook closed and opened, a second page). The file on the disk has none of them live, and none at all where it was not
// saved since the cell ran. So the kernel is asked what stands under which cell (`helpers.notebook.standing`), and the outputs are made so.
(() => {
  "use strict";
  const VIEW = "application/vnd.jupyter.widget-view+json";
  const QUESTION = "__import__('sys').modules['helpers.notebook.standing'].Standing()";

  const GONE = ["dead", "autorestarting", "terminating"];

  // What stands live under the notebook's cells: by the cell's id, a list of outputs' data. Nothing where the kernel has never shown anything.
  async function ask(kernel) {
    const request = { code: "", silent: true, store_history: false, user_expressions: { standing: QUESTION } };
    for (;;) {
      const { content } = await kernel.requestExecute(request).done;
      // A cell that fails takes along what waits behind it.
      if (content.status !== "aborted") return content.user_expressions?.standing?.data?.["application/json"] ?? {};
    }
  }

  function outputsOf(cell) {
    return Array.from({ length: cell.outputs.length }, (_, place) => cell.outputs.get(place));
  }

  // Where each of `wanted` stands as it was saved, without its live view; undefined if one stands nowhere: then the file has outputs of another run.
  function placesOf(wanted, outputs) {
    const free = new Set(outputs.keys());
    const places = wanted.map((data) => {
      const place = [...free].find((each) => outputs[each].data["text/html"] === data["text/html"]);
      free.delete(place);
      return place;
    });
    return places.includes(undefined) ? undefined : places;
  }

  // Make `wanted` stand under the cell. Gives back whether the file says something else.
  function stand(cell, wanted) {
    if (cell.executionState === "running") return false; // again, by now: what comes of that is the page's own
    const outputs = outputsOf(cell);
    const live = new Set(outputs.map(({ data }) => data[VIEW]?.model_id));
    if (wanted.every((data) => live.has(data[VIEW].model_id))) return false;
    const places = cell.trusted ? placesOf(wanted, outputs) : undefined;
    if (places) {
      places.forEach((place, number) => cell.outputs.set(place, { ...outputs[place].toJSON(), data: wanted[number] }));
      return false;
    }
    cell.outputs.clear();
    cell.trusted = true; // what it has now comes from the kernel alone
    for (const data of wanted) cell.outputs.add({ output_type: "display_data", data, metadata: {} });
    return true;
  }

  async function reconnect(context) {
    await context.ready;
    const kernel = context.sessionContext.session?.kernel;
    if (!kernel || (await kernel.info).language_info.name !== "python") return;
    const standing = await ask(kernel);
    if (context.isDisposed) return;
    const wasDirty = context.model.dirty;
    let differs = false;
    for (const cell of context.model.cells) {
      if (cell.type === "code" && standing[cell.id]) differs = stand(cell, standing[cell.id]) || differs;
    }
    if (!differs) context.model.dirty = wasDirty; // what would be saved is what is there
  }

  // Tell what stands live in the notebook that its kernel is gone: the widgets' manager says so of a restart alone, not of a kernel that fell or was shut down.
  function giveUp(notebook) {
    for (const { node } of notebook.widgets) {
      for (const frame of node.querySelectorAll(".command-window, .helpers-panel")) frame.dispatchEvent(new Event("helpers-kernel-gone"));
    }
  }

  const plugin = {
    id: "networking-with-python-reconnect:plugin",
    description: "Brings command windows and panels back where a page is opened onto a kernel that still has them.",
    autoStart: true,
    activate(app) {
      app.docRegistry.addWidgetExtension("Notebook", {
        createNew(panel, context) {
          // A kernel that ends meanwhile has nothing any more.
          const begin = () => reconnect(context).catch((error) => console.debug("networking-with-python-reconnect:", error));
          context.sessionContext.kernelChanged.connect((_, { oldValue }) => {
            if (oldValue) giveUp(panel.content);
            begin();
          });
          context.sessionContext.statusChanged.connect((_, status) => {
            if (GONE.includes(status)) giveUp(panel.content);
          });
          begin();
        },
      });
    },
  };

  const container = {
    init() {},
    get: async () => () => ({ __esModule: true, default: plugin }),
  };
  window._JUPYTERLAB = window._JUPYTERLAB ?? {};
  window._JUPYTERLAB["networking-with-python-reconnect"] = container;
})();
