/** Expo apps: the Android part is made by `expo prebuild`, unless the project keeps one. */
import { listed } from '@appflux/protocol';
import { blockAt, withoutComments } from '../../config-text.ts';
import { parseLooseJson, tableAt, textAt } from '../../data-text.ts';
import { ANDROID_IMAGE } from '../../images.ts';
import { allDependencies } from '../../package-json.ts';
import { runProgram } from '../../package-manager.ts';
import { because } from '../../reason.ts';
import { joinPath } from '../../tree.ts';
import { ownPackage, type Rule, type Subject } from '../rule.ts';
import { inOrder } from '../shell.ts';
import { generatedGradlePart, gradlePartIn } from './gradle-part.ts';

/** https://docs.expo.dev/workflow/prebuild/ and https://docs.expo.dev/guides/local-app-production/. */
export const expoRule: Rule = {
  frameworks: ['expo'],
  types: ['android'],
  looksFor: 'Expo',
  find(subject) {
    const pkg = ownPackage(subject);
    if (pkg === null || allDependencies(pkg).expo === undefined) return null;
    const { tree, manager } = subject;
    if (!isApp(subject)) return null;
    const platforms = platformsOf(subject);
    // What is made for browsers alone is a site.
    if (platforms !== null && !platforms.includes('android')) {
      if (platforms.includes('web') && subject.type !== 'android') return null;
      return {
        refusal: `This Expo app is not made for Android: its configuration has the platforms ${listed(platforms, 4)}.`,
        hint: 'Add "android" to "platforms", or remove "platforms", and deploy again.',
      };
    }
    const kept = gradlePartIn(subject, 'android');
    const part = kept ?? generatedGradlePart('android');
    // Skips the installation, which the plan's own install command has done.
    const prebuild =
      kept === null ? runProgram(manager, 'expo prebuild --platform android --no-install') : null;
    const update = allDependencies(pkg)['expo-updates'] === undefined ? null : exportCommand(subject);
    const command = inOrder(prebuild, update, part.command);
    return {
      type: 'android',
      framework: 'expo',
      image: ANDROID_IMAGE,
      needsInstall: true,
      buildCommand: command,
      outputs: update === null ? part.outputs : [...part.outputs, UPDATE_FOLDER],
      version: configuredVersion(subject) ?? part.version,
      java: part.java,
      reasons: [
        because(
          'framework',
          `Framework: Expo, because ${joinPath(tree.base, 'package.json')} depends on expo.`,
        ),
        ...(kept === null
          ? [
              because(
                'build',
                `Build command: ${command}; "expo prebuild" generates the folder android first.`,
              ),
            ]
          : part.reasons),
        ...(update === null
          ? []
          : [
              because(
                'output',
                `Output ${UPDATE_FOLDER}: an update for installed apps, because ${joinPath(tree.base, 'package.json')} depends on expo-updates.`,
              ),
            ]),
      ],
    };
  },
};

/** Where the update of the app is exported: `expo export` uses `dist` for all platforms, which may have other contents. */
const UPDATE_FOLDER = 'dist-update';

/**
 * Exports the app's JavaScript and assets, with its public config and its runtime version, which only the project's own
 * tools can compute for each policy (https://docs.expo.dev/eas-update/runtime-versions/). Before the native build, whose
 * command ends in another folder, and after the folder `android` is there, which a fingerprint depends on.
 */
const exportCommand = ({ manager }: Subject): string =>
  inOrder(
    runProgram(manager, `expo export --platform android --output-dir ${UPDATE_FOLDER}`),
    `${runProgram(manager, 'expo config --type public --json')} > ${UPDATE_FOLDER}/expoConfig.json`,
    // Versions before SDK 51 don't have it. Without it, the config's policy is used.
    `(${runProgram(manager, 'expo-updates runtimeversion:resolve --platform android')} > ${UPDATE_FOLDER}/runtime-version.android.json || true)`,
  );

/** A module or library depends on Expo as well; an app has a configuration or an entry. */
const isApp = ({ tree }: Subject): boolean =>
  tree.firstFile(tree.base, [
    'app.json',
    'app.config.ts',
    'app.config.js',
    'app.config.mjs',
    'app.config.cjs',
    'App.tsx',
    'App.jsx',
    'App.js',
    'App.ts',
  ]) !== null || tree.isFolder(joinPath(tree.base, 'app'));

/** The platforms that the configuration lists; null where it lists none: then it is made for all. */
function platformsOf({ tree }: Subject): string[] | null {
  const text = tree.text(joinPath(tree.base, 'app.json'));
  const config = text === null ? null : parseLooseJson(text);
  const named = (tableAt(config, 'expo') ?? config)?.platforms;
  if (Array.isArray(named)) return named.filter((name) => typeof name === 'string').slice(0, 10);
  const program = tree.firstFile(tree.base, [
    'app.config.ts',
    'app.config.js',
    'app.config.mjs',
    'app.config.cjs',
  ]);
  const block = program === null ? null : blockAt(withoutComments(tree.text(program) ?? ''), 'platforms');
  const names = [...(block ?? '').matchAll(/["'](\w{1,20})["']/g)].map(([, name = '']) => name);
  return names.length === 0 ? null : names;
}

/** `expo.version` of app.json; a configuration that is a program computes it. */
function configuredVersion({ tree }: Subject): string | null {
  const text = tree.text(joinPath(tree.base, 'app.json'));
  const config = text === null ? null : parseLooseJson(text);
  return textAt(tableAt(config, 'expo') ?? config, 'version');
}
