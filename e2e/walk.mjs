// The steps that several browser tests take, written once: what a person does, found by what a person sees or by the
// form that the step sends.

import assert from "node:assert/strict";
import { signIn } from "./harness.mjs";

export const people = {
  coordinator: "koordinator1@contoh.example",
  member: "anggota1@contoh.example",
  head: "ketua1@contoh.example",
  leader: "pimpinan@contoh.example",
  evaluator: "tpi@contoh.example",
  admin: "admin@contoh.example",
};

// keep signs a person in once a server and hands the session to every later visitor: the door counts attempts.
const sessions = new Map();

export async function visitAs(newVisitor, browser, server, login, options) {
  const key = `${server.url} ${login}`;
  const visitor = await newVisitor(browser, server, options);
  if (!sessions.has(key)) {
    await signIn(visitor.page, login);
    sessions.set(key, (await visitor.context.cookies()).filter((c) => /^(__Host-)?zona$/.test(c.name)));
  } else {
    await visitor.context.addCookies(sessions.get(key));
  }
  return visitor;
}

// openSheet goes from the list of units to the first sheet in it and returns the sheet's address.
export async function openSheet(page) {
  await page.goto("/units");
  const link = page.locator("main th a[href^='/sheets/']").first();
  await link.click();
  await page.waitForURL(/\/sheets\/[^/?]+/);
  return new URL(page.url()).pathname;
}

// openArea opens the n-th area of the sheet (0: the one that is open at first).
export async function openArea(page, n = 0) {
  await page.locator("nav.areas a").nth(n).click();
  await page.waitForLoadState();
  await page.locator("article.q form").first().waitFor();
}

// choices are the cards of questions that are answered by choosing one option.
export function choices(page) {
  return page.locator("article.q").filter({ has: page.locator("input[type=radio][name=answer]") });
}

// answeredChoices are those of them that have an answer.
export function answeredChoices(page) {
  return page.locator("article.q").filter({ has: page.locator("input[type=radio][name=answer]:checked") });
}

// pick chooses another option than the one that stands, and returns its key.
export async function pick(card) {
  const keys = await card.locator("input[type=radio]").evaluateAll((all) => all.map((r) => ({ key: r.value, checked: r.checked })));
  const other = keys.find((k) => !k.checked).key;
  await card.locator(`input[type=radio][value="${other}"]`).check();
  return other;
}

// chosen is the key of the option that stands, "" for none.
export async function chosen(card) {
  return card.locator("input[type=radio]").evaluateAll((all) => all.find((r) => r.checked)?.value ?? "");
}

// save sends the card's form and waits until its answer has come, with or without script. With script a taken answer
// stands in the page only when the card's revision has risen; the score is swapped in with it.
export async function save(page, card) {
  const revision = card.locator("input[name=revision]");
  const before = await revision.getAttribute("value");
  const answered = page.waitForResponse((r) => r.request().method() === "POST" && r.url().includes("/answers/"));
  await card.locator("button[type=submit]:not([name])").click();
  const response = await answered;
  await page.waitForLoadState();
  if (response.status() === 200) {
    for (let tries = 0; tries < 200 && (await revision.getAttribute("value")) === before; tries++) await page.waitForTimeout(25);
  }
  return response.status();
}

// card finds a question again by its id, wherever the page went.
export function cardOf(page, id) {
  return page.locator(`[id="${id}"]`);
}

// total is the score at the top of the sheet, as printed.
export async function total(page) {
  return (await page.locator("#bar .score-total a").innerText()).trim();
}

// fine fails when a visitor's pages did what they must not.
export function fine(visitor) {
  assert.deepEqual(visitor.problems, []);
}
