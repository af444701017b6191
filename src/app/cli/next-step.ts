import type { StateName } from './outcome.ts';

const GO_ON = '`haulyard resume ID` goes on; `haulyard cancel ID` forgets it and its bytes';

const NEXT_STEPS: Readonly<Record<StateName, string>> = {
  queued: GO_ON,
  connecting: GO_ON,
  transferring: GO_ON,
  suspended: GO_ON,
  transient_error: GO_ON,
  error: '`haulyard resume ID` tries again; `haulyard cancel ID` forgets it and its bytes',
  transferred: '`haulyard complete ID` puts its files into place',
  acknowledged: 'nothing: its files are in place',
  cancelled: 'nothing: it was cancelled',
};

/** What a person can do about a job in a state, with the job's id filled in. */
export function nextStep(id: string, state: StateName): string {
  return NEXT_STEPS[state].replaceAll('ID', id);
}
