/** Whether all text of the dashboard is translated. */
import { DEFAULT_LANGUAGE, LANGUAGES } from '@appflux/protocol/languages';
import { readCatalog } from '../../dashboard/translating/catalog.ts';
import { problemsOf } from '../../dashboard/translating/check.ts';
import { DASHBOARD, readTexts } from '../../dashboard/translating/sources.ts';

const HOW = 'Run "npm run translations -w dashboard", then translate what is new in';

/** A line per text that is new, gone or translated wrongly, and one with what to do. */
export async function checkTranslations(): Promise<string[]> {
  const texts = await readTexts();
  const lines: string[] = [];
  for (const language of Object.keys(LANGUAGES).filter((each) => each !== DEFAULT_LANGUAGE)) {
    const problems = problemsOf(texts, await readCatalog(DASHBOARD, language));
    lines.push(...problems.map((problem) => `dashboard/locales/${language}.po: ${problem}`));
    if (problems.length > 0) lines.push(`${HOW} dashboard/locales/${language}.po (CONTRIBUTING.md).`);
  }
  return lines;
}
