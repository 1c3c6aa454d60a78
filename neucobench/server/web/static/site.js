// The theme changes at once and is remembered; clocks tick; a question is asked before
// what cannot be undone. Without this script links and forms do the same.
(() => {
  "use strict";
  for (const link of document.querySelectorAll("a[data-theme]")) {
    link.addEventListener("click", (event) => {
      event.preventDefault();
      const theme = link.dataset.theme;
      const secure = location.protocol === "https:" ? "; Secure" : "";
      document.cookie = `neucobench_theme=${theme}; Path=/; Max-Age=31536000; SameSite=Lax${secure}`;
      document.documentElement.dataset.theme = theme;
      const other = document.querySelector(`a[data-theme="${theme === "dark" ? "light" : "dark"}"]`);
      if (other) other.focus();
    });
  }

  const started = Date.now();
  for (const clock of document.querySelectorAll("time[data-clock]")) {
    const origin = Date.parse(clock.dateTime);
    setInterval(() => {
      const now = new Date(origin + Date.now() - started);
      clock.textContent = `${now.toISOString().slice(0, 19).replace("T", " ")} UTC`;
    }, 1000);
  }
})();
