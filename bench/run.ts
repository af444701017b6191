import { readdirSync } from 'node:fs';

// `npm run bench -- NAME [OPTIONS]` runs bench/NAME.bench.ts; `report` writes the figures of all
// into docs/performance.md; without a name it lists what there is.
const [name, ...rest] = process.argv.slice(2);
const known = readdirSync(import.meta.dirname)
  .filter((file) => file.endsWith('.bench.ts'))
  .map((file) => file.slice(0, -'.bench.ts'.length));

if (name === 'report') {
  await import('./report.ts');
} else if (name === undefined || !known.includes(name)) {
  console.error(
    `Usage: npm run bench -- NAME [--help]\n\n` +
      `Benchmarks: ${known.join(', ')}\n` +
      `npm run bench -- report puts what they measured into docs/performance.md.`,
  );
  process.exitCode = name === undefined ? 0 : 1;
} else {
  // What was started ends with `exit`, and what was written is removed; a signal would skip that.
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    process.once(signal, () => {
      console.error(`The benchmark was broken off by ${signal}.`);
      process.exit(130);
    });
  }
  process.argv.splice(2, Infinity, ...rest);
  await import(`./${name}.bench.ts`);
}
