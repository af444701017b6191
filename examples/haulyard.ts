/**
 * What `from 'haulyard'` means in this folder: the source beside it, so that the examples run in a
 * clone without a build. `package.json` here points to this file; a program that installed haulyard
 * gets the same names from the package.
 */
export * from '../src/index.ts';
