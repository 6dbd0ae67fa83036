/** `npm run translations -w dashboard`: brings the translations in line with the sources, and lists what is to be done. */
import { LANGUAGES } from '@appflux/protocol/languages';
import { readCatalog, writeCatalog } from './catalog.ts';
import { problemsOf } from './check.ts';
import { DASHBOARD, readTexts } from './sources.ts';

const texts = await readTexts();
for (const language of Object.keys(LANGUAGES).filter((each) => each !== 'en')) {
  const catalog = await readCatalog(DASHBOARD, language);
  await writeCatalog(DASHBOARD, language, texts, catalog);
  const problems = problemsOf(texts, await readCatalog(DASHBOARD, language));
  for (const problem of problems) console.log(`${language}: ${problem}`);
  console.log(
    problems.length === 0
      ? `dashboard/locales/${language}.po: ${texts.length} texts, all translated.`
      : `dashboard/locales/${language}.po: ${problems.length} of ${texts.length} texts need a translation.`,
  );
}
