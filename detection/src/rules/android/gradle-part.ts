/** The Gradle build that lies in a folder of a project whose other part is JavaScript. */
import { GENERATED, gradlePlan, gradleReasons } from '../../gradle/commands.ts';
import { readGradleBuild } from '../../gradle/project.ts';
import type { Reason } from '../../reason.ts';
import { joinPath } from '../../tree.ts';
import type { Subject } from '../rule.ts';
import { shellWord } from '../shell.ts';

export interface GradlePart {
  /** Run in the project's folder. */
  readonly command: string;
  /** Relative to the project's folder. */
  readonly outputs: readonly string[];
  readonly version: string | null;
  /** The major version of Java that it asks for, or null. */
  readonly java: string | null;
  readonly reasons: readonly Reason[];
}

/** The Gradle build in a folder of the project, or null if there is none that makes an app. */
export function gradlePartIn(subject: Subject, folder: string): GradlePart | null {
  const { tree } = subject;
  const build = readGradleBuild(tree, joinPath(tree.base, folder));
  const module = build?.applications[0];
  const plan = build === null || module === undefined ? null : gradlePlan(build, module);
  if (build === null || module === undefined || plan === null) return null;
  return {
    command: `cd ${shellWord(folder)} && ${plan.command}`,
    outputs: plan.outputs.map((output) => joinPath(folder, output)),
    version: module.version,
    java: build.java?.version ?? null,
    reasons: gradleReasons(build, module, plan),
  };
}

/** The Gradle build that a tool will make in a folder. */
export const generatedGradlePart = (folder: string): GradlePart => ({
  command: `cd ${shellWord(folder)} && ${GENERATED.command}`,
  outputs: GENERATED.outputs.map((output) => joinPath(folder, output)),
  version: null,
  java: null,
  reasons: [],
});
