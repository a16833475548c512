// From a folder on disk a browser lets no page read another: there, results stand without an excerpt of their page.
if (location.protocol === "file:") DOCUMENTATION_OPTIONS.SHOW_SEARCH_SUMMARY = false;

// What is wider than its place, or higher, scrolls in a box of its own. The keyboard reaches that box, as long as there is something to scroll.
const reach = () => {
  for (const each of document.querySelectorAll("article :is(pre, div)")) {
    const { overflowX, overflowY } = getComputedStyle(each);
    const scrolls =
      (/auto|scroll/.test(overflowX) && each.scrollWidth > each.clientWidth) ||
      (/auto|scroll/.test(overflowY) && each.scrollHeight > each.clientHeight);
    if (scrolls) each.tabIndex = 0;
    else if (each.dataset.reached) each.removeAttribute("tabindex");
    if (scrolls && !each.hasAttribute("role")) each.dataset.reached = "true";
  }
};
addEventListener("load", reach);
addEventListener("resize", reach);
addEventListener("toggle", reach, true); // a fold was opened

// What a search has led to is seen, and not folded.
const article = document.querySelector("article");
new MutationObserver((changes, observer) => {
  const found = [...article.querySelectorAll(".highlighted")];
  if (!found.length) return;
  observer.disconnect();
  for (const each of found)
    for (let fold = each.closest("details"); fold; fold = fold.parentElement.closest("details")) fold.open = true;
  if (!location.hash) found[0].scrollIntoView({ block: "center" });
}).observe(article, { childList: true, subtree: true });
