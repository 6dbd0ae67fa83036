import type { Domain, DomainStatus } from '@appflux/protocol';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { app, domain } from '../../testing/fixtures.ts';
import { AppDomains, announcement, siteAt } from './app-domains.svelte.ts';

const page = { visible: () => true, onWake: () => () => undefined };

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

/** An API of one app whose domains are these. */
function appDomains(items: Domain[]) {
  const calls: string[] = [];
  const made = new AppDomains(
    'harbor-web',
    {
      domains: {
        list: async () => {
          calls.push('list');
          return { items: [...items] };
        },
        add: async (_slug, body) => {
          calls.push(`add ${JSON.stringify(body)}`);
          const added = domain({ host: body.host });
          items.push(added);
          return added;
        },
        verify: async (_slug, host) => {
          calls.push(`verify ${host}`);
          return domain({ host, status: 'active' });
        },
        remove: async (_slug, host) => void calls.push(`remove ${host}`),
      },
    },
    page,
  );
  return { made, calls };
}

describe('the domains of an app', () => {
  test('are loaded often while one is pending, and seldom when none is', async () => {
    const items = [domain({ status: 'active' }), domain({ host: 'example.com', status: 'pending' })];
    const { made, calls } = appDomains(items);
    const stop = made.start();
    await vi.advanceTimersByTimeAsync(21_000);
    expect(calls.length).toBe(5);
    items[1] = domain({ host: 'example.com', status: 'active' });
    await vi.advanceTimersByTimeAsync(5000);
    calls.length = 0;
    await vi.advanceTimersByTimeAsync(50_000);
    expect(calls).toEqual([]);
    await vi.advanceTimersByTimeAsync(20_000);
    expect(calls).toEqual(['list']);
    stop();
  });

  test('are added, checked and removed, and loaded again each time', async () => {
    const { made, calls } = appDomains([
      domain(),
      domain({ host: 'old.example.com', redirectTo: 'www.example.com' }),
    ]);
    const stop = made.start();
    await vi.advanceTimersByTimeAsync(0);
    expect(made.targets).toEqual(['www.example.com']);
    calls.length = 0;
    await made.add('example.com', 'www.example.com');
    await made.add('shop.example.com', null);
    await made.check('example.com');
    await made.remove('example.com');
    expect(calls).toEqual([
      'add {"host":"example.com","redirectTo":"www.example.com"}',
      'list',
      'add {"host":"shop.example.com"}',
      'list',
      'verify example.com',
      'list',
      'remove example.com',
      'list',
    ]);
    stop();
  });
});

test('only changes of a status are announced', () => {
  const list = (...statuses: DomainStatus[]) =>
    statuses.map((status, index) => domain({ host: `h${index}.example.com`, status }));
  expect(announcement(null, list('active'))).toBe('');
  expect(announcement(list('pending'), list('pending', 'pending'))).toBe('');
  expect(announcement(list('pending', 'pending'), list('active', 'failed'))).toBe(
    'h0.example.com: active. h1.example.com: failed.',
  );
});

test('a site at a domain has the scheme and the port of the instance', () => {
  expect(siteAt('www.example.com', app())).toBe('http://www.example.com:8787');
  const urls = { ...app().urls, page: 'https://flux.harbor.example/a/harbor-web' };
  expect(siteAt('www.example.com', { urls })).toBe('https://www.example.com');
});
