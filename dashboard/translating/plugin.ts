/** Builds the dashboard in another language: its text is replaced before anything else reads the modules. */
import type { Plugin } from 'vite';
import { type Catalog, readCatalog } from './catalog.ts';
import { keyOf } from './message.ts';
import { DASHBOARD, hasText } from './sources.ts';
import { translateModule } from './translate.ts';

/** Words of schedules: the library has those of other languages in modules that extend it. */
const SCHEDULES = /\/src\/lib\/schedule\/cron\.ts$/;

/**
 * Translates the text of all modules that have some. Text without a translation stays as it is, with a warning.
 * @param language the language of the build
 * @param isGenerated whether a module is one of those that the build writes, with messages of the protocol's schemas
 */
export function translated(language: string, isGenerated: (id: string) => boolean): Plugin {
  let catalog: Catalog = new Map();
  const missing = new Set<string>();
  return {
    name: 'appflux-translated',
    enforce: 'pre',
    async buildStart() {
      catalog = await readCatalog(DASHBOARD, language);
    },
    transform(code, id) {
      const generated = isGenerated(id);
      if (!generated && !hasText(id)) return null;
      const text = translateModule(generated ? 'generated.js' : id, code, (forms) => {
        const translation = catalog.get(keyOf(forms)) ?? null;
        // zod's own messages come translated from zod.
        if (translation === null && !generated) missing.add(keyOf(forms));
        return translation;
      });
      if (SCHEDULES.test(id)) return { code: `import 'cronstrue/locales/${language}';\n${text}`, map: null };
      return text === code ? null : { code: text, map: null };
    },
    buildEnd() {
      if (missing.size === 0) return;
      this.warn(
        `${missing.size} texts have no translation (${language}). Run "npm run translations -w dashboard".`,
      );
    },
  };
}
