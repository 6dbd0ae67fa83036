/** What the fixtures of detection are: a source as a tool's documentation lays it out, and what must come of it. */
import type { Plan } from '@appflux/protocol';
import type { DetectSettings } from '../src/decide.ts';

/** Names of Object.prototype are names like others here, and package.json may hold any. */
export type SourceFiles = Readonly<Record<string, string>>;

interface Given {
  readonly files: SourceFiles;
  /** The root directory, where it is not the source's top. */
  readonly base?: string;
  readonly settings?: Partial<DetectSettings['build']>;
  readonly type?: DetectSettings['type'];
  /** Whether the instance runs servers. */
  readonly servers?: boolean;
}

export interface Planned extends Given {
  readonly plan: Partial<Plan>;
  /** Sentences that must be among the reasons. */
  readonly because?: readonly string[];
  readonly version?: string | null;
}

export interface Refused extends Given {
  /** `nothing_to_build`, unless it is something else. */
  readonly code?: string;
  /** Parts of the message and of the hint, where there is a hint of its own. */
  readonly message: string;
  readonly hint?: string;
}

export type Fixture = Planned | Refused;

/** Fixtures of one kind, by what each is. */
export type Fixtures = Readonly<Record<string, Fixture>>;

export const json = (value: unknown): string => JSON.stringify(value);

/** A package.json with these packages, and a build script. */
export function pkg(
  dependencies: Readonly<Record<string, string>>,
  build?: string,
  more: Readonly<Record<string, unknown>> = {},
): string {
  return json({
    name: 'app',
    version: '1.2.3',
    scripts: build === undefined ? {} : { build },
    dependencies,
    ...more,
  });
}

/** A lockfile of npm, and what is installed with it. */
export const npmLock: SourceFiles = { 'package-lock.json': '{}' };
export const npmCi = 'npm ci';
