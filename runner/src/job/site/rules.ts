/** Reads the files in which a project writes redirects and headers. */
import { join } from 'node:path';
import { type CompiledSiteRules, SITE_RULE_FILES, SITE_RULES_BYTES } from '@appflux/detection';
import { formatNumber, listed, type SiteRules } from '@appflux/protocol';
import { own, say } from '../../masking/sentence.ts';
import { readText } from '../../read-text.ts';
import { JobFailure, type StepContext } from '../../step-context.ts';
import { readFound } from '../collect/safe-file.ts';
import type { PackedFile } from '../collect/walk.ts';
import { isRuleFile } from './leave-out.ts';

/** A file of rules: its path for messages, and its text. */
export interface RuleSource {
  readonly path: string;
  readonly text: string;
}

/**
 * The files of rules at the top of the output, and those of the root directory, which take the place of files of the
 * same name in the output. Takes the root directory, a path without links, and the files of the output.
 * @throws {JobFailure} `source_invalid` if one is too large
 */
export async function ruleSources(
  root: string,
  files: readonly PackedFile[],
  signal: AbortSignal,
): Promise<RuleSource[]> {
  const sources: RuleSource[] = [];
  for (const name of SITE_RULE_FILES.source) {
    const text = await readText(join(root, name), { maxBytes: SITE_RULES_BYTES, name });
    if (text !== null) sources.push({ path: name, text });
  }
  const read = new Set(sources.map(({ path }) => path));
  for (const file of files) {
    if (!isRuleFile(file.inside) || read.has(file.inside)) continue;
    sources.push({ path: file.path.replace(/^\.\//, ''), text: await textOf(file, signal) });
  }
  return sources;
}

async function textOf(file: PackedFile, signal: AbortSignal): Promise<string> {
  if (Number(file.stats.size) > SITE_RULES_BYTES)
    throw new JobFailure('source_invalid', say`${file.path} is larger than ${SITE_RULES_BYTES / 1024} KB.`);
  const parts: Buffer[] = [];
  for await (const part of readFound(file, signal)) parts.push(part);
  return Buffer.concat(parts).toString('utf8');
}

/**
 * Writes what is wrong with rules into the log, each with its file and line, and how many there are.
 * @throws {JobFailure} `settings_invalid` for what must not be published without its rule
 */
export function checked(
  { rules, problems }: CompiledSiteRules,
  sources: readonly RuleSource[],
  ctx: StepContext,
): SiteRules {
  for (const { file, line, level, message } of problems)
    ctx.log(say`${own(level === 'error' ? 'Error' : 'Warning')}: ${file}:${line}: ${message}`);
  const error = problems.find(({ level }) => level === 'error');
  if (error !== undefined) {
    throw new JobFailure('settings_invalid', say`${error.file}:${error.line}: ${error.message}`, {
      hint: own('Correct or remove the rule, then deploy again. The log lists all problems.'),
    });
  }
  if (sources.length > 0) {
    const redirects = counted(rules.redirects.length, 'redirect or rewrite', 'redirects and rewrites');
    const headers = counted(rules.headers.length, 'header rule', 'header rules');
    ctx.log(say`Rules from ${listed(sources.map(({ path }) => path))}: ${redirects}, ${headers}.`);
  }
  if (rules.spaFallback) ctx.log(own('Single-page app: paths without a file get index.html.'));
  return rules;
}

const counted = (count: number, one: string, many: string) =>
  own(`${formatNumber(count)} ${count === 1 ? one : many}`);
