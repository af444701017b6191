/** What `from 'haulyard/client'` means in this folder, as `haulyard.ts` is what `from 'haulyard'` means. */
export * from '../src/client/index.ts';
