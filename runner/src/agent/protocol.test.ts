/** A runner on an instance of this version, of the ones before and after it, and of others. */
import { PROTOCOL } from '@appflux/protocol';
import { describe, expect, test } from 'vitest';
import { useAgents } from '../testing/agent.ts';
import { sampleGrant } from '../testing/sample-job.ts';

const start = useAgents();

describe.each([undefined, String(PROTOCOL - 1), String(PROTOCOL), String(PROTOCOL + 1)])(
  'on an instance that names the protocol %s',
  (protocol) => {
    test('it names its own, and builds', async () => {
      const { edge, until } = await start({
        prepareEdge: (edge) => {
          edge.protocol = protocol;
        },
      });
      await until(() => edge.poolFrames.some(({ type }) => type === 'hello'));
      expect(edge.protocols).toEqual([String(PROTOCOL)]);
      const attempt = edge.grant(sampleGrant());
      await until(() => attempt.result !== undefined);
      expect(attempt.result).toMatchObject({ status: 'success' });
    });
  },
);

test.each([
  ['0', 'too old'],
  ['unknown', 'too old'],
  [String(PROTOCOL + 2), 'too new'],
])('an instance of protocol %s gets nothing, and the log says once what to do', async (protocol, words) => {
  let incompatible = 0;
  const { edge, journal, until } = await start({
    prepareEdge: (edge) => {
      edge.protocol = protocol;
    },
    onIncompatible: () => {
      incompatible += 1;
    },
  });
  await until(() => incompatible > 0);
  expect(edge.poolFrames).toEqual([]);
  const said = journal.filter((line) => line.includes(words));
  expect(said).toHaveLength(1);
  expect(said[0]).toContain('hint="Upgrade the');
});

test('an instance that refuses this version is quoted, once, and asked again', async () => {
  let incompatible = 0;
  const { edge, journal, until } = await start({
    prepareEdge: (edge) => {
      const message = 'This runner is too old for its instance';
      edge.refuseStatus = 406;
      edge.refusal = JSON.stringify({
        error: { code: 'not_acceptable', message, hint: 'Upgrade the runner.' },
      });
    },
    onIncompatible: () => {
      incompatible += 1;
    },
  });
  await until(() => incompatible > 2);
  const said = journal.filter((line) => line.includes('This runner is too old for its instance'));
  expect(said).toHaveLength(1);
  expect(said[0]).toContain('hint="Upgrade the runner."');
  edge.refuseStatus = undefined;
  await until(() => edge.poolFrames.some(({ type }) => type === 'hello'));
});

test.each(['', '<html>', '{"error":{"code":"not_acceptable"}}', 'x'.repeat(100_000)])(
  'a refusal with another body is a lost connection: %#',
  async (refusal) => {
    const { edge, journal, until } = await start({
      prepareEdge: (edge) => {
        edge.refuseStatus = 406;
        edge.refusal = refusal;
      },
    });
    await until(() => journal.some((line) => line.includes('status=406')));
    edge.refuseStatus = undefined;
    await until(() => edge.poolFrames.some(({ type }) => type === 'hello'));
  },
);
