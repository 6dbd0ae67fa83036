/** What of a folder or file that was built elsewhere is delivered. Pure. */
import { compileGlob, type Decision } from '@appflux/detection';
import type { AppType, Plan, SiteSettings } from '@appflux/protocol';
import { SPEC_FILE } from '../job/server/spec.ts';

/** What a person has named, as it was found on disk. Paths are relative to `root`, with forward slashes. */
export interface NamedOutput {
  /** '' for the root itself. */
  readonly path: string;
  readonly kind: 'folder' | 'file';
  /** The names in it; of a file, its own. */
  readonly names: readonly string[];
}

/** What is delivered, and how. */
export interface ChosenOutput {
  readonly plan: Plan;
  readonly version: string | null;
  readonly site: SiteSettings;
}

/**
 * Chooses the outputs.
 * - A folder inside of a project is the output itself.
 * - The project's own folder stands for the outputs that a build of it leaves: those of the app, appflux.json or detection.
 * - A folder that nothing builds is the output itself.
 *
 * @param decision how the project would be built; null if that is unknown
 * @param type the app's; null leaves it to the files
 */
export function chooseOutput(
  named: NamedOutput,
  decision: Decision | null,
  type: AppType | null,
): ChosenOutput {
  const isProject = named.path === '' && named.kind === 'folder' && isBuilt(decision);
  const chosen = type ?? (isProject && decision !== null ? decision.plan.type : typeOf(named, decision));
  const site = chosen === 'web' || chosen === 'pwa';
  const outputs = isProject ? (decision?.plan.outputs ?? []) : outputsOf(named, site);
  return {
    plan: {
      type: chosen,
      framework: decision?.plan.framework ?? null,
      packageManager: null,
      image: '',
      node: null,
      installCommand: null,
      buildCommand: null,
      outputs,
      reasons: [
        'The output was built elsewhere and is delivered as it is.',
        ...(isProject ? [`The project’s outputs: ${outputs.join(', ')}.`] : []),
      ],
    },
    version: decision?.version ?? null,
    site: decision?.site ?? {},
  };
}

/** Whether a build would make the outputs: otherwise the folder holds them already. */
const isBuilt = (decision: Decision | null): boolean =>
  decision !== null &&
  (decision.plan.buildCommand !== null || decision.plan.outputs.some((output) => !isTop(output)));

const isTop = (output: string): boolean => {
  const { isLiteral, base } = compileGlob(output);
  return isLiteral && base === '';
};

function typeOf({ names }: NamedOutput, decision: Decision | null): AppType {
  if (names.some((name) => /\.(?:apk|aab)$/i.test(name))) return 'android';
  if (names.includes(SPEC_FILE) && names.includes('modules')) return 'web';
  if (names.includes('index.html')) return decision?.plan.type === 'pwa' ? 'pwa' : 'web';
  if (decision !== null) return decision.plan.type;
  return names.some((name) => /\.html?$/i.test(name)) ? 'web' : 'desktop';
}

/** A site is a folder as a whole; of other apps each file is an artifact. */
function outputsOf({ path, kind }: NamedOutput, site: boolean): string[] {
  if (kind === 'file') return [literal(path)];
  if (site) return [path === '' ? '.' : path];
  return [path === '' ? '*' : `${path}/*`];
}

/** A glob that matches this path only. */
const literal = (path: string): string => path.replace(/[*?{}!()+@|[\]]/g, '[$&]');

/** Whether a folder's path is one that a glob can name as a whole. */
export const isPlainPath = (path: string): boolean => compileGlob(path).isLiteral;
