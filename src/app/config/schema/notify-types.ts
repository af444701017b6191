import { maskUrl } from '../../../core/errors.ts';
import type { EventKind } from '../../../core/facts/event.ts';
import { webUrl } from './address-types.ts';
import { dictionary, list, table } from './list-types.ts';
import { choice, isLine, path, text } from './scalar-types.ts';
import { found, type ValueType, valueType } from './value-type.ts';

/** Where the key of a signature comes from. */
export type SecretSource =
  | { readonly kind: 'inline'; readonly secret: string }
  /** Read when it is needed, so that it can be changed without a restart. */
  | { readonly kind: 'file'; readonly path: string };

/** A URL that is told of events, signed with the secret. */
export interface WebhookConfig {
  readonly url: string;
  readonly secret: SecretSource;
  /** The kinds of events it is told of. */
  readonly events: readonly EventKind[];
}

/** What a name or GUID of NOTIFICATION_CLSID stands for. */
export type HandlerConfig =
  /** A program and its arguments, run without a shell. */
  | { readonly kind: 'command'; readonly command: readonly string[] }
  | { readonly kind: 'webhook'; readonly url: string; readonly secret: SecretSource };

const EVENT_KINDS: Readonly<Record<EventKind, EventKind>> = {
  'job.created': 'job.created',
  'job.changed': 'job.changed',
  'job.state': 'job.state',
  'file.transferred': 'file.transferred',
};

/** A program and its arguments. An argument may be empty or have several lines; it has no NUL. */
export const command: ValueType<readonly string[]> = list(
  valueType('a word of the command', (raw) =>
    found(typeof raw === 'string' && raw.length <= 8_192 && !raw.includes('\0') ? raw : undefined),
  ),
  { min: 1, max: 64 },
);

const secret: ValueType<string> = text('a secret', { min: 16, max: 512 });

const secretShape = { secret: secret.schema.optional(), secret_file: path.schema.optional() };

const events: ValueType<readonly EventKind[]> = list(choice(EVENT_KINDS), { min: 1, max: 4 });

/** One webhook. */
export const webhook: ValueType<WebhookConfig> = table(
  'a table such as { url = "https://example.com/hook", secret_file = "/etc/haulyard/hook.key" }',
  { url: webUrl.schema, ...secretShape, events: events.schema.optional() },
  ({ url, events: wanted, ...secrets }): WebhookConfig => ({
    url,
    secret: secretSource(secrets),
    events: wanted ?? ['job.state'],
  }),
  oneSecret,
);

const handler: ValueType<HandlerConfig> = table(
  'a table such as { command = ["/usr/bin/notify"] } or { url = "https://…", secret_file = "/…" }',
  { command: command.schema.optional(), url: webUrl.schema.optional(), ...secretShape },
  ({ command: argv, url, ...secrets }): HandlerConfig =>
    argv === undefined
      ? { kind: 'webhook', url: url ?? '', secret: secretSource(secrets) }
      : { kind: 'command', command: argv },
  ({ command: argv, url, ...secrets }) => {
    if ((argv === undefined) === (url === undefined)) return 'give either command or url';
    if (url !== undefined) return oneSecret(secrets);
    return secrets.secret === undefined && secrets.secret_file === undefined
      ? undefined
      : 'a secret signs what is sent to a URL; a command gets none';
  },
);

const handlerName: ValueType<string> = valueType(
  'a GUID, or a name of 1 to 64 letters, digits, dots, hyphens and underscores',
  (raw) => found(typeof raw === 'string' && isHandlerName(raw) ? raw : undefined),
);

/** Named handlers, by GUID in lower case without braces, or by name. */
export const handlers: ValueType<Readonly<Record<string, HandlerConfig>>> = {
  ...dictionary(handlerName, handler, 100),
  schema: dictionary(handlerName, handler, 100).schema.transform((entries) =>
    Object.fromEntries(Object.entries(entries).map(([name, value]) => [plainName(name), value])),
  ),
};

function isHandlerName(name: string): boolean {
  return isLine(name) && (GUID.test(name) || /^[A-Za-z0-9._-]{1,64}$/.test(name));
}

const GUID = /^\{?([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})\}?$/i;

function plainName(name: string): string {
  return GUID.exec(name)?.[1]?.toLowerCase() ?? name;
}

interface Secrets {
  readonly secret?: string | undefined;
  readonly secret_file?: string | undefined;
}

function oneSecret({ secret: inline, secret_file: file }: Secrets): string | undefined {
  if ((inline === undefined) !== (file === undefined)) return undefined;
  return 'give either secret or secret_file: what is sent is always signed';
}

function secretSource({ secret: inline, secret_file: file }: Secrets): SecretSource {
  return file === undefined
    ? { kind: 'inline', secret: inline ?? '' }
    : { kind: 'file', path: file };
}

/** A webhook or handler, or anything that holds some, with every secret hidden. */
export function hideSecrets(raw: unknown): unknown {
  if (Array.isArray(raw)) return raw.map(hideSecrets);
  if (typeof raw !== 'object' || raw === null) return raw;
  return Object.fromEntries(
    Object.entries(raw).map(([name, value]: [string, unknown]) => {
      if (typeof value !== 'string') return [name, hideSecrets(value)];
      if (name === 'secret') return [name, '***'];
      // The query of a URL may be a key too.
      return [name, name === 'url' ? maskUrl(value) : value];
    }),
  );
}
