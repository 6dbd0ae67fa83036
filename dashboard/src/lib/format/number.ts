import * as shared from '@appflux/protocol/format';
import { language, perLanguage } from './language.ts';

const percentWith = (maximumFractionDigits: number) =>
  perLanguage((tag) => new Intl.NumberFormat(tag, { style: 'percent', maximumFractionDigits }));
const [whole, tenths, hundredths] = [percentWith(0), percentWith(1), percentWith(2)];
const rules = perLanguage((tag) => new Intl.PluralRules(tag));

/** A number with its digits in groups: `12,345`. */
export const formatNumber = (value: number): string => shared.formatNumber(value, language());

/** A share from 0 to 1 in whole percent: `97%`. */
export const formatPercent = (share: number): string => whole().format(share);

/** A share from 0 to 1 with up to one decimal: `97.5%`. */
export const formatTenthsPercent = (share: number): string => tenths().format(share);

/** A share from 0 to 1 with up to two decimals, for shares that are small: `0.25%`. */
export const formatSmallPercent = (share: number): string => hundredths().format(share);

/**
 * A text that depends on a count. Takes the whole text for one and for any other count, in which `#` stands for the
 * number: `plural(3, ['# file', '# files'])` gives `3 files`.
 */
export function plural(count: number, [one, other]: readonly [one: string, other: string]): string {
  return (rules().select(count) === 'one' ? one : other).replaceAll('#', formatNumber(count));
}
