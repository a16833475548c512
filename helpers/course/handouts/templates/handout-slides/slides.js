// Starts reveal.js, and makes each slide as large as its sheet allows.
"use strict";

// How much pictures and text are enlarged, largest first. What does not fit at the last scrolls inside the slide.
const SIZES = [
  [1.5, 1], [1.3, 1], [1.15, 1], [1, 1], [0.9, 0.95], [0.9, 0.9], [0.85, 0.85], [0.8, 0.8], [0.75, 0.75], [0.7, 0.7],
];

function fit(slide) {
  const sheet = slide.querySelector(":scope > .sheet");
  if (!sheet) return;
  for (const image of sheet.querySelectorAll("img")) image.style.setProperty("--width", image.naturalWidth);
  const fits = SIZES.some(([picture, text]) => {
    sheet.style.setProperty("--picture", picture / text); // text is what zooms the sheet, pictures and all
    sheet.style.setProperty("--text", text);
    return sheet.scrollHeight <= sheet.clientHeight;
  });
  if (fits) sheet.removeAttribute("tabindex");
  else sheet.tabIndex = 0; // so that the keyboard can scroll it
}

// Where something scrolls, the arrows scroll it; PageDown, Space and all else turn the slides.
function turnsSlides(event) {
  const scrolls = event.target?.closest("[tabindex='0']"); // the speaker's window presses keys that have no target
  return !(scrolls && scrolls.scrollHeight > scrolls.clientHeight && ["ArrowUp", "ArrowDown"].includes(event.key));
}

// All pictures are in this file: they are there when the page has loaded, and their sizes known.
window.addEventListener("load", () => {
  Reveal.on("ready", (event) => fit(event.currentSlide));
  Reveal.on("slidechanged", (event) => fit(event.currentSlide));
  Reveal.initialize({
    width: 1280,
    height: 720,
    margin: 0.03,
    center: false,
    hash: true,
    navigationMode: "linear", // a clicker has two keys: every slide follows the one before
    slideNumber: "c/t",
    transition: "none",
    keyboardCondition: turnsSlides,
    plugins: [RevealNotes],
  });
});
