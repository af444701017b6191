import type { HeaderList } from './fields.ts';

/** A final answer up to its body, as the transport received it. */
export interface ResponseHead {
  readonly status: number;
  readonly statusText: string;
  readonly headers: HeaderList;
  /** URL of the request this answers. */
  readonly url: string;
}
