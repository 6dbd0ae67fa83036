import { describe, expect, it } from 'vitest';
import { createResolver } from './resolver.ts';

function counting(answers: Record<string, string[]>) {
  const asked: string[] = [];
  const clock = { now: 0 };
  const resolve = createResolver({
    ask: async (host) => {
      asked.push(host);
      const answer = answers[host];
      if (answer === undefined) throw Object.assign(new Error('no such name'), { code: 'ENOTFOUND' });
      return answer;
    },
    keepMs: 1000,
    keepFailureMs: 100,
    capacity: 2,
    now: () => clock.now,
  });
  return { asked, clock, resolve };
}

describe('the resolver', () => {
  it('asks once for a name that many connections want at the same time', async () => {
    const { asked, resolve } = counting({ 'packages.test': ['203.0.113.1'] });
    const answers = await Promise.all(Array.from({ length: 50 }, () => resolve('packages.test')));
    expect(answers.every(([address]) => address === '203.0.113.1')).toBe(true);
    expect(asked).toEqual(['packages.test']);
  });

  it('asks again once an answer is old', async () => {
    const { asked, clock, resolve } = counting({ 'packages.test': ['203.0.113.1'] });
    await resolve('packages.test');
    clock.now = 999;
    await resolve('packages.test');
    expect(asked).toHaveLength(1);
    clock.now = 1000;
    await resolve('packages.test');
    expect(asked).toHaveLength(2);
  });

  it('remembers that there is no answer, for a shorter time', async () => {
    const { asked, clock, resolve } = counting({});
    await expect(resolve('gone.test')).rejects.toThrow('no such name');
    clock.now = 99;
    await expect(resolve('gone.test')).rejects.toThrow('no such name');
    expect(asked).toHaveLength(1);
    clock.now = 100;
    await expect(resolve('gone.test')).rejects.toThrow('no such name');
    expect(asked).toHaveLength(2);
  });

  it('remembers a bounded number of names, the latest asked', async () => {
    const { asked, resolve } = counting({
      'a.test': ['1.1.1.1'],
      'b.test': ['1.1.1.2'],
      'c.test': ['1.1.1.3'],
    });
    for (const host of ['a.test', 'b.test', 'c.test', 'c.test', 'b.test', 'a.test']) await resolve(host);
    expect(asked).toEqual(['a.test', 'b.test', 'c.test', 'a.test']);
  });

  it('gives up on a name server that never answers', async () => {
    const resolve = createResolver({ ask: () => new Promise(() => undefined), patienceMs: 1 });
    await expect(resolve('slow.test')).rejects.toThrow('no name server responded for slow.test within 1 ms');
  });

  it('finds this machine’s own name by default', async () => {
    expect(await createResolver()('localhost')).toContain('127.0.0.1');
  });
});
