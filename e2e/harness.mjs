// What the browser tests share: a fresh program on a free port, a browser, and an ear for everything that a page must
// not do. A test that ends leaves no process and no folder behind.

import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { chromium } from "playwright-core";

export const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), "..");
export const password = "sandi-contoh-untuk-uji-2026";

// pageTime is how long a page may take here: generous, since other stages share the machine.
const pageTime = 30_000;

// startDemo serves a fresh invented institution and resolves when it answers. database is "sqlite" or "postgres"; the
// latter wants the throw-away server of scripts/with-postgres.sh.
export async function startDemo({ database = "sqlite", courts = 4, years = 3 } = {}) {
  return start("demo", ["--password", password, "--courts", String(courts), "--years", String(years)], database);
}

// startEmpty serves a database in which nobody has an account yet.
export async function startEmpty({ database = "sqlite" } = {}) {
  return start("serve", [], database);
}

async function start(command, flags, database) {
  const binary = path.join(root, "bin/zona");
  if (!existsSync(binary)) throw new Error("bin/zona is missing: run make build");
  const folder = await mkdtemp(path.join(tmpdir(), "zona-e2e-"));
  const { url: address, drop } = database === "postgres" ? await freshPostgres() : { url: path.join(folder, "zona.db"), drop: async () => {} };
  const port = await freePort();
  const child = spawn(binary, [command, "--listen", `127.0.0.1:${port}`, "--database", address, ...flags], {
    cwd: folder,
    env: { PATH: process.env.PATH, HOME: folder, ZONA_DATA: folder, ZONA_LOG: "warn" },
    stdio: ["ignore", "pipe", "pipe"],
  });
  let said = "";
  child.stdout.on("data", (chunk) => (said += chunk));
  child.stderr.on("data", (chunk) => (said += chunk));
  const ended = new Promise((done) => child.on("exit", done));
  const server = {
    url: `http://localhost:${port}`,
    database,
    said: () => said,
    async stop() {
      child.kill("SIGTERM");
      const late = setTimeout(() => child.kill("SIGKILL"), 10_000);
      await ended;
      clearTimeout(late);
      await drop();
      await rm(folder, { recursive: true, force: true });
    },
  };
  const gone = ended.then((code) => Promise.reject(new Error(`zona ${command} ended with ${code}:\n${said}`)));
  gone.catch(() => {}); // after the start an end is expected
  try {
    await Promise.race([answering(server.url), gone]);
  } catch (err) {
    await server.stop();
    throw err;
  }
  return server;
}

async function answering(url) {
  const until = Date.now() + 120_000;
  for (;;) {
    try {
      const answer = await fetch(`${url}/livez`);
      if (answer.ok) return;
    } catch {
      // not yet listening
    }
    if (Date.now() > until) throw new Error(`${url} does not answer`);
    await new Promise((done) => setTimeout(done, 100));
  }
}

// freshPostgres makes a database of its own on the server of ZONA_TEST_POSTGRES.
async function freshPostgres() {
  const server = process.env.ZONA_TEST_POSTGRES;
  if (!server) throw new Error("ZONA_TEST_POSTGRES is not set: run this through scripts/with-postgres.sh");
  const name = `e2e_${process.pid}_${Date.now()}`;
  const psql = (statement) =>
    new Promise((done, failed) => {
      const child = spawn("psql", [server, "-q", "-c", statement], { stdio: ["ignore", "ignore", "inherit"] });
      child.on("error", failed);
      child.on("exit", (code) => (code === 0 ? done() : failed(new Error(`psql ended with ${code}`))));
    });
  await psql(`CREATE DATABASE ${name}`);
  const url = new URL(server);
  url.pathname = `/${name}`;
  return { url: url.href, drop: () => psql(`DROP DATABASE ${name} WITH (FORCE)`) };
}

function freePort() {
  return new Promise((done, failed) => {
    const probe = createServer();
    probe.on("error", failed);
    probe.listen(0, "127.0.0.1", () => {
      const { port } = probe.address();
      probe.close(() => done(port));
    });
  });
}

// openBrowser starts Chromium with a fresh profile. As root it has no sandbox of its own; the tests open our pages alone.
export async function openBrowser() {
  const executablePath = process.env.ZONA_CHROMIUM ?? ["/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"].find((p) => existsSync(p));
  if (!executablePath) throw new Error("Chromium is missing: install Debian's package chromium, or name it in ZONA_CHROMIUM");
  return chromium.launch({
    executablePath,
    args: [
      "--no-sandbox",
      "--disable-gpu",
      "--disable-dev-shm-usage",
      "--disable-background-networking",
      "--disable-component-update",
      "--disable-sync",
      "--no-first-run",
    ],
  });
}

