import type { StateName } from '../../rest/resources/common.ts';

const FORGETS = '`haulyard cancel ID` forgets it and its bytes';
const GO_ON = `\`haulyard resume ID\` goes on; ${FORGETS}`;
const RUNS = `\`haulyard pause ID\` stops it; ${FORGETS}`;

/** Without a service nothing moves a job between two commands, whatever its state says. */
const NEXT_STEPS: Readonly<Record<StateName, string>> = {
  queued: GO_ON,
  connecting: GO_ON,
  transferring: GO_ON,
  suspended: GO_ON,
  transient_error: GO_ON,
  error: `\`haulyard resume ID\` tries again; ${FORGETS}`,
  transferred: '`haulyard complete ID` puts its files into place',
  acknowledged: 'nothing: its files are in place',
  cancelled: 'nothing: it was cancelled',
};

const NEXT_STEPS_IN_SERVICE: Readonly<Record<StateName, string>> = {
  ...NEXT_STEPS,
  queued: RUNS,
  connecting: RUNS,
  transferring: RUNS,
  transient_error: `\`haulyard retry ID\` tries again at once; ${RUNS}`,
};

/**
 * What a person can do about a job in a state, with the job's id filled in.
 *
 * @param inService - a service has the job, and goes on with it by itself
 */
export function nextStep(id: string, state: StateName, inService = false): string {
  const steps = inService ? NEXT_STEPS_IN_SERVICE : NEXT_STEPS;
  return steps[state].replaceAll('ID', id);
}
