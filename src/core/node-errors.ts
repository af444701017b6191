import { type ErrorCode, type FailureClass, HRESULT } from './codes.ts';
import { DeliveryOptimizationError, isDeliveryOptimizationError, maskUrl } from './errors.ts';
import { hresultFromErrno } from './hresult.ts';
import { CERTIFICATE_ERRORS } from './node-errors/certificates.ts';
import { COMMON_ERRORS } from './node-errors/common.ts';
import { FILE_SYSTEM_ERRORS, NO_DIRECTORY } from './node-errors/file-system.ts';
import type { NodeErrorMeaning, NodeErrorTable } from './node-errors/meaning.ts';
import { NETWORK_ERRORS, NETWORK_FAMILIES } from './node-errors/network.ts';

/** Where a Node error was met: the same `ENOENT` means another thing for a file and a directory. */
export type NodeErrorContext = 'file' | 'directory' | 'network';

/** The result code that stands for a Node error (errors.md 7). */
export interface NodeErrorMapping {
  readonly code: ErrorCode;
  readonly failureClass: FailureClass;
  /** Set when the error has an errno but no name of its own: replaces the number of `code`. */
  readonly hresult?: number;
  /** The exact reason behind a general code, e.g. why a certificate was refused. */
  readonly extendedHresult?: number;
  /** What happened, as the end of a sentence. */
  readonly reason: string;
  /** What the user can do, as a sentence. */
  readonly advice?: string;
}

/** The parts of a Node error that are looked at. */
interface ErrorFacts {
  readonly code: string | undefined;
  readonly errno: number | undefined;
  readonly syscall: string | undefined;
  readonly name: string | undefined;
  readonly message: string;
}

/** Errors looked at behind one error: nobody nests deeper, and a hostile chain has an end. */
const MAX_ERRORS_SEARCHED = 32;

/**
 * Maps an error of Node or undici to a result code (errors.md 7).
 *
 * Looks at the error, then through its `cause` and, for an `AggregateError`, its `errors`; the
 * first one that is known decides. An unknown error with an errno becomes `E_FAIL` under the number
 * 0xC0D00000 + errno, one without stays `E_FAIL`; both are fatal.
 */
export function mapNodeError(error: unknown, context: NodeErrorContext): NodeErrorMapping {
  const all = errorsWithin(error);
  for (const facts of all) {
    const meaning = knownMeaning(facts, context);
    if (meaning !== undefined) return mappingOf(meaning);
  }
  const errno = all.find((facts) => facts.errno !== undefined)?.errno;
  // The deepest message says most: the outer ones are "fetch failed" and the like.
  const reason =
    all.findLast((facts) => facts.message !== '')?.message ?? 'the reason is not known';
  const unknown = { code: 'E_FAIL', failureClass: 'fatal', reason } as const;
  return errno === undefined ? unknown : { ...unknown, hresult: hresultFromErrno(errno) };
}

/**
 * Translates an error of a file operation.
 *
 * An error that is ours already is returned as it is.
 *
 * @param what - what was tried, to follow "Could not": `write /data/file.iso`
 * @param target - whether a missing path is a missing file or a missing directory
 */
export function errorFromFileSystem(
  error: unknown,
  what: string,
  target: 'file' | 'directory',
): DeliveryOptimizationError {
  if (isDeliveryOptimizationError(error)) return error;
  const mapping = mapNodeError(error, target);
  return translated(error, mapping, sentences(`Could not ${what}`, mapping), undefined);
}

/**
 * Translates an error of a request.
 *
 * An error that is ours already is returned as it is.
 *
 * @param url - the URL that was asked; user-info and query do not reach the message
 */
export function errorFromNetwork(error: unknown, url: string): DeliveryOptimizationError {
  if (isDeliveryOptimizationError(error)) return error;
  const mapping = mapNodeError(error, 'network');
  const masked = { ...mapping, reason: mapping.reason.replaceAll(url, maskUrl(url)) };
  return translated(error, mapping, sentences(`Could not download ${maskUrl(url)}`, masked), url);
}

