/** A duration in words: `0.4 s`, `12 s`, `3 min 5 s`. */
export function seconds(milliseconds: number): string {
  const whole = Math.round(milliseconds / 1000);
  if (whole >= 60) return `${Math.floor(whole / 60)} min ${whole % 60} s`;
  return milliseconds >= 9950 ? `${whole} s` : `${(milliseconds / 1000).toFixed(1)} s`;
}
