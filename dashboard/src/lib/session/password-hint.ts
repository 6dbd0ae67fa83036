/** The hint for a new password. A Supabase project has its own rules, which it only reports in errors. */
export const passwordHint = (issuer: 'embedded' | 'supabase' | undefined): { hint?: string } =>
  issuer === 'embedded' ? { hint: 'At least 10 characters.' } : {};
