/** What the build reads from zod's schemas. Their definitions are public: https://zod.dev/library-authors */
import type { z } from 'zod';

export interface Definition {
  readonly type: string;
  readonly checks?: readonly { readonly _zod: { readonly def: CheckDefinition } }[];
  /** The format of a text or number: `email`, or `safeint` for integers. */
  readonly format?: string;
  /** The member that tells the options of a union apart. */
  readonly discriminator?: string;
  readonly error?: unknown;
}

export interface CheckDefinition {
  readonly check: string;
  readonly format?: string;
  readonly pattern?: RegExp;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly value?: number;
  readonly inclusive?: boolean;
  readonly abort?: boolean;
  readonly when?: unknown;
  readonly tx?: (input: string) => string;
  /** The message that replaces zod's own. */
  readonly error?: (issue: unknown) => unknown;
}

export const isSchema = (value: unknown): value is z.ZodType =>
  typeof value === 'object' && value !== null && '_zod' in value;

export const definitionOf = (schema: z.ZodType): Definition =>
  (schema as unknown as { _zod: { def: Definition } })._zod.def;
