/** Ways in which a source could be built, as pages tell of them and set them. */
import type { App, AppType, CandidateSettings, UpdateApp } from '@appflux/protocol';
import { TYPE_OPTIONS } from '#lib/app/build-form.svelte.ts';
import { frameworkName } from '#lib/app/framework-icons.ts';

/** What it is, for people: `Website · Vite`. */
export function candidateTitle({ type, framework }: { type: AppType; framework: string | null }): string {
  const label = TYPE_OPTIONS.find(({ value }) => value === type)?.label ?? type;
  return framework === null ? label : `${label} · ${frameworkName(framework)}`;
}

/** A folder in its plain form: `./apps/web/` is `apps/web`, and the top is the empty text. */
export const plainFolder = (path: string): string =>
  path
    .trim()
    .split('/')
    .filter((part) => part !== '' && part !== '.')
    .join('/');

/** The change to an App that chooses a candidate. What the candidate leaves open is left to detection. */
export function chosenFor(app: App, { rootDirectory, type, framework }: CandidateSettings): UpdateApp {
  return {
    type,
    build: { ...app.build, framework },
    ...(rootDirectory !== null && { source: { ...app.source, rootDirectory } }),
  };
}
