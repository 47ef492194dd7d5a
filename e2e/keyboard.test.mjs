// AX-02: the staff flows by keyboard alone. Focus is always visible, never trapped, and goes in the order of reading.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { newVisitor, openBrowser, password, startDemo } from "./harness.mjs";
import { fine, openSheet, people, visitAs } from "./walk.mjs";

let browser, server;

before(async () => {
  [browser, server] = await Promise.all([openBrowser(), startDemo()]);
});

after(async () => {
  await browser?.close();
  await server?.stop();
});

// focused describes what has the focus, and whether a person sees that it has.
async function focused(page) {
  return page.evaluate(() => {
    const e = document.activeElement;
    if (!e || e === document.body) return { tag: "body" };
    const style = getComputedStyle(e);
    const ring = (style.outlineStyle !== "none" && parseFloat(style.outlineWidth) >= 1) || style.boxShadow !== "none";
    const box = e.getBoundingClientRect();
    const cover = document.elementFromPoint(Math.min(Math.max(box.x + box.width / 2, 0), innerWidth - 1), Math.min(Math.max(box.y + Math.min(box.height / 2, 20), 0), innerHeight - 1));
    return {
      tag: e.tagName.toLowerCase(), type: e.type ?? "", name: e.getAttribute("name") ?? "", href: e.getAttribute("href") ?? "", text: (e.innerText || e.value || "").slice(0, 40),
      card: e.closest("article.q")?.id ?? "", ring, hidden: box.width > 0 && cover !== null && !e.contains(cover) && !cover.contains(e) && !e.labels?.length,
    };
  });
}

// tabTo presses Tab until the focus is where it is wanted; every stop on the way must be visible.
async function tabTo(page, wanted, most = 400) {
  for (let i = 0; i < most; i++) {
    await page.keyboard.press("Tab");
    const at = await focused(page);
    if (at.tag === "body") continue;
    assert.ok(at.ring, `the focus is not to be seen on ${JSON.stringify(at)} of ${page.url()}`);
    assert.ok(!at.hidden, `the focus is covered on ${JSON.stringify(at)} of ${page.url()}`);
    if (wanted(at)) return at;
  }
  assert.fail(`not reached by Tab on ${page.url()}: ${wanted}`);
}

