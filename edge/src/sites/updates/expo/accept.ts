/** The form of a response by proactive negotiation (RFC 9110 §12.5.1). Pure. */

/** By preference: only multipart responses can contain directives. */
export const RESPONSE_FORMS = ['multipart/mixed', 'application/expo+json', 'application/json'] as const;
export type ResponseForm = (typeof RESPONSE_FORMS)[number];

/** `type/subtype;q=0.5`; other parameters don't matter here. */
const ITEM = /^\s*([\w*.+-]+\/[\w*.+-]+)\s*((?:;[^;]*)*)$/;
const WEIGHT = /^\s*q\s*=\s*(0(?:\.\d{0,3})?|1(?:\.0{0,3})?)\s*$/i;

/** The form that an Accept header prefers; null if it accepts none. */
export function responseForm(header: string | null): ResponseForm | null {
  if (header === null || header.trim() === '') return RESPONSE_FORMS[0];
  const weights = weightsOf(header);
  let best: ResponseForm | null = null;
  let weight = 0;
  for (const form of RESPONSE_FORMS) {
    const [type = ''] = form.split('/');
    // The most specific range counts.
    const own = weights.get(form) ?? weights.get(`${type}/*`) ?? weights.get('*/*') ?? 0;
    if (own > weight) [best, weight] = [form, own];
  }
  return best;
}

function weightsOf(header: string): Map<string, number> {
  const weights = new Map<string, number>();
  for (const item of header.split(',')) {
    const [, range, parameters = ''] = ITEM.exec(item) ?? [];
    if (range === undefined) continue;
    const weight = parameters
      .split(';')
      .map((parameter) => WEIGHT.exec(parameter)?.[1])
      .find((value) => value !== undefined);
    weights.set(range.toLowerCase(), Number(weight ?? 1));
  }
  return weights;
}
