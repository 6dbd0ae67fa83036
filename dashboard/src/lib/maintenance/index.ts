import { api } from '#lib/session/index.ts';
import { Notice } from './notice.svelte.ts';

/** The notice that the banner shows. The maintenance switch refreshes it. */
export const notice = new Notice(api);
