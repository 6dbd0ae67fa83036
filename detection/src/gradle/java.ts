/** Which Java a Gradle build asks for. */
import { joinPath, type SourceTree } from '../tree.ts';

export interface AskedJava {
  /** The major version. */
  readonly version: string;
  /** The file that asks. */
  readonly by: string;
}

/** What the Android plugin itself needs: what asks for this or less is content with it. */
const ENOUGH = 17;

/** Files that say nothing but the version, as the places of each version in their text. */
const FILES: readonly (readonly [string, RegExp])[] = [
  // https://docs.gradle.org/current/userguide/gradle_daemon.html#sec:daemon_jvm_criteria
  ['gradle/gradle-daemon-jvm.properties', /^toolchainVersion=(\d{1,3})[ \t\r]{0,9}$/m],
  // jenv, asdf and others: 21, 21.0.2, temurin-21.0.2+13, 1.8
  ['.java-version', /^(?:[a-z-]{1,40}-)?(?:1\.)?(\d{1,3})(?![\d])/m],
  // https://sdkman.io/usage#env-command
  ['.sdkmanrc', /^java=(?:1\.)?(\d{1,3})(?![\d])/m],
];

/** The greatest version of Java that scripts name, each a path and a text. */
const IN_SCRIPT =
  /\bVERSION_(\d{2})\b|\bjvmToolchain\([ \t]{0,9}(\d{2})\b|\bJavaLanguageVersion\.of\([ \t]{0,9}(\d{2})\b|\bJVM_(\d{2})\b/g;

/**
 * The Java of a Gradle build in a folder: what a file for that says, there or in a folder above; else the newest that its
 * scripts compile for, if that is more than what Android needs anyway; null if neither.
 */
export function askedJava(
  tree: SourceTree,
  folder: string,
  scripts: ReadonlyMap<string, string>,
): AskedJava | null {
  for (const above of tree.upward(folder)) {
    for (const [name, pattern] of FILES) {
      // Gradle's own file is for the build that it lies in.
      if (name.includes('/') && above !== folder) continue;
      const by = joinPath(above, name);
      const version = pattern.exec(tree.text(by) ?? '')?.[1];
      if (version !== undefined) return { version, by };
    }
  }
  let newest = { version: ENOUGH, by: '' };
  for (const [by, script] of scripts) {
    for (const [, ...groups] of script.matchAll(IN_SCRIPT)) {
      const version = Number(groups.find((group) => group !== undefined));
      if (version > newest.version) newest = { version, by };
    }
  }
  return newest.version === ENOUGH ? null : { version: String(newest.version), by: newest.by };
}
