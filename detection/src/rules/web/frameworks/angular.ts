import { printable } from '@appflux/protocol';
import { z } from 'zod';
import { parseJson } from '../../../json.ts';
import type { Reason } from '../../../reason.ts';
import { insidePath, joinPath } from '../../../tree.ts';
import type { Refusal } from '../../rule.ts';
import type { FrameworkRule } from '../site.ts';

const OutputPath = z.union([
  z.string(),
  z.object({ base: z.string(), browser: z.string().default('browser') }),
]);
const Builder = z.object({
  builder: z.string().default(''),
  options: z.object({ outputPath: OutputPath.optional(), outputMode: z.unknown().optional() }).default({}),
});
const AngularProject = z.object({
  projectType: z.string().default('application'),
  architect: z.object({ build: Builder }).optional(),
  targets: z.object({ build: Builder }).optional(),
});
const Workspace = z.object({
  defaultProject: z.string().optional(),
  projects: z.record(z.string(), AngularProject),
});

const SERVER_LOST: Reason = {
  about: 'framework',
  text: 'Only the files for browsers are published: outputMode is "server" in angular.json, and AppFlux can’t run servers of Angular. To have all pages made in advance, set it to "static".',
};

const LIBRARY: Refusal = {
  refusal: 'This is a library, not a site: angular.json has no project of the type application.',
  hint: 'If a subfolder has a site, set it as the root directory.',
  searchBelow: true,
  isLibrary: true,
};

/**
 * https://angular.dev/reference/configs/workspace-config: the `application` builder writes to
 * `dist/NAME/browser`, older ones to `dist/NAME`; both take `outputPath`.
 */
export const angular: FrameworkRule = (site) => {
  const buildCommand = 'ng build';
  const text = site.tree.text(joinPath(site.folder, 'angular.json'));
  const outcome = text === null ? null : parseJson(text);
  const workspace = Workspace.safeParse(outcome !== null && 'value' in outcome ? outcome.value : null);
  const fallback = { outputs: ['dist/*/browser', 'dist/*', 'dist'], buildCommand };
  if (!workspace.success) return fallback;

  const { projects, defaultProject } = workspace.data;
  const applications = Object.entries(projects).filter(
    ([, project]) => project.projectType === 'application',
  );
  if (applications.length === 0 && Object.keys(projects).length > 0) return LIBRARY;
  const [name, project] =
    applications.find(([candidate]) => candidate === defaultProject) ?? applications[0] ?? [];
  const build = project?.architect?.build ?? project?.targets?.build;
  if (name === undefined || build === undefined) return fallback;

  const { outputPath, outputMode } = build.options;
  const base = typeof outputPath === 'object' ? outputPath.base : (outputPath ?? `dist/${name}`);
  const browser = typeof outputPath === 'object' ? outputPath.browser : 'browser';
  const written = build.builder.endsWith(':application') ? insidePath(base, browser) : insidePath('', base);
  if (written === null) return fallback;
  return {
    outputs: [written],
    buildCommand,
    reasons: [
      {
        about: 'output',
        text: `Output: ${written}, from the build options of the project ${printable(name, 100)} in angular.json.`,
      },
      ...(outputMode === 'server' ? [SERVER_LOST] : []),
    ],
  };
};
