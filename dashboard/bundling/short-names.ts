/** Shortens the hashes in the names of scripts: every page loads a list of the names of all. */
import type { Plugin, Rolldown } from 'vite';

type Names = NonNullable<Rolldown.OutputOptions['chunkFileNames']>;

/** 42 bits for a few hundred files. The bundler renames one of two in a build that would have the same name. */
const LENGTH = 7;

/** Shortens `[hash]` in the names that SvelteKit gives to the scripts of the browser's build. */
export function shortNames(): Plugin {
  return {
    name: 'appflux-short-names',
    apply: 'build',
    applyToEnvironment: ({ name }) => name === 'client',
    outputOptions: ({ chunkFileNames = '[hash].js', entryFileNames = '[name].[hash].js', ...others }) => ({
      ...others,
      chunkFileNames: shortened(chunkFileNames),
      entryFileNames: shortened(entryFileNames),
    }),
  };
}

function shortened(names: Names): Names {
  const short = (name: string) => name.replace('[hash]', `[hash:${LENGTH}]`);
  return typeof names === 'function' ? (chunk) => short(names(chunk)) : short(names);
}
