/** What `flutter create` and Very Good CLI make. */
import type { Fixtures, SourceFiles } from '../fixture.ts';

const pubspec = (more = '', version = '1.0.0+1') => `name: counter
description: A new Flutter project.
publish_to: 'none'
version: ${version}
environment:
  sdk: ^3.9.0
dependencies:
  flutter:
    sdk: flutter
  cupertino_icons: ^1.0.8
dev_dependencies:
  flutter_test:
    sdk: flutter
${more}
`;

const android = (flavors = ''): SourceFiles => ({
  'android/settings.gradle.kts': 'include(":app")',
  'android/app/build.gradle.kts': `plugins { id("com.android.application") }\nandroid { ${flavors} }`,
});

const main = { 'lib/main.dart': '' };
const web = { 'web/index.html': '', 'web/manifest.json': '{"start_url":"."}' };
const linux = { 'linux/CMakeLists.txt': '' };
const androidOutputs = ['build/app/outputs/flutter-apk/*.apk', 'build/app/outputs/bundle/**/*.aab'];

export const flutterFixtures: Fixtures = {
  'flutter create, for all platforms': {
    files: {
      'pubspec.yaml': pubspec(),
      'pubspec.lock': '',
      ...main,
      ...android(),
      ...web,
      ...linux,
      'ios/Podfile': '',
      'windows/CMakeLists.txt': '',
      'macos/Podfile': '',
    },
    plan: {
      type: 'android',
      framework: 'flutter',
      image: 'appflux/flutter-builder',
      packageManager: null,
      installCommand: 'flutter pub get',
      buildCommand: 'flutter build apk --release && flutter build appbundle --release',
      outputs: androidOutputs,
    },
    because: [
      'Framework: Flutter, because pubspec.yaml depends on the Flutter SDK.',
      'Type: android, because there is a folder android.',
      'It could also be built as web with flutter: set the type of the app to "web".',
      'It could also be built as desktop with flutter: set the type of the app to "desktop".',
    ],
    version: '1.0.0+1',
  },
  'as a site': {
    type: 'web',
    files: { 'pubspec.yaml': pubspec(), ...main, ...android(), ...web },
    plan: { type: 'web', buildCommand: 'flutter build web --release', outputs: ['build/web'] },
  },
  'as a PWA, which its site is': {
    type: 'pwa',
    files: { 'pubspec.yaml': pubspec(), ...main, ...web },
    plan: { type: 'pwa', buildCommand: 'flutter build web --release', outputs: ['build/web'] },
  },
  'as a program for Linux': {
    type: 'desktop',
    files: { 'pubspec.yaml': pubspec(), ...main, ...android(), ...linux },
    plan: {
      type: 'desktop',
      image: 'appflux/flutter-builder',
      buildCommand: 'flutter build linux --release',
      outputs: ['build/linux/x64/release/bundle', 'build/linux/arm64/release/bundle'],
    },
  },
  'with a web folder alone': {
    files: { 'pubspec.yaml': pubspec(), ...main, ...web },
    plan: { type: 'web', framework: 'flutter', buildCommand: 'flutter build web --release' },
  },
  'with a Linux folder alone': {
    files: { 'pubspec.yaml': pubspec(), ...main, ...linux },
    plan: { type: 'desktop', buildCommand: 'flutter build linux --release' },
  },
  'Very Good CLI: flavors, each with an entry of its own': {
    files: {
      'pubspec.yaml': pubspec(),
      'lib/main_development.dart': '',
      'lib/main_staging.dart': '',
      'lib/main_production.dart': '',
      ...android(
        'productFlavors { create("production") { }\n create("staging") { }\n create("development") { } }',
      ),
    },
    plan: {
      buildCommand:
        'flutter build apk --release --flavor production --target lib/main_production.dart && flutter build appbundle --release --flavor production --target lib/main_production.dart',
    },
    because: [
      'Flavor: production, out of production, staging, development. To build another, set a build command.',
    ],
  },
  'flavors and one entry': {
    files: {
      'pubspec.yaml': pubspec(),
      ...main,
      ...android('flavorDimensions += "x"\nproductFlavors { create("free") { }\n create("pro") { } }'),
    },
    plan: {
      buildCommand:
        'flutter build apk --release --flavor free && flutter build appbundle --release --flavor free',
    },
  },
  'code to be generated first': {
    type: 'web',
    files: { 'pubspec.yaml': pubspec('  build_runner: ^2.4.0'), ...main, ...web },
    plan: {
      buildCommand: 'dart run build_runner build --delete-conflicting-outputs && flutter build web --release',
    },
  },
  'generated code that is kept': {
    files: {
      'pubspec.yaml': pubspec('  build_runner: ^2.4.0'),
      ...main,
      'lib/model/user.g.dart': '',
      ...web,
    },
    plan: { buildCommand: 'flutter build web --release' },
  },
  'a version of Flutter by FVM': {
    files: { 'pubspec.yaml': pubspec(), '.fvmrc': '{"flutter":"3.35.1"}', ...main, ...web },
    plan: { framework: 'flutter', flutter: '3.35.1' },
    because: ['Flutter: "3.35.1", because .fvmrc says so.'],
  },
  'a version of Flutter by an older FVM': {
    files: {
      'pubspec.yaml': pubspec(),
      '.fvm/fvm_config.json': '{"flutterSdkVersion":"3.10.0","flavors":{}}',
      ...main,
      ...web,
    },
    plan: { flutter: '3.10.0' },
  },
  'a version of Flutter for all projects of a repository': {
    base: 'app',
    files: {
      '.fvmrc': '{\n  "flutter": "3.41.9"\n}',
      'pubspec.yaml': 'name: workspace\nworkspace:\n  - app\n',
      'app/pubspec.yaml': pubspec(),
      'app/lib/main.dart': '',
      'app/web/index.html': '',
    },
    plan: { flutter: '3.41.9', buildCommand: 'flutter build web --release' },
  },
  'a version of Flutter for each flavor': {
    files: {
      'pubspec.yaml': pubspec(),
      '.fvmrc': '{"flutter":"stable","flavors":{"production":"3.35.1","staging":"beta"}}',
      ...main,
      ...android('productFlavors { create("production") { }\n create("staging") { } }'),
    },
    plan: { flutter: '3.35.1' },
  },
  'a channel of Flutter': {
    files: { 'pubspec.yaml': pubspec(), '.fvmrc': '{"flutter":"beta"}', ...main, ...web },
    plan: { flutter: 'beta' },
  },
  'a range of Flutter in pubspec.yaml': {
    files: {
      'pubspec.yaml': pubspec().replace('sdk: ^3.9.0', 'sdk: ^3.9.0\n  flutter: ">=3.35.0 <3.41.0"'),
      ...main,
      ...web,
    },
    plan: { flutter: '>=3.35.0 <3.41.0' },
    because: ['Flutter: ">=3.35.0 <3.41.0", because environment in pubspec.yaml says so.'],
  },
  'a fork of Flutter, which nobody releases': {
    files: { 'pubspec.yaml': pubspec(), '.fvmrc': '{"flutter":"fork/$(id)"}', ...main, ...web },
    plan: { framework: 'flutter' },
    because: [
      'Flutter: .fvmrc requests "fork/$(id)", which is not a release. Using the version in the image.',
    ],
  },
  'a plugin with an example': {
    files: {
      'pubspec.yaml': pubspec('flutter:\n  plugin:\n    platforms:\n      android:\n        package: a.b'),
      'lib/plugin.dart': '',
      'android/build.gradle': 'apply plugin: "com.android.library"',
      'example/pubspec.yaml': pubspec(),
      'example/lib/main.dart': '',
    },
    message: 'pubspec.yaml belongs to a Flutter plugin, not an app',
    hint: 'such as "example"',
  },
  'a package': {
    files: { 'pubspec.yaml': pubspec(), 'lib/widgets.dart': '' },
    message: 'belongs to a Flutter package, not an app: there is no lib/main.dart',
    hint: 'Set the root directory',
  },
  'without the folder that the app’s type needs': {
    type: 'desktop',
    files: { 'pubspec.yaml': pubspec(), ...main, ...web },
    message: 'has no linux folder, so it can’t be built for Linux',
    hint: 'flutter create --platforms=linux .',
  },
  'a Dart program without Flutter': {
    files: {
      'pubspec.yaml': 'name: tool\nversion: 1.0.0\ndependencies:\n  args: ^2.0.0\n',
      'bin/tool.dart': '',
    },
    message: 'Found nothing to build',
    hint: 'set a build command and outputs',
  },
};
