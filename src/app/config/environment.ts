/** Variables of the environment, as `process.env` has them. */
export type Environment = Readonly<Record<string, string | undefined>>;

/** What a path depends on besides the environment; each is this process's own unless given. */
export interface Host {
  readonly platform?: NodeJS.Platform | undefined;
  /** Numeric user id; undefined on Windows, which has none. */
  readonly uid?: number | undefined;
}

/** A variable's value; an empty one counts as absent. */
export function variable(env: Environment, name: string): string | undefined {
  const value = env[name];
  return value === '' ? undefined : value;
}

/** The first of the directories that systemd gives a unit, joined by colons; the first is the main one. */
export function systemdDirectory(env: Environment, name: string): string | undefined {
  return variable(env, name)?.split(':')[0];
}

/** The platform and user, with this process's own filled in. */
export function hostOf(host: Host): {
  readonly platform: NodeJS.Platform;
  readonly uid: number | undefined;
} {
  const platform = host.platform ?? process.platform;
  return { platform, uid: 'uid' in host ? host.uid : process.getuid?.() };
}
