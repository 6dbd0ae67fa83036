/**
 * A repository's id with its host, whose page is at `url`: the ids of hosts that anyone may run are only unique within
 * each.
 */
export const idAtHost = (url: string, id: string | number): string => `${new URL(url).host}/${id}`;
