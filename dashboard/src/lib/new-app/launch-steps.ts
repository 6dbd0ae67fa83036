/** What to do after the server refused a new app or its first deployment, as buttons. */
import type { AppFluxError } from '@appflux/protocol';
import type { Draft } from './draft.svelte.ts';

/** A next step that the wizard can take. */
export type LaunchStep =
  | { readonly kind: 'retry' }
  /** Go to a field that the server refused. */
  | { readonly kind: 'field'; readonly field: string; readonly label: string }
  /** Choose another source. */
  | { readonly kind: 'source' }
  | { readonly kind: 'sign-in' }
  /** Open the settings of the app, which exists already. */
  | { readonly kind: 'settings'; readonly slug: string };

/** The fields of the form, by the path that the API has for each. The most specific path is first. */
const FIELDS: readonly (readonly [path: string, field: string, label: string])[] = [
  ['name', 'name', 'Change the name'],
  ['slug', 'slug', 'Change the slug'],
  ['source.branch', 'branch', 'Change the branch'],
  ['source.rootDirectory', 'rootDirectory', 'Change the root directory'],
  ['build.framework', 'framework', 'Change the framework'],
  ['build.installCommand', 'installCommand', 'Change the install command'],
  ['build.buildCommand', 'buildCommand', 'Change the build command'],
  ['build.outputs', 'outputs', 'Change the outputs'],
  ['build.node', 'node', 'Change the Node version'],
  ['build.image', 'image', 'Change the builder image'],
  ['build.labels', 'labels', 'Change the runner labels'],
  ['build.timeoutSeconds', 'minutes', 'Change the time limit'],
  ['envVars', 'variables', 'Change the variables'],
];

/**
 * The steps after a refusal, the most likely one first.
 * @param app the slug of the app, if it was created before the refusal
 */
export function launchSteps(
  error: AppFluxError,
  draft: Pick<Draft, 'kind'>,
  app: string | null,
): LaunchStep[] {
  if (error.code === 'unauthorized') return [{ kind: 'sign-in' }, { kind: 'retry' }];
  if (app === null && error.code === 'slug_taken')
    return [{ kind: 'field', field: 'slug', label: 'Change the slug' }];
  const fields = (error.issues ?? []).flatMap(({ path }) => fieldAt(path) ?? []);
  // The form can't be sent again once the app exists: its settings can change it.
  if (app !== null) {
    const open: LaunchStep = { kind: 'settings', slug: app };
    return fields.length > 0 ? [open, { kind: 'retry' }] : [{ kind: 'retry' }, open];
  }
  if (fields.length > 0) return fields;
  if (error.code === 'body_too_large' || (draft.kind === 'upload' && error.code === 'internal'))
    return [{ kind: 'source' }, { kind: 'retry' }];
  return draft.kind === 'upload' ? [{ kind: 'retry' }, { kind: 'source' }] : [{ kind: 'retry' }];
}

function fieldAt(path: string): LaunchStep | null {
  const found = FIELDS.find(([known]) => path === known || path.startsWith(`${known}.`));
  if (found) return { kind: 'field', field: found[1], label: found[2] };
  return path.startsWith('source') ? { kind: 'source' } : null;
}
