/**
 * The protocol as the browser gets it. Most of it is schemas, and they need zod: together more than a page may weigh.
 *
 * - The client talks to the server that this page came from. It reads responses by their types: only their outermost
 *   shape is checked.
 * - Pages check what people enter with the protocol's schemas. The simple ones become light.
 */
import * as protocol from '@appflux/protocol';
import type { Language } from '@appflux/protocol/languages';
import type { Plugin } from 'vite';
import type { z } from 'zod';
import { lightSchema } from './light-schemas.ts';
import { definitionOf, isSchema } from './schema-kinds.ts';

const RESPONSES = '\0appflux-protocol-of-responses';
const FORMS = '\0appflux-protocol-of-forms';

/** Whether a module has light schemas: messages that people read. */
export const isModuleOfForms = (id: string): boolean => id.startsWith(`${FORMS}/`);

/** The language of zod's own messages. Absolute paths of folders, and of the modules that the generated ones import. */
export interface ProtocolPaths {
  readonly language: Language;
  readonly client: string;
  readonly dashboard: string;
  readonly protocol: string;
  readonly trusted: string;
  readonly choice: string;
  readonly light: string;
}

/** Replaces the protocol's schemas in the client and the pages. Everything else in the protocol stays. */
export function protocolModules(paths: ProtocolPaths): Plugin {
  return {
    name: 'appflux-protocol-modules',
    enforce: 'pre',
    resolveId(source, importer) {
      if (source.startsWith(FORMS)) return source;
      if (importer === undefined) return null;
      if (isOfClient(importer, paths.client)) {
        if (source === 'zod')
          this.error(`${importer} imports zod. Schemas of responses belong in the protocol.`);
        return source === '@appflux/protocol' ? RESPONSES : null;
      }
      return source === '@appflux/protocol' && importer.startsWith(paths.dashboard) ? FORMS : null;
    },
    load(id) {
      if (id === RESPONSES) return moduleOfResponses(paths);
      const code =
        id === FORMS ? moduleOfForms(paths) : id.startsWith(FORMS) ? moduleOfForm(id, paths) : null;
      return code === null ? null : { code, moduleSideEffects: false };
    },
  };
}

/** What is verified doesn't come from this server alone, so it is parsed. */
const isOfClient = (importer: string, client: string): boolean =>
  importer.startsWith(client) && !importer.startsWith(`${client}provenance/`);

/** The code of the protocol with checks of the outermost shape. */
function moduleOfResponses({ trusted, protocol: source }: ProtocolPaths): string {
  const exported = Object.entries(protocol).filter(([name]) => name !== 'pageOf');
  const others = exported.filter(([, value]) => !isSchema(value));
  return [
    `import { frames, list, record } from ${JSON.stringify(trusted)};`,
    'export const pageOf = () => record;',
    `export { ${others.map(([name]) => name).join(', ')} } from ${JSON.stringify(source)};`,
    ...exported.flatMap(([name, value]) =>
      isSchema(value) ? [`export const ${name} = /* @__PURE__ */ (() => ${trustedSchema(value)})();`] : [],
    ),
  ].join('\n');
}

/** The code of the protocol with light schemas. Each has a module of its own, so that a page loads only those that it uses. */
function moduleOfForms({ protocol: source }: ProtocolPaths): string {
  const exported = Object.entries(protocol);
  const [light, others] = [
    exported.filter(([, value]) => isLight(value)),
    exported.filter(([, value]) => !isLight(value)),
  ];
  return [
    `export { ${others.map(([name]) => name).join(', ')} } from ${JSON.stringify(source)};`,
    ...light.map(([name]) => `export { ${name} } from ${JSON.stringify(`${FORMS}/${name}`)};`),
  ].join('\n');
}

const isLight = (value: unknown): boolean => isSchema(value) && lightSchema(value) !== null;

/** The functions that choices are made of, and those for all other light schemas. */
const OF_CHOICES = ['oneOf'];
const OF_OTHERS = ['atLeast', 'atMost', 'from', 'integer', 'matching', 'text', 'trimmed', 'upTo'];

/** The code of one light schema. It imports only what it calls: a choice doesn't bring the rest along. */
function moduleOfForm(id: string, { language, choice, light }: ProtocolPaths): string {
  const name = id.slice(FORMS.length + 1);
  const schema = (protocol as Readonly<Record<string, unknown>>)[name];
  const code = isSchema(schema) ? lightSchema(schema, language) : null;
  const isOf = (names: readonly string[]) => names.some((each) => code?.startsWith(`${each}(`));
  return [
    isOf(OF_CHOICES) ? `import { ${OF_CHOICES.join(', ')} } from ${JSON.stringify(choice)};` : '',
    isOf(OF_OTHERS) ? `import { ${OF_OTHERS.join(', ')} } from ${JSON.stringify(light)};` : '',
    `export const ${name} = /* @__PURE__ */ (() => ${code})();`,
  ].join('\n');
}

/** The check of a response or frame. */
function trustedSchema(schema: z.ZodType): string {
  const { type, discriminator } = definitionOf(schema);
  if (type === 'array') return 'list';
  if (discriminator !== 'type') return 'record';
  return `frames(${JSON.stringify(protocol.frameTypes(schema as protocol.FrameSchema))})`;
}
