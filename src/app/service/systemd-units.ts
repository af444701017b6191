import { posix } from 'node:path';

import { may, must, type ServicePlan, type ServiceSettings } from './service-plan.ts';
import { systemdPath, systemdWord } from './systemd-text.ts';

const SERVICE = 'haulyard.service';
const SOCKET = 'haulyard.socket';

/** The account of a service of the machine; made by systemd-sysusers. */
const ACCOUNT = 'haulyard';

/** A wrong setting stays wrong when the service is started again: exit code "bad option". */
const EXIT_BAD_OPTION = 28;

/** Units for systemd: the service, the socket that starts it, and for the machine its account. */
export function systemdPlan(settings: ServiceSettings): ServicePlan {
  return settings.scope === 'system' ? systemPlan(settings) : userPlan(settings);
}

function systemPlan(settings: ServiceSettings): ServicePlan {
  const directory = '/etc/systemd/system';
  return {
    files: [
      file('/etc/sysusers.d/haulyard.conf', sysusers()),
      file(posix.join(directory, SERVICE), serviceUnit(settings)),
      file(posix.join(directory, SOCKET), socketUnit(settings)),
    ],
    install: [
      must('systemd-sysusers', '/etc/sysusers.d/haulyard.conf'),
      must('systemctl', 'daemon-reload'),
      must('systemctl', 'enable', '--now', SOCKET, SERVICE),
    ],
    uninstall: [may('systemctl', 'disable', '--now', SERVICE, SOCKET)],
    afterUninstall: [may('systemctl', 'daemon-reload')],
    notes: [
      ...unreachableNotes(settings),
      `The service runs as the user "${ACCOUNT}" and may write to /var/lib/haulyard` +
        `${(settings.writable ?? []).map((path) => `, ${path}`).join('')} only; ` +
        'name more directories with --writable, and give that user the right to write there.',
      'The jobs stay in /var/lib/haulyard when the service is uninstalled.',
    ],
  };
}

function userPlan(settings: ServiceSettings): ServicePlan {
  const config = settings.configHome ?? posix.join(settings.home, '.config');
  const directory = posix.join(config, 'systemd/user');
  return {
    files: [
      file(posix.join(directory, SERVICE), serviceUnit(settings)),
      file(posix.join(directory, SOCKET), socketUnit(settings)),
    ],
    install: [
      must('systemctl', '--user', 'daemon-reload'),
      must('systemctl', '--user', 'enable', '--now', SOCKET, SERVICE),
    ],
    uninstall: [may('systemctl', '--user', 'disable', '--now', SERVICE, SOCKET)],
    afterUninstall: [may('systemctl', '--user', 'daemon-reload')],
    notes: [
      'It runs while you are logged in; `loginctl enable-linger` lets it run from boot to shutdown.',
      'The jobs stay where they are when the service is uninstalled.',
    ],
  };
}

/** The service, started once its socket is there and ready once it accepts calls. */
export function serviceUnit(settings: ServiceSettings): string {
  const system = settings.scope === 'system';
  const command = [settings.node, settings.program, 'daemon', 'run', ...(settings.options ?? [])];
  return lines([
    '[Unit]',
    'Description=haulyard download service',
    'Documentation=man:systemd.service(5)',
    ...(system ? ['Wants=network-online.target', 'After=network-online.target'] : []),
    `Requires=${SOCKET}`,
    `After=${SOCKET}`,
    '',
    '[Service]',
    '# A child process tells that the service is ready, hence "all".',
    'Type=notify',
    'NotifyAccess=all',
    `ExecStart=${command.map(systemdWord).join(' ')}`,
    'ExecReload=/bin/kill -HUP $MAINPID',
    'KillMode=mixed',
    'TimeoutStopSec=10s',
    'Restart=on-failure',
    'RestartSec=1s',
    '# A setting that is wrong does not become right by another start.',
    `RestartPreventExitStatus=${EXIT_BAD_OPTION}`,
    'LimitNOFILE=65536',
    'OOMPolicy=continue',
    'RuntimeDirectory=haulyard',
    'RuntimeDirectoryMode=0755',
    '# The socket outlives the service, and it lies in this directory.',
    'RuntimeDirectoryPreserve=yes',
    'StateDirectory=haulyard',
    'StateDirectoryMode=0700',
    'ConfigurationDirectory=haulyard',
    'LogsDirectory=haulyard',
    'LogsDirectoryMode=0700',
    ...(system ? systemSandbox(settings) : userSandbox()),
    '',
    '[Install]',
    `WantedBy=${system ? 'multi-user.target' : 'default.target'}`,
    `Also=${SOCKET}`,
  ]);
}

