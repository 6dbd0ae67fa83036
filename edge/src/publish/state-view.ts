/** Public pages that have nothing to offer, and say why. */
import { html } from 'hono/html';
import type { AppRecord } from '../metadata/metadata.ts';
import type { Document } from './frame.ts';
import { appIcon, hueOf } from './icon.ts';
import { typeOf } from './release.ts';
import { plain } from './text.ts';

/** An app that was never released. */
export function unreleasedDocument(app: AppRecord, address: string): Document {
  const icon = appIcon({ ...app, type: typeOf(app) });
  return {
    title: plain(app.name),
    description: plain(`${app.name} has no release yet.`),
    address,
    hue: hueOf(app.slug),
    icon,
    body: html`<main><section class="card state">${icon}
<h1><bdi>${plain(app.name)}</bdi></h1>
<p>There is no release yet. The first successful build will appear here, at this address.</p>
</section></main>`,
  };
}

/** A file that retention has removed. */
export const removedDocument = (app: { slug: string; name: string }): Document => ({
  title: 'Not kept any more',
  description: 'This file is not kept any more.',
  address: null,
  hue: hueOf(app.slug),
  icon: null,
  body: html`<main><section class="card state">
<h1>This file is not kept any more</h1>
<p>It belongs to an earlier version, whose files have been removed. <a href="/a/${app.slug}">The page of <bdi>${plain(app.name)}</bdi></a> has the version of today.</p>
</section></main>`,
});

/** A file whose bytes in storage are not the delivered ones. */
export const damagedDocument = (app: { slug: string; name: string }): Document => ({
  title: 'Damaged file',
  description: 'This file is damaged and can’t be downloaded.',
  address: null,
  hue: hueOf(app.slug),
  icon: null,
  body: html`<main><section class="card state">
<h1>This file is damaged</h1>
<p>The stored file is not the one that was built, so it can’t be downloaded. Try another version on <a href="/a/${app.slug}">the page of <bdi>${plain(app.name)}</bdi></a>, or tell its publisher.</p>
</section></main>`,
});

/** An address that leads nowhere. `what` is what was looked for: `page` or `file`. */
export const missingDocument = (what: 'page' | 'file'): Document => ({
  title: `No such ${what}`,
  description: `There is no such ${what}.`,
  address: null,
  hue: 255,
  icon: null,
  body: html`<main><section class="card state">
<h1>There is no such ${what}</h1>
<p>The address may be mistyped, or what was here has been removed. Ask the person who gave it to you for a new one.</p>
</section></main>`,
});
