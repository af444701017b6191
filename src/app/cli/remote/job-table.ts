import Table from 'cli-table3';

import { formatBytes, formatDuration, formatRate } from '../../../core/units.ts';
import type { JobResource } from '../../../rest/contract.ts';
import { shortName } from '../job-name.ts';
import type { Output } from '../output.ts';
import { printable, shortened } from '../printable.ts';
import { timeLeftMs } from '../progress/progress.ts';
import { percent } from '../progress/progress-text.ts';
import { PLAIN_TABLE } from '../plain-table.ts';

const NAME_CHARACTERS = 32;
const ID_CHARACTERS = 36;

/** What a row says of a job. */
export interface JobRow {
  readonly id: string;
  readonly state: string;
  readonly progress: string;
  readonly size: string;
  readonly rate: string;
  readonly left: string;
  readonly name: string;
  readonly note: string;
}

/** The row of a job; its name and note are fit for a terminal. */
export function jobRow(job: JobResource): JobRow {
  const { bytesTotal, bytesTransferred } = job.progress;
  const progress = { bytesTotal: bytesTotal ?? undefined, bytesTransferred };
  const moving = job.state === 'transferring';
  const leftMs = timeLeftMs({
    ...progress,
    bytesPerSecond: moving ? job.bytesPerSecond : undefined,
  });
  return {
    id: job.id,
    state: job.state,
    progress: percent(progress) || formatBytes(bytesTransferred),
    size: bytesTotal === null ? 'unknown' : formatBytes(bytesTotal),
    rate: moving ? formatRate(Math.round(job.bytesPerSecond)) : '',
    left: leftMs === undefined ? '' : formatDuration(Math.ceil(leftMs / 1_000) * 1_000),
    name: shortened(printable(shortName(job.displayName)), NAME_CHARACTERS),
    note: printable((job.error ?? job.lastFailure)?.code ?? ''),
  };
}

/** A table of jobs, a line each. */
export function jobTable(jobs: readonly JobResource[], { colors }: Output): string {
  const head = ['id', 'state', 'progress', 'size', 'rate', 'left', 'name', 'last failure'];
  const table = new Table({
    head: head.map((title) => colors.bold(title)),
    style: { head: [], border: [], compact: true },
    chars: PLAIN_TABLE,
  });
  for (const job of jobs) {
    const row = jobRow(job);
    const state = row.state === 'error' ? colors.red(row.state) : row.state;
    table.push([row.id, state, row.progress, row.size, row.rate, row.left, row.name, row.note]);
  }
  return table.toString();
}

/**
 * Rows of a live table, each cut to the width of the terminal: the id is shortened first, as it is
 * the longest and the least looked at.
 */
export function liveLines(jobs: readonly JobResource[], width: number): readonly string[] {
  const rows = jobs.map(jobRow);
  const fixed = 15 + 9 + 9 + 12 + 8;
  const nameWidth = Math.max(8, Math.min(NAME_CHARACTERS, width - fixed - 10));
  const noteWidth = Math.max(0, width - fixed - nameWidth - 12);
  const idWidth = noteWidth > ID_CHARACTERS + 20 ? ID_CHARACTERS : 10;
  const line = (row: JobRow): string =>
    [
      (idWidth < ID_CHARACTERS ? row.id.slice(-8) : row.id).padEnd(idWidth),
      row.state.padEnd(15),
      row.progress.padStart(8),
      row.size.padStart(9),
      row.rate.padStart(12),
      row.left.padStart(7),
      ` ${shortened(row.name, nameWidth)}`.padEnd(nameWidth + 1),
      row.note,
    ]
      .join(' ')
      .trimEnd();
  const head = line({
    id: 'id',
    state: 'state',
    progress: 'progress',
    size: 'size',
    rate: 'rate',
    left: 'left',
    name: 'name',
    note: 'last failure',
  });
  return [head, ...rows.map(line)].map((text) => Array.from(text).slice(0, width).join(''));
}
