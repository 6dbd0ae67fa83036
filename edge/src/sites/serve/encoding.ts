/** Which encoding of a file a client gets. Source: RFC 9110 §12.5.3. Pure. */

/** `identity` is the file itself. */
export type Encoding = 'br' | 'gzip' | 'identity';

/** By preference: the smallest first. */
const PREFERENCE: readonly Encoding[] = ['br', 'gzip', 'identity'];

/** `gzip`, `br;q=0.5`. The weight has three decimal places at most (§12.4.2). */
const ITEM = /^\s*([!#$%&'*+.^_`|~\w-]+)\s*(?:;\s*q\s*=\s*(0(?:\.\d{0,3})?|1(?:\.0{0,3})?)\s*)?$/i;

/**
 * The encoding that an Accept-Encoding header prefers, of those that the file has besides `identity`. Without the header
 * the client gets the file itself: it may be a program that stores what it receives. So it does if it refuses everything,
 * which §12.5.3 allows. Items that aren't valid don't count.
 */
export function chooseEncoding(header: string | null, has: { br: boolean; gzip: boolean }): Encoding {
  if (header === null || !(has.br || has.gzip)) return 'identity';
  const weights = weightsOf(header);
  const weightOf = (encoding: Encoding): number =>
    // `identity` is accepted unless something refuses it, but what is named is preferred to it.
    weights.get(encoding) ?? weights.get('*') ?? (encoding === 'identity' ? Number.MIN_VALUE : 0);
  let best: Encoding = 'identity';
  let weight = 0;
  for (const encoding of PREFERENCE) {
    if (encoding !== 'identity' && !has[encoding]) continue;
    if (weightOf(encoding) > weight) {
      best = encoding;
      weight = weightOf(encoding);
    }
  }
  return best;
}

function weightsOf(header: string): Map<string, number> {
  const weights = new Map<string, number>();
  for (const item of header.split(',')) {
    const [, coding, weight = '1'] = ITEM.exec(item) ?? [];
    if (coding === undefined) continue;
    // §8.4.1.3: recipients treat `x-gzip` as `gzip`.
    weights.set(coding.toLowerCase().replace(/^x-gzip$/, 'gzip'), Number(weight));
  }
  return weights;
}