/** The socket: it is there before the service is, so early calls wait instead of failing. */
export function socketUnit({ scope }: ServiceSettings): string {
  const owner = scope === 'system' ? [`SocketUser=${ACCOUNT}`, `SocketGroup=${ACCOUNT}`] : [];
  return lines([
    '[Unit]',
    'Description=haulyard download service, socket for its clients',
    '',
    '[Socket]',
    'ListenStream=%t/haulyard/haulyard.sock',
    '# Whoever may open the socket acts as its owner.',
    'SocketMode=0600',
    'DirectoryMode=0755',
    ...owner,
    'FileDescriptorName=rest',
    `Service=${SERVICE}`,
    '',
    '[Install]',
    'WantedBy=sockets.target',
  ]);
}

/** What a user's own service manager can enforce without rights it does not have. */
function userSandbox(): string[] {
  return [
    '',
    '# Mount namespaces need rights that a session may lack, and files go wherever their owner may',
    '# write; what can be enforced without them is.',
    'UMask=0022',
    'NoNewPrivileges=yes',
    'LockPersonality=yes',
    'RestrictRealtime=yes',
    'RestrictSUIDSGID=yes',
    'RestrictNamespaces=yes',
    'RestrictAddressFamilies=AF_UNIX AF_INET AF_INET6 AF_NETLINK',
    'SystemCallArchitectures=native',
    'SystemCallFilter=@system-service',
    'SystemCallErrorNumber=EPERM',
    ...WITHOUT_JIT,
  ];
}

function systemSandbox(settings: ServiceSettings): string[] {
  const writable = settings.writable ?? [];
  return [
    '',
    `User=${ACCOUNT}`,
    `Group=${ACCOUNT}`,
    'UMask=0022',
    'NoNewPrivileges=yes',
    'CapabilityBoundingSet=',
    'AmbientCapabilities=',
    '',
    '# Everything is read-only but the directories above and those named here.',
    'ProtectSystem=strict',
    `ProtectHome=${needsHome(settings) ? 'read-only' : 'yes'}`,
    ...writable.map((path) => `ReadWritePaths=${systemdPath(path)}`),
    ...(writable.length > 0
      ? []
      : ['# Directories that downloads go into:', '# ReadWritePaths=/srv/downloads']),
    'PrivateTmp=yes',
    'PrivateDevices=yes',
    'DevicePolicy=closed',
    'PrivateUsers=yes',
    'PrivateMounts=yes',
    'PrivateIPC=yes',
    'RemoveIPC=yes',
    'ProtectHostname=yes',
    'ProtectClock=yes',
    'ProtectControlGroups=yes',
    'ProtectKernelLogs=yes',
    'ProtectKernelModules=yes',
    'ProtectKernelTunables=yes',
    '# Not "ProcSubset=pid": the boot id, which tells whether written bytes can be believed, lies in /proc/sys.',
    'ProtectProc=invisible',
    'KeyringMode=private',
    'LockPersonality=yes',
    'RestrictRealtime=yes',
    'RestrictSUIDSGID=yes',
    'RestrictNamespaces=yes',
    'RestrictAddressFamilies=AF_UNIX AF_INET AF_INET6 AF_NETLINK',
    'SystemCallArchitectures=native',
    'SystemCallFilter=@system-service',
    'SystemCallFilter=~@privileged @resources',
    'SystemCallErrorNumber=EPERM',
    ...WITHOUT_JIT,
  ];
}

const WITHOUT_JIT = [
  '# The one protection left out: the JavaScript engine writes the code it runs.',
  'MemoryDenyWriteExecute=no',
];

/** A program below a home directory has to stay visible to the service. */
function needsHome({ node, program }: ServiceSettings): boolean {
  return [node, program].some((path) => /^\/(home|root|run\/user)\//.test(path));
}

function unreachableNotes(settings: ServiceSettings): string[] {
  if (!needsHome(settings)) return [];
  return [
    `${settings.node} or ${settings.program} lies in a home directory, which the user "${ACCOUNT}" can ` +
      'usually not enter: install Node.js and haulyard for the whole machine, or use --user.',
  ];
}

function sysusers(): string {
  return lines([`u ${ACCOUNT} - "haulyard download service" /var/lib/haulyard -`]);
}

function file(path: string, text: string): ServicePlan['files'][number] {
  return { path, text, encoding: 'utf8' };
}

function lines(all: readonly string[]): string {
  return `${all.join('\n')}\n`;
}
