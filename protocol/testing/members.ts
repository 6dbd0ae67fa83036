/** Which members a schema has, and which of them frames show. */
import type { z } from 'zod';

type Node = z.core.JSONSchema.BaseSchema;

/** The paths of all members of a frame schema that is given as data, such as `grant: grant.job.type`. */
export function membersOf(schema: Node): Set<string> {
  const found = new Set<string>();
  const visit = (node: Node, path: string): void => {
    if (node.$ref !== undefined) {
      const name = node.$ref.replace('#/$defs/', '');
      const target = schema.$defs?.[name];
      if (target === undefined) throw new Error(`the schema has no definition of ${name}`);
      visit(target, path);
    }
    for (const [name, member] of Object.entries(node.properties ?? {})) {
      found.add(`${path}.${name}`);
      if (typeof member === 'object') visit(member, `${path}.${name}`);
    }
    if (typeof node.items === 'object' && !Array.isArray(node.items)) visit(node.items, path);
    for (const member of [...(node.oneOf ?? []), ...(node.anyOf ?? []), ...(node.allOf ?? [])]) {
      visit(member, path);
    }
  };
  for (const frame of schema.oneOf ?? [schema]) visit(frame, `${constOf(frame.properties?.type)}:`);
  return found;
}

/** The paths of the members that frames have, in the form of `membersOf`. */
export function membersIn(frames: readonly { type: string }[]): Set<string> {
  const found = new Set<string>();
  const visit = (value: unknown, path: string): void => {
    if (Array.isArray(value)) for (const item of value) visit(item, path);
    else if (typeof value === 'object' && value !== null) {
      for (const [name, member] of Object.entries(value)) {
        found.add(`${path}.${name}`);
        visit(member, `${path}.${name}`);
      }
    }
  };
  for (const frame of frames) visit(frame, `${frame.type}:`);
  return found;
}

function constOf(node: Node | boolean | undefined): string {
  return typeof node === 'object' ? String(node.const) : '';
}
