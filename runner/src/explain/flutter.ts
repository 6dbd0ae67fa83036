/** Flutter and Dart: pub's version solving, the analyzer's errors, the build's own. */
import { byRules, following, group } from './rule.ts';

export const explainFlutter = byRules([
  {
    when: /unable to find directory entry in pubspec\.yaml: |No file or variants found for asset: /,
    hint: 'An asset in pubspec.yaml is not in the source. Commit it, or remove it from `assets`. Names are case-sensitive.',
  },
  {
    when: /^(?:Because .{1,200} which doesn't exist \(could not find package (?<name>\S+) at )/,
    hint: (found) => `The package ${group(found, 'name')} doesn’t exist. Check its name in pubspec.yaml.`,
  },
  {
    when: /^The current (?<what>Dart|Flutter) SDK version is (?<there>\S+?)\.?$/,
    say: (found) => {
      const wanted = following(
        found,
        /^Because .* requires (?:the Flutter )?SDK version (\S.*?),? version solving failed/,
        6,
      )?.[1];
      return `The project needs ${wanted === undefined ? 'another version of ' : ''}the ${group(found, 'what')} SDK${wanted === undefined ? '' : ` ${wanted}`}; installed: ${group(found, 'there')}`;
    },
    hint: 'Use packages that support the Flutter version of the builder image ("environment" in pubspec.yaml), or an image with the required version.',
  },
  {
    when: /^(?:And because|So, because|Because) .*\bversion solving failed\.?/,
    hint: 'No compatible versions exist. Relax a constraint in pubspec.yaml (`flutter pub outdated` shows which), and commit pubspec.lock.',
  },
  {
    when: /^Error on line \d+, column \d+ of pubspec\.yaml: |^Error detected in pubspec\.yaml:/,
    say: (found) =>
      found.match[0].endsWith('pubspec.yaml:')
        ? (following(found, /(\S.*)/, 3)?.[1] ?? found.match.input)
        : found.match.input,
    hint: 'Fix pubspec.yaml at the location shown. Indentation matters.',
  },
  {
    when: /^Expected to find project root in current working directory|No pubspec\.yaml file found/,
    hint: 'Set the root directory of the app to the folder with pubspec.yaml.',
  },
  {
    when: /^(?<file>[\w./-]+\.dart):(?<line>\d+):(?<column>\d+): Error: (?<why>.*)/,
    hint: 'Fix the code at the location shown.',
  },
  {
    when: /^Target (?<target>\w+) failed: (?<why>.*)/,
    hint: 'The log lines before it show the location.',
  },
  {
    when: /requires a higher Android SDK version|uses-sdk:minSdkVersion (?<is>\d+) cannot be smaller than version (?<wanted>\d+)/,
    hint: (found) =>
      `A plugin needs a newer Android${group(found, 'wanted') === '' ? '' : `: set minSdk to ${group(found, 'wanted')}`} in android/app/build.gradle.`,
  },
  {
    when: /^\s*(?:Your app|The plugin) .{0,80}(?:requires|is applied).{0,40}(?:Gradle|Kotlin) version/,
    hint: 'Raise the reported version in android/ (settings.gradle or gradle-wrapper.properties).',
  },
  {
    when: /is not configured (?:for building|to build) (?:on |for )?(?:the )?(?<what>web|linux|windows|macos|android)|No (?<other>\w+) desktop project configured/i,
    hint: 'Create the platform folder with `flutter create --platforms=… .` and commit it.',
  },
  // The tool of the image that is made of Debian's packages.
  {
    when: /^flutter: the package (?<name>\S+) is not in Debian/,
    hint: 'The runner’s Flutter image uses Debian’s packages, which are limited. Ask the owner of the runner for the image with the official SDK.',
  },
  {
    when: /^flutter: .* cannot be done with Debian's packages/,
    hint: 'The runner’s Flutter image uses Debian’s packages, which build for Linux only. Ask the owner of the runner for the image with the official SDK.',
  },
  {
    when: /^flutter: there is no pubspec\.yaml here/,
    hint: 'Set the root directory of the app to the folder with pubspec.yaml.',
  },
]);
