/** The interfaces of haulyard on a service in another process. */
export { connect, type ConnectOptions } from './connect.ts';
export {
  openReader,
  type JobsQuery,
  type ReaderOptions,
  type ServiceReader,
  type WatchOptions,
} from './reader.ts';
export { DeliveryOptimizationError, isDeliveryOptimizationError } from '../core/errors.ts';
export {
  BG_S_OVERRIDDEN_BY_POLICY,
  BG_S_PARTIAL_COMPLETE,
  BG_S_UNABLE_TO_DELETE_FILES,
  HRESULT,
  S_FALSE,
  S_OK,
} from '../core/codes.ts';
export * from '../core/constants.ts';
export type * from './types.ts';
