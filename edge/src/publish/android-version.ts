/** Names of Android's API levels. Source: https://developer.android.com/tools/releases/platforms */

const FIRST_NAMED = 21;
const VERSIONS = [
  '5.0',
  '5.1',
  '6.0',
  '7.0',
  '7.1',
  '8.0',
  '8.1',
  '9',
  '10',
  '11',
  '12',
  '12L',
  '13',
  '14',
  '15',
  '16',
];

/** What people call an API level: `Android 8.0`; by its number where it has no name here. */
export function androidVersion(level: number): string {
  const version = VERSIONS[level - FIRST_NAMED];
  return version === undefined ? `Android with API level ${level}` : `Android ${version}`;
}
