import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { deploymentPrefix } from '../../storage/keys.ts';
import { DEPLOYMENT_DEFAULTS, type DeploymentRecord } from '../metadata.ts';
import { anyHash, appRecord, deploymentRecord } from '../testing/sample-records.ts';
import type { Row } from './database.ts';
import { fromStored, phasesOf, toStored } from './stored-record.ts';

const app = appRecord();

/** The row that a record is read from. */
const rowOf = (record: DeploymentRecord, stored: string): Row => ({
  id: record.id,
  app_id: record.appId,
  owner_id: record.ownerId,
  status: record.status,
  number: record.number,
  upload_id: record.uploadId,
  created_at: record.createdAt,
  record: stored,
});

const time = fc
  .integer({ min: Date.parse('2026-01-01T00:00:00.000Z'), max: Date.parse('2027-01-01T00:00:00.000Z') })
  .map((ms) => new Date(ms).toISOString());
/** Also as other programs write times. */
const anyTime = fc.oneof({ weight: 5, arbitrary: time }, fc.constant('2026-11-01T12:00:00Z'));
const text = fc.option(fc.string({ maxLength: 20 }));

const members = fc.record({
  status: fc.constantFrom('queued' as const, 'building' as const, 'success' as const, 'failed' as const),
  phase: fc.option(fc.constant('building' as const)),
  phases: fc.array(
    fc.record({
      phase: fc.constant('building' as const),
      startedAt: anyTime,
      finishedAt: fc.option(anyTime),
    }),
    { maxLength: 5 },
  ),
  commitMessage: text,
  branch: text,
  number: fc.nat(),
  attempt: fc.nat({ max: 9 }),
  runner: fc.option(fc.constant({ id: app.id, name: 'r' })),
  failure: fc.option(fc.constant({ code: 'build_failed' as const, message: 'm', phase: null, hint: 'h' })),
  uploadId: fc.option(fc.constant(app.id)),
  createdAt: time,
  startedAt: fc.option(anyTime),
  durationSeconds: fc.option(fc.double({ min: 0, max: 1e6, noNaN: true })),
  sbom: fc.option(fc.constant({ key: 'k', size: 1, sha256: anyHash() })),
  keys: fc.array(fc.constantFrom('1/a.zip', '../x', 'other', ''), { maxLength: 3 }),
  isOwn: fc.boolean(),
});

test('every record comes back as it was', () => {
  fc.assert(
    fc.property(members, ({ keys, isOwn, ...rest }) => {
      const id = deploymentRecord(app).id;
      const prefix = isOwn ? deploymentPrefix(app.id, id) : 'apps/of/another/';
      const record = deploymentRecord(app, {
        ...rest,
        id,
        logKey: keys.length > 0 ? `${prefix}log.ndjson.gz` : null,
        artifacts: keys.map((key) => ({
          name: 'a',
          size: 1,
          sha256: anyHash(),
          contentType: 'x/y',
          meta: {},
          key: prefix + key,
        })),
      });
      const row = rowOf(record, toStored(record));
      expect(fromStored(row)).toEqual(record);
      const phases = JSON.stringify((JSON.parse(String(row.record)) as { phases: unknown }).phases);
      expect(phasesOf({ ...row, phases })).toEqual(record.phases);
    }),
  );
});

describe('a record of an earlier version', () => {
  test('is read as it is', () => {
    const record = deploymentRecord(app, { commitMessage: null });
    expect(fromStored(rowOf(record, JSON.stringify(record)))).toEqual(record);
  });

  test('may have no number, which a migration has put in its column', () => {
    const { number: _, ...earlier } = deploymentRecord(app);
    const record = { ...earlier, number: 7 };
    expect(fromStored(rowOf(record, JSON.stringify(earlier)))).toEqual(record);
    const unknown = { ...rowOf(record, JSON.stringify(earlier)), number: null };
    expect(fromStored(unknown).number).toBe(DEPLOYMENT_DEFAULTS.number);
  });

  test('whose event is still on its way may have no phases, and gets none', () => {
    const { phases: _, ...earlier } = deploymentRecord(app);
    const record = earlier as DeploymentRecord;
    expect(fromStored(rowOf(record, toStored(record)))).toEqual(earlier);
  });
});

test('columns, nulls and the prefix of keys are not stored', () => {
  const record = deploymentRecord(app, { branch: null });
  const logKey = `${deploymentPrefix(app.id, record.id)}log.ndjson.gz`;
  const stored = toStored({ ...record, logKey });
  expect(stored).not.toMatch(/null|ownerId|appId|status/);
  expect(stored).not.toContain(record.id);
});
