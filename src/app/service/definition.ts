import { launchdPlan } from './launchd-plist.ts';
import type { ServicePlan, ServiceSettings } from './service-plan.ts';
import { systemdPlan } from './systemd-units.ts';
import { windowsPlan } from './windows-xml.ts';

/** The definition of the service for a platform: its files, and the commands around them. */
export function serviceDefinition(settings: ServiceSettings): ServicePlan {
  switch (settings.platform) {
    case 'linux':
      return systemdPlan(settings);
    case 'darwin':
      return launchdPlan(settings);
    case 'win32':
      return windowsPlan(settings);
  }
}
