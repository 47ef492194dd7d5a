// Builds what the browser is sent: style sheets and scripts, bundled, without what no page uses, named after
// their content, compressed once. The result is embedded by package ui and is never committed.
//
//	node scripts/assets.mjs [--out FOLDER] [--print]
//
// Entry points and static files are own sources in internal/web/internal/ui; everything else comes from npm.
// The same input gives the same bytes: nothing here depends on time, on folder order or on the machine.

import { createHash } from "node:crypto";
import { mkdir, readFile, readdir, rm, writeFile } from "node:fs/promises";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { brotliCompressSync, constants, gzipSync } from "node:zlib";
import * as esbuild from "esbuild";
import postcss from "postcss";
import { PurgeCSS } from "purgecss";
import { darkWithoutScript } from "./dark.mjs";

const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), "..");
const ui = path.join(root, "internal/web/internal/ui");

// What the pages may ask for. A missing entry point is an error: a page would otherwise lose its look silently.
const styleSheets = ["staff.css", "public.css"];
const scripts = ["staff.js"];
// Scripts that a single desk's pages load, kept beside their templates.
const deskScripts = { "passkey.js": "internal/web/account/passkey.js" };

// Compressing these again would only add bytes.
const alreadyCompressed = new Set([".png", ".jpg", ".webp", ".woff2"]);

// Browsers that the staff pages are laid out for (reason: Tabler's colours are written as oklch and light-dark). In
// older ones the pages still work, since no flow depends on style or script.
const staffTarget = ["chrome123", "firefox121", "safari17.5"];
const publicTarget = ["chrome60", "firefox60", "safari11"];

// main builds every asset and the manifest that maps a source name to the hashed name.
async function main(args) {
  const out = args.includes("--out") ? path.resolve(args[args.indexOf("--out") + 1]) : path.join(ui, "dist");
  const built = new Map();
  const words = await pageSources();
  for (const name of styleSheets) built.set(name, await buildStyle(name, words));
  for (const name of scripts) built.set(name, await buildScript(path.join(ui, name)));
  for (const [name, source] of Object.entries(deskScripts)) built.set(name, await buildScript(path.join(root, source)));
  for (const [name, bytes] of await staticFiles()) built.set(name, bytes);
  const rows = await write(out, built);
  if (args.includes("--print")) console.table(rows);
}

// pageSources returns the text of everything that can put a class name on a page or use a colour of the kit: templates,
// the Go files beside them, own scripts and own style sheets. Generated Go is left out, since it repeats the templates.
async function pageSources() {
  const files = (await walk(path.join(root, "internal/web"))).filter(
    (f) =>
      !f.includes(`${path.sep}dist${path.sep}`) &&
      (/\.(templ|js|css)$/.test(f) || (f.endsWith(".go") && !f.endsWith("_templ.go") && !f.endsWith("_test.go"))),
  );
  return Promise.all(files.map(async (f) => ({ raw: await readFile(f, "utf8"), extension: path.extname(f).slice(1) })));
}

// buildStyle bundles one style sheet and makes dark colours work without script.
async function buildStyle(name, words) {
  const target = name === "public.css" ? publicTarget : staffTarget;
  const bundled = await esbuild.build({
    entryPoints: [path.join(ui, name)],
    bundle: true,
    write: false,
    legalComments: "none",
    target,
    nodePaths: [path.join(root, "node_modules")],
    loader: { ".svg": "dataurl" },
    plugins: [kitWithoutTheUnused(words)],
  });
  const themed = postcss([darkWithoutScript()]).process(bundled.outputFiles[0].text, { from: undefined }).css;
  const small = await esbuild.transform(themed, { loader: "css", minify: true, legalComments: "none", target });
  return Buffer.from(small.code);
}

