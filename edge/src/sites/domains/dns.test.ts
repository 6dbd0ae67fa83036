import { expect, inject, test } from 'vitest';
import { DnsUnavailable, dnsAt } from './dns.ts';
import { dnsAnswers, dnsHas } from './testing/dns.ts';

const dns = () => dnsAt(`${inject('domains')}/dns-query`);
const newName = () => `${crypto.randomUUID()}.example`;

test('the strings of a TXT record are one text', async () => {
  const name = newName();
  await dnsHas(name, 'TXT', '"appflux=" "abc"', 'plain', '"with \\"quotes\\" and \\\\"', '"\\097"');
  expect(await dns().txt(name)).toEqual(['appflux=abc', 'plain', 'with "quotes" and \\', 'a']);
});

test('a name has no records if it isn’t there, or has others only', async () => {
  expect(await dns().txt(newName())).toEqual([]);
  const alias = newName();
  await dnsAnswers(alias, 'TXT', {
    json: { Status: 0, Answer: [{ name: alias, type: 5, TTL: 1, data: 'other.example.' }] },
  });
  expect(await dns().txt(alias)).toEqual([]);
  const empty = newName();
  await dnsAnswers(empty, 'CNAME', { json: { Status: 0 } });
  expect(await dns().aliases(empty)).toEqual([]);
});

test('aliases are followed in order, to the end or to where they come back', async () => {
  const name = newName();
  const chain = (...links: [string, string][]) => ({
    json: { Status: 0, Answer: links.map(([from, to]) => ({ name: from, type: 5, TTL: 1, data: to })) },
  });
  await dnsAnswers(name, 'CNAME', chain(['b.example.', 'c.example.'], [name.toUpperCase(), 'B.example.']));
  expect(await dns().aliases(name)).toEqual(['b.example', 'c.example']);
  await dnsAnswers(name, 'CNAME', chain([name, 'b.example'], ['b.example', `${name}.`]));
  expect(await dns().aliases(name)).toEqual(['b.example', name]);
  await dnsAnswers(name, 'CNAME', chain(['elsewhere.example', 'domain.example']));
  expect(await dns().aliases(name)).toEqual([]);
});

test.each([
  ['SERVFAIL', { json: { Status: 2 } }],
  ['an error of the resolver', { status: 502 }],
  ['a page', { text: '<html>' }],
  ['JSON of another form', { json: { Answer: 'none' } }],
  ['an endless answer', { text: `{"Status":0,"x":"${'x'.repeat(70_000)}"}` }],
] as const)('%s is no answer', async (_title, answer) => {
  const name = newName();
  await dnsAnswers(name, 'TXT', answer);
  await expect(dns().txt(name)).rejects.toBeInstanceOf(DnsUnavailable);
});

test('a resolver that isn’t there is no answer', async () => {
  await expect(dnsAt('http://127.0.0.1:1/dns-query').txt('a.example')).rejects.toBeInstanceOf(DnsUnavailable);
});
