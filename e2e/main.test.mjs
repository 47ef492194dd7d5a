// The main path, with script, on both databases: from the door to the workbook and back.

import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { after, before, describe, test } from "node:test";
import { newVisitor, openBrowser, startDemo } from "./harness.mjs";
import { answeredChoices, cardOf, choices, chosen, fine, openSheet, people, pick, save, total, visitAs } from "./walk.mjs";

for (const database of ["sqlite", "postgres"]) {
  describe(`on ${database}`, () => {
    let browser, server;

    before(async () => {
      [browser, server] = await Promise.all([openBrowser(), startDemo({ database })]);
    });

    after(async () => {
      await browser?.close();
      await server?.stop();
    });

    const visit = (login, options) => visitAs(newVisitor, browser, server, login, options);

    test("an answer is saved alone and the score at the top follows without a new page", async () => {
      const one = await visit(people.coordinator);
      const address = await openSheet(one.page);
      const before = await total(one.page);
      const card = choices(one.page).first();
      const id = await card.getAttribute("id");
      await one.page.evaluate(() => (globalThis.stayed = true));
      const key = await pick(card);
      assert.equal(await save(one.page, card), 200);
      await cardOf(one.page, id).locator(".q-said").waitFor();
      assert.equal(await one.page.evaluate(() => globalThis.stayed), true, "the page was loaded again");
      assert.equal(await chosen(cardOf(one.page, id)), key);
      const now = await total(one.page);
      assert.notEqual(now, before, "the total at the top did not follow");
      await one.page.goto(address);
      assert.equal(await total(one.page), now, "the total at the top is not what is stored");
      fine(one);
      await one.close();
    });

    test("of two people who answer one question at once the second sees both answers and loses none", async () => {
      const [first, second] = [await visit(people.coordinator), await visit(people.member)];
      await openSheet(first.page);
      await openSheet(second.page);
      const id = await choices(first.page).nth(1).getAttribute("id");
      const theirs = await pick(cardOf(first.page, id));
      assert.equal(await save(first.page, cardOf(first.page, id)), 200);

      const note = "catatan yang tidak boleh hilang";
      await cardOf(second.page, id).locator("textarea[name=note]").fill(note);
      const mine = await pick(cardOf(second.page, id));
      assert.equal(await save(second.page, cardOf(second.page, id)), 409);
      const shown = cardOf(second.page, id);
      await shown.getByRole("link", { name: /pakai|gunakan|jawaban|biarkan/i }).first().waitFor();
      assert.match(await shown.innerText(), new RegExp(`(^|\\n|\\s)${theirs}[.: ]`, "m"), "the answer that stands is not shown");
      assert.equal(await shown.locator("textarea[name=note]").inputValue(), note, "what was typed is gone");
      assert.equal(await chosen(shown), mine, "what was chosen is gone");

      assert.equal(await save(second.page, shown), 200, "the second person may decide for the own answer then");
      await cardOf(second.page, id).locator(".q-said").waitFor();
      await first.page.reload();
      assert.equal(await chosen(cardOf(first.page, id)), mine);
      fine(first);
      fine(second);
      await first.close();
      await second.close();
    });

    test("every number leads to its explanation, in a dialog that the keyboard closes", async () => {
      const one = await visit(people.coordinator);
      await openSheet(one.page);
      await one.page.locator("#bar .score-total a").click();
      const dialog = one.page.locator("#explain");
      await dialog.locator("#explain-text").getByText(/\d/).first().waitFor();
      assert.equal(await dialog.evaluate((d) => d.open), true);
      await one.page.keyboard.press("Escape");
      assert.equal(await dialog.evaluate((d) => d.open), false);
      fine(one);
      await one.close();
    });

    test("a workbook goes out, comes back with a preview, is applied and undone", async () => {
      const one = await visit(people.coordinator);
      const address = await openSheet(one.page);
      const [download] = await Promise.all([one.page.waitForEvent("download"), one.page.locator(`a[href="${address}/workbook.xlsx"]`).first().click()]);
      const file = await download.path();
      assert.equal((await readFile(file)).subarray(0, 2).toString(), "PK", "the download is no workbook");
      const outgoing = await total(one.page);

      const card = answeredChoices(one.page).last();
      const id = await card.getAttribute("id");
      const was = await chosen(card);
      const changed = await pick(cardOf(one.page, id));
      assert.equal(await save(one.page, cardOf(one.page, id)), 200);
      const changedTotal = await total(one.page);

      await one.page.goto(`${address}/import`);
      await one.page.locator("input[name=file]").setInputFiles({ name: "lke.xlsx", mimeType: "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", buffer: await readFile(file) });
      await one.page.locator("form[enctype='multipart/form-data'] button[type=submit]").click();
      await one.page.waitForURL(/\/imports\//);
      const question = (await one.page.locator("table.stack tbody th").allInnerTexts()).join("\n");
      assert.match(question, /\S/, "the preview names no question that would change");

      await one.page.locator("input[name=mode][value=overwrite]").check();
      await one.page.locator("form[action$='/apply'] button[type=submit]").click();
      await one.page.locator("form[action$='/undo']").waitFor();
      await one.page.goto(address);
      assert.equal(await total(one.page), outgoing, "the sheet does not stand as it went out");
      assert.equal(await chosen(cardOf(one.page, id)), was);

      await one.page.goto(`${address}/import`);
      await one.page.locator("a[href^='/imports/']").first().click();
      await one.page.locator("form[action$='/undo'] button").click();
      await one.page.locator("form[action$='/undo']").waitFor({ state: "detached" });
      await one.page.goto(address);
      assert.equal(await total(one.page), changedTotal, "undo did not bring back what stood before");
      assert.equal(await chosen(cardOf(one.page, id)), changed);
      fine(one);
      await one.close();
    });

    test("the planner says the cheapest way and the workbook, print and JSON can be had", async () => {
      const one = await visit(people.coordinator);
      const address = await openSheet(one.page);
      await one.page.locator(`a[href^="${address}/plan"]`).first().click();
      await one.page.waitForURL(/\/plan/);
      await one.page.locator("main table tbody tr:visible").first().waitFor();
      await one.page.goto(`${address}/print`);
      assert.ok((await one.page.locator("main").innerText()).length > 5000, "the print shows too little to be the whole sheet");
      const answers = await one.page.request.get(`${address}/answers.json`);
      const body = await answers.json();
      assert.equal(body.instrument, "lke-2021");
      assert.ok(Object.keys(body.answers).length > 0);
      fine(one);
      await one.close();
    });

    test("who may not enter gets no sheet of others", async () => {
      const coordinator = await visit(people.coordinator);
      const address = await openSheet(coordinator.page);
      const stranger = await newVisitor(browser, server);
      const answer = await stranger.page.request.get(address, { maxRedirects: 0 });
      assert.ok([302, 303].includes(answer.status()), `a stranger gets ${answer.status()}`);
      assert.match(answer.headers().location, /^\/signin/);
      await coordinator.close();
      await stranger.close();
    });
  });
}