function translated(
  cause: unknown,
  mapping: NodeErrorMapping,
  message: string,
  url: string | undefined,
): DeliveryOptimizationError {
  const { code, failureClass, hresult, extendedHresult } = mapping;
  return new DeliveryOptimizationError(code, message, {
    cause,
    failureClass,
    hresult,
    extendedHresult,
    url,
  });
}

function sentences(what: string, { reason, advice }: NodeErrorMapping): string {
  const first = `${what}: ${reason}`;
  const ended = /[.!?]$/.test(first) ? first : `${first}.`;
  return advice === undefined ? ended : `${ended} ${advice}`;
}

function mappingOf({ extended, ...meaning }: NodeErrorMeaning): NodeErrorMapping {
  return extended === undefined ? meaning : { ...meaning, extendedHresult: HRESULT[extended] };
}

function knownMeaning(facts: ErrorFacts, context: NodeErrorContext): NodeErrorMeaning | undefined {
  const { code, syscall, name, message } = facts;
  // EINVAL speaks of the name only where a name is given; from a write it may mean anything.
  if (context !== 'network' && code === 'EINVAL' && (syscall === 'open' || syscall === 'mkdir')) {
    return meaningOf('ERR_INVALID_ARG_VALUE', context);
  }
  if (code !== undefined) return meaningOf(code, context);
  // undici means to give a code of the family HPE_, and in some versions gives none.
  if (name === 'HTTPParserError') return meaningOf('HPE_UNKNOWN', context);
  if (name === 'AbortError') return meaningOf('ABORT_ERR', context);
  if (name === 'TimeoutError') return meaningOf('ETIMEDOUT', context);
  // Node and undici have thrown these without a code.
  if (/socket hang up|premature close|other side closed/i.test(message)) {
    return meaningOf('ECONNRESET', context);
  }
  return undefined;
}

/** What a single code means in a context; `undefined` when no table has it. */
function meaningOf(code: string, context: NodeErrorContext): NodeErrorMeaning | undefined {
  const everywhere = own(COMMON_ERRORS, code);
  if (everywhere !== undefined) return everywhere;
  if (context !== 'network') {
    return context === 'directory' && code === 'ENOENT'
      ? NO_DIRECTORY
      : own(FILE_SYSTEM_ERRORS, code);
  }
  return (
    own(NETWORK_ERRORS, code) ??
    own(CERTIFICATE_ERRORS, code) ??
    NETWORK_FAMILIES.find(([family]) => family.test(code))?.[1]
  );
}

/** Keeps a code such as "constructor" from finding what every object inherits. */
function own(table: NodeErrorTable, code: string): NodeErrorMeaning | undefined {
  return Object.hasOwn(table, code) ? table[code] : undefined;
}

/** The error, its causes and its parts, outermost first. */
function errorsWithin(error: unknown): ErrorFacts[] {
  const found: ErrorFacts[] = [];
  const seen = new Set<unknown>();
  const pending = [error];
  while (pending.length > 0 && seen.size < MAX_ERRORS_SEARCHED) {
    const next = pending.shift();
    if (typeof next !== 'object' || next === null || seen.has(next)) continue;
    seen.add(next);
    const { code, errno, syscall, name, message, cause, errors } = next as Record<string, unknown>;
    found.push({
      // A DOMException has a number here, which says less than its name.
      code: typeof code === 'string' ? code : undefined,
      errno: typeof errno === 'number' ? errno : undefined,
      syscall: typeof syscall === 'string' ? syscall : undefined,
      name: typeof name === 'string' ? name : undefined,
      message: typeof message === 'string' ? message : '',
    });
    pending.push(cause);
    if (Array.isArray(errors)) pending.push(...errors.slice(0, MAX_ERRORS_SEARCHED));
  }
  return found;
}
