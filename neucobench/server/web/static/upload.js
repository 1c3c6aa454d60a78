// Sends the form with a progress bar and shows the answer in place. Without this script
// the browser sends the form itself, and the server answers with a page.
(() => {
  "use strict";
  const form = document.getElementById("upload");
  if (!form) return;
  const answer = document.getElementById("answer");
  const progress = document.getElementById("progress");
  const bar = document.getElementById("bar");
  const text = document.getElementById("progress-text");
  const send = document.getElementById("send");
  const file = document.getElementById("file");
  const limit = Number(form.dataset.limit);
  const mebibytes = (bytes) => `${(bytes / 2 ** 20).toFixed(1)} MiB`;

  function refuse(sentence) {
    const box = document.createElement("div");
    box.className = "answer bad";
    box.setAttribute("role", "alert");
    const line = document.createElement("p");
    line.textContent = sentence;
    box.append(line);
    answer.replaceChildren(box);
    finish();
  }

  function finish() {
    progress.hidden = true;
    send.disabled = false;
    answer.scrollIntoView({ block: "nearest" });
  }

  function show(request) {
    if (request.status < 300 && !request.responseURL.endsWith(form.getAttribute("action"))) {
      location.assign(request.responseURL);
      return;
    }
    const page = new DOMParser().parseFromString(request.responseText, "text/html");
    const found = page.getElementById("answer");
    if (found) {
      answer.replaceChildren(...found.childNodes);
      const token = page.querySelector("#upload input[name=csrf]");
      if (token) form.elements.csrf.value = token.value;
      finish();
    } else {
      const sentence = page.querySelector("main .lead");
      refuse(sentence ? sentence.textContent : `The server answered ${request.status}. Try again.`);
    }
  }

  file.addEventListener("change", () => {
    const chosen = file.files[0];
    const large = chosen && chosen.size > limit;
    file.setCustomValidity(
      large ? `The file has ${mebibytes(chosen.size)}; this phase takes ${mebibytes(limit)} at most.` : "",
    );
    if (large) file.reportValidity();
  });

  form.addEventListener("submit", (event) => {
    event.preventDefault();
    const request = new XMLHttpRequest();
    request.open("POST", form.action);
    request.setRequestHeader("Accept", "text/html");
    request.upload.addEventListener("progress", (sent) => {
      if (!sent.lengthComputable) return;
      bar.value = (100 * sent.loaded) / sent.total;
      text.textContent = `Uploading: ${mebibytes(sent.loaded)} of ${mebibytes(sent.total)}`;
    });
    request.upload.addEventListener("load", () => {
      bar.removeAttribute("value");
      text.textContent = "The file has arrived and is being checked";
    });
    request.addEventListener("load", () => show(request));
    request.addEventListener("error", () => refuse("The connection broke before the file had arrived. Submit it again."));
    answer.replaceChildren();
    progress.hidden = false;
    send.disabled = true;
    bar.value = 0;
    request.send(new FormData(form));
  });
})();
