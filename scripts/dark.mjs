// A step of the style sheet build: dark colours for people whose system asks for them, without a line of script.
//
// Tabler draws dark when an ancestor carries data-bs-theme="dark". We set that attribute on <html> only for a person
// who chose a theme; without the attribute the system's wish counts, so every dark rule is repeated for it. Dark rules
// apply on screens alone: paper is always light.

// darkWithoutScript returns the PostCSS plugin. Own rules may be written for [data-bs-theme=dark] and get the same.
export function darkWithoutScript() {
  return {
    postcssPlugin: "zona-dark",
    OnceExit(sheet, { AtRule }) {
      // Collected first: the walk would otherwise meet the rules that it adds.
      const rules = [];
      sheet.walkRules((rule) => {
        if (!inside(rule, (at) => at.name.endsWith("keyframes"))) rules.push(rule);
      });
      for (const rule of rules) {
        const kept = rule.selectors.filter((s) => !foreignTheme(s));
        if (kept.length === 0) {
          rule.remove();
          continue;
        }
        const dark = kept.filter(drawsDark);
        if (dark.length === 0) {
          rule.selectors = kept;
          continue;
        }
        // Rules that stand in a print block already are about paper: they undo the dark theme there, and have nothing to undo.
        if (inside(rule, (at) => at.name === "media" && at.params.includes("print"))) {
          rule.remove();
          continue;
        }
        const chosen = rule.clone({ selectors: dark });
        const onScreen = new AtRule({ name: "media", params: "screen" });
        onScreen.append(chosen);
        rule.after(onScreen);
        const wished = dark.filter(fromRoot).map(bySystem);
        if (wished.length > 0) {
          const onDarkScreen = new AtRule({ name: "media", params: "screen and (prefers-color-scheme: dark)" });
          onDarkScreen.append(rule.clone({ selectors: wished }));
          onScreen.after(onDarkScreen);
        }
        const light = kept.filter((s) => !drawsDark(s));
        if (light.length === 0) rule.remove();
        else rule.selectors = light;
      }
    },
  };
}

// inside tells whether the rule stands in an at-rule of this kind, at any depth.
function inside(rule, isKind) {
  for (let at = rule.parent; at; at = at.parent) {
    if (at.type === "atrule" && isKind(at)) return true;
  }
  return false;
}

// foreignTheme tells the ways of naming a theme that no page of ours uses; they would double the sheet.
function foreignTheme(selector) {
  return (
    selector.includes("[data-theme=") ||
    (selector.includes(".theme-dark") && !selector.includes(":not(.theme-dark)")) ||
    selector.includes("[data-bs-navbar-theme=") ||
    selector.startsWith("body[data-bs-theme=")
  );
}

const theme = /\[data-bs-theme=["']?dark["']?\]/;

// drawsDark tells whether a selector applies under the dark theme because it names it, and not because it excludes it.
function drawsDark(selector) {
  return theme.test(selector.replace(/:not\([^)]*\)/g, ""));
}

const themedRoot = /^(:root|html)?\[data-bs-theme=["']?dark["']?\](?=$|[\s:>+~])/;

// fromRoot tells whether a dark selector may speak of the whole page; one such as .navbar[data-bs-theme=dark] speaks of
// a part that is dark on its own.
function fromRoot(selector) {
  return themedRoot.test(selector);
}

// bySystem rewrites a dark selector so that it asks for the absence of a choice on the root element.
function bySystem(selector) {
  return selector.replace(themedRoot, ":root:not([data-bs-theme])");
}
