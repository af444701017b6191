import { isUuid } from '../../core/ids.ts';

/** What tells one file from another that later has its name, or even its inode number. */
export interface FileMark {
  readonly device: string;
  readonly inode: string;
  /** Nanoseconds since 1970; 0 where the file system does not know. */
  readonly bornNs: string;
  /** Permission bits, as they were. */
  readonly mode: number;
}

/**
 * How far a download has come, beyond what the engine knows. Each step is stored before what it
 * speaks of is done or answered:
 *
 * - `created`: nothing exists but this record.
 * - `starting`: the empty file is about to be made at the path. `sinceMs` (wall clock) lets a later
 *   process tell an empty file that was made and not recorded.
 * - `started`: the empty file stands, and the engine has the download; its content will come to the
 *   staging name beside the path.
 * - `staged`: the engine is done with it, and the content is whole, under the staging name or already
 *   at the path. Transferred, for the client.
 * - `aborting`: the client has given it up, and what it made is being deleted.
 */
export type AgentPhase =
  | { readonly kind: 'created' }
  | { readonly kind: 'starting'; readonly sinceMs: number }
  | { readonly kind: 'started'; readonly engineId: string; readonly placeholder: FileMark }
  | {
      readonly kind: 'staged';
      readonly placeholder: FileMark;
      readonly content: FileMark;
      readonly bytes: number;
    }
  | {
      readonly kind: 'aborting';
      readonly engineId: string | undefined;
      /** The files at the path that this download made. */
      readonly made: readonly FileMark[];
    };

/** One download of a client of the agent, as it is stored. */
export interface AgentRecord {
  readonly id: string;
  readonly uri: string | undefined;
  readonly path: string | undefined;
  /** As the client set it; 0 is the default. */
  readonly noProgressSeconds: number;
  readonly phase: AgentPhase;
}

/** Raised with every change that an older version could not read. */
const FORMAT = 1;

export function recordText(record: AgentRecord): string {
  return `${JSON.stringify({ format: FORMAT, ...record })}\n`;
}

/** Reads a stored record; undefined for text that is not one of this format. */
export function parseRecord(text: string): AgentRecord | undefined {
  const value = jsonObject(text);
  if (value === undefined || value['format'] !== FORMAT) return undefined;
  const { id, uri, path, noProgressSeconds } = value;
  const phase = parsePhase(value['phase']);
  if (typeof id !== 'string' || !isUuid(id) || phase === undefined) return undefined;
  if (!isTextOrAbsent(uri) || !isTextOrAbsent(path) || !isCount(noProgressSeconds)) {
    return undefined;
  }
  return { id, uri, path, noProgressSeconds, phase };
}

function parsePhase(value: unknown): AgentPhase | undefined {
  if (!isObject(value)) return undefined;
  const { kind, sinceMs, engineId, bytes } = value;
  switch (kind) {
    case 'created':
      return { kind };
    case 'starting':
      return typeof sinceMs === 'number' ? { kind, sinceMs } : undefined;
    case 'started': {
      const placeholder = parseMark(value['placeholder']);
      if (placeholder === undefined || typeof engineId !== 'string') return undefined;
      return { kind, engineId, placeholder };
    }
    case 'staged': {
      const placeholder = parseMark(value['placeholder']);
      const content = parseMark(value['content']);
      if (placeholder === undefined || content === undefined || !isCount(bytes)) return undefined;
      return { kind, placeholder, content, bytes };
    }
    case 'aborting': {
      const made = Array.isArray(value['made']) ? value['made'].map(parseMark) : [undefined];
      if (!isTextOrAbsent(engineId) || !made.every((mark) => mark !== undefined)) return undefined;
      return { kind, engineId, made };
    }
    default:
      return undefined;
  }
}

function parseMark(value: unknown): FileMark | undefined {
  if (!isObject(value)) return undefined;
  const { device, inode, bornNs, mode } = value;
  if (typeof device !== 'string' || typeof inode !== 'string') return undefined;
  if (typeof bornNs !== 'string' || !isCount(mode)) return undefined;
  return { device, inode, bornNs, mode };
}

function jsonObject(text: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return isObject(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isTextOrAbsent(value: unknown): value is string | undefined {
  return value === undefined || typeof value === 'string';
}

function isCount(value: unknown): value is number {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0;
}
