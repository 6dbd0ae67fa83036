/** Expo apps: the Android part is made by `expo prebuild`, unless the project keeps one. */
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

/** `expo.version` of app.json; a configuration that is a program computes it. */
function configuredVersion({ tree }: Subject): string | null {
  const text = tree.text(joinPath(tree.base, 'app.json'));
  const config = text === null ? null : parseLooseJson(text);
  return textAt(tableAt(config, 'expo') ?? config, 'version');
}
