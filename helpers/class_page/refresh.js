// Reads the page anew every few seconds, and leaves its readers where they were: at the same place, with the same control.
// Between two loads all that is kept is the window's name: where JupyterLab shows the page, a page has no history and no storage of its own.
(() => {
  const button = document.getElementById("refresh");
  const words = (element) => `${element.tagName} ${element.id} ${element.getAttribute("href")} ${element.textContent}`;
  const among = (selector, wanted) => [...document.querySelectorAll(selector)].find((each) => words(each) === wanted);
  const above = () => [...document.querySelectorAll("h2, h3")].filter((each) => each.getBoundingClientRect().top <= 0).at(-1);

  const keep = (stopped) => {
    const heading = above();
    const focused = document.activeElement;
    window.name = JSON.stringify({
      stopped,
      scrolled: scrollY,
      heading: heading && words(heading),
      top: heading && heading.getBoundingClientRect().top,
      focused: focused && focused !== document.body ? words(focused) : null,
    });
  };

  let kept = {};
  try {
    kept = JSON.parse(window.name) ?? {};
  } catch {
    // The first time.
  }

  const back = () => {
    const heading = kept.heading && among("h2, h3", kept.heading);
    if (heading) scrollBy(0, heading.getBoundingClientRect().top - kept.top);
    else if (kept.scrolled) scrollTo(0, kept.scrolled);
  };

  let timer = null;
  const again = () => {
    if (!getSelection().isCollapsed) return wait(); // somebody copies something
    keep(false);
    location.reload();
  };
  const wait = () => (timer = setTimeout(again, 1000 * Number(button.dataset.seconds)));
  const say = (stopped) => (button.textContent = stopped ? "Refresh it again" : "Stop refreshing");

  button.addEventListener("click", () => {
    const stopped = timer !== null;
    clearTimeout(timer);
    timer = null;
    say(stopped);
    keep(stopped);
    if (!stopped) again();
  });

  history.scrollRestoration = "manual";
  button.hidden = false;
  say(kept.stopped === true);
  if (kept.focused) among("a, button, [tabindex]", kept.focused)?.focus({ preventScroll: true });
  back();
  addEventListener("load", back);
  if (kept.stopped !== true) wait();
})();
