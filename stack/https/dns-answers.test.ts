import { expect, test } from 'vitest';
import { answerDns, type DnsResolver } from './dns-answers.ts';

const missing = (code: string) => Object.assign(new Error(code), { code });

/** A resolver that knows these records. */
function resolver(texts: Record<string, string[][]>, aliases: Record<string, string> = {}): DnsResolver {
  return {
    resolveTxt: async (name) => {
      if (texts[name] === undefined) throw missing(name.startsWith('broken') ? 'ESERVFAIL' : 'ENOTFOUND');
      return texts[name];
    },
    resolveCname: async (name) => {
      if (aliases[name] === undefined) throw missing('ENODATA');
      return [aliases[name]];
    },
  };
}

test('TXT records, with their strings as one text', async () => {
  const known = resolver({ 'a.example': [['appflux=', 'abc'], ['say "hi" \\']] });
  expect(await answerDns('a.example', 'TXT', known)).toEqual({
    Status: 0,
    Answer: [
      { name: 'a.example', type: 16, data: '"appflux=abc"' },
      { name: 'a.example', type: 16, data: '"say \\"hi\\" \\\\"' },
    ],
  });
});

test('aliases in order, to the end or to where they come back', async () => {
  const links = { 'a.example': 'b.example', 'b.example': 'c.example' };
  const ends = await answerDns('a.example', 'CNAME', resolver({}, links));
  expect(ends.Answer.map(({ data }) => data)).toEqual(['b.example', 'c.example']);
  const loop = await answerDns('a.example', 'CNAME', resolver({}, { ...links, 'c.example': 'a.example' }));
  expect(loop.Answer.map(({ data }) => data)).toEqual(['b.example', 'c.example', 'a.example']);
});

test('a name without records has none, and one that can’t be asked for is a failure', async () => {
  expect(await answerDns('no.example', 'TXT', resolver({}))).toEqual({ Status: 0, Answer: [] });
  expect(await answerDns('no.example', 'CNAME', resolver({}))).toEqual({ Status: 0, Answer: [] });
  expect(await answerDns('broken.example', 'TXT', resolver({}))).toEqual({ Status: 2, Answer: [] });
});
