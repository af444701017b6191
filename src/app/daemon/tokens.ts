import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';
import { chmodSync, chownSync, readFileSync, renameSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { DeliveryOptimizationError } from '../../core/errors.ts';

/** A token as it is kept: never the token itself, only a digest of it. */
export interface TokenRecord {
  readonly user: string;
  readonly administrator: boolean;
  /** SHA-256 in hexadecimal. Tokens are 256 random bits, so a plain digest cannot be searched. */
  readonly sha256: string;
  readonly createdAt: string;
}

const FILE_NAME = 'tokens.json';
const PREFIX = 'hyd_';
const MAX_TOKENS = 1_000;
const MAX_USER_CHARACTERS = 256;

/**
 * Makes a token by which a user is known on TCP. It is returned once and kept as a digest only.
 *
 * @param dataDir - of the service; its `tokens.json` is readable for its owner alone
 * @throws DeliveryOptimizationError E_INVALIDARG for a name that cannot be one
 */
export function createToken(
  dataDir: string,
  wanted: { readonly user: string; readonly administrator: boolean },
): string {
  if (
    wanted.user === '' ||
    wanted.user.length > MAX_USER_CHARACTERS ||
    /[\s/*]/.test(wanted.user)
  ) {
    throw new DeliveryOptimizationError(
      'E_INVALIDARG',
      `${JSON.stringify(wanted.user)} is not the name of a user: 1 to ${MAX_USER_CHARACTERS} characters without blanks, "/" and "*".`,
    );
  }
  const records = listTokens(dataDir);
  if (records.length >= MAX_TOKENS) {
    throw new DeliveryOptimizationError(
      'E_INVALIDARG',
      `There are ${records.length} tokens already; revoke some that are not used any more.`,
    );
  }
  const token = PREFIX + randomBytes(32).toString('base64url');
  save(dataDir, [
    ...records,
    { ...wanted, sha256: digestOf(token).toString('hex'), createdAt: new Date().toISOString() },
  ]);
  return token;
}

/** Tokens that are valid, oldest first. */
export function listTokens(dataDir: string): readonly TokenRecord[] {
  const path = join(dataDir, FILE_NAME);
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw new DeliveryOptimizationError('E_ACCESSDENIED', `${path} cannot be read.`, {
      cause: error,
    });
  }
  return parse(text, path);
}

/** Makes every token of a user void, and returns how many there were. */
export function revokeTokens(dataDir: string, user: string): number {
  const records = listTokens(dataDir);
  const kept = records.filter((record) => record.user !== user);
  if (kept.length < records.length) save(dataDir, kept);
  return records.length - kept.length;
}

/** Who a token stands for. */
export interface TokenOwner {
  readonly user: string;
  readonly administrator: boolean;
}

/** Knows the tokens of a data directory; a token made or revoked counts from the next call on. */
export class TokenBook {
  readonly #dataDir: string;
  #version = '';
  #records: readonly { readonly owner: TokenOwner; readonly digest: Buffer }[] = [];

  constructor(dataDir: string) {
    this.#dataDir = dataDir;
  }

  /** Compares with every token in the same time, whether one matches or not. */
  find(token: string): TokenOwner | undefined {
    this.#refresh();
    const digest = digestOf(token);
    let found: TokenOwner | undefined;
    for (const record of this.#records) {
      if (timingSafeEqual(record.digest, digest)) found = record.owner;
    }
    return found;
  }

  #refresh(): void {
    const stats = statSync(join(this.#dataDir, FILE_NAME), { throwIfNoEntry: false });
    const version = stats === undefined ? 'none' : `${stats.ino}/${stats.mtimeMs}/${stats.size}`;
    if (version === this.#version) return;
    this.#records = listTokens(this.#dataDir).map(({ sha256, user, administrator }) => ({
      owner: { user, administrator },
      digest: Buffer.from(sha256, 'hex'),
    }));
    this.#version = version;
  }
}

function digestOf(token: string): Buffer {
  return createHash('sha256').update(token).digest();
}

/** A new file takes the old one's place, so a reader sees the one or the other, never a part. */
function save(dataDir: string, records: readonly TokenRecord[]): void {
  const path = join(dataDir, FILE_NAME);
  const fresh = `${path}.${process.pid}.${randomBytes(4).toString('hex')}`;
  writeFileSync(fresh, `${JSON.stringify(records, undefined, 2)}\n`, {
    mode: 0o600,
    flag: 'wx',
    flush: true,
  });
  chmodSync(fresh, 0o600);
  giveToOwnerOf(dataDir, fresh);
  renameSync(fresh, path);
}

/** Root may make tokens for the service of another user, who must be able to read them. */
function giveToOwnerOf(dataDir: string, path: string): void {
  if (process.getuid?.() !== 0) return;
  const { uid, gid } = statSync(dataDir);
  chownSync(path, uid, gid);
}

function parse(text: string, path: string): readonly TokenRecord[] {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    throw damaged(path, cause);
  }
  if (!Array.isArray(value) || !value.every(isRecord)) throw damaged(path);
  return value;
}

function isRecord(value: unknown): value is TokenRecord {
  const record = value as Partial<TokenRecord> | null;
  return (
    typeof record === 'object' &&
    record !== null &&
    typeof record.user === 'string' &&
    typeof record.administrator === 'boolean' &&
    typeof record.createdAt === 'string' &&
    typeof record.sha256 === 'string' &&
    /^[0-9a-f]{64}$/.test(record.sha256)
  );
}

function damaged(path: string, cause?: unknown): DeliveryOptimizationError {
  return new DeliveryOptimizationError(
    'E_UNEXPECTED',
    `${path} is damaged: delete it, restart nothing, and make new tokens with "haulyard daemon token".`,
    { cause, failureClass: 'call' },
  );
}