// kitWithoutTheUnused drops the rules of other people's style sheets that no page can use; own rules are never touched.
// A class counts as used when it stands whole in a template, a Go file or a script, so it is never put together there.
function kitWithoutTheUnused(words) {
  const markup = words.filter(({ extension }) => extension !== "css");
  const variables = words.flatMap(({ raw }) => raw.match(/--[a-z0-9-]+/g) ?? []);
  return {
    name: "kit",
    setup(build) {
      build.onLoad({ filter: /node_modules.*\.css$/ }, async ({ path: file }) => {
        const [purged] = await new PurgeCSS().purge({
          content: markup,
          css: [{ raw: await readFile(file, "utf8") }],
          variables: true,
          keyframes: true,
          defaultExtractor: (text) => text.match(/[A-Za-z0-9_-]+/g) ?? [],
          safelist: { standard: ["html", "body", /^:[a-z-]+$/], variables },
        });
        return { contents: purged.css, loader: "css" };
      });
    },
  };
}

// buildScript bundles one ES module with what it imports.
async function buildScript(source) {
  const bundled = await esbuild.build({
    entryPoints: [source],
    bundle: true,
    write: false,
    minify: true,
    format: "esm",
    target: ["es2020"],
    legalComments: "none",
    nodePaths: [path.join(root, "node_modules")],
  });
  return Buffer.from(bundled.outputFiles[0].contents);
}

// staticFiles reads own pictures and icons, sent as they are.
async function staticFiles() {
  const folder = path.join(ui, "static");
  const files = await walk(folder);
  return Promise.all(files.map(async (f) => [path.relative(folder, f).split(path.sep).join("/"), await readFile(f)]));
}

// write empties the output folder but for the committed .gitkeep, then writes each asset under its hashed name with
// its compressed forms, and the manifest last: a half-built folder has no manifest and is not served.
async function write(out, built) {
  await mkdir(out, { recursive: true });
  for (const old of await readdir(out)) {
    if (old !== ".gitkeep") await rm(path.join(out, old), { recursive: true });
  }
  const manifest = {};
  const rows = [];
  for (const name of [...built.keys()].sort()) {
    const bytes = built.get(name);
    const ext = path.extname(name);
    const hash = createHash("sha256").update(bytes).digest("hex").slice(0, 12);
    const hashed = `${name.slice(0, -ext.length).replaceAll("/", "-")}-${hash}${ext}`;
    manifest[name] = hashed;
    await writeFile(path.join(out, hashed), bytes);
    const row = { asset: name, bytes: bytes.length };
    if (!alreadyCompressed.has(ext)) {
      const br = brotli(bytes);
      const gz = gzipSync(bytes, { level: 9 });
      await writeFile(path.join(out, `${hashed}.br`), br);
      await writeFile(path.join(out, `${hashed}.gz`), gz);
      Object.assign(row, { brotli: br.length, gzip: gz.length });
    }
    rows.push(row);
  }
  await writeFile(path.join(out, "manifest.json"), JSON.stringify(manifest, null, 2) + "\n");
  return rows;
}

function brotli(bytes) {
  return brotliCompressSync(bytes, {
    params: {
      [constants.BROTLI_PARAM_QUALITY]: 11,
      [constants.BROTLI_PARAM_MODE]: constants.BROTLI_MODE_TEXT,
      [constants.BROTLI_PARAM_SIZE_HINT]: bytes.length,
    },
  });
}

// walk lists the files below a folder in a fixed order; a folder that is not there has none.
async function walk(folder) {
  let entries;
  try {
    entries = await readdir(folder, { withFileTypes: true });
  } catch (err) {
    if (err.code === "ENOENT") return [];
    throw err;
  }
  const found = [];
  for (const entry of entries.sort((a, b) => (a.name < b.name ? -1 : 1))) {
    const full = path.join(folder, entry.name);
    if (entry.isDirectory()) found.push(...(await walk(full)));
    else found.push(full);
  }
  return found;
}

try {
  await main(process.argv.slice(2));
} catch (err) {
  console.error(`assets: ${err.reason ?? err.message}`);
  process.exitCode = 1;
}
