// Staff pages: htmx as an enhancement. Every flow works without this file.
import htmx from "htmx.org";
import "./sheet.js";

// Our security policy allows neither style elements nor eval.
htmx.config.includeIndicatorStyles = false;
htmx.config.allowEval = false;
htmx.config.allowScriptTags = false;
htmx.config.historyCacheSize = 0; // pages hold answers; a shared office computer keeps none
htmx.config.selfRequestsOnly = true;
// The server says where an error belongs (HX-Retarget), so error answers are shown like any other.
htmx.config.responseHandling = [
  { code: "204", swap: false },
  { code: "...", swap: true },
];

// A request that got no answer at all: say so where the page says everything else.
document.addEventListener("htmx:sendError", () => {
  const text = document.body.dataset.offline;
  const notice = document.getElementById("notice");
  if (!text || !notice) return;
  const alert = document.createElement("p");
  alert.className = "alert z-alert z-bad";
  alert.textContent = text;
  notice.replaceChildren(alert);
});

// Passwords can be looked at while they are typed, all of a form at once. The button is made here, since it does
// nothing without script.
for (const form of document.forms) {
  const fields = [...form.querySelectorAll("input[type=password]")];
  const { showPassword: show, hidePassword: hide } = document.body.dataset;
  if (fields.length === 0 || !show || !hide) continue;
  const button = document.createElement("button");
  button.type = "button";
  button.className = "btn btn-sm z-reveal";
  button.textContent = show;
  button.addEventListener("click", () => {
    const hidden = fields[0].type === "password";
    for (const field of fields) field.type = hidden ? "text" : "password";
    button.textContent = hidden ? hide : show;
  });
  // Before sending they are passwords again, so that the browser offers to keep them and never lists them.
  form.addEventListener("submit", () => {
    for (const field of fields) field.type = "password";
  });
  fields.at(-1).closest(".z-field").after(button);
}

// After a refused form the reader begins at what is wrong.
document.getElementById("summary")?.scrollIntoView({ block: "nearest" });
