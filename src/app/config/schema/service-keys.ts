import { HISTORY_MS, NOTIFY_RETRY_MAX_MS, NOTIFY_RETRY_MIN_MS } from '../../../core/limits.ts';
import { formatDuration } from '../../../core/units.ts';
import type {
  AgentConfig,
  DaemonConfig,
  LogConfig,
  LogLevel,
  MetricsConfig,
  NotifyConfig,
  UiConfig,
} from '../config.ts';
import { isSocketName } from '../runtime-paths.ts';
import { hostAndPort, loopbackAddress, webOrigin } from './address-types.ts';
import { key, optional, type SectionSpec } from './key-spec.ts';
import { list, tables } from './list-types.ts';
import { command, handlers, webhook } from './notify-types.ts';
import { boolean, choice, duration, path, text } from './scalar-types.ts';
import { found, type ValueType, valueType } from './value-type.ts';

const userName: ValueType<string> = text('the name of a user', { max: 256 });

const socketUser: ValueType<string> = valueType(
  'the name of a user, of letters, digits, dots, hyphens and underscores',
  (raw) => found(typeof raw === 'string' && isSocketName(raw) ? raw : undefined),
);

/** `[daemon]` */
export const DAEMON_KEYS: SectionSpec<DaemonConfig> = {
  socket: key(
    'socket',
    path,
    '',
    'Socket, or on Windows pipe, on which the service listens. `HAULYARD_SOCKET` sets it too.',
    { isPath: true, fallbackWords: '`haulyard.sock` in the runtime directory' },
  ),
  dataDir: key(
    'data_dir',
    path,
    '',
    'Directory of the job store. `HAULYARD_DATA_DIR` sets it too.',
    {
      isPath: true,
      fallbackWords: "the unit's state directory, or the user's directory for data",
    },
  ),
  tcp: key(
    'tcp',
    loopbackAddress,
    false,
    'Loopback address on which the service listens besides, for callers with a token.',
  ),
  socketUsers: key(
    'socket_users',
    list(socketUser, { max: 64 }),
    [],
    'Users who get a socket of their own, named for them, beside the main one.',
  ),
  administrators: key(
    'administrators',
    list(userName, { max: 64 }),
    [],
    'Users who may see and change the jobs of all others, besides root and the user of the service.',
  ),
  allowedHosts: key(
    'allowed_hosts',
    list(hostAndPort),
    [],
    'Values of Host that are accepted over TCP, besides the loopback names.',
  ),
  allowedOrigins: key(
    'allowed_origins',
    list(webOrigin),
    [],
    'Origins of web pages whose requests are accepted.',
  ),
  startInterrupted: key(
    'start_interrupted',
    boolean,
    true,
    'Whether jobs that were under way when the service ended go on by themselves.',
  ),
};

/** `[agent]` */
export const AGENT_KEYS: SectionSpec<AgentConfig> = {
  enabled: key(
    'enabled',
    boolean,
    false,
    "Whether the Linux Delivery Optimization agent's clients are served.",
  ),
  runDir: key('run_dir', path, '', 'Directory of the port file.', {
    isPath: true,
    fallbackWords:
      '`/var/run/deliveryoptimization-agent` as root, otherwise `agent` in the runtime directory',
  }),
  configDir: key('config_dir', path, '', 'Directory of admin-config.json and sdk-config.json.', {
    isPath: true,
    fallbackWords:
      '`/etc/deliveryoptimization-agent` as root, otherwise `agent/config` in the data directory',
  }),
  logDir: key('log_dir', path, '', "Directory of the agent's log.", {
    isPath: true,
    fallbackWords:
      '`/var/log/deliveryoptimization-agent` as root, otherwise `agent/log` in the data directory',
  }),
};

const DAY_MS = 86_400_000;

/** `[notify]` */
export const NOTIFY_KEYS: SectionSpec<NotifyConfig> = {
  command: optional(
    'command',
    command,
    'Program and arguments, run on every change of state. No shell is involved.',
  ),
  webhooks: key(
    'webhook',
    tables(webhook, 100),
    [],
    'URLs that are told of events, each `{ url, secret or secret_file, events }`. ' +
      'Events are `job.created`, `job.changed`, `job.state` and `file.transferred`; default `["job.state"]`.',
    { secret: true },
  ),
  handlers: key(
    'handlers',
    handlers,
    {},
    'What the GUIDs and names of NOTIFICATION_CLSID stand for: each `{ command }` or ' +
      '`{ url, secret or secret_file }`.',
    { secret: true },
  ),
  retryMinMs: key(
    'retry_min',
    duration({ min: 1_000, max: DAY_MS, words: '1s to 1d' }),
    formatDuration(NOTIFY_RETRY_MIN_MS),
    'First wait before a notification that was not accepted is sent again; then it doubles.',
  ),
  retryMaxMs: key(
    'retry_max',
    duration({ min: 1_000, max: DAY_MS, words: '1s to 1d' }),
    formatDuration(NOTIFY_RETRY_MAX_MS),
    'Longest such wait.',
  ),
  giveUpAfterMs: key(
    'give_up_after',
    duration({ min: 60_000, max: 30 * DAY_MS, words: '1m to 30d' }),
    formatDuration(HISTORY_MS),
    'Age at which a notification that nobody accepts is dropped.',
  ),
  timeoutMs: key(
    'timeout',
    duration({ min: 1_000, max: 600_000, words: '1s to 10m' }),
    '30s',
    'Time a command or a webhook may take.',
  ),
};

const LEVELS: Readonly<Record<LogLevel, LogLevel>> = {
  trace: 'trace',
  debug: 'debug',
  info: 'info',
  warn: 'warn',
  error: 'error',
  fatal: 'fatal',
  silent: 'silent',
};

/** `[log]` */
export const LOG_KEYS: SectionSpec<LogConfig> = {
  level: key('level', choice(LEVELS), 'info', 'The least important lines that are written.'),
  file: optional('file', path, 'File the log is written to, in place of standard error.', {
    isPath: true,
  }),
};

/** `[metrics]` */
export const METRICS_KEYS: SectionSpec<MetricsConfig> = {
  enabled: key('enabled', boolean, true, 'Whether `/metrics` is served.'),
};

/** `[ui]` */
export const UI_KEYS: SectionSpec<UiConfig> = {
  enabled: key('enabled', boolean, false, 'Whether the dashboard is served.'),
};
