/** The rule of docs/architecture.md: parts of different versions understand each other's frames. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { asData, frameSchemasOf } from '../testing/frame-schemas.ts';
import { GOLDEN } from '../testing/golden-frames.ts';
import { membersIn, membersOf } from '../testing/members.ts';
import { type FrameSchema, frameTypes, parseFrame } from './frame.ts';
import * as protocol from './index.ts';

type Frames = Readonly<Record<string, readonly { type: string }[]>>;

const SCHEMAS = frameSchemasOf(protocol);
const AS_DATA = asData(SCHEMAS);
const NAMES = Object.keys(SCHEMAS);
const golden: Frames = Object.fromEntries(
  Object.entries(GOLDEN).map(([name, types]) => [name, Object.values(types).flat()]),
);

/** Who receives frames of a schema and may skip a type that it doesn't know. */
const SKIPS_UNKNOWN_TYPES = ['PoolToRunner', 'DeploymentToRunner', 'ViewerFrame'];

/** Types that a sender sends only to a receiver that has said that it knows them (`accepts` of `welcome`). */
const NEGOTIATED: Readonly<Record<string, readonly string[]>> = {
  RunnerToPool: ['disk', 'machine', 'pictures', 'features', 'leaving', 'looked'],
  RunnerToDeployment: ['site_base', 'details', 'budgets'],
};

/** Members that a sender adds only for a receiver that accepts them in the same way, as the names on the way to them. */
const NEGOTIATED_MEMBERS: Readonly<Record<string, readonly (readonly string[])[]>> = {
  RunnerToDeployment: [
    ['plan', 'server'],
    ['result', 'failure', 'location'],
  ],
};

/** The frame as a receiver gets it that accepts none of these. */
function withoutNegotiated(name: string, frame: { type: string }): { type: string } {
  const sent = structuredClone(frame);
  for (const path of NEGOTIATED_MEMBERS[name] ?? []) {
    const holder = path.slice(0, -1).reduce((value, member) => Object(value)[member], sent as unknown);
    if (typeof holder === 'object' && holder !== null) Reflect.deleteProperty(holder, path.at(-1) ?? '');
  }
  return sent;
}

/** Members that a sender adds and no receiver reads: a batch of lines is passed on to viewers as the runner sent it. */
const UNREAD: Readonly<Record<string, string>> = { ViewerFrame: 'attempt' };

const RECORDED = join(import.meta.dirname, '..', 'recorded');
const VERSIONS = readdirSync(RECORDED, { withFileTypes: true })
  .filter((entry) => entry.isDirectory())
  .map(({ name }) => name);

const read = (version: string, file: string) =>
  JSON.parse(readFileSync(join(RECORDED, version, file), 'utf8'));

const schemaOf = (name: string): FrameSchema => {
  const schema = SCHEMAS[name];
  if (schema === undefined) throw new Error(`there is no schema ${name} any more`);
  return schema;
};

/** Whether a receiver that has this schema, given as data, uses the frame, skips it, or is confused by it. */
function received(name: string, schema: z.core.JSONSchema.BaseSchema, frame: { type: string }) {
  if (z.fromJSONSchema(schema as z.core.JSONSchema.JSONSchema).safeParse(frame).success) return 'used';
  const types = (schema.oneOf ?? [schema]).map(({ properties }) => Object(properties?.type).const);
  return !types.includes(frame.type) && SKIPS_UNKNOWN_TYPES.includes(name) ? 'skipped' : 'refused';
}

const only = (name: string, type: string, frames: Frames = golden) =>
  structuredClone(frames[name]?.find((frame) => frame.type === type)) as { type: string } & Record<
    string,
    unknown
  >;

