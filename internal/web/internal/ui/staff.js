// Staff pages: htmx as an enhancement. Every flow works without this file.
import htmx from "htmx.org";

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

// Passwords can be looked at while they are typed. The button is made here, since it does nothing without script.
for (const field of document.querySelectorAll("input[type=password]")) {
  const { showPassword: show, hidePassword: hide } = document.body.dataset;
  if (!show || !hide) break;
  const button = document.createElement("button");
  button.type = "button";
  button.className = "btn btn-sm z-reveal";
  button.textContent = show;
  button.setAttribute("aria-pressed", "false");
  button.addEventListener("click", () => {
    const hidden = field.type === "password";
    field.type = hidden ? "text" : "password";
    button.textContent = hidden ? hide : show;
    button.setAttribute("aria-pressed", String(hidden));
  });
  // Before sending it is a password again, so that the browser offers to keep it and never lists it.
  field.form?.addEventListener("submit", () => {
    field.type = "password";
  });
  field.after(button);
}

// After a refused form the reader begins at what is wrong.
document.getElementById("summary")?.scrollIntoView({ block: "nearest" });
