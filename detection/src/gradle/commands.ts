/** The commands of a Gradle build that create packages, and their outputs. */
import { listed } from '@appflux/protocol';
import { because, type Reason } from '../reason.ts';
import { joinPath } from '../tree.ts';
import type { AndroidModule, GradleBuild } from './project.ts';

export interface GradlePlan {
  readonly command: string;
  /** Relative to the folder of the Gradle build. */
  readonly outputs: readonly string[];
}

/** The commands of a build that another tool makes first, as it always makes it. */
export const GENERATED: GradlePlan = {
  command: 'sh ./gradlew :app:assembleRelease :app:bundleRelease',
  outputs: outputsOf('app'),
};

/** The APKs lie below `apk`, by flavor and build type; the bundles below `bundle` (AGP 3 and later). */
function outputsOf(module: string): string[] {
  const folder = joinPath(module, 'build/outputs');
  return [`${folder}/apk/**/*.apk`, `${folder}/bundle/**/*.aab`];
}

/** Names that Gradle takes on a command line without quotes. */
const PLAIN = /^[\w:.-]*$/;

/** The command and the outputs for one application of a build, or null if its name needs quotes. */
export function gradlePlan(build: GradleBuild, module: AndroidModule): GradlePlan | null {
  if (!PLAIN.test(module.path)) return null;
  const prefix = module.path === '' ? '' : `${module.path}:`;
  const tasks = [`${prefix}assembleRelease`, ...(makesBundles(build) ? [`${prefix}bundleRelease`] : [])];
  // `sh`: an archive need not have kept that the wrapper may be executed.
  const program = build.hasWrapper ? 'sh ./gradlew' : 'gradle';
  return { command: [program, ...tasks].join(' '), outputs: outputsOf(module.folder) };
}

/** https://developer.android.com/build/releases/past-releases/agp-3-2-0-release-notes: the first with bundles. */
function makesBundles({ pluginVersion, hasWrapper }: GradleBuild): boolean {
  const [, major = '', minor = ''] = /^(\d{1,4})\.(\d{1,4})/.exec(pluginVersion ?? '') ?? [];
  if (major === '') return hasWrapper;
  return Number(major) > 3 || (Number(major) === 3 && Number(minor) >= 2);
}

/** Why this module, why this Gradle, and which flavors. */
export function gradleReasons(build: GradleBuild, module: AndroidModule, plan: GradlePlan): Reason[] {
  const others = build.applications.filter((other) => other !== module).map(({ path }) => path);
  const which = module.path === '' ? 'the build itself' : `the module ${module.path}`;
  const wrapper = build.hasWrapper
    ? 'with the project’s own Gradle (gradlew)'
    : 'with the image’s Gradle, because the Gradle wrapper is missing or incomplete';
  return [
    because(
      'build',
      others.length === 0
        ? `Build command: ${plan.command}; the application is ${which}, built ${wrapper}.`
        : `Build command: ${plan.command}; ${which} was chosen over ${listed(others)}, built ${wrapper}. To build another, set a build command and outputs.`,
    ),
    ...javaReasons(build),
    ...(module.flavors.length === 0
      ? []
      : [because('output', `Output: the release build of each flavor (${listed(module.flavors, 8)}).`)]),
  ];
}

const javaReasons = ({ java }: GradleBuild): Reason[] =>
  java === null ? [] : [because('node', `Java: ${java.version}, because of ${java.by}.`)];
