// AX-01 and AX-04: every page and state under the rules of WCAG 2.2 A and AA, light and dark, narrow and wide, and no
// page that must be scrolled sideways at 320 px.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { axe, newVisitor, openBrowser, overflow, startDemo } from "./harness.mjs";
import { answeredChoices, cardOf, choices, fine, openArea, openSheet, people, pick, save, visitAs } from "./walk.mjs";
import { verdicts } from "./verdicts.mjs";

let browser, server;

before(async () => {
  [browser, server] = await Promise.all([openBrowser(), startDemo()]);
});

after(async () => {
  await browser?.close();
  await server?.stop();
});

// states are the pages as people meet them. Each leads a visitor there; who is signed in comes first.
const states = [
  { name: "home", to: (p) => p.goto("/") },
  { name: "sign-in", to: (p) => p.goto("/signin") },
  { name: "sign-in refused", to: refusedSignIn },
  { name: "invitation", to: (p) => p.goto("/invitation") },
  { name: "help", to: (p) => p.goto("/help") },
  { name: "not found", to: (p) => p.goto("/nowhere") },
  { name: "units", as: people.leader, to: (p) => p.goto("/units") },
  { name: "units, nothing found", as: people.leader, to: (p) => p.goto("/units?q=tidak-ada-yang-bernama-ini") },
  { name: "account", as: people.coordinator, to: (p) => p.goto("/account") },
  { name: "not for this person", as: people.coordinator, to: (p) => p.goto("/admin") },
  { name: "sheet", as: people.coordinator, to: openSheet },
  { name: "sheet, ratios", as: people.coordinator, to: ratios },
  { name: "sheet, long note", as: people.coordinator, to: longNote },
  { name: "sheet, refused answer", as: people.coordinator, to: refusedAnswer },
  { name: "sheet, conflict", as: people.coordinator, to: conflict },
  { name: "sheet to read only", as: people.evaluator, to: openSheet },
  { name: "explanation", as: people.coordinator, to: (p) => sheetPage(p, "/explain/total") },
  { name: "explanation in the dialog", as: people.coordinator, to: dialog },
  { name: "plan", as: people.coordinator, to: (p) => sheetPage(p, "/plan?predicate=WBK") },
  { name: "what if", as: people.coordinator, to: (p) => sheetPage(p, "/whatif") },
  { name: "print", as: people.coordinator, to: (p) => sheetPage(p, "/print") },
  { name: "import", as: people.coordinator, to: (p) => sheetPage(p, "/import") },
  { name: "import refused", as: people.coordinator, to: refusedImport },
  { name: "import preview", as: people.coordinator, to: preview },
  { name: "administration", as: people.admin, to: (p) => p.goto("/admin") },
  { name: "home of a coordinator", as: people.coordinator, to: (p) => p.goto("/") },
  { name: "home of a head of institution", as: people.leader, to: (p) => p.goto("/") },
  { name: "home of an administrator", as: people.admin, to: (p) => p.goto("/") },
  { name: "administration, several people", as: people.admin, to: (p) => adminPage(p, "/staff/new") },
  { name: "administration, access", as: people.admin, to: (p) => p.goto("/admin/access") },
  { name: "administration, change the institution", as: people.admin, to: (p) => adminPage(p, "/edit") },
  { name: "administration, eligibility", as: people.admin, to: (p) => adminPage(p, "/eligibility") },
  { name: "administration, new institution", as: people.admin, to: (p) => p.goto("/admin/institutions/new") },
  { name: "administration, units", as: people.admin, to: (p) => adminPage(p, "/units") },
  { name: "administration, new unit", as: people.admin, to: (p) => adminPage(p, "/units/new") },
  { name: "administration, periods", as: people.admin, to: (p) => adminPage(p, "/periods") },
  { name: "administration, new period", as: people.admin, to: (p) => adminPage(p, "/periods/new") },
  { name: "administration, people", as: people.admin, to: (p) => adminPage(p, "/people") },
  { name: "trail", as: people.admin, to: (p) => p.goto("/log") },
  { name: "trail, nothing found", as: people.admin, to: (p) => p.goto("/log?from=2200-01-01") },
  { name: "trail, one event", as: people.admin, to: (p) => p.goto("/log/3") },
  { name: "trail, anchors", as: people.admin, to: (p) => p.goto("/log/anchors") },
  { name: "administration, new person", as: people.admin, to: (p) => adminPage(p, "/people/new") },
];

async function sheetPage(page, suffix) {
  const address = await openSheet(page);
  await page.goto(address + suffix);
}

async function adminPage(page, suffix) {
  await page.goto("/admin");
  const link = page.locator("main a[href^='/admin/institutions/']:not([href$='/new'])").first();
  const address = /^\/admin\/institutions\/[^/]+/.exec(await link.getAttribute("href"))[0];
  await page.goto(address + suffix);
}

async function refusedSignIn(page) {
  await page.goto("/signin");
  await page.locator("input[name=login]").fill("siapa@contoh.example");
  await page.locator("input[name=password]").fill("bukan sandi siapa pun");
  await page.locator("form[action='/signin'] button[type=submit]").click();
  await page.locator("#summary").waitFor();
}

async function ratios(page) {
  await openSheet(page);
  for (let n = 0; n < (await page.locator("nav.areas a").count()); n++) {
    await openArea(page, n);
    if ((await page.locator("article.q input[inputmode=numeric]").count()) > 0) return;
  }
  assert.fail("no area of the sheet asks for a ratio");
}

