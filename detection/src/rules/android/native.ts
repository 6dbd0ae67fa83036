/** Native Android projects: a Gradle build, in Groovy or Kotlin, with a module that makes an app. */
import { listed } from '@appflux/protocol';
import { gradlePlan, gradleReasons } from '../../gradle/commands.ts';
import { type GradleBuild, readGradleBuild } from '../../gradle/project.ts';
import { ANDROID_IMAGE } from '../../images.ts';
import { because } from '../../reason.ts';
import type { Outcome, Rule } from '../rule.ts';

/** https://developer.android.com/build: settings.gradle(.kts) names the modules; one has the application plugin. */
export const nativeAndroidRule: Rule = {
  frameworks: ['android'],
  types: ['android'],
  looksFor: 'Android (a Gradle build with an application)',
  find(subject) {
    const build = readGradleBuild(subject.tree, subject.tree.base);
    return build?.isAndroid === true ? findIn(build) : null;
  },
};

function findIn(build: GradleBuild): Outcome {
  const owner = ownerOf(build);
  if (owner !== null) {
    return {
      refusal: `${build.file} belongs to a ${owner} project in a parent folder.`,
      hint: 'Set the root directory of the app to that folder.',
    };
  }
  const [module] = build.applications;
  if (module === undefined) {
    return {
      refusal: `${build.file} includes Android libraries, but no module applies com.android.application.`,
      hint: 'Set the root directory to the folder of the app, or set a build command and outputs in the app or in appflux.json.',
    };
  }
  const plan = gradlePlan(build, module);
  if (plan === null) {
    return {
      refusal: `The application module ${listed([module.path])} has a name that can’t be passed to Gradle.`,
      hint: 'Set a build command and outputs in the app or in appflux.json.',
    };
  }
  return {
    type: 'android',
    framework: 'android',
    image: ANDROID_IMAGE,
    needsInstall: false,
    buildCommand: plan.command,
    outputs: plan.outputs,
    version: module.version,
    java: build.java?.version ?? null,
    reasons: [
      because(
        'framework',
        `Framework: Android, because ${build.file} belongs to a Gradle build with an application module.`,
      ),
      ...gradleReasons(build, module, plan),
    ],
  };
}

/** The framework whose Android folder this is: it cannot be built without what lies above it. */
function ownerOf({ settings, folder }: GradleBuild): string | null {
  if (!/(?:^|\/)android$/.test(folder)) return null;
  if (/flutter\.sdk|flutterSdkPath/.test(settings)) return 'Flutter';
  if (/expo-modules-autolinking|useExpoModules|expoAutolinking/.test(settings)) return 'Expo';
  if (/react-native|com\.facebook\.react/.test(settings)) return 'React Native';
  return /capacitor-android/.test(settings) ? 'Capacitor' : null;
}
