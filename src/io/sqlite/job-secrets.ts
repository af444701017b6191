import type { SQLOutputValue } from 'node:sqlite';

import { checkName } from './checks.ts';
import type { JobRecords } from './job-records.ts';
import type { SecretBox } from './secret-box.ts';
import type { StoreSession } from './store-session.ts';

/** Custom headers and other secrets of jobs, sealed (http.md 9). */
export class JobSecrets {
  readonly #session: StoreSession;
  readonly #records: JobRecords;
  readonly #box: SecretBox;

  constructor(session: StoreSession, records: JobRecords, box: SecretBox) {
    this.#session = session;
    this.#records = records;
    this.#box = box;
  }

  loadHeaders(jobId: string): string | undefined {
    return this.#session.guard('read custom headers', () => {
      const seq = this.#records.seqOf(jobId);
      if (seq === undefined) return undefined;
      const sealed = this.#session.sql.headers.get(seq)?.['box'];
      return this.#open(sealed, jobId, `custom headers of job ${jobId}`);
    });
  }

  saveHeaders(jobId: string, headers: string | undefined): void {
    this.#session.guard('store custom headers', () => {
      const { putHeaders, deleteHeaders } = this.#session.sql;
      const seq = this.#records.writableSeqOf(jobId);
      if (headers === undefined) deleteHeaders.run(seq);
      else putHeaders.run(seq, this.#box.seal(jobId, headers));
    });
  }

  load(jobId: string, name: string): string | undefined {
    return this.#session.guard('read a secret', () => {
      const seq = this.#records.seqOf(jobId);
      if (seq === undefined) return undefined;
      const sealed = this.#session.sql.secret.get(seq, name)?.['box'];
      return this.#open(sealed, boundTo(jobId, name), `secret ${name} of job ${jobId}`);
    });
  }

  save(jobId: string, name: string, secret: string | undefined): void {
    checkName('secret', name);
    this.#session.guard('store a secret', () => {
      const { putSecret, deleteSecret } = this.#session.sql;
      const seq = this.#records.writableSeqOf(jobId);
      if (secret === undefined) deleteSecret.run(seq, name);
      else putSecret.run(seq, name, this.#box.seal(boundTo(jobId, name), secret));
    });
  }

  #open(sealed: SQLOutputValue | undefined, binding: string, what: string): string | undefined {
    if (!(sealed instanceof Uint8Array)) return undefined;
    const text = this.#box.open(binding, sealed);
    if (text === undefined) {
      this.#session.warn(
        `The ${what} cannot be deciphered: the key file is missing or not the one that was used ` +
          'to store it. Requests go out without it; set it again.',
      );
    }
    return text;
  }
}

/** A box opens for its own job and name alone; a name has no line break in it. */
function boundTo(jobId: string, name: string): string {
  return `${jobId}\n${name}`;
}
