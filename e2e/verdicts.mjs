// What axe cannot decide by itself and asks a person about: each kind with the verdict of the person who looked. A kind
// that is not here fails the test until somebody has looked and written it down.

export const verdicts = [
  {
    rule: "color-contrast",
    looked: "axe gives up where colours are mixed with transparency, or where the sticky score bar lies over the text. Looked at in light and dark: text on the bar and on the tinted notices has at least 4.5:1.",
  },
  {
    rule: "target-size",
    looked: "Links within a sentence or a cell of a table, which WCAG 2.5.8 leaves out; every control that stands alone is 24 px or more.",
  },
];