describe('golden frames of this version', () => {
  test('are there for every schema of frames that is exported', () => {
    expect(Object.keys(golden).sort()).toEqual([...NAMES].sort());
    expect(NAMES).toEqual(expect.arrayContaining(['RunnerToPool', 'RunnerToDeployment', 'ViewerFrame']));
  });

  test.each(NAMES)('are there for every type of %s, and show every member', (name) => {
    expect(Object.keys(GOLDEN[name] ?? {}).sort()).toEqual(frameTypes(schemaOf(name)).sort());
    const shown = membersIn(golden[name] ?? []);
    expect([...membersOf(AS_DATA[name] ?? {})].filter((member) => !shown.has(member))).toEqual([]);
  });

  test.each(NAMES)('are frames of %s, and nothing of them is dropped', (name) => {
    for (const frame of golden[name] ?? []) {
      expect(parseFrame(schemaOf(name), JSON.stringify(frame))).toEqual({ outcome: 'ok', frame });
    }
  });
});

test('there are recorded versions', () => {
  expect(VERSIONS).toContain('f025d9c');
});

describe.each(VERSIONS)('version %s', (version) => {
  const frames: Frames = read(version, 'frames.json');
  const schemas: Record<string, z.core.JSONSchema.BaseSchema> = read(version, 'schemas.json');
  const names = Object.keys(schemas);

  test.each(names)('has a recorded frame for every type of %s', (name) => {
    const types = (schemas[name]?.oneOf ?? [schemas[name]]).map(
      (schema) => Object(schema?.properties?.type).const,
    );
    const recorded = (frames[name] ?? []).map(({ type }) => type);
    expect([...new Set(recorded)].sort()).toEqual(types.sort());
    for (const frame of frames[name] ?? []) expect(received(name, schemas[name] ?? {}, frame)).toBe('used');
  });

  test.each(names)('sends frames of %s that this version understands, with all that they say', (name) => {
    for (const frame of frames[name] ?? []) {
      const { [UNREAD[name] ?? '']: _, ...said } = { ...frame } as Record<string, unknown>;
      const parsed = parseFrame(schemaOf(name), JSON.stringify(frame));
      expect(parsed).toMatchObject({ outcome: 'ok', frame: said });
    }
  });

  test.each(names)('understands, or may skip, every frame of %s that this version sends', (name) => {
    for (const frame of golden[name] ?? []) {
      if (NEGOTIATED[name]?.includes(frame.type)) continue;
      const result = received(name, schemas[name] ?? {}, withoutNegotiated(name, frame));
      expect({ frame, result }).not.toMatchObject({ result: 'refused' });
    }
  });
});

describe('the recorded schemas of f025d9c are as strict as that version', () => {
  const schemas = read('f025d9c', 'schemas.json');
  const frames: Frames = read('f025d9c', 'frames.json');
  const result = (name: string, frame: { type: string }) => received(name, schemas[name], frame);

  test('its edge refuses a member and a type that it does not know', () => {
    expect(result('RunnerToPool', { ...only('RunnerToPool', 'hello'), weather: 'sunny' } as never)).toBe(
      'refused',
    );
    expect(result('RunnerToDeployment', { type: 'weather' })).toBe('refused');
  });

  test('its runner skips a type, ignores a member of a frame, and refuses one of a grant', () => {
    expect(result('PoolToRunner', only('PoolToRunner', 'registered'))).toBe('skipped');
    expect(result('PoolToRunner', only('PoolToRunner', 'grant'))).toBe('used');
    const grant = only('PoolToRunner', 'grant');
    Object.assign(grant.grant as object, { weather: 'sunny' });
    expect(result('PoolToRunner', grant)).toBe('refused');
  });

  test.each([
    ['DeploymentToRunner', 'ack', 'seq'],
    ['DeploymentToRunner', 'upload_granted', 'partSize'],
    ['PoolToRunner', 'welcome', 'draining'],
    ['ViewerFrame', 'state', 'phase'],
    ['RunnerToDeployment', 'plan', 'version'],
  ])('a frame without a required member is refused: %s %s.%s', (name, type, member) => {
    const frame = only(name, type, frames);
    delete frame[member];
    expect(result(name, frame)).toBe('refused');
  });
});
