/**
 * Every documented enumeration and constant of the COM API, with its documented member names and
 * numeric values (api.md 3.5, 4 and 6).
 *
 * Each object has a type of the same name: the union of its values.
 */
export * from './constants/download.ts';
export * from './constants/file.ts';
export * from './constants/job.ts';
export * from './constants/network.ts';
export * from './constants/sizes.ts';
