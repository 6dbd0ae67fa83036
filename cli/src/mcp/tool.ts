/** A tool of the MCP server: a call of the API that an assistant can make. */
import type { Client } from '@appflux/client';
import type { ToolAnnotations } from '@modelcontextprotocol/sdk/types.js';
import type { z } from 'zod';

export interface Tool<Input extends z.ZodObject = z.ZodObject> {
  readonly name: string;
  readonly title: string;
  readonly description: string;
  /** What it takes. Unknown arguments are refused. */
  readonly input: Input;
  readonly annotations: ToolAnnotations;
  /** Calls the API. Gives the text for the assistant; errors of the API are thrown. */
  readonly run: (client: Client, input: z.output<Input>, signal: AbortSignal) => Promise<string>;
}

/** Describes a tool. Only for its types: the input of `run` is that of the schema. */
export const tool = <Input extends z.ZodObject>(of: Tool<Input>): Tool => of as unknown as Tool;

/** A tool that changes nothing. What it answers is of one instance, which is no open world. */
export const READS: ToolAnnotations = { readOnlyHint: true, openWorldHint: false };

/** A tool that changes something. Each can end something or replace what is live, so programs should ask a person first. */
export const writes = ({ idempotent }: { idempotent: boolean }): ToolAnnotations => ({
  readOnlyHint: false,
  destructiveHint: true,
  idempotentHint: idempotent,
  openWorldHint: false,
});

type Defined<T> = { [Key in keyof T]: Exclude<T[Key], undefined> };

/** An object without the members that are undefined. */
export const defined = <T extends object>(input: T): Partial<Defined<T>> =>
  Object.fromEntries(Object.entries(input).filter(([, value]) => value !== undefined)) as Partial<Defined<T>>;
