/** Exit numbers, as aria2 has them where it has them. */
export const EXIT = {
  OK: 0,
  OTHER: 1,
  TIMEOUT: 2,
  NOT_FOUND: 3,
  NETWORK: 6,
  UNFINISHED: 7,
  CANNOT_RESUME: 8,
  DISK_FULL: 9,
  EXISTS: 13,
  FILE: 17,
  DNS: 19,
  BAD_RESPONSE: 22,
  REDIRECTS: 23,
  AUTHORISATION: 24,
  BAD_OPTION: 28,
  OVERLOADED: 29,
  CHECKSUM: 32,
  NO_SERVICE: 40,
  NOT_PERMITTED: 41,
  NO_SUCH_JOB: 42,
  WRONG_STATE: 43,
  /** A second Ctrl-C, as shells number a command that SIGINT ended. */
  KILLED: 130,
} as const;
export type ExitCode = (typeof EXIT)[keyof typeof EXIT];

const MEANINGS: Readonly<Record<ExitCode, string>> = {
  [EXIT.OK]: 'everything asked for was done',
  [EXIT.OTHER]: 'another failure',
  [EXIT.TIMEOUT]: 'the server did not answer in time',
  [EXIT.NOT_FOUND]: 'the server does not have the file (404, 410)',
  [EXIT.NETWORK]: 'no connection, or it was cut off; TLS refused',
  [EXIT.UNFINISHED]: 'stopped before everything was done',
  [EXIT.CANNOT_RESUME]: 'the server cannot send parts of the file',
  [EXIT.DISK_FULL]: 'the disk or the quota is full',
  [EXIT.EXISTS]: 'the file exists already (--no-clobber)',
  [EXIT.FILE]: 'a file could not be written, renamed or read',
  [EXIT.DNS]: 'the host name could not be resolved',
  [EXIT.BAD_RESPONSE]: 'the server answered with an error or with nonsense',
  [EXIT.REDIRECTS]: 'a redirect could not be followed',
  [EXIT.AUTHORISATION]: 'the server wants other credentials (401, 403, 407)',
  [EXIT.BAD_OPTION]: 'an argument or option is wrong; nothing was started',
  [EXIT.OVERLOADED]: 'busy: the server (429, 503), or the data directory',
  [EXIT.CHECKSUM]: 'the content does not match its checksum',
  [EXIT.NO_SERVICE]: 'no service runs, or it went away',
  [EXIT.NOT_PERMITTED]: 'permission is missing',
  [EXIT.NO_SUCH_JOB]: 'no job, or more than one, goes by that id',
  [EXIT.WRONG_STATE]: 'the job is in the wrong state for this',
  [EXIT.KILLED]: 'Ctrl-C twice',
};

/** The lines of a help text that say what a command exits with. */
export function exitCodesHelp(codes: readonly ExitCode[]): string {
  const lines = codes.map((code) => `  ${String(code).padStart(3)}  ${MEANINGS[code]}`);
  return ['', 'Exit codes:', ...lines].join('\n');
}
