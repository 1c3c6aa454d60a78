// Steps through the states of every phase. The state of the first phase that was moved
// lives in the address; without this script the last state and all swaps are there.
(() => {
  "use strict";
  const players = [];

  function make(tag, text, className) {
    const element = document.createElement(tag);
    if (className) element.className = className;
    element.textContent = text;
    return element;
  }

  function change(row, before) {
    const old = before && before.find((item) => item[0] === row[0]);
    if (!before) return "";
    if (!old) return "new";
    const moves = old[1] - row[1];
    const moved = moves > 0 ? `up ${moves}` : moves < 0 ? `down ${-moves}` : "";
    const scored = old[2] === row[2] ? "" : "new score";
    return [moved, scored].filter(Boolean).join(", ");
  }

  function player(box) {
    const key = box.closest(".phase").id;
    const { teams, states } = JSON.parse(box.dataset.states);
    const slider = box.querySelector("input");
    const when = box.querySelector(".when");
    const said = box.querySelector(".said");
    const body = box.querySelector("tbody");
    const play = box.querySelector(".play");
    const jump = box.querySelector(".next-swap");
    let timer = null;

    function show(step) {
      const [time, rows, swapped] = states[step];
      const before = step ? states[step - 1][1] : null;
      slider.value = step;
      when.textContent = time;
      slider.setAttribute("aria-valuetext", `${step + 1} of ${states.length}, ${time}`);
      body.replaceChildren(
        ...rows.map((row) => {
          const line = document.createElement("tr");
          const since = change(row, before);
          const hit = swapped.includes(row[0]);
          if (hit) line.className = "swapped";
          const name = make("th", "", "name");
          name.scope = "row";
          name.append(make("bdi", teams[row[0]]));
          const q = row[2].toFixed(3).replace("-", "\u2212");
          const told = hit ? `${since || "same rank"}, swapped without a submission` : since;
          line.append(make("td", row[1], "n"), name, make("td", q, "n"), make("td", told));
          return line;
        }),
      );
      said.textContent = `State ${step + 1} of ${states.length}.`;
    }

    function go(step) {
      const kept = Math.max(0, Math.min(states.length - 1, step));
      show(kept);
      const given = new URLSearchParams(location.hash.slice(1));
      given.set(key, kept + 1);
      history.replaceState(null, "", "#" + given);
    }

    function stop() {
      clearInterval(timer);
      timer = null;
      play.textContent = "Play";
      play.setAttribute("aria-pressed", "false");
    }

    play.addEventListener("click", () => {
      if (timer) return stop();
      if (Number(slider.value) === states.length - 1) go(0);
      play.textContent = "Stop";
      play.setAttribute("aria-pressed", "true");
      timer = setInterval(() => {
        if (Number(slider.value) >= states.length - 1) stop();
        else go(Number(slider.value) + 1);
      }, 250);
    });
    slider.addEventListener("input", () => go(Number(slider.value)));
    for (const button of box.querySelectorAll("[data-step]")) {
      button.addEventListener("click", () => {
        stop();
        go(Number(slider.value) + Number(button.dataset.step));
      });
    }
    if (jump) {
      jump.addEventListener("click", () => {
        stop();
        const from = Number(slider.value);
        const order = states.map((_, index) => (from + 1 + index) % states.length);
        go(order.find((step) => states[step][2].length));
      });
    }
    for (const hidden of box.querySelectorAll("[hidden]")) hidden.hidden = false;
    players.push(() => {
      const given = Number(new URLSearchParams(location.hash.slice(1)).get(key));
      show(given >= 1 && given <= states.length ? Math.floor(given) - 1 : states.length - 1);
    });
  }

  for (const box of document.querySelectorAll(".replay")) player(box);
  const read = () => players.forEach((draw) => draw());
  window.addEventListener("hashchange", read);
  read();
})();
