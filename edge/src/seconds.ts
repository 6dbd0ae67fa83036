/** A number of seconds as people read it: `1 second`, `5 seconds`. */
export const inSeconds = (seconds: number): string => `${seconds} ${seconds === 1 ? 'second' : 'seconds'}`;
