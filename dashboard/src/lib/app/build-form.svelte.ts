import { type AppType, type BuildSettings, Command, OutputGlob } from '@appflux/protocol';

export type TypeChoice = AppType | 'detect';

export const TYPE_OPTIONS: readonly { value: TypeChoice; label: string }[] = [
  { value: 'detect', label: 'Detect it' },
  { value: 'web', label: 'Web site' },
  { value: 'pwa', label: 'Progressive web app' },
  { value: 'android', label: 'Android app' },
  { value: 'desktop', label: 'Desktop app' },
];

/** Build settings as they are being written; what is left blank is left to detection. */
export class BuildForm {
  type = $state<TypeChoice>('detect');
  /** The id or name of a framework; blank leaves it to detection. */
  framework = $state('');
  installCommand = $state('');
  buildCommand = $state('');
  /** One glob a line. */
  outputs = $state('');

  /** Takes over settings that are kept. */
  fill(type: AppType | null, build: BuildSettings): void {
    this.type = type ?? 'detect';
    this.framework = build.framework ?? '';
    this.installCommand = build.installCommand ?? '';
    this.buildCommand = build.buildCommand ?? '';
    this.outputs = build.outputs.join('\n');
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
      : 'A command has at most 2000 characters.';
  }

  get outputsProblem(): string | null {
    if (this.outputList.length > 50) return 'There can be at most 50 outputs.';
    for (const glob of this.outputList) {
      const message = OutputGlob.safeParse(glob).error?.issues[0]?.message;
      if (message) return `${glob}: ${message}.`;
    }
    return null;
  }

  get frameworkProblem(): string | null {
    return this.framework.trim().length > 60 ? 'A framework’s name has at most 60 characters.' : null;
  }

  get valid(): boolean {
    return [this.frameworkProblem, this.commandProblem, this.outputsProblem].every(
      (problem) => problem === null,
    );
  }

  /** Whether anything is said at all. */
  get blank(): boolean {
    return (
      this.type === 'detect' &&
      this.framework.trim() === '' &&
      this.installCommand.trim() === '' &&
      this.buildCommand.trim() === '' &&
      this.outputList.length === 0
    );
  }

  get appType(): AppType | null {
    return this.type === 'detect' ? null : this.type;
  }

  /** The settings that are written here. */
  toSettings(): Pick<BuildSettings, 'framework' | 'installCommand' | 'buildCommand' | 'outputs'> {
    return {
      framework: this.framework.trim() || null,
      installCommand: this.installCommand.trim() || null,
      buildCommand: this.buildCommand.trim() || null,
      outputs: this.outputList,
    };
  }
}
