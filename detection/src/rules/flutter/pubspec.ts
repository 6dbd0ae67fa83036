/** `pubspec.yaml` (https://dart.dev/tools/pub/pubspec), read for what detection asks of it. */
import { hasKey, parseYaml, tableAt, textAt } from '../../data-text.ts';

export interface Pubspec {
  readonly version: string | null;
  /** Whether it depends on the Flutter SDK. */
  readonly usesFlutter: boolean;
  /** Whether it is a plugin: a package for other apps. */
  readonly isPlugin: boolean;
  /** Whether it generates code with build_runner. */
  readonly generatesCode: boolean;
  /** The Flutter that it asks for, or null. */
  readonly flutter: string | null;
}

/** Reads a pubspec; null if the text is not one. */
export function readPubspec(text: string): Pubspec | null {
  const data = parseYaml(text);
  if (data === null) return null;
  const dependencies = tableAt(data, 'dependencies');
  // YAML reads `1.0` as a number; a version of two parts is no version for Dart.
  return {
    version: textAt(data, 'version'),
    usesFlutter: textAt(tableAt(dependencies, 'flutter'), 'sdk') === 'flutter',
    isPlugin: hasKey(tableAt(data, 'flutter'), 'plugin'),
    generatesCode: hasKey(tableAt(data, 'dev_dependencies'), 'build_runner'),
    flutter: textAt(tableAt(data, 'environment'), 'flutter'),
  };
}
