import { win32 } from 'node:path';

import { DeliveryOptimizationError } from '../../core/errors.ts';
import { may, must, type ServicePlan, type ServiceSettings } from './service-plan.ts';
import { xmlText } from './xml-text.ts';

const SERVICE_DIRECTORY = String.raw`C:\ProgramData\haulyard`;

/**
 * For the machine a description for WinSW, which speaks the service protocol that Node.js does not;
 * for a user a scheduled task that starts at logon.
 */
export function windowsPlan(settings: ServiceSettings): ServicePlan {
  return settings.scope === 'system' ? winswPlan(settings) : taskPlan(settings);
}

function winswPlan(settings: ServiceSettings): ServicePlan {
  const path = win32.join(SERVICE_DIRECTORY, 'haulyard-service.xml');
  return {
    files: [{ path, text: winswXml(settings), encoding: 'utf8' }],
    install: [must('winsw.exe', 'install', path), must('sc.exe', 'start', 'haulyard')],
    uninstall: [may('sc.exe', 'stop', 'haulyard'), may('winsw.exe', 'uninstall', path)],
    afterUninstall: [],
    notes: [
      'winsw.exe (Windows Service Wrapper) has to be on the PATH, in a shell with administrator rights.',
    ],
  };
}

/** The description of the service for WinSW. */
export function winswXml(settings: ServiceSettings): string {
  const words = [settings.program, 'daemon', 'run', ...(settings.options ?? [])];
  return `<?xml version="1.0" encoding="UTF-8"?>
<service>
  <id>haulyard</id>
  <name>haulyard download service</name>
  <description>Downloads files as durable jobs for programs and users of this computer.</description>
  <executable>${winswText(settings.node)}</executable>
  <arguments>${winswText(words.map(windowsWord).join(' '))}</arguments>
  <startmode>Automatic</startmode>
  <delayedAutoStart>true</delayedAutoStart>
  <stoptimeout>10 sec</stoptimeout>
  <onfailure action="restart" delay="1 sec"/>
  <onfailure action="restart" delay="10 sec"/>
  <resetfailure>1 hour</resetfailure>
  <serviceaccount>
    <username>NT AUTHORITY\\LocalService</username>
  </serviceaccount>
  <env name="HAULYARD_DATA_DIR" value="${winswText(win32.join(SERVICE_DIRECTORY, 'data'))}"/>
  <logpath>${winswText(win32.join(SERVICE_DIRECTORY, 'logs'))}</logpath>
  <log mode="roll-by-size">
    <sizeThreshold>10240</sizeThreshold>
    <keepFiles>8</keepFiles>
  </log>
</service>
`;
}

function taskPlan(settings: ServiceSettings): ServicePlan {
  const path = win32.join(settings.home, String.raw`AppData\Local\haulyard\haulyard-task.xml`);
  return {
    files: [{ path, text: `\ufeff${taskXml(settings)}`, encoding: 'utf16le' }],
    install: [
      must('schtasks.exe', '/Create', '/F', '/TN', 'haulyard', '/XML', path),
      must('schtasks.exe', '/Run', '/TN', 'haulyard'),
    ],
    uninstall: [
      may('schtasks.exe', '/End', '/TN', 'haulyard'),
      may('schtasks.exe', '/Delete', '/F', '/TN', 'haulyard'),
    ],
    afterUninstall: [],
    notes: ['It runs while you are logged in; --system makes a service of the computer.'],
  };
}

/** The scheduled task. */
export function taskXml(settings: ServiceSettings): string {
  const words = [settings.program, 'daemon', 'run', ...(settings.options ?? [])];
  return `<?xml version="1.0" encoding="UTF-16"?>
<Task version="1.2" xmlns="http://schemas.microsoft.com/windows/2004/02/mit/task">
  <RegistrationInfo>
    <Description>haulyard download service</Description>
  </RegistrationInfo>
  <Triggers>
    <LogonTrigger>
      <Enabled>true</Enabled>
    </LogonTrigger>
  </Triggers>
  <Principals>
    <Principal id="Author">
      <LogonType>InteractiveToken</LogonType>
      <RunLevel>LeastPrivilege</RunLevel>
    </Principal>
  </Principals>
  <Settings>
    <MultipleInstancesPolicy>IgnoreNew</MultipleInstancesPolicy>
    <DisallowStartIfOnBatteries>false</DisallowStartIfOnBatteries>
    <StopIfGoingOnBatteries>false</StopIfGoingOnBatteries>
    <ExecutionTimeLimit>PT0S</ExecutionTimeLimit>
    <Hidden>true</Hidden>
    <RestartOnFailure>
      <Interval>PT1M</Interval>
      <Count>10</Count>
    </RestartOnFailure>
  </Settings>
  <Actions Context="Author">
    <Exec>
      <Command>${xmlText(settings.node)}</Command>
      <Arguments>${xmlText(words.map(windowsWord).join(' '))}</Arguments>
    </Exec>
  </Actions>
</Task>
`;
}

/** WinSW replaces `%NAME%` by a variable and has no way to say that it should not. */
function winswText(text: string): string {
  if (!/%[^%]+%/.test(text)) return xmlText(text);
  throw new DeliveryOptimizationError(
    'E_INVALIDARG',
    `"${text}" would be taken for a variable by the service wrapper: use a path with at most one "%".`,
  );
}

/** A word as CommandLineToArgvW takes it apart again. */
function windowsWord(text: string): string {
  if (text !== '' && !/[\s"]/.test(text)) return text;
  // Backslashes count only before a quote: there each is doubled.
  return `"${text.replace(/(\\*)"/g, '$1$1\\"').replace(/(\\+)$/, '$1$1')}"`;
}
