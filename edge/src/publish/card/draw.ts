/**
 * The picture that a link to a download page shows (Open Graph): the app's color with a download arrow. Sites that unfurl
 * links take no SVG, and there is no browser here to render one, so it is drawn pixel by pixel. It has no text: that
 * would take a font for every script, and the title stands beside the picture anyway.
 */
import { encodePng } from './png.ts';

/** The smallest picture that is shown large (1.91 to 1); drawing more pixels takes more CPU time for nothing. */
export const CARD = { width: 600, height: 315 } as const;

type Color = readonly [number, number, number];

/** The square in the middle, in pixels, and its corners' radius. */
const SQUARE = 150;
const RADIUS = 35;
/** The arrow's lines in the square, from its center, and their half width. */
const ARROW = [
  [0, -38, 0, 16],
  [-24, -6, 0, 17],
  [24, -6, 0, 17],
  [-34, 40, 34, 40],
] as const;
const HALF_LINE = 5.5;
const WHITE: Color = [255, 255, 255];

/** A PNG of the card in this hue, 0 to 359. */
export function cardPng(hue: number): Uint8Array<ArrayBuffer> {
  const { width, height } = CARD;
  const back = oklch(0.95, 0.025, hue);
  const [top, bottom] = [oklch(0.66, 0.15, hue), oklch(0.47, 0.16, (hue + 25) % 360)];
  const rgb = new Uint8Array(width * height * 3);
  for (let at = 0; at < rgb.length; at += 3) rgb.set(back, at);
  const half = SQUARE / 2;
  for (let row = height / 2 - half; row < height / 2 + half; row += 1) {
    for (let column = width / 2 - half; column < width / 2 + half; column += 1) {
      const [x, y] = [column + 0.5 - width / 2, Math.floor(row) + 0.5 - height / 2];
      const shade = mix(top, bottom, (x + y + SQUARE) / (2 * SQUARE));
      const drawn = mix(shade, WHITE, coverage(arrowDistance(x, y)));
      const color = mix(back, drawn, coverage(squareDistance(x, y)));
      rgb.set(color.map(Math.round), (Math.floor(row) * width + column) * 3);
    }
  }
  return encodePng(width, height, rgb);
}

/** How much of a pixel is inside a shape whose edge is this far from its center; negative is inside. */
const coverage = (distance: number): number => Math.min(1, Math.max(0, 0.5 - distance));

const mix = (from: Color, to: Color, share: number): Color => [
  from[0] + (to[0] - from[0]) * share,
  from[1] + (to[1] - from[1]) * share,
  from[2] + (to[2] - from[2]) * share,
];

function squareDistance(x: number, y: number): number {
  const [dx, dy] = [Math.abs(x) - SQUARE / 2 + RADIUS, Math.abs(y) - SQUARE / 2 + RADIUS];
  return Math.hypot(Math.max(dx, 0), Math.max(dy, 0)) + Math.min(Math.max(dx, dy), 0) - RADIUS;
}

const arrowDistance = (x: number, y: number): number =>
  Math.min(...ARROW.map(([x1, y1, x2, y2]) => lineDistance(x, y, x1, y1, x2, y2))) - HALF_LINE;

function lineDistance(x: number, y: number, x1: number, y1: number, x2: number, y2: number): number {
  const [dx, dy] = [x2 - x1, y2 - y1];
  const along = Math.min(1, Math.max(0, ((x - x1) * dx + (y - y1) * dy) / (dx * dx + dy * dy)));
  return Math.hypot(x - x1 - along * dx, y - y1 - along * dy);
}

/** A color of the page's style sheet in sRGB, 0 to 255. Source: https://www.w3.org/TR/css-color-4/#ok-lab */
function oklch(lightness: number, chroma: number, hue: number): Color {
  const angle = (hue * Math.PI) / 180;
  const [a, b] = [chroma * Math.cos(angle), chroma * Math.sin(angle)];
  const l = (lightness + 0.3963377774 * a + 0.2158037573 * b) ** 3;
  const m = (lightness - 0.1055613458 * a - 0.0638541728 * b) ** 3;
  const s = (lightness - 0.0894841775 * a - 1.291485548 * b) ** 3;
  return [
    gamma(4.0767416621 * l - 3.3077115913 * m + 0.2309699292 * s),
    gamma(-1.2684380046 * l + 2.6097574011 * m - 0.3413193965 * s),
    gamma(-0.0041960863 * l - 0.7034186147 * m + 1.707614701 * s),
  ];
}

function gamma(linear: number): number {
  const encoded = linear <= 0.0031308 ? 12.92 * linear : 1.055 * linear ** (1 / 2.4) - 0.055;
  return Math.round(255 * Math.min(1, Math.max(0, encoded)));
}
