/** Which Node a build asks for. */
import { quoted } from '@appflux/protocol';
import semver from 'semver';
import { MANIFEST_NAME } from '../manifest.ts';
import { because, type Reason } from '../reason.ts';
import { nodeRange } from './node-range.ts';
import {
  present,
  type VersionSources,
  type WrittenVersion,
  writtenInProject,
  writtenInVariables,
} from './written.ts';

/** The longest that the record of a plan takes. */
const LONGEST = 40;
/** How many of the versions that are not used are named. */
const NAMED = 3;

export interface NodeChoice {
  readonly node: string | null;
  readonly reasons: readonly Reason[];
}

export interface NodeSettings {
  /** The Node of the app's build settings, and of appflux.json. */
  readonly app: string | null;
  readonly manifest: string | null;
}

/**
 * The Node version: that of the app's settings, else its variable NODE_VERSION, else that of appflux.json, else the first
 * valid one of those that the project's files say (`writtenInProject`). Null leaves it to the image. The reasons name
 * what is not valid, and what asks for another one.
 */
export function chooseNode(settings: NodeSettings, sources: VersionSources): NodeChoice {
  const reasons: Reason[] = [];
  const unused: WrittenVersion[] = [];
  let chosen: WrittenVersion | null = null;
  for (const written of candidates(settings, sources)) {
    if (written.value.length > LONGEST || nodeRange(written.value) === null) {
      reasons.push(invalid(written));
    } else if (chosen === null) {
      chosen = written;
      reasons.push(because('node', `Node: ${written.value}, because ${written.by} says so.`));
    } else if (!agree(chosen, written)) unused.push(written);
  }
  reasons.push(...unused.slice(0, NAMED).map((written) => overruled(written, chosen)));
  return { node: chosen?.value ?? null, reasons };
}

function* candidates({ app, manifest }: NodeSettings, sources: VersionSources): Generator<WrittenVersion> {
  yield* present(app, 'the app');
  yield* writtenInVariables('node', sources);
  yield* present(manifest, MANIFEST_NAME);
  yield* writtenInProject('node', sources);
}

const invalid = ({ value, by }: WrittenVersion): Reason =>
  because('node', `${by} requests Node ${quoted(value)}, which is not a valid version. Ignored.`);

const overruled = ({ value, by }: WrittenVersion, chosen: WrittenVersion | null): Reason =>
  because('node', `${by} requests Node ${value}. Not used, because ${chosen?.by} comes first.`);

/** Whether one Node can be both. */
const agree = (one: WrittenVersion, other: WrittenVersion): boolean =>
  semver.intersects(nodeRange(one.value) ?? '*', nodeRange(other.value) ?? '*', { loose: true });
