/** The password rule to show beside a new password. A Supabase project has rules of its own, which it only tells in errors. */
export const passwordHint = (issuer: 'embedded' | 'supabase' | undefined): { hint?: string } =>
  issuer === 'embedded' ? { hint: 'At least 10 characters.' } : {};
