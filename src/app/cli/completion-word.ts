/**
 * The word by which the scripts of shells ask, before the `complete --` that they say by themselves:
 * `haulyard complete` is a command for jobs.
 */
export const COMPLETION_WORD = '__completion';
