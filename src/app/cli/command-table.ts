import type { Define } from './commands/define.ts';

/** A command of the tree: what the list of commands says of it, and where its definition is. */
export interface CommandEntry {
  readonly name: string;
  readonly summary: string;
  readonly group: string;
  /** Only the command that is used is loaded: each start of the program is counted in milliseconds. */
  readonly load: () => Promise<Define>;
}

const DOWNLOAD = 'Downloading:';
const JOBS = 'Jobs:';
const LOOK = 'Looking:';
const SETTINGS = 'Settings:';
const SERVICE = 'The service:';
const OTHER = 'This command:';

/** Every command, in the order of the help text. */
export const COMMANDS: readonly CommandEntry[] = [
  {
    name: 'get',
    summary: 'download URLs to files',
    group: DOWNLOAD,
    load: async () => (await import('./commands/get.ts')).defineGet,
  },
  {
    name: 'add',
    summary: 'give the service a job and return',
    group: DOWNLOAD,
    load: async () => (await import('./commands/add.ts')).defineAdd,
  },
  {
    name: 'list',
    summary: 'show the jobs',
    group: LOOK,
    load: async () => (await import('./commands/list.ts')).defineList,
  },
  {
    name: 'show',
    summary: 'show everything about jobs',
    group: LOOK,
    load: async () => (await import('./commands/show.ts')).defineShow,
  },
  {
    name: 'watch',
    summary: 'follow all jobs in a live table',
    group: LOOK,
    load: async () => (await import('./commands/observe.ts')).defineWatch,
  },
  {
    name: 'events',
    summary: 'print what happens to jobs, as it happens',
    group: LOOK,
    load: async () => (await import('./commands/observe.ts')).defineEvents,
  },
  {
    name: 'explain',
    summary: 'tell why a job is where it is',
    group: LOOK,
    load: async () => (await import('./commands/change.ts')).defineExplain,
  },
  {
    name: 'stats',
    summary: 'show jobs by state, rates, and bytes by source',
    group: LOOK,
    load: async () => (await import('./commands/observe.ts')).defineStats,
  },
  {
    name: 'pause',
    summary: 'stop jobs, keeping what they fetched',
    group: JOBS,
    load: async () => (await import('./commands/act.ts')).definePause,
  },
  {
    name: 'resume',
    summary: 'go on with jobs',
    group: JOBS,
    load: async () => (await import('./commands/act.ts')).defineResume,
  },
  {
    name: 'retry',
    summary: 'try failed jobs again at once',
    group: JOBS,
    load: async () => (await import('./commands/act.ts')).defineRetry,
  },
  {
    name: 'complete',
    summary: 'put finished files in place',
    group: JOBS,
    load: async () => (await import('./commands/act.ts')).defineComplete,
  },
  {
    name: 'cancel',
    summary: 'forget jobs and what they fetched',
    group: JOBS,
    load: async () => (await import('./commands/act.ts')).defineCancel,
  },
  {
    name: 'remove',
    summary: 'forget jobs altogether, their history as well',
    group: JOBS,
    load: async () => (await import('./commands/act.ts')).defineRemove,
  },
  {
    name: 'set',
    summary: 'change a job',
    group: JOBS,
    load: async () => (await import('./commands/change.ts')).defineSet,
  },
  {
    name: 'files',
    summary: 'show the files of a job, or add some',
    group: JOBS,
    load: async () => (await import('./commands/change.ts')).defineFiles,
  },
  {
    name: 'order',
    summary: 'move a job within its queue',
    group: JOBS,
    load: async () => (await import('./commands/change.ts')).defineOrder,
  },
  {
    name: 'limit',
    summary: 'show or set bandwidth limits',
    group: SETTINGS,
    load: async () => (await import('./commands/settings.ts')).defineLimit,
  },
  {
    name: 'policy',
    summary: 'show the policies in force, or try others',
    group: SETTINGS,
    load: async () => (await import('./commands/settings.ts')).definePolicy,
  },
  {
    name: 'config',
    summary: 'show, check and change settings',
    group: SETTINGS,
    load: async () => (await import('./commands/settings.ts')).defineConfig,
  },
  {
    name: 'daemon',
    summary: 'run the service, and look after it',
    group: SERVICE,
    load: async () => (await import('./commands/daemon.ts')).defineDaemon,
  },
  {
    name: 'service',
    summary: 'have the service started by the system',
    group: SERVICE,
    load: async () => (await import('./commands/service.ts')).defineService,
  },
  {
    name: 'logs',
    summary: 'show the log of the service',
    group: SERVICE,
    load: async () => (await import('./commands/observe.ts')).defineLogs,
  },
  {
    name: 'completion',
    summary: 'print a script that completes commands',
    group: OTHER,
    load: async () => (await import('./commands/completion.ts')).defineCompletion,
  },
];
