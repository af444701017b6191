/** The read side of haulyard for browsers: nothing here, or below it, needs Node. */
export {
  openReader,
  type JobsQuery,
  type ReaderOptions,
  type ServiceReader,
  type WatchOptions,
} from './reader.ts';
export { DeliveryOptimizationError, isDeliveryOptimizationError } from '../core/errors.ts';
export * from '../core/constants.ts';
export type {
  EventResource,
  FileResource,
  JobResource,
  ProgressResource,
} from '../rest/contract.ts';
export type { StreamedEvent } from '../rest/event-stream.ts';
