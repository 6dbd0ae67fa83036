import type { Health } from '@appflux/protocol';
import { describe, expect, test } from 'vitest';
import { readyLine, waitingFor } from './ready.ts';

const well: Health = {
  status: 'ok',
  version: '0.1.0',
  parts: { metadata: 'ok', storage: 'ok', queue: 'ok' },
};
const wanted = ['local-1', 'local-2'];

describe('an instance is ready', () => {
  test('not before its control plane answers', () => {
    expect(waitingFor(null, [], [])).toBe('the control plane');
  });

  test('not before every part of the control plane works', () => {
    const health: Health = {
      ...well,
      status: 'down',
      parts: { ...well.parts, storage: 'down', queue: 'down' },
    };
    expect(waitingFor(health, [{ name: 'local-1', status: 'online' }], wanted)).toBe(
      "the control plane's storage and queue",
    );
  });

  test('when one of its own runners is online', () => {
    expect(waitingFor(well, [], wanted)).toBe('a runner (local-1, local-2)');
    expect(waitingFor(well, [{ name: 'elsewhere', status: 'online' }], wanted)).not.toBeNull();
    expect(waitingFor(well, [{ name: 'local-1', status: 'offline' }], wanted)).not.toBeNull();
    expect(waitingFor(well, [{ name: 'local-2', status: 'online' }], wanted)).toBeNull();
  });

  test('without a runner if none is configured', () => {
    expect(waitingFor(well, [], [])).toBeNull();
  });
});

test('the line that scripts wait for begins with ready and contains the URL and the link', () => {
  const url = 'http://localhost:8787';
  const signIn = { url: `${url}/sign-in#token_hash=abc`, expiresAt: '2026-11-24T00:00:00.000Z' };
  expect(readyLine(url, { owner: { id: 'x' }, signIn })).toMatch(
    /^ready {2}http:\/\/localhost:8787 .*http:\/\/localhost:8787\/sign-in#token_hash=abc$/,
  );
});
