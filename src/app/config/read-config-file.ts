import { open } from 'node:fs/promises';

import { parse, TomlError } from 'smol-toml';

import type { ConfigFile } from './config-paths.ts';
import type { ConfigProblem } from './problems.ts';
import { tomlLines, type TomlPath } from './toml-lines.ts';

/** Far more than anybody writes; a device or a log named by mistake ends here. */
const MAX_FILE_BYTES = 1_048_576;

/** Tables in tables: no key goes deeper than a handler's secret. */
const MAX_DEPTH = 16;

/** What a file holds. */
export interface FileContent {
  readonly document: Readonly<Record<string, unknown>>;
  readonly lineOf: (path: TomlPath) => number | undefined;
  /** Whether others than its owner may read it. */
  readonly isReadableByOthers: boolean;
}

export type FileReading =
  | { readonly kind: 'content'; readonly content: FileContent }
  /** Not there, and nobody said that it should be. */
  | { readonly kind: 'absent' }
  | { readonly kind: 'problem'; readonly problem: ConfigProblem; readonly code?: string };

/** Reads a file of settings. What is wrong with it is a problem, not an exception. */
export async function readConfigFile(file: ConfigFile): Promise<FileReading> {
  const bytes = await readBounded(file.path);
  if (bytes instanceof Error) {
    const { code } = bytes as NodeJS.ErrnoException;
    if (code === 'ENOENT' && !file.required) return { kind: 'absent' };
    const message = `the file cannot be read: ${bytes.message}`;
    return { ...problem(file, message), ...(code === undefined ? {} : { code }) };
  }
  if (bytes.content.length > MAX_FILE_BYTES) {
    return problem(file, `the file is longer than ${MAX_FILE_BYTES} bytes`);
  }
  let text: string;
  try {
    text = new TextDecoder('utf-8', { fatal: true }).decode(bytes.content);
  } catch {
    return problem(file, 'the file is not UTF-8 text');
  }
  try {
    const document = parse(text, { maxDepth: MAX_DEPTH, unsafeKeyBehaviour: 'throw' });
    const isReadableByOthers = (bytes.mode & 0o44) !== 0 && process.platform !== 'win32';
    return { kind: 'content', content: { document, lineOf: tomlLines(text), isReadableByOthers } };
  } catch (error) {
    if (!(error instanceof TomlError)) throw error;
    // Its message shows lines of the file, which may hold a secret; the first line does not.
    const [what = 'not TOML'] = error.message.split('\n');
    return problem(file, `${what}, at column ${error.column}`, error.line);
  }
}

async function readBounded(
  path: string,
): Promise<{ readonly content: Uint8Array; readonly mode: number } | Error> {
  try {
    await using file = await open(path, 'r');
    const { mode } = await file.stat();
    const content = new Uint8Array(MAX_FILE_BYTES + 1);
    let length = 0;
    while (length < content.length) {
      const { bytesRead } = await file.read(content, length, content.length - length, null);
      if (bytesRead === 0) break;
      length += bytesRead;
    }
    return { content: content.subarray(0, length), mode };
  } catch (error) {
    return error as Error;
  }
}

function problem(
  { path }: ConfigFile,
  message: string,
  line?: number,
): FileReading & { kind: 'problem' } {
  return { kind: 'problem', problem: { source: path, line, message } };
}
