/** What every public page has around it: the document, its style, and the headers that keep it harmless. */
import { html, raw } from 'hono/html';
import { cardPath } from './addresses.ts';
import { CARD } from './card/draw.ts';
import { styleSheet } from './style.ts';

/** Markup that `html` has made; what was put into it is escaped. */
export type Markup = ReturnType<typeof html>;

export interface Document {
  title: string;
  /** What a link to the page shows beside the title. */
  description: string;
  /** The page's own address; null for a page that nobody would link to. */
  address: string | null;
  hue: number;
  /** The app's icon, which also becomes the page's: the address of a picture, or a drawing. */
  icon: Markup | string | null;
  body: Markup;
}

/** A whole document with the policy that fits it: its one style sheet is named by its hash, and nothing else loads. */
export async function frame(document: Document): Promise<{ text: string; policy: string }> {
  const css = styleSheet(document.hue);
  const digest = await crypto.subtle.digest('SHA-256', new TextEncoder().encode(css));
  const policy = [
    "default-src 'none'",
    `style-src 'sha256-${btoa(String.fromCharCode(...new Uint8Array(digest)))}'`,
    "img-src 'self' data:",
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
  ].join('; ');
  const icon = typeof document.icon === 'string' ? document.icon : await dataAddress(document.icon);
  const text = await html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${document.title}</title>
<meta name="description" content="${document.description}">
${document.address !== null && openGraph({ ...document, address: document.address })}
<link rel="icon" href="${icon}">
<style>${raw(css)}</style>
</head>
<body>
${document.body}
<footer>Built and published with AppFlux</footer>
</body>
</html>
`;
  return { text: String(text), policy };
}

/** A drawing as the address of a picture; one of no picture keeps a browser from asking for /favicon.ico. */
const dataAddress = async (drawing: Markup | null): Promise<string> =>
  drawing === null ? 'data:' : `data:image/svg+xml,${encodeURIComponent(String(await drawing))}`;

/** What sites that unfurl a link show of it. Sources: https://ogp.me and Twitter's cards. */
function openGraph({ title, description, address, hue, icon }: Document & { address: string }): Markup {
  const { origin } = new URL(address);
  return html`<meta property="og:type" content="website">
<meta property="og:site_name" content="AppFlux">
<meta property="og:url" content="${address}">
<meta property="og:title" content="${title}">
<meta property="og:description" content="${description}">
${typeof icon === 'string' ? iconCard(`${origin}${icon}`) : drawnCard(`${origin}${cardPath(hue)}`)}`;
}

/** An app's own icon is shown small, beside the title. */
const iconCard = (image: string): Markup =>
  html`<meta property="og:image" content="${image}">
<meta name="twitter:card" content="summary">`;

const drawnCard = (image: string): Markup =>
  html`<meta property="og:image" content="${image}">
<meta property="og:image:width" content="${CARD.width}">
<meta property="og:image:height" content="${CARD.height}">
<meta property="og:image:alt" content="A download arrow">
<meta name="twitter:card" content="summary_large_image">`;

/** The headers of a public page. */
export const pageHeaders = (policy: string): Record<string, string> => ({
  'Content-Type': 'text/html; charset=utf-8',
  'Content-Security-Policy': policy,
  'X-Content-Type-Options': 'nosniff',
  'Referrer-Policy': 'no-referrer',
  'Cross-Origin-Opener-Policy': 'same-origin',
  'Permissions-Policy': 'camera=(), microphone=(), geolocation=()',
});
