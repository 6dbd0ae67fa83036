/**
 * The parts of workerd's configuration that instances use, with the names of its schema (workerd.capnp in the package
 * workerd).
 */
import { type Embedded, notation, type Value, type VOID } from './notation.ts';

/** A service by its name, and the entry point of it. */
export type Designator = {
  readonly name: string;
  readonly entrypoint?: string | undefined;
  readonly props?: { readonly json: string } | undefined;
};

/** A binding: its name, and one field by its kind. */
export type Binding = { readonly name: string } & { readonly [kind: string]: Value | undefined };

/** Variables as bindings: text as it is, anything else as JSON. */
export const variables = (vars: Readonly<Record<string, unknown>>): Binding[] =>
  Object.entries(vars).map(([name, value]) =>
    typeof value === 'string' ? { name, text: value } : { name, json: JSON.stringify(value) },
  );

export type ModuleKind = 'esModule' | 'wasm' | 'text' | 'data';

/** The content of a module, by its kind; `internal` is one that only the runtime's own modules import. */
export type Module = { readonly name: string; readonly internal?: boolean | undefined } & {
  readonly [kind in ModuleKind]?: string | Embedded | undefined;
};

export type Worker = {
  readonly modules: readonly Module[];
  readonly compatibilityDate: string;
  readonly compatibilityFlags?: readonly string[] | undefined;
  readonly bindings?: readonly Binding[] | undefined;
  readonly durableObjectNamespaces?:
    | readonly {
        readonly className: string;
        readonly uniqueKey: string;
        readonly enableSql?: boolean | undefined;
        readonly preventEviction?: boolean | undefined;
      }[]
    | undefined;
  readonly durableObjectStorage?:
    | { readonly localDisk: string }
    | { readonly inMemory: typeof VOID }
    | undefined;
  readonly globalOutbound?: Designator | undefined;
  readonly cacheApiOutbound?: Designator | undefined;
};

/** Something that Workers can call: another Worker, a folder, a network, or a server. */
export type Service = { readonly name: string } & (
  | { readonly worker: Worker }
  | {
      readonly disk: {
        readonly path: string;
        readonly writable?: boolean | undefined;
        readonly allowDotfiles?: boolean | undefined;
      };
    }
  | {
      readonly network: {
        readonly allow: readonly string[];
        readonly tlsOptions: {
          readonly trustBrowserCas: boolean;
          readonly trustedCertificates: readonly string[];
        };
      };
    }
  | {
      readonly external: {
        readonly address: string;
        readonly http: {
          readonly injectRequestHeaders?: readonly { readonly name: string; readonly value: string }[];
        };
      };
    }
);

export type RuntimeConfig = {
  readonly services: readonly Service[];
  readonly sockets: readonly {
    readonly name: string;
    /** `host:port`, or `unix:` and a path, relative to workerd's working directory unless it is absolute. */
    readonly address: string;
    readonly http: Record<string, never>;
    readonly service: Designator;
  }[];
  readonly extensions?: readonly { readonly modules: readonly Module[] }[];
  /** Flags of V8, for all isolates. */
  readonly v8Flags: readonly string[];
  /** Whether each line of the log is JSON. */
  readonly structuredLogging?: boolean;
};

/** The configuration as text, for a file. Pure. */
export const configText = (config: RuntimeConfig): string =>
  `using Workerd = import "/workerd/workerd.capnp";\nconst config :Workerd.Config = ${notation(config)};\n`;
