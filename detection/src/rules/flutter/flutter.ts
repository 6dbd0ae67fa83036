/** Flutter apps: an APK and an app bundle, a site, or a program for Linux, by the folders that the project has. */
import type { AppType } from '@appflux/protocol';
import { readGradleBuild } from '../../gradle/project.ts';
import { FLUTTER_IMAGE } from '../../images.ts';
import { because, type Reason } from '../../reason.ts';
import { joinPath } from '../../tree.ts';
import type { Finding, Outcome, Rule, Subject } from '../rule.ts';
import { inOrder } from '../shell.ts';
import { flutterVersion } from './flutter-version.ts';
import { type Pubspec, readPubspec } from './pubspec.ts';

type Platform = 'android' | 'web' | 'linux';

/** The likeliest first: an app with a folder for Android is made for phones before all else. */
const PLATFORMS: readonly Platform[] = ['android', 'web', 'linux'];
const TYPE_OF: Readonly<Record<Platform, AppType>> = { android: 'android', web: 'web', linux: 'desktop' };
const FOR: Readonly<Record<AppType, Platform>> = {
  android: 'android',
  web: 'web',
  pwa: 'web',
  desktop: 'linux',
};

/** https://docs.flutter.dev/reference/create-new-app. */
export const flutterRule: Rule = {
  frameworks: ['flutter'],
  types: ['android', 'web', 'pwa', 'desktop'],
  looksFor: 'Flutter (pubspec.yaml)',
  find(subject) {
    const { tree } = subject;
    const path = joinPath(tree.base, 'pubspec.yaml');
    const text = tree.text(path);
    const pubspec = text === null ? null : readPubspec(text);
    return pubspec?.usesFlutter === true ? findIn(subject, path, pubspec) : null;
  },
};

function findIn(subject: Subject, path: string, pubspec: Pubspec): Outcome {
  const { tree, type } = subject;
  const has = (name: string) => tree.isFolder(joinPath(tree.base, name));
  const wanted = type === null ? PLATFORMS.find(has) : FOR[type];
  if (pubspec.isPlugin || entryOf(subject, null) === null) {
    const example = tree.isFile(joinPath(tree.base, 'example/pubspec.yaml'));
    return {
      refusal: `${path} belongs to a Flutter ${pubspec.isPlugin ? 'plugin' : 'package'}, not an app: ${pubspec.isPlugin ? 'it has a flutter.plugin section' : 'there is no lib/main.dart'}.`,
      hint: `Set the root directory of the app to the folder of an app${example ? ', such as "example"' : ''}.`,
    };
  }
  if (wanted === undefined || !has(wanted)) {
    const platform = wanted ?? 'android';
    return {
      refusal: `This Flutter project has no ${wanted ?? 'android, web or linux'} folder, so it can’t be built for ${wanted === undefined ? 'any of them' : wanted === 'linux' ? 'Linux' : wanted}.`,
      hint: `Run "flutter create --platforms=${platform} ." in the project, commit, and deploy again.`,
    };
  }
  return findFor(subject, path, pubspec, wanted);
}

function findFor(subject: Subject, path: string, pubspec: Pubspec, platform: Platform): Finding {
  const { tree } = subject;
  const flavors =
    platform === 'android'
      ? (readGradleBuild(tree, joinPath(tree.base, 'android'))?.applications[0]?.flavors ?? [])
      : [];
  const flavor = platform === 'android' ? chooseFlavor(flavors) : null;
  const entry = entryOf(subject, flavor) ?? 'lib/main.dart';
  const options = [
    '--release',
    ...(flavor === null ? [] : [`--flavor ${flavor}`]),
    ...(entry === 'lib/main.dart' ? [] : [`--target ${entry}`]),
  ].join(' ');
  const generate = needsGenerating(subject, pubspec)
    ? 'dart run build_runner build --delete-conflicting-outputs'
    : null;
  const asked = flutterVersion(tree, pubspec, flavor);
  const commands = platform === 'android' ? ['apk', 'appbundle'] : [platform];
  const buildCommand = inOrder(generate, ...commands.map((target) => `flutter build ${target} ${options}`));
  const reasons: Reason[] = [
    because('framework', `Framework: Flutter, because ${path} depends on the Flutter SDK.`),
    because('type', `Type: ${TYPE_OF[platform]}, because there is a folder ${platform}.`),
    because('install', 'Install command: flutter pub get.'),
    because('build', `Build command: ${buildCommand}.`),
    ...(flavor === null
      ? []
      : [
          because(
            'build',
            `Flavor: ${flavor}, out of ${flavors.join(', ')}. To build another, set a build command.`,
          ),
        ]),
    ...asked.reasons,
  ];
  return {
    type: TYPE_OF[platform],
    framework: 'flutter',
    image: FLUTTER_IMAGE,
    needsInstall: false,
    installCommand: 'flutter pub get',
    buildCommand,
    outputs: OUTPUTS[platform],
    version: pubspec.version,
    flutter: asked.version,
    reasons,
  };
}

/** https://docs.flutter.dev/deployment: where each target is written. */
const OUTPUTS: Readonly<Record<Platform, readonly string[]>> = {
  android: ['build/app/outputs/flutter-apk/*.apk', 'build/app/outputs/bundle/**/*.aab'],
  web: ['build/web'],
  linux: ['build/linux/x64/release/bundle', 'build/linux/arm64/release/bundle'],
};

const FINAL_FLAVORS = ['production', 'prod', 'release', 'live', 'store', 'main'];

/** With flavors, Flutter requires one: the one that is meant for users. */
const chooseFlavor = (flavors: readonly string[]): string | null =>
  FINAL_FLAVORS.find((name) => flavors.includes(name)) ?? flavors[0] ?? null;

/** The program's entry: the flavor's own, `main.dart`, or the one for users; null if there is none. */
function entryOf({ tree }: Subject, flavor: string | null): string | null {
  const names = [
    ...(flavor === null ? [] : [`main_${flavor}`]),
    'main',
    ...FINAL_FLAVORS.map((name) => `main_${name}`),
  ];
  const found = names.find((name) => tree.isFile(joinPath(tree.base, `lib/${name}.dart`)));
  return found === undefined ? null : `lib/${found}.dart`;
}

/** Whether code has to be generated first: the project is set up for it, and has none of it. */
const needsGenerating = ({ tree }: Subject, { generatesCode }: Pubspec): boolean =>
  generatesCode &&
  !tree
    .files()
    .some((file) => file.startsWith(joinPath(tree.base, 'lib')) && /\.(?:g|freezed)\.dart$/.test(file));
