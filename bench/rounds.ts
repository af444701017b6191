/** One contender of a comparison. */
export interface Contender {
  readonly name: string;
  /** Runs once and tells what it took, in seconds. */
  run(): Promise<Cost>;
}

export interface Cost {
  readonly wall: number;
  readonly cpu: number;
  /** Largest resident memory in MB, where it is known. */
  readonly residentMb?: number;
}

export interface Result extends Cost {
  readonly name: string;
}

/**
 * Runs all contenders once in each round, so that whatever else the machine does hits them alike,
 * and gives the median of each.
 */
export async function interleaved(
  contenders: readonly Contender[],
  rounds: number,
): Promise<Result[]> {
  const costs = contenders.map((): Cost[] => []);
  for (let round = 0; round < rounds; round += 1) {
    for (const [index, contender] of contenders.entries())
      costs[index]!.push(await contender.run());
    process.stderr.write(`round ${round + 1} of ${rounds} done\n`);
  }
  return contenders.map(({ name }, index) => ({
    name,
    wall: median(costs[index]!.map((cost) => cost.wall)),
    cpu: median(costs[index]!.map((cost) => cost.cpu)),
    residentMb: median(costs[index]!.map((cost) => cost.residentMb ?? 0)),
  }));
}

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
}

/** A table of results, each beside its ratio to the first. */
export function printRatios(title: string, results: readonly Result[]): void {
  const [base] = results;
  console.log(`\n${title}`);
  console.log('| contender | wall s | CPU s | resident MB | wall ratio | CPU ratio |');
  console.log('| --- | ---: | ---: | ---: | ---: | ---: |');
  for (const { name, wall, cpu, residentMb } of results) {
    console.log(
      `| ${name} | ${wall.toFixed(2)} | ${cpu.toFixed(2)} | ${(residentMb ?? 0).toFixed(0)} | ${(wall / base!.wall).toFixed(2)} | ${(cpu / base!.cpu).toFixed(2)} |`,
    );
  }
}
