// Looks again every few seconds while something waits for its score. Without this script
// the link "Look again" does the same.
(() => {
  "use strict";
  const pause = 3000;
  async function look() {
    const live = document.getElementById("live");
    if (!live || live.dataset.unfinished === undefined) return;
    try {
      const answer = await fetch(location.href, { headers: { Accept: "text/html" } });
      if (answer.ok && !answer.redirected) {
        const page = new DOMParser().parseFromString(await answer.text(), "text/html");
        const found = page.getElementById("live");
        const inside = live.contains(document.activeElement);
        if (found && !inside && found.innerHTML !== live.innerHTML && !sameText(found, live)) {
          live.replaceChildren(...found.childNodes);
        }
        if (found && found.dataset.unfinished === undefined) {
          delete live.dataset.unfinished;
          for (const link of document.querySelectorAll("p.screen > a")) link.hidden = true;
        }
      }
    } catch {
      // The server is away for a moment; look again.
    }
    setTimeout(look, document.hidden ? 5 * pause : pause);
  }
  // Form tokens differ each time; only what can be read counts.
  const sameText = (one, two) => one.textContent === two.textContent;
  setTimeout(look, pause);
})();
