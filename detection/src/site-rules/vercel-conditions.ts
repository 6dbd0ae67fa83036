/** `has` and `missing` of `vercel.json`: conditions on the host and the query are kept, all others refuse the rule. */
import { quoted, type SiteQueryCondition, type SiteTemplate } from '@appflux/protocol';
import { z } from 'zod';
import { hostOf } from './netlify-rule.ts';
import { RuleRefused } from './problem.ts';

const Condition = z.object({ type: z.string(), key: z.string().optional(), value: z.string().optional() });

export interface Conditions {
  readonly host: string | null;
  readonly query: SiteQueryCondition[];
  /** What is captured from the query, by name. */
  readonly variables: ReadonlyMap<string, SiteTemplate>;
}

/** @throws {RuleRefused} a condition can't be expressed: without it the rule would apply to more than it should. */
export function conditionsOf(has: readonly unknown[] = [], missing: readonly unknown[] = []): Conditions {
  if (missing.length > 0) throw new RuleRefused('"missing" isn\'t supported. The rule is left out.');
  let host: string | null = null;
  const query: SiteQueryCondition[] = [];
  const variables = new Map<string, SiteTemplate>();
  for (const raw of has) {
    const { type, key, value } = conditionOf(raw);
    if (type === 'host') {
      if (host !== null) throw new RuleRefused('"has" has two hosts.');
      host = hostOf(literal(value ?? '', type));
    } else if (type === 'query' && key !== undefined && key !== '') {
      query.push(queryCondition(key, value, variables));
    } else {
      throw new RuleRefused(
        `The condition "has" of type ${quoted(type)} isn't supported. The rule is left out.`,
      );
    }
  }
  return { host, query, variables };
}

function conditionOf(raw: unknown): z.infer<typeof Condition> {
  const result = Condition.safeParse(raw);
  if (result.success) return result.data;
  throw new RuleRefused(
    'A condition of "has" isn\'t supported: it needs a "type", and text as "value". The rule is left out.',
  );
}

const NAMED = /^\(\?<([A-Za-z]\w{0,63})>\.[*+]\)$/;

function queryCondition(
  key: string,
  value: string | undefined,
  variables: Map<string, SiteTemplate>,
): SiteQueryCondition {
  if (value === undefined) return { key, value: null };
  const name = NAMED.exec(value)?.[1];
  if (name === undefined) return { key, value: literal(value, 'query') };
  if (variables.has(name)) throw new RuleRefused(`The name ${quoted(name)} is used twice.`);
  const capture = `q_${name}`.slice(0, 64);
  variables.set(name, [{ capture }]);
  return { key, value: { capture } };
}

/** A value is a regular expression; only text can be compared. A bare dot is taken for one. */
function literal(value: string, type: string): string {
  const text = value.replace(/\\([^A-Za-z0-9])/g, '$1');
  if (/[()[\]{}*+?^$|]|\\[A-Za-z0-9]/.test(value.replace(/\\[^A-Za-z0-9]/g, ''))) {
    throw new RuleRefused(
      `The value ${quoted(value)} of "has" (${type}) is a regular expression, which isn't supported. The rule is left out.`,
    );
  }
  return text;
}
