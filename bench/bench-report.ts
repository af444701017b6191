import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';

import type { BenchArguments } from './arguments.ts';
import { machineFacts } from './machine.ts';
import { markdownOf, showsTable } from './markdown-table.ts';
import type { BenchReport, Show, Table } from './report-types.ts';

/** A run under way: prints each table as it comes, and keeps all of them for the report. */
export interface ReportInTheMaking {
  table(table: Table): void;
  show(show: Show): void;
  /** Prints the figures that have to hold and writes the JSON file. */
  finish(): Promise<void>;
}

/** Where the reports are kept; ignored by git. */
export const resultsDirectory: string = join(import.meta.dirname, 'results');

/** Begins the report of a benchmark; the machine's load is noted now, before any of it is its own. */
export function beginReport(
  args: BenchArguments,
  versions: Readonly<Record<string, string>> = {},
): ReportInTheMaking {
  const machine = machineFacts();
  const startedAt = new Date().toISOString();
  const startMs = performance.now();
  const tables: Table[] = [];
  const shows: Show[] = [];
  return {
    table(table) {
      tables.push(table);
      console.log(`\n${table.title}\n\n${markdownOf(table)}`);
    },
    show: (show) => void shows.push(show),
    async finish() {
      const report: BenchReport = {
        bench: args.name,
        startedAt,
        tookSeconds: Math.round((performance.now() - startMs) / 100) / 10,
        machine,
        arguments: args.values,
        versions,
        tables,
        shows,
      };
      if (shows.length > 0) console.log(`\n${markdownOf(showsTable(args.name, shows))}`);
      const file = args.json ?? join(resultsDirectory, `${args.name}.json`);
      await mkdir(dirname(file), { recursive: true });
      await writeFile(file, `${JSON.stringify(report, undefined, 2)}\n`);
      console.log(`\nWritten to ${file} after ${report.tookSeconds} s.`);
    },
  };
}
