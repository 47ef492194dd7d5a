// AX-06: everything that a submission needs, with scripts switched off.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { newVisitor, openBrowser, startDemo, startEmpty, password } from "./harness.mjs";
import { answeredChoices, cardOf, choices, chosen, fine, openArea, openSheet, people, pick, save, total, visitAs } from "./walk.mjs";

let browser, server;

before(async () => {
  [browser, server] = await Promise.all([openBrowser(), startDemo()]);
});

after(async () => {
  await browser?.close();
  await server?.stop();
});

const visit = (login) => visitAs(newVisitor, browser, server, login, { script: false });

test("AX-06 without script: sign in, answer in several areas, see the score, sign out", async () => {
  const one = await newVisitor(browser, server, { script: false });
  await one.page.goto("/signin");
  await one.page.locator("input[name=login]").fill(people.head);
  await one.page.locator("input[name=password]").fill(password);
  await one.page.locator("form[action='/signin'] button[type=submit]").click();
  await one.page.locator("form[action='/signout']").waitFor();
  await one.page.locator("form[action='/signout'] button").click();
  assert.equal(await one.page.locator("form[action='/signout']").count(), 0);
  await one.close();

  const two = await visit(people.coordinator);
  const address = await openSheet(two.page);
  for (const area of [0, 2]) {
    await openArea(two.page, area);
    const before = await total(two.page);
    const card = choices(two.page).first();
    const id = await card.getAttribute("id");
    const key = await pick(card);
    assert.equal(await save(two.page, card), 303);
    assert.match(new URL(two.page.url()).pathname, new RegExp(`^${address}`));
    assert.equal(await chosen(cardOf(two.page, id)), key);
    assert.notEqual(await total(two.page), before);
  }
  fine(two);
  await two.close();
});

test("AX-06 without script: the loser of a conflict sees both answers", async () => {
  const [first, second] = [await visit(people.coordinator), await visit(people.member)];
  await openSheet(first.page);
  await openSheet(second.page);
  const id = await choices(first.page).nth(1).getAttribute("id");
  await pick(cardOf(first.page, id));
  assert.equal(await save(first.page, cardOf(first.page, id)), 303);
  const mine = await pick(cardOf(second.page, id));
  await cardOf(second.page, id).locator("textarea[name=note]").fill("catatan yang tetap ada");
  assert.equal(await save(second.page, cardOf(second.page, id)), 409);
  assert.equal(await chosen(cardOf(second.page, id)), mine);
  assert.equal(await cardOf(second.page, id).locator("textarea[name=note]").inputValue(), "catatan yang tetap ada");
  assert.equal(await cardOf(second.page, id).locator(".alert, [class*=z-warn]").count() > 0, true, "the other answer is not shown");
  fine(first);
  fine(second);
  await first.close();
  await second.close();
});

test("AX-06 without script: a workbook out, in, applied and undone; explanation, plan and print", async () => {
  const one = await visit(people.coordinator);
  const address = await openSheet(one.page);
  const workbook = await (await one.page.request.get(`${address}/workbook.xlsx`)).body();
  const before = await total(one.page);
  const id = await answeredChoices(one.page).last().getAttribute("id");
  await pick(cardOf(one.page, id));
  assert.equal(await save(one.page, cardOf(one.page, id)), 303);
  const changed = await total(one.page);
  await one.page.goto(`${address}/import`);
  await one.page.locator("input[name=file]").setInputFiles({ name: "lke.xlsx", mimeType: "application/octet-stream", buffer: workbook });
  await one.page.locator("form[enctype='multipart/form-data'] button[type=submit]").click();
  await one.page.waitForURL(/\/imports\//);
  await one.page.locator("input[name=mode][value=overwrite]").check();
  await one.page.locator("form[action$='/apply'] button[type=submit]").click();
  await one.page.locator("form[action$='/undo']").waitFor();
  const applied = one.page.url();
  await one.page.goto(address);
  assert.equal(await total(one.page), before);
  await one.page.goto(applied);
  await one.page.locator("form[action$='/undo'] button").click();
  await one.page.waitForLoadState();
  await one.page.goto(address);
  assert.equal(await total(one.page), changed);
  await one.page.locator("#bar .score-total a").click();
  await one.page.waitForURL(/\/explain\/total/);
  assert.match(await one.page.locator("main").innerText(), /\d/);
  await one.page.goto(`${address}/plan?predicate=WBK`);
  assert.match(await one.page.locator("main").innerText(), /WBK/);
  await one.page.goto(`${address}/print`);
  assert.ok((await one.page.locator("main").innerText()).length > 5000);
  fine(one);
  await one.close();
});

test("AX-06 without script: the first start leads an administrator to an institution and a unit", async () => {
  const empty = await startEmpty();
  try {
    const code = /([A-Za-z0-9]{4,}(?:-[A-Za-z0-9]{4,})*)/.exec(/(?:code|kode|token)\D*?:?\s*(\S+)/i.exec(empty.said())?.[1] ?? "")?.[1];
    assert.ok(code, `no set-up code was printed:\n${empty.said()}`);
    const one = await newVisitor(browser, empty, { script: false });
    await one.page.goto("/setup");
    await one.page.locator("input[name=code]").fill(code);
    await one.page.locator("input[name=name]").fill("Administrator Uji");
    await one.page.locator("input[name=login]").fill("admin@contoh.example");
    await one.page.locator("input[name=password]").fill(password);
    await one.page.locator("input[name=again]").fill(password);
    await one.page.locator("form[action='/setup'] button[type=submit]").click();
    await one.page.waitForLoadState();
    await one.page.goto("/admin/institutions/new");
    await one.page.locator("input[name=name]").fill("Pengadilan Uji");
    await choose(one.page);
    await one.page.locator("main form button[type=submit]").last().click();
    await one.page.waitForURL(/\/admin/);
    assert.match(await one.page.locator("main").innerText(), /Pengadilan Uji/);
    fine(one);
    await one.close();
  } finally {
    await empty.stop();
  }
});

// choose takes the first real choice of every group and list that has none yet.
async function choose(page) {
  for (const select of await page.locator("main select").all()) {
    if ((await select.inputValue()) === "") await select.selectOption({ index: 1 });
  }
  const names = await page.locator("main input[type=radio]").evaluateAll((all) => [...new Set(all.map((r) => r.name))]);
  for (const name of names) {
    const group = page.locator(`main input[type=radio][name="${name}"]`);
    if (!(await group.evaluateAll((all) => all.some((r) => r.checked)))) await group.first().check();
  }
}
