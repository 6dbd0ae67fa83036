import type { MaintenanceNotice } from '@appflux/protocol';

/** Why a build waits while the instance is in maintenance. */
export const maintenanceReason = ({ reason }: MaintenanceNotice): string =>
  reason === null ? 'AppFlux is in maintenance' : `AppFlux is in maintenance: ${reason}`;
