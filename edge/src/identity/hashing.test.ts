import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { hasRoom, type Visitor, withTurn } from './hashing.ts';

const stranger = (address: string | null): Visitor => ({ known: null, address });
const known = (device: string, address: string | null = null): Visitor => ({ known: device, address });

/** How many of these get a place, one after the other. */
function placed(visitors: Visitor[]): number {
  const waiting: Visitor[] = [];
  for (const visitor of visitors) if (hasRoom(waiting, visitor)) waiting.push(visitor);
  return waiting.length;
}

test('only a few strangers wait, and one address takes half of their places at most', () => {
  expect(placed(Array.from({ length: 20 }, (_, n) => stranger(`203.0.113.${n}`)))).toBe(4);
  expect(placed(Array.from({ length: 20 }, () => stranger('203.0.113.7')))).toBe(2);
  expect(placed(Array.from({ length: 20 }, () => stranger(null)))).toBe(4);
});

test('strangers take no place from devices that are known, nor these from strangers', () => {
  const strangers = Array.from({ length: 4 }, (_, n) => stranger(`203.0.113.${n}`));
  expect(hasRoom(strangers, stranger('203.0.113.9'))).toBe(false);
  expect(hasRoom(strangers, known('a', '203.0.113.1'))).toBe(true);
  const devices = [known('a'), known('a'), known('b'), known('c')];
  expect(hasRoom(devices, known('d'))).toBe(false);
  expect(hasRoom(devices, stranger(null))).toBe(true);
});

test('one device takes half of the places for devices at most', () => {
  expect(placed(Array.from({ length: 20 }, () => known('a')))).toBe(2);
});

beforeEach(() => void vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + 3_600_000 }));
afterEach(() => vi.useRealTimers());

const take = () => withTurn(stranger(null), async () => 'done');

test('a place is given back, however the work ends', async () => {
  for (let n = 0; n < 6; n += 1) {
    await expect(
      withTurn(stranger(null), async () => {
        throw new Error('no database');
      }),
    ).rejects.toThrow('no database');
  }
  expect(await take()).toBe('done');
});

test('a place whose request was broken off is free again after a while', async () => {
  for (let n = 0; n < 4; n += 1) void withTurn(stranger(null), () => new Promise<never>(() => undefined));
  await expect(take()).rejects.toMatchObject({
    status: 429,
    errorCode: 'over_request_rate_limit',
    retryAfterSeconds: expect.any(Number),
  });
  vi.setSystemTime(Date.now() + 11_000);
  expect(await take()).toBe('done');
});

test('passwords are hashed one after the other, in the order in which they are ready', async () => {
  const order: string[] = [];
  let hashing = 0;
  const hash = (name: string) => () => {
    hashing += 1;
    expect(hashing).toBe(1);
    order.push(name);
    hashing -= 1;
  };
  let connect = (): void => undefined;
  const connected = new Promise<void>((resolve) => (connect = resolve));
  const slow = withTurn(known('slow'), async (inTurn) => {
    await connected;
    await inTurn(hash('slow'));
  });
  const quick = ['a', 'b'].map((name) => withTurn(known(name), (inTurn) => inTurn(hash(name))));
  await Promise.all(quick);
  connect();
  await slow;
  expect(order).toEqual(['a', 'b', 'slow']);
});

test('a hash that fails lets the next one in', async () => {
  const failing = withTurn(known('a'), (inTurn) =>
    inTurn(() => {
      throw new Error('not a hash');
    }),
  );
  const next = withTurn(known('b'), (inTurn) => inTurn(() => 'hashed'));
  await expect(failing).rejects.toThrow('not a hash');
  expect(await next).toBe('hashed');
});