async function refusedAnswer(page) {
  await ratios(page);
  const card = page.locator("article.q").filter({ has: page.locator("input[inputmode=numeric]") }).first();
  const id = await card.getAttribute("id");
  await card.locator("input[inputmode=numeric]").first().fill("banyak");
  assert.equal(await save(page, card), 422);
  await cardOf(page, id).locator("[aria-invalid=true]").first().waitFor();
}

async function longNote(page) {
  await openSheet(page);
  const card = choices(page).first();
  const id = await card.getAttribute("id");
  await card.locator("textarea[name=note]").fill(`${"keterangan ".repeat(60)} https://contoh.example/${"a".repeat(300)}`);
  assert.equal(await save(page, card), 200);
  await cardOf(page, id).locator(".q-said").waitFor();
}

async function conflict(page) {
  await openSheet(page);
  const id = await choices(page).nth(1).getAttribute("id");
  const other = await visitAs(newVisitor, browser, server, people.member);
  await openSheet(other.page);
  await pick(cardOf(other.page, id));
  assert.equal(await save(other.page, cardOf(other.page, id)), 200);
  await other.close();
  // Another answer than theirs: two people who answer the same do not disagree.
  await cardOf(page, id).locator("textarea[name=note]").fill("catatan sendiri");
  await pick(cardOf(page, id));
  assert.equal(await save(page, cardOf(page, id)), 409);
  await cardOf(page, id).locator("[class*=alert]").first().waitFor();
}

async function dialog(page) {
  await openSheet(page);
  await page.locator("#bar .score-total a").click();
  await page.locator("#explain-text").getByText(/\d/).first().waitFor();
}

async function upload(page, buffer) {
  await page.locator("input[name=file]").setInputFiles({ name: "lke.xlsx", mimeType: "application/octet-stream", buffer });
  await page.locator("form[enctype='multipart/form-data'] button[type=submit]").click();
  await page.waitForLoadState();
}

async function refusedImport(page) {
  await sheetPage(page, "/import");
  await upload(page, Buffer.from("this is no workbook"));
}

async function preview(page) {
  const address = await openSheet(page);
  const buffer = await (await page.request.get(`${address}/workbook.xlsx`)).body();
  const id = await answeredChoices(page).last().getAttribute("id");
  await pick(cardOf(page, id));
  assert.equal(await save(page, cardOf(page, id)), 200);
  await page.goto(`${address}/import`);
  await upload(page, buffer);
  await page.waitForURL(/\/imports\//);
}

const widths = [320, 1280];

// whole makes the window as high as a page that is not much longer, so that its lower edge cuts nothing that axe would
// measure.
async function whole(page, width) {
  const height = await page.evaluate(() => document.documentElement.scrollHeight);
  if (height > 900 && height < 3000) await page.setViewportSize({ width, height });
}

// check runs the rules on the page as it stands, in both colour schemes.
async function check(visitor, width, name) {
  const found = [];
  for (const dark of [false, true]) {
    // From the top, where the bar with the score lies over nothing.
    await visitor.page.evaluate(() => scrollTo(0, 0));
    await visitor.page.emulateMedia({ colorScheme: dark ? "dark" : "light", reducedMotion: "reduce" });
    const { violations, incomplete } = await axe(visitor.page);
    const where = `${name}, ${width} px, ${dark ? "dark" : "light"}`;
    for (const v of violations) found.push(`${where}: ${v}`);
    for (const i of incomplete) {
      if (!verdicts.some((v) => v.finding.test(i))) found.push(`${where}: nobody has looked at: ${i}`);
    }
  }
  return found;
}

for (const state of states) {
  test(`AX-01 ${state.name} has no violation, light and dark, 320 and 1280 px`, async () => {
    const visitor = await arrive(state);
    const found = [];
    for (const width of widths) {
      await visitor.page.setViewportSize({ width, height: 900 });
      await whole(visitor.page, width);
      found.push(...(await check(visitor, width, state.name)));
      if (width === 320) found.push(...(await overflow(visitor.page)).map((o) => `AX-04 ${state.name}: ${o}`));
    }
    assert.deepEqual(found, []);
    fine(visitor);
    await visitor.close();
  });
}

async function arrive(state) {
  const visitor = state.as ? await visitAs(newVisitor, browser, server, state.as) : await newVisitor(browser, server);
  await state.to(visitor.page);
  return visitor;
}

test("AX-01 pages name their language, and a person's choice of theme overrides the system", async () => {
  const visitor = await newVisitor(browser, server, { lang: "en" });
  await visitor.page.goto("/signin");
  assert.equal(await visitor.page.locator("html").getAttribute("lang"), "en");
  const light = await visitor.page.evaluate(() => getComputedStyle(document.body).backgroundColor);
  await visitor.page.emulateMedia({ colorScheme: "dark" });
  const dark = await visitor.page.evaluate(() => getComputedStyle(document.body).backgroundColor);
  assert.notEqual(light, dark, "the system's wish for dark is not followed");
  await visitor.context.addCookies([{ name: "zona-theme", value: "light", url: server.url }]);
  await visitor.page.reload();
  const chosen = await visitor.page.evaluate(() => getComputedStyle(document.body).backgroundColor);
  assert.equal(chosen, light, "the chosen theme does not go before the system's");
  fine(visitor);
  await visitor.close();
});
