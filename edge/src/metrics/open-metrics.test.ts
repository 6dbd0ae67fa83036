import fc from 'fast-check';
import { expect, test } from 'vitest';
import { type Family, renderOpenMetrics } from './open-metrics.ts';

const gauge = (members: Partial<Family> = {}): Family => ({
  name: 'appflux_x',
  type: 'gauge',
  help: 'X.',
  samples: [{ value: 1 }],
  ...members,
});

test('each type reads as the specification says, and the end is marked', () => {
  expect(
    renderOpenMetrics([
      gauge({ samples: [{ labels: { b: '1', a: '2' }, value: 0.5 }] }),
      gauge({ name: 'appflux_calls', type: 'counter', samples: [{ value: 3 }] }),
      gauge({
        name: 'appflux_wait_seconds',
        type: 'summary',
        unit: 'seconds',
        samples: [{ labels: { quantile: '0.5' }, value: 2 }],
      }),
      gauge({ name: 'appflux_none', samples: [] }),
    ]),
  ).toBe(`# TYPE appflux_x gauge
# HELP appflux_x X.
appflux_x{a="2",b="1"} 0.5
# TYPE appflux_calls counter
# HELP appflux_calls X.
appflux_calls_total 3
# TYPE appflux_wait_seconds summary
# UNIT appflux_wait_seconds seconds
# HELP appflux_wait_seconds X.
appflux_wait_seconds{quantile="0.5"} 2
# TYPE appflux_none gauge
# HELP appflux_none X.
# EOF
`);
  expect(renderOpenMetrics([])).toBe('# EOF\n');
});

test.each([
  [Number.NaN, 'NaN'],
  [Number.POSITIVE_INFINITY, '+Inf'],
  [Number.NEGATIVE_INFINITY, '-Inf'],
  [1e21, '1e+21'],
  [-2, '-2'],
])('%d is written as %s', (value, text) => {
  expect(renderOpenMetrics([gauge({ samples: [{ value }] })])).toContain(`\nappflux_x ${text}\n`);
});

test('any label value is read back as it was, and adds no line', () => {
  const unescaped = (text: string) =>
    text.replace(/\\(.)/g, (_, character: string) => (character === 'n' ? '\n' : character));
  const value = fc.oneof(
    fc.string({ unit: 'binary' }),
    fc.string({ unit: fc.constantFrom('\\', '"', '\n', 'n', '}', ' ', '#') }),
  );
  fc.assert(
    fc.property(value, value, (label, help) => {
      const text = renderOpenMetrics([gauge({ help, samples: [{ labels: { a: label }, value: 1 }] })]);
      const lines = text.split('\n');
      expect(lines).toHaveLength(5);
      expect(lines.slice(3)).toEqual(['# EOF', '']);
      const [, read = ''] = /^appflux_x\{a="((?:[^"\\\n]|\\[\\n"])*)"\} 1$/.exec(lines[2] ?? '') ?? [];
      expect(unescaped(read)).toBe(label);
      expect(unescaped((lines[1] ?? '').replace('# HELP appflux_x ', ''))).toBe(help);
    }),
  );
});

test('half a surrogate pair is replaced', () => {
  const text = renderOpenMetrics([gauge({ samples: [{ labels: { a: '\ud800' }, value: 1 }] })]);
  expect(text).toContain('{a="\ufffd"}');
});

test.each([
  ['a name with a hyphen', [gauge({ name: 'app-flux' })]],
  ['a label with a hyphen', [gauge({ samples: [{ labels: { 'a-b': '' }, value: 1 }] })]],
  ['a unit that the name lacks', [gauge({ unit: 'seconds' })]],
  ['a metric twice', [gauge(), gauge()]],
  [
    'labels twice',
    [
      gauge({
        samples: [
          { labels: { a: '1', b: '2' }, value: 1 },
          { labels: { b: '2', a: '1' }, value: 2 },
        ],
      }),
    ],
  ],
])('%s is refused', (_, families) => {
  expect(() => renderOpenMetrics(families)).toThrow(RangeError);
});
