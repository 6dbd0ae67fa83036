/**
 * What a site may do with its state, as cases that run in the platform's own KV and D1 and in a loaded server with the
 * facades: both must come to the same. A case gives what it saw; an error is caught where it is part of the case.
 */
import { type Bindings, type Case, errorOf } from './case.ts';
import { kvCases } from './kv-cases.ts';
import { libraryCases } from './library-cases.ts';
import { sqlCases } from './sql-cases.ts';

export const CASES: Readonly<Record<string, Case>> = { ...kvCases, ...sqlCases, ...libraryCases };

/** Values as JSON shows them, with their kind where JSON does not. */
function shown(value: unknown): unknown {
  if (value === undefined) return { undefined: true };
  if (value instanceof ArrayBuffer)
    return { buffer: [...new Uint8Array(value)].slice(0, 64), of: value.byteLength };
  if (ArrayBuffer.isView(value)) return { view: [...new Uint8Array(value.buffer)].slice(0, 64) };
  if (value instanceof Map) return { map: [...value].map(shown) };
  if (Array.isArray(value)) return value.map(shown);
  if (typeof value === 'object' && value !== null) {
    return Object.fromEntries(Object.entries(value).map(([key, each]) => [key, shown(each)]));
  }
  return value;
}

/** Runs one case. The answer is JSON. */
export async function runCase(name: string, bindings: Bindings): Promise<Response> {
  const run = CASES[name];
  if (run === undefined) return new Response(null, { status: 404 });
  return Response.json(shown(await errorOf(() => run(bindings))));
}
