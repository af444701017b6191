import { posix } from 'node:path';

import { may, must, type ServicePlan, type ServiceSettings } from './service-plan.ts';
import { xmlText } from './xml-text.ts';

const LABEL = 'haulyard.daemon';
const MAX_OPEN_FILES = 65_536;

/** A property list for launchd: an agent of the user, or a daemon of the machine. */
export function launchdPlan(settings: ServiceSettings): ServicePlan {
  const system = settings.scope === 'system';
  const directory = system
    ? '/Library/LaunchDaemons'
    : posix.join(settings.home, 'Library/LaunchAgents');
  const path = posix.join(directory, `${LABEL}.plist`);
  const domain = system ? 'system' : `gui/${settings.uid ?? 501}`;
  return {
    files: [{ path, text: plist(settings), encoding: 'utf8' }],
    install: [
      // A definition that is loaded already has to go before another one with its label comes.
      may('launchctl', 'bootout', `${domain}/${LABEL}`),
      must('launchctl', 'bootstrap', domain, path),
      must('launchctl', 'enable', `${domain}/${LABEL}`),
    ],
    uninstall: [may('launchctl', 'bootout', `${domain}/${LABEL}`)],
    afterUninstall: [],
    notes: [
      'launchd has no reload: `haulyard daemon reload` makes the service read its settings again.',
      ...(system ? ['The service runs as root and keeps to the rights of each job’s owner.'] : []),
    ],
  };
}

/** The property list. */
export function plist(settings: ServiceSettings): string {
  const command = [settings.node, settings.program, 'daemon', 'run', ...(settings.options ?? [])];
  const log =
    settings.scope === 'system'
      ? '/Library/Logs/haulyard.log'
      : posix.join(settings.home, 'Library/Logs/haulyard.log');
  return `<?xml version="1.0" encoding="UTF-8"?>
<!DOCTYPE plist PUBLIC "-//Apple//DTD PLIST 1.0//EN" "http://www.apple.com/DTDs/PropertyList-1.0.dtd">
<plist version="1.0">
<dict>
  <key>Label</key>
  <string>${LABEL}</string>
  <key>ProgramArguments</key>
  <array>
${command.map((word) => `    <string>${xmlText(word)}</string>`).join('\n')}
  </array>
  <key>RunAtLoad</key>
  <true/>
  <key>KeepAlive</key>
  <dict>
    <key>SuccessfulExit</key>
    <false/>
  </dict>
  <key>ThrottleInterval</key>
  <integer>5</integer>
  <key>ExitTimeOut</key>
  <integer>10</integer>
  <key>Umask</key>
  <integer>63</integer>
  <key>SoftResourceLimits</key>
  <dict>
    <key>NumberOfFiles</key>
    <integer>${MAX_OPEN_FILES}</integer>
  </dict>
  <key>StandardErrorPath</key>
  <string>${xmlText(log)}</string>
</dict>
</plist>
`;
}
