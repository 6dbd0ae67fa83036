/** Days as the public pages show them, in English and UTC. */

const DAY = new Intl.DateTimeFormat('en-GB', { dateStyle: 'long', timeZone: 'UTC' });

/** A timestamp's day: `23 November 2026`. */
export const dayText = (timestamp: string): string => DAY.format(new Date(timestamp));
