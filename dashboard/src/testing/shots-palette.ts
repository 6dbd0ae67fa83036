/** Screenshots of the command palette. */
import type { Page } from 'playwright-core';
import type { Shot } from './shot.ts';

async function typed(page: Page, text: string) {
  await page.keyboard.press('Control+k');
  await page.getByRole('combobox', { name: 'Command' }).fill(text);
}

export const PALETTE_SHOTS: Shot[] = [
  { name: 'palette', path: '/apps', window: true, act: (page) => typed(page, '') },
  { name: 'palette-found', path: '/apps', window: true, act: (page) => typed(page, 'deploy') },
  { name: 'palette-none', path: '/apps', window: true, act: (page) => typed(page, 'zzz') },
  { name: 'shortcuts', path: '/runners', window: true, act: (page) => page.keyboard.press('?') },
];
