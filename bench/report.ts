/**
 * `npm run bench -- report`: puts the tables of all reports in bench/results into
 * docs/performance.md.
 *
 * Text between `<!-- figures: NAME -->` and `<!-- end of figures -->` is replaced by the tables of
 * the benchmark NAME; `shows` stands for the figures that have to hold of all of them. What has no
 * report yet is left as it is. All other text of the page is written by hand.
 */
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import { commandStage, root } from '../scripts/run-command.ts';
import { resultsDirectory } from './bench-report.ts';
import { markdownOf, showsTable } from './markdown-table.ts';
import type { BenchReport } from './report-types.ts';

const PAGE = join(root, 'docs', 'performance.md');

const SECTION = /(<!-- figures: ([\w-]+) -->\n)[\s\S]*?(<!-- end of figures -->)/g;

const reports = await readReports();
const page = await readFile(PAGE, 'utf8');
const missing: string[] = [];
const next = page.replace(SECTION, (whole: string, begin: string, name: string, end: string) => {
  const text = figuresOf(name);
  if (text === undefined) missing.push(name);
  return text === undefined ? whole : `${begin}\n${text}\n\n${end}`;
});
await writeFile(PAGE, next);
for (const name of missing) console.log(`${name}: no report, its figures stay as they are.`);
if (!(await commandStage('docs/performance.md', 'prettier', '--write', PAGE))) process.exitCode = 1;

async function readReports(): Promise<readonly BenchReport[]> {
  const names = await readdir(resultsDirectory).catch(() => []);
  const files = names.filter((name) => name.endsWith('.json')).toSorted();
  return Promise.all(
    files.map(
      async (name) =>
        JSON.parse(await readFile(join(resultsDirectory, name), 'utf8')) as BenchReport,
    ),
  );
}

/** The Markdown between two marks; undefined while there is nothing to put there. */
function figuresOf(name: string): string | undefined {
  if (name === 'shows') {
    const shows = reports.flatMap((report) => report.shows);
    return shows.length === 0 ? undefined : markdownOf(showsTable('all', shows));
  }
  const report = reports.find(({ bench }) => bench === name);
  if (report === undefined) return undefined;
  const tables = report.tables.map((table) => `**${table.title}**\n\n${markdownOf(table)}`);
  return [provenance(report), ...tables].join('\n\n');
}

/** Where and when the figures were taken, as one paragraph. */
function provenance({
  startedAt,
  tookSeconds,
  machine,
  arguments: args,
  versions,
}: BenchReport): string {
  const { cpu, cores, memoryGb, kernel, node, loadBefore, commit } = machine;
  const options = Object.entries(args)
    .filter(([, value]) => value !== '')
    .map(([name, value]) => `\`--${name} ${value}\``)
    .join(' ');
  const peers = Object.values(versions).map((version) => version.split(' (', 1)[0]);
  return (
    `${startedAt.slice(0, 10)}, commit ${commit}, ${cpu} with ${cores} cores and ${memoryGb} GB, ` +
    `${kernel}, Node.js ${node}, load before it ${loadBefore}; ${options}; ` +
    `${tookSeconds.toFixed(0)} s.${peers.length > 0 ? ` Beside ${peers.join(', ')}.` : ''}`
  );
}