// newVisitor opens a browser context of one person: language, theme, width and whether scripts run are theirs. Everything
// that its pages must not do is collected in visitor.problems: violations of the security policy, script errors, error
// messages, requests to other hosts.
export async function newVisitor(browser, server, { lang = "id", dark = false, width = 1280, height = 900, script = true } = {}) {
  const context = await browser.newContext({
    baseURL: server.url,
    locale: lang === "id" ? "id-ID" : "en-GB",
    colorScheme: dark ? "dark" : "light",
    viewport: { width, height },
    javaScriptEnabled: script,
    acceptDownloads: true,
    reducedMotion: "reduce",
  });
  context.setDefaultTimeout(pageTime);
  const problems = [];
  context.on("page", (page) => listen(page, server, problems));
  const page = await context.newPage();
  return { context, page, problems, lang, close: () => context.close() };
}

function listen(page, server, problems) {
  page.on("pageerror", (err) => problems.push(`script error on ${page.url()}: ${err.message}`));
  page.on("console", (message) => {
    // A refused form or a conflict is answered with 4xx, which Chromium reports as a failed resource: it is the page's own answer.
    const expected = /the server responded with a status of 4(09|22|03|04|29)/.test(message.text());
    if (message.type() === "error" && !expected) problems.push(`console on ${page.url()}: ${message.text()}`);
  });
  page.on("request", (request) => {
    const url = request.url();
    if (!url.startsWith(server.url) && !url.startsWith("data:") && !url.startsWith("blob:")) problems.push(`${page.url()} asks another host: ${url}`);
  });
  page.on("response", (response) => {
    if (response.status() >= 500) problems.push(`${response.status()} from ${response.url()}`);
  });
}

// signIn goes through the door as a person does.
export async function signIn(page, login) {
  await page.goto("/signin");
  await page.locator("input[name=login]").fill(login);
  await page.locator("input[name=password]").fill(password);
  await page.locator("form[action='/signin'] button[type=submit]").click();
  await page.waitForURL((url) => !url.pathname.startsWith("/signin"));
}

let axeSource;

// axe runs the accessibility rules of WCAG 2.2 A and AA on the page as it stands. It goes in through the debugger, since
// our security policy lets no foreign script in. Returns violations and what a person must look at.
export async function axe(page) {
  axeSource ??= await readFile(path.join(root, "node_modules/axe-core/axe.min.js"), "utf8");
  await page.evaluate(axeSource);
  const result = await page.evaluate(async () =>
    globalThis.axe.run(document, {
      runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"],
      resultTypes: ["violations", "incomplete"],
    }),
  );
  return { violations: result.violations.flatMap(lines), incomplete: result.incomplete.flatMap(lines) };
}

// lines writes each finding of a rule as one line: rule, element, what is wrong.
function lines(rule) {
  return rule.nodes.map((node) => `${rule.id}: ${node.target.join(" ")}: ${node.failureSummary?.replace(/\s+/g, " ") ?? rule.help}`);
}

// inline lists what the security policy would have to stop: inline scripts, style elements, style attributes, handlers.
// It reads the document as it was sent, not as scripts left it.
export function inline(html) {
  const found = [];
  for (const tag of html.matchAll(/<([a-z][a-z0-9-]*)((?:\s+[^\s=>"']+(?:\s*=\s*(?:"[^"]*"|'[^']*'|[^\s>"']+))?)*)\s*\/?>/gi)) {
    const [, name, attributes] = tag;
    if (name.toLowerCase() === "style") found.push("style element");
    if (name.toLowerCase() === "script" && !/\ssrc\s*=/i.test(attributes)) found.push("inline script");
    for (const attribute of attributes.matchAll(/\s+([^\s=>"']+)(?:\s*=\s*("[^"]*"|'[^']*'|[^\s>"']+))?/g)) {
      const key = attribute[1].toLowerCase();
      if (key === "style" || /^on[a-z]+$/.test(key) || key.startsWith("hx-on")) found.push(`${key} attribute on ${name}`);
      if (/^(href|src|action|formaction)$/.test(key) && /^["']?\s*javascript:/i.test(attribute[2] ?? "")) found.push(`script in ${key} of ${name}`);
    }
  }
  return found;
}

// overflow tells whether the page must be scrolled sideways at its width, and which element sticks out.
export async function overflow(page) {
  return page.evaluate(() => {
    const width = document.documentElement.clientWidth;
    if (document.documentElement.scrollWidth <= width) return [];
    const scrolls = (element) => {
      for (let at = element.parentElement; at; at = at.parentElement) {
        if (/(auto|scroll|hidden|clip)/.test(getComputedStyle(at).overflowX) && at !== document.body && at !== document.documentElement) return true;
      }
      return false;
    };
    const wide = [...document.querySelectorAll("body *")].filter((e) => e.getBoundingClientRect().right > width + 1 && !scrolls(e));
    return wide.slice(0, 5).map((e) => `${e.tagName.toLowerCase()}.${e.className} reaches ${Math.round(e.getBoundingClientRect().right)} of ${width}`);
  });
}
