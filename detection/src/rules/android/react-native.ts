/** React Native without Expo: the project keeps its Android part in `android`. */
import { ANDROID_IMAGE } from '../../images.ts';
import { allDependencies } from '../../package-json.ts';
import { because } from '../../reason.ts';
import { joinPath } from '../../tree.ts';
import { ownPackage, type Rule } from '../rule.ts';
import { gradlePartIn } from './gradle-part.ts';

/** https://reactnative.dev/docs/signed-apk-android: Gradle bundles the JavaScript itself. */
export const reactNativeRule: Rule = {
  frameworks: ['react-native'],
  types: ['android'],
  looksFor: 'React Native',
  find(subject) {
    const pkg = ownPackage(subject);
    if (pkg === null) return null;
    const dependencies = allDependencies(pkg);
    const isLibrary = pkg.peerDependencies['react-native'] !== undefined;
    if (dependencies['react-native'] === undefined || dependencies.expo !== undefined || isLibrary)
      return null;
    const part = gradlePartIn(subject, 'android');
    if (part === null) {
      return {
        refusal: 'The folder android of this React Native project has no Android application.',
        hint: 'Add one ("npx @react-native-community/cli init" generates it), or set the root directory to the folder of the app.',
      };
    }
    const path = joinPath(subject.tree.base, 'package.json');
    return {
      type: 'android',
      framework: 'react-native',
      image: ANDROID_IMAGE,
      needsInstall: true,
      buildCommand: part.command,
      outputs: part.outputs,
      version: part.version,
      java: part.java,
      reasons: [
        because('framework', `Framework: React Native, because ${path} depends on react-native.`),
        ...part.reasons,
      ],
    };
  },
};
