import { expect, it } from 'vitest';
import { classOf } from './s3-gate.ts';

const door = '/cdn-cgi/local/r2/s3/bucket';

it.each([
  ['PUT', `${door}/key`, 'classA'],
  ['PUT', `${door}/a/key?partNumber=1&uploadId=x`, 'classA'],
  ['POST', `${door}/key?uploads=`, 'classA'],
  ['POST', `${door}/key?uploadId=x`, 'classA'],
  ['GET', `${door}?list-type=2&prefix=a%2F`, 'classA'],
  ['GET', `${door}/key`, 'classB'],
  ['HEAD', `${door}/a/b/key`, 'classB'],
  ['HEAD', door, 'classB'],
  ['DELETE', `${door}/key`, null],
] as const)('%s %s is billed as %s', (method, url, billed) => {
  expect(classOf(method, url)).toBe(billed);
});
