/**
 * Where bytes come from or go to. The kinds are disjoint (policies.md 3.6); `wasted` counts bytes
 * that were received and are not part of any file: repeated or refused ones.
 */
export const TRAFFIC_SOURCES = [
  'origin',
  'mirror',
  'cacheHost',
  'peer.lan',
  'peer.linkLocal',
  'peer.group',
  'peer.internet',
  'localCache',
  'wasted',
] as const;
export type TrafficSource = (typeof TRAFFIC_SOURCES)[number];
