/** Release notes on a public page. */
import { html, raw } from 'hono/html';
import type { Markup } from '../frame.ts';

/** The section of notes: these blocks, made by notesBlocks, and where the rest is. */
export const notesSection = (blocks: readonly Markup[], more: string | null): Markup =>
  html`<section class="card"><h2>Release notes</h2>
<div class="notes" dir="auto">${blocks}</div>${more !== null && html`<p class="more"><a href="${more}">All release notes of this version</a></p>`}</section>`;

/** A block as markup. It is HTML that markdown.ts has built from what is allowed. */
export const notesMarkup = (block: string): Markup => html`${raw(block)}`;
