// What axe cannot decide by itself and asks a person about: each kind with the verdict of the person who looked. A kind
// that is not here fails the test until somebody has looked and written it down.

export const verdicts = [
  {
    finding: /^color-contrast: .*due to a background image/,
    looked: "Lists to choose from: the picture is the arrow at the right end, clear of the text. Text on the plain background measures 10.3:1 in light and 14.2:1 in dark.",
  },
  {
    finding: /^color-contrast: .*because it partially overlaps other elements/,
    looked: "Row headings of the table of thresholds on a narrow screen: cells of a table lie side by side, nothing covers the text, and the colours are those of the rows that axe could measure.",
  },
  {
    finding: /^color-contrast: (\.z-footer-row > span|a\[href\$="help"\]): .*because it's partially obscured by another element/,
    looked: "The footer where the page is a few lines longer than the window: the window's edge cuts it, nothing lies over it, and axe measures the same colours on every page where it is whole.",
  },
];
