/** What each kind of token begins with, so that people and secret scanners know one when they see it. */
export const TOKEN_PREFIX = {
  api: 'afx_',
  runner: 'afr_',
  registration: 'afg_',
  signIn: 'afs_',
  recovery: 'afp_',
  authCode: 'afc_',
  siteCode: 'afv_',
  invitation: 'afi_',
  deployHook: 'afh_',
  webhookSecret: 'afk_',
  metrics: 'afm_',
  hookSecret: 'afw_',
  refresh: 'aft_',
  lease: 'afl_',
  device: 'afd_',
} as const;
