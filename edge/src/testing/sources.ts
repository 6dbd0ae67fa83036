/** For tests that hold for all sources of the control plane, those included that nobody has written yet. */

declare global {
  interface ImportMeta {
    /** Of Vite: the files that match, by path. */
    glob(pattern: string, options: object): Record<string, string>;
  }
}

const all = import.meta.glob('../**/*.ts', { query: '?raw', import: 'default', eager: true });

/** The text of each source of the Worker itself, by its path from this folder. */
export const sources: ReadonlyMap<string, string> = new Map(
  Object.entries(all).filter(([path]) => path.startsWith('../') && !/\.test\.ts$|\/testing\//.test(path)),
);