test("AX-02 sign in, open a unit and answer ten questions with the keyboard alone", async () => {
  const one = await newVisitor(browser, server);
  const { page } = one;
  await page.goto("/signin");
  // The first field has the focus on arrival; a person who tabs away comes back to it.
  if ((await focused(page)).name !== "login") await tabTo(page, (at) => at.name === "login");
  await page.keyboard.type(people.coordinator);
  await tabTo(page, (at) => at.name === "password");
  await page.keyboard.type(password);
  await page.keyboard.press("Enter");
  await page.waitForURL((url) => !url.pathname.startsWith("/signin"));

  await page.goto("/units");
  await tabTo(page, (at) => at.href.startsWith("/sheets/"));
  await page.keyboard.press("Enter");
  await page.waitForURL(/\/sheets\//);

  const done = new Set();
  while (done.size < 10) {
    const before = done.size;
    const at = await tabTo(page, (a) => a.type === "radio" && a.card !== "" && !done.has(a.card));
    await page.keyboard.press("Space");
    await page.keyboard.press("ArrowDown");
    await tabTo(page, (a) => a.name === "note" && a.card === at.card);
    await tabTo(page, (a) => a.type === "submit" && a.card === at.card);
    const answered = page.waitForResponse((r) => r.request().method() === "POST" && r.url().includes("/answers/"));
    await page.keyboard.press("Enter");
    assert.equal((await answered).status(), 200);
    await page.locator(`[id="${at.card}"] .q-said`).waitFor();
    const after = await focused(page);
    assert.equal(after.card, at.card, `after saving, the focus is on ${JSON.stringify(after)}`);
    done.add(at.card);
    assert.equal(done.size, before + 1);
    // The first area may hold fewer than ten: then on to the next, by keyboard too.
    if ((await page.locator("article.q:has(input[type=radio])").count()) === done.size - inEarlier(done, page)) await nextArea(page, done);
  }
  fine(one);
  await one.close();
});

// earlier counts the answered cards of areas that were left.
let left = 0;
function inEarlier() {
  return left;
}

async function nextArea(page, done) {
  left = done.size;
  const area = page.url();
  await tabTo(page, (at) => at.tag === "a" && /[?&]area=/.test(at.href) && at.card === "" && at.text !== "");
  await page.keyboard.press("Enter");
  await page.waitForURL((url) => url.href !== area);
}

test("AX-02 the focus goes in the order of reading and no element jumps the queue", async () => {
  const one = await visitAs(newVisitor, browser, server, people.coordinator);
  const address = await openSheet(one.page);
  for (const path of ["/units", address, `${address}/import`, `${address}/plan?predicate=WBK`, "/account"]) {
    await one.page.goto(path);
    const jumps = await one.page.evaluate(() => [...document.querySelectorAll("[tabindex]")].filter((e) => e.tabIndex > 0).map((e) => e.outerHTML.slice(0, 80)));
    assert.deepEqual(jumps, []);
    await one.page.keyboard.press("Tab");
    const first = await focused(one.page);
    assert.equal(first.href, "#main", `the first stop on ${path} is no link past the navigation but ${JSON.stringify(first)}`);
    await one.page.keyboard.press("Enter");
    await one.page.keyboard.press("Tab");
    const next = await one.page.evaluate(() => document.getElementById("main").contains(document.activeElement));
    assert.ok(next, `after the link past the navigation of ${path} the focus is not in the main part`);
  }
  fine(one);
  await one.close();
});

test("AX-02 a workbook is uploaded and the import applied with the keyboard alone", async () => {
  const one = await visitAs(newVisitor, browser, server, people.coordinator);
  const { page } = one;
  const address = await openSheet(page);
  const buffer = await (await page.request.get(`${address}/workbook.xlsx`)).body();
  const card = page.locator("article.q:has(input[type=radio]:checked)").last();
  const id = await card.getAttribute("id");
  await page.locator(`[id="${id}"] input[type=radio]:not(:checked)`).first().focus();
  await page.keyboard.press("Space");
  await tabTo(page, (a) => a.type === "submit" && a.card === id);
  const answered = page.waitForResponse((r) => r.url().includes("/answers/"));
  await page.keyboard.press("Enter");
  await answered;

  await page.goto(`${address}/import`);
  await tabTo(page, (at) => at.type === "file");
  const [chooser] = await Promise.all([page.waitForEvent("filechooser"), page.keyboard.press("Space")]);
  await chooser.setFiles({ name: "lke.xlsx", mimeType: "application/octet-stream", buffer });
  await tabTo(page, (at) => at.type === "submit" && at.tag === "button" && at.name === "");
  await page.keyboard.press("Enter");
  await page.waitForURL(/\/imports\//);
  await tabTo(page, (at) => at.type === "radio" && at.name === "mode");
  await page.keyboard.press("Space");
  await page.keyboard.press("ArrowDown");
  await tabTo(page, (at) => at.type === "submit" && at.tag === "button");
  await page.keyboard.press("Enter");
  await page.locator("form[action$='/undo']").waitFor();
  fine(one);
  await one.close();
});

test("AX-02 control: a stop without a visible focus is reported", async () => {
  const one = await newVisitor(browser, server);
  await one.page.goto("/signin");
  // Through the debugger, past the policy: what a careless rule would do.
  await one.page.evaluate(() => document.querySelectorAll("a, button, input").forEach((e) => {
    e.style.outline = "none";
    e.style.boxShadow = "none";
  }));
  await assert.rejects(tabTo(one.page, (at) => at.name === "password"), /not to be seen/);
  await one.close();
});
