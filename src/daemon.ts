export { runDaemon, type RunDaemonOptions } from './app/daemon/run-daemon.ts';
export {
  createToken,
  listTokens,
  revokeTokens,
  type TokenOwner,
  type TokenRecord,
} from './app/daemon/tokens.ts';
