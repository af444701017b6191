import assert from 'node:assert/strict';
import { test } from 'node:test';

import { startOrigin } from '../support/origin.ts';
import type { Faults } from '../support/origin.ts';
import { rawGet } from './raw-client.ts';
import type { RawAnswer } from './raw-client.ts';

/** What the origin serves under /file. */
export const body: Buffer = Buffer.from('0123456789'.repeat(100));
export const whole: string = body.toString();
/** The bytes `ranged` asks for. */
export const hundred: string = whole.slice(100, 200);
export const closing: Record<string, string> = { Connection: 'close' };
export const ranged: Record<string, string> = { Connection: 'close', Range: 'bytes=100-199' };

/** One fault and what a plain socket sees of it. */
export interface FaultRow {
  readonly says: string;
  readonly fault: Faults;
  readonly headers?: Record<string, string>;
  readonly status?: number;
  /** Patterns the head has to match. */
  readonly head?: readonly RegExp[];
  readonly not?: RegExp;
  readonly body?: string | RegExp;
  readonly ended?: RawAnswer['ended'];
}

/** Makes each row a test of its own. */
export function testRows(rows: readonly FaultRow[]): void {
  for (const { says, fault, headers = closing, ended = 'close', ...row } of rows) {
    test(says, async () => {
      await using origin = await startOrigin();
      origin.put('/file', { body, etag: '"tag"' });
      origin.script('/file', [fault]);
      const answer = await rawGet(origin, '/file', headers);
      if (row.status !== undefined) assert.equal(answer.head.slice(9, 12), String(row.status));
      for (const pattern of row.head ?? []) assert.match(answer.head, pattern);
      if (row.not) assert.doesNotMatch(answer.head, row.not);
      const text = answer.body.toString('latin1');
      if (typeof row.body === 'string') assert.equal(text, row.body);
      else if (row.body) assert.match(text, row.body);
      assert.equal(answer.ended, ended);
      const after = await rawGet(origin, '/file', closing);
      assert.equal(after.body.toString(), whole, 'the next answer is right again');
    });
  }
}
