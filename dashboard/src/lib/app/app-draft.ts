import type { App } from '@appflux/protocol';
import { Draft } from '#lib/unsaved/draft.svelte.ts';
import type { AppOverview } from './app-overview.svelte.ts';

/** A form over an app's settings. Takes the app as the page shows it, and what fills a form with an app. */
export const appDraft = <Form extends object>(
  overview: () => AppOverview,
  app: () => App,
  fill: (app: App) => Form,
): Draft<App, Form> =>
  new Draft({ stored: () => overview().app ?? app(), fill, reload: () => overview().reload() });
