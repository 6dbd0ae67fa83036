import { type AppType, BuildSettings, Command, OutputGlob, RunnerLabel } from '@appflux/protocol';
import type { TypeChoice } from './type-options.ts';

export { TYPE_OPTIONS } from './type-options.ts';

/** A version, a range, or an alias of a version manager such as `latest` and `lts/jod`. */
const NODE = /^(?:[\dxX.*^~<>=|v \w+-]*\d[\w.*^~<>=| +-]*|lts|node|stable|latest|current|lts\/[a-z*]+)$/;

/** An image reference. Checks only that it is a single word: the engine checks the rest. */
const IMAGE = /^[a-z0-9][\w.:/@-]*$/;

/** The form of the build settings. Detection decides empty fields. */
export class BuildForm {
  type = $state<TypeChoice>('detect');
  /** The id or name of a framework. */
  framework = $state('');
  installCommand = $state('');
  buildCommand = $state('');
  /** One glob per line. */
  outputs = $state('');
  node = $state('');
  image = $state('');
  /** The time limit in minutes. */
  minutes = $state('');
  /** Separated by commas or spaces. */
  labels = $state('');

  /** Fills the form with saved settings. */
  fill(type: AppType | null, build: BuildSettings): void {
    this.type = type ?? 'detect';
    this.framework = build.framework ?? '';
    this.installCommand = build.installCommand ?? '';
    this.buildCommand = build.buildCommand ?? '';
    this.outputs = build.outputs.join('\n');
    this.node = build.node ?? '';
    this.image = build.image ?? '';
    this.minutes =
      build.timeoutSeconds === null ? '' : String(Math.round((build.timeoutSeconds / 60) * 1000) / 1000);
    this.labels = build.labels.join(', ');
  }

  get labelList(): string[] {
    return this.labels.split(/[\s,]+/).filter(Boolean);
  }

  /** The time limit in seconds; null without one, NaN for invalid input. */
  get timeoutSeconds(): number | null {
    const minutes = this.minutes.trim();
    if (minutes === '') return null;
    return /^\d+(?:\.\d+)?$/.test(minutes) ? Math.round(Number(minutes) * 60) : Number.NaN;
  }

  get outputList(): string[] {
    return this.outputs
      .split('\n')
      .map((line) => line.trim())
      .filter(Boolean);
  }

  get commandProblem(): string | null {
    return [this.installCommand, this.buildCommand].every(
      (command) => command.trim() === '' || Command.safeParse(command).success,
    )
      ? null
      : 'Use at most 2,000 characters for each command.';
  }

  get outputsProblem(): string | null {
    if (this.outputList.length > 50) return 'Use at most 50 outputs.';
    for (const glob of this.outputList) {
      const message = OutputGlob.safeParse(glob).error?.issues[0]?.message;
      if (message) return `${glob}: ${message}.`;
    }
    return null;
  }

  get frameworkProblem(): string | null {
    return this.framework.trim().length > 60 ? 'Use at most 60 characters.' : null;
  }

  get nodeProblem(): string | null {
    const node = this.node.trim();
    return node === '' || (node.length <= 40 && NODE.test(node))
      ? null
      : 'Enter a version or range, such as 22, 24.1.0, or >=22.';
  }

  get imageProblem(): string | null {
    const image = this.image.trim();
    return image === '' || (image.length <= 200 && IMAGE.test(image))
      ? null
      : 'Enter an image name of at most 200 characters, such as appflux/web-builder.';
  }

  get timeProblem(): string | null {
    return BuildSettings.shape.timeoutSeconds.safeParse(this.timeoutSeconds).success
      ? null
      : 'Enter a number of minutes from 0.17 (10 seconds) to 360.';
  }

  get labelsProblem(): string | null {
    if (this.labelList.length > 10) return 'Use at most 10 labels.';
    for (const label of this.labelList) {
      const message = RunnerLabel.safeParse(label).error?.issues[0]?.message;
      if (message) return `${label}: ${message}.`;
    }
    return null;
  }

  get valid(): boolean {
    return [
      this.frameworkProblem,
      this.commandProblem,
      this.outputsProblem,
      this.nodeProblem,
      this.imageProblem,
      this.timeProblem,
      this.labelsProblem,
    ].every((problem) => problem === null);
  }

  /** Whether every field is empty. */
  get blank(): boolean {
    return (
      this.type === 'detect' &&
      [this.framework, this.installCommand, this.buildCommand, this.node, this.image, this.minutes].every(
        (text) => text.trim() === '',
      ) &&
      this.outputList.length === 0 &&
      this.labelList.length === 0
    );
  }

  get appType(): AppType | null {
    return this.type === 'detect' ? null : this.type;
  }

  /** The settings in the form. */
  toSettings(): Omit<BuildSettings, 'supersede' | 'concurrency'> {
    return {
      framework: this.framework.trim() || null,
      installCommand: this.installCommand.trim() || null,
      buildCommand: this.buildCommand.trim() || null,
      outputs: this.outputList,
      node: this.node.trim() || null,
      image: this.image.trim() || null,
      labels: this.labelList,
      timeoutSeconds: this.timeoutSeconds,
    };
  }
}
