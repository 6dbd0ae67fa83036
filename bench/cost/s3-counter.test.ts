import { expect, it } from 'vitest';
import { classOf } from './s3-counter.ts';

const endpoint = '/cdn-cgi/local/r2/s3/bucket';

it.each([
  ['PUT', `${endpoint}/key`, 'classA'],
  ['PUT', `${endpoint}/a/key?partNumber=1&uploadId=x`, 'classA'],
  ['POST', `${endpoint}/key?uploads=`, 'classA'],
  ['POST', `${endpoint}/key?uploadId=x`, 'classA'],
  ['GET', `${endpoint}?list-type=2&prefix=a%2F`, 'classA'],
  ['GET', `${endpoint}/key`, 'classB'],
  ['HEAD', `${endpoint}/a/b/key`, 'classB'],
  ['HEAD', endpoint, 'classB'],
  ['DELETE', `${endpoint}/key`, null],
] as const)('%s %s is billed as %s', (method, url, billed) => {
  expect(classOf(method, url)).toBe(billed);
});
