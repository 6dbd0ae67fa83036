import { describe, expect, test } from 'vitest';
import { withNames } from './pull.ts';

const VARIABLES = [
  { name: 'API_URL', environments: ['production', 'preview'], sensitive: false },
  { name: 'API_KEY', environments: ['production'], sensitive: true },
] as const;
const variables = VARIABLES.map((each) => ({ ...each, environments: [...each.environments] }));
const FROM = { app: 'shop', url: 'https://apps.example.com', environment: null };
const HEADER =
  '# Variables of shop at https://apps.example.com. AppFlux never gives values back: fill in those that you need.';

describe('a pull', () => {
  test('writes names without values, each as a comment that says where it applies', () => {
    expect(withNames(null, variables, FROM)).toEqual({
      text: `${HEADER}\n# preview, production\n# API_URL=\n# production; sensitive\n# API_KEY=\n`,
      added: ['API_URL', 'API_KEY'],
      kept: [],
    });
  });

  test('leaves what a person has filled in, exported or commented out, and adds the rest', () => {
    const before = 'export API_URL = "http://localhost"\nOTHER=1';
    const { text, added, kept } = withNames(before, variables, FROM);
    expect(text).toBe(`${before}\n\n${HEADER}\n# production; sensitive\n# API_KEY=\n`);
    expect([added, kept]).toEqual([['API_KEY'], ['API_URL']]);
    expect(withNames('#API_KEY=\n  API_URL=\n', variables, FROM).added).toEqual([]);
  });

  test('again changes nothing, and later adds new ones below the same heading', () => {
    const [first = variables[0], ...rest] = variables;
    if (first === undefined) throw new Error('there are variables');
    const once = withNames(null, [first], FROM).text;
    expect(withNames(once, [first], FROM).text).toBe(once);
    expect(withNames(once, [first, ...rest], FROM).text).toBe(`${once}# production; sensitive\n# API_KEY=\n`);
  });

  test('of one environment has only what that gets', () => {
    expect(withNames(null, variables, { ...FROM, environment: 'preview' }).added).toEqual(['API_URL']);
  });

  test('is not misled by names within values or longer names', () => {
    const before = 'MY_API_KEY=1\nNOTE="API_KEY=x"\nAPI_KEY_2=2\n';
    expect(withNames(before, variables, FROM).added).toEqual(['API_URL', 'API_KEY']);
  });

  test('keeps the line ends of the file', () => {
    const { text } = withNames('OTHER=1\r\n', variables, FROM);
    expect(text.replaceAll('\r\n', '')).not.toContain('\n');
  });
});
