/** What the command that was run exits with. */
export interface CommandRun {
  exitCode: number;
}

/** The examples of a help text: what is typed, one a line. */
export function examplesHelp(examples: readonly string[]): string {
  return ['', 'Examples:', ...examples.map((example) => `  ${example}`)].join('\n');
}
