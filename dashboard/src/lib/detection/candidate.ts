/** Candidates: the ways in which a source could be built. */
import type { App, AppType, CandidateSettings, UpdateApp } from '@appflux/protocol';
import { frameworkName } from '#lib/app/framework-icons.ts';
import { TYPE_OPTIONS } from '#lib/app/type-options.ts';

/** A candidate's label: `Website · Vite`. */
export function candidateTitle({ type, framework }: { type: AppType; framework: string | null }): string {
  const label = TYPE_OPTIONS.find(({ value }) => value === type)?.label ?? type;
  return framework === null ? label : `${label} · ${frameworkName(framework)}`;
}

/** Normalizes a folder: `./apps/web/` becomes `apps/web`, and the top level the empty string. */
export const plainFolder = (path: string): string =>
  path
    .trim()
    .split('/')
    .filter((part) => part !== '' && part !== '.')
    .join('/');

/** The change to an App that selects a candidate. Detection decides what the candidate leaves open. */
export function candidateChange(app: App, { rootDirectory, type, framework }: CandidateSettings): UpdateApp {
  return {
    type,
    build: { ...app.build, framework },
    ...(rootDirectory !== null && { source: { ...app.source, rootDirectory } }),
  };
}
