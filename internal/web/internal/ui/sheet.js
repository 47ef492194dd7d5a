// The sheet of a unit, made more convenient: explanations open beside the number, and a page that has been open for a
// while hears of changes by others. Without this file every number still leads to its explanation.
import htmx from "htmx.org";

// A note field that was drawn larger has a style of the browser's; handing it on would be an inline style.
htmx.config.attributesToSettle = ["class", "width", "height"];

// Explanations: the link's page, shown in the dialog of this one. A click that asks for a new tab stays one.
document.addEventListener("click", (event) => {
  const link = event.target.closest?.('a[href*="/explain/"]');
  const dialog = document.getElementById("explain");
  if (!link || !dialog || event.ctrlKey || event.metaKey || event.shiftKey || event.button !== 0) return;
  event.preventDefault();
  const opener = link.closest("[id]")?.id;
  htmx.ajax("GET", link.getAttribute("href"), { target: "#explain-text", swap: "innerHTML" }).then(() => {
    if (!dialog.open) dialog.showModal();
    dialog.addEventListener("close", () => (link.isConnected ? link : document.getElementById(opener)?.querySelector('a[href*="/explain/"]'))?.focus(), { once: true });
  });
});

// A save that was refused moves the focus to what is wrong; one that was done leaves it on the button.
document.addEventListener("htmx:afterSettle", (event) => {
  event.detail.elt.querySelector?.("[autofocus]")?.focus();
  if (event.detail.elt.id === "notice") event.detail.elt.scrollIntoView({ block: "center" });
});

// Prices that were left empty only make the address of a plan longer.
document.addEventListener("formdata", (event) => {
  for (const [name, value] of [...event.formData]) {
    if (name.startsWith("price.") && value === "") event.formData.delete(name);
  }
});

// A save brings the new version along. When it rose by more than this one change, others have saved too.
let known = Number(document.getElementById("bar")?.dataset.known);

document.addEventListener("htmx:afterSettle", () => {
  const now = Number(document.getElementById("bar")?.dataset.known);
  if (now > known + 1) tell();
  if (now > known) known = now;
});

function tell() {
  const news = document.getElementById("news");
  if (news) news.hidden = false;
}

// The version of the sheet, asked for now and then while somebody looks at the page.
const every = 20_000;

async function hear() {
  const bar = document.getElementById("bar");
  if (bar?.dataset.version && document.visibilityState === "visible") {
    try {
      const answer = await fetch(bar.dataset.version, { headers: { "HX-Request": "true" } });
      if (answer.ok && Number(await answer.text()) > known) tell();
    } catch {
      // No connection: the next turn asks again.
    }
  }
  setTimeout(hear, every);
}

if (document.getElementById("bar")) setTimeout(hear, every);
