/** What every store of objects must do. Each test has keys of its own. */
import { describe, expect, test } from 'vitest';
import { MIN_PART_BYTES, type ObjectStore } from '../../storage.ts';
import { bytesOf, freshPrefix, HARD_NAMES, pattern, sha256 } from './samples.ts';

/** The tests of an ObjectStore. `create` gives one on a bucket that others may use as well. */
export function objectStoreContract(name: string, create: () => ObjectStore): void {
  describe(`objects in ${name}`, () => {
    test('it answers', async () => {
      await expect(create().ping()).resolves.toBeUndefined();
    });

    test('what is put is there, with its size and type, until it is deleted', async () => {
      const objects = create();
      const key = `${freshPrefix()}greeting.txt`;
      await objects.put(key, 'grüß dich', 'text/plain');
      const head = await objects.head(key);
      expect(head).toMatchObject({ key, size: 11, contentType: 'text/plain' });
      expect(head?.etag).toMatch(/^[^"]+$/);
      const got = await objects.get(key);
      expect(got).toMatchObject({ key, size: 11, etag: head?.etag });
      expect(got && new TextDecoder().decode(await bytesOf(got.body))).toBe('grüß dich');
      await objects.delete([key]);
      expect(await objects.head(key)).toBeNull();
      expect(await objects.get(key)).toBeNull();
    });

    test('bytes come back as they went in, and a second put replaces the first', async () => {
      const objects = create();
      const key = `${freshPrefix()}bytes`;
      await objects.put(key, pattern(5000), 'application/octet-stream');
      await objects.put(key, pattern(3001).buffer.slice(0, 3001), 'application/octet-stream');
      const got = await objects.get(key);
      expect(got && (await bytesOf(got.body))).toEqual(pattern(3001));
    });

    test('an empty object is an object', async () => {
      const objects = create();
      const key = `${freshPrefix()}empty`;
      await objects.put(key, new Uint8Array(), 'application/octet-stream');
      expect(await objects.head(key)).toMatchObject({ size: 0 });
      const got = await objects.get(key);
      expect(got && (await bytesOf(got.body))).toEqual(new Uint8Array());
    });

    test.each([
      { offset: 0, length: 1 },
      { offset: 10, length: 90 },
      { offset: 999, length: 1 },
      { offset: 0, length: 1000 },
    ])('a range gives its bytes and the whole size: %o', async (range) => {
      const objects = create();
      const key = `${freshPrefix()}ranged`;
      await objects.put(key, pattern(1000), 'application/octet-stream');
      const got = await objects.get(key, range);
      expect(got?.size).toBe(1000);
      expect(got && (await bytesOf(got.body))).toEqual(
        pattern(1000).slice(range.offset, range.offset + range.length),
      );
    });

    test.each([
      { offset: 0, length: 100_000 },
      { offset: 999, length: 2 },
    ])('a range that goes past the end gives the bytes up to the end: %o', async (range) => {
      const objects = create();
      const key = `${freshPrefix()}short`;
      await objects.put(key, pattern(1000), 'application/octet-stream');
      const got = await objects.get(key, range);
      expect(got?.size).toBe(1000);
      expect(got && (await bytesOf(got.body))).toEqual(pattern(1000).slice(range.offset));
    });

    test('an object is written in parts, in any order, and is there once it is completed', async () => {
      const objects = create();
      const key = `${freshPrefix()}in parts`;
      const bytes = pattern(2 * MIN_PART_BYTES + 5);
      const parts = await objects.putParts(key, 'application/gzip');
      for (const number of [2, 3, 1]) {
        await parts.put(number, bytes.subarray((number - 1) * MIN_PART_BYTES, number * MIN_PART_BYTES));
      }
      expect(await objects.head(key)).toBeNull();
      await parts.complete();
      expect(await objects.head(key)).toMatchObject({ size: bytes.length, contentType: 'application/gzip' });
      const got = await objects.get(key);
      expect(got && (await sha256(await bytesOf(got.body)))).toBe(await sha256(bytes));
      const seam = await objects.get(key, { offset: MIN_PART_BYTES - 5, length: 10 });
      expect(seam && (await bytesOf(seam.body))).toEqual(bytes.slice(MIN_PART_BYTES - 5, MIN_PART_BYTES + 5));
    }, 30_000);

    test('parts that are given up leave what was there before; giving up twice is no error', async () => {
      const objects = create();
      const key = `${freshPrefix()}given up`;
      await objects.put(key, 'before', 'text/plain');
      const parts = await objects.putParts(key, 'text/plain');
      await parts.put(1, pattern(MIN_PART_BYTES));
      await parts.abort();
      await parts.abort();
      const got = await objects.get(key);
      expect(got && new TextDecoder().decode(await bytesOf(got.body))).toBe('before');
    }, 30_000);

    test.each(HARD_NAMES)('a name is kept as it is: %s', async (hard) => {
      const objects = create();
      const prefix = freshPrefix();
      const key = prefix + hard;
      await objects.put(key, hard, 'text/plain');
      const got = await objects.get(key);
      expect(got && new TextDecoder().decode(await bytesOf(got.body))).toBe(hard);
      expect(await objects.list(prefix)).toEqual({ keys: [key], cursor: null });
      await objects.delete([key]);
      expect(await objects.head(key)).toBeNull();
    });

    test('a list has the keys below its prefix and no others', async () => {
      const objects = create();
      const prefix = freshPrefix();
      for (const name of ['1/b', '1/a', '1/deep/er', '10/a'])
        await objects.put(prefix + name, '', 'text/plain');
      const { keys, cursor } = await objects.list(`${prefix}1/`);
      expect(keys).toEqual(['1/a', '1/b', '1/deep/er'].map((name) => prefix + name));
      expect(cursor).toBeNull();
      expect(await objects.list(freshPrefix())).toEqual({ keys: [], cursor: null });
    });

    test('sizes are those of the objects below a prefix, in pages like the keys', async () => {
      const objects = create();
      const prefix = freshPrefix();
      await objects.put(`${prefix}1/a`, 'four', 'text/plain');
      await objects.put(`${prefix}1/b`, '', 'text/plain');
      await objects.put(`${prefix}10/a`, 'no', 'text/plain');
      expect(await objects.listSizes(`${prefix}1/`)).toEqual({
        objects: [
          { key: `${prefix}1/a`, size: 4 },
          { key: `${prefix}1/b`, size: 0 },
        ],
        cursor: null,
      });
      expect(await objects.listSizes(freshPrefix())).toEqual({ objects: [], cursor: null });
    });

    test('a long list is paged, each key is in it once, and more than a thousand are deleted', async () => {
      const objects = create();
      const prefix = freshPrefix();
      const wanted = Array.from({ length: 1005 }, (_, at) => `${prefix}${String(at).padStart(4, '0')}`);
      const queue = [...wanted];
      const put = async () => {
        for (let key = queue.pop(); key !== undefined; key = queue.pop())
          await objects.put(key, '', 'text/plain');
      };
      await Promise.all(Array.from({ length: 6 }, put));
      const first = await objects.list(prefix);
      expect(first.keys.length).toBeLessThanOrEqual(1000);
      expect(first.cursor).not.toBeNull();
      const sized = await objects.listSizes(prefix, first.cursor ?? undefined);
      expect(sized.objects.map(({ key }) => key)).toEqual(wanted.slice(first.keys.length));
      const second = await objects.list(prefix, first.cursor ?? undefined);
      expect(second.cursor).toBeNull();
      expect([...first.keys, ...second.keys]).toEqual(wanted);
      await objects.delete(wanted);
      expect(await objects.list(prefix)).toEqual({ keys: [], cursor: null });
    }, 120_000);

    test('a checked copy has the bytes and the type, and another object than its source', async () => {
      const objects = create();
      const prefix = freshPrefix();
      const [from, to] = [`${prefix}from`, `${prefix}to it's größe+.zip`];
      await objects.put(from, pattern(70_000), 'application/x-thing');
      const expected = { size: 70_000, sha256: await sha256(pattern(70_000)) };
      const copy = await objects.copyChecked(from, to, expected);
      expect(copy).toMatchObject({ key: to, size: 70_000, contentType: 'application/x-thing' });
      expect(await objects.head(to)).toEqual(copy);
      await objects.put(from, 'something else', 'text/plain');
      const got = await objects.get(to);
      expect(got && (await bytesOf(got.body))).toEqual(pattern(70_000));
    });

    test('other bytes, another size and nothing are not copied, and leave what was there', async () => {
      const objects = create();
      const prefix = freshPrefix();
      const [from, to] = [`${prefix}from`, `${prefix}to`];
      const expected = { size: 1000, sha256: await sha256(pattern(1000)) };
      expect(await objects.copyChecked(from, to, expected)).toBe('missing');
      await objects.put(to, 'there before', 'text/plain');
      for (const other of [new Uint8Array(1000), pattern(999), pattern(1001)]) {
        await objects.put(from, other, 'text/plain');
        expect(await objects.copyChecked(from, to, expected)).toBe('different');
      }
      const got = await objects.get(to);
      expect(got && new TextDecoder().decode(await bytesOf(got.body))).toBe('there before');
    });

    test('an empty object is copied, too', async () => {
      const objects = create();
      const prefix = freshPrefix();
      await objects.put(`${prefix}from`, '', 'text/plain');
      const expected = { size: 0, sha256: await sha256(new Uint8Array()) };
      expect(await objects.copyChecked(`${prefix}from`, `${prefix}to`, expected)).toMatchObject({ size: 0 });
    });

    test('deleting what is not there, or nothing, is no error', async () => {
      const objects = create();
      await expect(objects.delete([`${freshPrefix()}nothing`])).resolves.toBeUndefined();
      await expect(objects.delete([])).resolves.toBeUndefined();
    });
  });
}
